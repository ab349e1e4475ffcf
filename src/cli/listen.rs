//! Where connections come from: an address of our own, a socket of the service manager's, or one that a running server
//! hands over.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use listenfd::ListenFd;

use super::Failure;
use crate::http::handover::{self, Offer};
use crate::http::{self, MetricsListener, Server};
use crate::metrics;

/// The address where none is named.
const DEFAULT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The address, and how the socket passes from one process to the next.
#[derive(Args)]
pub(super) struct ListenArguments {
    /// The address to listen on; localhost:8080 and :8080 are loopback [default: 127.0.0.1:8080, or that of the socket
    /// which systemd passes]
    #[arg(long, env = "VICISHIM_LISTEN", value_name = "ADDRESS:PORT", value_parser = address)]
    listen: Option<SocketAddr>,
    /// A Unix socket for an exchange without interruption: a server that is started with the same path takes the
    /// listening socket over, and the running one ends
    #[arg(long, env = "VICISHIM_HANDOVER", value_name = "PATH")]
    handover: Option<PathBuf>,
    /// How long clients have to close their idle connections when the server ends; meanwhile every answer asks for it
    #[arg(
        long, env = "VICISHIM_GRACE", value_name = "TIME", default_value = "3s",
        value_parser = humantime::parse_duration
    )]
    grace: Duration,
    /// How many connections may be open: at that number idle ones are closed for new ones [default: 10000, or as many as
    /// there are file descriptors for]
    #[arg(
        long, env = "VICISHIM_MAX_CONNECTIONS", value_name = "NUMBER",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    max_connections: Option<u32>,
    /// Serve metrics for Prometheus at this address, under /metrics
    #[arg(long, env = "VICISHIM_METRICS_LISTEN", value_name = "ADDRESS:PORT", value_parser = address)]
    metrics_listen: Option<SocketAddr>,
}

/// An address, a name of this machine, or a port alone. Of a name's addresses the first of IPv4 counts: that is where
/// people look for `localhost`.
fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    const FORM: &str = "give it as 127.0.0.1:8080, localhost:8080, :8080 or [::1]:8080";
    let (host, port) = text.rsplit_once(':').ok_or(FORM)?;
    let port: u16 = port.parse().map_err(|_| FORM)?;
    if host.is_empty() {
        return Ok(SocketAddr::new(DEFAULT.ip(), port));
    }
    let addresses: Vec<SocketAddr> = (host, port)
        .to_socket_addrs()
        .map_err(|error| format!("{host} is no address: {error}; {FORM}"))?
        .collect();
    let first = addresses
        .iter()
        .find(|address| address.is_ipv4())
        .or(addresses.first());
    first
        .copied()
        .ok_or_else(|| format!("{host} has no address"))
}

/// Where to listen; nothing is bound yet.
pub(super) struct Listening {
    /// The address.
    pub(super) address: SocketAddr,
    /// The service manager's socket.
    kept: Option<TcpListener>,
    handover: Option<PathBuf>,
    grace: Duration,
    most_connections: usize,
    metrics: Option<SocketAddr>,
}

impl ListenArguments {
    /// Finds out where to listen, and for how many connections; with an upstream each may need a second one. Takes the service manager's socket from the environment: not to be called twice.
    pub(super) fn listening(self, has_upstream: bool) -> Result<Listening, Failure> {
        let wanted = self
            .max_connections
            .and_then(|most| usize::try_from(most).ok());
        let most_connections = http::most_connections(wanted, has_upstream)?;
        // An empty path counts for nothing, so that the variable may be set to nothing.
        let handover = self.handover.filter(|path| !path.as_os_str().is_empty());
        let mut passed = ListenFd::from_env();
        if passed.len() > 1 {
            return Err(Failure(format!(
                "systemd passes {} sockets: one is needed",
                passed.len()
            )));
        }
        let kept = passed
            .take_tcp_listener(0)
            .map_err(|error| format!("the socket that systemd passes: {error}"))?;
        let address = match (&kept, self.listen) {
            (None, wanted) => wanted.unwrap_or(DEFAULT),
            (Some(kept), wanted) => {
                let address = kept.local_addr()?;
                if wanted.is_some_and(|wanted| wanted != address) {
                    return Err(Failure(format!(
                        "the socket that systemd passes listens on {address}: --listen must be the same, or left out"
                    )));
                }
                if handover.is_some() {
                    let message = "--handover is not for a socket that systemd passes: systemd keeps it for the next process";
                    return Err(Failure(message.to_owned()));
                }
                address
            }
        };
        Ok(Listening {
            address,
            kept,
            handover,
            grace: self.grace,
            most_connections,
            metrics: self.metrics_listen,
        })
    }
}

impl Listening {
    /// Binds the address, or takes the socket that is there for it.
    pub(super) fn server(self) -> Result<Server, Failure> {
        let wanted = self.address;
        let mut server = match (self.kept, &self.handover) {
            (Some(kept), _) => Server::on_kept(kept),
            (None, None) => bind(wanted)?,
            (None, Some(path)) => match handover::take(path)? {
                None => bind(wanted)?,
                Some((listener, predecessor)) => {
                    let address = listener.local_addr()?;
                    // Port 0 stands for any.
                    if wanted != address && wanted != SocketAddr::new(address.ip(), 0) {
                        return Err(Failure(format!(
                            "the server at {} listens on {address}, not on {wanted}: it can only be replaced by one with \
                             --listen {address}",
                            path.display()
                        )));
                    }
                    Server::in_place_of(predecessor, listener)
                }
            },
        };
        server.offer = self.handover.as_deref().map(Offer::prepare).transpose()?;
        server.grace = self.grace;
        server.most_connections = self.most_connections;
        if let Some(address) = self.metrics {
            let bound = MetricsListener::bind(address, server.has_predecessor());
            let cannot = |error| format!("cannot listen on {address} for metrics: {error}");
            server.metrics = Some(bound.map_err(cannot)?);
            metrics::start()?;
        }
        Ok(server)
    }
}

fn bind(address: SocketAddr) -> Result<Server, Failure> {
    http::bind(address).map_err(|error| Failure(format!("cannot listen on {address}: {error}")))
}
