//! The dialer's clock: what it shows at a time, and what is meant by a time on it.

use chrono::{DateTime, Duration, FixedOffset, Local, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

/// The dialer's clock, and where it is known from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    zone: Zone,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    Named(Tz),
    Fixed(FixedOffset),
    Machine,
}

impl Clock {
    /// The clock of the time zone that the operator names; else that of `servers.local_gmt`, the hours from UTC without
    /// daylight saving time; else this machine's.
    ///
    /// `machine` is this machine's hours from UTC without daylight saving time. Where `local_gmt` says the same, the
    /// machine stands where the dialer does, and its zone knows when daylight saving time is. Elsewhere nobody does.
    pub fn of(named: Option<Tz>, local_gmt: Option<&str>, machine: f64) -> Self {
        if let Some(zone) = named {
            return Self {
                zone: Zone::Named(zone),
                name: format!("{zone}, --time-zone"),
            };
        }
        let hours = local_gmt.and_then(|hours| hours.trim().parse::<f64>().ok());
        let Some((hours, offset)) = hours.and_then(|hours| Some((hours, offset(hours)?))) else {
            return Self {
                zone: Zone::Machine,
                name: "this machine's, as no active server has a local_gmt".to_owned(),
            };
        };
        if (hours - machine).abs() < f64::EPSILON {
            return Self {
                zone: Zone::Machine,
                name: format!("UTC{offset} and daylight saving time, servers.local_gmt"),
            };
        }
        Self {
            zone: Zone::Fixed(offset),
            name: format!("UTC{offset} without daylight saving time, servers.local_gmt"),
        }
    }

    /// What it shows at this time.
    pub fn shows(&self, at: DateTime<Utc>) -> NaiveDateTime {
        match self.zone {
            Zone::Named(zone) => at.with_timezone(&zone).naive_local(),
            Zone::Fixed(zone) => at.with_timezone(&zone).naive_local(),
            Zone::Machine => at.with_timezone(&Local).naive_local(),
        }
    }

    /// What it shows at this time, as the tables write it: `2026-11-20 09:00:00`.
    pub fn stamp(&self, at: DateTime<Utc>) -> String {
        self.shows(at).format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The time at which it shows this: the first of two, and the hour after one that it skips.
    pub fn time(&self, shown: NaiveDateTime) -> Option<DateTime<Utc>> {
        match self.zone {
            Zone::Named(zone) => in_zone(&zone, shown),
            Zone::Fixed(zone) => in_zone(&zone, shown),
            Zone::Machine => in_zone(&Local, shown),
        }
    }

    /// Its name, and where it is known from: `America/New_York, --time-zone`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Hours from UTC, -14 to 14.
fn offset(hours: f64) -> Option<FixedOffset> {
    if !(-14.0..=14.0).contains(&hours) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "14 hours are 50,400 seconds"
    )]
    FixedOffset::east_opt((hours * 3600.0).round() as i32)
}

fn in_zone<Z: TimeZone>(zone: &Z, shown: NaiveDateTime) -> Option<DateTime<Utc>> {
    let first = |shown| zone.from_local_datetime(&shown).earliest();
    let at = first(shown).or_else(|| first(shown.checked_add_signed(Duration::hours(1))?))?;
    Some(at.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono::Offset;

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn a_clock_is_the_operators_the_servers_or_the_machines() {
        let new_york = Some(chrono_tz::America::New_York);
        let winter = utc("2026-11-20T23:30:00Z");
        let summer = utc("2026-07-01T12:30:00Z");
        for (named, local_gmt, machine, name, in_winter, in_summer) in [
            (
                new_york,
                Some("9.00"),
                0.0,
                "America/New_York, --time-zone",
                "2026-11-20 18:30:00",
                "2026-07-01 08:30:00",
            ),
            (
                None,
                Some("-5.00"),
                1.0,
                "UTC-05:00 without daylight saving time, servers.local_gmt",
                "2026-11-20 18:30:00",
                "2026-07-01 07:30:00",
            ),
            (
                None,
                Some(" 5.75 "),
                0.0,
                "UTC+05:45 without daylight saving time, servers.local_gmt",
                "2026-11-21 05:15:00",
                "2026-07-01 18:15:00",
            ),
        ] {
            let clock = Clock::of(named, local_gmt, machine);
            assert_eq!(clock.name(), name);
            for (at, shown) in [(winter, in_winter), (summer, in_summer)] {
                assert_eq!(clock.shows(at).to_string(), shown, "{name}");
                assert_eq!(clock.time(clock.shows(at)), Some(at), "{name}");
            }
        }
        let machine = Local.offset_from_utc_datetime(&winter.naive_utc());
        let of_machine = winter.with_timezone(&machine.fix()).naive_local();
        for local_gmt in [None, Some(""), Some("EST"), Some("99"), Some("NaN")] {
            let clock = Clock::of(None, local_gmt, 0.0);
            assert_eq!(
                clock.name(),
                "this machine's, as no active server has a local_gmt"
            );
            assert_eq!(clock.shows(winter), of_machine, "{local_gmt:?}");
        }
        let alike = Clock::of(None, Some("-5.00"), -5.0);
        assert_eq!(
            alike.name(),
            "UTC-05:00 and daylight saving time, servers.local_gmt"
        );
        assert_eq!(alike.shows(winter), of_machine);
    }

    #[test]
    fn an_hour_that_comes_twice_or_never() {
        let clock = Clock::of(Some(chrono_tz::America::New_York), None, 0.0);
        let time = |text: &str| clock.time(text.parse().expect("a time"));
        assert_eq!(
            time("2026-11-01T01:30:00"),
            Some(utc("2026-11-01T05:30:00Z"))
        );
        assert_eq!(
            time("2026-03-08T02:30:00"),
            Some(utc("2026-03-08T07:30:00Z"))
        );
        assert_eq!(time("+262142-12-31T23:59:59"), None);
    }
}
