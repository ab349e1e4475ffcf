//! Local times as MariaDB takes them.

use chrono::{DateTime, Local, MappedLocalTime, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc};

/// The longest time that a clock was put forward by, in minutes: a whole day, at the date line.
const LONGEST_GAP: i64 = 24 * 60;

/// The seconds since 1970 of `YYYY-MM-DD HH:MM:SS` in this machine's time zone, as MariaDB's `UNIX_TIMESTAMP` has them; none
/// before 1970 and after 2038-01-19.
pub(super) fn unix_timestamp(local: &str) -> Option<i64> {
    in_zone(local, &Local)
}

/// `YYYY-MM-DD HH:MM:SS` in this machine's time zone.
pub(super) fn stamp(at: DateTime<Utc>) -> String {
    let local = at.with_timezone(&Local);
    local.format("%Y-%m-%d %H:%M:%S").to_string()
}

fn in_zone<Zone: TimeZone>(local: &str, zone: &Zone) -> Option<i64> {
    let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M:%S").ok()?;
    let at = match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(_, at) => at,
        // The clock was put forward over it: the time at which that was done.
        MappedLocalTime::None => {
            let minute = local.with_second(0)?;
            let mut later = (1..=LONGEST_GAP).map(|minutes| minute + TimeDelta::minutes(minutes));
            later.find_map(|later| zone.from_local_datetime(&later).earliest())?
        }
    };
    Some(at.timestamp()).filter(|seconds| (0..=i64::from(i32::MAX)).contains(seconds))
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::New_York;

    use super::*;

    #[test]
    fn a_local_time_is_that_of_mariadb() {
        // Read off a MariaDB 10.11 in this zone.
        for (local, seconds) in [
            ("2010-12-03 12:00:01", Some(1_291_395_601)),
            ("1970-01-01 00:00:00", Some(18_000)),
            ("2026-03-08 01:59:59", Some(1_772_953_199)),
            ("2026-03-08 02:00:00", Some(1_772_953_200)),
            ("2026-03-08 02:30:00", Some(1_772_953_200)),
            ("2026-03-08 03:00:00", Some(1_772_953_200)),
            ("2026-11-01 00:59:59", Some(1_793_509_199)),
            ("2026-11-01 01:00:00", Some(1_793_512_800)),
            ("2026-11-01 01:59:59", Some(1_793_516_399)),
            ("2026-11-01 02:00:00", Some(1_793_516_400)),
            ("2040-07-01 00:00:00", None),
            ("1960-01-01 00:00:00", None),
            ("0000-00-00 00:00:00", None),
            ("2010-12-00 00:00:00", None),
        ] {
            assert_eq!(in_zone(local, &New_York), seconds, "{local}");
        }
    }
}
