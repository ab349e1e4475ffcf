//! What a request brings in its body, and how much of that there may be at once.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::{Method, StatusCode, header};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// The largest body; a larger one is refused (413).
const LARGEST: usize = 1024 * 1024;

/// How much of a body that is too large is read and thrown away, so that the client gets to read its answer.
const THROWN_AWAY: usize = 3 * LARGEST;

/// How long a body may take to arrive.
const TIME: Duration = Duration::from_secs(30);

/// Up to this size a body needs its share only once it is here, so that a client that sends a large one slowly holds up
/// others with large ones alone.
const SMALL: usize = 16 * 1024;

/// How many bytes of large bodies may be in memory, with the ones that are still on their way; and of small ones.
const AT_ONCE: [usize; 2] = [32 * LARGEST, 16 * LARGEST];

/// The bytes of bodies that may be in memory. A body has its share of them until its call is answered.
#[derive(Debug, Clone)]
pub struct Bodies {
    large: Arc<Semaphore>,
    small: Arc<Semaphore>,
}

impl Default for Bodies {
    fn default() -> Self {
        let [large, small] = AT_ONCE.map(|bytes| Arc::new(Semaphore::new(bytes)));
        Self { large, small }
    }
}

impl Bodies {
    /// Waits for the share of a body of this size.
    async fn share(&self, size: usize, end: Instant) -> Result<OwnedSemaphorePermit, Unreadable> {
        let bodies = if size > SMALL {
            &self.large
        } else {
            &self.small
        };
        let size = u32::try_from(size).map_err(|_| Unreadable::TooLarge)?;
        match timeout_at(end, Arc::clone(bodies).acquire_many_owned(size)).await {
            Ok(Ok(share)) => Ok(share),
            _ => Err(Unreadable::TooMany),
        }
    }
}

/// A body, with its share of the memory.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) bytes: Bytes,
    /// Counts while it is kept.
    pub(super) share: Option<OwnedSemaphorePermit>,
}

/// Why a body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    TooLarge,
    TooSlow,
    TooMany,
    Broken,
}

impl Unreadable {
    /// What the text API says of it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::TooLarge => "ERROR: FORM TOO LARGE, AT MOST 1048576 BYTES\n",
            Self::TooSlow => "ERROR: FORM DID NOT ARRIVE IN TIME\n",
            Self::TooMany => "ERROR: TOO MANY FORMS AT ONCE, TRY AGAIN LATER\n",
            Self::Broken => "ERROR: FORM CANNOT BE READ\n",
        }
    }

    /// HTTP's status for it.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooMany => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }
}

/// The body of a request; empty where its method has none: that of a GET is not waited for, that of a DELETE thrown away.
///
/// # Errors
/// It is too large, too slow, or breaks off; or there are too many others.
pub(super) async fn read(
    request: &HttpRequest,
    mut payload: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    bodies: &Bodies,
) -> Result<Body, Unreadable> {
    let end = Instant::now() + TIME;
    let has_one = [Method::POST, Method::PUT, Method::PATCH].contains(request.method());
    if [Method::GET, Method::HEAD].contains(request.method()) {
        return Ok(Body {
            bytes: Bytes::new(),
            share: None,
        });
    }
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let mut share = None;
    if has_one && let Some(length) = length.filter(|length| (SMALL + 1..=LARGEST).contains(length))
    {
        share = Some(bodies.share(length, end).await?);
    }
    let mut bytes = BytesMut::new();
    let mut size = 0;
    loop {
        let piece = timeout_at(end, payload.next()).await;
        let Some(piece) = piece.map_err(|_| Unreadable::TooSlow)? else {
            break;
        };
        let piece = piece.map_err(|_| Unreadable::Broken)?;
        size += piece.len();
        if size > LARGEST + THROWN_AWAY {
            break;
        }
        if size > LARGEST || !has_one {
            (bytes, share) = (BytesMut::new(), None);
            continue;
        }
        if size > SMALL && share.is_none() {
            share = Some(bodies.share(LARGEST, end).await?);
        }
        bytes.extend_from_slice(&piece);
    }
    if size > LARGEST && has_one {
        return Err(Unreadable::TooLarge);
    }
    if share.is_none() && !bytes.is_empty() {
        share = Some(bodies.share(bytes.len(), end).await?);
    }
    Ok(Body {
        bytes: bytes.freeze(),
        share,
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use futures_util::stream;

    use super::*;

    /// Reads a body that comes in these pieces, of which the head says the length or not.
    async fn read_pieces(
        bodies: &Bodies,
        pieces: &[usize],
        says_length: bool,
    ) -> Result<Body, Unreadable> {
        let mut request = TestRequest::post();
        if says_length {
            let length: usize = pieces.iter().sum();
            request = request.insert_header((header::CONTENT_LENGTH, length));
        }
        let pieces = pieces.iter().map(|size| Ok(Bytes::from(vec![b'x'; *size])));
        read(&request.to_http_request(), stream::iter(pieces), bodies).await
    }

    fn left(bodies: &Bodies) -> [usize; 2] {
        [&bodies.large, &bodies.small].map(|bodies| bodies.available_permits())
    }

    #[actix_web::test]
    async fn a_body_has_its_share_until_it_is_dropped() {
        let bodies = Bodies::default();
        for (pieces, says_length, shares) in [
            (&[][..], false, [0, 0]),
            (&[100, 50], true, [0, 150]),
            (&[SMALL], false, [0, SMALL]),
            (&[SMALL, 1], true, [SMALL + 1, 0]),
            (&[SMALL, 1], false, [LARGEST, 0]),
            (&[LARGEST], true, [LARGEST, 0]),
        ] {
            let body = read_pieces(&bodies, pieces, says_length).await;
            let body = body.expect("a body");
            assert_eq!(body.bytes.len(), pieces.iter().sum::<usize>());
            let taken = [0, 1].map(|at| AT_ONCE[at] - left(&bodies)[at]);
            assert_eq!(taken, shares, "{pieces:?}");
            drop(body);
            assert_eq!(left(&bodies), AT_ONCE);
        }
        let large = read_pieces(&bodies, &[LARGEST, 1], true).await;
        assert_eq!(large.err(), Some(Unreadable::TooLarge));
        assert_eq!(left(&bodies), AT_ONCE);
    }

    #[actix_web::test]
    async fn there_are_only_so_many_bytes_at_once() {
        let bodies = Bodies::default();
        let mut held = Vec::new();
        while left(&bodies)[0] > 0 {
            held.push(
                read_pieces(&bodies, &[LARGEST], true)
                    .await
                    .expect("a body"),
            );
        }
        assert_eq!(held.len(), AT_ONCE[0] / LARGEST);
        // Another large one waits for one of them; a small one does not.
        let large = read_pieces(&bodies, &[LARGEST], true);
        let mut large = std::pin::pin!(large);
        assert!(futures_util::poll!(&mut large).is_pending());
        assert!(read_pieces(&bodies, &[SMALL], true).await.is_ok());
        held.pop();
        assert!(large.await.is_ok());
    }
}
