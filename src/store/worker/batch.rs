//! The calls of one batch: in one transaction where there is one, else one after another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use diesel::result::Error;

use super::{Outcome, Task};
use crate::store::{Address, Db, QueryResult, Writes, logs};

/// How often a task is tried that the database refused as a whole (a deadlock, a connection it had closed).
const TRIES: usize = 3;

/// A try that took longer than this is not made again: it has waited for a lock in vain.
const QUICK: Duration = Duration::from_secs(1);

/// Runs these tasks and writes their log rows; how each ended. A call's failure touches none of its neighbours.
pub(super) fn run(db: &mut Db, tasks: &mut [Box<dyn Task>]) -> Vec<Outcome> {
    if !db.transactional {
        return in_turn(db, tasks);
    }
    if let [task] = tasks {
        return vec![alone(db, task)];
    }
    match together(db, tasks) {
        Ok(()) => vec![Outcome::Committed; tasks.len()],
        Err(failed) => {
            let (count, error) = (tasks.len(), &failed.error);
            log::warn!("a batch of {count} calls is tried one by one: {error}");
            match (give_up(db), failed.commit_unknown) {
                (_, true) => vec![Outcome::Unknown; count],
                (true, false) => one_by_one(db, tasks, &failed),
                (false, false) => vec![Outcome::NothingChanged; count],
            }
        }
    }
}

/// Runs these tasks in one transaction, with their log rows. Where one fails all is taken back, and they are run one by
/// one: this costs nothing while none does, and a savepoint for each would take two statements a call.
fn together(db: &mut Db, tasks: &mut [Box<dyn Task>]) -> Result<(), Failed> {
    db.begin()?;
    for (place, task) in tasks.iter_mut().enumerate() {
        let since = Instant::now();
        run_caught(task.as_mut(), db).map_err(|error| Failed {
            task: Some(place),
            in_vain: since.elapsed() > QUICK,
            ..Failed::from(error)
        })?;
    }
    logs::flush(db)?;
    db.batch("COMMIT").map_err(|error| Failed {
        commit_unknown: db.batch("ROLLBACK").is_err() && matches!(db.address, Address::Mysql(_)),
        ..Failed::from(error)
    })
}

/// Why tasks failed together.
struct Failed {
    error: Error,
    /// The task at which they did.
    task: Option<usize>,
    /// That task has waited for a lock.
    in_vain: bool,
    /// The server went away during the commit, which may stand or not.
    commit_unknown: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            error,
            task: None,
            in_vain: false,
            commit_unknown: false,
        }
    }
}

/// Runs tasks that have failed together each for itself. The one at which they did comes last, and not at all where it
/// has waited in vain: the others would wait with it once more.
fn one_by_one(db: &mut Db, tasks: &mut [Box<dyn Task>], failed: &Failed) -> Vec<Outcome> {
    let mut outcomes = vec![Outcome::NothingChanged; tasks.len()];
    let others = (0..tasks.len()).filter(|place| Some(*place) != failed.task);
    let last = failed.task.filter(|_| !failed.in_vain);
    for place in others.chain(last) {
        outcomes[place] = alone(db, &mut tasks[place]);
    }
    outcomes
}

/// Runs one task in a transaction of its own, again where the database refused it as a whole.
fn alone(db: &mut Db, task: &mut Box<dyn Task>) -> Outcome {
    for attempt in 1..=TRIES {
        let since = Instant::now();
        let Err(Failed {
            error,
            commit_unknown,
            ..
        }) = together(db, std::slice::from_mut(task))
        else {
            return Outcome::Committed;
        };
        log::error!("a call failed in the database (try {attempt} of {TRIES}): {error}");
        let reachable = give_up(db);
        if commit_unknown {
            return Outcome::Unknown;
        }
        if !reachable || since.elapsed() > QUICK {
            return Outcome::NothingChanged;
        }
    }
    Outcome::NothingChanged
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

/// Runs tasks one after another on a database that cannot take anything back. Their changes are announced together: one
/// statement for all.
fn in_turn(db: &mut Db, tasks: &mut [Box<dyn Task>]) -> Vec<Outcome> {
    let announcements: Vec<_> = tasks.iter().map(|task| task.announcement()).collect();
    let mut announced = logs::announce(db, &announcements).into_iter();
    let mut run = |task: &mut Box<dyn Task>| {
        db.logs.expect(announced.next().flatten());
        let outcome = unprotected(db, task.as_mut());
        db.logs.expect(None);
        outcome
    };
    tasks.iter_mut().map(&mut run).collect()
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
