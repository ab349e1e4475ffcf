//! `coffee`, `start_coffee`, `make_coffee`, `brew_coffee` (reference/behaviour.md §6; RFC 2324).

use super::{Answer, Call, Parameters, Reply, Status};
use crate::store::Db;

pub(super) fn answer(_: &mut Db, _: &Call, parameters: &Parameters) -> Answer {
    let text = format!(
        "Coffee: {}|Error 418 I'm a teapot",
        parameters.get("function")
    );
    Ok(Reply::text(418, Status::Error, text))
}
