//! Whether the database can be read and written: what `/healthz` says. It is looked up on a connection of its own, beside
//! what the writers have seen, and never waits behind them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::store::{Address, Db, limits};

/// How long writers may have calls in hand without finishing any. A lock is waited for up to 8 seconds.
const STUCK: Duration = Duration::from_secs(9);

/// What the writers are at.
#[derive(Debug)]
pub(super) struct Progress {
    in_hand: AtomicUsize,
    last: Mutex<Instant>,
    is_failing: AtomicBool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            in_hand: AtomicUsize::new(0),
            last: Mutex::new(Instant::now()),
            is_failing: AtomicBool::new(false),
        }
    }

    fn note(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// A writer has begun with so many tasks.
    pub(super) fn begin(&self, count: usize) {
        if self.in_hand.fetch_add(count, Ordering::AcqRel) == 0 {
            self.note();
        }
    }

    /// A writer has finished so many tasks.
    pub(super) fn end(&self, count: usize) {
        self.in_hand.fetch_sub(count, Ordering::AcqRel);
        self.note();
    }

    /// A batch has ended: whether a task of it failed in the database, and whether data were changed.
    pub(super) fn has_written(&self, failed: bool, changed: bool) {
        if failed || changed {
            self.is_failing.store(failed && !changed, Ordering::Release);
        }
    }

    fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Acquire)
    }

    fn is_stuck(&self) -> bool {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        self.in_hand.load(Ordering::Acquire) > 0 && last.elapsed() > STUCK
    }
}

/// Whether the database can be read and written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It can.
    Good,
    /// It can, but our own tables beside it cannot: calls that need none of them are answered. Why, for the log.
    WithoutState(String),
    /// It cannot; why, for the log.
    Bad(String),
}

type Question = oneshot::Sender<Health>;

/// The thread that looks.
pub(super) struct Checker {
    progress: Arc<Progress>,
    questions: SyncSender<Question>,
}

impl Checker {
    /// Starts the thread; it ends when nobody can ask any more.
    pub(super) fn start(
        address: Address,
        progress: Arc<Progress>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (questions, asked) = sync_channel(64);
        let seen = Arc::clone(&progress);
        let thread = std::thread::Builder::new()
            .name("health".to_owned())
            .spawn(move || answer(&address, &seen, &asked))?;
        let checker = Self {
            progress,
            questions,
        };
        Ok((checker, thread))
    }

    /// Asks; an answer comes within 2 seconds.
    pub(super) async fn check(&self) -> Health {
        if self.progress.is_stuck() {
            return Health::Bad(format!("no call was finished for {STUCK:?}"));
        }
        let (question, answer) = oneshot::channel();
        match self.questions.try_send(question) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Health::Bad("the last checks hang".to_owned()),
            Err(TrySendError::Disconnected(_)) => return Health::Bad("ending".to_owned()),
        }
        match tokio::time::timeout(limits::HEALTH, answer).await {
            Ok(Ok(health)) => health,
            Ok(Err(_)) => Health::Bad("the check failed".to_owned()),
            Err(_) => Health::Bad(format!("no answer in {:?}", limits::HEALTH)),
        }
    }
}

fn answer(address: &Address, progress: &Progress, asked: &Receiver<Question>) {
    let mut db: Option<Db> = None;
    while let Ok(first) = asked.recv() {
        // Who asks at the same time gets the same answer.
        let questions: Vec<_> = std::iter::once(first).chain(asked.try_iter()).collect();
        let health = look(address, &mut db, progress);
        if matches!(health, Health::Bad(_)) {
            db = None;
        }
        for question in questions {
            // The client may have disconnected.
            question.send(health.clone()).ok();
        }
    }
}

fn look(address: &Address, db: &mut Option<Db>, progress: &Progress) -> Health {
    // A connection that the server has closed meanwhile says nothing of the server.
    let kept = db.take().filter(Db::is_in_place);
    let answered = kept.and_then(|mut kept| Some((kept.not_ready().ok()?, kept)));
    let (not_ready, opened) = match answered {
        Some(answered) => answered,
        None => {
            let opened = Db::open_for_health(address).map_err(|error| error.message);
            let looked = opened.and_then(|mut opened| match opened.not_ready() {
                Ok(not_ready) => Ok((not_ready, opened)),
                Err(error) => Err(error.to_string()),
            });
            match looked {
                Ok(looked) => looked,
                Err(why) => return Health::Bad(why),
            }
        }
    };
    let db = db.insert(opened);
    if let Some(why) = not_ready {
        return Health::Bad(why);
    }
    // A change failed, and none has succeeded since: is it so still?
    if progress.is_failing() {
        if let Err(error) = db.try_a_write() {
            return Health::Bad(format!("cannot be written: {error}"));
        }
        progress.has_written(false, true);
    }
    match db.state_is_away() {
        Some(why) => Health::WithoutState(why),
        None => Health::Good,
    }
}
