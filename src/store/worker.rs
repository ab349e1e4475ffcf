//! The threads that own the connections.
//!
//! A writer takes every task that waits (up to a bound), runs them in turn in one transaction, writes their log rows
//! together, commits once, and only then tells the tasks how it ended. SQLite has one writer; MariaDB a few.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::result::Error;
use flume::{Receiver, Sender};

use super::logs::ApiRow;
use super::settings::System;
use super::{Address, CreateTables, Db, OpenError, QueryResult, Seen, Writes, logs};

/// How many tasks one transaction holds at the most.
const BATCH: usize = 64;

/// How many log rows of calls that were answered already are written together.
const ROWS: usize = 512;

/// How many tasks may wait before a caller has to.
const QUEUE: usize = 1024;

/// How long a call that needs no writer waits for room in the queue to leave its log rows there.
const LOG_PATIENCE: Duration = Duration::from_secs(1);

/// How long what functions without a sign-in look at is kept.
const SYSTEM_KEPT: Duration = Duration::from_secs(1);

/// Writers on a MariaDB.
const MYSQL_WRITERS: usize = 3;

/// Readers beside the writers.
const READERS: usize = 2;

/// By how much readers stand back behind writers where the processor is short: a long export must not hold up writers.
#[cfg(target_os = "linux")]
const READER_NICENESS: i32 = 10;

/// How often a task is tried that the database refused as a whole (a deadlock, a connection it had closed).
const TRIES: usize = 3;

/// A try that took longer than this is not made again: it has waited for a lock in vain.
const QUICK: Duration = Duration::from_secs(1);

/// Log rows that are kept for a MyISAM database that went away, to be written when it is back.
const KEPT_LOGS: usize = 10_000;

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// What it did is on disk.
    Committed,
    /// The database failed; nothing was changed.
    NothingChanged,
    /// The database failed in the middle, and cannot be asked how far it came.
    Unknown,
}

/// Something to be done on a writer's connection.
pub trait Task: Send {
    /// Does it, inside a transaction. It may be called again after the database took the first time back.
    ///
    /// # Errors
    /// The database failed: what was done is taken back.
    fn run(&mut self, db: &mut Db) -> QueryResult<()>;

    /// Is told how it ended, after the commit.
    fn finish(self: Box<Self>, outcome: Outcome);
}

/// What waits for a writer.
enum Work {
    Task(Box<dyn Task>),
    /// Rows of the API's log, of a call that was answered already.
    Rows(Vec<ApiRow>),
}

type Reading = Box<dyn FnOnce(Result<&mut Db, &OpenError>) + Send>;

/// The way to the database: hand it tasks, from any thread.
pub struct Store {
    tasks: Option<Sender<Work>>,
    readings: Option<Sender<Reading>>,
    system: RwLock<Option<(Instant, Arc<System>)>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    address: Address,
}

impl Store {
    /// Starts the threads on a database that was opened and checked.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub fn start(first: Db) -> std::io::Result<Self> {
        let address = first.address.clone();
        let (tasks, waiting) = flume::bounded(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        let (readings, reads) = flume::bounded(QUEUE);
        let writers = if matches!(address, Address::Sqlite(_)) {
            1
        } else {
            MYSQL_WRITERS
        };
        let mut threads = Vec::new();
        let mut first = Some(first);
        for number in 0..writers {
            let writer = Writer {
                address: address.clone(),
                db: first.take(),
                waiting: Arc::clone(&waiting),
                late: None,
            };
            threads.push(
                std::thread::Builder::new()
                    .name(format!("writer-{number}"))
                    .spawn(move || writer.work())?,
            );
        }
        for number in 0..READERS {
            let (address, reads) = (address.clone(), Receiver::clone(&reads));
            threads.push(
                std::thread::Builder::new()
                    .name(format!("reader-{number}"))
                    .spawn(move || read(&address, &reads))?,
            );
        }
        Ok(Self {
            tasks: Some(tasks),
            readings: Some(readings),
            system: RwLock::new(None),
            threads: Mutex::new(threads),
            address,
        })
    }

    /// Where the database is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Queues a task. It waits while too many others do; a task that cannot be queued any more, because the store is
    /// closing, is told [`Outcome::NothingChanged`].
    pub async fn submit(&self, task: Box<dyn Task>) {
        if let Some(tasks) = &self.tasks
            && let Err(flume::SendError(Work::Task(task))) =
                tasks.send_async(Work::Task(task)).await
        {
            task.finish(Outcome::NothingChanged);
        }
    }

    /// Queues rows of the API's log, which are written later: before those of any call that is queued after them.
    pub async fn log(&self, rows: Vec<ApiRow>) {
        let Some(tasks) = &self.tasks else { return };
        let queued = tokio::time::timeout(LOG_PATIENCE, tasks.send_async(Work::Rows(rows)));
        if !matches!(queued.await, Ok(Ok(()))) {
            log::error!("a log row is lost: too many wait for the database");
        }
    }

    /// What functions without a sign-in look at, no older than a second. None when the database cannot be reached.
    pub async fn system(&self) -> Option<Arc<System>> {
        let kept = |at: &Instant| at.elapsed() < SYSTEM_KEPT;
        if let Some((at, system)) = &*self.system.read().unwrap_or_else(PoisonError::into_inner)
            && kept(at)
        {
            return Some(Arc::clone(system));
        }
        let at = Instant::now();
        let system = Arc::new(self.read(System::read).await?);
        *self.system.write().unwrap_or_else(PoisonError::into_inner) =
            Some((at, Arc::clone(&system)));
        Some(system)
    }

    /// Reads on a connection of its own, beside the writers. None when the database cannot be reached.
    pub async fn read<T: Send + 'static>(
        &self,
        reading: impl FnOnce(&mut Db) -> QueryResult<T> + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        let reading: Reading = Box::new(move |db| {
            let result = match db {
                Ok(db) => reading(db)
                    .map_err(|error| log::error!("reading failed: {error}"))
                    .ok(),
                Err(error) => {
                    log::error!("{error}");
                    None
                }
            };
            // Nobody waits any more where the client has gone.
            drop(answer.send(result));
        });
        self.readings.as_ref()?.send_async(reading).await.ok()?;
        answered.await.ok().flatten()
    }
}

impl Drop for Store {
    /// Lets the threads finish what waits.
    fn drop(&mut self) {
        self.tasks.take();
        self.readings.take();
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                log::error!("a database thread ended with a panic");
            }
        }
    }
}

fn read(address: &Address, reads: &Receiver<Reading>) {
    // Where it is refused, exports only take more of the processor. Linux keeps it for the thread alone, others do not.
    #[cfg(target_os = "linux")]
    rustix::process::nice(READER_NICENESS).ok();
    let mut db: Option<Db> = None;
    while let Ok(reading) = reads.recv() {
        if db.as_mut().is_some_and(|db| db.ping().is_err()) {
            db = None;
        }
        if db.is_none() {
            match Db::open_reader(address) {
                Ok(opened) => db = Some(opened),
                Err(error) => {
                    reading(Err(&error));
                    continue;
                }
            }
        }
        if let Some(db) = db.as_mut() {
            db.seen = Seen::default();
            // A panic in one reading must not take the reader with it.
            if catch_unwind(AssertUnwindSafe(|| reading(Ok(db)))).is_err() {
                log::error!("a reading ended with a panic");
            }
        }
    }
}

/// Log rows of calls that were answered already.
struct LateRows(Vec<ApiRow>);

impl Task for LateRows {
    fn run(&mut self, db: &mut Db) -> QueryResult<()> {
        for row in &self.0 {
            db.logs.api(row.clone());
        }
        Ok(())
    }

    fn finish(self: Box<Self>, _: Outcome) {}
}

struct Writer {
    address: Address,
    db: Option<Db>,
    waiting: Arc<Mutex<Receiver<Work>>>,
    /// Log rows of changes that stand, which the database could not take when they were made.
    late: Option<logs::PendingLogs>,
}

impl Writer {
    fn work(mut self) {
        while let Some(mut tasks) = self.take() {
            if tasks.is_empty() {
                continue;
            }
            let outcomes = self.run(&mut tasks);
            for (task, outcome) in tasks.into_iter().zip(outcomes) {
                task.finish(outcome);
            }
        }
    }

    /// Takes what waits, up to a bound. Log rows among it are written at once, and before another writer may take what
    /// was queued after them: so a client's calls stand in the log in their order.
    fn take(&mut self) -> Option<Vec<Box<dyn Task>>> {
        let queue = Arc::clone(&self.waiting);
        let waiting = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut tasks, mut rows) = (Vec::new(), Vec::new());
        let first = waiting.recv().ok()?;
        for work in std::iter::once(first).chain(waiting.try_iter()) {
            match work {
                Work::Task(task) => tasks.push(task),
                Work::Rows(late) => rows.extend(late),
            }
            if tasks.len() >= BATCH || rows.len() >= ROWS {
                break;
            }
        }
        if !rows.is_empty() {
            let count = rows.len();
            let outcome = self.run(&mut [Box::new(LateRows(rows))]);
            if outcome != [Outcome::Committed] {
                log::error!("{count} log rows are lost: the database does not take them");
            }
        }
        Some(tasks)
    }

    fn run(&mut self, tasks: &mut [Box<dyn Task>]) -> Vec<Outcome> {
        let outcomes = match self.database() {
            Ok(db) if db.transactional => transaction(db, tasks).unwrap_or_else(|| {
                // One of them spoiled it for all: each for itself, then.
                tasks.iter_mut().map(|task| alone(db, task)).collect()
            }),
            Ok(db) => tasks
                .iter_mut()
                .map(|task| unprotected(db, task.as_mut()))
                .collect(),
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

/// Runs all tasks in one transaction. None where one of them failed, or the whole: it was taken back, to be tried one by
/// one. So a call's failure touches none of its neighbours, and costs them nothing while there is none: a savepoint for
/// each would take two statements a call.
fn transaction(db: &mut Db, tasks: &mut [Box<dyn Task>]) -> Option<Vec<Outcome>> {
    if let [task] = tasks {
        return Some(vec![alone(db, task)]);
    }
    match try_transaction(db, tasks) {
        Ok(()) => Some(vec![Outcome::Committed; tasks.len()]),
        Err(Failed { error, .. }) => {
            log::warn!(
                "a batch of {} calls is tried one by one: {error}",
                tasks.len()
            );
            give_up(db);
            None
        }
    }
}

/// Runs one task in a transaction of its own, again where the database refused it as a whole.
fn alone(db: &mut Db, task: &mut Box<dyn Task>) -> Outcome {
    for attempt in 1..=TRIES {
        let since = Instant::now();
        match try_transaction(db, std::slice::from_mut(task)) {
            Ok(()) => return Outcome::Committed,
            Err(Failed {
                error,
                commit_unknown,
            }) => {
                log::error!("a call failed in the database (try {attempt} of {TRIES}): {error}");
                let reachable = give_up(db);
                if commit_unknown {
                    return Outcome::Unknown;
                }
                if !reachable || since.elapsed() > QUICK {
                    return Outcome::NothingChanged;
                }
            }
        }
    }
    Outcome::NothingChanged
}

struct Failed {
    error: Error,
    /// The server went away during the commit, which may stand or not.
    commit_unknown: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            error,
            commit_unknown: false,
        }
    }
}

/// Runs these tasks in one transaction, with their log rows.
fn try_transaction(db: &mut Db, tasks: &mut [Box<dyn Task>]) -> Result<(), Failed> {
    db.begin()?;
    for task in tasks {
        run_caught(task.as_mut(), db)?;
    }
    logs::flush(db)?;
    db.batch("COMMIT").map_err(|error| Failed {
        error,
        commit_unknown: db.batch("ROLLBACK").is_err() && matches!(db.address, Address::Mysql(_)),
    })
}

/// Takes the transaction back; connects anew where the connection is gone. Whether the database can be reached.
fn give_up(db: &mut Db) -> bool {
    db.logs.clear();
    let taken_back = db.batch("ROLLBACK").is_ok() || matches!(db.address, Address::Sqlite(_));
    taken_back && db.ping().is_ok() || reconnect(db)
}

fn reconnect(db: &mut Db) -> bool {
    db.reconnect()
        .map_err(|error| log::error!("{error}"))
        .is_ok()
}

/// Runs a task on a database that cannot take anything back.
fn unprotected(db: &mut Db, task: &mut dyn Task) -> Outcome {
    for attempt in 1..=TRIES {
        db.writes = Writes::default();
        let mark = db.logs.mark();
        let Err(error) = run_caught(task, db) else {
            return Outcome::Committed;
        };
        log::error!("a call failed in the database (try {attempt} of {TRIES}): {error}");
        db.logs.truncate(mark);
        let Writes { attempted, done } = db.writes;
        let reachable = db.ping().is_ok();
        if done > 0 || (attempted > 0 && !reachable) {
            return Outcome::Unknown;
        }
        if attempted > 0 || reachable || !reconnect(db) {
            return Outcome::NothingChanged;
        }
    }
    Outcome::NothingChanged
}

/// A panic in one task must not take the writer with it.
fn run_caught(task: &mut dyn Task, db: &mut Db) -> QueryResult<()> {
    catch_unwind(AssertUnwindSafe(|| task.run(db))).unwrap_or(Err(Error::RollbackTransaction))
}
