//! What stands between a connection and the HTTP library.
//!
//! That library refuses an address with bytes that should have been percent-encoded (UTF-8, Latin-1, a quote, a space), and
//! one that is too long. Here such bytes are encoded, and a long address is cut and marked, so that our own code answers.
//! The library's own refusals are empty: here they get a text that says why, and our headers. Its time limit for a head is
//! for a connection's first request: here is the one for those after it.
//!
//! This is why the server is put together from actix-http's service: actix-web's `HttpServer` lets nothing between the
//! connection and its parser.

mod head;
mod output;
mod refusals;
mod requests;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::connections::Connection;

use refusals::Refusal;
pub(super) use refusals::looks_like_one as looks_like_a_refusal;
use requests::{At, Requests};

/// The longest path with its query, in bytes as they are passed on; a longer one is refused (414). The HTTP library takes no
/// more.
pub(super) const LONGEST_ADDRESS: usize = 65_534;

/// The header that marks a request whose address was longer.
pub(super) const CUT: &str = "x-vicishim-address-cut";

/// How long a client may take to send a request's head, from its first byte on; for the first one also from the
/// connection on.
pub(super) const HEAD_TIME: Duration = Duration::from_secs(10);

/// A connection whose requests are followed.
pub(super) struct RequestLines<S> {
    stream: S,
    connection: Arc<Connection>,
    /// None for HTTP/2, which has no lines.
    requests: Option<Requests>,
    /// Rewritten bytes that are still to be read, from this place on.
    rewritten: (Vec<u8>, usize),
    /// Runs while a head is incomplete, with the number of its request.
    head: Option<(u64, Pin<Box<Sleep>>)>,
    is_late: bool,
    /// What is still to be sent in the place of the library's own refusal, from this place on.
    refusal: (Vec<u8>, usize),
}

impl<S> RequestLines<S> {
    pub(super) fn new(stream: S, connection: Arc<Connection>) -> Self {
        Self {
            stream,
            requests: (!connection.is_http2()).then(Requests::default),
            connection,
            rewritten: (Vec::new(), 0),
            head: None,
            is_late: false,
            refusal: (Vec::new(), 0),
        }
    }

    /// What is known of the connection.
    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Whether the head of a request has taken too long, while there is nothing more to read.
    fn is_too_slow(&mut self, cx: &mut Context<'_>) -> bool {
        let number = self.requests.as_ref().and_then(Requests::in_head);
        // The request before it is finished first.
        let Some(number) = number.filter(|_| self.connection.is_idle_or_wakes()) else {
            self.head = None;
            return false;
        };
        let (timed, timer) = self
            .head
            .get_or_insert_with(|| (number, Box::pin(sleep(HEAD_TIME))));
        if *timed != number {
            *timed = number;
            timer.set(sleep(HEAD_TIME));
        }
        timer.as_mut().poll(cx).is_ready()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RequestLines<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            let (bytes, place) = &mut this.rewritten;
            if *place < bytes.len() {
                let count = buffer.remaining().min(bytes.len() - *place);
                buffer.put_slice(&bytes[*place..*place + count]);
                *place += count;
                return Poll::Ready(Ok(()));
            }
            let Some(requests) = &mut this.requests else {
                return Pin::new(&mut this.stream).poll_read(cx, buffer);
            };
            if requests.at == At::Closed {
                return Poll::Ready(Ok(()));
            }
            let before = buffer.filled().len();
            let rewritten = match Pin::new(&mut this.stream).poll_read(cx, buffer)? {
                Poll::Ready(()) => match &buffer.filled()[before..] {
                    [] => requests.end(),
                    read => requests.rewrite(read),
                },
                Poll::Pending => {
                    if !this.is_too_slow(cx) {
                        return Poll::Pending;
                    }
                    this.is_late = true;
                    this.requests.as_mut().map(Requests::give_up)
                }
            };
            let Some(rewritten) = rewritten else {
                return Poll::Ready(Ok(()));
            };
            buffer.set_filled(before);
            this.rewritten = (rewritten, 0);
        }
    }
}

impl<S: AsyncWrite + Unpin> RequestLines<S> {
    /// Sends what is still to be sent in the place of the library's own refusal.
    fn poll_refusal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (bytes, place) = &mut self.refusal;
        while *place < bytes.len() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &bytes[*place..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => *place += count,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RequestLines<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_refusal(cx))?;
        let Some(requests) = &this.requests else {
            return Pin::new(&mut this.stream).poll_write(cx, bytes);
        };
        let refusal = match this.connection.ends_as_a_head() {
            true => None,
            false => Refusal::at_the_end_of(bytes),
        };
        match refusal {
            None => Pin::new(&mut this.stream).poll_write(cx, bytes),
            Some((refusal, 0)) => {
                let refusal = match this.is_late {
                    true => Refusal::LATE,
                    false => refusal,
                };
                this.refusal = (refusal.response(requests.refusal()), 0);
                // What is not sent now is sent before the connection is flushed.
                if let Poll::Ready(Err(error)) = this.poll_refusal(cx) {
                    return Poll::Ready(Err(error));
                }
                Poll::Ready(Ok(bytes.len()))
            }
            // The answers before it go out first.
            Some((_, place)) => Pin::new(&mut this.stream).poll_write(cx, &bytes[..place]),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_refusal(cx))?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_refusal(cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}
