//! `/api/dids`: DIDs, as LaraCopilot and as SIP.IO see them.

mod apply;
mod description;
pub(super) mod lint;
pub(super) mod loaded;
mod model;
mod pattern;
pub(super) mod preview;
pub(super) mod read;
pub(super) mod route;
pub(super) mod routes;
pub(super) mod shapes;
pub(super) mod sipio;
pub(super) mod write;

use super::client_id;
use super::problem::Problem;
use super::request::Request;
use super::response::Fault;
use crate::access::Session;
use crate::access::scope::Scope;
use loaded::Loaded;

/// The DID that the path names, within the user's scope.
fn named(session: &mut Session<'_>, request: &Request) -> Result<Loaded, Fault> {
    let scope = Scope::of(session)?;
    let did = match client_id::DIDS.key(session.db, &request.id)? {
        Some(did_id) => Loaded::by_id(session.db, did_id)?,
        None => None,
    };
    let did = did.filter(|did| scope.covers(did.model.user_group.as_deref()));
    did.ok_or_else(|| Problem::not_found("DID").into())
}

/// The number of the DID that the path names, as it is stored.
pub(super) fn pattern_of(session: &mut Session<'_>, request: &Request) -> Result<String, Fault> {
    Ok(named(session, request)?.model.number)
}

/// The digits of a pattern that is a number, without its plus.
fn e164(pattern: &str) -> Option<&str> {
    let digits = pattern.strip_prefix('+').unwrap_or(pattern);
    let is_number = (2..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    is_number.then_some(digits)
}
