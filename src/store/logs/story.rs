//! What else is known of one call in the API's log.

use super::super::by_time::ByTime;
use super::super::sql::{Sql, TextRow};
use super::super::{Db, QueryResult};
use super::reading::LoggedRow;

/// How many rows of the admin log are shown.
const MOST: usize = 20;

const ADMIN_LOG: ByTime = ByTime {
    table: "vicidial_admin_log",
    key: "admin_log_id",
    time: "event_date",
};

/// A row of `vicidial_api_urls`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UrlRow {
    /// The client's address.
    pub remote_ip: String,
    /// The address that was asked. VICIdial's own rows hold passwords.
    pub url: String,
}

/// A row of `vicidial_admin_log`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminEntry {
    /// What it is about, such as `DIDS`.
    pub section: String,
    /// ADD, COPY, MODIFY or DELETE.
    pub kind: String,
    /// The key of the row that was changed.
    pub record_id: String,
    /// What was done.
    pub code: String,
    /// The statement; none where it may hold a password.
    pub sql: Option<String>,
    /// What came of it; the same.
    pub notes: Option<String>,
}

/// The address that a call asked.
///
/// # Errors
/// The database cannot be read.
pub fn url(db: &mut Db, api_id: i64) -> QueryResult<Option<UrlRow>> {
    let query =
        Sql::new("SELECT remote_ip AS c0, url AS c1 FROM vicidial_api_urls WHERE api_id = ");
    let rows = db.read(query.bind(api_id))?;
    Ok(rows.first().map(|row| UrlRow {
        remote_ip: row.text(0).to_owned(),
        url: row.text(1).to_owned(),
    }))
}

/// The rows of the admin log by the user of a call, of the same second, and of an API.
///
/// # Errors
/// The database cannot be read.
pub fn admin_entries(db: &mut Db, call: &LoggedRow) -> QueryResult<Vec<AdminEntry>> {
    let first = ADMIN_LOG.first_since(db, call.api_date.as_str())?;
    let query = Sql::new(
        "SELECT event_section AS c0, event_type AS c1, record_id AS c2, event_code AS c3, event_sql AS c4, \
         event_notes AS c5 FROM vicidial_admin_log",
    )
    .append(ADMIN_LOG.around(first))
    .sql(" AND event_date = ")
    .bind(call.api_date.as_str())
    .sql(" AND +user = ")
    .bind(call.user.as_str())
    .sql(&format!(
        " AND event_code LIKE 'ADMIN API%' ORDER BY admin_log_id LIMIT {MOST}"
    ));
    let entry = |row: &TextRow| AdminEntry {
        section: row.text(0).to_owned(),
        kind: row.text(1).to_owned(),
        record_id: row.text(2).to_owned(),
        code: row.text(3).to_owned(),
        sql: without_passwords(row.text(4)),
        notes: without_passwords(row.text(5)),
    };
    Ok(db.read(query)?.iter().map(entry).collect())
}

/// A text that names no password: VICIdial's own statements have them as they are.
fn without_passwords(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let names_one = ["pass", "secret"].iter().any(|word| lower.contains(word));
    (!names_one).then(|| text.to_owned())
}
