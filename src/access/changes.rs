//! What calls have changed: who may read it, and who may take it back.

use std::collections::HashMap;

use super::Session;
use super::gates::{Gate, Refusal};
use super::journal::Change;
use super::permission::{
    self, CHANGE_CID_GROUPS, CHANGE_DIDS, CHANGE_FILTER_PHONES, CHANGE_PHONES, LIST_PHONES,
};
use super::permission::{DELETE_DIDS, DELETE_PHONES, Flag, Permission};
use super::scope::Scope;
use crate::store::history::reading::{self, Entry, Filter};
use crate::store::history::undoing::{Conflict, Undo};
use crate::store::users::User;
use crate::store::{Db, QueryResult, collation};

/// The header that names what a call has changed; its value is the change's number.
pub(crate) const HEADER: &str = "X-Vicishim-Change";

/// How many changes one call takes back at the most.
pub(crate) const MOST: usize = 1000;

/// How many rows one call takes back at the most: a writer works at nothing else meanwhile.
const MOST_ROWS: usize = 50_000;

/// Tables whose rows not everybody may list who may list changes, and what it takes.
const LISTED_BY: &[(&str, &Permission)] = &[
    ("phones", &LIST_PHONES),
    ("phones_alias", &LIST_PHONES),
    ("vicishim_extensions", &LIST_PHONES),
    ("vicidial_campaign_cid_areacodes", &CHANGE_CID_GROUPS),
    ("vicidial_filter_phone_numbers", &CHANGE_FILTER_PHONES),
];

/// The changes that a user may read: those of everybody, or its own where it sees some user groups only.
///
/// # Errors
/// The database cannot be read.
pub(crate) fn within(session: &mut Session<'_>, filter: Filter) -> QueryResult<Filter> {
    let scope = Scope::of(session)?;
    Ok(seen_by(&session.user, &scope, filter))
}

/// The same of a user with this scope.
pub(crate) fn seen_by(user: &User, scope: &Scope, filter: Filter) -> Filter {
    let only = match scope {
        Scope::Everything => None,
        Scope::Groups(_) => Some(user.user.clone()),
    };
    let is_closed = |permission: &Permission| permission.gates(user).any(|gate| !gate.opens());
    let hidden = LISTED_BY
        .iter()
        .filter(|(_, permission)| is_closed(permission));
    Filter {
        only,
        hidden: hidden.map(|(table, _)| *table).collect(),
        ..filter
    }
}

/// What is asked to be taken back.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The changes' numbers.
    pub(crate) change_ids: Vec<i64>,
    /// Whether the other rows are taken back where some were changed again since.
    pub(crate) is_partial: bool,
    /// Whether it is only said what would be done.
    pub(crate) is_dry_run: bool,
}

/// What was taken back, or would be.
pub(crate) struct Undone {
    /// What is written.
    pub(crate) undo: Undo,
    /// The statements; none where nothing was written.
    pub(crate) statements: Vec<String>,
}

/// Why nothing was taken back.
pub(crate) enum Refused {
    /// There is no such change that the user sees.
    Missing(i64),
    /// It was taken back before, by this one.
    UndoneBy(i64, i64),
    /// The user may not do what it takes.
    NotAllowed(i64, Box<Refusal>),
    /// These rows were changed again since.
    Conflicts(Vec<Conflict>),
    /// It cannot be read.
    Unreadable(i64),
    /// So many rows are more than one call takes back.
    TooMany(usize),
}

/// A table's permissions: to change its rows, and to delete one.
fn permissions(table: &str) -> (&'static Permission, Option<&'static Flag>) {
    match table {
        "phones" | "phones_alias" | "vicishim_extensions" | "vicishim_tenants" => {
            (&CHANGE_PHONES, Some(&DELETE_PHONES))
        }
        "vicidial_campaign_cid_areacodes" => (&CHANGE_CID_GROUPS, None),
        "vicidial_filter_phone_numbers" => (&CHANGE_FILTER_PHONES, None),
        // DIDs, and our own rows of them.
        _ => (&CHANGE_DIDS, Some(&DELETE_DIDS)),
    }
}

/// The first gate that does not let this user take a change back. It takes what the change took: its function, the
/// permission for its tables, and the delete flag where it deleted something. To delete what somebody else has added takes
/// that flag, too.
fn barred(session: &Session<'_>, functions: &Functions, entry: &Entry) -> Option<Refusal> {
    let user = &session.user;
    let of_function = permission::allowed(&entry.function, user);
    if !of_function.opens() {
        return Some(of_function.refusal());
    }
    let functions = functions.get(&entry.change_id).into_iter().flatten();
    let mut gates = functions.map(|function| permission::allowed(function, user));
    if let Some(gate) = gates.find(|gate| !gate.opens()) {
        return Some(gate.refusal());
    }
    let is_own = collation::compare(&entry.user, &user.user).is_eq();
    for change in &entry.rows {
        let (permission, delete) = permissions(change.table());
        let needs_flag = change.removes() || change.adds() && !is_own;
        let flag = delete.filter(|_| needs_flag).map(|flag| flag.gate(user));
        let closed: Option<Gate<'_>> = permission
            .gates(user)
            .chain(flag)
            .find(|gate| !gate.opens());
        if let Some(gate) = closed {
            return Some(gate.refusal());
        }
    }
    None
}

/// Takes changes back for a call, all or nothing where it is not asked for the others.
///
/// # Errors
/// The database failed.
pub(crate) fn undo(
    session: &mut Session<'_>,
    asked: &Asked,
) -> QueryResult<Result<Undone, Refused>> {
    let filter = Filter {
        change_ids: asked.change_ids.clone(),
        ..Filter::default()
    };
    let filter = within(session, filter)?;
    session.db.write_entries()?;
    let entries = reading::held(session.db, &filter)?;
    let functions = functions_of(session.db, &entries)?;
    let barred = |entry: &Entry| barred(session, &functions, entry);
    if let Some(refused) = refused(&entries, &asked.change_ids, barred) {
        return Ok(Err(refused));
    }
    let scope = Scope::of(session)?;
    take_back(session.db, &entries, asked, &scope)
}

/// By change that takes others back, the functions of these.
type Functions = HashMap<i64, Vec<String>>;

/// The functions of what these changes take back, and of what that takes back.
fn functions_of(db: &mut Db, entries: &[Entry]) -> QueryResult<Functions> {
    let mut functions = Functions::new();
    for entry in entries {
        let mut undone = entry.undoes.clone();
        while !undone.is_empty() {
            let filter = Filter {
                change_ids: std::mem::take(&mut undone),
                ..Filter::default()
            };
            for of in reading::list(db, &filter, 0, reading::ALL)? {
                let known = functions.entry(entry.change_id).or_default();
                known.push(of.function);
                undone.extend(of.undoes.iter().filter(|id| **id < of.change_id));
            }
        }
    }
    Ok(functions)
}

/// Why these changes are not taken back; none where they are to be.
pub(crate) fn refused(
    entries: &[Entry],
    change_ids: &[i64],
    barred: impl Fn(&Entry) -> Option<Refusal>,
) -> Option<Refused> {
    change_ids.iter().find_map(|&change_id| {
        let entry = entries.iter().find(|entry| entry.change_id == change_id);
        let Some(entry) = entry else {
            return Some(Refused::Missing(change_id));
        };
        if let Some(by) = entry.undone_by {
            return Some(Refused::UndoneBy(change_id, by));
        }
        if entry.is_broken {
            return Some(Refused::Unreadable(change_id));
        }
        let refusal = barred(entry)?;
        Some(Refused::NotAllowed(change_id, Box::new(refusal)))
    })
}

/// Takes these changes back.
///
/// # Errors
/// The database failed.
pub(crate) fn take_back(
    db: &mut Db,
    entries: &[Entry],
    asked: &Asked,
    scope: &Scope,
) -> QueryResult<Result<Undone, Refused>> {
    let count = entries.iter().map(Entry::count).sum();
    if count > MOST_ROWS {
        return Ok(Err(Refused::TooMany(count)));
    }
    let undo = Undo::of(db, entries)?;
    if *scope != Scope::Everything {
        let groups = undo.user_groups(db)?;
        if !groups.iter().all(|group| scope.covers(group.as_deref())) {
            let change_id = asked.change_ids.first().copied();
            return Ok(Err(Refused::Missing(change_id.unwrap_or_default())));
        }
    }
    if !undo.conflicts.is_empty() && !asked.is_partial {
        return Ok(Err(Refused::Conflicts(undo.conflicts)));
    }
    let mut statements = Vec::new();
    if !asked.is_dry_run {
        // What was taken back in part may be taken back once more.
        if undo.conflicts.is_empty() && undo.steps().next().is_some() {
            db.note_undo(&asked.change_ids);
        }
        statements = undo.write(db)?;
    }
    Ok(Ok(Undone { undo, statements }))
}

/// The change that taking changes back is, for the admin log.
pub(crate) fn logged() -> Change {
    Change {
        section: "DIDS",
        kind: "MODIFY",
        code: "ADMIN API UNDO CHANGE".to_owned(),
    }
}

impl Undone {
    /// What the admin log notes of it.
    pub(crate) fn notes(&self, ids: &str) -> String {
        let Undo {
            unchanged,
            conflicts,
            ..
        } = &self.undo;
        let (count, conflicts) = (self.undo.steps().count(), conflicts.len());
        format!("changes: {ids} rows: {count} unchanged: {unchanged} conflicts: {conflicts}")
    }
}
