//! The access log: a line for each request, with the id that its answer has in `X-Request-Id`; each is counted here too.
//!
//! Whoever answers says with [`tell`] what it was about; what every request has is taken from the request itself. Never its
//! query: passwords travel in it.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{HttpResponse, web};
use log::kv::Value;
use log::{Level, Record};

use super::client_address::client_address;
use super::request_id::{self, RequestId};
use super::{HEALTH, READY, State};
use crate::access::journal::Short;
use crate::api;
use crate::log_limit;
use crate::metrics::{self, Request};

/// The target of its lines.
const TARGET: &str = "vicishim::access";

/// What answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Front {
    /// The text API.
    Text,
    /// The text API, by asking the upstream.
    Upstream,
    /// The text API, with an answer that was recorded.
    Recorded,
    /// The JSON API.
    Json,
    /// What a dialplan asks.
    Dialplan,
    /// The console.
    Console,
}

impl Front {
    /// Whether somebody else answers, whatever our database does.
    fn is_passed_on(self) -> bool {
        matches!(self, Self::Upstream | Self::Recorded)
    }

    /// As the metrics name it, and the log where somebody else answers.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Upstream => "upstream",
            Self::Recorded => "recorded",
            Self::Json => "json",
            Self::Dialplan => "dialplan",
            Self::Console => "console",
        }
    }
}

/// What an answer says of its request to the log and to the metrics.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) front: Front,
    /// The function as this program names it, or the pattern of the page's address; [`UNKNOWN`] for what is not known here.
    pub(super) known: &'static str,
    /// The function as sent; the page of the console.
    pub(super) name: String,
    pub(super) user: String,
    /// Where the call comes from, in its own words.
    pub(super) source: Cow<'static, str>,
    /// How it ended, where the status does not say it all.
    pub(super) word: Cow<'static, str>,
}

/// The name of what is not known here.
pub(super) const UNKNOWN: &str = "unknown";

/// Why a request was refused of which nothing else is known.
struct Refused(&'static str);

/// The name of a function of the text API, where it is known here.
pub(super) fn known(function: &str) -> &'static str {
    api::function(function).map_or(UNKNOWN, api::Function::name)
}

/// Has the log say this of an answer.
pub(super) fn tell(response: &mut HttpResponse, told: Told) {
    response.extensions_mut().insert(told);
}

/// Has the log say why a request was refused.
pub(super) fn tell_refusal(response: &mut HttpResponse, reason: &'static str) {
    let reason = reason.trim_start_matches("ERROR: ").trim_end();
    response.extensions_mut().insert(Refused(reason));
}

/// Passes a request and its answer, which gets its id, and writes the line.
pub(super) async fn pass<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let id = RequestId::of(request.headers());
    let value = id.value();
    id.within(async {
        let line = Line::begin(&request);
        let mut answer = next.call(request).await?;
        let response = answer.response_mut();
        if let Some(value) = value {
            response.headers_mut().insert(request_id::HEADER, value);
        }
        let status = response.status();
        let mut said = response.extensions_mut();
        line.end(status, said.remove::<Told>(), said.remove::<Refused>());
        drop(said);
        Ok(answer)
    })
    .await
}

/// Writes the line of a request that the HTTP library has refused by itself; the id that its answer is to have.
pub(super) fn refused_by_the_library(status: u16, reason: &str) -> String {
    let id = RequestId::new();
    let shown = id.text().to_owned();
    metrics::count(|metrics| {
        metrics.request(&Request {
            api: "none",
            function: UNKNOWN,
            result: metrics::class_of(status),
            took: Duration::ZERO,
        });
    });
    id.within_now(
        || log::info!(target: TARGET, status = status; "status={status} refused: {reason}"),
    );
    shown
}

/// The line of a request that is being answered. Where the answer is given up, because its client is gone, the line says so.
struct Line {
    received: Instant,
    method: String,
    path: String,
    client: String,
    is_secure: bool,
    has_ended: bool,
}

impl Line {
    fn begin(request: &ServiceRequest) -> Self {
        let state = request.app_data::<web::Data<State>>();
        Self {
            received: Instant::now(),
            // As long as any that there is.
            method: Short::user(request.method().as_str()).to_string(),
            path: Short::path(request.path()).to_string(),
            client: state.map_or_else(String::new, |state| {
                client_address(request.request(), &state.proxies)
            }),
            is_secure: state.is_some_and(|state| state.tls.is_some()),
            has_ended: false,
        }
    }

    fn milliseconds(&self) -> f64 {
        self.received.elapsed().as_secs_f64() * 1000.0
    }

    /// The request was answered.
    fn end(mut self, status: StatusCode, told: Option<Told>, refused: Option<Refused>) {
        self.has_ended = true;
        self.count(told.as_ref(), Some(status));
        let milliseconds = self.milliseconds();
        let secure = if self.is_secure { "https " } else { "" };
        let number = status.as_u16();
        let Some(told) = told else {
            let (method, path) = (&self.method, &self.path);
            let reason = refused.map_or("", |Refused(reason)| reason);
            let words = match reason {
                "" => "",
                _ => " refused: ",
            };
            // Load balancers and monitoring ask all the time.
            let is_quiet = status.is_success() && [HEALTH, READY].contains(&path.as_str());
            self.write(
                if is_quiet { Level::Debug } else { Level::Info },
                status == StatusCode::SERVICE_UNAVAILABLE,
                &[("status", number.into()), ("result", reason.into())],
                format_args!(
                    "{secure}method={method} path={path} status={number}{words}{reason} {milliseconds:.1}ms"
                ),
            );
            return;
        };
        let (user, source) = (Short::user(&told.user), Short::source(&told.source));
        let (kind, name) = match told.front {
            Front::Console => ("page", Short::path(&told.name)),
            _ => ("function", Short::function(&told.name)),
        };
        let space = if told.word.is_empty() { "" } else { " " };
        self.write(
            Level::Info,
            status == StatusCode::SERVICE_UNAVAILABLE && !told.front.is_passed_on(),
            &[
                (kind, Value::from_display(&name)),
                ("user", Value::from_display(&user)),
                ("source", Value::from_display(&source)),
                ("status", number.into()),
                ("result", Value::from_display(&told.word)),
            ],
            format_args!(
                "{secure}{kind}={name} user={} source={source} status={number}{space}{} {milliseconds:.1}ms",
                escaped(&told),
                told.word
            ),
        );
    }

    /// Counts the request; one without a status has no answer.
    fn count(&self, told: Option<&Told>, status: Option<StatusCode>) {
        metrics::count(|metrics| {
            let (api, function) = match told {
                Some(told) => (told.front.name(), told.known),
                None if self.path == HEALTH => ("health", "healthz"),
                None if self.path == READY => ("health", "readyz"),
                None => ("none", UNKNOWN),
            };
            let result = match (told, status) {
                (Some(told), _) if told.front == Front::Text => match told.word {
                    Cow::Borrowed(word) => word,
                    Cow::Owned(_) => UNKNOWN,
                },
                (_, Some(status)) => metrics::class_of(status.as_u16()),
                (_, None) => "gone",
            };
            metrics.request(&Request {
                api,
                function,
                result,
                took: self.received.elapsed(),
            });
        });
    }

    /// Writes a line: while the database is away, one a second says as much as thousands.
    fn write(
        &self,
        level: Level,
        is_outage: bool,
        fields: &[(&str, Value<'_>)],
        line: fmt::Arguments<'_>,
    ) {
        static OUTAGE: log_limit::Kind = log_limit::Kind::new(Level::Info, TARGET);
        if !log::log_enabled!(target: TARGET, level) {
            return;
        }
        let mut all: Vec<(&str, Value<'_>)> = vec![
            ("method", self.method.as_str().into()),
            ("path", self.path.as_str().into()),
            ("client", self.client.as_str().into()),
            ("duration_ms", self.milliseconds().into()),
        ];
        all.extend_from_slice(fields);
        let all = all.as_slice();
        let mut record = Record::builder();
        record.target(TARGET).level(level).key_values(&all);
        let mut write = || log::logger().log(&record.args(line).build());
        match is_outage {
            true => OUTAGE.log_with(line, write),
            false => write(),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        self.count(None, None);
        let (method, path, milliseconds) = (&self.method, &self.path, self.milliseconds());
        let why = match std::thread::panicking() {
            true => "the answer ended with a panic",
            false => "the client was gone before the answer",
        };
        self.write(
            Level::Info,
            false,
            &[("result", why.into())],
            format_args!("method={method} path={path} {why} {milliseconds:.1}ms"),
        );
    }
}

/// The user in a line of text; the text API has filtered it, elsewhere it may be anything.
fn escaped(told: &Told) -> String {
    let user = Short::user(&told.user).to_string();
    match told.front {
        Front::Text | Front::Upstream | Front::Recorded => user,
        Front::Json | Front::Dialplan | Front::Console => user.escape_debug().to_string(),
    }
}
