//! A reader: a connection on which long answers are read, page by page, and what must not wait for a writer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc::Receiver;

use crate::store::{Address, Db, OpenError, Seen};

/// What is done on a reader's connection, or without one where the database cannot be reached.
pub(super) type Reading = Box<dyn FnOnce(Result<&mut Db, &OpenError>) + Send>;

/// By how much readers stand back behind writers where the processor is short: a long export must not hold up writers.
#[cfg(target_os = "linux")]
const READER_NICENESS: i32 = 10;

/// Lets this thread stand back behind writers.
pub(super) fn stand_back() {
    // Where it is refused, exports only take more of the processor. Linux keeps it for the thread alone, others do not.
    #[cfg(target_os = "linux")]
    rustix::process::nice(READER_NICENESS).ok();
}

/// Serves readings until nobody can ask for any more.
pub(super) fn work(address: &Address, reads: &Mutex<Receiver<Reading>>) {
    let next = || {
        let mut reads = reads.lock().unwrap_or_else(PoisonError::into_inner);
        reads.blocking_recv()
    };
    let mut db: Option<Db> = None;
    while let Some(reading) = next() {
        if db
            .as_mut()
            .is_some_and(|db| !db.is_in_place() || db.ping().is_err())
        {
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
            db.check_state();
            // A panic in one reading must not take the reader with it.
            if catch_unwind(AssertUnwindSafe(|| reading(Ok(db)))).is_err() {
                log::error!("a reading ended with a panic");
            }
        }
    }
}
