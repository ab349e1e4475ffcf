//! `/metrics` on a listener of its own, for Prometheus.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use actix_web::http::{StatusCode, header};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

use super::{State, plain, with_our_headers};
use crate::metrics::{self, Figures};
use crate::store::{Health, dids};

/// The one path that is served.
const PATH: &str = "/metrics";

/// How long the number of DIDs is kept: to count a million of them takes a while.
const COUNTED_FOR: Duration = Duration::from_secs(60);

/// How long a scrape waits for that number.
const COUNT_LIMIT: Duration = Duration::from_secs(1);

/// How long to wait for an address that the process before this one still listens on.
const PAUSE: Duration = Duration::from_millis(200);

/// Where the metrics are served.
pub struct MetricsListener {
    address: SocketAddr,
    /// None while the process that this one replaces still listens there.
    listener: Option<TcpListener>,
}

impl MetricsListener {
    /// Listens at this address. Where the process that this one replaces still does, that has time until it ends.
    ///
    /// # Errors
    /// The address is in use, or not this machine's.
    pub fn bind(address: SocketAddr, has_predecessor: bool) -> io::Result<Self> {
        match TcpListener::bind(address) {
            Ok(listener) => Ok(Self {
                address: listener.local_addr()?,
                listener: Some(listener),
            }),
            Err(error) if has_predecessor && error.kind() == io::ErrorKind::AddrInUse => Ok(Self {
                address,
                listener: None,
            }),
            Err(error) => Err(error),
        }
    }

    /// The address, for people.
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Serves the metrics of this server until the process ends.
    pub(super) fn serve(self, state: &Arc<State>) {
        // What ends the server waits for nobody who reads its metrics.
        let scraped = web::Data::new(Scraped {
            state: Arc::downgrade(state),
            dids: Arc::default(),
        });
        actix_web::rt::spawn(async move {
            let listener = match self.listener {
                Some(listener) => Ok(listener),
                None => wait_for(self.address).await,
            };
            let served = match listener.and_then(|listener| start(listener, scraped)) {
                Ok(server) => server.await,
                Err(error) => Err(error),
            };
            if let Err(error) = served {
                log::error!("no metrics at {}: {error}", self.address);
            }
        });
    }
}

/// Listens as soon as nobody else does.
async fn wait_for(address: SocketAddr) -> io::Result<TcpListener> {
    log::info!("metrics are served at {address} when the server before this one has ended");
    loop {
        match TcpListener::bind(address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                tokio::time::sleep(PAUSE).await;
            }
            bound => return bound,
        }
    }
}

fn start(listener: TcpListener, scraped: web::Data<Scraped>) -> io::Result<actix_web::dev::Server> {
    let app = move || {
        App::new()
            .app_data(scraped.clone())
            .default_service(web::to(answer))
    };
    let server = HttpServer::new(app).workers(1).disable_signals();
    Ok(server.listen(listener)?.run())
}

/// What is scraped.
struct Scraped {
    state: Weak<State>,
    dids: Arc<Mutex<Counted>>,
}

/// The number of DIDs, as it was counted last.
#[derive(Default)]
struct Counted {
    begun: Option<Instant>,
    count: Option<i64>,
}

async fn answer(request: HttpRequest, scraped: web::Data<Scraped>) -> HttpResponse {
    if request.path() != PATH {
        let text = "ERROR: NOT FOUND, THE METRICS ARE AT /metrics\n";
        return plain(StatusCode::NOT_FOUND, text);
    }
    if !["GET", "HEAD"].contains(&request.method().as_str()) {
        return plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "ERROR: METHOD NOT ALLOWED\n",
        );
    }
    let Some(state) = scraped.state.upgrade() else {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "ERROR: THE SERVER ENDS\n");
    };
    let health = state.store.health().await;
    let is_database_up = !matches!(health, Health::Bad(_));
    let dids = match is_database_up {
        true => count(&state, &scraped.dids).await,
        false => None,
    };
    let figures = Figures {
        queue: state.store.waiting(),
        is_database_up,
        is_state_up: health == Health::Good,
        sessions: state.console.as_ref().map_or(0, |console| console.count()),
        dids,
    };
    let mut rendered = None;
    metrics::count(|metrics| rendered = Some(metrics.render(&figures)));
    match rendered {
        Some(Ok(text)) => with_our_headers(StatusCode::OK)
            .insert_header((header::CONTENT_TYPE, metrics::CONTENT_TYPE))
            .body(text),
        Some(Err(error)) => {
            log::error!("the metrics cannot be written: {error}");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "ERROR: NO METRICS\n")
        }
        None => plain(StatusCode::INTERNAL_SERVER_ERROR, "ERROR: NO METRICS\n"),
    }
}

/// The number of DIDs, counted anew once a minute; the last one that is known, where that takes long.
async fn count(state: &State, dids: &Arc<Mutex<Counted>>) -> Option<i64> {
    let lock = || dids.lock().unwrap_or_else(PoisonError::into_inner);
    let is_due = {
        let mut counted = lock();
        let is_due = counted.begun.is_none_or(|at| at.elapsed() >= COUNTED_FOR);
        if is_due {
            counted.begun = Some(Instant::now());
        }
        is_due
    };
    if is_due {
        let kept = Arc::clone(dids);
        // Once begun it goes on where nobody waits any more: the next scrape finds it.
        let counting = state.store.read(move |db| {
            let count = dids::count(db)?;
            kept.lock().unwrap_or_else(PoisonError::into_inner).count = Some(count);
            Ok(())
        });
        tokio::time::timeout(COUNT_LIMIT, counting).await.ok();
    }
    lock().count
}
