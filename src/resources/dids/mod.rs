//! `/api/dids`: DIDs, as LaraCopilot and as SIP.IO see them.

mod apply;
pub(super) mod body;
pub(super) mod lint;
pub(super) mod model;
pub(super) mod preview;
pub(super) mod read;
pub(super) mod routes;
pub(super) mod shapes;
pub(super) mod view;
pub(super) mod write;

use super::input;
use super::problem::Problem;
use super::request::Request;
use super::task::Fault;
use crate::access::Session;
use crate::access::scope::Scope;
use crate::store::numbers;
use crate::store::records::Record;

/// The DID that the path names, within the user's scope.
fn named(session: &mut Session<'_>, request: &Request) -> Result<Record, Fault> {
    let scope = Scope::of(session)?;
    let row = match input::number(&request.id, "did_") {
        Some(did_id) => numbers::by_id(session.db, did_id)?,
        None => None,
    };
    let row = row.filter(|row| scope.covers(row.get("user_group")));
    row.ok_or_else(|| Problem::not_found("DID").into())
}

/// The digits of a pattern that is a number, without its plus.
fn e164(pattern: &str) -> Option<&str> {
    let digits = pattern.strip_prefix('+').unwrap_or(pattern);
    let is_number = (2..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    is_number.then_some(digits)
}
