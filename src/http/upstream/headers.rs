//! Headers on their way through: all but those that belong to one connection (RFC 9110 §7.6.1).

use actix_web::http::header as ours;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// What else names a client to a script, which only we can know.
const OF_THE_CLIENT: &[&str] = &[
    "x-real-ip",
    "forwarded",
    "client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "x-forwarded",
    "forwarded-for",
];

/// Whom a request comes from.
pub(super) struct Clients<'a> {
    /// The other end of its connection: a proxy's address, where there is one before us.
    pub(super) peer: &'a str,
    /// The client itself, as far as proxies are trusted.
    pub(super) client: &'a str,
}

/// What belongs to one connection, beside what its `Connection` header names.
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What is made anew for the upstream: its own name and the form's length, and an expectation that was met here already.
const OF_THIS_REQUEST: &[&str] = &["host", "content-length", "expect"];

/// What would let an answer differ that says the same: part of it, a packed one, or "not modified".
const OF_THIS_ANSWER: &[HeaderName] = &[
    header::ACCEPT_ENCODING,
    header::RANGE,
    header::IF_RANGE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
];

/// A request's headers as the upstream is to get them: the address that it came from appended to `X-Forwarded-For`, the
/// client's in `X-Real-IP`, and our own name in `Via`. A name with `_` is left out: a script cannot tell `X_Real_IP` from
/// `X-Real-IP`.
pub(super) fn of_request(
    received: &ours::HeaderMap,
    Clients { peer, client }: Clients<'_>,
    via: &HeaderValue,
) -> HeaderMap<HeaderValue> {
    let named = named_by_connection(
        received
            .get_all(ours::CONNECTION)
            .map(ours::HeaderValue::as_bytes),
    );
    let mut headers = HeaderMap::new();
    let mut clients = Vec::new();
    for (name, value) in received {
        let is_left_out = |list: &[&str]| list.contains(&name.as_str());
        if is_left_out(HOP_BY_HOP)
            || is_left_out(OF_THIS_REQUEST)
            || is_left_out(OF_THE_CLIENT)
            || name.as_str().contains('_')
            || named.iter().any(|named| named == name.as_str())
        {
            continue;
        }
        if name.as_str() == X_FORWARDED_FOR.as_str() {
            clients.extend_from_slice(value.as_bytes());
            clients.extend_from_slice(b", ");
        } else if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_str().as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            headers.append(name, value);
        }
    }
    clients.extend_from_slice(peer.as_bytes());
    if let Ok(clients) = HeaderValue::from_bytes(&clients) {
        headers.insert(X_FORWARDED_FOR, clients);
    }
    if let Ok(client) = HeaderValue::from_str(client) {
        headers.insert(X_REAL_IP, client);
    }
    headers.append(header::VIA, via.clone());
    headers
}

/// Takes out what would let an answer differ that says the same.
pub(super) fn ask_for_the_plain_whole(headers: &mut HeaderMap<HeaderValue>) {
    for name in OF_THIS_ANSWER {
        headers.remove(name);
    }
}

/// An answer's headers as the client is to get them. The length is told by the body.
pub(super) fn of_response(
    received: &HeaderMap<HeaderValue>,
) -> impl Iterator<Item = (ours::HeaderName, ours::HeaderValue)> {
    let named = named_by_connection(
        received
            .get_all(header::CONNECTION)
            .iter()
            .map(HeaderValue::as_bytes),
    );
    received.iter().filter_map(move |(name, value)| {
        let is_left_out = *name == header::CONTENT_LENGTH
            || HOP_BY_HOP.contains(&name.as_str())
            || named.iter().any(|named| named == name.as_str());
        if is_left_out {
            return None;
        }
        let name = ours::HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        let value = ours::HeaderValue::from_bytes(value.as_bytes()).ok()?;
        Some((name, value))
    })
}

/// The names that a `Connection` header lists, in lower case.
fn named_by_connection<'a>(values: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    values
        .flat_map(|value| value.split(|&byte| byte == b','))
        .map(|name| String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase())
        .collect()
}
