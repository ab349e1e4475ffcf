//! What calls have changed, row by row: noted as the statements run, written with the change, read again, and taken back.
//!
//! Every change of data goes through four functions of [`Db`] (`write`, `insert`, `insert_many`, `delete`). They note here
//! what a statement changed in one of the tables that are kept (`TABLES`). At the end of a call `end_noting` gives what it has
//! changed, and its entry waits with its log rows. In a database of ours it is written in the transaction of the change;
//! beside a VICIdial's database (`--state`) after the change and before the answer.

mod beside;
mod noting;
mod pending;
mod prune;
pub mod reading;
mod row;
pub mod showing;
mod subject;
pub mod undoing;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use super::logs::AdminRow;
use super::{Db, QueryResult};

pub(super) use beside::{flush_beside, send_beside};
pub(super) use noting::{note, note_added, note_added_many, watch};
pub(super) use pending::{flush, flush_in_own};
pub(super) use prune::prune;
pub use row::{RowChange, Values};
pub use subject::{of_did, of_phone};

/// The tables whose changes are kept.
const TABLES: &[&str] = &[
    "phones",
    "phones_alias",
    DIDS,
    "vicidial_campaign_cid_areacodes",
    "vicidial_filter_phone_numbers",
    "vicishim_aliases",
    "vicishim_did_routes",
    "vicishim_dids",
    "vicishim_extensions",
    "vicishim_schedule_holidays",
    "vicishim_schedule_hours",
    "vicishim_schedules",
    "vicishim_tenants",
];

const DIDS: &str = RowChange::DIDS;
const CHANGES: &str = "vicishim_changes";
const CHANGED: &str = "vicishim_changed";

/// For how many days changes are kept, where nothing else is said.
pub const DAYS: u32 = 400;

/// Columns that the database or the dialer itself changes: they are no change of a row, and are not compared.
const VOLATILE: &[&str] = &[
    "call_count_today",
    "messages",
    "modify_stamp",
    "old_messages",
];

/// What a connection keeps of changes.
#[derive(Debug, Default)]
pub(super) struct History {
    /// For how many days changes are kept; none where they are not.
    days: Option<u32>,
    /// Whether those that are older are forgotten.
    forgets: bool,
    /// What the call under way has changed.
    noted: Vec<RowChange>,
    /// The changes that the call under way takes back.
    undoes: Vec<i64>,
    /// The entries of the calls of this batch.
    pending: Vec<Pending>,
}

/// Whose change it is.
#[derive(Debug, Clone, Default)]
pub struct Author {
    /// When, in seconds since 1970.
    pub changed_at: i64,
    /// The user as `vicidial_users` has it.
    pub user: String,
    /// The client's address.
    pub client: String,
    /// The parameter `source`.
    pub source: String,
    /// The function.
    pub function: String,
    /// The call's `request_id`.
    pub request_id: String,
}

impl Author {
    /// Of a call that failed in the middle, as its announcement in the admin log knows it.
    pub(super) fn of(row: &AdminRow) -> Self {
        let function = row.event_code.strip_prefix("ADMIN API ");
        Self {
            changed_at: crate::now::now().timestamp(),
            user: row.user.clone(),
            client: row.ip_address.clone(),
            function: function.unwrap_or_default().to_owned(),
            ..Self::default()
        }
    }
}

/// The number of a change, once it is written; 0 before.
pub type Slot = Arc<AtomicI64>;

/// The entry of a call that waits to be written.
#[derive(Debug)]
struct Pending {
    author: Author,
    rows: Vec<RowChange>,
    /// The changes that it takes back.
    undoes: Vec<i64>,
    slot: Slot,
}

impl Db {
    /// Keeps what is changed from now on for so many days; not at all where that is 0, or there are no tables for it.
    pub fn keep_history(&mut self, days: u32) {
        self.history.days = (days > 0 && self.has_history()).then_some(days);
    }

    /// Forgets changes that are older than that, while it writes.
    pub fn forget_old_changes(&mut self) {
        self.history.forgets = true;
    }

    /// Whether changes are forgotten once they are old.
    pub(super) fn forgets_changes(&self) -> bool {
        self.history.forgets
    }

    /// Whether this database has tables for changes.
    pub fn has_history(&self) -> bool {
        !self.columns.of(CHANGES).is_empty()
    }

    /// For how many days changes are kept.
    pub fn history_days(&self) -> u32 {
        self.history.days.unwrap_or(0)
    }

    /// Begins a call: what another one has noted is not its own.
    pub(crate) fn begin_noting(&mut self) {
        self.history.noted.clear();
        self.history.undoes.clear();
        if let Some(own) = self.connected_own() {
            own.history.noted.clear();
        }
    }

    /// Adds the entry of the call under way, where it has changed something; the place of its number.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) fn end_noting(
        &mut self,
        author: impl FnOnce() -> Author,
    ) -> QueryResult<Option<Slot>> {
        if self.history.days.is_none() {
            return Ok(None);
        }
        let rows = noting::take(self)?;
        let undoes = std::mem::take(&mut self.history.undoes);
        if rows.is_empty() && undoes.is_empty() {
            return Ok(None);
        }
        let slot = Slot::default();
        self.history.pending.push(Pending {
            author: author(),
            rows,
            undoes,
            slot: Arc::clone(&slot),
        });
        Ok(Some(slot))
    }

    /// Writes the entries of the calls before in this batch, so that this one sees them.
    ///
    /// # Errors
    /// The database cannot be written.
    pub(crate) fn write_entries(&mut self) -> QueryResult<()> {
        match self.is_transactional() {
            true => pending::flush(self),
            false => {
                flush_beside(self);
                Ok(())
            }
        }
    }

    /// Notes that the call under way takes these changes back.
    pub(crate) fn note_undo(&mut self, change_ids: &[i64]) {
        self.history.undoes = change_ids.to_vec();
    }

    /// How many entries wait.
    pub(super) fn waiting_entries(&self) -> usize {
        self.history.pending.len()
    }

    /// Forgets the entries of calls that changed nothing, from this place on.
    pub(super) fn forget_entries(&mut self, from: usize) {
        self.history.pending.truncate(from);
        self.begin_noting();
    }
}
