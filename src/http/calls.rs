//! `/route`: the question of a dialplan where a call goes, and its answer.

use std::time::Instant;

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};

use super::client_address::client_address;
use super::endpoint::write_access;
use super::{State, not_allowed, query, rest, with_our_headers};
use crate::access::{CallTime, warning};
use crate::log_limit;
use crate::resources::calls::{self, Asked, Refused, Routed};

/// Where it is asked.
const ROUTE: &str = "/route";

/// What is said to who is not allowed to ask; no more.
const NOT_ALLOWED: &str = "ERROR: KEY OR ADDRESS NOT ALLOWED\n";

/// Whether a path is one of these.
pub(super) fn is_ours(path: &str) -> bool {
    path == ROUTE
}

/// The answer.
pub(super) async fn answer(request: &HttpRequest, state: &State) -> HttpResponse {
    let received = Instant::now();
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        return not_allowed("GET, HEAD");
    }
    let sent = Parameters::of(request);
    let Some(is_json) = sent.is_json() else {
        let text = "ERROR: FORMAT MUST BE dialplan OR json\n";
        return refuse(false, StatusCode::BAD_REQUEST, text);
    };
    let client = client_address(request, &state.proxies);
    let asked = Asked {
        key: sent.key(request),
        client: client.clone(),
        number: sent.text("number").unwrap_or_default(),
        caller: sent.text("caller"),
        at: sent.text("at").unwrap_or_default(),
        time: CallTime::now(),
        time_zone: state.time_zone,
        number_form: state.number_form,
        is_json,
    };
    let (response, key, word) = match calls::route(&state.store, asked).await {
        Ok(routed) => {
            let (kind, _) = routed.line.split_once('|').unwrap_or((&routed.line, ""));
            let (key, word) = (routed.key.clone(), kind.to_owned());
            (respond(routed), key, word)
        }
        Err(refused) => (
            refusal(is_json, refused, &client),
            String::new(),
            "ERROR".to_owned(),
        ),
    };
    let line = format_args!(
        "function=route user={key} source=dialplan status={} {word} {:.1}ms",
        response.status().as_u16(),
        received.elapsed().as_secs_f64() * 1000.0,
    );
    let is_outage = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    write_access(is_outage, line);
    response
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
            log_limit::warn!(target: "vicishim::refused", "function=route ip={client}: {why}");
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

/// What was sent in the address.
struct Parameters(Vec<(String, Vec<u8>)>);

impl Parameters {
    fn of(request: &HttpRequest) -> Self {
        Self(query::pairs(request.query_string().as_bytes()))
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
