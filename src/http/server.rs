//! The server: binding, time limits, and an end that lets the requests under way finish.

mod descriptors;
mod ending;
mod passage;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::middleware::from_fn;
use actix_web::{App, web};
use futures_util::poll;
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;
use tokio_util::either::Either;

use super::access_log;
use super::connections::Connections;
use super::guarded::Guarded;
use super::handover::{Offer, Predecessor};
use super::request_line::{HEAD_TIME, RequestLines};
use super::scrape::MetricsListener;
use super::tls::{self, Tls};
use super::{State, configure};

pub use descriptors::most_connections;
use ending::{DATABASE, Ending, FINISH_SECONDS, Signals};

/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How many connections may wait to be accepted, as while one process takes over from another.
const BACKLOG: i32 = 1024;

/// A server that has its listening socket.
pub struct Server {
    listener: TcpListener,
    /// The service manager keeps the socket for the next process.
    is_kept: bool,
    predecessor: Option<Predecessor>,
    /// Where the next process may take the socket over.
    pub offer: Option<Offer>,
    /// How long clients have to move before their idle connections are closed at the end.
    pub grace: Duration,
    /// How many connections may be open; at that number idle ones are closed for new ones.
    pub most_connections: usize,
    /// Where its metrics are served.
    pub metrics: Option<MetricsListener>,
}

/// Binds the address.
///
/// # Errors
/// It is in use, or not this machine's.
pub fn bind(address: SocketAddr) -> io::Result<Server> {
    let listener = TcpListener::bind(address)?;
    rustix::net::listen(&listener, BACKLOG)?;
    Ok(Server::on(listener))
}

impl Server {
    fn on(listener: TcpListener) -> Self {
        Self {
            listener,
            is_kept: false,
            predecessor: None,
            offer: None,
            grace: Duration::ZERO,
            most_connections: descriptors::MOST_CONNECTIONS,
            metrics: None,
        }
    }

    /// A server on a socket that the service manager keeps: connections wait in it for the next process.
    pub fn on_kept(listener: TcpListener) -> Self {
        Self {
            is_kept: true,
            ..Self::on(listener)
        }
    }

    /// A server on the socket of another one, which ends when this one accepts connections.
    pub fn in_place_of(predecessor: Predecessor, listener: TcpListener) -> Self {
        Self {
            predecessor: Some(predecessor),
            ..Self::on(listener)
        }
    }

    /// Whether it takes the place of another one, which has not ended yet.
    pub fn has_predecessor(&self) -> bool {
        self.predecessor.is_some()
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers requests until SIGTERM, Ctrl-C, or until another process has taken over; then finishes those under way.
    /// `started` is called when connections are accepted and signals are listened to.
    ///
    /// # Errors
    /// The server cannot be started.
    pub async fn run(
        self,
        state: State,
        started: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let signals = Signals::listen()?;
        read_again_on_hangup(state.tls.clone())?;
        let acceptor = state.tls.clone().map(Tls::acceptor).transpose();
        let acceptor = acceptor.map_err(io::Error::other)?;
        let state = web::Data::new(state);
        let connections = Connections::at_most(self.most_connections);
        let socket = self.listener.try_clone()?;
        let mut server = start(self.listener, state.clone(), acceptor, connections.clone())?;
        let handle = server.handle();
        // The first poll begins to accept connections.
        if let Poll::Ready(ended) = poll!(&mut server) {
            return ended;
        }
        started()?;
        if let Some(metrics) = self.metrics {
            metrics.serve(&state);
        }
        if let Some(offer) = &self.offer
            && let Err(error) = offer.show()
        {
            log::error!("no process can take over from this one: {error}");
        }
        if let Some(predecessor) = self.predecessor {
            // It may have ended meanwhile.
            predecessor.retire().ok();
        }
        let ending = Ending {
            server: handle,
            connections,
            grace: self.grace,
            is_kept: self.is_kept,
        };
        actix_web::rt::spawn(ending.end(signals, self.offer, socket));
        let ended = server.await;
        if !state.store.settle(DATABASE).await {
            log::error!("log rows are lost: the database does not answer");
        }
        ended
    }
}

/// What answers requests on this socket, over HTTPS where there is an acceptor.
fn start(
    listener: TcpListener,
    state: web::Data<State>,
    acceptor: Option<TlsAcceptor>,
    connections: Connections,
) -> io::Result<actix_web::dev::Server> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let builder = actix_web::dev::Server::build()
        .disable_signals()
        .workers(workers)
        // More wait in the kernel's queue, until idle ones are closed for them.
        .max_concurrent_connections(connections.most().div_ceil(workers))
        .shutdown_timeout(FINISH_SECONDS);
    let stopped = builder.graceful_shutdown_signal();
    let builder = builder.listen("vicishim", listener, move || {
        let stopped = stopped.clone();
        let app = App::new()
            .app_data(state.clone())
            .configure(configure)
            .wrap(from_fn(passage::pass))
            .wrap(from_fn(access_log::pass));
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopped = stopped.clone();
                async move { stopped.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_TIME)
            // A client that closes its side is gone: a call of its that waits in the queue is not carried out.
            .h1_allow_half_closed(false)
            .client_disconnect_timeout(Duration::from_secs(1))
            .on_connect_ext(|lines: &RequestLines<_>, data| {
                data.insert(Arc::clone(lines.connection()));
            })
            .finish(map_config(app, |()| AppConfig::default()));
        let (acceptor, connections) = (acceptor.clone(), connections.clone());
        fn_service(move |stream: TcpStream| {
            let (acceptor, open) = (acceptor.clone(), connections.admit());
            async move {
                let peer = stream.peer_addr().ok();
                let connection = Arc::clone(open.connection());
                stream.set_nodelay(true).ok();
                let stream = Guarded::new(stream, open);
                let (stream, is_http2) = match acceptor {
                    Some(acceptor) => {
                        let secured = tls::secure(&acceptor, stream).await?;
                        let is_http2 = tls::is_http2(&secured);
                        (Either::Right(secured), is_http2)
                    }
                    None => (Either::Left(stream), false),
                };
                let protocol = match is_http2 {
                    true => Protocol::Http2,
                    false => Protocol::Http1,
                };
                if is_http2 {
                    connection.note_http2();
                }
                let lines = RequestLines::new(stream, connection);
                Ok::<_, DispatchError>((lines, protocol, peer))
            }
        })
        .and_then(http)
    })?;
    Ok(builder.run())
}

/// From here on SIGHUP does not end the process, however long it takes until there is a server.
///
/// # Errors
/// The system has no signals.
pub fn survive_hangup() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let _entered = runtime.enter();
    // Once signals of a kind were listened to, they never do again what they do by default.
    signal(SignalKind::hangup()).map(drop)
}

/// Reads the certificate again at each SIGHUP.
fn read_again_on_hangup(tls: Option<Arc<Tls>>) -> io::Result<()> {
    let mut hang_up = signal(SignalKind::hangup())?;
    actix_web::rt::spawn(async move {
        while hang_up.recv().await.is_some() {
            match &tls {
                Some(tls) => tls.read_again(),
                None => log::info!("SIGHUP: there is no certificate to read again"),
            }
        }
    });
    Ok(())
}
