//! Writing the entries of changes.

use std::sync::atomic::Ordering;

use diesel::result::Error;

use super::{CHANGED, CHANGES, Pending, subject};
use crate::store::columns::storable;
use crate::store::sql::Sql;
use crate::store::{Db, QueryResult, records};

pub(super) const CHANGE_ID: &str = "change_id";

/// About how many bytes one statement writes.
const CHUNK_BYTES: usize = 1024 * 1024;

/// How many rows one statement writes at the most. The statement is kept prepared for each count.
const ROWS: usize = 64;

/// Writes the entries that wait, in the transaction that is open. Nothing to do beside a VICIdial's database.
///
/// # Errors
/// The database cannot be written.
pub(in crate::store) fn flush(db: &mut Db) -> QueryResult<()> {
    if db.has_state() || db.history.pending.is_empty() {
        return Ok(());
    }
    let pending = std::mem::take(&mut db.history.pending);
    write(db, &pending)
}

/// Writes the entries that wait into the state's transaction, where the call has begun one.
///
/// # Errors
/// The state cannot be written.
pub(in crate::store) fn flush_in_own(db: &mut Db) -> QueryResult<()> {
    let pending = std::mem::take(&mut db.history.pending);
    match pending.is_empty() {
        true => Ok(()),
        false => write(db.own()?, &pending),
    }
}

impl Pending {
    /// Whether it is a row of its own, and a small one.
    fn is_one_row(&self) -> bool {
        matches!(&self.rows[..], [row] if row.count() == 1 && row.subjects() == 1)
            && self.undoes.is_empty()
    }
}

/// Whether one statement writes these entries, unless they are large.
pub(super) fn are_one_statement(entries: &[Pending]) -> bool {
    entries.len() <= ROWS && entries.iter().all(Pending::is_one_row)
}

pub(super) fn write(db: &mut Db, pending: &[Pending]) -> QueryResult<()> {
    let mut rest = pending;
    while !rest.is_empty() {
        let Statement {
            insert,
            count,
            more_subjects,
        } = first_statement(db, rest)?;
        let (these, others) = rest.split_at(count);
        rest = others;
        let keys = db.insert_bookkeeping_rows(insert, CHANGE_ID, count)?;
        let mut subjects = Vec::new();
        for ((entry, key), more) in these.iter().zip(keys).zip(more_subjects) {
            entry.slot.store(key, Ordering::Relaxed);
            subjects.extend(more.into_iter().map(|subject| (subject, key)));
            mark_undone(db, &entry.undoes, key)?;
        }
        write_subjects(db, &subjects)?;
    }
    Ok(())
}

/// A statement that adds entries.
pub(super) struct Statement {
    pub(super) insert: Sql,
    /// How many it adds.
    pub(super) count: usize,
    /// What each is about beside its first subject.
    more_subjects: Vec<Vec<String>>,
}

/// The statement that adds the first of these entries, as many as one statement may.
pub(super) fn first_statement(db: &Db, entries: &[Pending]) -> QueryResult<Statement> {
    let mut details = Vec::new();
    let mut bytes = 0;
    for entry in entries.iter().take(ROWS) {
        let detail = serde_json::to_string(&entry.rows)
            .map_err(|error| Error::SerializationError(error.into()))?;
        bytes += detail.len();
        if bytes > CHUNK_BYTES && !details.is_empty() {
            break;
        }
        details.push(detail);
    }
    let (count, these) = (details.len(), entries.iter().take(details.len()));
    let mut subjects: Vec<Vec<String>> = these
        .map(|entry| subject::of_changes(&entry.rows))
        .collect();
    Ok(Statement {
        insert: insertion(db, entries, details, &mut subjects),
        count,
        more_subjects: subjects,
    })
}

/// The statement that adds entries with these details. It takes the first subject of each.
fn insertion(
    db: &Db,
    entries: &[Pending],
    details: Vec<String>,
    subjects: &mut [Vec<String>],
) -> Sql {
    const TEXTS: [&str; 6] = [
        "user",
        "client",
        "source",
        "function",
        "request_id",
        "subject",
    ];
    let widths = db.columns.widths(CHANGES, &TEXTS);
    let mut statement = Sql::new(format!(
        "INSERT INTO {CHANGES} (changed_at, {}, undoes, detail) VALUES ",
        TEXTS.join(", ")
    ));
    for (place, (Pending { author, undoes, .. }, detail)) in entries.iter().zip(details).enumerate()
    {
        let first = subjects.get_mut(place).filter(|of| !of.is_empty());
        let first = first.map(|of| of.remove(0)).unwrap_or_default();
        let texts = [
            &author.user,
            &author.client,
            &author.source,
            &author.function,
            &author.request_id,
            &first,
        ];
        let texts = texts
            .iter()
            .zip(&widths)
            .map(|(text, width)| storable(text, *width));
        let undoes: Vec<String> = undoes.iter().map(i64::to_string).collect();
        statement = statement
            .sql(if place > 0 { ", (" } else { "(" })
            .bind(author.changed_at)
            .sql(", ")
            .bind_list(texts)
            .sql(", ")
            .bind_list([undoes.join(","), detail])
            .sql(")");
    }
    statement
}

fn write_subjects(db: &mut Db, subjects: &[(String, i64)]) -> QueryResult<()> {
    let width = db.columns.width(CHANGED, "subject");
    for subjects in subjects.chunks(ROWS) {
        let mut statement = Sql::new(format!(
            "{} INTO {CHANGED} (subject, change_id) VALUES ",
            db.insert_ignore()
        ));
        for (place, (subject, key)) in subjects.iter().enumerate() {
            statement = statement
                .sql(if place > 0 { ", (" } else { "(" })
                .bind(storable(subject, width))
                .sql(", ")
                .bind(*key)
                .sql(")");
        }
        db.write_bookkeeping(&statement)?;
    }
    Ok(())
}

/// Notes which change has taken these back. What these had taken back is in force again; what that had taken back is not.
fn mark_undone(db: &mut Db, undoes: &[i64], by: i64) -> QueryResult<()> {
    set_undone_by(db, undoes, by)?;
    for (_, in_force) in undoes_of(db, undoes)? {
        set_undone_by(db, &in_force, 0)?;
        for (change_id, undone) in undoes_of(db, &in_force)? {
            mark_undone(db, &undone, change_id)?;
        }
    }
    Ok(())
}

fn set_undone_by(db: &mut Db, change_ids: &[i64], by: i64) -> QueryResult<()> {
    if change_ids.is_empty() {
        return Ok(());
    }
    let update = Sql::new(format!("UPDATE {CHANGES} SET undone_by = "))
        .bind(by)
        .append(records::among(CHANGE_ID, change_ids.iter().copied()));
    db.write_bookkeeping(&update).map(drop)
}

/// Those of these changes that take others back, and which.
fn undoes_of(db: &mut Db, change_ids: &[i64]) -> QueryResult<Vec<(i64, Vec<i64>)>> {
    if change_ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = Sql::new(format!(
        "SELECT CAST({CHANGE_ID} AS CHAR) AS c0, undoes FROM {CHANGES}"
    ))
    .append(records::among(CHANGE_ID, change_ids.iter().copied()))
    .sql(" AND undoes <> ''");
    let rows = db.read(query)?;
    Ok(rows
        .iter()
        .map(|row| {
            let undoes = row.text(1).split(',').filter_map(|id| id.parse().ok());
            (row.text(0).parse().unwrap_or(0), undoes.collect())
        })
        .collect())
}
