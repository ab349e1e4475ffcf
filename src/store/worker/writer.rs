//! A writer: takes every task that waits, up to a bound, runs them as one batch, and only then tells them how it ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use tokio::sync::mpsc::Receiver;

use super::health::Progress;
use super::job::Task;
use super::{LogRows, Outcome, Queued, batch, figures};
use crate::log_limit;
use crate::store::history;
use crate::store::logs::{self, ApiRow};
use crate::store::mysql::Identity;
use crate::store::state::settling::settle_left;
use crate::store::{Address, Db, OpenError, QueryResult, Seen};

/// How many tasks one transaction holds at the most.
const BATCH: usize = 64;

/// How many log rows of calls that were answered already are written together.
const ROWS: usize = 512;

/// How many bytes of log rows are kept for a database that went away, to be written when it is back.
const KEPT_LOG_BYTES: usize = 16 * 1024 * 1024;

/// A writer.
pub(super) struct Writer {
    address: Address,
    db: Option<Db>,
    waiting: Arc<Mutex<Receiver<Queued>>>,
    progress: Arc<Progress>,
    /// Whether it has had a connection.
    was_connected: bool,
    /// The connection that was given up last, until it is known to have ended.
    last: Option<Identity>,
    /// Log rows of changes that stand, which the database could not take when they were made.
    late: Option<logs::PendingLogs>,
    /// Log rows of calls that were answered already, which the database could not take.
    kept: Vec<ApiRow>,
    /// For how many days changes are kept.
    history_days: u32,
    /// Whether those that are older are forgotten.
    forgets: bool,
    /// When no change was left that is to be forgotten.
    pruned: Option<Instant>,
}

impl Writer {
    /// A writer with this connection, or one of its own.
    pub(super) fn new(
        address: Address,
        db: Option<Db>,
        waiting: Arc<Mutex<Receiver<Queued>>>,
        progress: Arc<Progress>,
        (history_days, forgets): (u32, bool),
    ) -> Self {
        Self {
            address,
            was_connected: db.is_some(),
            db,
            waiting,
            progress,
            last: None,
            late: None,
            kept: Vec::new(),
            history_days,
            forgets,
            pruned: None,
        }
    }

    /// Works until nothing can come any more.
    pub(super) fn work(mut self) {
        if let Some(db) = &self.db {
            db.move_in();
        }
        while let Some(mut tasks) = self.take() {
            if tasks.is_empty() {
                continue;
            }
            let count = tasks.len();
            figures::taken(&tasks);
            self.progress.begin(count);
            let outcomes = self.run(&mut tasks);
            self.progress.end(count);
            figures::ended(&outcomes);
            for (task, outcome) in tasks.into_iter().zip(outcomes) {
                task.finish(outcome);
            }
            self.prune();
        }
        let kept = std::mem::take(&mut self.kept);
        self.write_rows(kept);
    }

    /// Takes what waits, up to a bound. Log rows among it are written at once, and before another writer may take what
    /// was queued after them: so a client's calls stand in the log in their order.
    fn take(&mut self) -> Option<Vec<Box<dyn Task>>> {
        let queue = Arc::clone(&self.waiting);
        let mut waiting = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut tasks, mut rows) = (Vec::new(), std::mem::take(&mut self.kept));
        figures::no_longer_wait(rows.len());
        let most = rows.len() + ROWS;
        let mut next = Some(waiting.blocking_recv()?);
        while let Some(queued) = next {
            match queued {
                Queued::Task(task) => tasks.push(task),
                Queued::Rows(late) => rows.extend(late),
            }
            let is_full = tasks.len() >= BATCH || rows.len() >= most;
            next = if is_full {
                None
            } else {
                waiting.try_recv().ok()
            };
        }
        self.write_rows(rows);
        Some(tasks)
    }

    /// Writes rows of calls that were answered already; keeps them where the database takes none.
    fn write_rows(&mut self, rows: Vec<ApiRow>) {
        if rows.is_empty() {
            return;
        }
        let rows = Arc::new(rows);
        self.progress.begin(1);
        let outcomes = self.run(&mut [Box::new(LogRows(Arc::clone(&rows)))]);
        self.progress.end(1);
        let count = rows.len();
        match outcomes[..] {
            [Outcome::Committed] => {}
            [Outcome::NothingChanged] if logs::bytes(&rows) <= KEPT_LOG_BYTES => {
                figures::wait(count);
                log_limit::error!("{count} log rows wait for the database");
                self.kept = Arc::unwrap_or_clone(rows);
            }
            _ => {
                figures::lost(count);
                log_limit::error!("{count} log rows may be lost: the database did not take them");
            }
        }
    }

    fn run(&mut self, tasks: &mut [Box<dyn Task>]) -> Vec<Outcome> {
        let mut entries = None;
        let mut outcomes = match self.database() {
            Ok(db) => {
                let before = db.changes;
                let outcomes = batch::run(db, tasks);
                // Beside a dialer the history is written while the dialer's log rows are.
                entries = history::send_beside(db);
                let failed = outcomes
                    .iter()
                    .any(|outcome| *outcome != Outcome::Committed);
                // What was taken back with its transaction is no change.
                let changed = db.changes != before && outcomes.contains(&Outcome::Committed);
                self.progress.has_written(failed, changed);
                outcomes
            }
            Err(error) => {
                log_limit::error!("{error}");
                self.progress.has_written(true, false);
                vec![Outcome::NothingChanged; tasks.len()]
            }
        };
        self.write_late_logs();
        if let Some(entries) = entries {
            entries.end(self.db.as_mut());
        }
        // The next connection completes what can be completed.
        let is_left_open = |db: &Db| {
            db.has_leftovers() || !db.transactional && outcomes.contains(&Outcome::Unknown)
        };
        if self.db.as_ref().is_some_and(is_left_open) {
            self.give_up();
        }
        // What was written to a file that is deleted, or another one's, meanwhile, is lost.
        if self.db.as_ref().is_some_and(|db| !db.is_in_place()) {
            log_limit::error!(
                "{} was deleted or replaced while it was written",
                self.address
            );
            outcomes.fill(Outcome::Unknown);
        }
        outcomes
    }

    /// The connection; made anew where the last one is gone, or its file was deleted or replaced.
    fn database(&mut self) -> Result<&mut Db, OpenError> {
        let mut db = match self.db.take().filter(Db::is_in_place) {
            Some(db) => db,
            None => {
                let mut db = Db::open_writer(&self.address, self.last.as_ref())?;
                self.last.take();
                if std::mem::replace(&mut self.was_connected, true) {
                    figures::reconnected();
                }
                db.keep_history(self.history_days);
                settle_left(&mut db);
                db
            }
        };
        db.seen = Seen::default();
        if let Err(error) = db.follow_clock() {
            log_limit::error!("the database does not take the time of the tests: {error}");
        }
        if let Some(late) = self.late.take() {
            figures::no_longer_wait(late.len());
            db.logs = late;
        }
        Ok(self.db.insert(db))
    }

    /// On a database without transactions, log rows are written at the end of the batch, and kept where that fails.
    fn write_late_logs(&mut self) {
        let Some(db) = self.db.as_mut() else { return };
        if db.transactional || db.logs.is_empty() {
            return;
        }
        let Err(error) = flush_unprotected(db) else {
            return;
        };
        self.progress.has_written(true, false);
        let late = std::mem::take(&mut db.logs);
        let count = late.len();
        if db.ping().is_ok() {
            let mut lost = 0;
            for piece in late.into_pieces() {
                db.logs = piece;
                lost += usize::from(flush_unprotected(db).is_err());
            }
            db.logs.clear();
            figures::lost(lost);
            log_limit::error!(
                "{lost} of {count} log rows are lost: the database refuses them: {error}"
            );
        } else if late.bytes() > KEPT_LOG_BYTES {
            figures::lost(count);
            log_limit::error!("{count} log rows are lost: too many wait for the database: {error}");
        } else {
            figures::wait(count);
            log_limit::error!("{count} log rows wait for the database");
            self.late = Some(late);
            self.give_up();
        }
    }

    /// Forgets changes that are kept for long enough, a few at a time.
    fn prune(&mut self) {
        const PAUSE: Duration = Duration::from_secs(600);
        let Some(db) = self.db.as_mut() else { return };
        if !self.forgets
            || self.history_days == 0
            || self.pruned.is_some_and(|at| at.elapsed() < PAUSE)
        {
            return;
        }
        let days = TimeDelta::days(self.history_days.into());
        let oldest = (crate::now::now() - days).timestamp();
        match db.in_own_transaction(|db| history::prune(db, oldest)) {
            // There may be more of them: the next batch looks again.
            Ok(1..) => {}
            Ok(0) => self.pruned = Some(Instant::now()),
            Err(error) => {
                log_limit::warn!("old changes cannot be forgotten now: {error}");
                self.pruned = Some(Instant::now());
            }
        }
    }

    /// Gives the connection up.
    fn give_up(&mut self) {
        self.last = self.db.take().and_then(|db| db.identity);
    }
}

/// How often log rows are tried of which a statement that was interrupted has written none.
const TRIES: usize = 4;

/// Writes what waits; goes on where a statement was interrupted, or the connection is gone.
fn flush_unprotected(db: &mut Db) -> QueryResult<()> {
    let mut tries = 1..TRIES;
    loop {
        let before = db.logs.waiting();
        let Err(error) = logs::flush(db) else {
            return Ok(());
        };
        let is_stuck = db.logs.waiting() == before && tries.next().is_none();
        if is_stuck || (db.ping().is_err() && db.reconnect().is_err()) {
            return Err(error);
        }
    }
}
