//! `copy_did`: copies an inbound number's settings onto new ones (fixtures/reference/behaviour.md §5).

mod account;
mod list;

use std::collections::{HashMap, HashSet};

use super::forms::{self, Forms};
use super::{DESCRIPTION, PATTERN};
use crate::access::journal::Change;
use crate::access::scope::Scope;
use crate::api::{Answer, Line, Session};
use crate::store::{QueryResult, collation, dids, unfinished};
use account::{Account, Fate, refused, stopped};
use list::List;

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    let (source, list) = (session.owned("source_did_pattern"), List::of(session));
    if !PATTERN.contains(&source.len()) || !list.has_its_length() {
        return Err(Line::error(
            "copy_did YOU MUST USE ALL REQUIRED FIELDS",
            format!("{source}|{}", list.as_sent()),
        )
        .into());
    }
    forms::check_plus(session, "copy_did", "source_did_pattern")?;
    forms::check_plus(session, "copy_did", "new_dids")?;
    let scope = Scope::of(session)?;
    let Some(did) =
        dids::find(session.db, &source)?.filter(|did| scope.covers(did.user_group.as_deref()))
    else {
        return Err(Line::error("copy_did SOURCE DID DOES NOT EXIST", source).into());
    };

    let numbers = list.numbers()?;
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let mut fates = fates(session, &numbers)?;
    let description = session.owned("did_description");
    let first_new = fates.iter().position(|fate| matches!(fate, Fate::New));
    if !description.is_empty()
        && !DESCRIPTION.contains(&description.len())
        && let Some(first_new) = first_new
    {
        let mut lines: Vec<Line> = numbers
            .iter()
            .zip(&fates)
            .take(first_new)
            .map(|(number, fate)| refused(number, fate))
            .collect();
        let reason = "copy_did DID DESCRIPTION MUST BE EITHER BLANK OR FROM 6 TO 50 CHARACTERS, THIS IS AN OPTIONAL FIELD";
        lines.push(Line::error(reason, description));
        return Ok(stopped(lines, numbers.len()));
    }

    let description = (!description.is_empty()).then_some(description.as_str());
    let new: Vec<&str> = numbers
        .iter()
        .zip(&fates)
        .filter(|(_, fate)| matches!(fate, Fate::New))
        .map(|(n, _)| *n)
        .collect();
    let others = Forms::of(session, &new);
    let there = dids::there(session.db, others.all())?;
    others.check(session, "copy_did", &there)?;
    let refuses_all = session.options.atomic && new.len() < numbers.len();
    let new = if refuses_all { Vec::new() } else { new };
    if session.is_dry_run() {
        let ids = new.iter().map(|new| (collation::key(new), 0)).collect();
        return Ok(Account::of(session, &source, &numbers, &fates, &ids).reply());
    }
    let change = Change {
        section: "DIDS",
        kind: "COPY",
        code: "ADMIN API COPY DIDS".to_owned(),
    };
    change.begin(session)?;
    if session.options.atomic {
        unfinished::note_atomic_copy(session.db, did.did_id, &source, description, &new)?;
    }
    let mut ids = dids::copy(session.db, did.did_id, &new, description)?;
    if session.options.atomic && ids.len() < new.len() {
        undo(session, &numbers, &mut fates, &mut ids)?;
    }
    let account = Account::of(session, &source, &numbers, &fates, &ids);
    let statement = match new.is_empty() {
        true => String::new(),
        false => dids::copying(session.db, did.did_id, &new, description).written_out(),
    };
    change.done(session, account.last_id(), statement, account.notes());
    Ok(account.reply())
}

/// Takes back a copy of which another program added a number a moment before: also where the database cannot.
fn undo(
    session: &mut Session<'_>,
    numbers: &[&str],
    fates: &mut [Fate],
    ids: &mut HashMap<Vec<u32>, i64>,
) -> QueryResult<()> {
    for (number, fate) in numbers.iter().zip(fates) {
        if !ids.contains_key(&collation::key(number)) {
            *fate = Fate::Taken;
        }
    }
    let added: Vec<i64> = ids.drain().map(|(_, did_id)| did_id).collect();
    dids::delete(session.db, &added)
}

fn fates(session: &mut Session<'_>, numbers: &[&str]) -> QueryResult<Vec<Fate>> {
    let there = dids::there(session.db, numbers.iter().copied())?;
    let mut earlier = HashSet::new();
    Ok(numbers
        .iter()
        .map(|number| {
            let key = collation::key(number);
            if !PATTERN.contains(&number.len()) {
                Fate::WrongLength
            } else if there.has(&key) || !earlier.insert(key) {
                Fate::Taken
            } else {
                Fate::New
            }
        })
        .collect())
}
