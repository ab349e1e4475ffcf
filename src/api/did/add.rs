//! `add_did`: adds an inbound number (fixtures/reference/behaviour.md §5).

use super::number_variants::{self, Variants};
use super::{PATTERN, fields};
use crate::access::journal::Change;
use crate::api::{Answer, Line, Reply, Session, Stop};
use crate::store::dids;

const FUNCTION: &str = "add_did";

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    let pattern = session.owned("did_pattern");
    if !PATTERN.contains(&pattern.len()) {
        return Err(Line::error("add_did YOU MUST USE ALL REQUIRED FIELDS", pattern).into());
    }
    number_variants::check_plus(session, FUNCTION, "did_pattern")?;
    let pattern = number_variants::formed_pattern(session, FUNCTION, "did_pattern")?;
    add(session, FUNCTION, pattern)
}

/// Adds a DID of this number, in the form in which it is stored, with the fields that the call gives: for `add_did`, and for
/// `update_did` where the DID is not there. `function` is the one that was called.
///
/// # Errors
/// The reply that refuses it: another DID has the number, or a field is not valid.
pub(super) fn add(session: &mut Session<'_>, function: &'static str, pattern: String) -> Answer {
    check_free(session, function, &pattern, None)?;
    let fields = fields::given(session, function)?;
    if session.is_dry_run() {
        return Ok(added(function, pattern));
    }
    let change = Change {
        section: "DIDS",
        kind: "ADD",
        code: "ADMIN API ADD DID".to_owned(),
    };
    change.begin(session)?;
    let insertion = dids::insertion(&pattern, &fields);
    // Another program may have added it since the check above (§8.1).
    let Some(did_id) = dids::insert(session.db, &insertion, &pattern)? else {
        return Err(already_exists(function, pattern).into());
    };
    let notes = format!("did: {pattern} did_id: {did_id} inserted: 1");
    change.done(session, did_id.to_string(), insertion.to_log_text(), notes);
    Ok(added(function, pattern))
}

/// Checks that no DID but `own` has this number, nor one that differs only by a leading `+` or `1`.
///
/// # Errors
/// The reply that refuses it.
pub(super) fn check_free(
    session: &mut Session<'_>,
    function: &str,
    pattern: &str,
    own: Option<i64>,
) -> Result<(), Stop> {
    let others = Variants::of(session, &[pattern]);
    let mut there = dids::existing(session.db, std::iter::once(pattern).chain(others.all()))?;
    if let Some(own) = own {
        there = there.without(own);
    }
    if there.contains_other_than(others.all()) {
        return Err(already_exists(function, pattern).into());
    }
    others.check(session, function, &there)
}

fn added(function: &str, pattern: String) -> Reply {
    Line::success(format!("{function} DID HAS BEEN ADDED"), pattern).into()
}

/// The refusal of a number that another DID has.
pub(super) fn already_exists(function: &str, pattern: impl Into<String>) -> Line {
    Line::error(format!("{function} DID ALREADY EXISTS"), pattern)
}
