//! `coffee`, `start_coffee`, `make_coffee`, `brew_coffee` (fixtures/reference/behaviour.md §6; RFC 2324).

use super::{Call, Parameters, Reply, Status};
use crate::store::settings::System;

pub(super) fn answer(_: &System, _: &Call, parameters: &Parameters) -> Reply {
    let text = format!(
        "Coffee: {}|Error 418 I'm a teapot",
        parameters.get("function")
    );
    Reply::text(418, Status::Error, text)
}
