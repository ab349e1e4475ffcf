//! HTTP for the JSON API: bytes to a request of a resource, and its answer to bytes, headers and status.

use std::time::Instant;

use actix_web::dev::Payload;
use actix_web::http::header::{self, Header};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::access_log::{Front, Told, UNKNOWN, tell};
use super::address::Host;
use super::body::{self, Body, Unreadable};
use super::packed::packed;
use super::{State, endpoint, with_our_headers};
use crate::access::{changes, warning};
use crate::metrics;
use crate::resources::document;
use crate::resources::operations::place;
use crate::resources::problem::Problem;
use crate::resources::request::{IfMatch, Named, Sent};
use crate::resources::response::Response;
use crate::resources::task;

/// The Content-Security-Policy of what is said of the API: it loads its style from here and nothing else, and runs nothing.
const DOCUMENT_POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the log says of a request.
#[derive(Default)]
struct Logged {
    function: &'static str,
    user: String,
}

pub(super) async fn answer(request: &HttpRequest, payload: Payload, state: &State) -> HttpResponse {
    let received = Instant::now();
    let mut logged = Logged::default();
    let answered = perform(request, payload, state, received, &mut logged).await;
    let mut response = match answered {
        Ok(response) => packed(request, response),
        Err(problem) => refuse(&problem),
    };
    let told = Told {
        front: Front::Json,
        known: match logged.function {
            "" => UNKNOWN,
            function => function,
        },
        name: logged.function.to_owned(),
        user: logged.user,
        source: "json".into(),
        word: "".into(),
    };
    tell(&mut response, told);
    response
}

async fn perform(
    request: &HttpRequest,
    payload: Payload,
    state: &State,
    received: Instant,
    logged: &mut Logged,
) -> Result<HttpResponse, Problem> {
    if Host::of(request).is_none() {
        return Err(Problem::new(400, "the header Host names no host"));
    }
    if let Some(document) = document(request.path()) {
        if ![Method::GET, Method::HEAD].contains(request.method()) {
            return Ok(not_allowed("GET, HEAD"));
        }
        let response = with_our_headers(StatusCode::OK)
            .insert_header((header::CONTENT_SECURITY_POLICY, DOCUMENT_POLICY))
            .content_type(document.content_type)
            .body((document.text)());
        return Ok(response);
    }
    let Some(place) = place(request.path()) else {
        return Err(Problem::new(404, "there is nothing at this address"));
    };
    let method = match request.method().as_str() {
        "HEAD" => "GET",
        method => method,
    };
    let mut operations = place.operations();
    let Some(operation) = operations.find(|operation| operation.method.word() == method) else {
        let mut allow: Vec<&str> = place.operations().map(|one| one.method.word()).collect();
        if allow.contains(&"GET") {
            allow.push("HEAD");
        }
        return Ok(not_allowed(&allow.join(", ")));
    };
    logged.function = operation.function;
    let (body, _share) = match body::read(request, payload, &state.bodies).await {
        Ok(Body { bytes, share }) => (Ok(bytes), share),
        Err(unreadable) => (Err(unreadable), None),
    };
    let Some((user, password)) = credentials(request) else {
        metrics::count(|metrics| metrics.refusal("no password"));
        let detail = "sign in with HTTP Basic, as an API user";
        return Err(Problem::new(401, detail));
    };
    logged.user = String::from_utf8_lossy(&user).into_owned();
    let pairs = vec![
        ("user".to_owned(), user),
        ("pass".to_owned(), password),
        (
            "function".to_owned(),
            operation.function.as_bytes().to_vec(),
        ),
        ("source".to_owned(), b"json".to_vec()),
    ];
    let call = endpoint::call(request, place.collection(), (pairs, 0), state, received);
    let sent = Sent {
        query: serde_urlencoded::from_str(request.query_string()).unwrap_or_default(),
        body: object(request, body),
        if_match: if_match(request),
    };
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let named = Named {
        id: decoded(place.id),
        part: decoded(place.part),
    };
    let done = task::ask(&state.store, operation, call, named, sent).await?;
    Ok(respond(done))
}

fn respond(done: Response) -> HttpResponse {
    let status = StatusCode::from_u16(done.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = with_our_headers(status);
    if let Some(etag) = done.etag {
        response.insert_header(header::ETag(header::EntityTag::new_strong(etag)));
    }
    if let Some(text) = done.warning {
        response.insert_header((warning::HEADER, text));
    }
    if let Some(change_id) = done.change_id {
        response.insert_header((changes::HEADER, change_id));
    }
    if let Some(location) = done.location {
        response.insert_header((header::LOCATION, location));
    }
    match done.body {
        Some(body) => response
            .content_type("application/json")
            .body(body.to_string()),
        None => response.finish(),
    }
}

/// The refusal of a request that is not looked at, with what the text API says of it.
pub(super) fn refusal(status: StatusCode, text: &str) -> HttpResponse {
    let detail = text.trim_start_matches("ERROR: ").trim_end().to_lowercase();
    refuse(&Problem::new(status.as_u16(), detail))
}

pub(super) fn refuse(problem: &Problem) -> HttpResponse {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut response = with_our_headers(status);
    if problem.status == 401 {
        let realm = "Basic realm=\"vicishim\", charset=\"UTF-8\"";
        response.insert_header((header::WWW_AUTHENTICATE, realm));
    }
    response
        .content_type("application/problem+json")
        .body(serde_json::to_string(problem).unwrap_or_default())
}

pub(super) fn not_allowed(allow: &str) -> HttpResponse {
    let problem = Problem::new(405, format!("this address takes {allow}"));
    let mut response = refuse(&problem);
    if let Ok(allow) = header::HeaderValue::from_str(allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// The states that a change is for. A tag that cannot be read, and a weak one, is that of no state.
fn if_match(request: &HttpRequest) -> IfMatch {
    if !request.headers().contains_key(header::IF_MATCH) {
        return IfMatch::Any;
    }
    match header::IfMatch::parse(request) {
        Ok(header::IfMatch::Any) => IfMatch::Any,
        Ok(header::IfMatch::Items(tags)) => {
            let strong = tags.iter().filter(|tag| !tag.weak);
            IfMatch::Tags(strong.map(|tag| tag.tag().to_owned()).collect())
        }
        Err(_) => IfMatch::Tags(Vec::new()),
    }
}

/// User and password of HTTP Basic; none where they are not sent.
pub(super) fn credentials(request: &HttpRequest) -> Option<(Vec<u8>, Vec<u8>)> {
    let value = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    Some((decoded[..colon].to_vec(), decoded[colon + 1..].to_vec()))
}

/// The body as an object; empty for a method without one.
fn object(
    request: &HttpRequest,
    body: Result<Bytes, Unreadable>,
) -> Result<Map<String, Value>, Problem> {
    let bytes = body.map_err(|unreadable| {
        let detail = match unreadable {
            Unreadable::TooSlow => return Problem::too_slow(),
            Unreadable::TooLarge => "the body is larger than 1048576 bytes",
            Unreadable::TooMany => "there are too many bodies at once: try again later",
            Unreadable::Broken => "the body cannot be read",
        };
        Problem::new(unreadable.status().as_u16(), detail)
    })?;
    if ![Method::POST, Method::PUT, Method::PATCH].contains(request.method()) {
        return Ok(Map::new());
    }
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let is_json = kind == "application/json"
        || (kind == "application/merge-patch+json" && request.method() == Method::PATCH);
    if !is_json {
        return Err(Problem::new(415, "the body must be application/json"));
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Problem::new(422, "the body must be an object")),
        Err(error) => Err(Problem::new(400, format!("the body is not JSON: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use crate::api;
    use crate::resources::operations;

    #[test]
    fn an_operation_asks_of_its_user_what_the_function_asks_that_it_is_named_after() {
        let mut compared = 0;
        for (function, permission) in operations::permissions() {
            match api::function(function) {
                Some(known) => assert_eq!(permission.to_string(), known.permission(), "{function}"),
                // VICIdial's API lists neither phones nor users.
                None => assert!(["phone_list", "user_list"].contains(&function)),
            }
            compared += 1;
        }
        assert!(compared > 20, "{compared}");
    }
}
