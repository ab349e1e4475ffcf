//! The connections that are open: counted, bounded in number, and closed where nothing is under way on them.
//!
//! At the bound the ones that have been idle for longest make room for new ones. Where requests are under way on all of
//! them, a few more are accepted: `/healthz` is answered on those, and every other request is refused (503).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How many connections more are accepted for a refusal, and for `/healthz`.
pub(super) const EXTRA: usize = 64;

/// How long no byte must have passed before an idle connection is closed: what came in is a request by then, and what went
/// out has been sent.
const SETTLE: Duration = Duration::from_millis(250);

/// The part of the connections that makes room at once, so that the idle ones are looked for once for many new ones.
const PART: usize = 64;

/// The connections that are open.
#[derive(Clone)]
pub(super) struct Connections(Arc<Shared>);

struct Shared {
    most: usize,
    /// When the server began: times are milliseconds from then on.
    begun: Instant,
    is_ending: AtomicBool,
    count: watch::Sender<usize>,
    next: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Connection>>>,
}

/// What is known of a connection while it is open.
pub(super) struct Connection {
    shared: Arc<Shared>,
    under_way: AtomicUsize,
    /// When it was made, or its last request ended.
    idle_since: AtomicU64,
    /// When the last byte passed; 0 for none.
    passed: AtomicU64,
    is_to_close: AtomicBool,
    /// To be closed whatever is under way.
    is_broken: AtomicBool,
    /// Accepted beyond the bound.
    is_extra: bool,
    reader: AtomicWaker,
    /// Cancelled when the connection is closed.
    closed: CancellationToken,
    /// The last piece of an answer that was sent may be taken for a refusal of the HTTP library's.
    ends_as_a_head: AtomicBool,
}

/// A connection of the count, until it is dropped.
pub(super) struct Open {
    number: u64,
    connection: Arc<Connection>,
}

/// A request under way, until its answer is sent or dropped.
pub(super) struct UnderWay(Arc<Connection>);

impl Connections {
    /// None so far, and at most so many.
    pub(super) fn at_most(most: usize) -> Self {
        Self(Arc::new(Shared {
            most: most.max(1),
            begun: Instant::now(),
            is_ending: AtomicBool::new(false),
            count: watch::Sender::new(0),
            next: AtomicU64::new(0),
            open: Mutex::default(),
        }))
    }

    /// How many there may be, with those beyond the bound: no more are to be accepted.
    pub(super) fn most(&self) -> usize {
        self.0.most + EXTRA
    }

    /// Counts a new connection, for which the longest idle ones are closed where there are too many.
    pub(super) fn admit(&self) -> Open {
        let shared = &self.0;
        let mut open = shared.open();
        let connection = Arc::new(Connection {
            shared: Arc::clone(shared),
            under_way: AtomicUsize::new(0),
            idle_since: AtomicU64::new(shared.now()),
            passed: AtomicU64::new(0),
            is_to_close: AtomicBool::new(false),
            is_broken: AtomicBool::new(false),
            is_extra: open.len() >= shared.most && !makes_room(&open, shared.most),
            reader: AtomicWaker::new(),
            closed: CancellationToken::new(),
            ends_as_a_head: AtomicBool::new(false),
        });
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        open.insert(number, Arc::clone(&connection));
        let count = open.len();
        drop(open);
        shared.count.send_replace(count);
        Open { number, connection }
    }

    /// From here on every answer closes its connection.
    pub(super) fn end(&self) {
        self.0.is_ending.store(true, Ordering::Release);
    }

    /// Closes each one as soon as nothing is under way on it.
    pub(super) fn close_idle(&self) {
        for connection in self.0.open().values() {
            connection.close_when_idle();
        }
    }

    /// Waits until none is open.
    pub(super) async fn closed(&self) {
        // The sender is ours, so that there is always an answer.
        let mut count = self.0.count.subscribe();
        count.wait_for(|count| *count == 0).await.ok();
    }
}

/// Has the longest idle ones make room for a new connection; false where not one is idle, nor about to be closed. The ones
/// beyond the bound make room for each other.
fn makes_room(open: &HashMap<u64, Arc<Connection>>, most: usize) -> bool {
    let staying = |is_extra: bool| {
        let stays = move |one: &&Arc<Connection>| one.is_extra == is_extra && !one.is_closing();
        open.values().filter(stays)
    };
    if staying(false).count() < most || close_longest_idle(staying(false), most / PART) {
        return true;
    }
    if staying(true).count() >= EXTRA / 2 {
        close_longest_idle(staying(true), EXTRA / 4);
    }
    false
}

/// Has so many closed, and at least one; false where none is idle.
fn close_longest_idle<'a>(open: impl Iterator<Item = &'a Arc<Connection>>, count: usize) -> bool {
    let mut idle: Vec<_> = open
        .filter(|one| one.is_idle())
        .map(|one| (one.idle_since.load(Ordering::Relaxed), one))
        .collect();
    let count = count.max(1).min(idle.len());
    if let Some(last) = count.checked_sub(1) {
        idle.select_nth_unstable_by_key(last, |(since, _)| *since);
    }
    for (_, one) in idle.iter().take(count) {
        one.close_when_idle();
    }
    count > 0
}

impl Shared {
    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// What is known of it.
    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.connection.closed.cancel();
        let shared = &self.connection.shared;
        let mut open = shared.open();
        open.remove(&self.number);
        let count = open.len();
        drop(open);
        shared.count.send_replace(count);
    }
}

impl Connection {
    /// Counts a request, until what is returned is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        UnderWay(Arc::clone(self))
    }

    /// How many requests are under way.
    pub(super) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Acquire)
    }

    fn is_idle(&self) -> bool {
        self.under_way() == 0
    }

    fn is_closing(&self) -> bool {
        self.is_to_close.load(Ordering::Acquire)
    }

    /// Whether an answer that is sent now is its last one.
    pub(super) fn ends(&self) -> bool {
        self.is_extra || self.is_closing() || self.shared.is_ending.load(Ordering::Acquire)
    }

    /// Whether it was accepted beyond the bound: only `/healthz` is answered on it.
    pub(super) fn is_extra(&self) -> bool {
        self.is_extra
    }

    /// Has it closed as soon as nothing is under way.
    pub(super) fn close_when_idle(&self) {
        self.is_to_close.store(true, Ordering::Release);
        self.reader.wake();
    }

    /// Closes it now, whatever is under way.
    pub(super) fn close(&self) {
        self.is_broken.store(true, Ordering::Release);
        self.reader.wake();
    }

    /// Whether it is to be closed now.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Acquire)
    }

    /// How long it is still to be read from; none where it is not to be closed. `reader` is woken when that changes.
    pub(super) fn closes_in(&self, reader: &Waker) -> Option<Duration> {
        self.reader.register(reader);
        if self.is_broken() {
            return Some(Duration::ZERO);
        }
        if !self.is_closing() || !self.is_idle() {
            return None;
        }
        Some(match self.passed.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            passed => {
                let quiet = self.shared.now().saturating_sub(passed);
                SETTLE.saturating_sub(Duration::from_millis(quiet))
            }
        })
    }

    /// Bytes have passed.
    pub(super) fn pass(&self) {
        let now = self.shared.now().max(1);
        self.passed.store(now, Ordering::Relaxed);
    }

    /// Waits until it is closed.
    pub(super) async fn closed(&self) {
        self.closed.cancelled().await;
    }

    /// Notes whether what is sent next, of an answer of ours or the upstream's, may be taken for a refusal of the HTTP
    /// library's.
    pub(super) fn note_end(&self, may_be_taken_so: bool) {
        self.ends_as_a_head
            .store(may_be_taken_so, Ordering::Relaxed);
    }

    /// Whether what was sent last may be taken for a refusal of the HTTP library's, and is none.
    pub(super) fn ends_as_a_head(&self) -> bool {
        self.ends_as_a_head.load(Ordering::Relaxed)
    }
}

impl UnderWay {
    /// The connection.
    pub(super) fn connection(&self) -> &Connection {
        &self.0
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let Self(connection) = self;
        let now = connection.shared.now();
        connection.idle_since.store(now, Ordering::Relaxed);
        connection.under_way.fetch_sub(1, Ordering::AcqRel);
        if connection.is_closing() {
            connection.reader.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_to_close(open: &Open) -> bool {
        open.connection().is_closing()
    }

    #[test]
    fn the_longest_idle_makes_room() {
        let connections = Connections::at_most(3);
        let open: Vec<Open> = (0..3).map(|_| connections.admit()).collect();
        for (place, time) in [30, 10, 20].into_iter().enumerate() {
            open[place]
                .connection()
                .idle_since
                .store(time, Ordering::Relaxed);
        }
        let busy = open[1].connection().begin();
        let fourth = connections.admit();
        assert!(!fourth.connection().is_extra());
        assert_eq!(
            [false, false, true],
            [0, 1, 2].map(|at| is_to_close(&open[at]))
        );
        // The next one waits for it; the one after takes the place of another.
        drop(open);
        drop(busy);
        assert!(!connections.admit().connection().is_extra());
    }

    #[test]
    fn where_all_are_busy_a_few_are_accepted_for_a_refusal() {
        let connections = Connections::at_most(2);
        let open: Vec<Open> = (0..2).map(|_| connections.admit()).collect();
        let busy: Vec<UnderWay> = open.iter().map(|open| open.connection().begin()).collect();
        let begin = |one: Open| (one.connection().begin(), one);
        let extra: Vec<_> = (0..EXTRA).map(|_| begin(connections.admit())).collect();
        assert!(extra.iter().all(|(_, one)| one.connection().is_extra()));
        // Idle ones among them are closed for others, and never take the place of the busy ones.
        drop(extra);
        let idle: Vec<Open> = (0..EXTRA).map(|_| connections.admit()).collect();
        assert!(idle.iter().all(|one| one.connection().is_extra()));
        assert!(idle.iter().filter(|one| !is_to_close(one)).count() <= EXTRA / 2);
        drop((idle, busy));
        assert!(!connections.admit().connection().is_extra());
        assert!(open.iter().any(is_to_close));
    }

    #[test]
    fn a_connection_is_closed_only_when_it_is_idle_and_quiet() {
        let connections = Connections::at_most(1);
        let open = connections.admit();
        let connection = open.connection();
        let waker = Waker::noop();
        assert_eq!(connection.closes_in(waker), None);
        let busy = connection.begin();
        connection.close_when_idle();
        assert_eq!(connection.closes_in(waker), None);
        drop(busy);
        assert_eq!(connection.closes_in(waker), Some(Duration::ZERO));
        connection.pass();
        let wait = connection.closes_in(waker).expect("it is to be closed");
        assert!(wait > Duration::ZERO && wait <= SETTLE, "{wait:?}");
    }
}
