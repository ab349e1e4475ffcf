//! A writer: takes every task that waits, up to a bound, runs them as one batch, and only then tells them how it ended.

use std::sync::{Arc, Mutex, PoisonError};

use diesel::result::Error;
use flume::Receiver;

use super::{LogRows, Outcome, Task, Work, batch};
use crate::store::logs::{self, ApiRow};
use crate::store::{Address, CreateTables, Db, OpenError, Seen};

/// How many tasks one transaction holds at the most.
const BATCH: usize = 64;

/// How many log rows of calls that were answered already are written together.
const ROWS: usize = 512;

/// Log rows that are kept for a database that went away, to be written when it is back.
const KEPT_LOGS: usize = 10_000;

/// A writer.
pub(super) struct Writer {
    address: Address,
    db: Option<Db>,
    waiting: Arc<Mutex<Receiver<Work>>>,
    /// Log rows of changes that stand, which the database could not take when they were made.
    late: Option<logs::PendingLogs>,
    /// Log rows of calls that were answered already, which the database could not take.
    kept: Vec<ApiRow>,
}

impl Writer {
    /// A writer with this connection, or one of its own.
    pub(super) fn new(
        address: Address,
        db: Option<Db>,
        waiting: Arc<Mutex<Receiver<Work>>>,
    ) -> Self {
        Self {
            address,
            db,
            waiting,
            late: None,
            kept: Vec::new(),
        }
    }

    /// Works until nothing can come any more.
    pub(super) fn work(mut self) {
        while let Some(mut tasks) = self.take() {
            if tasks.is_empty() {
                continue;
            }
            let outcomes = self.run(&mut tasks);
            for (task, outcome) in tasks.into_iter().zip(outcomes) {
                task.finish(outcome);
            }
        }
        let kept = std::mem::take(&mut self.kept);
        self.write_rows(kept);
    }

    /// Takes what waits, up to a bound. Log rows among it are written at once, and before another writer may take what
    /// was queued after them: so a client's calls stand in the log in their order.
    fn take(&mut self) -> Option<Vec<Box<dyn Task>>> {
        let queue = Arc::clone(&self.waiting);
        let waiting = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut tasks, mut rows) = (Vec::new(), std::mem::take(&mut self.kept));
        let most = rows.len() + ROWS;
        let first = waiting.recv().ok()?;
        for work in std::iter::once(first).chain(waiting.try_iter()) {
            match work {
                Work::Task(task) => tasks.push(task),
                Work::Rows(late) => rows.extend(late),
            }
            if tasks.len() >= BATCH || rows.len() >= most {
                break;
            }
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
        let outcomes = self.run(&mut [Box::new(LogRows::new(Arc::clone(&rows), None))]);
        let count = rows.len();
        match outcomes[..] {
            [Outcome::Committed] => {}
            [Outcome::NothingChanged] if count <= KEPT_LOGS => {
                log::error!("{count} log rows wait for the database");
                self.kept = Arc::unwrap_or_clone(rows);
            }
            _ => log::error!("{count} log rows may be lost: the database did not take them"),
        }
    }

    fn run(&mut self, tasks: &mut [Box<dyn Task>]) -> Vec<Outcome> {
        let outcomes = match self.database() {
            Ok(db) => batch::run(db, tasks),
            Err(error) => {
                log::error!("{error}");
                vec![Outcome::NothingChanged; tasks.len()]
            }
        };
        self.write_late_logs();
        outcomes
    }

    /// The connection; made anew where the last one is gone.
    fn database(&mut self) -> Result<&mut Db, OpenError> {
        let mut db = match self.db.take() {
            Some(db) => db,
            None => Db::open(&self.address, CreateTables::No)?,
        };
        db.seen = Seen::default();
        if let Some(late) = self.late.take() {
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
        if logs::flush(db).is_ok() {
            return;
        }
        let (again, reachable) = match db.reconnect() {
            Ok(()) => (logs::flush(db), db.ping().is_ok()),
            Err(_) => (Err(Error::NotFound), false),
        };
        let Err(error) = again else { return };
        let late = std::mem::take(&mut db.logs);
        if reachable || late.len() > KEPT_LOGS {
            log::error!(
                "{} log rows are lost: the database does not take them: {error}",
                late.len()
            );
        } else {
            log::error!("{} log rows wait for the database", late.len());
            self.late = Some(late);
            self.db = None;
        }
    }
}
