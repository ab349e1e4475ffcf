//! HTTP for the JSON API: bytes to a request of a resource, and its answer to bytes, headers and status.

use std::time::{Duration, Instant};

use actix_web::http::header::{self, Header};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{State, endpoint, with_our_headers};
use crate::access::journal::Short;
use crate::resources::openapi;
use crate::resources::operations::place;
use crate::resources::problem::Problem;
use crate::resources::request::{IfMatch, Sent};
use crate::resources::response::Response;
use crate::resources::task;

/// The largest body.
const LARGEST_BODY: usize = 1024 * 1024;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);

pub(super) async fn answer(request: &HttpRequest, payload: Payload, state: &State) -> HttpResponse {
    let received = Instant::now();
    let get = [Method::GET, Method::HEAD];
    if request.path() == "/api/openapi.json" {
        if !get.contains(request.method()) {
            return not_allowed("GET, HEAD");
        }
        return with_our_headers(StatusCode::OK)
            .content_type("application/json")
            .body(openapi::text());
    }
    let Some(place) = place(request.path()) else {
        return refuse(&Problem::new(404, "there is nothing at this address"));
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
        return not_allowed(&allow.join(", "));
    };
    let body = body(request, payload).await;
    let Some((user, password)) = credentials(request) else {
        return refuse(&Problem::new(
            401,
            "sign in with HTTP Basic, as an API user",
        ));
    };
    let shown_user = String::from_utf8_lossy(&user).into_owned();
    let function = operation.function;
    let pairs = vec![
        ("user".to_owned(), user),
        ("pass".to_owned(), password),
        ("function".to_owned(), function.as_bytes().to_vec()),
        ("source".to_owned(), b"json".to_vec()),
    ];
    let mut call = endpoint::call(request, pairs, 0, state, received);
    call.script_url = call.script_url.replace(request.path(), place.collection());
    let sent = Sent {
        query: serde_urlencoded::from_str(request.query_string()).unwrap_or_default(),
        body,
        if_match: if_match(request),
    };
    let id = percent_decode_str(place.id).decode_utf8_lossy();
    let result = task::ask(&state.store, operation, call, id.into_owned(), sent).await;
    let response = match result {
        Ok(response) => respond(response),
        Err(problem) => refuse(&problem),
    };
    let line = format_args!(
        "function={function} user={} source=json status={} {:.1}ms",
        Short(&shown_user.escape_default().to_string()),
        response.status().as_u16(),
        received.elapsed().as_secs_f64() * 1000.0,
    );
    let is_outage = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    endpoint::write_access(is_outage, line);
    response
}

fn respond(done: Response) -> HttpResponse {
    let status = StatusCode::from_u16(done.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = with_our_headers(status);
    if let Some(etag) = done.etag {
        response.insert_header(header::ETag(header::EntityTag::new_strong(etag)));
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

fn refuse(problem: &Problem) -> HttpResponse {
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

fn not_allowed(allow: &str) -> HttpResponse {
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
fn credentials(request: &HttpRequest) -> Option<(Vec<u8>, Vec<u8>)> {
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
async fn body(request: &HttpRequest, body: Payload) -> Result<Map<String, Value>, Problem> {
    let has_one = [Method::POST, Method::PUT, Method::PATCH].contains(request.method());
    let bytes = match tokio::time::timeout(BODY_TIME, read(body)).await {
        Ok(bytes) => bytes?,
        Err(_) => return Err(Problem::new(408, "the body did not arrive in time")),
    };
    if !has_one {
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

async fn read(mut body: Payload) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let mut size = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Problem::new(400, "the body cannot be read"))?;
        size += chunk.len();
        // The rest is read and thrown away, so that the client gets to read its answer; four times as much is cut off.
        if size <= LARGEST_BODY {
            bytes.extend_from_slice(&chunk);
        } else if size > 4 * LARGEST_BODY {
            break;
        }
    }
    if size > LARGEST_BODY {
        return Err(Problem::new(413, "the body is larger than 1048576 bytes"));
    }
    Ok(bytes)
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
                // VICIdial's API lists no phones.
                None => assert_eq!(function, "phone_list"),
            }
            compared += 1;
        }
        assert!(compared > 20, "{compared}");
    }
}
