//! `copy_did`: copies an inbound number's settings onto new ones (fixtures/reference/behaviour.md §5).

mod list;
mod report;

use std::collections::{HashMap, HashSet};

use super::number_variants::{self, Variants};
use super::{DESCRIPTION, PATTERN};
use crate::access::journal::Change;
use crate::access::scope::Scope;
use crate::api::{Answer, Line, Session};
use crate::store::state::intentions::intend;
use crate::store::state::planned::Planned;
use crate::store::vicishim_tables::settings::DidSettings;
use crate::store::vicishim_tables::{bound, storing};
use crate::store::{QueryResult, collation, dids, unfinished};
use list::List;
use report::{CopyReport, NumberResult, refused, stopped};

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    let (source, list) = (session.owned("source_did_pattern"), List::of(session));
    if !PATTERN.contains(&source.len()) || !list.has_its_length() {
        return Err(Line::error(
            "copy_did YOU MUST USE ALL REQUIRED FIELDS",
            format!("{source}|{}", list.as_sent()),
        )
        .into());
    }
    number_variants::check_plus(session, "copy_did", "source_did_pattern")?;
    number_variants::check_plus(session, "copy_did", "new_dids")?;
    let scope = Scope::of(session)?;
    let Some(did) =
        dids::find(session.db, &source)?.filter(|did| scope.covers(did.user_group.as_deref()))
    else {
        return Err(Line::error("copy_did SOURCE DID DOES NOT EXIST", source).into());
    };

    let numbers = list.numbers(session)?;
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let mut results = results(session, &numbers)?;
    let description = session.owned("did_description");
    let first_new = results
        .iter()
        .position(|result| matches!(result, NumberResult::New));
    if !description.is_empty()
        && !DESCRIPTION.contains(&description.len())
        && let Some(first_new) = first_new
    {
        let mut lines: Vec<Line> = numbers
            .iter()
            .zip(&results)
            .take(first_new)
            .map(|(number, result)| refused(number, result))
            .collect();
        let reason = "copy_did DID DESCRIPTION MUST BE EITHER BLANK OR FROM 6 TO 50 CHARACTERS, THIS IS AN OPTIONAL FIELD";
        lines.push(Line::error(reason, description));
        return Ok(stopped(lines, numbers.len()));
    }

    let description = (!description.is_empty()).then_some(description.as_str());
    let new: Vec<&str> = numbers
        .iter()
        .zip(&results)
        .filter(|(_, result)| matches!(result, NumberResult::New))
        .map(|(n, _)| *n)
        .collect();
    let others = Variants::of(session, &new);
    let there = dids::existing(session.db, others.all())?;
    others.check(session, "copy_did", &there)?;
    let refuses_all = session.options.atomic && new.len() < numbers.len();
    let new = if refuses_all { Vec::new() } else { new };
    if session.is_dry_run() {
        let ids = new.iter().map(|new| (collation::key(new), 0)).collect();
        return Ok(CopyReport::of(session, &source, &numbers, &results, &ids).reply());
    }
    let change = Change {
        section: "DIDS",
        kind: "COPY",
        code: "ADMIN API COPY DIDS".to_owned(),
    };
    change.begin(session)?;
    let settings = bound::of_did(session.db, did.did_id)?.map(DidSettings::of_a_copy);
    if let Some(settings) = &settings
        && !new.is_empty()
    {
        let planned = Planned::copies(session.db, did.did_id, &new, description, settings)?;
        intend(session.db, &planned)?;
    }
    if session.options.atomic {
        unfinished::note_atomic_copy(session.db, did.did_id, &source, description, &new)?;
    }
    let mut ids = dids::copy(session.db, did.did_id, &new, description)?;
    if session.options.atomic && ids.len() < new.len() {
        undo(session, &numbers, &mut results, &mut ids)?;
    }
    if let Some(settings) = &settings {
        let added: Vec<(i64, &str)> = new
            .iter()
            .filter_map(|&number| Some((*ids.get(&collation::key(number))?, number)))
            .collect();
        storing::put_new_dids(session.db, &added, settings)?;
    }
    let report = CopyReport::of(session, &source, &numbers, &results, &ids);
    let statement = match new.is_empty() {
        true => String::new(),
        false => dids::copying(session.db, did.did_id, &new, description).to_log_text(),
    };
    change.done(session, report.last_id(), statement, report.notes());
    Ok(report.reply())
}

/// Takes back a copy of which another program added a number a moment before: also where the database cannot.
fn undo(
    session: &mut Session<'_>,
    numbers: &[&str],
    results: &mut [NumberResult],
    ids: &mut HashMap<collation::Key, i64>,
) -> QueryResult<()> {
    for (number, result) in numbers.iter().zip(results) {
        if !ids.contains_key(&collation::key(number)) {
            *result = NumberResult::Taken;
        }
    }
    let added: Vec<i64> = ids.drain().map(|(_, did_id)| did_id).collect();
    dids::delete(session.db, &added)
}

fn results(session: &mut Session<'_>, numbers: &[&str]) -> QueryResult<Vec<NumberResult>> {
    let there = dids::existing(session.db, numbers.iter().copied())?;
    let mut earlier = HashSet::new();
    Ok(numbers
        .iter()
        .map(|number| {
            let key = collation::key(number);
            if !PATTERN.contains(&number.len()) {
                NumberResult::WrongLength
            } else if there.has(&key) || !earlier.insert(key) {
                NumberResult::Taken
            } else {
                NumberResult::New
            }
        })
        .collect())
}
