//! `update_phone`: changes or deletes a phone (fixtures/reference/behaviour.md §6).

use super::fields;
use crate::access::journal::Change;
use crate::access::permission::DELETE_PHONES;
use crate::access::scope::Scope;
use crate::api::{Answer, Dialect, Line, Session};
use crate::store::phones::{self, rows::TABLE};
use crate::store::state::intentions::intend_phone_deletion;
use crate::store::{servers, vicishim_tables};

/// The column that the reference empties with each update, also where nothing is given.
const EMPTIED: &str = "install_directory";

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    let (extension, server_ip) = (session.owned("extension"), session.owned("server_ip"));
    if extension.len() < super::SHORTEST || server_ip.is_empty() {
        return Err(Line::error(
            "update_phone YOU MUST USE ALL REQUIRED FIELDS",
            format!("{extension}|{server_ip}"),
        )
        .into());
    }
    if !servers::exists(session.db, &server_ip)? {
        return Err(Line::error("update_phone SERVER DOES NOT EXIST", server_ip).into());
    }
    let scope = Scope::of(session)?;
    let found = phones::find(session.db, &extension, &server_ip)?;
    if !found.is_some_and(|phone| scope.covers(phone.user_group.as_deref())) {
        return Err(does_not_exist(&extension, &server_ip).into());
    }
    if session.parameter("delete_phone") == "Y" {
        return delete(session, &extension, &server_ip);
    }
    let mut fields = fields::given(session)?;
    let is_nothing_given = fields.is_empty();
    let is_update = !is_nothing_given || session.dialect == Dialect::Wire;
    if is_update && session.db.columns().find(TABLE, EMPTIED).is_some() {
        fields.push((EMPTIED, String::new()));
    }
    let change = Change {
        section: "PHONES",
        kind: "MODIFY",
        code: "ADMIN API UPDATE PHONE".to_owned(),
    };
    change.begin(session)?;
    let mut statement = String::new();
    if !fields.is_empty() {
        let update = phones::change(session.db, &extension, &server_ip, &fields);
        if session.db.write(&update)? == 0 {
            return Err(does_not_exist(&extension, &server_ip).into());
        }
        statement = update.to_log_text();
    }
    servers::rebuild_conf_files(session.db, &server_ip)?;
    let notes = format!("phone: {extension}|{server_ip}");
    change.done(session, extension.clone(), statement, notes);
    let (reason, data) = (
        "update_phone PHONE HAS BEEN UPDATED",
        format!("{extension}|{server_ip}|"),
    );
    // The reference tells of an update, and logs one, also where nothing was given.
    Ok(if is_nothing_given {
        Line::notice("update_phone NO UPDATES DEFINED", "").success_on_the_wire(reason, data)
    } else {
        Line::success(reason, data)
    }
    .into())
}

/// Also where another call has deleted it a moment before.
fn does_not_exist(extension: &str, server_ip: &str) -> Line {
    let reason = "update_phone PHONE DOES NOT EXIST ON THIS SERVER";
    Line::error(reason, format!("{server_ip}|{extension}"))
}

fn delete(session: &mut Session<'_>, extension: &str, server_ip: &str) -> Answer {
    let reason = "update_phone USER DOES NOT HAVE PERMISSION TO DELETE PHONES";
    DELETE_PHONES.check(&session.user, Line::notice(reason, "0").into())?;
    let change = Change {
        section: "PHONES",
        kind: "DELETE",
        code: "ADMIN API DELETE PHONE".to_owned(),
    };
    change.begin(session)?;
    intend_phone_deletion(session.db, extension, server_ip)?;
    let deletion = phones::deletion(extension, server_ip);
    if session.db.delete(&deletion, 1)? == 0 {
        return Err(does_not_exist(extension, server_ip).into());
    }
    servers::rebuild_conf_files(session.db, server_ip)?;
    vicishim_tables::forget_phone(session.db, extension, server_ip)?;
    let notes = format!("phone: {extension}|{server_ip}");
    change.done(session, extension.to_owned(), deletion.to_log_text(), notes);
    Ok(Line::success(
        "update_phone PHONE HAS BEEN DELETED",
        format!("{extension}|{server_ip}|"),
    )
    .into())
}
