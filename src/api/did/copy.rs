//! `copy_did`: copies an inbound number's settings onto new ones (reference/behaviour.md §5).

use std::collections::HashSet;
use std::fmt::Write;

use super::{DESCRIPTION, PATTERN};
use crate::api::journal::Change;
use crate::api::permission::Scope;
use crate::api::{Answer, Copies, Line, Reply, Session};
use crate::store::{collation, dids};

/// `new_dids`: 2 to 2000 bytes.
const LIST: std::ops::RangeInclusive<usize> = 2..=2000;

/// What becomes of one new number.
enum Fate {
    /// It is copied.
    New,
    /// It is there already, or stood earlier in the list.
    Taken,
    /// It cannot be a pattern (§8.2).
    WrongLength,
}

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    let (source, list) = (
        session.owned("source_did_pattern"),
        session.owned("new_dids"),
    );
    if !PATTERN.contains(&source.len()) || !LIST.contains(&list.len()) {
        return Err(Line::error(
            "copy_did YOU MUST USE ALL REQUIRED FIELDS",
            format!("{source}|{list}"),
        )
        .into());
    }
    let scope = Scope::of(session)?;
    let Some(did) =
        dids::find(session.db, &source)?.filter(|did| scope.covers(did.user_group.as_deref()))
    else {
        return Err(Line::error("copy_did SOURCE DID DOES NOT EXIST", source).into());
    };

    let numbers: Vec<&str> = list.split(',').collect();
    let fates = fates(session, &numbers)?;
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
        return Ok(told(lines, 0, numbers.len()));
    }

    let change = Change {
        section: "DIDS",
        kind: "COPY",
        code: "ADMIN API COPY DIDS".to_owned(),
    };
    change.begin(session)?;
    let new: Vec<&str> = numbers
        .iter()
        .zip(&fates)
        .filter(|(_, fate)| matches!(fate, Fate::New))
        .map(|(n, _)| *n)
        .collect();
    let description = (!description.is_empty()).then_some(description.as_str());
    let ids = dids::copy(session.db, did.did_id, &new, description)?;

    let mut lines = Vec::with_capacity(numbers.len() + 1);
    let (mut added, mut log, mut last_id) = (0, String::new(), String::new());
    for (number, fate) in numbers.iter().zip(&fates) {
        // One that another program added a moment before is missing from `ids`.
        let did_id = if matches!(fate, Fate::New) {
            ids.get(&collation::key(number))
        } else {
            None
        };
        let written = match did_id {
            Some(did_id) => {
                added += 1;
                last_id = did_id.to_string();
                lines.push(
                    Line::notice(
                        "copy_did DID HAS BEEN ADDED",
                        format!("{number}|{source}|{did_id}|1"),
                    )
                    .dashed(),
                );
                writeln!(log, "{number} ADDED, did_id: {did_id}")
            }
            None => {
                lines.push(refused(number, fate));
                let why = if matches!(fate, Fate::WrongLength) {
                    "MUST BE FROM 2 TO 50 CHARACTERS"
                } else {
                    "ALREADY EXISTS"
                };
                writeln!(log, "{number} {why}")
            }
        };
        debug_assert!(written.is_ok(), "a String takes every text");
    }
    let not_added = numbers.len() - added;
    let statement = match new.is_empty() {
        true => String::new(),
        false => dids::copying(session.db, did.did_id, &new, description).written_out(),
    };
    let notes = format!(
        "DID Source: {source} Inserts: {added} Insert Errors: {not_added} Copy Log:\n{log}"
    );
    change.done(session, last_id, statement, notes);
    lines.push(match added {
        0 => Line::error("copy_did NO DIDS ADDED", format!("{source}|0|{not_added}")).dashed(),
        _ => Line::success(
            "copy_did DIDS HAVE BEEN ADDED",
            format!("{source}|{added}|{not_added}"),
        ),
    });
    Ok(told(lines, added, not_added))
}

fn told(lines: Vec<Line>, added: usize, refused: usize) -> Reply {
    let mut reply = Reply::from(lines);
    reply.facts.copies = Some(Copies { added, refused });
    reply
}

fn fates(session: &mut Session<'_>, numbers: &[&str]) -> Result<Vec<Fate>, diesel::result::Error> {
    let taken = dids::taken(session.db, numbers)?;
    let mut earlier = HashSet::new();
    Ok(numbers
        .iter()
        .map(|number| {
            let key = collation::key(number);
            if !PATTERN.contains(&number.len()) {
                Fate::WrongLength
            } else if taken.contains_key(&key) || !earlier.insert(key) {
                Fate::Taken
            } else {
                Fate::New
            }
        })
        .collect())
}

fn refused(number: &str, fate: &Fate) -> Line {
    let reason = match fate {
        Fate::WrongLength => "copy_did DID PATTERN MUST BE FROM 2 TO 50 CHARACTERS",
        Fate::New | Fate::Taken => "copy_did DID ALREADY EXISTS",
    };
    Line::notice(reason, number).dashed()
}
