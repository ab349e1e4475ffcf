//! The way to the database: what waits for the threads that own its connections. SQLite has one writer, MariaDB a few;
//! readers beside them serve what takes long.

mod batch;
mod reader;
mod writer;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{JoinHandle, available_parallelism};
use std::time::{Duration, Instant};

use flume::Sender;
use tokio::sync::oneshot;

use super::logs::{AdminRow, ApiRow};
use super::settings::System;
use super::{Address, Db, QueryResult};
use reader::Reading;
use writer::Writer;

/// How many tasks may wait before a caller has to.
const QUEUE: usize = 1024;

/// How long a call that needs no writer waits for room in the queue to leave its log rows there.
const LOG_PATIENCE: Duration = Duration::from_secs(1);

/// How long what functions without a sign-in look at is kept.
const SYSTEM_KEPT: Duration = Duration::from_secs(1);

/// Writers on a MariaDB: one for each processor within these bounds. More of them would have smaller batches.
const MYSQL_WRITERS: std::ops::RangeInclusive<usize> = 2..=4;

/// Readers beside the writers.
const READERS: usize = 2;

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

    /// The row of the admin log that announces the change it may make; none where it makes none.
    fn announcement(&self) -> Option<AdminRow> {
        None
    }

    /// Is told how it ended, after the commit.
    fn finish(self: Box<Self>, outcome: Outcome);
}

/// What waits for a writer.
enum Work {
    Task(Box<dyn Task>),
    /// Rows of the API's log, of a call that was answered already.
    Rows(Vec<ApiRow>),
}

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
        let writers = match address {
            Address::Sqlite(_) => 1,
            Address::Mysql(_) => {
                let (least, most) = (*MYSQL_WRITERS.start(), *MYSQL_WRITERS.end());
                available_parallelism().map_or(least, |cores| cores.get().clamp(least, most))
            }
        };
        let mut threads = Vec::new();
        let mut first = Some(first);
        for number in 0..writers {
            let writer = Writer::new(address.clone(), first.take(), Arc::clone(&waiting));
            threads.push(
                std::thread::Builder::new()
                    .name(format!("writer-{number}"))
                    .spawn(move || writer.work())?,
            );
        }
        for number in 0..READERS {
            let (address, reads) = (address.clone(), reads.clone());
            threads.push(
                std::thread::Builder::new()
                    .name(format!("reader-{number}"))
                    .spawn(move || reader::work(&address, &reads))?,
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

    /// Writes rows of the API's log, and waits for that.
    pub async fn log_now(&self, rows: Vec<ApiRow>) -> Outcome {
        let (told, outcome) = oneshot::channel();
        let task = LogRows::new(Arc::new(rows), Some(told));
        self.submit(Box::new(task)).await;
        outcome.await.unwrap_or(Outcome::NothingChanged)
    }

    /// Waits until the log rows are written of all calls that were answered before, as far as the database takes them.
    pub async fn settle(&self) {
        // Rows that were queued before these are written when these, none, are taken.
        self.log_now(Vec::new()).await;
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
        let (answer, answered) = oneshot::channel();
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

/// Rows of the API's log, of a call that was answered outside a writer; who waits is told how it ended.
struct LogRows {
    rows: Arc<Vec<ApiRow>>,
    told: Option<oneshot::Sender<Outcome>>,
}

impl LogRows {
    fn new(rows: Arc<Vec<ApiRow>>, told: Option<oneshot::Sender<Outcome>>) -> Self {
        Self { rows, told }
    }
}

impl Task for LogRows {
    fn run(&mut self, db: &mut Db) -> QueryResult<()> {
        for row in self.rows.iter() {
            db.logs.api(row.clone());
        }
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Outcome) {
        if let Some(told) = self.told {
            // Nobody waits any more where the client has gone.
            told.send(outcome).ok();
        }
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
