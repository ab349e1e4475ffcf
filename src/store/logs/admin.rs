//! `vicidial_admin_log`: the row of each change, and on MyISAM tables the one that announces it.

use super::super::interrupted::{Began, LastKey};
use super::super::sql::{Sql, names};
use super::super::{Db, QueryResult, columns::storable};
use super::{AdminRow, BEGUN, take};
use crate::log_limit;

const ADMIN_LOG_ID: &str = "admin_log_id";

/// Writes the admin-log row of a change that cannot be taken back, before the change itself. Nothing to do on a database
/// with transactions.
///
/// # Errors
/// The database cannot be written.
pub fn begin(db: &mut Db, row: AdminRow) -> QueryResult<()> {
    if db.transactional {
        return Ok(());
    }
    if let Some(announced) = db.logs.announced.take() {
        db.logs.begun = Some(announced);
        return Ok(());
    }
    let row = AdminRow {
        event_notes: BEGUN.to_owned(),
        ..row
    };
    let statement = admin_statement(db, &[(None, row)]);
    let id = db.insert_bookkeeping(&statement, ADMIN_LOG_ID)?;
    db.logs.begun = Some(id);
    Ok(())
}

/// Writes these rows, marked [`BEGUN`], ahead of the changes of which [`begin`] will tell; their keys. A single one is left
/// to [`begin`]: its change may be refused. Where the database fails, all are.
pub(in crate::store) fn announce(db: &mut Db, rows: &[Option<AdminRow>]) -> Vec<Option<i64>> {
    let begun = |row: &AdminRow| AdminRow {
        event_notes: BEGUN.to_owned(),
        ..row.clone()
    };
    let announced: Vec<_> = rows
        .iter()
        .flatten()
        .map(|row| (None, begun(row)))
        .collect();
    if announced.len() < 2 {
        return vec![None; rows.len()];
    }
    let statement = admin_statement(db, &announced);
    let written = db.known_last_key().and_then(|before| {
        let keys = db.insert_bookkeeping_rows(statement, ADMIN_LOG_ID, announced.len());
        keys.inspect_err(|_| forget_announced(db, before, announced.len()))
    });
    let mut keys = written
        .inspect_err(|error| log_limit::warn!("changes cannot be announced together: {error}"))
        .unwrap_or_default()
        .into_iter();
    let key_of = |row: &Option<AdminRow>| row.as_ref().and_then(|_| keys.next());
    rows.iter().map(key_of).collect()
}

/// Takes the rows out again that a statement which failed has written, as far as the connection can be asked for their keys.
/// One that is another writer's by now is completed all the same: its row is then written anew.
fn forget_announced(db: &mut Db, before: Option<LastKey>, count: usize) {
    if let Began::With(first, step) = db.began_insert(before, ADMIN_LOG_ID) {
        let keys = (0..).map(|place| first + place * step).take(count);
        db.logs.needless.extend(keys);
    }
}

pub(super) fn flush(db: &mut Db, most: usize) -> QueryResult<()> {
    // A statement has either only new rows or only begun ones.
    let kind = db.logs.admin.first().is_some_and(|(id, _)| id.is_some());
    let of_a_kind = |rows: &[(Option<i64>, AdminRow)]| {
        rows.iter()
            .take_while(|(id, _)| id.is_some() == kind)
            .count()
    };
    while !db.logs.admin.is_empty() {
        let most = most.min(of_a_kind(&db.logs.admin));
        if most == 0 {
            break;
        }
        let rows = take(&mut db.logs.admin, most, |(_, row)| {
            row.event_sql.len() + row.event_notes.len()
        });
        let statement = admin_statement(db, &rows);
        db.write_bookkeeping(&statement)
            .inspect_err(|_| drop(db.logs.admin.splice(0..0, rows)))?;
    }
    Ok(())
}

pub(super) fn flush_needless(db: &mut Db) -> QueryResult<()> {
    if db.logs.needless.is_empty() {
        return Ok(());
    }
    let delete = Sql::new("DELETE FROM vicidial_admin_log WHERE event_notes = ")
        .bind(BEGUN)
        .sql(" AND admin_log_id IN (")
        .bind_list(db.logs.needless.iter().copied())
        .sql(")");
    db.write_bookkeeping(&delete)?;
    db.logs.needless.clear();
    Ok(())
}

fn admin_statement(db: &Db, rows: &[(Option<i64>, AdminRow)]) -> Sql {
    const TABLE: &str = "vicidial_admin_log";
    const COLUMNS: &[&str] = &[
        "event_date",
        "user",
        "ip_address",
        "event_section",
        "event_type",
        "record_id",
        "event_code",
        "event_sql",
        "event_notes",
    ];
    let begun = rows.first().is_some_and(|(id, _)| id.is_some());
    let id = if begun { "admin_log_id, " } else { "" };
    let mut statement = Sql::new(format!(
        "INSERT INTO {TABLE} ({id}{}) VALUES ",
        names(COLUMNS.iter().copied())
    ));
    let widths = db.columns.widths(TABLE, COLUMNS);
    for (index, (id, row)) in rows.iter().enumerate() {
        statement.push_sql(if index > 0 { ", (" } else { "(" });
        if let Some(id) = id {
            statement.push_bind(*id);
            statement.push_sql(", ");
        }
        let values = [
            row.event_date.as_str(),
            &row.user,
            &row.ip_address,
            row.event_section,
            row.event_type,
            &row.record_id,
            &row.event_code,
            &row.event_sql,
            &row.event_notes,
        ];
        let values = values
            .iter()
            .zip(&widths)
            .map(|(value, width)| storable(value, *width));
        statement = statement.bind_list(values).sql(")");
    }
    if begun {
        statement.push_sql(
            " ON DUPLICATE KEY UPDATE event_date = VALUES(event_date), user = VALUES(user), \
             ip_address = VALUES(ip_address), event_section = VALUES(event_section), \
             event_type = VALUES(event_type), record_id = VALUES(record_id), event_code = VALUES(event_code), \
             event_sql = VALUES(event_sql), event_notes = VALUES(event_notes)",
        );
    }
    statement
}
