//! Bodies: those of requests, read before they are answered; those of answers, looked at as they are sent, or cut.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::Method;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};

use super::calls::{KEPT, Received, Reply};
use super::secrets::masked;

/// How much of a request's body is looked at: larger ones are refused by who answers it.
const LOOKED_AT: usize = 1024 * 1024;

/// How long a body is waited for before the request is passed on as it is.
const TIME: Duration = Duration::from_secs(10);

/// How much of an answer's text is looked at: a secret may begin in what is kept.
const READ: usize = KEPT + 1024;

/// The body of a request, as far as it is looked at, and all of it for who answers the request.
pub(super) async fn look_at(request: &HttpRequest, mut payload: Payload) -> (Bytes, Payload) {
    if [Method::GET, Method::HEAD, Method::DELETE].contains(request.method()) {
        return (Bytes::new(), payload);
    }
    let (mut pieces, mut bytes) = (Vec::new(), BytesMut::new());
    let end = tokio::time::Instant::now() + TIME;
    while let Ok(Some(piece)) = tokio::time::timeout_at(end, payload.next()).await {
        let is_last = match &piece {
            Ok(piece) => {
                bytes.extend_from_slice(piece);
                bytes.len() > LOOKED_AT
            }
            Err(_) => true,
        };
        pieces.push(piece);
        if is_last {
            break;
        }
    }
    let whole = stream::iter(pieces).chain(payload);
    let whole: Pin<Box<dyn stream::Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(whole);
    (bytes.freeze(), Payload::from(whole))
}

/// The body of an answer that is sent piece by piece: the call is recorded when it ends.
pub(super) struct Watched {
    body: BoxBody,
    text: Vec<u8>,
    bytes: usize,
    status: u16,
    is_json: bool,
    received: Option<Received>,
}

impl Watched {
    pub(super) fn new(body: BoxBody, (status, is_json): (u16, bool), received: Received) -> Self {
        Self {
            body,
            text: Vec::new(),
            bytes: 0,
            status,
            is_json,
            received: Some(received),
        }
    }

    fn end(&mut self) {
        if let Some(received) = self.received.take() {
            let reply = Reply {
                status: Some(self.status),
                text: masked(&String::from_utf8_lossy(&self.text), self.is_json),
                bytes: self.bytes,
            };
            received.answered(reply);
        }
    }
}

impl MessageBody for Watched {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_next(cx);
        match &polled {
            Poll::Ready(Some(Ok(piece))) => {
                self.bytes += piece.len();
                let room = READ.saturating_sub(self.text.len());
                self.text.extend_from_slice(&piece[..piece.len().min(room)]);
            }
            Poll::Ready(_) => self.end(),
            Poll::Pending => {}
        }
        polled
    }
}

impl Drop for Watched {
    /// The client went away, or the body was not asked for.
    fn drop(&mut self) {
        self.end();
    }
}

/// What is kept of an answer that is there as a whole.
pub(super) fn reply(status: u16, body: &Bytes, is_json: bool) -> Reply {
    let text = String::from_utf8_lossy(&body[..body.len().min(READ)]);
    Reply {
        status: Some(status),
        text: masked(&text, is_json),
        bytes: body.len(),
    }
}

/// A body of which only the beginning is sent, before its connection breaks.
pub(super) struct Cut {
    body: BoxBody,
    left: usize,
    /// Whether what was sent has been given to the connection.
    is_flushed: bool,
}

impl Cut {
    /// That of so many bytes.
    pub(super) fn new(body: BoxBody, left: usize) -> Self {
        Self {
            body,
            left,
            is_flushed: false,
        }
    }
}

impl MessageBody for Cut {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.left > 0 {
            return match Pin::new(&mut self.body).poll_next(cx) {
                Poll::Ready(Some(Ok(mut piece))) => {
                    piece.truncate(self.left);
                    self.left -= piece.len();
                    Poll::Ready(Some(Ok(piece)))
                }
                other => other,
            };
        }
        // The connection sends what it has when there is nothing more to take.
        if !std::mem::replace(&mut self.is_flushed, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err("a test has asked for the body to be cut".into())))
    }
}
