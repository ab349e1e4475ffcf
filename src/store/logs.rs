//! The API's log (`vicidial_api_log`, `vicidial_api_urls`) and the admin log (fixtures/reference/behaviour.md §7).
//!
//! A call's rows wait on the connection until the end of the batch and are then written together, in the same
//! transaction as its changes.
//!
//! **On MyISAM tables** nothing can be taken back, so a change first writes its admin-log row, marked [`BEGUN`]; the row
//! is completed at the end of the batch. The changes of calls that wait together are announced so together, and the rows
//! of those that were refused are taken out again afterwards. A crash in between leaves such a row, and perhaps the change;
//! it never leaves a change without its admin-log row, nor an answer that is untrue. What it may cost is the batch's rows in
//! `vicidial_api_log`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::columns::cut;
use super::sql::{Sql, names};
use super::{Db, QueryResult};

/// The notes of a change that was begun and whose end is not known.
pub const BEGUN: &str = "begun, not finished";

/// About how many bytes one statement writes: MariaDB takes no more than its `max_allowed_packet` at once.
const CHUNK_BYTES: usize = 128 * 1024;

/// How long the id of a web server or URL is remembered; and how many are.
const REMEMBERED: (Duration, usize) = (Duration::from_secs(1), 64);

/// What all rows of `vicidial_api_log` and `vicidial_api_urls` have in common that one call leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoggedCall {
    /// The user as sent.
    pub user: String,
    /// `YYYY-MM-DD HH:MM:SS`
    pub api_date: String,
    /// The function as sent.
    pub function: String,
    /// The parameter `agent_user`.
    pub agent_user: String,
    /// The parameter `source`.
    pub source: String,
    /// Seconds, with decimals.
    pub run_time: String,
    /// The name of the host that was asked.
    pub webserver: String,
    /// The machine's own name.
    pub hostname: String,
    /// The address of the script, without its query.
    pub script_url: String,
    /// The client's address.
    pub remote_ip: String,
    /// The whole address that was asked, its password hidden.
    pub url: String,
}

/// A row of `vicidial_api_log`, and its row of `vicidial_api_urls`.
#[derive(Debug, Clone)]
pub struct ApiRow {
    /// The call that it tells of.
    pub call: Arc<LoggedCall>,
    /// SUCCESS, ERROR or NOTICE.
    pub result: &'static str,
    /// The reason.
    pub result_reason: String,
    /// The data.
    pub data: String,
}

/// A row of `vicidial_admin_log`.
#[derive(Debug, Clone, Default)]
pub struct AdminRow {
    /// The user as sent.
    pub user: String,
    /// `YYYY-MM-DD HH:MM:SS`
    pub event_date: String,
    /// The client's address.
    pub ip_address: String,
    /// What it is about, such as `DIDS`.
    pub event_section: &'static str,
    /// ADD, COPY, MODIFY or DELETE.
    pub event_type: &'static str,
    /// The key of the row that was changed.
    pub record_id: String,
    /// What was done.
    pub event_code: String,
    /// The statement as it ran, with its values.
    pub event_sql: String,
    /// What came of it.
    pub event_notes: String,
}

/// Rows that wait for the end of the batch.
#[derive(Debug, Default)]
pub struct PendingLogs {
    api: Vec<ApiRow>,
    /// Rows of `vicidial_api_log` that were written, whose rows in `vicidial_api_urls` were not yet.
    urls: Vec<(i64, Arc<LoggedCall>)>,
    admin: Vec<(Option<i64>, AdminRow)>,
    begun: Option<i64>,
    /// The row that announces the change of the task under way.
    announced: Option<i64>,
    /// Announcements of changes that were not made, to be taken out again.
    needless: Vec<i64>,
    ids: HashMap<(&'static str, String), (i64, Instant)>,
    witness: Option<Witness>,
}

/// A row that a transaction wrote: it is there where the transaction was committed.
#[derive(Debug, Clone)]
pub(super) struct Witness {
    api_id: i64,
    call: Arc<LoggedCall>,
}

/// How many rows waited at some moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark(usize, usize);

impl PendingLogs {
    /// Adds a row of the API's log.
    pub fn api(&mut self, row: ApiRow) {
        self.api.push(row);
    }

    /// Adds a row of the admin log, or completes the one that [`begin`] wrote.
    pub fn admin(&mut self, row: AdminRow) {
        self.admin.push((self.begun.take(), row));
    }

    /// Sets the row that announces the change of the next task. The one of the task before goes, where that was answered
    /// without a change.
    pub(super) fn expect(&mut self, announced: Option<i64>) {
        let before = std::mem::replace(&mut self.announced, announced);
        self.needless.extend(before);
        self.needless.extend(self.begun.take());
    }

    /// The row that announces the change under way, once [`begin`] has told of it.
    pub(super) fn begun(&self) -> Option<i64> {
        self.begun
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.api.len(), self.admin.len())
    }

    /// Forgets the rows of a call that changed nothing; the row that announced its change waits for the next try.
    pub(super) fn rewind(&mut self, mark: Mark) {
        let announced = self.admin.get(mark.1).and_then(|(begun, _)| *begun);
        self.api.truncate(mark.0);
        self.admin.truncate(mark.1);
        self.announced = self.announced.or(self.begun.take()).or(announced);
    }

    /// Forgets the rows of a call of which nobody knows how far it came; the row that announced its change stays.
    pub(super) fn abandon(&mut self, mark: Mark) {
        self.api.truncate(mark.0);
        self.admin.truncate(mark.1);
        self.begun = None;
        self.announced = None;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.api.is_empty()
            && self.urls.is_empty()
            && self.admin.is_empty()
            && self.needless.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.api.len() + self.admin.len()
    }

    /// About how many bytes of memory the rows take.
    pub(super) fn bytes(&self) -> usize {
        let admin = self.admin.iter().map(|(_, row)| {
            std::mem::size_of::<AdminRow>() + row.event_sql.len() + row.event_notes.len()
        });
        bytes(&self.api) + admin.sum::<usize>()
    }

    /// Forgets everything, remembered ids too: the transaction in which they were written is gone.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// A row of the transaction under way; none where it has logged nothing.
    pub(super) fn witness(&self) -> Option<Witness> {
        self.witness.clone()
    }

    /// Begins a transaction: what was written before is no witness of it.
    pub(super) fn begin(&mut self) {
        self.witness = None;
    }
}

/// About how many bytes of memory rows of the API's log take. Rows of one call share what it sent.
pub(super) fn bytes(rows: &[ApiRow]) -> usize {
    let mut before: Option<&Arc<LoggedCall>> = None;
    let bytes_of = |row: &ApiRow, is_new: bool| {
        let shared = if is_new { row.call.url.len() } else { 0 };
        std::mem::size_of::<ApiRow>() + row.result_reason.len() + row.data.len() + shared
    };
    rows.iter()
        .map(|row| {
            let is_new = !before.is_some_and(|before| Arc::ptr_eq(before, &row.call));
            before = Some(&row.call);
            bytes_of(row, is_new)
        })
        .sum()
}

/// Whether the row is there: whether its transaction was committed.
///
/// # Errors
/// The database cannot be read.
pub(super) fn is_there(db: &mut Db, Witness { api_id, call }: &Witness) -> QueryResult<bool> {
    let columns = db.columns();
    let query = Sql::new("SELECT user FROM vicidial_api_log WHERE api_id = ")
        .bind(*api_id)
        .sql(" AND api_date = ")
        .bind(call.api_date.as_str())
        .sql(" AND user = ")
        .bind(columns.cut("vicidial_api_log", "user", &call.user))
        .sql(" AND `function` = ")
        .bind(columns.cut("vicidial_api_log", "function", &call.function));
    Ok(!db.read(query)?.is_empty())
}

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
    let id = db.insert_bookkeeping(&statement, "admin_log_id")?;
    db.logs.begun = Some(id);
    Ok(())
}

/// Writes these rows, marked [`BEGUN`], ahead of the changes of which [`begin`] will tell; their keys. A single one is left
/// to [`begin`]: its change may be refused. Where the database fails, all are.
pub(super) fn announce(db: &mut Db, rows: &[Option<AdminRow>]) -> Vec<Option<i64>> {
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
    let keys = db.insert_bookkeeping_rows(statement, "admin_log_id", announced.len());
    let mut keys = keys
        .inspect_err(|error| log::warn!("changes cannot be announced together: {error}"))
        .unwrap_or_default()
        .into_iter();
    let key_of = |row: &Option<AdminRow>| row.as_ref().and_then(|_| keys.next());
    rows.iter().map(key_of).collect()
}

/// Writes what waits. Rows that are written are forgotten, the others stay.
///
/// # Errors
/// The database cannot be written.
pub(super) fn flush(db: &mut Db) -> QueryResult<()> {
    while !db.logs.is_empty() {
        let most = db.rows_at_once();
        flush_admin(db, most)?;
        flush_needless(db)?;
        flush_api(db, most)?;
        flush_urls(db)?;
    }
    Ok(())
}

fn flush_admin(db: &mut Db, most: usize) -> QueryResult<()> {
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

fn flush_needless(db: &mut Db) -> QueryResult<()> {
    if db.logs.needless.is_empty() {
        return Ok(());
    }
    let delete = Sql::new("DELETE FROM vicidial_admin_log WHERE admin_log_id IN (");
    let delete = delete.bind_list(db.logs.needless.iter().copied()).sql(")");
    db.write_bookkeeping(&delete)?;
    db.logs.needless.clear();
    Ok(())
}

fn flush_api(db: &mut Db, most: usize) -> QueryResult<()> {
    if db.logs.api.is_empty() {
        return Ok(());
    }
    let rows = take(&mut db.logs.api, most, |row| {
        row.call.url.len() + row.data.len()
    });
    let mut before = None;
    let written = api_statement(db, &rows).and_then(|statement| {
        before = db.last_key;
        db.insert_bookkeeping_rows(statement, "api_id", rows.len())
    });
    let (keys, error) = match written {
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
fn rows_that_are_there(db: &mut Db, rows: &[ApiRow], before: Option<i64>) -> Vec<i64> {
    if db.transactional {
        return Vec::new();
    }
    let Ok((first, step)) = db.last_insert_id() else {
        return Vec::new();
    };
    if before == Some(first) {
        return Vec::new();
    }
    let keys = (0..).map(|place| first + place * step);
    keys.zip(rows)
        .take_while(|(key, row)| {
            let witness = Witness {
                api_id: *key,
                call: Arc::clone(&row.call),
            };
            is_there(db, &witness).unwrap_or(false)
        })
        .map(|(key, _)| key)
        .collect()
}

fn flush_urls(db: &mut Db) -> QueryResult<()> {
    while !db.logs.urls.is_empty() {
        let rows = take(&mut db.logs.urls, usize::MAX, |(_, call)| call.url.len());
        let statement = urls_statement(db, &rows);
        db.write_bookkeeping(&statement)
            .inspect_err(|_| drop(db.logs.urls.splice(0..0, rows)))?;
    }
    Ok(())
}

/// The first rows, as many as one statement writes, and no more than `most`.
fn take<Row>(rows: &mut Vec<Row>, most: usize, size: impl Fn(&Row) -> usize) -> Vec<Row> {
    let mut bytes = 0;
    let fitting = rows.iter().take(most).take_while(|row| {
        bytes += size(row);
        bytes <= CHUNK_BYTES
    });
    let count = fitting.count().max(1).min(rows.len());
    rows.drain(..count).collect()
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
            .map(|(value, width)| cut(value, *width));
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
    let widths = db.columns.widths("vicidial_api_log", API_COLUMNS);
    let mut statement = Sql::new(format!(
        "INSERT INTO vicidial_api_log ({}) VALUES ",
        names(API_COLUMNS.iter().copied())
    ));
    for (index, row) in rows.iter().enumerate() {
        let webserver = webserver_id(db, &row.call.webserver, &row.call.hostname)?.to_string();
        let script = url_id(db, &row.call.script_url)?.to_string();
        let values = api_values(row, &webserver, &script);
        let values = values
            .iter()
            .zip(&widths)
            .map(|(value, width)| cut(value, *width));
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
        let remote_ip = db.columns.cut(TABLE, "remote_ip", &call.remote_ip);
        let url = db.columns.cut(TABLE, "url", &call.url);
        statement = statement
            .sql(if place > 0 { ", (" } else { "(" })
            .bind(*api_id)
            .sql(", ")
            .bind_list([call.api_date.as_str(), remote_ip, url])
            .sql(")");
    }
    statement
}

fn webserver_id(db: &mut Db, webserver: &str, hostname: &str) -> QueryResult<i64> {
    let columns = db.columns();
    let webserver = columns.cut("vicidial_webservers", "webserver", webserver);
    let hostname = columns.cut("vicidial_webservers", "hostname", hostname);
    remembered(
        db,
        "vicidial_webservers",
        "webserver_id",
        &[("webserver", webserver), ("hostname", hostname)],
    )
}

fn url_id(db: &mut Db, url: &str) -> QueryResult<i64> {
    let columns = db.columns();
    remembered(
        db,
        "vicidial_urls",
        "url_id",
        &[("url", columns.cut("vicidial_urls", "url", url))],
    )
}

/// The id of the row with these values, which is added where there is none.
fn remembered(
    db: &mut Db,
    table: &'static str,
    id: &str,
    values: &[(&str, &str)],
) -> QueryResult<i64> {
    let key = (
        table,
        values
            .iter()
            .map(|(_, value)| *value)
            .collect::<Vec<_>>()
            .join("\n"),
    );
    match db.logs.ids.get(&key) {
        Some((id, since)) if since.elapsed() < REMEMBERED.0 => return Ok(*id),
        _ => {}
    }
    let found = match find_id(db, table, id, values, "")? {
        Some(found) => found,
        None => {
            let columns = names(values.iter().map(|(column, _)| *column));
            let insert = Sql::new(format!(
                "{} INTO {table} ({columns}) VALUES (",
                db.insert_ignore()
            ))
            .bind_list(values.iter().map(|(_, value)| *value))
            .sql(")");
            db.write_bookkeeping(&insert)?;
            // Another writer may have added it since our own transaction began.
            find_id(db, table, id, values, db.latest())?.unwrap_or(0)
        }
    };
    if db.logs.ids.len() >= REMEMBERED.1 {
        db.logs.ids.clear();
    }
    db.logs.ids.insert(key, (found, Instant::now()));
    Ok(found)
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
            super::sql::name(column)
        ));
        query.push_bind(*value);
    }
    Ok(db
        .read(query.sql(end))?
        .first()
        .and_then(|row| row.text(0).parse().ok()))
}
