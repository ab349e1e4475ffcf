//! `update_did`: changes or deletes an inbound number (fixtures/reference/behaviour.md §5). In the documented dialect it also
//! adds one that is not there (`insert_if_not_found=Y`), and gives it another number (`new_did_pattern`).

use super::{PATTERN, add, fields, number_variants};
use crate::access::journal::Change;
use crate::access::permission::{DELETE_DIDS, allowed};
use crate::access::scope::Scope;
use crate::api::{Answer, Dialect, Line, Reply, Session, Stop};
use crate::store::dids::writing::{DidChange, Written};
use crate::store::dids::{self, Did};
use crate::store::state::intentions::intend_deletion;
use crate::store::vicishim_tables::{self, bound};

const FUNCTION: &str = "update_did";

/// The parameter that gives a DID another number.
pub(super) const NEW_NUMBER: &str = "new_did_pattern";

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    let pattern = session.owned("did_pattern");
    if !PATTERN.contains(&pattern.len()) {
        return Err(Line::error("update_did YOU MUST USE ALL REQUIRED FIELDS", pattern).into());
    }
    number_variants::check_plus(session, FUNCTION, "did_pattern")?;
    let deletes = session.parameter("delete_did") == "Y";
    let mut pattern = pattern;
    let mut found = find(session, &pattern)?;
    if found.is_none() && !deletes && session.options.insert_if_not_found {
        // It is there in the form in which an add stores it, where it is.
        let formed = number_variants::formed_pattern(session, FUNCTION, "did_pattern")?;
        if formed != pattern {
            found = find(session, &formed)?;
            pattern = formed;
        }
        if found.is_none() {
            return insert(session, pattern);
        }
    }
    let Some(did) = found else {
        return Err(does_not_exist(pattern).into());
    };
    if deletes {
        return delete(session, &pattern, &did);
    }
    let new_number = new_number(session)?;
    if let Some(new_number) = &new_number {
        add::check_free(session, FUNCTION, new_number, Some(did.did_id))?;
    }
    let mut fields: Vec<_> = fields::given(session, FUNCTION)?
        .into_iter()
        .map(|(column, value)| (column, Some(value)))
        .collect();
    fields.extend(
        new_number
            .iter()
            .map(|number| ("did_pattern", Some(number.clone()))),
    );
    if fields.is_empty() {
        return Err(Line::notice("update_did NO UPDATES DEFINED", "").into());
    }
    if session.is_dry_run() {
        return Ok(updated(pattern, new_number));
    }
    let change = Change {
        section: "DIDS",
        kind: "MODIFY",
        code: "ADMIN API UPDATE DID".to_owned(),
    };
    let own = match &new_number {
        Some(number) if *number != did.did_pattern => bound::of_did(session.db, did.did_id)?,
        _ => None,
    };
    change.begin(session)?;
    let write = DidChange {
        did_id: did.did_id,
        numbers: [
            &did.did_pattern,
            new_number.as_deref().unwrap_or(&did.did_pattern),
        ],
        fields: &fields,
        own: own.as_ref(),
    };
    let statements = match write.write(session.db)? {
        Written::Done(statements) => statements,
        // Another program may have added it since the check above.
        Written::Taken => {
            let number = new_number.unwrap_or(pattern);
            return Err(add::already_exists(FUNCTION, number).into());
        }
        Written::Gone => return Err(does_not_exist(pattern).into()),
    };
    let number = new_number.as_deref().unwrap_or(&pattern);
    let notes = format!("did: {number} did_id: {}", did.did_id);
    change.done(
        session,
        did.did_id.to_string(),
        statements.join("; "),
        notes,
    );
    Ok(updated(pattern, new_number))
}

/// The DID of that pattern, where the user sees it.
fn find(session: &mut Session<'_>, pattern: &str) -> Result<Option<Did>, Stop> {
    let scope = Scope::of(session)?;
    let found = dids::find(session.db, pattern)?;
    Ok(found.filter(|did| scope.covers(did.user_group.as_deref())))
}

/// The number that the DID is to get, in the form in which it is stored; none where the call names none. The wire knows no
/// such parameter.
fn new_number(session: &mut Session<'_>) -> Result<Option<String>, Stop> {
    if session.dialect == Dialect::Wire {
        return Ok(None);
    }
    let number = session.owned(NEW_NUMBER);
    if number.is_empty() && !session.was_filtered_away(NEW_NUMBER) {
        return Ok(None);
    }
    if !PATTERN.contains(&number.len()) {
        let reason =
            "update_did NEW DID PATTERN MUST BE FROM 2 TO 50 CHARACTERS, THIS IS AN OPTIONAL FIELD";
        return Err(Line::error(reason, number).into());
    }
    number_variants::check_plus(session, FUNCTION, NEW_NUMBER)?;
    number_variants::formed_pattern(session, FUNCTION, NEW_NUMBER).map(Some)
}

/// Adds the DID that is not there, under its new number where the call gives one. It takes what `add_did` takes.
fn insert(session: &mut Session<'_>, pattern: String) -> Answer {
    let gate = allowed("add_did", &session.user);
    if !gate.opens() {
        let reason = "update_did USER DOES NOT HAVE PERMISSION TO ADD DIDS";
        let refusal = Line::error(reason, "1").user_only();
        return Err(Stop::at(&gate, refusal.into()));
    }
    let pattern = new_number(session)?.unwrap_or(pattern);
    add::add(session, FUNCTION, pattern)
}

/// Also where another call has deleted it a moment before.
fn does_not_exist(pattern: impl Into<String>) -> Line {
    Line::error("update_did DID DOES NOT EXIST", pattern)
}

fn updated(pattern: String, new_number: Option<String>) -> Reply {
    let data = match new_number {
        Some(number) => format!("{pattern}|{number}"),
        None => pattern,
    };
    Line::success("update_did DID HAS BEEN UPDATED", data).into()
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
