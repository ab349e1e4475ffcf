//! A request of the JSON API: who asks, its body and what it depends on.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::{Method, header};
use actix_web::web::Payload;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use serde_json::{Map, Value};

use super::problem::Problem;

/// The largest body.
const LARGEST_BODY: usize = 1024 * 1024;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);

/// What a request asks for, beside its path.
pub(super) struct Asked {
    /// The id in the path; empty for a collection.
    pub(super) id: String,
    /// The query's parameters.
    pub(super) query: Vec<(String, Vec<u8>)>,
    /// The body, where the method has one.
    pub(super) body: Result<Map<String, Value>, Problem>,
    /// `If-Match`
    pub(super) if_match: Option<String>,
    /// Whether what the body leaves out stays as it is.
    pub(super) is_patch: bool,
}

/// The parameters of a query string, with their names as they are sent: one without a name is one too.
pub(super) fn query(encoded: &str) -> Vec<(String, Vec<u8>)> {
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
pub(super) async fn body(
    request: &HttpRequest,
    body: Payload,
) -> Result<Map<String, Value>, Problem> {
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
