//! `DELETE /api/extensions/{id}`

use super::loaded::Loaded;
use super::write;
use crate::access::Session;
use crate::access::journal::LogLine;
use crate::access::permission::DELETE_PHONES;
use crate::access::scope::Scope;
use crate::resources::problem::{Pointer, Pointing, Problem};
use crate::resources::request::Request;
use crate::resources::response::{Answer, Response, unchanged};
use crate::store::state::intentions::intend_phone_deletion;
use crate::store::vicishim_tables::bound::bound_dids;
use crate::store::{
    QueryResult, dids::rows as did_rows, phones::rows as phone_rows, servers, vicishim_tables,
};

/// The most things that an answer names.
const NAMED: u64 = 100;

pub(in crate::resources) fn answer(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let before = super::named(session, request)?;
    let refusal = Problem::new(403, "this user is not allowed to delete extensions");
    DELETE_PHONES.check(&session.user, refusal)?;
    unchanged(request, &before.shown())?;
    if !request.query.flag("force") {
        let detail =
            "in-groups or DIDs still point at it: change them, or delete it with ?force=true";
        pointing(session, &before)?.refuse(detail)?;
    }
    let (phone, server_ip) = (before.row.text("extension"), before.row.text("server_ip"));
    let change = write::change_of("DELETE", "ADMIN API DELETE PHONE");
    change.begin(session)?;
    intend_phone_deletion(session.db, phone, server_ip)?;
    let deletion = phone_rows::deletion(phone, server_ip);
    // Another call may have deleted it since it was read.
    if session.db.delete(&deletion, 1)? == 0 {
        return Err(Problem::not_found("extension").into());
    }
    servers::rebuild_conf_files(session.db, server_ip)?;
    let mut statements = vec![deletion.to_log_text()];
    let forgotten = vicishim_tables::forget_phone(session.db, phone, server_ip)?;
    statements.extend(forgotten);
    let notes = format!("phone: {phone}|{server_ip}");
    change.done(session, phone.to_owned(), statements.join("; "), notes);
    let data = format!("{phone}|{server_ip}|");
    let line = LogLine::success("update_phone PHONE HAS BEEN DELETED", data);
    Ok(Response::no_content(line).into())
}

/// The in-groups and DIDs that lead to a phone.
fn pointing(session: &mut Session<'_>, extension: &Loaded) -> QueryResult<Pointing> {
    let scope = Scope::of(session)?;
    let db = &mut *session.db;
    let (phone, server_ip) = (
        extension.row.text("extension"),
        extension.row.text("server_ip"),
    );
    let mut names = vec![phone];
    names.extend(Some(extension.dialplan()).filter(|number| *number != phone));
    let groups = phone_rows::in_groups_leading_to(db, &names)?;
    let mut pointing = Pointing::default();
    for group in groups {
        let pointer = Pointer {
            kind: "in_group",
            id: group.text("group_id").to_owned(),
            name: group.text("group_name").to_owned(),
        };
        pointing.add(&scope, group.get("user_group"), pointer);
    }
    let mut dids = did_rows::leading_to_phone(db, phone, server_ip, NAMED)?;
    let mut by_ours = vicishim_tables::dids_leading_to(db, &extension.key(), NAMED)?;
    by_ours.retain(|did_id| !dids.iter().any(|did| did.number("did_id") == Some(*did_id)));
    dids.extend(bound_dids(db, &by_ours)?);
    for did in dids {
        let pointer = Pointer {
            kind: "did",
            id: did.text("did_id").to_owned(),
            name: did.text("did_pattern").to_owned(),
        };
        pointing.add(&scope, did.get("user_group"), pointer);
    }
    Ok(pointing)
}
