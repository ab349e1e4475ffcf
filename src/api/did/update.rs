//! `update_did`: changes or deletes an inbound number (fixtures/reference/behaviour.md §5).

use super::{PATTERN, fields, number_variants};
use crate::access::journal::Change;
use crate::access::permission::DELETE_DIDS;
use crate::access::scope::Scope;
use crate::api::{Answer, Line, Reply, Session};
use crate::store::dids::{self, Did};
use crate::store::state::intentions::intend_deletion;
use crate::store::vicishim_tables;

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    let pattern = session.owned("did_pattern");
    if !PATTERN.contains(&pattern.len()) {
        return Err(Line::error("update_did YOU MUST USE ALL REQUIRED FIELDS", pattern).into());
    }
    number_variants::check_plus(session, "update_did", "did_pattern")?;
    let scope = Scope::of(session)?;
    let Some(did) =
        dids::find(session.db, &pattern)?.filter(|did| scope.covers(did.user_group.as_deref()))
    else {
        return Err(does_not_exist(pattern).into());
    };
    if session.parameter("delete_did") == "Y" {
        return delete(session, &pattern, &did);
    }
    let fields = fields::given(session, "update_did")?;
    if fields.is_empty() {
        return Err(Line::notice("update_did NO UPDATES DEFINED", "").into());
    }
    if session.is_dry_run() {
        return Ok(updated(pattern));
    }
    let change = Change {
        section: "DIDS",
        kind: "MODIFY",
        code: "ADMIN API UPDATE DID".to_owned(),
    };
    change.begin(session)?;
    let statement = dids::change(did.did_id, &fields);
    if session.db.write(&statement)? == 0 {
        return Err(does_not_exist(pattern).into());
    }
    let notes = format!("did: {pattern} did_id: {}", did.did_id);
    change.done(
        session,
        did.did_id.to_string(),
        statement.to_log_text(),
        notes,
    );
    Ok(updated(pattern))
}

/// Also where another call has deleted it a moment before.
fn does_not_exist(pattern: impl Into<String>) -> Line {
    Line::error("update_did DID DOES NOT EXIST", pattern)
}

fn updated(pattern: String) -> Reply {
    Line::success("update_did DID HAS BEEN UPDATED", pattern).into()
}

fn delete(session: &mut Session<'_>, pattern: &str, did: &Did) -> Answer {
    let reason = "update_did USER DOES NOT HAVE PERMISSION TO DELETE DIDS";
    let refusal = Line::error(reason, "1").user_only();
    DELETE_DIDS.check(&session.user, refusal.into())?;
    if session.is_dry_run() {
        return Ok(deleted(pattern, did));
    }
    let change = Change {
        section: "DIDS",
        kind: "DELETE",
        code: "ADMIN API DELETE DID".to_owned(),
    };
    change.begin(session)?;
    let has_own_rows = intend_deletion(session.db, did.did_id, &did.did_pattern)?;
    let statement = dids::deletion(did.did_id);
    if session.db.delete(&statement, 1)? == 0 {
        return Err(does_not_exist(pattern).into());
    }
    if has_own_rows {
        vicishim_tables::forget_did(session.db, did.did_id)?;
    }
    let notes = format!("did: {pattern} did_id: {}", did.did_id);
    change.done(
        session,
        did.did_id.to_string(),
        statement.to_log_text(),
        notes,
    );
    Ok(deleted(pattern, did))
}

fn deleted(pattern: &str, did: &Did) -> Reply {
    let data = format!("{pattern}|{}", did.did_id);
    Line::success("update_did DID HAS BEEN DELETED", data).into()
}
