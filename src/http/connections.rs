//! The connections that are open: counted, bounded in number, and closed where nothing is under way on them.
//!
//! At the bound the ones that have been idle for longest make room for new ones, then those whose clients take no answer.
//! Where requests are under way on all of them, a few more are accepted: `/healthz` is answered on those, and every other
//! request is refused (503).

mod connection;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use crate::metrics;

pub(super) use connection::{Connection, UnderWay};

/// How many connections more are accepted for a refusal, and for `/healthz`.
pub(super) const EXTRA: usize = 64;

/// The part of the connections that makes room at once, so that the idle ones are looked for once for many new ones.
const PART: usize = 64;

/// The connections that are open.
#[derive(Clone)]
pub(super) struct Connections(Arc<Shared>);

struct Shared {
    most: usize,
    /// When the server began: times are microseconds from then on.
    begun: Instant,
    is_ending: AtomicBool,
    count: watch::Sender<usize>,
    next: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Connection>>>,
}

/// A connection of the count, until it is dropped.
pub(super) struct Open {
    number: u64,
    connection: Arc<Connection>,
}

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
        let is_extra = open.len() >= shared.most && !makes_room(&open, shared.most);
        let connection = Arc::new(Connection::new(Arc::clone(shared), is_extra));
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        open.insert(number, Arc::clone(&connection));
        shared.note(open.len());
        drop(open);
        Open { number, connection }
    }

    /// From here on every answer closes its connection.
    pub(super) fn end(&self) {
        self.0.is_ending.store(true, Ordering::Release);
    }

    /// Closes each one of HTTP/2 as soon as nothing is under way on it. The HTTP library does that for the others.
    pub(super) fn close_idle_http2(&self) {
        let open = self.0.open();
        for connection in open.values().filter(|one| one.is_http2()) {
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

/// Has the longest idle ones make room for a new connection, or those that are not read from; false where there are none,
/// nor any about to be closed. The ones beyond the bound make room for each other.
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
    let unread: Vec<_> = staying(false).filter(|one| one.is_unread()).collect();
    for one in &unread {
        one.close();
    }
    !unread.is_empty()
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
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Tells how many are open, while nobody changes that: who waits for none sees the last number.
    fn note(&self, count: usize) {
        self.count.send_replace(count);
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        metrics::count(|metrics| metrics.connections.set(count));
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
        shared.note(open.len());
        drop(open);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;
    use std::time::Duration;

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
        assert!(wait > Duration::ZERO, "{wait:?}");
    }
}
