//! `/api/schedules`: weekly hours and holidays on the clock of a time zone.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dids::read::{Paging, like, search, tenant_group};
use super::dids::view::Day;
use super::input::{self, Given, Id, Query, given, text};
use super::problem::{Fault, Pointer, Problem, Wrong};
use super::request::Asked;
use super::task::{Done, Next, unchanged};
use super::tenant::{EVERYBODY, NO_COLUMN, Named, Numbers, account_id};
use crate::api::journal::Change;
use crate::api::permission::Scope;
use crate::api::{Line, Session};
use crate::numbers::hours::{Schedule as Hours, ScheduleRows};
use crate::numbers::loading;
use crate::store::own;
use crate::store::records::{Field, Record, among, equal, select};
use crate::store::sql::Sql;
use crate::store::{QueryResult, numbers};

/// The most hours, and the most holidays, that a schedule has.
const ROWS: usize = 366;

/// When it is open on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Opening {
    /// The day on which it opens.
    day: Day,
    /// `HH:MM`
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    opens: String,
    /// `HH:MM` up to 24:00; before `opens` for hours past midnight.
    #[schema(pattern = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
    closes: String,
}

/// A day on which the holiday target applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Holiday {
    /// `YYYY-MM-DD`, or `MM-DD` for every year.
    #[schema(pattern = "^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$")]
    date: String,
    /// What it is.
    #[serde(default)]
    #[schema(max_length = 50)]
    name: String,
}

/// A schedule, to be written.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScheduleBody {
    /// Given by the database; in a change it may stand here as it is.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Id>)]
    id: Given<Id>,
    /// As `id`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Id>)]
    schedule_id: Given<Id>,
    /// The tenant; everybody's where it is left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>, minimum = 1)]
    tenant_id: Given<u32>,
    /// The tenant: `acc_` and its number.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Id>)]
    account_id: Given<Id>,
    /// The tenant: a user group.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 20)]
    user_group: Given<String>,
    /// Its name.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, min_length = 1, max_length = 50)]
    name: Given<String>,
    /// The IANA name of its time zone.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    time_zone: Given<String>,
    /// When it is open.
    #[schema(value_type = Option<Vec<Opening>>, max_items = 366)]
    hours: Option<Vec<Opening>>,
    /// Its holidays.
    #[schema(value_type = Option<Vec<Holiday>>, max_items = 366)]
    holidays: Option<Vec<Holiday>>,
}

/// A schedule.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Schedule {
    /// Its number.
    id: i64,
    /// Its number.
    schedule_id: i64,
    /// The tenant's number; null for everybody's.
    tenant_id: Option<i64>,
    /// The tenant's number behind `acc_`.
    account_id: Option<String>,
    /// The tenant as VICIdial knows it: a user group.
    user_group: Option<String>,
    /// Its name.
    name: String,
    /// The IANA name of its time zone.
    time_zone: String,
    /// When it is open.
    hours: Vec<Opening>,
    /// Its holidays.
    holidays: Vec<Holiday>,
}

/// A page of schedules.
#[derive(Serialize, ToSchema)]
pub(super) struct SchedulePage {
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

pub(super) fn list(session: &mut Session<'_>, asked: &Asked) -> Result<Next, Fault> {
    let mut wrong = Wrong::default();
    let query = Query(&asked.query);
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
    let page = rest.sql(&format!(
        " ORDER BY schedule_id LIMIT {} OFFSET {}",
        paging.per_page,
        paging.offset()
    ));
    let rows = own::select(session.db, &own::SCHEDULES, page)?;
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
    let line = Line::success("did_list SCHEDULES LISTED", paging.page.to_string());
    Ok(Done::told(&page, line).into())
}

pub(super) fn one(session: &mut Session<'_>, asked: &Asked) -> Result<Next, Fault> {
    let mut wrong = Wrong::default();
    Query(&asked.query).only(&[], &mut wrong);
    wrong.end()?;
    let row = named(session, asked)?;
    let schedule = view(session, &row)?;
    let line = Line::success("did_list SCHEDULE SHOWN", schedule.id.to_string());
    Ok(Done::shown(200, &schedule, line).into())
}

/// The schedule that the path names, within the user's scope.
fn named(session: &mut Session<'_>, asked: &Asked) -> Result<Record, Fault> {
    let scope = Scope::of(session)?;
    let row = match input::number(&asked.id, "sch_") {
        Some(id) => own::by_key(session.db, &own::SCHEDULES, id)?,
        None => None,
    };
    let row = row.filter(|row| scope.covers(row.get("user_group")));
    row.ok_or_else(|| Problem::not_found("schedule").into())
}

pub(super) fn add(session: &mut Session<'_>, asked: &Asked) -> Result<Next, Fault> {
    let written = written(session, asked, None)?;
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
    let line = Line::success("add_did SCHEDULE HAS BEEN ADDED", id.to_string());
    Ok(Done::shown(201, &shown(session, id)?, line)
        .at(format!("/api/schedules/{id}"))
        .into())
}

pub(super) fn change(session: &mut Session<'_>, asked: &Asked) -> Result<Next, Fault> {
    let row = named(session, asked)?;
    let before = view(session, &row)?;
    unchanged(asked, &before)?;
    let id = before.id;
    let written = written(session, asked, Some(before))?;
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
    let line = Line::success("update_did SCHEDULE HAS BEEN UPDATED", id.to_string());
    Ok(Done::shown(200, &shown(session, id)?, line).into())
}

pub(super) fn delete(session: &mut Session<'_>, asked: &Asked) -> Result<Next, Fault> {
    let mut wrong = Wrong::default();
    let query = Query(&asked.query);
    query.only(&["force"], &mut wrong);
    let force = query.flag("force", &mut wrong);
    wrong.end()?;
    let row = named(session, asked)?;
    if !session.user.flags.delete_inbound_dids {
        return Err(Problem::new(403, "this user is not allowed to delete schedules").into());
    }
    let before = view(session, &row)?;
    unchanged(asked, &before)?;
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
    Ok(Done::gone(Line::success(
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

/// A schedule as its rows are to hold it.
struct Written {
    rows: ScheduleRows,
    user_group: String,
}

fn written(
    session: &mut Session<'_>,
    asked: &Asked,
    before: Option<Schedule>,
) -> Result<Written, Fault> {
    let mut wrong = Wrong::default();
    Query(&asked.query).only(&[], &mut wrong);
    let body = asked.body.clone()?;
    let body: ScheduleBody = input::read(&body, &mut wrong)?;
    if !session.db.has_own() {
        wrong.add("name", NO_COLUMN);
    }
    let stored_id = before.as_ref().map(|before| before.id);
    for (field, id) in [("id", &body.id), ("schedule_id", &body.schedule_id)] {
        match (id.as_ref().and_then(Option::as_ref), stored_id) {
            (None, _) => {}
            (Some(_), None) => wrong.add(field, "is given by the database"),
            (Some(id), stored) if id.number("sch_").ok() == stored => {}
            (Some(_), Some(_)) => wrong.add(field, "is that of another schedule"),
        }
    }
    let scope = Scope::of(session)?;
    let named = Named {
        tenant_id: &body.tenant_id,
        account_id: &body.account_id,
        user_group: &body.user_group,
    };
    let stored_group = before
        .as_ref()
        .map(|before| before.user_group.clone().unwrap_or_default());
    let group = named.user_group(session.db, &scope, stored_group.as_deref(), &mut wrong)?;
    let kept = before.filter(|_| asked.is_patch);
    let mut rows = kept.as_ref().map(rows_of).unwrap_or_default();
    for (field, given, kept, most) in [
        ("name", &body.name, &mut rows.name, 50),
        ("time_zone", &body.time_zone, &mut rows.time_zone, 40),
    ] {
        match given {
            None if asked.is_patch => {}
            None => wrong.add(field, "is required"),
            Some(value) => {
                let value = text(value.as_deref().unwrap_or_default(), 1, most);
                *kept = wrong.take(field, value).unwrap_or_default();
            }
        }
    }
    let too_many = |count: usize| count > ROWS;
    if let Some(hours) = &body.hours {
        rows.hours = hours.iter().map(hour_row).collect();
    }
    if let Some(holidays) = &body.holidays {
        rows.holidays = holidays
            .iter()
            .map(|day| (day.date.clone(), day.name.clone()))
            .collect();
    }
    if too_many(rows.hours.len()) || too_many(rows.holidays.len()) {
        wrong.add(
            "hours",
            format!("and holidays must be {ROWS} each at the most"),
        );
    }
    check(&rows, &mut wrong);
    wrong.end()?;
    let user_group = group.or(stored_group.filter(|_| asked.is_patch));
    Ok(Written {
        rows,
        user_group: user_group.unwrap_or_else(|| EVERYBODY.to_owned()),
    })
}

fn hour_row(hour: &Opening) -> (String, String, String) {
    let day = serde_json::to_value(hour.day).unwrap_or_default();
    (
        day.as_str().unwrap_or_default().to_owned(),
        hour.opens.clone(),
        hour.closes.clone(),
    )
}

fn rows_of(schedule: &Schedule) -> ScheduleRows {
    ScheduleRows {
        name: schedule.name.clone(),
        time_zone: schedule.time_zone.clone(),
        hours: schedule.hours.iter().map(hour_row).collect(),
        holidays: schedule
            .holidays
            .iter()
            .map(|day| (day.date.clone(), day.name.clone()))
            .collect(),
    }
}

/// Each part for itself, so that every mistake is named.
fn check(rows: &ScheduleRows, wrong: &mut Wrong) {
    let only = |time_zone: &str, hours, holidays| {
        Hours::parse(&ScheduleRows {
            time_zone: time_zone.to_owned(),
            hours,
            holidays,
            ..ScheduleRows::default()
        })
        .map(drop)
    };
    if !rows.time_zone.is_empty() {
        wrong.take("time_zone", only(&rows.time_zone, Vec::new(), Vec::new()));
    }
    for (index, row) in rows.hours.iter().enumerate() {
        wrong.take(
            &format!("hours[{index}]"),
            only("UTC", vec![row.clone()], Vec::new()),
        );
    }
    for (index, row) in rows.holidays.iter().enumerate() {
        let right = text(&row.1, 0, 50).and_then(|_| only("UTC", Vec::new(), vec![row.clone()]));
        wrong.take(&format!("holidays[{index}]"), right);
    }
}

impl Written {
    fn fields(&self) -> Vec<Field> {
        vec![
            ("name", Some(self.rows.name.clone())),
            ("time_zone", Some(self.rows.time_zone.clone())),
            ("user_group", Some(self.user_group.clone())),
        ]
    }

    fn put_rows(&self, session: &mut Session<'_>, id: i64) -> QueryResult<Vec<String>> {
        let mut statements = Vec::new();
        for (day, opens, closes) in &self.rows.hours {
            let fields = [
                ("schedule_id", Some(id.to_string())),
                ("day", Some(day.clone())),
                ("opens", Some(opens.clone())),
                ("closes", Some(closes.clone())),
            ];
            statements.push(own::insert(session.db, &own::HOURS, &fields)?.1);
        }
        for (date, name) in &self.rows.holidays {
            let fields = [
                ("schedule_id", Some(id.to_string())),
                ("holiday_date", Some(date.clone())),
                ("name", Some(name.clone())),
            ];
            statements.push(own::insert(session.db, &own::HOLIDAYS, &fields)?.1);
        }
        Ok(statements)
    }
}

fn clear_rows(session: &mut Session<'_>, id: i64) -> QueryResult<Vec<String>> {
    let of_schedule = || equal("schedule_id", id);
    Ok(vec![
        own::delete(session.db, &own::HOURS, of_schedule())?,
        own::delete(session.db, &own::HOLIDAYS, of_schedule())?,
    ])
}
