//! HTTP: one endpoint whatever its path's prefix, the JSON API, the console, what a dialplan asks, and health checks; metrics on a listener of their own.

mod access_log;
mod address;
mod body;
mod calls;
mod choice;
mod client_address;
mod connections;
mod console;
mod endpoint;
mod form;
mod guarded;
pub mod handover;
mod health;
pub(crate) mod outgoing;
mod packed;
mod passed_on;
pub mod query;
mod recorded;
pub(crate) mod request_id;
mod request_line;
mod rest;
mod rows;
mod scrape;
mod server;
mod shadow;
pub(crate) mod test_controls;
mod text;
mod tls;
mod upstream;

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use chrono_tz::Tz;

use crate::api::Dialect;
use crate::console::sessions::Sessions;
use crate::resources::calls::Channels;
use crate::routing::number_form::NumberForm;
use crate::store::Store;

use address::Host;

pub use crate::console::sessions::Sessions as ConsoleSessions;
pub use body::Bodies;
pub use choice::Choice;
pub use client_address::TrustedProxies;
pub use passed_on::{Other, PassedOn};
pub use recorded::{Recorder, Replay};
pub use scrape::MetricsListener;
pub use server::{Server, bind, most_connections, survive_hangup};
pub use shadow::Shadow;
pub use test_controls::TestControls;
pub use tls::Tls;
pub use upstream::{Upstream, UpstreamAddress};

/// What the end of every path is that the API answers.
pub(crate) const ENDPOINT: &str = "/non_agent_api.php";

/// Where the server says how it is.
const HEALTH: &str = "/healthz";

/// Where it says whether it is to be sent calls.
const READY: &str = "/readyz";

/// What requests are answered with.
pub struct State {
    /// The way to the database.
    pub store: Store,
    /// How replies are written.
    pub dialect: Dialect,
    /// How new numbers are written, in the documented dialect.
    pub number_form: NumberForm,
    /// This machine's name, for `vicidial_webservers`.
    pub hostname: String,
    /// The dialer's time zone, where the operator names it.
    pub time_zone: Option<Tz>,
    /// The functions that are not answered here, and who answers them.
    pub passed_on: Option<PassedOn>,
    /// The functions that the upstream is asked too, for a comparison.
    pub shadow: Option<Shadow>,
    /// The proxies that are believed when they name their client.
    pub proxies: TrustedProxies,
    /// The calls under way, as dialplans tell of them.
    pub channels: Arc<Channels>,
    /// The memory for what requests bring.
    pub bodies: Bodies,
    /// Who has signed in to the console; none where there is no console.
    pub console: Option<Sessions>,
    /// What tests have asked for; none where they may not.
    pub test_controls: Option<TestControls>,
    /// What connections are secured with; nothing for HTTP.
    pub tls: Option<Arc<Tls>>,
}

impl State {
    /// The scheme of every address here.
    fn scheme(&self) -> &'static str {
        match self.tls {
            Some(_) => "https",
            None => "http",
        }
    }
}

/// Whether this can be the path of a script that the upstream answers: `/agc/api.php`.
pub(crate) fn is_script(path: &str) -> bool {
    path.starts_with('/') && path.ends_with(".php") && address::is_simple(path)
}

/// Sets the routes up: the same for the server and for tests.
pub fn configure(config: &mut ServiceConfig) {
    config.default_service(web::to(route));
}

async fn route(request: HttpRequest, body: web::Payload, state: web::Data<State>) -> HttpResponse {
    match state.test_controls {
        Some(_) => test_controls::answer(request, body.into_inner(), state).await,
        None => answer(request, body.into_inner(), state).await,
    }
}

async fn answer(request: HttpRequest, body: Payload, state: web::Data<State>) -> HttpResponse {
    if request.headers().contains_key(request_line::CUT) {
        let reason = "ERROR: REQUEST ADDRESS TOO LONG, AT MOST 65534 BYTES\n";
        return refused_at(request.path(), StatusCode::URI_TOO_LONG, reason);
    }
    if crate::resources::is_ours(request.path()) {
        return rest::answer(&request, body, &state).await;
    }
    if Host::of(&request).is_none() {
        return refused(
            StatusCode::BAD_REQUEST,
            "ERROR: HEADER Host NAMES NO HOST\n",
        );
    }
    let path = address::plain(request.path());
    if let Some(place) = calls::Place::of(&path) {
        return calls::answer(&request, body, &state, place).await;
    }
    let passed_on = state.passed_on.as_ref();
    let script = passed_on.and_then(|passed_on| Some((passed_on, passed_on.script(&path)?)));
    let is_ours = path.ends_with(ENDPOINT) && address::is_simple(&path);
    if is_ours || script.is_some() {
        return match (request.method(), script) {
            (&(Method::GET | Method::HEAD | Method::POST), None) => {
                endpoint::answer(&request, body, &state).await
            }
            (&(Method::GET | Method::HEAD | Method::POST), Some(script)) => {
                passed_on::answer_script(&request, body, &state, script).await
            }
            _ => not_allowed("GET, HEAD, POST"),
        };
    }
    if let Some(sessions) = &state.console
        && let Some(address) = console::Address::of(request.path())
    {
        return console::answer(&request, body, &state, (sessions, address)).await;
    }
    match (&*path, request.method()) {
        (HEALTH, &(Method::GET | Method::HEAD)) => health::answer(&state).await,
        (READY, &(Method::GET | Method::HEAD)) => health::ready(&request, &state).await,
        (HEALTH | READY, _) => not_allowed("GET, HEAD"),
        _ => refused(
            StatusCode::NOT_FOUND,
            "ERROR: NOT FOUND, THE API IS AT /vicidial/non_agent_api.php\n",
        ),
    }
}

fn not_allowed(allow: &'static str) -> HttpResponse {
    let mut response = refused(
        StatusCode::METHOD_NOT_ALLOWED,
        "ERROR: METHOD NOT ALLOWED\n",
    );
    response
        .headers_mut()
        .insert(header::ALLOW, header::HeaderValue::from_static(allow));
    response
}

/// The refusal of a request of which nothing is known but that.
fn refused(status: StatusCode, text: &'static str) -> HttpResponse {
    let mut response = plain(status, text);
    access_log::tell_refusal(&mut response, text);
    response
}

/// The refusal of a request to this path, in the format of the API that is there.
fn refused_at(path: &str, status: StatusCode, text: &'static str) -> HttpResponse {
    let mut response = match crate::resources::is_ours(path) {
        true => rest::refusal(status, text),
        false => plain(status, text),
    };
    access_log::tell_refusal(&mut response, text);
    response
}

/// A text of one line.
fn plain(status: StatusCode, text: &'static str) -> HttpResponse {
    with_our_headers(status)
        .content_type("text/plain; charset=utf-8")
        .body(text)
}

/// The headers that every response of ours has.
const OUR_HEADERS: [(&str, &str); 4] = [
    ("server", concat!("vicishim/", env!("CARGO_PKG_VERSION"))),
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-cache, must-revalidate"),
    ("pragma", "no-cache"),
];

/// A response with the headers that every one of ours has.
fn with_our_headers(status: StatusCode) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    for header in OUR_HEADERS {
        response.insert_header(header);
    }
    response
}
