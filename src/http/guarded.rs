//! A client's connection that ends where the client does not read, and where it is idle and its place is needed. It stands
//! below TLS and HTTP, so that it guards every phase of both.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::connections::Open;

/// How long a client may take none of what is sent to it.
const WRITE_TIME: Duration = Duration::from_secs(30);

/// A guarded connection.
pub(super) struct Guarded<S> {
    stream: S,
    open: Open,
    /// Runs while the client takes nothing.
    unread: Option<Pin<Box<Sleep>>>,
    /// Runs until an idle connection may be closed.
    closing: Option<Pin<Box<Sleep>>>,
}

impl<S> Guarded<S> {
    pub(super) fn new(stream: S, open: Open) -> Self {
        Self {
            stream,
            open,
            unread: None,
            closing: None,
        }
    }

    /// # Errors
    /// The connection is to be closed whatever is under way.
    fn check(&self) -> io::Result<()> {
        if !self.open.connection().is_broken() {
            return Ok(());
        }
        log::debug!("a connection is closed: its client asks for too much, or takes no answer");
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    /// The client takes nothing now.
    ///
    /// # Errors
    /// It has taken nothing for too long.
    fn unread(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let unread = self
            .unread
            .get_or_insert_with(|| Box::pin(sleep(WRITE_TIME)));
        match unread.as_mut().poll(cx) {
            Poll::Pending => Ok(()),
            Poll::Ready(()) => {
                log::debug!("a connection is closed: its client takes no answer");
                Err(io::ErrorKind::TimedOut.into())
            }
        }
    }

    /// Whether the connection is to end now, of which there is nothing to read.
    fn ends(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(wait) = self.open.connection().closes_in(cx.waker()) else {
            return false;
        };
        if wait.is_zero() {
            log::debug!("an idle connection is closed");
            return true;
        }
        let end = Instant::now() + wait;
        let closing = self
            .closing
            .get_or_insert_with(|| Box::pin(sleep_until(end)));
        closing.as_mut().reset(end);
        closing.as_mut().poll(cx).is_ready()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check()?;
        if let Poll::Ready(read) = Pin::new(&mut this.stream).poll_read(cx, buffer) {
            this.open.connection().pass();
            return Poll::Ready(read);
        }
        if this.unread.is_some() {
            this.unread(cx)?;
        }
        match this.ends(cx) {
            true => Poll::Ready(Ok(())),
            false => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.check()?;
        if let Poll::Ready(written) = Pin::new(&mut this.stream).poll_write(cx, bytes) {
            if this.unread.take().is_some() {
                this.open.connection().note_reading(true);
            }
            this.open.connection().pass();
            return Poll::Ready(written);
        }
        if this.unread.is_none() {
            this.open.connection().note_reading(false);
        }
        this.unread(cx)?;
        Poll::Pending
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
