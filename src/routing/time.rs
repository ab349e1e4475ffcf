//! The time that a question is about.

use chrono::{DateTime, Local, NaiveDateTime, TimeZone, Utc};

/// Reads `2026-11-20T18:30:00-05:00`; without an offset it is the dialer's local time, which is this machine's; without
/// anything it is `now`. A space counts as `T`, and as the `+` that it was before a query string was decoded. The time,
/// and what the dialer's clock shows then; none where it is not a date and time.
pub fn parse_at(text: &str, now: DateTime<Utc>) -> Option<(DateTime<Utc>, NaiveDateTime)> {
    let local = |at: DateTime<Utc>| at.with_timezone(&Local).naive_local();
    let text = text.trim();
    if text.is_empty() {
        return Some((now, local(now)));
    }
    let mut written = text.to_owned();
    if written.get(10..11) == Some(" ") {
        written.replace_range(10..11, "T");
    }
    if let Some(at) = written.rfind(' ').filter(|at| *at > 10) {
        written.replace_range(at..=at, "+");
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(&written) {
        return Some((at.to_utc(), local(at.to_utc())));
    }
    let naive = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&written, format).ok())?;
    // An hour that the clock skips counts as the one after it.
    let at = Local
        .from_local_datetime(&naive)
        .earliest()
        .or_else(|| {
            Local
                .from_local_datetime(&(naive + chrono::Duration::hours(1)))
                .earliest()
        })?
        .to_utc();
    Some((at, local(at)))
}

#[cfg(test)]
mod tests {
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
        for wrong in [
            "tomorrow",
            "2026-11-31T00:00:00Z",
            "2026-11-20",
            "18:30",
            "é",
            "2026-11-2éT18:30:00Z",
        ] {
            assert_eq!(parse_at(wrong, now), None, "{wrong}");
        }
    }
}
