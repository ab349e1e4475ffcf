//! The time that a question is about.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Local, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};

/// Reads `2026-11-20T18:30:00-05:00`; without an offset it is the dialer's local time, which is this machine's; without
/// anything it is `now`. A space counts as `T`, and as the `+` that it was before a query string was decoded. The time,
/// and what the dialer's clock shows then; none where it is not a date and time of the years 1 to 9999, whether in UTC or
/// on the clock that is meant: the databases know no others, and arithmetic on the last that there are would overflow.
pub fn parse_at(text: &str, now: DateTime<Utc>) -> Option<(DateTime<Utc>, NaiveDateTime)> {
    read_at(text, now)
        .filter(|(at, local)| YEARS.contains(&at.year()) && YEARS.contains(&local.year()))
}

/// The years that are taken.
const YEARS: RangeInclusive<i32> = 1..=9999;

fn read_at(text: &str, now: DateTime<Utc>) -> Option<(DateTime<Utc>, NaiveDateTime)> {
    // None at the ends of what can be a date.
    let local = |at: DateTime<Utc>| {
        let offset = Local.offset_from_utc_datetime(&at.naive_utc()).fix();
        at.naive_utc().checked_add_offset(offset)
    };
    let text = text.trim();
    if text.is_empty() {
        return Some((now, local(now)?));
    }
    let mut written = text.to_owned();
    if written.get(10..11) == Some(" ") {
        written.replace_range(10..11, "T");
    }
    if let Some(at) = written.rfind(' ').filter(|at| *at > 10) {
        written.replace_range(at..=at, "+");
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(&written) {
        let at = at.to_utc();
        return YEARS.contains(&at.year()).then(|| Some((at, local(at)?)))?;
    }
    let naive = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&written, format).ok())
        .filter(|at| YEARS.contains(&at.year()))?;
    // An hour that the clock skips counts as the one after it.
    let at = Local
        .from_local_datetime(&naive)
        .earliest()
        .or_else(|| {
            let later = naive.checked_add_signed(TimeDelta::hours(1))?;
            Local.from_local_datetime(&later).earliest()
        })?
        .to_utc();
    Some((at, local(at)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_is_read_in_every_spelling() {
        let now = DateTime::from_timestamp(1_795_194_235, 0).expect("a time");
        let utc = |text: &str| parse_at(text, now).map(|(at, _)| at.format("%FT%TZ").to_string());
        for text in [
            "2026-11-20T18:30:00-05:00",
            "2026-11-20 18:30:00-05:00",
            "2026-11-20T23:30:00Z",
            "2026-11-21T00:30:00+01:00",
            "2026-11-21T00:30:00 01:00",
        ] {
            assert_eq!(utc(text).as_deref(), Some("2026-11-20T23:30:00Z"), "{text}");
        }
        assert_eq!(parse_at("", now).map(|(at, _)| at), Some(now));
        let local = |text: &str| parse_at(text, now).map(|(_, local)| local.to_string());
        assert_eq!(
            local("2026-11-20T18:30").as_deref(),
            Some("2026-11-20 18:30:00")
        );
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
            assert_eq!(parse_at(wrong, now), None, "{wrong}");
        }
    }
    proptest! {
        #[test]
        fn no_text_and_no_zone_makes_it_panic(
            text in "[-+]?[0-9]{1,7}-[0-9]{1,2}-[0-9]{1,2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2,3})?(Z|[-+ ][0-9]{2}:[0-9]{2})?|\\PC{0,30}",
        ) {
            if let Some((at, _)) = parse_at(&text, DateTime::UNIX_EPOCH) {
                for zone in ["America/New_York", "Pacific/Kiritimati", "Pacific/Niue", "UTC"] {
                    let zone = crate::routing::hours::zone(zone).expect("a zone");
                    prop_assert!((0..=10_000).contains(&at.with_timezone(&zone).naive_local().year()));
                }
            }
        }
    }
}
