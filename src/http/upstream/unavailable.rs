//! Why there is no answer of the upstream.

use std::error::Error;
use std::fmt;

use actix_web::http::StatusCode;
use hyper_util::client::legacy::Error as ClientError;

use crate::http::outgoing::innermost;

/// Why a call has no answer of the upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) enum Unavailable {
    /// The time limit passed.
    TooSlow,
    /// It cannot be reached, or broke off; the reason in our own words.
    Broken(String),
    /// Its address leads back to this server.
    Loop,
    /// With the query, its address is longer than an address may be.
    TooLong,
}

impl Unavailable {
    /// What went wrong, in words that cannot hold the address, and so no password: while connecting, the library knows
    /// the host only; after that, its own words are not used.
    pub(super) fn of(error: &ClientError) -> Self {
        if error.is_connect() {
            return Self::Broken(format!("cannot connect: {}", innermost(error)));
        }
        let source = error.source();
        let reason = match source.and_then(|source| source.downcast_ref::<hyper::Error>()) {
            Some(http) if http.is_incomplete_message() => "it closed the connection unanswered",
            Some(http) if http.is_parse() => "its answer is not HTTP",
            _ => "the connection broke",
        };
        Self::Broken(reason.to_owned())
    }

    /// HTTP's status for it.
    pub(in crate::http) fn status(&self) -> StatusCode {
        match self {
            Self::TooSlow => StatusCode::GATEWAY_TIMEOUT,
            Self::Broken(_) | Self::Loop => StatusCode::BAD_GATEWAY,
            Self::TooLong => StatusCode::URI_TOO_LONG,
        }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooSlow => "it took too long",
            Self::Broken(reason) => reason,
            Self::Loop => "its address leads back to this server",
            Self::TooLong => "the address with its query is too long",
        })
    }
}

impl Error for Unavailable {}
