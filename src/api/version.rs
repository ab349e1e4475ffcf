//! `version`: which API this is, and the time there (reference/behaviour.md §6).

use super::{Answer, Call, Parameters, Reply, Status};
use crate::store::Db;
use crate::store::settings;

/// The version and build that callers check for: those of the API that vicishim answers like. `vicishim --version` tells
/// its own.
const VERSION: &str = "2.14-202";
const BUILD: &str = "250720-1841";

pub(super) fn answer(db: &mut Db, call: &Call, _: &Parameters) -> Answer {
    let moment = &call.moment;
    let zone = settings::local_gmt(db)?.unwrap_or_else(|| moment.standard_gmt());
    let zone_now = match zone.parse::<f64>() {
        Ok(hours) if moment.is_daylight_saving() => format!("{:.2}", hours + 1.0),
        _ => zone.clone(),
    };
    let text = format!(
        "VERSION: {VERSION}|BUILD: {BUILD}|DATE: {}|EPOCH: {}|DST: {}|TZ: {zone}|TZNOW: {zone_now}|\n",
        moment.stamp(),
        moment.epoch(),
        u8::from(moment.is_daylight_saving()),
    );
    Ok(Reply::text(200, Status::Success, text))
}
