//! `version`: which API this is, and the time there (fixtures/reference/behaviour.md §6).

use super::{Call, Parameters, Reply, Status};
use crate::store::settings::System;

/// The version and build that callers check for: those of the API that vicishim answers like. `vicishim --version` tells
/// its own.
const VERSION: &str = "2.14-202";
const BUILD: &str = "250720-1841";

pub(super) fn answer(system: &System, call: &Call, _: &Parameters) -> Reply {
    let time = &call.time;
    let zone = system.local_gmt.clone();
    let zone = zone.unwrap_or_else(|| time.standard_gmt());
    let zone_now = match zone.parse::<f64>() {
        Ok(hours) if time.is_daylight_saving() => format!("{:.2}", hours + 1.0),
        _ => zone.clone(),
    };
    let text = format!(
        "VERSION: {VERSION}|BUILD: {BUILD}|DATE: {}|EPOCH: {}|DST: {}|TZ: {zone}|TZNOW: {zone_now}|\n",
        time.timestamp(),
        time.epoch(),
        u8::from(time.is_daylight_saving()),
    );
    Reply::text(200, Status::Success, text)
}
