//! The log's dates, which are this machine's, on the dialer's clock.

use chrono::{DateTime, Local, NaiveDateTime, TimeZone};

use crate::access::time::{moment, stamp_of};
use crate::routing::clock::Clock;

const FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// A date of the log as the dialer's clock shows it; as it is where it is none.
pub(super) fn shown(date: &str, clock: &Clock) -> String {
    match seconds(date).and_then(|at| DateTime::from_timestamp(at, 0)) {
        Some(at) => clock.stamp(at),
        None => date.to_owned(),
    }
}

/// A date of the log in seconds since 1970.
pub(super) fn seconds(date: &str) -> Option<i64> {
    let date = NaiveDateTime::parse_from_str(date, FORMAT).ok()?;
    Some(Local.from_local_datetime(&date).earliest()?.timestamp())
}

/// The date in the log of a time that a person has written, on the dialer's clock or as how long ago; none where it is no time.
pub(super) fn since(text: &str, now: i64, clock: &Clock) -> Option<String> {
    let at = moment(text, now)?;
    let is_relative = moment(text, 0)? != at;
    let has_offset = DateTime::parse_from_rfc3339(text.trim()).is_ok();
    if is_relative || has_offset {
        return Some(stamp_of(at));
    }
    let written = DateTime::from_timestamp(at, 0)?
        .with_timezone(&Local)
        .naive_local();
    Some(stamp_of(clock.time(written)?.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_the_log_are_shown_on_the_dialers_clock_and_read_from_it() {
        let clock = Clock::of(Some(chrono_tz::Asia::Kathmandu), None, 0.0);
        let at = 1_800_000_000;
        let logged = stamp_of(at);
        assert_eq!(seconds(&logged), Some(at));
        assert_eq!(shown(&logged, &clock), "2027-01-15 13:45:00");
        assert_eq!(shown("0000-00-00", &clock), "0000-00-00");
        for written in ["2027-01-15 13:45", "2027-01-15T08:00:00Z"] {
            assert_eq!(since(written, 0, &clock), Some(logged.clone()), "{written}");
        }
        assert_eq!(since("10 min", at + 600, &clock), Some(logged));
        assert_eq!(since("soon", at, &clock), None);
    }
}
