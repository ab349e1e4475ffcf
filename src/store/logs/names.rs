//! The names that rows of the API's log refer to: `vicidial_webservers` and `vicidial_urls`.
//!
//! Their keys are small (a SMALLINT on a VICIdial), and a dialer has its own rows there. So a call adds a name only when it
//! has signed in, and a process adds so many at the most. A call whose name is not there refers to 0.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::super::sql::{Sql, name, names};
use super::super::{Db, QueryResult};
use super::LoggedCall;
use crate::log_limit;

/// How long the id of a name is remembered; and how many are.
const REMEMBERED: (Duration, usize) = (Duration::from_secs(1), 64);

/// The most names that a process adds: more than one setup has.
const MOST_ADDED: usize = 250;

/// How many this process has added.
static ADDED: AtomicUsize = AtomicUsize::new(0);

/// The id of no name.
const NONE: i64 = 0;

/// The id of the web server that a call came to.
///
/// # Errors
/// The database cannot be read or written.
pub(super) fn webserver_id(db: &mut Db, call: &LoggedCall) -> QueryResult<i64> {
    const TABLE: &str = "vicidial_webservers";
    let columns = db.columns();
    let webserver = columns.storable(TABLE, "webserver", &call.webserver);
    let hostname = columns.storable(TABLE, "hostname", &call.hostname);
    let values = [("webserver", &*webserver), ("hostname", &*hostname)];
    id(db, TABLE, "webserver_id", &values, call.may_add_names)
}

/// The id of the script's address that a call came to.
///
/// # Errors
/// The database cannot be read or written.
pub(super) fn url_id(db: &mut Db, call: &LoggedCall) -> QueryResult<i64> {
    const TABLE: &str = "vicidial_urls";
    let columns = db.columns();
    let url = columns.storable(TABLE, "url", &call.script_url);
    id(db, TABLE, "url_id", &[("url", &*url)], call.may_add_names)
}

/// The id of the row with these values. Where there is none it is added, if that is allowed.
fn id(
    db: &mut Db,
    table: &'static str,
    id: &str,
    values: &[(&str, &str)],
    may_add: bool,
) -> QueryResult<i64> {
    let text = values.iter().map(|(_, value)| *value);
    let key = (table, text.collect::<Vec<_>>().join("\n"));
    let is_recent = |(_, since): &&(i64, Instant)| since.elapsed() < REMEMBERED.0;
    match db.logs.ids.get(&key).filter(is_recent) {
        // The next call may be one that adds it.
        Some((NONE, _)) if may_add => {}
        Some((id, _)) => return Ok(*id),
        None => {}
    }
    let found = match find_id(db, table, id, values, "")? {
        Some(found) => found,
        None if may_add => add(db, table, id, values)?,
        None => NONE,
    };
    if db.logs.ids.len() >= REMEMBERED.1 {
        db.logs.ids.clear();
    }
    db.logs.ids.insert(key, (found, Instant::now()));
    Ok(found)
}

/// Adds the row, and gives its id; none where this process has added enough.
fn add(db: &mut Db, table: &str, id: &str, values: &[(&str, &str)]) -> QueryResult<i64> {
    let counted = ADDED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |added| {
        (added < MOST_ADDED).then_some(added + 1)
    });
    if counted.is_err() {
        log_limit::warn!(
            "no name is added to {table} any more: this process has added {MOST_ADDED}"
        );
        return Ok(NONE);
    }
    let columns = names(values.iter().map(|(column, _)| *column));
    let insert = Sql::new(format!(
        "{} INTO {table} ({columns}) VALUES (",
        db.insert_ignore()
    ))
    .bind_list(values.iter().map(|(_, value)| *value))
    .sql(")");
    db.write_bookkeeping(&insert)?;
    // Another writer may have added it since our own transaction began.
    Ok(find_id(db, table, id, values, db.latest())?.unwrap_or(NONE))
}

fn find_id(
    db: &mut Db,
    table: &str,
    id: &str,
    values: &[(&str, &str)],
    end: &str,
) -> QueryResult<Option<i64>> {
    let mut query = Sql::new(format!(
        "SELECT CAST({id} AS CHAR) AS id FROM {table} WHERE "
    ));
    for (index, (column, value)) in values.iter().enumerate() {
        query.push_sql(&format!(
            "{}{} = ",
            if index > 0 { " AND " } else { "" },
            name(column)
        ));
        query.push_bind(*value);
    }
    Ok(db
        .read(query.sql(end))?
        .first()
        .and_then(|row| row.text(0).parse().ok()))
}
