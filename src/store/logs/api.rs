//! `vicidial_api_log` and `vicidial_api_urls`.

use std::sync::Arc;

use super::super::interrupted::{Began, LastKey};
use super::super::sql::{Sql, name, names};
use super::super::{Db, QueryResult, columns::storable};
use super::names::{url_id, webserver_id};
use super::{ApiRow, LoggedCall, take};

const TABLE: &str = "vicidial_api_log";
const API_ID: &str = "api_id";

/// A row that a transaction wrote: it is there where the transaction was committed.
#[derive(Debug, Clone)]
pub(in crate::store) struct Witness {
    api_id: i64,
    call: Arc<LoggedCall>,
}

/// Whether the row is there: whether its transaction was committed.
///
/// # Errors
/// The database cannot be read.
pub(in crate::store) fn is_there(
    db: &mut Db,
    Witness { api_id, call }: &Witness,
) -> QueryResult<bool> {
    let columns = db.columns();
    let query = Sql::new("SELECT user FROM vicidial_api_log WHERE api_id = ")
        .bind(*api_id)
        .sql(" AND api_date = ")
        .bind(call.api_date.as_str())
        .sql(" AND user = ")
        .bind(columns.storable("vicidial_api_log", "user", &call.user))
        .sql(" AND `function` = ")
        .bind(columns.storable("vicidial_api_log", "function", &call.function));
    Ok(!db.read(query)?.is_empty())
}

pub(super) fn flush(db: &mut Db, most: usize) -> QueryResult<()> {
    if db.logs.api.is_empty() {
        return Ok(());
    }
    let rows = take(&mut db.logs.api, most, |row| {
        row.call.url.len() + row.data.len()
    });
    let prepared = api_statement(db, &rows);
    let prepared = prepared.and_then(|statement| Ok((statement, db.known_last_key()?)));
    let (statement, before) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            db.logs.api.splice(0..0, rows);
            return Err(error);
        }
    };
    let (keys, error) = match db.insert_bookkeeping_rows(statement, API_ID, rows.len()) {
        Ok(keys) => (keys, None),
        // A part of them may be there: theirs are the keys that follow each other, and they stay.
        Err(error) => (rows_that_are_there(db, &rows, before), Some(error)),
    };
    if let (Some(api_id), Some(row), None) = (keys.first(), rows.first(), &db.logs.witness) {
        db.logs.witness = Some(Witness {
            api_id: *api_id,
            call: Arc::clone(&row.call),
        });
    }
    let mut rows = rows.into_iter();
    let calls = rows.by_ref().take(keys.len()).map(|row| row.call);
    db.logs.urls.extend(keys.into_iter().zip(calls));
    db.logs.api.splice(0..0, rows);
    error.map_or(Ok(()), Err)
}

/// The keys of the first of these rows, as far as a statement that failed wrote them to a table that takes nothing back.
fn rows_that_are_there(db: &mut Db, rows: &[ApiRow], before: Option<LastKey>) -> Vec<i64> {
    if db.transactional {
        return Vec::new();
    }
    let (first, step) = match db.began_insert(before, API_ID) {
        Began::With(first, step) | Began::Perhaps(first, step) => (first, step),
        Began::No | Began::Unknown => return Vec::new(),
    };
    let keys = (0..).map(|place| first + place * step);
    keys.zip(rows)
        .take_while(|(key, row)| is_that_row(db, *key, row).unwrap_or(false))
        .map(|(key, _)| key)
        .collect()
}

/// Whether the row with this key is this one, and not another writer's of a call like it: the run time, in microseconds,
/// and the data differ.
fn is_that_row(db: &mut Db, key: i64, row: &ApiRow) -> QueryResult<bool> {
    let widths = db.columns.widths(TABLE, API_COLUMNS);
    let compared = API_COLUMNS.iter().zip(api_values(row, "", ""));
    let mut query = Sql::new(format!("SELECT user FROM {TABLE} WHERE {API_ID} = ")).bind(key);
    for ((column, value), width) in compared.zip(&widths) {
        if !["webserver", "api_url"].contains(column) {
            query.push_sql(&format!(" AND {} = ", name(column)));
            query.push_bind(storable(value, *width));
        }
    }
    Ok(!db.read(query)?.is_empty())
}

pub(super) fn flush_urls(db: &mut Db) -> QueryResult<()> {
    while !db.logs.urls.is_empty() {
        let rows = take(&mut db.logs.urls, usize::MAX, |(_, call)| call.url.len());
        let statement = urls_statement(db, &rows);
        db.write_bookkeeping(&statement)
            .inspect_err(|_| drop(db.logs.urls.splice(0..0, rows)))?;
    }
    Ok(())
}

/// The columns of `vicidial_api_log` in the order of [`api_values`].
const API_COLUMNS: &[&str] = &[
    "user",
    "api_date",
    "api_script",
    "function",
    "agent_user",
    "value",
    "result",
    "result_reason",
    "source",
    "data",
    "run_time",
    "webserver",
    "api_url",
];

fn api_values<'r>(row: &'r ApiRow, webserver: &'r str, script: &'r str) -> [&'r str; 13] {
    let ApiRow {
        call,
        result,
        result_reason,
        data,
    } = row;
    [
        &call.user,
        &call.api_date,
        "non-agent",
        &call.function,
        &call.agent_user,
        "",
        result,
        result_reason,
        &call.source,
        data,
        &call.run_time,
        webserver,
        script,
    ]
}

fn api_statement(db: &mut Db, rows: &[ApiRow]) -> QueryResult<Sql> {
    let widths = db.columns.widths(TABLE, API_COLUMNS);
    let mut statement = Sql::new(format!(
        "INSERT INTO vicidial_api_log ({}) VALUES ",
        names(API_COLUMNS.iter().copied())
    ));
    for (index, row) in rows.iter().enumerate() {
        let webserver = webserver_id(db, &row.call)?.to_string();
        let script = url_id(db, &row.call)?.to_string();
        let values = api_values(row, &webserver, &script);
        let values = values
            .iter()
            .zip(&widths)
            .map(|(value, width)| storable(value, *width));
        statement = statement
            .sql(if index > 0 { ", (" } else { "(" })
            .bind_list(values)
            .sql(")");
    }
    Ok(statement)
}

fn urls_statement(db: &Db, rows: &[(i64, Arc<LoggedCall>)]) -> Sql {
    const TABLE: &str = "vicidial_api_urls";
    // Where nothing can be taken back, a statement that was interrupted is run again, and passes over what is there.
    let insert = if db.transactional {
        "INSERT"
    } else {
        db.insert_ignore()
    };
    let mut statement = Sql::new(format!(
        "{insert} INTO {TABLE} (api_id, api_date, remote_ip, url) VALUES "
    ));
    for (place, (api_id, call)) in rows.iter().enumerate() {
        let remote_ip = db.columns.storable(TABLE, "remote_ip", &call.remote_ip);
        let url = db.columns.storable(TABLE, "url", &call.url);
        statement = statement
            .sql(if place > 0 { ", (" } else { "(" })
            .bind(*api_id)
            .sql(", ")
            .bind_list([call.api_date.as_str(), &remote_ip, &url])
            .sql(")");
    }
    statement
}
