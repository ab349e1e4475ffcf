//! Refuses a request line that is too long before anything of it is kept: with one line of text and status 414, where the
//! HTTP library would close the connection with an empty 400 or 431.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_rt::net::{ActixStream, Ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::endpoint::LONGEST_ADDRESS;
use super::server::Open;

/// The method, the spaces and the protocol around the address in a request line.
const AROUND: usize = "GET  HTTP/1.1\r".len();

/// The longest request line that is let through.
const LONGEST_LINE: usize = LONGEST_ADDRESS + AROUND;

/// How much of a refused request is read and thrown away, so that the client gets to read its answer.
const DRAINED: usize = 4 * 1024 * 1024;

const REFUSAL: &[u8] = b"HTTP/1.1 414 URI Too Long\r\ncontent-type: text/plain; charset=utf-8\r\n\
x-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: 53\r\n\r\n\
ERROR: REQUEST ADDRESS TOO LONG, AT MOST 65534 BYTES\n";

/// Where the stream of requests is.
enum State {
    /// In a request line, of which so many bytes have come.
    Line(usize),
    /// Behind it.
    Behind,
    /// In a line that was too long; so much of the refusal is sent, so much of the request thrown away.
    Refused { sent: usize, drained: usize },
}

/// A connection whose request lines are bounded.
pub(super) struct Guarded<S> {
    stream: S,
    state: State,
    _open: Open,
}

impl<S> Guarded<S> {
    pub(super) fn new(stream: S, open: Open) -> Self {
        Self {
            stream,
            state: State::Line(0),
            _open: open,
        }
    }

    /// Looks at what has come; whether the line is still of a bearable length.
    fn admit(&mut self, bytes: &[u8]) -> bool {
        if let State::Line(length) = self.state {
            // Line ends before the first request are no request line.
            let skipped = if length == 0 {
                bytes
                    .iter()
                    .take_while(|byte| b"\r\n".contains(byte))
                    .count()
            } else {
                0
            };
            let bytes = &bytes[skipped..];
            self.state = match bytes.iter().position(|&byte| byte == b'\n') {
                Some(end) if length + end <= LONGEST_LINE => State::Behind,
                None if length + bytes.len() <= LONGEST_LINE => State::Line(length + bytes.len()),
                _ => State::Refused {
                    sent: 0,
                    drained: 0,
                },
            };
        }
        !matches!(self.state, State::Refused { .. })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Guarded<S> {
    /// Sends the refusal and throws away what still comes; the end of the stream when the client has had its answer.
    fn refuse(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let State::Refused { sent, drained } = &mut self.state else {
            return Poll::Ready(Ok(()));
        };
        while *sent < REFUSAL.len() {
            *sent += ready!(Pin::new(&mut self.stream).poll_write(cx, &REFUSAL[*sent..]))?;
            if *sent == REFUSAL.len() {
                ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
                ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            }
        }
        let mut scratch = [0; 8192];
        while *drained < DRAINED {
            let mut scratch = ReadBuf::new(&mut scratch);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut scratch))?;
            match scratch.filled().len() {
                0 => break,
                count => *drained += count,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !matches!(this.state, State::Refused { .. }) {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
            if this.admit(&buffer.filled()[before..]) {
                return Poll::Ready(Ok(()));
            }
            buffer.set_filled(before);
        }
        this.refuse(cx)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if matches!(this.state, State::Refused { .. }) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = ready!(Pin::new(&mut this.stream).poll_write(cx, bytes))?;
        // An answer is followed by the next request's line; `100 Continue` by this one's body.
        if bytes.starts_with(b"HTTP/1.1 ") && !bytes.starts_with(b"HTTP/1.1 100") {
            this.state = State::Line(0);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

impl<S: ActixStream> ActixStream for Guarded<S> {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        self.stream.poll_read_ready(cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        self.stream.poll_write_ready(cx)
    }
}
