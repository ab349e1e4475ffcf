//! The first line of each request, before the HTTP library parses it. That library refuses an address with bytes that should
//! have been percent-encoded (UTF-8, Latin-1, a quote, a space), and one that is too long, both with an empty answer. Here
//! such bytes are encoded, and a long address is cut and marked, so that our own code answers.
//!
//! This is why the server is put together from actix-http's service: actix-web's `HttpServer` lets nothing between the
//! connection and its parser.

mod framing;
mod output;
mod requests;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connections::Open;

use requests::{At, Requests};

/// The longest path with its query, in bytes as they are passed on; a longer one is refused (414). The HTTP library takes no
/// more.
pub(super) const LONGEST_ADDRESS: usize = 65_534;

/// The header that marks a request whose address was longer.
pub(super) const CUT: &str = "x-vicishim-address-cut";

/// A connection whose first lines are rewritten.
pub(super) struct RequestLines<S> {
    stream: S,
    requests: Requests,
    /// Rewritten bytes that are still to be read, from this place on.
    rewritten: (Vec<u8>, usize),
    _open: Open,
}

impl<S> RequestLines<S> {
    pub(super) fn new(stream: S, open: Open) -> Self {
        Self {
            stream,
            requests: Requests::default(),
            rewritten: (Vec::new(), 0),
            _open: open,
        }
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
            if this.requests.at == At::Closed {
                return Poll::Ready(Ok(()));
            }
            let before = buffer.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
            let read = &buffer.filled()[before..];
            let rewritten = match read.is_empty() {
                true => this.requests.end(),
                false => this.requests.rewrite(read),
            };
            let Some(rewritten) = rewritten else {
                return Poll::Ready(Ok(()));
            };
            buffer.set_filled(before);
            this.rewritten = (rewritten, 0);
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RequestLines<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
