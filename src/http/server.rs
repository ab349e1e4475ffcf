//! The server: binding, time limits, and an end that lets the requests under way finish.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::{App, HttpServer, web};

use super::{State, configure};

/// How long a client may take to send a request's head, from the connection or its first byte on.
const HEAD_TIME: Duration = Duration::from_secs(10);

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
        let state = web::Data::new(state);
        HttpServer::new(move || App::new().app_data(state.clone()).configure(configure))
            .client_request_timeout(HEAD_TIME)
            .client_disconnect_timeout(Duration::from_secs(1))
            .keep_alive(KEEP_ALIVE)
            .shutdown_timeout(FINISH_SECONDS)
            .listen(self.listener)?
            .run()
            .await
    }
}
