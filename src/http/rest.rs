//! HTTP for the JSON API: bytes to a request of a resource, and its answer to bytes, headers and status.

use std::time::{Duration, Instant};

use actix_web::http::{Method, StatusCode, header};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use serde_json::{Map, Value};

use super::{State, endpoint, with_our_headers};
use crate::resources::problem::Problem;
use crate::resources::request::Request;
use crate::resources::task::{self, Endpoint, Response};
use crate::resources::{Place, openapi, place};

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
    let Some(Place {
        id,
        collection,
        rows,
    }) = place(request.path())
    else {
        return refuse(&Problem::new(404, "there is nothing at this address"));
    };
    let method = match request.method().as_str() {
        "HEAD" => "GET",
        method => method,
    };
    let Some((_, function, permission, effect, perform)) =
        rows.iter().find(|row| row.0.word() == method)
    else {
        let mut allow: Vec<&str> = rows.iter().map(|row| row.0.word()).collect();
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
    let pairs = vec![
        ("user".to_owned(), user),
        ("pass".to_owned(), password),
        ("function".to_owned(), function.as_bytes().to_vec()),
        ("source".to_owned(), b"json".to_vec()),
    ];
    let mut call = endpoint::call(request, pairs, 0, state, received);
    // One address for all things of a kind: the table of addresses does not grow with them.
    call.script_url = call.script_url.replace(request.path(), &collection);
    let if_match = request.headers().get(header::IF_MATCH);
    let sent = Request {
        id,
        query: query(request.query_string()),
        body,
        if_match: if_match.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        is_patch: method == "PATCH",
    };
    let endpoint = Endpoint {
        function,
        permission,
        effect: *effect,
        perform: *perform,
    };
    let result = task::ask(&state.store, endpoint, call, sent).await;
    let response = match result {
        Ok(response) => respond(response),
        Err(problem) => refuse(&problem),
    };
    let line = format_args!(
        "function={function} user={} source=json status={} {:.1}ms",
        shown_user.escape_default(),
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
        response.insert_header((header::ETAG, etag));
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

/// The parameters of a query string, with their names as they are sent: one without a name is one too.
fn query(encoded: &str) -> Vec<(String, Vec<u8>)> {
    let decode = |text: &str| -> Vec<u8> {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).collect()
    };
    let pairs = encoded.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = String::from_utf8_lossy(&decode(name)).into_owned();
            (name, decode(value))
        })
        .collect()
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
