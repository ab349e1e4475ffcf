//! The clock: what calls take for the time.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;

use super::answers::Answer;
use crate::now::{self, Clock};
use crate::resources::problem::Problem;

/// What the clock may show: MariaDB's timestamps end in 2038.
const YEARS: std::ops::RangeInclusive<i32> = 1971..=2037;

/// How the clock is to go.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Asked {
    /// It shows this and stays there.
    Fixed(String),
    /// It is so many seconds ahead of the machine's.
    ShiftSeconds(i64),
    /// It is the machine's.
    Real(bool),
}

/// # Errors
/// The time is none that the databases can keep.
pub(super) fn set(asked: &Asked) -> Result<Answer, Problem> {
    let clock = match asked {
        Asked::Fixed(at) => match DateTime::parse_from_rfc3339(at) {
            Ok(at) => Clock::Fixed(at.to_utc()),
            Err(error) => {
                let detail =
                    format!("fixed: must be a time such as 2026-12-24T18:00:00-05:00: {error}");
                return Err(Problem::new(422, detail));
            }
        },
        Asked::ShiftSeconds(seconds) => match TimeDelta::try_seconds(*seconds) {
            Some(by) => Clock::Shifted(by),
            None => return Err(beyond()),
        },
        Asked::Real(true) => Clock::Real,
        Asked::Real(false) => {
            return Err(Problem::new(
                422,
                "real: must be true; to leave the machine's time, give fixed or shift_seconds",
            ));
        }
    };
    if !clock
        .shows()
        .is_some_and(|at| YEARS.contains(&chrono::Datelike::year(&at)))
    {
        return Err(beyond());
    }
    now::set(clock);
    Ok(show())
}

fn beyond() -> Problem {
    Problem::new(
        422,
        format!(
            "the time must be in the years {} to {}",
            YEARS.start(),
            YEARS.end()
        ),
    )
}

/// What the clock shows.
pub(super) fn show() -> Answer {
    let now = now::now();
    let shown = match now::clock() {
        Clock::Real => json!({"now": stamp(now), "real": true}),
        Clock::Fixed(at) => json!({"now": stamp(now), "fixed": stamp(at)}),
        Clock::Shifted(by) => json!({"now": stamp(now), "shift_seconds": by.num_seconds()}),
    };
    Answer::Json(200, shown)
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
