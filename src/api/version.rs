//! `version`: which API this is, and the time there (fixtures/reference/behaviour.md §6).

use super::{Call, CallTime, Parameters, Reply, Status};
use crate::store::settings::System;

/// The version and build that callers check for: those of the API that vicishim answers like. `vicishim --version` tells
/// its own.
const VERSION: &str = "2.14-202";
const BUILD: &str = "250720-1841";

pub(super) fn answer(system: &System, call: &Call, _: &Parameters) -> Reply {
    let time = &call.time;
    let (zone, zone_now) = zones(system.local_gmt.as_deref(), time);
    let text = format!(
        "VERSION: {VERSION}|BUILD: {BUILD}|DATE: {}|EPOCH: {}|DST: {}|TZ: {zone}|TZNOW: {zone_now}|\n",
        time.timestamp(),
        time.epoch(),
        u8::from(time.is_daylight_saving()),
    );
    Reply::text(200, Status::Success, text)
}

/// The hours from UTC as `TZ` and `TZNOW` have them. In daylight saving time the reference adds one to the first, which
/// makes a plain number of it: `-4`, `6.5`.
fn zones(local_gmt: Option<&str>, time: &CallTime) -> (String, String) {
    let Some(zone) = local_gmt else {
        return (String::new(), time.standard_hours().to_string());
    };
    let hours = match zone.trim() {
        "" => Ok(0.0),
        hours => hours.parse::<f64>(),
    };
    let now = match hours {
        Ok(hours) if time.is_daylight_saving() => (hours + 1.0).to_string(),
        _ => zone.to_owned(),
    };
    (zone.to_owned(), now)
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use chrono_tz::America::New_York;

    use super::*;

    #[test]
    fn daylight_saving_time_adds_an_hour_to_the_zone_as_a_number() {
        let in_month = |month| {
            let at = Utc.with_ymd_and_hms(2026, month, 15, 12, 0, 0).single();
            CallTime::in_zone(at.expect("a time"), &New_York)
        };
        let (winter, summer) = (in_month(1), in_month(7));
        for (local_gmt, time, zone, now) in [
            (Some("-5.00"), &winter, "-5.00", "-5.00"),
            (Some("-5.00"), &summer, "-5.00", "-4"),
            (Some("5.50"), &summer, "5.50", "6.5"),
            (Some("-1.00"), &summer, "-1.00", "0"),
            (Some(""), &winter, "", ""),
            (Some(""), &summer, "", "1"),
            (Some("EST"), &summer, "EST", "EST"),
            (None, &winter, "", "-5"),
            (None, &summer, "", "-5"),
        ] {
            let expected = (zone.to_owned(), now.to_owned());
            assert_eq!(zones(local_gmt, time), expected, "{local_gmt:?}");
        }
    }
}
