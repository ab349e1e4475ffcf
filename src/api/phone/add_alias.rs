//! `add_phone_alias`: adds a name under which an agent signs in to the best of several phones
//! (fixtures/reference/behaviour.md §6).

use crate::access::journal::Change;
use crate::api::{Answer, Line, Session};
use crate::store::phones;

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    let (alias_id, alias_name) = (session.owned("alias_id"), session.owned("alias_name"));
    let logins = session.owned("phone_logins");
    let data = format!("{alias_id}|{alias_name}|{logins}");
    if alias_id.len() < super::SHORTEST || logins.len() < 2 || alias_name.is_empty() {
        return Err(Line::error("add_phone_alias YOU MUST USE ALL REQUIRED FIELDS", data).into());
    }
    if phones::alias_exists(session.db, &alias_id)? {
        return Err(already_exists(alias_id).into());
    }
    super::check_logins(session, "add_phone_alias", &logins)?;

    let change = Change {
        section: "PHONEALIASES",
        kind: "ADD",
        code: "ADMIN API ADD PHONE ALIAS".to_owned(),
    };
    change.begin(session)?;
    let notes = format!("phones: {logins}");
    let fields = [
        ("alias_id", alias_id.clone()),
        ("alias_name", alias_name),
        ("logins_list", logins),
    ];
    let insertion = phones::alias_insertion(session.db, &fields);
    // Another program may have added it since the check above, or its name is cut to that of another alias.
    if !phones::insert(session.db, &insertion)? {
        return Err(already_exists(alias_id).into());
    }
    change.done(session, alias_id, insertion.to_log_text(), notes);
    Ok(Line::success("add_phone_alias PHONE ALIAS HAS BEEN ADDED", data).into())
}

fn already_exists(alias_id: String) -> Line {
    Line::error("add_phone_alias PHONE ALIAS ALREADY EXISTS", alias_id)
}
