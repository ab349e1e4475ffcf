//! The parameters that our own lists of DIDs share: `stage`, `records` and `offset`.

use crate::api::format::Format;
use crate::api::{Line, Session, Stop};

/// `records`: how many rows one answer holds.
const RECORDS: std::ops::RangeInclusive<usize> = 1..=100_000;

/// `records` where it is not sent.
const USUAL_RECORDS: usize = 1000;

/// Refuses a value of these parameters of which its rule leaves nothing: counted as not sent, it would give more rows than
/// were asked for.
///
/// # Errors
/// The line for the first such value.
pub(in crate::api) fn check_values(
    session: &Session<'_>,
    function: &str,
    parameters: &[&str],
) -> Result<(), Stop> {
    let emptied = parameters
        .iter()
        .find(|name| session.was_filtered_away(name));
    match emptied {
        Some(name) => Err(refused(function, "THE VALUE HAS NO VALID CHARACTERS", name).into()),
        None => Ok(()),
    }
}

/// `stage`: pipe where it is not sent.
///
/// # Errors
/// The line for an unknown format.
pub(in crate::api) fn format(session: &Session<'_>, function: &str) -> Result<Format, Stop> {
    match session.parameter("stage") {
        "" => Ok(Format::Pipe),
        stage => Ok(Format::named(stage)
            .ok_or_else(|| refused(function, "STAGE MUST BE pipe, csv, tab OR json", stage))?),
    }
}

/// `records` and `offset`.
///
/// # Errors
/// The line for one that is no number, or out of its bounds.
pub(in crate::api) fn bounds(
    session: &Session<'_>,
    function: &str,
) -> Result<(usize, usize), Stop> {
    let records = match session.parameter("records") {
        "" => USUAL_RECORDS,
        records => parse(records)
            .filter(|number| RECORDS.contains(number))
            .ok_or_else(|| refused(function, "RECORDS MUST BE FROM 1 TO 100000", records))?,
    };
    let offset = match session.parameter("offset") {
        "" => 0,
        offset => parse(offset).ok_or_else(|| {
            let reason = "OFFSET MUST BE A NUMBER FROM 0 TO 4294967295";
            refused(function, reason, offset)
        })?,
    };
    Ok((records, offset))
}

fn parse(number: &str) -> Option<usize> {
    usize::try_from(number.parse::<u32>().ok()?).ok()
}

/// The line for a value that is not valid.
pub(in crate::api) fn refused(function: &str, reason: &str, data: &str) -> Line {
    Line::error(
        format!("{function} {reason}, THIS IS AN OPTIONAL FIELD"),
        data,
    )
}
