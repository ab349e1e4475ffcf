//! `/api/schedules`: weekly hours and holidays on the clock of a time zone.

pub(super) mod loaded;
mod written;

use super::client_id::SCHEDULES;
use super::problem::{Pointer, Pointing, Problem};
use super::request::Request;
use super::response::{self, Answer, Fault, Response, unchanged};
use super::sipio;
use super::tenant_ref::group_of;
use crate::access::Session;
use crate::access::journal::{Change, LogLine};
use crate::access::permission::DELETE_DIDS;
use crate::access::scope::Scope;
use crate::store::vicishim_tables::bound::bound_dids;
use crate::store::vicishim_tables::{self, Filter};
use crate::store::{Db, QueryResult, phones::rows as phone_rows};
use loaded::{Schedule, load};
use written::{clear_rows, written};

/// The most things that an answer names.
const NAMED: u64 = 100;

pub(super) fn list(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let query = &request.query;
    let paging = query.paging();
    let filter = Filter {
        search: query.search(),
        user_group: group_of(session.db, query)?,
        scope: Scope::of(session)?.user_groups(),
    };
    let is_sip_io = query.is_sip_io();
    let line = LogLine::success("did_list SCHEDULES LISTED", paging.page.to_string());
    let reading = move |db: &mut Db| {
        let (offset, count) = (paging.offset(), paging.per_page);
        let searched = ["name", "time_zone"];
        let (rows, total) = vicishim_tables::list(
            db,
            &vicishim_tables::SCHEDULES,
            &searched,
            &filter,
            offset,
            count,
        )?;
        let shown = load(db, &rows)?;
        Ok(paging.page((sipio::listed(db, is_sip_io, shown)?, total)))
    };
    response::read(reading, line)
}

pub(super) fn one(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let schedule = named(session, request)?;
    let line = LogLine::success("did_list SCHEDULE SHOWN", schedule.schedule_id.to_string());
    Ok(sipio::shown(session, request, 200, schedule, line)?.into())
}

/// The schedule that the path names, within the user's scope.
fn named(session: &mut Session<'_>, request: &Request) -> Result<Schedule, Fault> {
    let scope = Scope::of(session)?;
    let schedule = match SCHEDULES.key(session.db, &request.id)? {
        Some(id) => by_id(session.db, id)?,
        None => None,
    };
    let schedule = schedule.filter(|found| scope.covers(found.user_group.as_deref()));
    schedule.ok_or_else(|| Problem::not_found("schedule").into())
}

fn by_id(db: &mut Db, id: i64) -> QueryResult<Option<Schedule>> {
    match vicishim_tables::by_key(db, &vicishim_tables::SCHEDULES, id)? {
        Some(row) => Ok(load(db, &[row])?.pop()),
        None => Ok(None),
    }
}

pub(super) fn add(session: &mut Session<'_>, request: &Request) -> Answer {
    let written = written(session, request, None)?;
    let change = change_of("ADD", "ADMIN API ADD SCHEDULE");
    change.begin(session)?;
    let (id, statement) =
        vicishim_tables::insert(session.db, &vicishim_tables::SCHEDULES, &written.fields())?;
    let mut statements = vec![statement];
    statements.extend(written.put_rows(session, id)?);
    log_change(session, &change, id, &statements);
    let line = LogLine::success("add_did SCHEDULE HAS BEEN ADDED", id.to_string());
    let view = shown(session, id)?;
    let location = match view.client_id() {
        Some(id) => format!("/api/schedules/{id}"),
        None => format!("/api/schedules/{id}"),
    };
    Ok(sipio::shown(session, request, 201, view, line)?
        .at(location)
        .into())
}

pub(super) fn change(session: &mut Session<'_>, request: &Request) -> Answer {
    let before = named(session, request)?;
    unchanged(request, &before)?;
    let id = before.schedule_id;
    let written = written(session, request, Some(before))?;
    let change = change_of("MODIFY", "ADMIN API UPDATE SCHEDULE");
    change.begin(session)?;
    let (table, fields) = (&vicishim_tables::SCHEDULES, written.fields());
    let changed = vicishim_tables::change_row(session.db, table, id, &fields)?;
    // Another program may have deleted it meanwhile.
    let mut statements = vec![changed.ok_or_else(|| Problem::not_found("schedule"))?];
    statements.extend(clear_rows(session, id)?);
    statements.extend(written.put_rows(session, id)?);
    log_change(session, &change, id, &statements);
    let line = LogLine::success("update_did SCHEDULE HAS BEEN UPDATED", id.to_string());
    let view = shown(session, id)?;
    Ok(sipio::shown(session, request, 200, view, line)?.into())
}

pub(super) fn delete(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let before = named(session, request)?;
    let refusal = Problem::new(403, "this user is not allowed to delete schedules");
    DELETE_DIDS.check(&session.user, refusal)?;
    unchanged(request, &before)?;
    let id = before.schedule_id;
    if !request.query.flag("force") {
        let detail = "DIDs or extensions still have it: change them, or delete it with ?force=true";
        pointing(session, id)?.refuse(detail)?;
    }
    let change = change_of("DELETE", "ADMIN API DELETE SCHEDULE");
    change.begin(session)?;
    let deleted = vicishim_tables::delete_row(session.db, &vicishim_tables::SCHEDULES, id)?;
    let mut statements = vec![deleted.ok_or_else(|| Problem::not_found("schedule"))?];
    statements.extend(clear_rows(session, id)?);
    log_change(session, &change, id, &statements);
    let line = LogLine::success("update_did SCHEDULE HAS BEEN DELETED", id.to_string());
    Ok(Response::no_content(line).into())
}

fn change_of(kind: &'static str, code: &str) -> Change {
    Change {
        section: "DIDS",
        kind,
        code: code.to_owned(),
    }
}

fn log_change(session: &mut Session<'_>, change: &Change, id: i64, statements: &[String]) {
    let notes = format!("schedule: {id}");
    change.done(session, id.to_string(), statements.join("; "), notes);
}

fn shown(session: &mut Session<'_>, id: i64) -> Result<Schedule, Fault> {
    by_id(session.db, id)?.ok_or_else(|| Problem::not_found("schedule").into())
}

/// The DIDs and extensions that have a schedule.
fn pointing(session: &mut Session<'_>, id: i64) -> QueryResult<Pointing> {
    let (scope, phone_scope) = (Scope::of(session)?, Scope::lenient_of(session)?);
    let db = &mut *session.db;
    let mut pointing = Pointing::default();
    let (dids, extensions) = vicishim_tables::with_schedule(db, id, NAMED)?;
    let ids: Vec<i64> = dids.iter().filter_map(|row| row.number("did_id")).collect();
    let dids = bound_dids(db, &ids)?;
    for row in dids {
        let pointer = Pointer {
            kind: "did",
            id: row.text("did_id").to_owned(),
            name: row.text("did_pattern").to_owned(),
        };
        pointing.add(&scope, row.get("user_group"), pointer);
    }
    for row in extensions {
        let phone = phone_rows::find(db, row.text("extension"), row.text("server_ip"))?;
        if phone.is_none() && db.has_state() {
            // Its phone was deleted in the dialer's own pages.
            continue;
        }
        let user_group = phone.as_ref().and_then(|phone| phone.get("user_group"));
        let pointer = Pointer {
            kind: "extension",
            id: row.text("extension_id").to_owned(),
            name: row.text("extension").to_owned(),
        };
        pointing.add(&phone_scope, user_group, pointer);
    }
    Ok(pointing)
}
