//! The calls of one batch: in one transaction where there is one, else one after another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use diesel::result::Error;

use super::{Outcome, Task};
use crate::store::history::Author;
use crate::store::logs::{self, AdminRow, Witness};
use crate::store::state::{Incomplete, must_be_alone};
use crate::store::{Db, QueryResult};
use crate::{log_limit, metrics};

/// How often a task is tried that the database refused as a whole, as on a connection that it had closed.
const TRIES: usize = 5;

/// A try that took longer than this is not made again: it has waited for a lock, or for the network, in vain. Both take
/// longer ([`crate::store::limits`]).
const QUICK: Duration = Duration::from_secs(5);

/// How long a task is tried again that is in conflict with others, however often.
const CONFLICTS: Duration = Duration::from_secs(20);

/// Runs these tasks and writes their log rows; how each ended. A call's failure touches none of its neighbours.
pub(super) fn run(db: &mut Db, tasks: &mut [Box<dyn Task>]) -> Vec<Outcome> {
    if !db.transactional {
        return in_turn(db, tasks);
    }
    if let [task] = tasks {
        return vec![run_single(db, task)];
    }
    db.is_alone = false;
    let ran = run_batch(db, tasks);
    db.is_alone = true;
    let failed = match ran {
        Ok(()) => return vec![Outcome::Committed; tasks.len()],
        Err(failed) => failed,
    };
    let (count, error) = (tasks.len(), &failed.error);
    if must_be_alone(error) {
        log::debug!("a batch of {count} calls is run one by one: {error}");
    } else {
        log_limit::warn!("a batch of {count} calls is tried one by one: {error}");
    }
    match end(db, failed.committing.as_ref()) {
        Ended::Committed => vec![Outcome::Committed; count],
        Ended::Unknown => vec![Outcome::Unknown; count],
        Ended::RolledBack { reachable: true } => one_by_one(db, tasks, &failed),
        Ended::RolledBack { reachable: false } => vec![Outcome::NothingChanged; count],
    }
}

/// Runs these tasks in one transaction, with their log rows. Where one fails all is taken back, and they are run one by
/// one: this costs nothing while none does, and a savepoint for each would take two statements a call.
fn run_batch(db: &mut Db, tasks: &mut [Box<dyn Task>]) -> Result<(), Failed> {
    db.begin()?;
    for (place, task) in tasks.iter_mut().enumerate() {
        if !task.start() {
            continue;
        }
        let since = Instant::now();
        if let Err(error) = run_caught(task.as_mut(), db) {
            let is_conflict = db.is_in_conflict();
            return Err(Failed {
                task: Some(place),
                lock_timed_out: since.elapsed() > QUICK && !is_conflict,
                is_conflict,
                ..Failed::from(error)
            });
        }
    }
    if let Err(error) = logs::flush(db) {
        return Err(Failed {
            is_conflict: db.is_in_conflict(),
            ..Failed::from(error)
        });
    }
    if let Err(error) = db.check_is_whole() {
        return Err(Failed {
            is_conflict: db.is_in_conflict(),
            ..Failed::from(error)
        });
    }
    let Err(error) = db.commit() else {
        metrics::count(|metrics| metrics.commits.inc());
        return Ok(());
    };
    Err(Failed {
        is_conflict: db.is_in_conflict(),
        committing: Some(db.logs.witness()),
        ..Failed::from(error)
    })
}

/// Why tasks failed together.
struct Failed {
    error: Error,
    /// The task at which they did.
    task: Option<usize>,
    /// That task has waited for a lock.
    lock_timed_out: bool,
    /// It was in conflict with another transaction.
    is_conflict: bool,
    /// It was the commit that failed; a row of the transaction, where there is one.
    committing: Option<Option<Witness>>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            error,
            task: None,
            lock_timed_out: false,
            is_conflict: false,
            committing: None,
        }
    }
}

/// How a transaction ended that failed.
enum Ended {
    /// Nothing of it is left.
    RolledBack {
        /// Whether the database can be asked again.
        reachable: bool,
    },
    /// It was committed all the same: a row of it is there.
    Committed,
    /// The server went away during the commit, which may stand or not, and may still be under way.
    Unknown,
}

/// Ends a transaction that failed.
fn end(db: &mut Db, committing: Option<&Option<Witness>>) -> Ended {
    let Some(witness) = committing else {
        return Ended::RolledBack {
            reachable: roll_back_or_reconnect(db),
        };
    };
    let was_rolled_back = roll_back(db);
    if db.is_sqlite() {
        return Ended::RolledBack { reachable: true };
    }
    if !was_rolled_back && !reconnect(db) {
        return Ended::Unknown;
    }
    let is_there = witness.as_ref().map(|witness| logs::is_there(db, witness));
    let is_over = was_rolled_back || db.has_ended_the_last;
    match (is_there, is_over) {
        (Some(Ok(true)), _) => Ended::Committed,
        // Its row is not there, and its connection can commit nothing any more.
        (Some(Ok(false)), true) => Ended::RolledBack { reachable: true },
        (Some(Ok(false)), false) | (Some(Err(_)) | None, _) => Ended::Unknown,
    }
}

/// Runs tasks that have failed together each for itself. The one at which they did comes last, and not at all where it
/// has waited in vain: the others would wait with it once more.
fn one_by_one(db: &mut Db, tasks: &mut [Box<dyn Task>], failed: &Failed) -> Vec<Outcome> {
    let mut outcomes = vec![Outcome::NothingChanged; tasks.len()];
    let others = (0..tasks.len()).filter(|place| Some(*place) != failed.task);
    let last = failed.task.filter(|_| !failed.lock_timed_out);
    for place in others.chain(last) {
        outcomes[place] = run_single(db, &mut tasks[place]);
    }
    outcomes
}

/// Runs one task in a transaction of its own, again where the database refused it as a whole.
fn run_single(db: &mut Db, task: &mut Box<dyn Task>) -> Outcome {
    let first = Instant::now();
    for attempt in 1.. {
        if !task.start() {
            break;
        }
        let since = Instant::now();
        let Err(failed) = run_batch(db, std::slice::from_mut(task)) else {
            return complete(db);
        };
        log_limit::error!(
            "a call failed in the database (try {attempt}): {}",
            failed.error
        );
        // Before a connection is made anew: the state's transaction goes with the last one.
        let has_own_open = db.has_own_open();
        let ended = end(db, failed.committing.as_ref());
        db.abandon_own(matches!(ended, Ended::RolledBack { .. }));
        db.check_state();
        match ended {
            // Its half in the state is completed by who settles it.
            Ended::Committed if has_own_open => return Outcome::Unknown,
            Ended::Committed => return Outcome::Committed,
            Ended::Unknown => return Outcome::Unknown,
            Ended::RolledBack { reachable: false } => break,
            Ended::RolledBack { .. } if failed.is_conflict && first.elapsed() < CONFLICTS => {}
            Ended::RolledBack { .. } if attempt >= TRIES || since.elapsed() > QUICK => break,
            Ended::RolledBack { .. } => {}
        }
    }
    Outcome::NothingChanged
}

/// Completes the state's half of a call whose other half is committed.
fn complete(db: &mut Db) -> Outcome {
    let Err(Incomplete::NotCommitted(error) | Incomplete::Unknown(error)) = db.complete_own()
    else {
        return Outcome::Committed;
    };
    log_limit::error!("a call is not complete in our own tables: {error}");
    db.abandon_own(false);
    Outcome::Unknown
}

/// Takes the transaction back; whether the server said so. It may refuse where a cluster has done so already.
fn roll_back(db: &mut Db) -> bool {
    db.logs.clear();
    db.forget_entries(0);
    db.roll_back().is_ok()
}

/// Takes the transaction back; connects anew where that fails, upon which the server does. Whether the database can be
/// reached.
fn roll_back_or_reconnect(db: &mut Db) -> bool {
    let taken_back = roll_back(db) || db.is_sqlite();
    taken_back && db.ping().is_ok() || reconnect(db)
}

fn reconnect(db: &mut Db) -> bool {
    db.reconnect()
        .map_err(|error| log_limit::error!("{error}"))
        .is_ok()
}

/// Runs tasks one after another on a database that cannot take anything back. Their changes are announced together: one
/// statement for all.
fn in_turn(db: &mut Db, tasks: &mut [Box<dyn Task>]) -> Vec<Outcome> {
    let announcements: Vec<_> = tasks.iter().map(|task| task.announcement()).collect();
    let mut announced = logs::announce(db, &announcements).into_iter();
    let mut run = |task: &mut Box<dyn Task>| {
        db.logs.expect(announced.next().flatten());
        let outcome = run_unprotected(db, task.as_mut());
        db.logs.expect(None);
        outcome
    };
    tasks.iter_mut().map(&mut run).collect()
}

/// Runs a task on a database that cannot take anything back. Where it fails, what it has done is taken back by hand; it is
/// tried again only where nothing of it is left.
fn run_unprotected(db: &mut Db, task: &mut dyn Task) -> Outcome {
    for attempt in 1..=TRIES {
        if !task.start() {
            break;
        }
        let since = Instant::now();
        db.begin_unprotected();
        let (mark, entries) = (db.logs.mark(), db.waiting_entries());
        let ran = run_caught(task, db).map_err(Incomplete::from);
        let (error, may_be_complete) = match ran.and_then(|()| db.complete_own()) {
            Ok(()) => return Outcome::Committed,
            Err(Incomplete::NotCommitted(error)) => (error, false),
            Err(Incomplete::Unknown(error)) => (error, true),
        };
        log_limit::error!("a call failed in the database (try {attempt} of {TRIES}): {error}");
        let reachable = db.ping().is_ok() || reconnect(db);
        let is_taken_back = !may_be_complete && db.take_back();
        match is_taken_back {
            true => db.forget_entries(entries),
            false => keep_part(db, task.announcement(), entries),
        }
        db.abandon_own(is_taken_back);
        db.check_state();
        if !is_taken_back {
            db.logs.abandon(mark);
            return Outcome::Unknown;
        }
        db.logs.rewind(mark);
        if !reachable || since.elapsed() > QUICK {
            break;
        }
    }
    Outcome::NothingChanged
}

/// Keeps what a call has changed before it failed, where that is not taken back.
fn keep_part(db: &mut Db, announcement: Option<AdminRow>, entries: usize) {
    if db.waiting_entries() > entries {
        return;
    }
    // An undo that was done in part can be done again.
    db.note_undo(&[]);
    let author = || Author::of(&announcement.unwrap_or_default());
    if let Err(error) = db.end_noting(author) {
        log_limit::error!(
            "what a call has changed before it failed is not in the history: {error}"
        );
    }
}

/// A panic in one task must not take the writer with it.
fn run_caught(task: &mut dyn Task, db: &mut Db) -> QueryResult<()> {
    catch_unwind(AssertUnwindSafe(|| task.run(db))).unwrap_or(Err(Error::RollbackTransaction))
}
