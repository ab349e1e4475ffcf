//! The time that a question is about.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};

use super::clock::Clock;

/// The years that are taken.
const YEARS: RangeInclusive<i32> = 1..=9999;

/// Reads `2026-11-20T18:30:00-05:00`; without an offset it is a time on the dialer's clock; without anything it is `now`. A
/// space counts as `T`, and as the `+` that it was before a query string was decoded. None where it is not a date and time
/// of the years 1 to 9999, whether in UTC or on the clock that is meant: the databases know no others, and arithmetic on
/// the last that there are would overflow.
pub fn parse_at(text: &str, now: DateTime<Utc>, dialer: &Clock) -> Option<DateTime<Utc>> {
    let at = read_at(text, now, dialer).filter(|at| YEARS.contains(&at.year()))?;
    YEARS.contains(&dialer.shows(at).year()).then_some(at)
}

fn read_at(text: &str, now: DateTime<Utc>, dialer: &Clock) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(now);
    }
    let mut written = text.to_owned();
    if written.get(10..11) == Some(" ") {
        written.replace_range(10..11, "T");
    }
    if let Some(at) = written.rfind(' ').filter(|at| *at > 10) {
        written.replace_range(at..=at, "+");
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(&written) {
        return Some(at.to_utc());
    }
    let shown = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&written, format).ok())
        .filter(|shown| YEARS.contains(&shown.year()))?;
    dialer.time(shown)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_is_read_in_every_spelling() {
        let now = DateTime::from_timestamp(1_795_194_235, 0).expect("a time");
        let dialer = Clock::of(None, Some("-5.00"), 0.0);
        let parse_at = |text: &str| parse_at(text, now, &dialer);
        let utc = |text: &str| parse_at(text).map(|at| at.format("%FT%TZ").to_string());
        for text in [
            "2026-11-20T18:30:00-05:00",
            "2026-11-20 18:30:00-05:00",
            "2026-11-20T23:30:00Z",
            "2026-11-21T00:30:00+01:00",
            "2026-11-21T00:30:00 01:00",
            "2026-11-20T18:30:00",
            "2026-11-20 18:30",
        ] {
            assert_eq!(utc(text).as_deref(), Some("2026-11-20T23:30:00Z"), "{text}");
        }
        assert_eq!(parse_at(""), Some(now));
        assert_eq!(
            utc("0001-01-02T00:00:00Z").as_deref(),
            Some("0001-01-02T00:00:00Z")
        );
        assert_eq!(
            utc("9999-12-30T23:59:59Z").as_deref(),
            Some("9999-12-30T23:59:59Z")
        );
        for wrong in [
            "tomorrow",
            "2026-11-31T00:00:00Z",
            "2026-11-20",
            "18:30",
            "é",
            "2026-11-2éT18:30:00Z",
            "0000-12-31T23:59:59Z",
            "0000-12-31T23:59",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "10000-01-01T00:00",
            "+10000-01-01T00:00:00Z",
            "-0001-01-01T00:00",
            "-262143-01-01T00:00",
            "262142-12-31T23:59",
            "+262142-12-31T23:59:59",
            "+262142-12-31T23:59:59-12:00",
            "99999999999-01-01T00:00",
        ] {
            assert_eq!(parse_at(wrong), None, "{wrong}");
        }
    }
    proptest! {
        #[test]
        fn no_text_and_no_zone_makes_it_panic(
            text in "[-+]?[0-9]{1,7}-[0-9]{1,2}-[0-9]{1,2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2,3})?(Z|[-+ ][0-9]{2}:[0-9]{2})?|\\PC{0,30}",
        ) {
            for dialer in [Clock::of(None, Some("-5.00"), 0.0), Clock::of(None, None, 0.0)] {
                let Some(at) = parse_at(&text, DateTime::UNIX_EPOCH, &dialer) else {
                    continue;
                };
                for zone in ["America/New_York", "Pacific/Kiritimati", "Pacific/Niue", "UTC"] {
                    let zone = crate::routing::hours::zone(zone).expect("a zone");
                    prop_assert!((0..=10_000).contains(&at.with_timezone(&zone).naive_local().year()));
                }
            }
        }
    }
}
