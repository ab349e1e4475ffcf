//! What a POST brings.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::Payload;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

/// The largest body; a larger one is refused (413).
const LARGEST: usize = 1024 * 1024;

/// How long a body may take to arrive.
const TIME: Duration = Duration::from_secs(30);

/// What a request's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Parameters.
    Form,
    /// Parameters, written in a way that is not read here.
    Multipart,
    /// Nothing that the API looks at.
    Other,
}

/// Why a body cannot be read.
pub(super) enum Unreadable {
    TooLarge,
    TooSlow,
    Broken,
}

impl Unreadable {
    /// How it is answered.
    pub(super) fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "ERROR: FORM TOO LARGE, AT MOST 1048576 BYTES\n",
            ),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "ERROR: FORM DID NOT ARRIVE IN TIME\n",
            ),
            Self::Broken => (StatusCode::BAD_REQUEST, "ERROR: FORM CANNOT BE READ\n"),
        }
    }
}

impl Kind {
    pub(super) fn of(request: &HttpRequest) -> Self {
        if request.method() != Method::POST {
            return Self::Other;
        }
        let content_type = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_ascii_lowercase();
        if content_type.starts_with("multipart/form-data") {
            Self::Multipart
        } else if content_type.starts_with("application/x-www-form-urlencoded") {
            Self::Form
        } else {
            Self::Other
        }
    }
}

/// The body of a POST; nothing where the request is none, as the reference has it.
pub(super) async fn read(request: &HttpRequest, mut body: Payload) -> Result<Bytes, Unreadable> {
    if request.method() != Method::POST {
        return Ok(Bytes::new());
    }
    let mut sent = BytesMut::new();
    let reading = async {
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| Unreadable::Broken)?;
            if sent.len() + chunk.len() > LARGEST {
                return Err(Unreadable::TooLarge);
            }
            sent.extend_from_slice(&chunk);
        }
        Ok(())
    };
    tokio::time::timeout(TIME, reading)
        .await
        .map_err(|_| Unreadable::TooSlow)??;
    Ok(sent.freeze())
}
