//! Times as people write them, on this machine's clock, as that of the logs is.

use chrono::{DateTime, Local, NaiveDate, NaiveDateTime, TimeZone};

/// A time in seconds since 1970 from `2026-11-20 09:00:00`, `2026-11-20T09:00`, `2026-11-20`, one with an offset, or how long
/// it is past, as `10 min` or `2d ago`; none where it is none of these.
pub(crate) fn moment(text: &str, now: i64) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp());
    }
    let past = text.strip_suffix("ago").unwrap_or(text).trim();
    if let Ok(past) = humantime::parse_duration(past) {
        return now.checked_sub(i64::try_from(past.as_secs()).ok()?);
    }
    const FORMATS: [&str; 4] = [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M",
    ];
    let time = FORMATS
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let time = time.or_else(|| {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        date.and_hms_opt(0, 0, 0)
    })?;
    Some(Local.from_local_datetime(&time).earliest()?.timestamp())
}

/// `2026-11-20 09:00:00`
pub(crate) fn stamp_of(seconds: i64) -> String {
    match DateTime::from_timestamp(seconds, 0) {
        Some(time) => time
            .with_timezone(&Local)
            .format("%Y-%m-%d %H:%M:%S")
            .to_string(),
        None => seconds.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_people_write_it() {
        let now = 1_800_000_000;
        let stamp = stamp_of(now);
        assert_eq!(moment(&stamp, 0), Some(now));
        assert_eq!(moment(&stamp.replace(' ', "T"), 0), Some(now));
        assert_eq!(moment(&stamp[..16], 0), Some(now / 60 * 60));
        assert_eq!(moment("2027-01-15T08:00:00Z", 0), Some(now));
        assert_eq!(moment("2027-01-15T09:00:00+01:00", 0), Some(now));
        assert_eq!(moment("10 min", now), Some(now - 600));
        assert_eq!(moment("10 min ago", now), Some(now - 600));
        assert_eq!(moment("2d", now), Some(now - 2 * 86_400));
        for nonsense in [
            "",
            "ago",
            "yesterday",
            "2026-13-01",
            "99999999999999999999 years",
        ] {
            assert_eq!(moment(nonsense, now), None, "{nonsense}");
        }
    }
}
