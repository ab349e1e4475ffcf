//! The server: binding, time limits, and an end that lets the requests under way finish.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_rt::net::{ActixStream, TcpStream};
use actix_rt::signal::unix::{SignalKind, signal};
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::{App, web};
use tokio::sync::watch;

use super::guard::Guarded;
use super::{State, configure};

/// How long a client may take to send a request's head, from the connection or its first byte on.
pub(super) const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long requests under way may take when the server ends, in seconds.
const FINISH_SECONDS: u64 = 30;

/// A server that is bound to its address.
pub struct Server {
    listener: TcpListener,
}

/// Binds the address.
///
/// # Errors
/// It is in use, or not this machine's.
pub fn bind(address: SocketAddr) -> io::Result<Server> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(Server { listener })
}

impl Server {
    /// The address it listens on.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers requests until SIGTERM or Ctrl-C, then finishes those under way.
    ///
    /// # Errors
    /// The server cannot be started.
    pub async fn run(self, state: State) -> io::Result<()> {
        let tls = state.tls.clone();
        let state = web::Data::new(state);
        let served = state.clone();
        if let Some(tls) = tls.clone() {
            let mut hang_up = signal(SignalKind::hangup())?;
            actix_rt::spawn(async move {
                while hang_up.recv().await.is_some() {
                    tls.read_again();
                }
            });
        }
        let (end, ended) = watch::channel(false);
        let builder = actix_server::Server::build()
            .disable_signals()
            .shutdown_timeout(FINISH_SECONDS)
            .listen("vicishim", self.listener, move || {
                let app = App::new().app_data(state.clone()).configure(configure);
                let ended = ended.clone();
                let http = HttpService::build()
                    .graceful_shutdown_signal(move || {
                        let mut ended = ended.clone();
                        async move {
                            // An end of the channel is the server's end too.
                            drop(ended.wait_for(|ended| *ended).await);
                        }
                    })
                    .keep_alive(KEEP_ALIVE)
                    .client_request_timeout(HEAD_TIME)
                    .client_disconnect_timeout(Duration::from_secs(1))
                    .finish(map_config(app, |()| AppConfig::default()));
                let tls = tls.clone();
                fn_service(move |stream: TcpStream| {
                    let tls = tls.clone();
                    async move {
                        let peer = stream.peer_addr().ok();
                        stream.set_nodelay(true).ok();
                        let stream: Box<dyn ActixStream> = match tls {
                            Some(tls) => {
                                let secured = tls.accept(stream).await;
                                Box::new(secured.inspect_err(|error| {
                                    log::debug!("a connection was not secured: {error}");
                                })?)
                            }
                            None => Box::new(stream),
                        };
                        Ok((Guarded::new(stream), Protocol::Http1, peer))
                    }
                })
                .and_then(http)
            })?;
        let server = builder.run();
        let handle = server.handle();
        let (mut terminate, mut interrupt) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        );
        actix_rt::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            log::info!("ending: the requests under way are finished");
            end.send_replace(true);
            handle.stop(true).await;
        });
        let ended = server.await;
        let finish = Duration::from_secs(FINISH_SECONDS);
        if !served.store.settle(finish).await {
            log::error!("log rows are lost: the database does not answer");
        }
        ended
    }
}
