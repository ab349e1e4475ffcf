//! `did_lint`: what is wrong with the inbound numbers within the user's scope. Our own; VICIdial has no such function, so
//! the wire dialect does not know it.

use crate::api::export::{Export, Rows};
use crate::api::format::{Field, Format};
use crate::api::scope::Scope;
use crate::api::{Answer, Line, Reply, Session};
use crate::numbers::lint::Finding;
use crate::numbers::linting::{Findings, Lint};

/// `records`: how many findings one answer holds.
const RECORDS: std::ops::RangeInclusive<usize> = 1..=100_000;

/// `records` where it is not sent.
const USUAL_RECORDS: usize = 1000;

/// What a finding is made of.
const COLUMNS: &[&str] = &["did_id", "did_pattern", "finding", "detail"];

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    let format = match session.parameter("stage") {
        "" => Format::Pipe,
        stage => Format::named(stage)
            .ok_or_else(|| refused("STAGE MUST BE pipe, csv, tab OR json", stage))?,
    };
    let records = match session.parameter("records") {
        "" => USUAL_RECORDS,
        records => parse(records)
            .filter(|number| RECORDS.contains(number))
            .ok_or_else(|| refused("RECORDS MUST BE FROM 1 TO 100000", records))?,
    };
    let offset = match session.parameter("offset") {
        "" => 0,
        offset => parse(offset)
            .ok_or_else(|| refused("OFFSET MUST BE A NUMBER FROM 0 TO 4294967295", offset))?,
    };
    let lint = Lint::new(Scope::of(session)?.user_groups());
    let rows = Rows::Findings(Findings::new(lint, offset, records));
    let nothing = Line::notice("did_lint NO RECORDS FOUND", "");
    let logged = format.name().to_owned();
    let export = Export::new(session, "did_lint", rows, format, COLUMNS, nothing, logged);
    Ok(Reply {
        content_type: Some(format.content_type()),
        ..export.into()
    })
}

/// A finding as its line has it.
pub(in crate::api) fn fields(finding: Finding) -> Vec<Field> {
    vec![
        Some(finding.did_id.to_string()),
        Some(finding.did_pattern),
        Some(finding.finding.word().to_owned()),
        Some(finding.detail),
    ]
}

fn parse(number: &str) -> Option<usize> {
    usize::try_from(number.parse::<u32>().ok()?).ok()
}

fn refused(reason: &str, data: &str) -> Line {
    Line::error(
        format!("did_lint {reason}, THIS IS AN OPTIONAL FIELD"),
        data,
    )
}
