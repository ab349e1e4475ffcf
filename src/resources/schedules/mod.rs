//! `/api/schedules`: weekly hours and holidays on the clock of a time zone.

pub(super) mod body;
mod written;

use serde::Serialize;
use utoipa::ToSchema;

use super::dids::read::{Paging, like, search, tenant_group};
use super::input::{self, Query};
use super::problem::{Pointer, Problem, Wrong};
use super::request::Request;
use super::task::{Answer, Fault, Response, unchanged};
use super::tenant::{Numbers, account_id};
use crate::access::Session;
use crate::access::journal::Change;
use crate::access::journal::LogLine;
use crate::access::permission::DELETE_DIDS;
use crate::access::scope::Scope;
use crate::loading;
use crate::store::numbers;
use crate::store::own;
use crate::store::records::{Record, among, equal, page, select};
use crate::store::sql::Sql;
use body::{Holiday, Opening, Schedule};
use written::{clear_rows, written};

/// A page of schedules.
#[derive(Serialize, ToSchema)]
pub(in crate::resources) struct SchedulePage {
    /// The schedules, by id.
    data: Vec<Schedule>,
    /// Which page this is, from 1 on.
    page: u64,
    /// How many a page holds.
    per_page: u64,
    /// How many there are on all pages.
    total: u64,
}

fn view(session: &mut Session<'_>, row: &Record) -> Result<Schedule, Fault> {
    let id = row.number("schedule_id").unwrap_or(0);
    let rows = loading::schedule(session.db, id)?.unwrap_or_default();
    let numbers = Numbers::of(session.db, row.get("user_group"))?;
    let tenant_id = row.get("user_group").and_then(|group| numbers.id(group));
    let hours = rows.hours.into_iter().filter_map(|(day, opens, closes)| {
        let day = serde_json::from_value(day.into()).ok()?;
        Some(Opening { day, opens, closes })
    });
    Ok(Schedule {
        id,
        schedule_id: id,
        tenant_id,
        account_id: account_id(tenant_id),
        user_group: row.get("user_group").map(str::to_owned),
        name: rows.name,
        time_zone: rows.time_zone,
        hours: hours.collect(),
        holidays: rows
            .holidays
            .into_iter()
            .map(|(date, name)| Holiday { date, name })
            .collect(),
    })
}

pub(in crate::resources) fn list(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut wrong = Wrong::default();
    let query = Query(&request.query);
    query.only(&["search", "tenant_id", "page", "per_page"], &mut wrong);
    let paging = Paging::of(&query, &mut wrong);
    let search = search(&query, &mut wrong);
    let group = tenant_group(session, &query, &mut wrong)?;
    wrong.end()?;
    let mut rest = Sql::new(" WHERE 1 = 1");
    if let Some(search) = search {
        rest = rest
            .sql(" AND ")
            .append(like(&["name", "time_zone"], &search));
    }
    if let Some(group) = group {
        rest = rest.sql(" AND user_group = ").bind(group);
    }
    if let Some(scope) = Scope::of(session)?.user_groups() {
        rest = rest.sql(" AND user_group IN (").bind_list(scope).sql(")");
    }
    let total = own::count(session.db, &own::SCHEDULES, rest.clone())?;
    let rest = rest.append(page("schedule_id", paging.offset(), paging.per_page));
    let rows = own::select(session.db, &own::SCHEDULES, rest)?;
    let data = rows
        .iter()
        .map(|row| view(session, row))
        .collect::<Result<_, _>>()?;
    let page = SchedulePage {
        data,
        page: paging.page,
        per_page: paging.per_page,
        total,
    };
    let line = LogLine::success("did_list SCHEDULES LISTED", paging.page.to_string());
    Ok(Response::ok(&page, line).into())
}

pub(in crate::resources) fn one(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut wrong = Wrong::default();
    Query(&request.query).only(&[], &mut wrong);
    wrong.end()?;
    let row = named(session, request)?;
    let schedule = view(session, &row)?;
    let line = LogLine::success("did_list SCHEDULE SHOWN", schedule.id.to_string());
    Ok(Response::shown(200, &schedule, line).into())
}

/// The schedule that the path names, within the user's scope.
fn named(session: &mut Session<'_>, request: &Request) -> Result<Record, Fault> {
    let scope = Scope::of(session)?;
    let row = match input::number(&request.id, "sch_") {
        Some(id) => own::by_key(session.db, &own::SCHEDULES, id)?,
        None => None,
    };
    let row = row.filter(|row| scope.covers(row.get("user_group")));
    row.ok_or_else(|| Problem::not_found("schedule").into())
}

pub(in crate::resources) fn add(session: &mut Session<'_>, request: &Request) -> Answer {
    let written = written(session, request, None)?;
    let change = change_of("ADD", "ADMIN API ADD SCHEDULE");
    change.begin(session)?;
    let (id, statement) = own::insert(session.db, &own::SCHEDULES, &written.fields())?;
    let mut statements = vec![statement];
    statements.extend(written.put_rows(session, id)?);
    change.done(
        session,
        id.to_string(),
        statements.join("; "),
        format!("schedule: {id}"),
    );
    let line = LogLine::success("add_did SCHEDULE HAS BEEN ADDED", id.to_string());
    Ok(Response::shown(201, &shown(session, id)?, line)
        .at(format!("/api/schedules/{id}"))
        .into())
}

pub(in crate::resources) fn change(session: &mut Session<'_>, request: &Request) -> Answer {
    let row = named(session, request)?;
    let before = view(session, &row)?;
    unchanged(request, &before)?;
    let id = before.id;
    let written = written(session, request, Some(before))?;
    let change = change_of("MODIFY", "ADMIN API UPDATE SCHEDULE");
    change.begin(session)?;
    let of_schedule = equal("schedule_id", id);
    let mut statements = vec![own::change(
        session.db,
        &own::SCHEDULES,
        &written.fields(),
        of_schedule,
    )?];
    statements.extend(clear_rows(session, id)?);
    statements.extend(written.put_rows(session, id)?);
    change.done(
        session,
        id.to_string(),
        statements.join("; "),
        format!("schedule: {id}"),
    );
    let line = LogLine::success("update_did SCHEDULE HAS BEEN UPDATED", id.to_string());
    Ok(Response::shown(200, &shown(session, id)?, line).into())
}

pub(in crate::resources) fn delete(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut wrong = Wrong::default();
    let query = Query(&request.query);
    query.only(&["force"], &mut wrong);
    let force = query.flag("force", &mut wrong);
    wrong.end()?;
    let row = named(session, request)?;
    let refusal = Problem::new(403, "this user is not allowed to delete schedules");
    DELETE_DIDS.check(&session.user, refusal)?;
    let before = view(session, &row)?;
    unchanged(request, &before)?;
    let id = before.id;
    let pointing = pointing(session, id)?;
    if !pointing.is_empty() && !force {
        let detail = "DIDs or extensions still have it: change them, or delete it with ?force=true";
        return Err(Problem {
            pointing,
            ..Problem::new(409, detail)
        }
        .into());
    }
    let change = change_of("DELETE", "ADMIN API DELETE SCHEDULE");
    change.begin(session)?;
    let of_schedule = equal("schedule_id", id);
    let mut statements = vec![own::delete(session.db, &own::SCHEDULES, of_schedule)?];
    statements.extend(clear_rows(session, id)?);
    change.done(
        session,
        id.to_string(),
        statements.join("; "),
        format!("schedule: {id}"),
    );
    Ok(Response::no_content(LogLine::success(
        "update_did SCHEDULE HAS BEEN DELETED",
        id.to_string(),
    ))
    .into())
}

fn change_of(kind: &'static str, code: &str) -> Change {
    Change {
        section: "DIDS",
        kind,
        code: code.to_owned(),
    }
}

fn shown(session: &mut Session<'_>, id: i64) -> Result<Schedule, Fault> {
    let row = own::by_key(session.db, &own::SCHEDULES, id)?;
    view(session, &row.ok_or_else(|| Problem::not_found("schedule"))?)
}

/// The DIDs and extensions that have a schedule.
fn pointing(session: &mut Session<'_>, id: i64) -> Result<Vec<Pointer>, Fault> {
    let limited = || equal("schedule_id", id).sql(" LIMIT 100");
    let dids = own::select(session.db, &own::DIDS, limited())?;
    let ids = among("did_id", dids.iter().filter_map(|row| row.number("did_id")));
    let dids = select(session.db, numbers::TABLE, numbers::COLUMNS, ids)?;
    let extensions = own::select(session.db, &own::EXTENSIONS, limited())?;
    let of_did = dids.iter().map(|row| Pointer {
        kind: "did",
        id: row.text("did_id").to_owned(),
        name: row.text("did_pattern").to_owned(),
    });
    let of_extension = extensions.iter().map(|row| Pointer {
        kind: "extension",
        id: row.text("extension_id").to_owned(),
        name: row.text("extension").to_owned(),
    });
    Ok(of_did.chain(of_extension).collect())
}
