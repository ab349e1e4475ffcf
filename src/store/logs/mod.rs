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

mod admin;
mod api;
pub mod figures;
mod names;
mod pending;
pub mod reading;
pub mod story;

use std::sync::Arc;

use super::{Db, QueryResult};

pub(super) use admin::announce;
pub use admin::begin;
pub(super) use api::{Witness, is_there};
pub use pending::PendingLogs;
pub(super) use pending::bytes;

/// The notes of a change that was begun and whose end is not known.
pub const BEGUN: &str = "begun, not finished";

/// About how many bytes one statement writes: MariaDB takes no more than its `max_allowed_packet` at once.
const CHUNK_BYTES: usize = 128 * 1024;

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
    /// Whether the names of its host and script may be added where they are not there: it has signed in.
    pub may_add_names: bool,
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

/// Writes what waits. Rows that are written are forgotten, the others stay.
///
/// # Errors
/// The database cannot be written.
pub(super) fn flush(db: &mut Db) -> QueryResult<()> {
    super::history::flush(db)?;
    while !db.logs.is_empty() {
        let most = db.rows_at_once();
        admin::flush(db, most)?;
        admin::flush_needless(db)?;
        api::flush(db, most)?;
        api::flush_urls(db)?;
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
