//! The end of the server, in phases: clients are asked to move, idle connections are closed, requests under way are
//! finished, and all of it within a time limit.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::http::connections::Connections;
use crate::http::handover::Offer;
use crate::log_limit;

/// How long requests under way may take after the grace, in seconds.
pub(super) const FINISH_SECONDS: u64 = 30;

/// How long the database may take after that to store what waits for it.
pub(super) const DATABASE: Duration = Duration::from_secs(7);

/// How long after the last connection was accepted a worker of the HTTP library has begun to read from it; the library
/// closes what a worker has not begun with.
const SETTLE: Duration = Duration::from_secs(1);

/// The signals that end the server.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// What is needed to end a server.
pub(super) struct Ending {
    pub(super) server: ServerHandle,
    pub(super) connections: Connections,
    /// How long clients have to move before idle connections are closed.
    pub(super) grace: Duration,
    /// The service manager keeps the listening socket for the next process.
    pub(super) is_kept: bool,
}

impl Ending {
    /// Makes the server stop on SIGTERM, on Ctrl-C, and when another process has taken the listening socket over.
    pub(super) async fn end(self, mut signals: Signals, offer: Option<Offer>, socket: TcpListener) {
        let is_taken = tokio::select! {
            () = signals.next() => self.is_kept,
            () = taken(offer.as_ref(), &socket) => true,
        };
        // From here on every answer closes its connection.
        self.connections.end();
        log::info!("ending: the requests under way are finished");
        drop((offer, socket));
        let bound = (self.grace).saturating_add(Duration::from_secs(FINISH_SECONDS) + DATABASE);
        if let Err(error) = exit_after(bound, signals) {
            log::error!("the end has no time limit: {error}");
        }
        let mut grace = self.grace;
        if is_taken {
            // New connections are the next process's.
            self.server.pause().await;
            tokio::time::sleep(SETTLE).await;
            grace = grace.saturating_sub(SETTLE);
        }
        // Not in the line: what a line says is left undone where it is not logged.
        let moved = tokio::time::timeout(grace, self.connections.closed()).await;
        log::debug!(
            "all connections were closed by their clients: {}",
            moved.is_ok()
        );
        self.connections.close_idle_http2();
        self.server.stop(true).await;
    }
}

/// Waits until another process has taken the listening socket over; for ever where none can.
async fn taken(offer: Option<&Offer>, socket: &TcpListener) {
    if let Some(offer) = offer {
        match offer.wait_until_taken(socket).await {
            Ok(()) => return,
            Err(error) => log::error!("the listening socket cannot be handed over: {error}"),
        }
    }
    std::future::pending().await
}

/// Ends the process after this time, or at the next signal, whatever its other threads wait for.
fn exit_after(bound: Duration, mut signals: Signals) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let exit = async move {
        tokio::select! {
            () = signals.next() => log::error!("ended at once, with requests unanswered"),
            () = tokio::time::sleep(bound) => {
                log::error!("ended after {bound:?}: the database does not answer, what waits for it is lost");
            }
        }
        log_limit::flush();
        std::process::exit(1)
    };
    std::thread::Builder::new()
        .name("end".to_owned())
        .spawn(move || runtime.block_on(exit))
        .map(drop)
}
