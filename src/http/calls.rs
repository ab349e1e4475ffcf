//! `/route`: what a dialplan asks and tells of calls, and the answers.

use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::percent_decode_str;

use super::access_log::{Front, Told, tell};
use super::client_address::client_address;
use super::{State, body, not_allowed, query, rest, with_our_headers};
use crate::access::{CallTime, warning};
use crate::resources::calls::{self, Asked, Begun, Refused, Routed};
use crate::{log_limit, metrics};

/// Where it is asked where a call goes.
const ROUTE: &str = "/route";

/// What the address of each call begins with.
const CALLS: &str = "/route/calls/";

/// What is said to who is not allowed to ask; no more.
const NOT_ALLOWED: &str = "ERROR: KEY OR ADDRESS NOT ALLOWED\n";

/// What an address is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Where a call goes.
    Route,
    /// A call that begins, goes on or ends.
    Call(String),
    /// The end of a call, for clients that know no DELETE.
    End(String),
}

impl Place {
    /// That of a plain path; none where there is nothing of these.
    pub(super) fn of(path: &str) -> Option<Self> {
        if path == ROUTE {
            return Some(Self::Route);
        }
        let call = path.strip_prefix(CALLS)?;
        let (id, is_end) = match call.strip_suffix("/end") {
            Some(id) => (id, true),
            None => (call, false),
        };
        if id.is_empty() || id.contains('/') {
            return None;
        }
        let id = percent_decode_str(id).decode_utf8().ok()?.into_owned();
        Some(match is_end {
            true => Self::End(id),
            false => Self::Call(id),
        })
    }

    /// The methods that it takes.
    fn allow(&self) -> &'static str {
        match self {
            Self::Route => "GET, HEAD",
            Self::Call(_) => "POST, DELETE",
            Self::End(_) => "POST",
        }
    }
}

/// What is logged of a request: the key's name, and a word for its answer.
type Logged = (String, String);

/// The answer.
pub(super) async fn answer(
    request: &HttpRequest,
    body: Payload,
    state: &State,
    place: Place,
) -> HttpResponse {
    let allow = place.allow();
    let is_allowed = |method: &str| method == request.method().as_str();
    if !allow.split(", ").any(is_allowed) {
        return not_allowed(allow);
    }
    let sent = match body::read(request, body, &state.bodies).await {
        Ok(body) => Parameters::of(request, &body.bytes),
        Err(unreadable) => {
            let text = "ERROR: FORM CANNOT BE READ\n";
            return refuse(false, unreadable.status(), text);
        }
    };
    let Some(is_json) = sent.is_json() else {
        let text = "ERROR: FORMAT MUST BE dialplan OR json\n";
        return refuse(false, StatusCode::BAD_REQUEST, text);
    };
    let client = client_address(request, &state.proxies);
    let by = (sent.key(request), client.clone());
    let done = match (place, request.method()) {
        (Place::Route, _) => route(state, by, sent, None).await,
        (Place::Call(id), &Method::POST) => {
            let expires = sent.text("expires").unwrap_or_default();
            route(state, by, sent, Some(Begun { id, expires })).await
        }
        (Place::Call(id) | Place::End(id), _) => end(state, by, id, is_json).await,
    };
    let (mut response, (key, word)) = match done {
        Ok(done) => done,
        Err(refused) => {
            let logged = (String::new(), "ERROR".to_owned());
            (refusal(is_json, refused, &client), logged)
        }
    };
    let told = Told {
        front: Front::Dialplan,
        known: "route",
        name: "route".to_owned(),
        user: key,
        source: "dialplan".into(),
        word: word.into(),
    };
    tell(&mut response, told);
    response
}

/// Where a call goes; it begins where it is to.
async fn route(
    state: &State,
    (key, client): (String, String),
    sent: Parameters,
    begun: Option<Begun>,
) -> Result<(HttpResponse, Logged), Refused> {
    let asked = Asked {
        key,
        client,
        number: sent.text("number").unwrap_or_default(),
        caller: sent.text("caller"),
        at: sent.text("at").unwrap_or_default(),
        time: CallTime::now(),
        time_zone: state.time_zone,
        number_form: state.number_form,
        is_json: sent.is_json() == Some(true),
        begun,
    };
    let routed = calls::route(&state.store, &state.channels, asked).await?;
    let (kind, _) = routed.line.split_once('|').unwrap_or((&routed.line, ""));
    let logged = (routed.key.clone(), kind.to_owned());
    Ok((respond(routed), logged))
}

/// The end of a call.
async fn end(
    state: &State,
    by: (String, String),
    id: String,
    is_json: bool,
) -> Result<(HttpResponse, Logged), Refused> {
    const ENDED: &str = "ENDED";
    let key = calls::end(&state.store, &state.channels, by, id).await?;
    let mut response = with_our_headers(StatusCode::OK);
    let response = match is_json {
        true => response
            .content_type("application/json")
            .body(r#"{"ended":true}"#),
        false => response
            .content_type("text/plain; charset=utf-8")
            .body(format!("{ENDED}\n")),
    };
    Ok((response, (key, ENDED.to_owned())))
}

fn respond(routed: Routed) -> HttpResponse {
    let mut response = with_our_headers(StatusCode::OK);
    if let Some(text) = routed.warning {
        response.insert_header((warning::HEADER, text));
    }
    match routed.json {
        Some(json) => response
            .content_type("application/json")
            .body(json.to_string()),
        None => response
            .content_type("text/plain; charset=utf-8")
            .body(format!("{}\n", routed.line)),
    }
}

fn refusal(is_json: bool, refused: Refused, client: &str) -> HttpResponse {
    match refused {
        Refused::Key(why) => {
            metrics::count(|metrics| metrics.refusal("route key"));
            log_limit::info!(target: "vicishim::refused", "function=route client={client} key: {why}");
            refuse(is_json, StatusCode::FORBIDDEN, NOT_ALLOWED)
        }
        Refused::Wrong(wrong) => {
            let text = format!("ERROR: {wrong}\n");
            refuse(is_json, StatusCode::BAD_REQUEST, &text)
        }
        Refused::Away => {
            let text = "ERROR: DATABASE UNAVAILABLE\n";
            refuse(is_json, StatusCode::SERVICE_UNAVAILABLE, text)
        }
        Refused::Full => {
            let text = "ERROR: TOO MANY CALLS AT ONCE\n";
            refuse(is_json, StatusCode::SERVICE_UNAVAILABLE, text)
        }
        Refused::NoSuchCall => {
            let text = "ERROR: NO SUCH CALL IS UNDER WAY\n";
            refuse(is_json, StatusCode::NOT_FOUND, text)
        }
    }
}

/// A refusal in the format that was asked for.
fn refuse(is_json: bool, status: StatusCode, text: &str) -> HttpResponse {
    match is_json {
        true => rest::refusal(status, text),
        false => with_our_headers(status)
            .content_type("text/plain; charset=utf-8")
            .body(text.to_owned()),
    }
}

/// What was sent in the form, and in the address.
struct Parameters(Vec<(String, Vec<u8>)>);

impl Parameters {
    /// A form counts whatever its type: Asterisk sends none beside a header of one's own.
    fn of(request: &HttpRequest, form: &[u8]) -> Self {
        let mut pairs = query::pairs(form);
        pairs.extend(query::pairs(request.query_string().as_bytes()));
        Self(pairs)
    }

    /// The last value of that name.
    fn text(&self, name: &str) -> Option<String> {
        let named = self.0.iter().rev().find(|(known, _)| known == name);
        named.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    }

    /// Whether JSON is asked for, or a line; none where it is neither.
    fn is_json(&self) -> Option<bool> {
        match self.text("format").as_deref() {
            None | Some("dialplan") => Some(false),
            Some("json") => Some(true),
            Some(_) => None,
        }
    }

    /// The key: that of the header, else `key`.
    fn key(&self, request: &HttpRequest) -> String {
        let header = request.headers().get(header::AUTHORIZATION);
        let header = header
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match header {
            Some((_, key)) => key.trim().to_owned(),
            None => self.text("key").unwrap_or_default(),
        }
    }
}
