//! The server: binding, time limits, and an end that lets the requests under way finish.

mod ending;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, Service};
use actix_web::http::ConnectionType;
use actix_web::{App, web};
use futures_util::poll;
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;
use tokio_util::either::Either;

use super::connections::Connections;
use super::handover::{Offer, Predecessor};
use super::request_line::RequestLines;
use super::tls::{self, Tls};
use super::{State, configure};

use ending::{DATABASE, Ending, FINISH_SECONDS, Signals};

/// How long a client may take to send a request's head, from the connection or its first byte on.
const HEAD_TIME: Duration = Duration::from_secs(10);

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
        let connections = Connections::none();
        let begun = Arc::new(AtomicBool::new(false));
        let socket = self.listener.try_clone()?;
        let mut server = start(
            self.listener,
            state.clone(),
            acceptor,
            connections.clone(),
            Arc::clone(&begun),
        )?;
        let handle = server.handle();
        // The first poll begins to accept connections.
        if let Poll::Ready(ended) = poll!(&mut server) {
            return ended;
        }
        started()?;
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
            begun,
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

/// What answers requests on this socket, over HTTPS where there is an acceptor. Once `ending` is true, every answer closes its
/// connection.
fn start(
    listener: TcpListener,
    state: web::Data<State>,
    acceptor: Option<TlsAcceptor>,
    connections: Connections,
    ending: Arc<AtomicBool>,
) -> io::Result<actix_web::dev::Server> {
    let builder = actix_web::dev::Server::build()
        .disable_signals()
        .shutdown_timeout(FINISH_SECONDS);
    let stopped = builder.graceful_shutdown_signal();
    let builder = builder.listen("vicishim", listener, move || {
        let (ending, stopped) = (ending.clone(), stopped.clone());
        let app = App::new()
            .app_data(state.clone())
            .configure(configure)
            .wrap_fn(move |request, service| {
                let (answer, ending) = (service.call(request), ending.clone());
                async move {
                    let mut answer = answer.await?;
                    if ending.load(Ordering::Relaxed) {
                        let head = answer.response_mut().head_mut();
                        head.set_connection_type(ConnectionType::Close);
                    }
                    Ok(answer)
                }
            });
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
            .finish(map_config(app, |()| AppConfig::default()));
        let (acceptor, connections) = (acceptor.clone(), connections.clone());
        fn_service(move |stream: TcpStream| {
            let (acceptor, open) = (acceptor.clone(), connections.count());
            async move {
                let peer = stream.peer_addr().ok();
                stream.set_nodelay(true).ok();
                let stream = match acceptor {
                    Some(acceptor) => Either::Right(tls::secure(&acceptor, stream).await?),
                    None => Either::Left(stream),
                };
                Ok((RequestLines::new(stream, open), Protocol::Http1, peer))
            }
        })
        .and_then(http)
    })?;
    Ok(builder.run())
}

/// Reads the certificate again at each SIGHUP, which never ends the server.
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
