//! What is known of a connection while it is open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::Waker;
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio_util::sync::CancellationToken;

use super::Shared;

/// How long no byte must have passed before an idle connection is closed: what came in is a request by then, and what went
/// out has been sent.
const SETTLE: Duration = Duration::from_millis(250);

/// How long a client takes nothing before its connection may make room for another.
const UNREAD: Duration = Duration::from_secs(5);

/// What is known of a connection while it is open.
pub(in crate::http) struct Connection {
    pub(super) shared: Arc<Shared>,
    under_way: AtomicUsize,
    /// When it was made, or its last request ended.
    pub(super) idle_since: AtomicU64,
    /// When the last byte passed; 0 for none.
    passed: AtomicU64,
    /// Since when its client takes nothing; 0 where it does.
    unread_since: AtomicU64,
    is_http2: AtomicBool,
    is_to_close: AtomicBool,
    /// To be closed whatever is under way.
    is_broken: AtomicBool,
    /// Accepted beyond the bound.
    pub(super) is_extra: bool,
    /// The reader is to be woken when nothing is under way.
    wakes: AtomicBool,
    reader: AtomicWaker,
    /// Cancelled when the connection is closed.
    pub(super) closed: CancellationToken,
    /// The last piece of an answer that was sent may be taken for a refusal of the HTTP library's.
    ends_as_a_head: AtomicBool,
}

/// A request under way, until its answer is sent or dropped.
pub(in crate::http) struct UnderWay(Arc<Connection>);

impl Connection {
    pub(super) fn new(shared: Arc<Shared>, is_extra: bool) -> Self {
        Self {
            under_way: AtomicUsize::new(0),
            idle_since: AtomicU64::new(shared.now()),
            passed: AtomicU64::new(0),
            unread_since: AtomicU64::new(0),
            is_http2: AtomicBool::new(false),
            is_to_close: AtomicBool::new(false),
            is_broken: AtomicBool::new(false),
            is_extra,
            wakes: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            closed: CancellationToken::new(),
            ends_as_a_head: AtomicBool::new(false),
            shared,
        }
    }

    /// Counts a request, until what is returned is dropped.
    pub(in crate::http) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        UnderWay(Arc::clone(self))
    }

    /// How many requests are under way.
    pub(in crate::http) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::SeqCst)
    }

    /// Whether nothing is under way; where something is, the reader is woken at its end.
    pub(in crate::http) fn is_idle_or_wakes(&self) -> bool {
        self.wakes.store(true, Ordering::SeqCst);
        let is_idle = self.is_idle();
        if is_idle {
            self.wakes.store(false, Ordering::Release);
        }
        is_idle
    }

    pub(super) fn is_idle(&self) -> bool {
        self.under_way() == 0
    }

    pub(super) fn is_closing(&self) -> bool {
        self.is_to_close.load(Ordering::Acquire)
    }

    /// Whether its client has taken nothing for a while: its place may be another's.
    pub(super) fn is_unread(&self) -> bool {
        let since = self.unread_since.load(Ordering::Relaxed);
        let limit = u64::try_from(UNREAD.as_micros()).unwrap_or(u64::MAX);
        since > 0 && self.shared.now().saturating_sub(since) >= limit
    }

    /// Notes whether its client takes what is sent to it.
    pub(in crate::http) fn note_reading(&self, takes: bool) {
        let now = if takes { 0 } else { self.shared.now().max(1) };
        self.unread_since.store(now, Ordering::Relaxed);
    }

    /// Whether an answer that is sent now is its last one.
    pub(in crate::http) fn ends(&self) -> bool {
        self.is_extra || self.is_closing() || self.is_the_server_ending()
    }

    /// Whether the server is ending.
    pub(in crate::http) fn is_the_server_ending(&self) -> bool {
        self.shared.is_ending.load(Ordering::Acquire)
    }

    /// Whether it was accepted beyond the bound: only `/healthz` is answered on it.
    pub(in crate::http) fn is_extra(&self) -> bool {
        self.is_extra
    }

    /// Notes that it is one of HTTP/2.
    pub(in crate::http) fn note_http2(&self) {
        self.is_http2.store(true, Ordering::Relaxed);
    }

    /// Whether it is one of HTTP/2.
    pub(in crate::http) fn is_http2(&self) -> bool {
        self.is_http2.load(Ordering::Relaxed)
    }

    /// Has it closed as soon as nothing is under way.
    pub(in crate::http) fn close_when_idle(&self) {
        self.is_to_close.store(true, Ordering::Release);
        self.reader.wake();
    }

    /// Closes it now, whatever is under way.
    pub(in crate::http) fn close(&self) {
        self.is_broken.store(true, Ordering::Release);
        self.reader.wake();
    }

    /// Whether it is to be closed now.
    pub(in crate::http) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Acquire)
    }

    /// How long it is still to be read from; none where it is not to be closed. `reader` is woken when that changes.
    pub(in crate::http) fn closes_in(&self, reader: &Waker) -> Option<Duration> {
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
                SETTLE.saturating_sub(Duration::from_micros(quiet))
            }
        })
    }

    /// Bytes have passed.
    pub(in crate::http) fn pass(&self) {
        let now = self.shared.now().max(1);
        self.passed.store(now, Ordering::Relaxed);
    }

    /// Waits until it is closed.
    pub(in crate::http) async fn closed(&self) {
        self.closed.cancelled().await;
    }

    /// Notes whether what is sent next, of an answer of ours or the upstream's, may be taken for a refusal of the HTTP
    /// library's.
    pub(in crate::http) fn note_end(&self, may_be_taken_so: bool) {
        self.ends_as_a_head
            .store(may_be_taken_so, Ordering::Relaxed);
    }

    /// Whether what was sent last may be taken for a refusal of the HTTP library's, and is none.
    pub(in crate::http) fn ends_as_a_head(&self) -> bool {
        self.ends_as_a_head.load(Ordering::Relaxed)
    }
}

impl UnderWay {
    /// The connection.
    pub(in crate::http) fn connection(&self) -> &Connection {
        &self.0
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let Self(connection) = self;
        let now = connection.shared.now();
        connection.idle_since.store(now, Ordering::Relaxed);
        connection.under_way.fetch_sub(1, Ordering::SeqCst);
        if connection.is_closing() || connection.wakes.swap(false, Ordering::SeqCst) {
            connection.reader.wake();
        }
    }
}
