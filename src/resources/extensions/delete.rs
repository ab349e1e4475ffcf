//! `DELETE /api/extensions/{id}`

use super::{view, write};
use crate::access::Session;
use crate::access::journal::LogLine;
use crate::access::permission::DELETE_PHONES;
use crate::resources::input::Query;
use crate::resources::problem::{Pointer, Problem, Wrong};
use crate::resources::request::Request;
use crate::resources::task::{Answer, Fault, Response, unchanged};
use crate::store::records::{Record, among, select};
use crate::store::sql::Sql;
use crate::store::{extensions, numbers, own, servers};

/// The most things that an answer names.
const NAMED: u64 = 100;

pub(in crate::resources) fn answer(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut wrong = Wrong::default();
    let query = Query(&request.query);
    query.only(&["force"], &mut wrong);
    let force = query.flag("force", &mut wrong);
    wrong.end()?;
    let row = super::named(session, request)?;
    let refusal = Problem::new(403, "this user is not allowed to delete extensions");
    DELETE_PHONES.check(&session.user, refusal)?;
    let seen = view::view(session.db, &row)?;
    unchanged(request, &seen)?;
    let pointing = pointing(session, &row)?;
    if !pointing.is_empty() && !force {
        let detail =
            "in-groups or DIDs still point at it: change them, or delete it with ?force=true";
        return Err(Problem {
            pointing,
            ..Problem::new(409, detail)
        }
        .into());
    }
    let (phone, server_ip) = (row.text("extension").to_owned(), seen.server_ip);
    let change = write::change_of("DELETE", "ADMIN API DELETE PHONE");
    change.begin(session)?;
    let deletion = Sql::new(format!("DELETE FROM {}", extensions::TABLE))
        .append(extensions::of(&phone, &server_ip));
    // Another call may have deleted it since it was read.
    if session.db.delete(&deletion, 1)? == 0 {
        return Err(Problem::not_found("extension").into());
    }
    servers::rebuild_conf_files(session.db, &server_ip)?;
    let mut statements = vec![deletion.written_out()];
    if session.db.has_own() {
        let condition = extensions::of(&phone, &server_ip);
        statements.push(own::delete(session.db, &own::EXTENSIONS, condition)?);
    }
    let notes = format!("phone: {phone}|{server_ip}");
    change.done(session, phone.clone(), statements.join("; "), notes);
    let line = LogLine::success(
        "update_phone PHONE HAS BEEN DELETED",
        format!("{phone}|{server_ip}|"),
    );
    Ok(Response::no_content(line).into())
}

/// The in-groups and DIDs that lead to a phone.
fn pointing(session: &mut Session<'_>, row: &Record) -> Result<Vec<Pointer>, Fault> {
    let (phone, server_ip) = (row.text("extension"), row.text("server_ip"));
    let mut names = vec![phone];
    names.extend(
        Some(row.text("dialplan_number")).filter(|number| !number.is_empty() && *number != phone),
    );
    let groups = extensions::in_groups_leading_to(session.db, &names)?;
    let mut pointing: Vec<Pointer> = groups
        .iter()
        .map(|group| Pointer {
            kind: "in_group",
            id: group.text("group_id").to_owned(),
            name: group.text("group_name").to_owned(),
        })
        .collect();
    let mut dids = numbers::leading_to_phone(session.db, phone, server_ip, NAMED)?;
    let mut by_ours = Vec::new();
    let key = format!("{phone}@{server_ip}");
    let columns = [
        (&own::ROUTES, "dest_kind", "dest_id"),
        (&own::DIDS, "closed_dest_kind", "closed_dest_id"),
        (&own::DIDS, "holiday_dest_kind", "holiday_dest_id"),
    ];
    for (table, kind, id) in columns {
        let rest = Sql::new(format!(" WHERE {kind} = 'extension' AND {id} = "))
            .bind(key.as_str())
            .sql(&format!(" ORDER BY did_id LIMIT {NAMED}"));
        let rows = own::select(session.db, table, rest)?;
        by_ours.extend(rows.iter().filter_map(|row| row.number("did_id")));
    }
    by_ours.retain(|did_id| !dids.iter().any(|did| did.number("did_id") == Some(*did_id)));
    by_ours.sort_unstable();
    by_ours.dedup();
    let rest = among("did_id", by_ours);
    dids.extend(select(session.db, numbers::TABLE, numbers::COLUMNS, rest)?);
    pointing.extend(dids.iter().map(|did| Pointer {
        kind: "did",
        id: did.text("did_id").to_owned(),
        name: did.text("did_pattern").to_owned(),
    }));
    Ok(pointing)
}
