//! The rows that a body makes of a schedule.

use super::loaded::{Holiday, Opening, Schedule};
use crate::access::Session;
use crate::access::scope::Scope;
use crate::resources::body::text;
use crate::resources::client_id::{self, Of, SCHEDULES};
use crate::resources::problem::FieldErrors;
use crate::resources::request::Request;
use crate::resources::response::Fault;
use crate::resources::tenant_ref::{EVERYBODY, NO_COLUMN, TenantRef};
use crate::routing::hours::{Schedule as Hours, ScheduleRows};
use crate::store::records::{Field, equal};
use crate::store::{QueryResult, vicishim_tables};

/// The most hours, and the most holidays, that a schedule has.
const ROWS: usize = 366;

/// A schedule as its rows are to hold it.
pub(super) struct Written {
    /// The id that a client gave.
    client_id: Option<String>,
    rows: ScheduleRows,
    user_group: String,
}

/// What a body makes of a schedule.
///
/// # Errors
/// What is wrong with it, or the database cannot be read.
pub(super) fn written(
    session: &mut Session<'_>,
    request: &Request,
    before: Option<Schedule>,
) -> Result<Written, Fault> {
    let mut errors = request.errors();
    let mut body = request.body()?;
    if !session.db.has_vicishim_tables() {
        errors.add("name", NO_COLUMN);
    }
    let of = before.as_ref().map_or(Of::New, |before| {
        Of::Stored(Some(before.schedule_id), before.client_id())
    });
    let ids = ["id", "schedule_id"];
    let new_id = SCHEDULES.check(session, &mut body, &ids, of, &mut errors);
    let stored_id = before.as_ref().and_then(Schedule::client_id);
    let client_id = new_id.clone().or(stored_id.map(str::to_owned));
    let scope = Scope::of(session)?;
    let tenant = TenantRef::of(&mut body, &mut errors);
    let stored_group = before
        .as_ref()
        .map(|before| before.user_group.clone().unwrap_or_default());
    let group = tenant.user_group(session, &scope, stored_group.as_deref(), &mut errors)?;
    let kept = before.filter(|_| request.is_patch);
    let mut rows = kept.as_ref().map(rows_of).unwrap_or_default();
    for (field, kept, most) in [
        ("name", &mut rows.name, 50),
        ("time_zone", &mut rows.time_zone, 40),
    ] {
        match body.given::<String>(field, &mut errors) {
            None if request.is_patch => {}
            None => errors.add(field, "is required"),
            Some(value) => {
                let value = text(&value.unwrap_or_default(), 1, most);
                *kept = errors.check(field, value).unwrap_or_default();
            }
        }
    }
    if let Some(hours) = body.given::<Vec<Opening>>("hours", &mut errors).flatten() {
        rows.hours = hours.iter().map(hour_row).collect();
    }
    if let Some(days) = body
        .given::<Vec<Holiday>>("holidays", &mut errors)
        .flatten()
    {
        rows.holidays = days.into_iter().map(|day| (day.date, day.name)).collect();
    }
    body.finish(&mut errors);
    if rows.hours.len() > ROWS || rows.holidays.len() > ROWS {
        let message = format!("and holidays must be {ROWS} each at the most");
        errors.add("hours", message);
    }
    check(&rows, &mut errors);
    errors.into_result()?;
    SCHEDULES.check_free(session, new_id.as_deref())?;
    let user_group = group.or(stored_group.filter(|_| request.is_patch));
    Ok(Written {
        client_id,
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
fn check(rows: &ScheduleRows, errors: &mut FieldErrors) {
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
        errors.check("time_zone", only(&rows.time_zone, Vec::new(), Vec::new()));
    }
    for (index, row) in rows.hours.iter().enumerate() {
        errors.check(
            &format!("hours[{index}]"),
            only("UTC", vec![row.clone()], Vec::new()),
        );
    }
    for (index, row) in rows.holidays.iter().enumerate() {
        let right = text(&row.1, 0, 50).and_then(|_| only("UTC", Vec::new(), vec![row.clone()]));
        errors.check(&format!("holidays[{index}]"), right);
    }
}

impl Written {
    pub(super) fn fields(&self) -> Vec<Field> {
        vec![
            ("name", Some(self.rows.name.clone())),
            ("time_zone", Some(self.rows.time_zone.clone())),
            ("user_group", Some(self.user_group.clone())),
            client_id::column(self.client_id.clone()),
        ]
    }

    pub(super) fn put_rows(&self, session: &mut Session<'_>, id: i64) -> QueryResult<Vec<String>> {
        let mut statements = Vec::new();
        for (day, opens, closes) in &self.rows.hours {
            let fields = [
                ("schedule_id", Some(id.to_string())),
                ("day", Some(day.clone())),
                ("opens", Some(opens.clone())),
                ("closes", Some(closes.clone())),
            ];
            statements
                .push(vicishim_tables::insert(session.db, &vicishim_tables::HOURS, &fields)?.1);
        }
        for (date, name) in &self.rows.holidays {
            let fields = [
                ("schedule_id", Some(id.to_string())),
                ("holiday_date", Some(date.clone())),
                ("name", Some(name.clone())),
            ];
            statements
                .push(vicishim_tables::insert(session.db, &vicishim_tables::HOLIDAYS, &fields)?.1);
        }
        Ok(statements)
    }
}

/// Takes its hours and holidays away; the statements.
pub(super) fn clear_rows(session: &mut Session<'_>, id: i64) -> QueryResult<Vec<String>> {
    let of_schedule = || equal("schedule_id", id);
    Ok(vec![
        vicishim_tables::delete(session.db, &vicishim_tables::HOURS, of_schedule())?,
        vicishim_tables::delete(session.db, &vicishim_tables::HOLIDAYS, of_schedule())?,
    ])
}
