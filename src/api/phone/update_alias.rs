//! `update_phone_alias`: changes or deletes a phone alias (fixtures/reference/behaviour.md §6).

use crate::access::journal::Change;
use crate::access::permission::DELETE_PHONES;
use crate::api::{Answer, Line, Session};
use crate::store::phones;

/// A new name: 2 to 50 bytes.
const NAME: std::ops::RangeInclusive<usize> = 2..=50;

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    let (alias_id, alias_name) = (session.owned("alias_id"), session.owned("alias_name"));
    let logins = session.owned("phone_logins");
    let has_logins = logins.len() >= 2;
    let is_given =
        has_logins || !alias_name.is_empty() || !session.parameter("delete_alias").is_empty();
    if alias_id.len() < super::SHORTEST || !is_given {
        return Err(Line::error(
            "update_phone_alias YOU MUST USE ALL REQUIRED FIELDS",
            format!("{alias_id}|{alias_name}|{logins}"),
        )
        .into());
    }
    if !phones::alias_exists(session.db, &alias_id)? {
        return Err(does_not_exist(alias_id).into());
    }
    if session.parameter("delete_alias") == "Y" {
        return delete(session, alias_id);
    }
    let notes = format!("phones: {logins}");
    let mut fields = Vec::new();
    if !alias_name.is_empty() {
        if !NAME.contains(&alias_name.len()) {
            let reason = "update_phone_alias YOU MUST USE A VALID ALIAS NAME";
            return Err(Line::error(reason, alias_name).into());
        }
        fields.push(("alias_name", alias_name));
    }
    if has_logins {
        super::check_logins(session, "update_phone_alias", &logins)?;
        fields.push(("logins_list", logins));
    }
    if fields.is_empty() {
        return Err(Line::notice("update_phone_alias NO UPDATES DEFINED", "").into());
    }

    let change = Change {
        section: "PHONEALIASES",
        kind: "MODIFY",
        // Not `… PHONE ALIAS`: so the reference has it (§7).
        code: "ADMIN API UPDATE PHONE".to_owned(),
    };
    change.begin(session)?;
    let update = phones::alias_change(session.db, &alias_id, &fields);
    if session.db.write(&update)? == 0 {
        return Err(does_not_exist(alias_id).into());
    }
    change.done(session, alias_id.clone(), update.to_log_text(), notes);
    Ok(Line::success(
        "update_phone_alias PHONE ALIAS HAS BEEN UPDATED",
        format!("{alias_id}|"),
    )
    .into())
}

/// Also where another call has deleted it a moment before.
fn does_not_exist(alias_id: String) -> Line {
    Line::error("update_phone_alias PHONE ALIAS DOES NOT EXIST", alias_id)
}

fn delete(session: &mut Session<'_>, alias_id: String) -> Answer {
    let reason = "update_phone_alias USER DOES NOT HAVE PERMISSION TO DELETE PHONE ALIASES";
    DELETE_PHONES.check(&session.user, Line::notice(reason, "0").into())?;
    let change = Change {
        section: "PHONEALIASES",
        kind: "DELETE",
        code: "ADMIN API DELETE PHONE ALIAS".to_owned(),
    };
    change.begin(session)?;
    let deletion = phones::alias_deletion(&alias_id);
    if session.db.delete(&deletion, 1)? == 0 {
        return Err(does_not_exist(alias_id).into());
    }
    change.done(
        session,
        alias_id.clone(),
        deletion.to_log_text(),
        String::new(),
    );
    Ok(Line::success("update_phone_alias PHONE ALIAS HAS BEEN DELETED", alias_id).into())
}
