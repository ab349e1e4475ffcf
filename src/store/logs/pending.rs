//! The log rows that wait for the end of the batch.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use super::{AdminRow, ApiRow, LoggedCall, Witness};

/// Rows that wait for the end of the batch.
#[derive(Debug, Default)]
pub struct PendingLogs {
    pub(super) api: Vec<ApiRow>,
    /// Rows of `vicidial_api_log` that were written, whose rows in `vicidial_api_urls` were not yet.
    pub(super) urls: Vec<(i64, Arc<LoggedCall>)>,
    pub(super) admin: Vec<(Option<i64>, AdminRow)>,
    pub(super) begun: Option<i64>,
    /// The row that announces the change of the task under way.
    pub(super) announced: Option<i64>,
    /// Announcements of changes that were not made, to be taken out again.
    pub(super) needless: Vec<i64>,
    pub(super) ids: HashMap<(&'static str, String), (i64, Instant)>,
    pub(super) witness: Option<Witness>,
}

/// How many rows waited at some moment.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Mark(usize, usize);

impl PendingLogs {
    /// Adds a row of the API's log.
    pub fn api(&mut self, row: ApiRow) {
        self.api.push(row);
    }

    /// Adds a row of the admin log, or completes the one that [`super::begin`] wrote.
    pub fn admin(&mut self, row: AdminRow) {
        self.admin.push((self.begun.take(), row));
    }

    /// Sets the row that announces the change of the next task. The one of the task before goes, where that was answered
    /// without a change.
    pub(in crate::store) fn expect(&mut self, announced: Option<i64>) {
        let before = std::mem::replace(&mut self.announced, announced);
        self.needless.extend(before);
        self.needless.extend(self.begun.take());
    }

    /// The row that announces the change under way, once [`super::begin`] has told of it.
    pub(in crate::store) fn begun(&self) -> Option<i64> {
        self.begun
    }

    pub(in crate::store) fn mark(&self) -> Mark {
        Mark(self.api.len(), self.admin.len())
    }

    /// Forgets the rows of a call that changed nothing; the row that announced its change waits for the next try.
    pub(in crate::store) fn rewind(&mut self, mark: Mark) {
        let announced = self.admin.get(mark.1).and_then(|(begun, _)| *begun);
        self.api.truncate(mark.0);
        self.admin.truncate(mark.1);
        self.announced = self.announced.or(self.begun.take()).or(announced);
    }

    /// Forgets the rows of a call of which nobody knows how far it came; the row that announced its change stays.
    pub(in crate::store) fn abandon(&mut self, mark: Mark) {
        self.api.truncate(mark.0);
        self.admin.truncate(mark.1);
        self.begun = None;
        self.announced = None;
    }

    /// The same, each row for itself: where one is refused, the others are not.
    pub(in crate::store) fn into_pieces(self) -> impl Iterator<Item = Self> {
        let of_admin = self.admin.into_iter().map(|row| Self {
            admin: vec![row],
            ..Self::default()
        });
        let of_needless = self.needless.into_iter().map(|id| Self {
            needless: vec![id],
            ..Self::default()
        });
        let of_urls = self.urls.into_iter().map(|row| Self {
            urls: vec![row],
            ..Self::default()
        });
        let of_api = self.api.into_iter().map(|row| Self {
            api: vec![row],
            ..Self::default()
        });
        of_admin.chain(of_needless).chain(of_urls).chain(of_api)
    }

    pub(in crate::store) fn is_empty(&self) -> bool {
        self.api.is_empty()
            && self.urls.is_empty()
            && self.admin.is_empty()
            && self.needless.is_empty()
    }

    /// How many rows of each table wait.
    pub(in crate::store) fn waiting(&self) -> [usize; 4] {
        [
            self.api.len(),
            self.urls.len(),
            self.admin.len(),
            self.needless.len(),
        ]
    }

    pub(in crate::store) fn len(&self) -> usize {
        self.api.len() + self.admin.len()
    }

    /// About how many bytes of memory the rows take.
    pub(in crate::store) fn bytes(&self) -> usize {
        let admin = self.admin.iter().map(|(_, row)| {
            std::mem::size_of::<AdminRow>() + row.event_sql.len() + row.event_notes.len()
        });
        bytes(&self.api) + admin.sum::<usize>()
    }

    /// Forgets everything, remembered ids too: the transaction in which they were written is gone.
    pub(in crate::store) fn clear(&mut self) {
        *self = Self::default();
    }

    /// A row of the transaction under way; none where it has logged nothing.
    pub(in crate::store) fn witness(&self) -> Option<Witness> {
        self.witness.clone()
    }

    /// Begins a transaction: what was written before is no witness of it.
    pub(in crate::store) fn begin(&mut self) {
        self.witness = None;
    }
}

/// About how many bytes of memory rows of the API's log take. Rows of one call share what it sent.
pub(in crate::store) fn bytes(rows: &[ApiRow]) -> usize {
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
