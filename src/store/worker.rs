//! The way to the database: what waits for the threads that own its connections. SQLite has one writer, MariaDB a few;
//! readers beside them serve what takes long.

mod batch;
mod figures;
mod health;
mod job;
mod outage;
mod reader;
mod writer;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::thread::{JoinHandle, available_parallelism};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc, oneshot};

use super::logs::ApiRow;
use super::settings::System;
use super::state::settling::settle_left;
use super::{Address, Db, QueryResult, collation};
use crate::{log_limit, metrics};
pub use health::Health;
use health::{Checker, Progress};
use job::{Job, Task, Ticket, Waiting};
pub use job::{Performed, Work};
pub(crate) use outage::during_outage;
use outage::is_out;
use reader::Reading;
use writer::Writer;

/// How many tasks may wait before a caller has to.
const QUEUE: usize = 1024;

/// How long a call that needs no writer waits for room in the queue to leave its log rows there.
const LOG_WAIT: Duration = Duration::from_secs(1);

/// How long what functions without a sign-in look at is kept.
const SYSTEM_KEPT: Duration = Duration::from_secs(1);

/// How long the threads may take to end: a round trip to the database, and a little.
const CLOSE: Duration = Duration::from_secs(12);

/// Writers on a MariaDB: one for each processor within these bounds. More of them would have smaller batches.
const MYSQL_WRITERS: std::ops::RangeInclusive<usize> = 2..=4;

/// Readers beside the writers. One user's readings take one of them at a time.
const READERS: usize = 2;

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// What it did is on disk.
    Committed,
    /// The database failed; nothing was changed.
    NothingChanged,
    /// The database failed in the middle, and cannot be asked how far it came.
    Unknown,
}

/// What waits for a writer.
enum Queued {
    Task(Box<dyn Task>),
    /// Rows of the API's log, of a call that was answered already.
    Rows(Vec<ApiRow>),
}

/// The way to the database: hand it work, from any thread.
pub struct Store {
    tasks: Option<mpsc::Sender<Queued>>,
    readings: Option<mpsc::Sender<Reading>>,
    /// What takes no time worth speaking of, and must not wait for what does.
    glances: Option<mpsc::Sender<Reading>>,
    lanes: Mutex<HashMap<Vec<u16>, Weak<Semaphore>>>,
    health: Option<Checker>,
    system: RwLock<Option<(Instant, Arc<System>)>>,
    /// How often all rows were replaced.
    replaced: AtomicU64,
    threads: Mutex<Vec<JoinHandle<()>>>,
    address: Address,
}

impl Store {
    /// Starts the threads on a database that was opened and checked.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub fn start(mut first: Db) -> std::io::Result<Self> {
        first.prepare_to_write();
        settle_left(&mut first);
        let address = first.address.clone();
        let history = (first.history_days(), first.forgets_changes());
        let (tasks, waiting) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        let (readings, reads) = mpsc::channel(QUEUE);
        let reads = Arc::new(Mutex::new(reads));
        let progress = Arc::new(Progress::new());
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
            let writer = Writer::new(
                address.clone(),
                first.take(),
                Arc::clone(&waiting),
                Arc::clone(&progress),
                history,
            );
            threads.push(
                std::thread::Builder::new()
                    .name(format!("writer-{number}"))
                    .spawn(move || writer.work())?,
            );
        }
        for number in 0..READERS {
            let (address, reads) = (address.clone(), Arc::clone(&reads));
            threads.push(
                std::thread::Builder::new()
                    .name(format!("reader-{number}"))
                    .spawn(move || {
                        reader::stand_back();
                        reader::work(&address, &reads);
                    })?,
            );
        }
        let (glances, looks) = mpsc::channel(QUEUE);
        let own = address.clone();
        threads.push(
            std::thread::Builder::new()
                .name("glances".to_owned())
                .spawn(move || reader::work(&own, &Mutex::new(looks)))?,
        );
        let (health, thread) = Checker::start(address.clone(), progress)?;
        threads.push(thread);
        Ok(Self {
            tasks: Some(tasks),
            readings: Some(readings),
            glances: Some(glances),
            lanes: Mutex::default(),
            health: Some(health),
            system: RwLock::new(None),
            replaced: AtomicU64::new(0),
            threads: Mutex::new(threads),
            address,
        })
    }

    /// Where the database is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// How many calls and log rows wait for a writer.
    pub fn waiting(&self) -> usize {
        let tasks = self.tasks.as_ref();
        tasks.map_or(0, |tasks| tasks.max_capacity() - tasks.capacity())
    }

    /// Carries out some work on a writer's connection, and waits for its end, no longer than `limit` with the time in the
    /// queue. Work that has not started by then, or whose caller is gone, is not carried out.
    pub async fn perform<W: Work>(&self, work: W, limit: Duration) -> Performed<W::Answer> {
        let Some(tasks) = self.tasks.as_ref().filter(|_| !is_out()) else {
            return Performed::NothingChanged;
        };
        let ticket = Arc::new(Ticket::default());
        let waiting = Waiting(Arc::clone(&ticket));
        let (sender, answer) = oneshot::channel();
        let job = Box::new(Job::new(work, ticket, sender));
        let performed = tokio::time::timeout(limit, async {
            tasks.send(Queued::Task(job)).await.ok()?;
            answer.await.ok()
        });
        match performed.await {
            Ok(Some(performed)) => performed,
            Ok(None) | Err(_) if waiting.0.cancel() => Performed::NothingChanged,
            Ok(None) | Err(_) => Performed::Unknown,
        }
    }

    /// Queues rows of the API's log, which are written later: before those of any call that is queued after them.
    pub async fn log(&self, rows: Vec<ApiRow>) {
        let Some(tasks) = &self.tasks else { return };
        let count = rows.len() as u64;
        let queued = tokio::time::timeout(LOG_WAIT, tasks.send(Queued::Rows(rows)));
        if !matches!(queued.await, Ok(Ok(()))) {
            metrics::count(|metrics| metrics.log_rows_lost.inc_by(count));
            log_limit::error!("a log row is lost: too many wait for the database");
        }
    }

    /// Writes rows of the API's log, and waits for that, no longer than `limit`; whether they are on disk.
    pub async fn log_now(&self, rows: Vec<ApiRow>, limit: Duration) -> bool {
        let rows = LogRows(Arc::new(rows));
        self.perform(rows, limit).await == Performed::Done(())
    }

    /// Waits until the log rows are written of all calls that were answered before, as far as the database takes them,
    /// no longer than `limit`; whether they are.
    pub async fn settle(&self, limit: Duration) -> bool {
        // Rows that were queued before these are written when these, none, are taken.
        self.log_now(Vec::new(), limit).await
    }

    /// Whether the database can be read and written. The answer comes within about 2 seconds.
    pub async fn health(&self) -> Health {
        match &self.health {
            Some(checker) => checker.check().await,
            None => Health::Bad("ending".to_owned()),
        }
    }

    /// What functions without a sign-in look at, no older than a second. None when the database cannot be reached.
    pub async fn system(&self) -> Option<Arc<System>> {
        if is_out() {
            return None;
        }
        let kept = |at: &Instant| at.elapsed() < SYSTEM_KEPT;
        if let Some((at, system)) = &*self.system.read().unwrap_or_else(PoisonError::into_inner)
            && kept(at)
        {
            return Some(Arc::clone(system));
        }
        let (at, replaced) = (Instant::now(), self.replaced.load(Ordering::Acquire));
        let system = Arc::new(self.glance(System::read).await?);
        let mut place = self.system.write().unwrap_or_else(PoisonError::into_inner);
        if self.replaced.load(Ordering::Acquire) == replaced {
            *place = Some((at, Arc::clone(&system)));
        }
        Some(system)
    }

    /// Forgets what is kept of rows: all of them were replaced.
    pub(crate) fn forget(&self) {
        let mut place = self.system.write().unwrap_or_else(PoisonError::into_inner);
        self.replaced.fetch_add(1, Ordering::AcqRel);
        *place = None;
    }

    /// Reads what takes no time worth speaking of, and must not wait for what does. None when the database cannot be reached.
    pub async fn glance<T: Send + 'static>(
        &self,
        reading: impl FnOnce(&mut Db) -> QueryResult<T> + Send + 'static,
    ) -> Option<T> {
        read(self.glances.as_ref()?, reading).await
    }

    /// Reads on a connection of its own, beside the writers. None when the database cannot be reached.
    pub async fn read<T: Send + 'static>(
        &self,
        reading: impl FnOnce(&mut Db) -> QueryResult<T> + Send + 'static,
    ) -> Option<T> {
        read(self.readings.as_ref()?, reading).await
    }

    /// The same for this user: behind the other readings of the same user, so that one user's long reports leave a reader to
    /// everybody else.
    pub async fn read_for<T: Send + 'static>(
        &self,
        user: &str,
        reading: impl FnOnce(&mut Db) -> QueryResult<T> + Send + 'static,
    ) -> Option<T> {
        let turn = self.lane(user).acquire_owned().await.ok()?;
        let reading = move |db: &mut Db| {
            // Until it has ended, also where its caller has gone meanwhile.
            let _turn = turn;
            reading(db)
        };
        self.read(reading).await
    }

    /// What admits one reading of a user at a time.
    fn lane(&self, user: &str) -> Arc<Semaphore> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        // The database takes them for the same user: `abc` is `ABC`.
        let key = collation::key(user);
        if let Some(lane) = lanes.get(&key).and_then(Weak::upgrade) {
            return lane;
        }
        lanes.retain(|_, lane| lane.strong_count() > 0);
        let lane = Arc::new(Semaphore::new(1));
        lanes.insert(key, Arc::downgrade(&lane));
        lane
    }
}

/// Hands a reading to those who take them from this queue, and waits for its end.
async fn read<T: Send + 'static>(
    queue: &mpsc::Sender<Reading>,
    reading: impl FnOnce(&mut Db) -> QueryResult<T> + Send + 'static,
) -> Option<T> {
    if is_out() {
        return None;
    }
    let (answer, answered) = oneshot::channel();
    let reading: Reading = Box::new(move |db| {
        if answer.is_closed() {
            return;
        }
        let result = match db {
            Ok(db) => reading(db)
                .map_err(|error| log_limit::error!("reading failed: {error}"))
                .ok(),
            Err(error) => {
                log_limit::error!("{error}");
                None
            }
        };
        // The client may have disconnected.
        drop(answer.send(result));
    });
    queue.send(reading).await.ok()?;
    answered.await.ok().flatten()
}

/// Rows of the API's log, of calls that were answered outside a writer.
struct LogRows(Arc<Vec<ApiRow>>);

impl LogRows {
    fn add_to(&self, db: &mut Db) {
        for row in self.0.iter() {
            db.logs.api(row.clone());
        }
    }
}

impl Work for LogRows {
    type Answer = ();

    fn run(&mut self, db: &mut Db) -> QueryResult<()> {
        self.add_to(db);
        Ok(())
    }
}

impl Task for LogRows {
    fn run(&mut self, db: &mut Db) -> QueryResult<()> {
        self.add_to(db);
        Ok(())
    }
}

impl Drop for Store {
    /// Lets the threads finish what waits, no longer than 12 seconds.
    fn drop(&mut self) {
        self.tasks.take();
        self.readings.take();
        self.glances.take();
        self.health.take();
        let since = Instant::now();
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            while !thread.is_finished() && since.elapsed() < CLOSE {
                std::thread::sleep(Duration::from_millis(2));
            }
            if !thread.is_finished() {
                let name = thread.thread().name().unwrap_or("a thread").to_owned();
                log_limit::error!("{name} is left behind: the database does not answer");
            } else if thread.join().is_err() {
                log_limit::error!("a database thread ended with a panic");
            }
        }
    }
}
