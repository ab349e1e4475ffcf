//! The rows of intentions: `vicishim_intentions`, and what each is about in `vicishim_intended`.

use diesel::result::Error;

use super::planned::Planned;
use crate::log_limit;
use crate::store::sql::Sql;
use crate::store::{Db, QueryResult};

pub(super) const INTENTIONS: &str = "vicishim_intentions";
const SUBJECTS: &str = "vicishim_intended";

/// How many subjects one statement adds.
const CHUNK: usize = 250;

/// Adds an intention; its key. A subject that another one has is a unique violation.
pub(super) fn insert(
    own: &mut Db,
    owner: &str,
    planned: &Planned,
    subjects: &[String],
) -> QueryResult<i64> {
    let text = serde_json::to_string(planned)
        .map_err(|error| Error::SerializationError(Box::new(error)))?;
    let insert = Sql::new(format!(
        "INSERT INTO {INTENTIONS} (owner, planned) VALUES ("
    ))
    .bind(owner)
    .sql(", ")
    .bind(text)
    .sql(")");
    let key = "intention_id";
    let id = own.insert_bookkeeping(&insert, key)?;
    for subjects in subjects.chunks(CHUNK) {
        let mut insert = Sql::new(format!("INSERT INTO {SUBJECTS} (subject, {key}) VALUES "));
        for (index, subject) in subjects.iter().enumerate() {
            let comma = if index > 0 { ", (" } else { "(" };
            insert = insert
                .sql(comma)
                .bind(subject.as_str())
                .sql(", ")
                .bind(id)
                .sql(")");
        }
        own.write_bookkeeping(&insert)?;
    }
    Ok(id)
}

/// The intention that has one of these subjects; 0 where it has just ended.
pub(super) fn holder(own: &mut Db, subjects: &[String]) -> QueryResult<i64> {
    for subjects in subjects.chunks(CHUNK) {
        let query = Sql::new(format!(
            "SELECT CAST(intention_id AS CHAR) AS id FROM {SUBJECTS} WHERE subject IN ("
        ))
        .bind_list(subjects.iter().map(String::as_str))
        .sql(") LIMIT 1");
        if let Some(row) = own.read(query)?.first() {
            return Ok(row.text(0).parse().unwrap_or(0));
        }
    }
    Ok(0)
}

/// Ends an intention; whether it was there.
pub(super) fn forget(own: &mut Db, id: i64) -> QueryResult<bool> {
    let of = |table| Sql::new(format!("DELETE FROM {table} WHERE intention_id = ")).bind(id);
    let was_there = own.write_bookkeeping(&of(INTENTIONS))? > 0;
    own.write_bookkeeping(&of(SUBJECTS))?;
    Ok(was_there)
}

/// All changes that are under way, and those that were left; none where one transaction makes both halves.
pub(in crate::store) fn pending(db: &mut Db) -> QueryResult<Vec<Planned>> {
    if !db.has_state() {
        return Ok(Vec::new());
    }
    let query = format!("SELECT planned FROM {INTENTIONS} ORDER BY intention_id");
    let rows = db.own()?.read(Sql::new(query))?;
    let planned = rows.iter().map(|row| parse(row.text(0)));
    Ok(planned.flatten().collect())
}

pub(super) fn parse(text: &str) -> Option<Planned> {
    serde_json::from_str(text)
        .inspect_err(|error| log_limit::error!("an intention cannot be read: {error}"))
        .ok()
}
