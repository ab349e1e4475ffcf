//! One line a request. Never the address asked for: passwords travel in it.

use std::fmt;
use std::time::Instant;

use actix_web::http::StatusCode;

use super::State;
use crate::access::journal::Short;
use crate::log_limit;

/// A call that was answered.
pub(super) struct Answered<'a> {
    /// The function, the user and the `source`.
    pub(super) sent_by: [&'a str; 3],
    pub(super) status: StatusCode,
    /// The result, or who answered.
    pub(super) word: &'a str,
    /// Whether it could not be answered for want of our database.
    pub(super) is_outage: bool,
    pub(super) received: Instant,
}

/// Writes the line of a call.
pub(super) fn log_access(state: &State, answered: Answered<'_>) {
    let [function, user, source] = answered.sent_by;
    let line = format_args!(
        "{}function={} user={} source={} status={} {} {:.1}ms",
        if state.tls.is_some() { "https " } else { "" },
        Short(function),
        Short(user),
        Short(source),
        answered.status.as_u16(),
        answered.word,
        answered.received.elapsed().as_secs_f64() * 1000.0,
    );
    write_access(answered.is_outage, line);
}

/// Writes a line of the access log: while the database is away, one a second says as much as thousands.
pub(super) fn write_access(is_outage: bool, line: fmt::Arguments<'_>) {
    if is_outage {
        log_limit::info!(target: "vicishim::access", "{line}");
    } else {
        log::info!(target: "vicishim::access", "{line}");
    }
}
