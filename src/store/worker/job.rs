//! What is done for a call: queued, carried out at most once, and not at all where nobody waits for it any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

use tokio::sync::oneshot;

use super::Outcome;
use crate::store::logs::AdminRow;
use crate::store::{Db, QueryResult};

/// Something to be done for a call on a writer's connection.
pub trait Work: Send + 'static {
    /// What comes of it.
    type Answer: Send + 'static;

    /// Does it, inside a transaction. It may be called again after the database took the first time back.
    ///
    /// # Errors
    /// The database failed: what was done is taken back.
    fn run(&mut self, db: &mut Db) -> QueryResult<Self::Answer>;

    /// The row of the admin log that announces the change it may make; none where it makes none.
    fn announcement(&self) -> Option<AdminRow> {
        None
    }
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Performed<Answer> {
    /// With this answer; what it did is on disk.
    Done(Answer),
    /// The database failed, or it never came to its turn: nothing was changed.
    NothingChanged,
    /// The database failed in the middle, or has not answered yet: it may have been done.
    Unknown,
}

/// Something to be done on a writer's connection.
pub(super) trait Task: Send {
    /// Begins it, or begins it again; false where nobody waits for it any more, and it is not to be carried out.
    fn start(&self) -> bool {
        true
    }

    /// As [`Work::run`].
    fn run(&mut self, db: &mut Db) -> QueryResult<()>;

    /// As [`Work::announcement`].
    fn announcement(&self) -> Option<AdminRow> {
        None
    }

    /// When it was queued, where somebody waits for it.
    fn queued(&self) -> Option<Instant> {
        None
    }

    /// Is told how it ended, after the commit.
    fn finish(self: Box<Self>, _outcome: Outcome) {}
}

/// Where a job is on its way.
#[derive(Debug, Default)]
pub(super) struct Ticket(AtomicU8);

const WAITS: u8 = 0;
const STARTED: u8 = 1;
const CANCELLED: u8 = 2;

impl Ticket {
    fn start(&self) -> bool {
        self.0
            .compare_exchange(WAITS, STARTED, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    fn has_started(&self) -> bool {
        self.0.load(Ordering::Acquire) == STARTED
    }

    /// Takes a job back that has not started; whether it never will.
    pub(super) fn cancel(&self) -> bool {
        self.0
            .compare_exchange(WAITS, CANCELLED, Ordering::AcqRel, Ordering::Acquire)
            .map_or_else(|now| now == CANCELLED, |_| true)
    }
}

/// Cancels a job when nobody waits for it any more: the client is gone, or was answered.
pub(super) struct Waiting(pub(super) Arc<Ticket>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Some work with who waits for it.
pub(super) struct Job<W: Work> {
    work: W,
    answer: Option<W::Answer>,
    ticket: Arc<Ticket>,
    queued: Instant,
    sender: oneshot::Sender<Performed<W::Answer>>,
}

impl<W: Work> Job<W> {
    pub(super) fn new(
        work: W,
        ticket: Arc<Ticket>,
        sender: oneshot::Sender<Performed<W::Answer>>,
    ) -> Self {
        Self {
            work,
            answer: None,
            ticket,
            queued: Instant::now(),
            sender,
        }
    }
}

impl<W: Work> Task for Job<W> {
    fn start(&self) -> bool {
        self.ticket.start() || (self.ticket.has_started() && !self.sender.is_closed())
    }

    fn run(&mut self, db: &mut Db) -> QueryResult<()> {
        self.answer = None;
        self.answer = Some(self.work.run(db)?);
        Ok(())
    }

    fn announcement(&self) -> Option<AdminRow> {
        self.work.announcement()
    }

    fn queued(&self) -> Option<Instant> {
        Some(self.queued)
    }

    fn finish(self: Box<Self>, outcome: Outcome) {
        let performed = match (outcome, self.answer) {
            (Outcome::Committed, Some(answer)) => Performed::Done(answer),
            (Outcome::Unknown, _) | (Outcome::Committed, None) => Performed::Unknown,
            (Outcome::NothingChanged, _) => Performed::NothingChanged,
        };
        // The client may have disconnected.
        self.sender.send(performed).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cancelled_never_starts_and_what_started_is_never_cancelled() {
        let ticket = Ticket::default();
        assert!(ticket.cancel());
        assert!(!ticket.start());
        assert!(ticket.cancel());
        let ticket = Ticket::default();
        assert!(ticket.start());
        assert!(!ticket.cancel());
        let ticket = Arc::new(Ticket::default());
        drop(Waiting(Arc::clone(&ticket)));
        assert!(!ticket.start());
    }
}
