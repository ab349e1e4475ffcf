//! Copies of all or none on MyISAM tables, which cannot take anything back. Before its first number such a copy writes into
//! the row that announces it what it is about to do. Where the server or the database is killed in the middle, the next
//! connection finds that row, and completes the copy.

use serde::{Deserialize, Serialize};

use super::logs::BEGUN;
use super::sql::Sql;
use super::{Db, QueryResult, collation, dids};

/// How many of the admin log's last rows are searched.
const SEARCHED: i64 = 50_000;

/// Of several connections that are made at once one looks.
const LOCK: &str = "vicishim unfinished copies";

/// What a copy is about to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct AtomicCopy {
    atomic_copy_of: i64,
    source: String,
    description: Option<String>,
    new_dids: Vec<String>,
    /// MariaDB's id of the connection that is at it.
    connection: String,
}

/// Notes an atomic copy in the row that announces it. Nothing to do on a database with transactions.
///
/// # Errors
/// The database cannot be written.
pub fn note_atomic_copy(
    db: &mut Db,
    did_id: i64,
    source: &str,
    description: Option<&str>,
    new_dids: &[&str],
) -> QueryResult<()> {
    let Some(begun) = db.logs.begun().filter(|_| !db.is_transactional()) else {
        return Ok(());
    };
    let rows = db.read(Sql::new("SELECT CAST(CONNECTION_ID() AS CHAR) AS id"))?;
    let copy = AtomicCopy {
        atomic_copy_of: did_id,
        source: source.to_owned(),
        description: description.map(str::to_owned),
        new_dids: new_dids.iter().map(|&new| new.to_owned()).collect(),
        connection: rows
            .first()
            .map_or_else(String::new, |row| row.text(0).to_owned()),
    };
    let update = Sql::new(
        "UPDATE vicidial_admin_log SET event_section = 'DIDS', event_type = 'COPY', event_sql = ",
    )
    .bind(serde_json::to_string(&copy).unwrap_or_default())
    .sql(" WHERE admin_log_id = ")
    .bind(begun);
    db.write_bookkeeping(&update).map(drop)
}

/// Completes the copies that others have begun, and do not go on with.
///
/// # Errors
/// The database cannot be read or written.
pub(super) fn complete(db: &mut Db) -> QueryResult<()> {
    let query = Sql::new("SELECT CAST(MAX(admin_log_id) AS CHAR) AS last FROM vicidial_admin_log");
    let last: i64 = db
        .read(query)?
        .first()
        .map_or(0, |row| row.text(0).parse().unwrap_or(0));
    let begun = |id: Option<i64>| {
        let query = Sql::new(
            "SELECT CAST(admin_log_id AS CHAR) AS id, event_sql FROM vicidial_admin_log WHERE admin_log_id ",
        );
        let query = match id {
            Some(id) => query.sql("= ").bind(id),
            None => query.sql("> ").bind(last - SEARCHED),
        };
        query
            .sql(" AND event_section = 'DIDS' AND event_type = 'COPY' AND event_notes = ")
            .bind(BEGUN)
            .sql(" AND event_sql LIKE '{\"atomic_copy_of\"%'")
    };
    let found = db.read(begun(None))?;
    if found.is_empty() {
        return Ok(());
    }
    let lock = Sql::new("SELECT CAST(GET_LOCK(")
        .bind(LOCK)
        .sql(", 0) AS CHAR) AS got");
    if db.read(lock)?.first().is_none_or(|row| row.text(0) != "1") {
        return Ok(());
    }
    let mut completed = Ok(());
    for row in found {
        // Another connection may have completed it before this one got the lock.
        let id = row.text(0).parse().ok();
        completed = db.read(begun(id)).and_then(|rows| {
            let copy = rows
                .first()
                .and_then(|row| serde_json::from_str(row.text(1)).ok());
            copy.map_or(Ok(()), |copy| complete_one(db, row.text(0), &copy))
        });
        if completed.is_err() {
            break;
        }
    }
    db.read(
        Sql::new("SELECT CAST(RELEASE_LOCK(")
            .bind(LOCK)
            .sql(") AS CHAR) AS released"),
    )?;
    completed
}

fn complete_one(db: &mut Db, admin_log_id: &str, copy: &AtomicCopy) -> QueryResult<()> {
    let alive =
        Sql::new("SELECT CAST(id AS CHAR) AS id FROM information_schema.processlist WHERE id = ")
            .bind(copy.connection.as_str());
    if !db.read(alive)?.is_empty() {
        return Ok(());
    }
    let numbers: Vec<&str> = copy.new_dids.iter().map(String::as_str).collect();
    let before = dids::there(db, numbers.iter().copied())?;
    let missing: Vec<&str> = numbers
        .iter()
        .copied()
        .filter(|number| !before.has(&collation::key(number)))
        .collect();
    let is_half = !missing.is_empty() && missing.len() < numbers.len();
    let count = numbers.len();
    if is_half {
        let source = dids::find(db, &copy.source)?;
        if source.is_none_or(|source| source.did_id != copy.atomic_copy_of) {
            log::error!(
                "an atomic copy was interrupted and cannot be completed, its source {} is not there any more: {} of {count} \
                 DIDs are missing, from {} on",
                copy.source,
                missing.len(),
                missing[0]
            );
            return Ok(());
        }
        dids::copy(
            db,
            copy.atomic_copy_of,
            &missing,
            copy.description.as_deref(),
        )?;
        log::warn!(
            "an atomic copy was interrupted after {} of {count} DIDs and is completed",
            count - missing.len()
        );
    }
    let there = dids::there(db, numbers.iter().copied())?;
    let mut ids = numbers
        .iter()
        .filter_map(|number| Some((*number, there.id_of(number)?)));
    let lines: String = ids
        .clone()
        .map(|(number, did_id)| format!("{number} ADDED, did_id: {did_id}\n"))
        .collect();
    let last = ids
        .next_back()
        .map_or_else(String::new, |(_, did_id)| did_id.to_string());
    let inserts = lines.lines().count();
    let notes = format!(
        "DID Source: {} Inserts: {inserts} Insert Errors: {} Copy Log:\n{lines}",
        copy.source,
        count - inserts
    );
    let done = Sql::new("UPDATE vicidial_admin_log SET record_id = ")
        .bind(last)
        .sql(", event_notes = ")
        .bind(notes)
        .sql(" WHERE admin_log_id = ")
        .bind(admin_log_id);
    db.write_bookkeeping(&done).map(drop)
}
