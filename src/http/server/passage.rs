//! What every request passes on its way in, and every answer on its way out: the request counts for its connection until
//! the last byte of its answer is taken.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use bytes::Bytes;

use crate::http::connections::{Connection, UnderWay};
use crate::http::request_line::looks_like_a_refusal;
use crate::http::{HEALTH, refused_at};

/// How many requests may be under way on a connection: HTTP/2 allows for any number.
const AT_ONCE: usize = 128;

/// How many there may be with those that are refused for it; a connection with more is closed.
const REFUSED_AT_ONCE: usize = 8 * AT_ONCE;

/// How many headers a request of HTTP/2 may have, as one of HTTP/1.1: packed on the wire, millions would cost nothing there.
const MOST_HEADERS: usize = 96;

/// Passes a request and its answer.
pub(super) async fn pass(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<Counted>, actix_web::Error> {
    let connection: Option<Arc<Connection>> = request.conn_data().cloned();
    let Some(connection) = connection else {
        let answer = next.call(request).await?;
        return Ok(answer.map_body(|_, body| Counted {
            body,
            under_way: None,
        }));
    };
    let under_way = connection.begin();
    let is_http2 = connection.is_http2();
    if is_http2 && request.headers().len() > MOST_HEADERS {
        connection.close();
        return Err(gone());
    }
    let mut answer = match refusal(&connection, request.path()) {
        Some(reason) => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let mut response = refused_at(request.path(), status, reason);
            let soon = HeaderValue::from_static("1");
            response.headers_mut().insert(RETRY_AFTER, soon);
            request.into_response(response)
        }
        // The library goes on with a request of HTTP/2 whose connection is closed.
        None if is_http2 => tokio::select! {
            answer = next.call(request) => answer?,
            () = connection.closed() => return Err(gone()),
        },
        None => next.call(request).await?,
    };
    let head = answer.response_mut().head_mut();
    if connection.ends() {
        head.set_connection_type(ConnectionType::Close);
    }
    let names = head.headers().keys().map(|name| name.as_str());
    connection.note_end(looks_like_a_refusal(head.status.as_u16(), names));
    Ok(answer.map_body(|_, body| Counted {
        body,
        under_way: Some(under_way),
    }))
}

/// Why a request is refused without a look at it.
fn refusal(connection: &Connection, path: &str) -> Option<&'static str> {
    let count = connection.under_way();
    if count > REFUSED_AT_ONCE {
        connection.close();
    }
    if count > AT_ONCE {
        return Some("ERROR: TOO MANY REQUESTS AT ONCE ON THIS CONNECTION, AT MOST 128\n");
    }
    let is_refused = connection.is_extra() && path != HEALTH;
    is_refused.then_some("ERROR: TOO MANY CONNECTIONS, TRY AGAIN LATER\n")
}

/// Nobody reads this.
fn gone() -> actix_web::Error {
    actix_web::error::ErrorServiceUnavailable("the connection was closed")
}

/// An answer's body, with which its request ends.
pub(super) struct Counted {
    body: BoxBody,
    under_way: Option<UnderWay>,
}

impl MessageBody for Counted {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_next(cx);
        if let (Some(under_way), Poll::Ready(Some(Ok(piece)))) = (&self.under_way, &polled) {
            under_way
                .connection()
                .note_end(piece.ends_with(b"\r\n\r\n"));
        }
        polled
    }
}
