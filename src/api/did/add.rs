//! `add_did`: adds an inbound number (fixtures/reference/behaviour.md §5).

use super::number_variants::{self, Variants};
use super::{PATTERN, fields};
use crate::access::journal::Change;
use crate::api::{Answer, Line, Reply, Session};
use crate::store::dids;

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    let pattern = session.owned("did_pattern");
    if !PATTERN.contains(&pattern.len()) {
        return Err(Line::error("add_did YOU MUST USE ALL REQUIRED FIELDS", pattern).into());
    }
    number_variants::check_plus(session, "add_did", "did_pattern")?;
    let pattern = number_variants::formed_pattern(session, "add_did")?;
    let others = Variants::of(session, &[&pattern]);
    let there = dids::existing(session.db, std::iter::once(&*pattern).chain(others.all()))?;
    if there.contains_other_than(others.all()) {
        return Err(already_exists(pattern).into());
    }
    others.check(session, "add_did", &there)?;
    let fields = fields::given(session, "add_did")?;
    if session.is_dry_run() {
        return Ok(added(pattern));
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
        return Err(already_exists(pattern).into());
    };
    let notes = format!("did: {pattern} did_id: {did_id} inserted: 1");
    change.done(session, did_id.to_string(), insertion.to_log_text(), notes);
    Ok(added(pattern))
}

fn added(pattern: String) -> Reply {
    Line::success("add_did DID HAS BEEN ADDED", pattern).into()
}

fn already_exists(pattern: String) -> Line {
    Line::error("add_did DID ALREADY EXISTS", pattern)
}
