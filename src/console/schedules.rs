//! Schedules: the week as bars, and a form for each.

mod week;

use askama::Template;
use serde::Deserialize;
use serde_json::{Value, json};

use super::door::Told;
use super::form::Fields;
use super::frame::{Frame, Section};
use super::notice::Notice;
use super::paged::Paged;
use super::rights::Right;
use super::shown::{Answer, Shown};
use super::stop::Stop;
use super::visit::Visit;
use crate::access::permission::{LIST_DIDS, Needs};
use crate::routing::hours::{self, DAYS, Hours, ScheduleRows};
use week::Bar;

/// The days, as the form names their fields and as people read them.
const NAMES: [(&str, &str); 7] = [
    ("mon", "Monday"),
    ("tue", "Tuesday"),
    ("wed", "Wednesday"),
    ("thu", "Thursday"),
    ("fri", "Friday"),
    ("sat", "Saturday"),
    ("sun", "Sunday"),
];

/// A schedule.
#[derive(Deserialize)]
struct Schedule {
    schedule_id: i64,
    name: String,
    time_zone: String,
    user_group: Option<String>,
    hours: Vec<Opening>,
    holidays: Vec<Holiday>,
}

#[derive(Deserialize)]
struct Opening {
    day: String,
    opens: String,
    closes: String,
}

#[derive(Deserialize)]
struct Holiday {
    date: String,
    name: String,
}

impl Schedule {
    /// The hours of a day, as the form and the table have them: `09:00-12:00, 13:00-17:00`.
    fn on(&self, day: &str) -> String {
        let openings = self.hours.iter().filter(|opening| opening.day == day);
        let spans: Vec<String> = openings
            .map(|opening| format!("{}-{}", opening.opens, opening.closes))
            .collect();
        spans.join(", ")
    }

    /// The holidays as the form has them: a line each.
    fn holiday_lines(&self) -> String {
        let lines = self.holidays.iter();
        let lines: Vec<String> = lines
            .map(|day| format!("{} {}", day.date, day.name))
            .collect();
        lines.join("\n")
    }

    /// The week as bars.
    fn bars(&self) -> Vec<Bar> {
        let openings = self.hours.iter();
        openings
            .flat_map(|opening| Bar::of(&opening.day, &opening.opens, &opening.closes))
            .collect()
    }

    /// How it stands at this moment.
    fn now(&self) -> &'static str {
        let hour = |opening: &Opening| {
            (
                opening.day.clone(),
                opening.opens.clone(),
                opening.closes.clone(),
            )
        };
        let rows = ScheduleRows {
            name: self.name.clone(),
            time_zone: self.time_zone.clone(),
            hours: self.hours.iter().map(hour).collect(),
            holidays: self
                .holidays
                .iter()
                .map(|day| (day.date.clone(), day.name.clone()))
                .collect(),
        };
        match hours::Schedule::parse(&rows).map(|schedule| schedule.at(crate::now::now())) {
            Ok(Hours::Open) => "open now",
            Ok(Hours::Closed) => "closed now",
            Ok(Hours::Holiday(_)) => "holiday now",
            Err(_) => "cannot be read",
        }
    }
}

#[derive(Template)]
#[template(path = "schedules.html", config = "src/console/askama.toml")]
struct ListPage {
    frame: Frame,
    schedules: Paged<Schedule>,
}

impl ListPage {
    fn days(&self) -> &'static [(&'static str, &'static str)] {
        &NAMES
    }

    fn hours(&self) -> impl Iterator<Item = (u32, u32)> {
        week::HOURS.iter().map(|hour| (*hour, week::x(hour * 60)))
    }

    fn why_not_add(&self) -> &str {
        self.frame.rights.why_not(Right::AddDids)
    }
}

async fn admit(visit: &Visit) -> Result<(), Stop> {
    visit
        .admit("did_list", || Needs::Function(&LIST_DIDS))
        .await
}

/// `GET /schedules`
pub(super) async fn list(visit: &Visit) -> Answer {
    admit(visit).await?;
    let page = visit.query.given("page").unwrap_or("1");
    let query = [("per_page", "20"), ("page", page)];
    let told = visit
        .get("page", "/api/schedules".to_owned(), &query)
        .await?;
    Ok(Shown::page(&ListPage {
        frame: visit.frame(Section::Schedules, "Schedules"),
        schedules: Paged::of(told.body, &visit.query),
    }))
}

#[derive(Template)]
#[template(path = "schedule.html", config = "src/console/askama.toml")]
struct FormPage {
    frame: Frame,
    /// Where the form is sent.
    address: String,
    /// The state that it was made from.
    etag: String,
    fields: Fields,
    /// What is wrong, field by field.
    wrong: Vec<(String, String)>,
    /// Why the user may not change it; empty where it may.
    why_not: String,
    /// Why the user may not delete it; none for a new one.
    why_not_delete: Option<String>,
}

impl FormPage {
    fn days(&self) -> &'static [(&'static str, &'static str)] {
        &NAMES
    }

    /// What is wrong with a field; empty where nothing is.
    fn wrong_with(&self, field: &str) -> &str {
        let wrong = self.wrong.iter().find(|(known, _)| known == field);
        wrong.map_or("", |(_, why)| why)
    }
}

impl From<&Schedule> for Fields {
    fn from(schedule: &Schedule) -> Self {
        let mut fields = vec![
            ("name".to_owned(), schedule.name.clone()),
            ("time_zone".to_owned(), schedule.time_zone.clone()),
            ("holidays".to_owned(), schedule.holiday_lines()),
        ];
        fields.extend(DAYS.map(|day| (day.to_owned(), schedule.on(day))));
        Self(fields)
    }
}

/// `GET /schedules/new`
pub(super) async fn new(visit: &Visit) -> Answer {
    admit(visit).await?;
    let mut fields = vec![("time_zone".to_owned(), String::new())];
    fields.extend(
        DAYS[..5]
            .iter()
            .map(|day| ((*day).to_owned(), "09:00-17:00".to_owned())),
    );
    Ok(Shown::page(&page_of_new(visit, Fields(fields), Vec::new())))
}

fn page_of_new(visit: &Visit, fields: Fields, wrong: Vec<(String, String)>) -> FormPage {
    let frame = visit.frame(Section::Schedules, "New schedule");
    FormPage {
        address: "/schedules/new".to_owned(),
        etag: String::new(),
        why_not: frame.rights.why_not(Right::AddDids).to_owned(),
        why_not_delete: None,
        frame,
        fields,
        wrong,
    }
}

/// `POST /schedules/new`
pub(super) async fn add(visit: &Visit) -> Answer {
    admit(visit).await?;
    let told = match body(&visit.form) {
        Ok(body) => {
            visit
                .send("POST", "/api/schedules".to_owned(), body, None)
                .await
        }
        Err(wrong) => {
            return Ok(Shown::refused(&page_of_new(
                visit,
                visit.form.clone(),
                wrong,
            )));
        }
    };
    match told.is_done() {
        true => Ok(Shown::saying(
            "/schedules",
            Notice::good("The schedule was added.").of_change(told.change_id),
        )),
        false => {
            let wrong = wrong_fields(&told);
            Ok(Shown::refused(&page_of_new(
                visit,
                visit.form.clone(),
                wrong,
            )))
        }
    }
}

/// `GET /schedules/{id}`
pub(super) async fn one(visit: &Visit) -> Answer {
    admit(visit).await?;
    let (schedule, etag) = found(visit).await?;
    let fields = Fields::from(&schedule);
    Ok(Shown::page(&page_of(
        visit,
        &schedule,
        etag,
        fields,
        Vec::new(),
    )))
}

async fn found(visit: &Visit) -> Result<(Schedule, String), Stop> {
    let path = format!("/api/schedules/{}", number(visit)?);
    let told = visit.get("schedule", path, &[]).await?;
    let etag = told.etag.unwrap_or_default();
    let schedule = serde_json::from_value(told.body).map_err(|_| Stop::NotFound("schedule"))?;
    Ok((schedule, etag))
}

fn number(visit: &Visit) -> Result<i64, Stop> {
    visit.id.parse().map_err(|_| Stop::NotFound("schedule"))
}

fn page_of(
    visit: &Visit,
    schedule: &Schedule,
    etag: String,
    fields: Fields,
    wrong: Vec<(String, String)>,
) -> FormPage {
    let frame = visit.frame(Section::Schedules, schedule.name.clone());
    FormPage {
        address: format!("/schedules/{}", schedule.schedule_id),
        etag,
        why_not: frame.rights.why_not(Right::ChangeDids).to_owned(),
        why_not_delete: Some(frame.rights.why_not(Right::DeleteDids).to_owned()),
        frame,
        fields,
        wrong,
    }
}

/// `POST /schedules/{id}`: changes it, or deletes it.
pub(super) async fn change(visit: &Visit) -> Answer {
    admit(visit).await?;
    let path = format!("/api/schedules/{}", number(visit)?);
    let etag = Some(visit.form.text("etag").to_owned()).filter(|etag| !etag.is_empty());
    let is_deletion = visit.form.has("delete");
    let told = match (is_deletion, body(&visit.form)) {
        (true, _) => visit.send("DELETE", path, Value::Null, etag).await,
        (false, Ok(body)) => visit.send("PATCH", path, body, etag).await,
        (false, Err(wrong)) => return refused(visit, wrong).await,
    };
    let done = match is_deletion {
        true => "The schedule was deleted.",
        false => "The schedule was changed.",
    };
    match told.status {
        ..300 => Ok(Shown::saying(
            "/schedules",
            Notice::good(done).of_change(told.change_id),
        )),
        412 => Ok(Shown::saying(
            visit.path.clone(),
            Notice::bad(
                "It was changed meanwhile, and yours was not stored: this is how it is now.",
            ),
        )),
        _ => refused(visit, wrong_fields(&told)).await,
    }
}

/// The form again, with what was typed and what is wrong with it.
async fn refused(visit: &Visit, wrong: Vec<(String, String)>) -> Answer {
    let why: Vec<&str> = wrong.iter().map(|(_, why)| why.as_str()).collect();
    visit.note(&Notice::bad(why.join("; ")));
    let (schedule, _) = found(visit).await?;
    let etag = visit.form.text("etag").to_owned();
    let page = page_of(visit, &schedule, etag, visit.form.clone(), wrong);
    Ok(Shown::refused(&page))
}

/// What the form says, as the JSON API takes it.
///
/// # Errors
/// The fields that are not written as they must be.
fn body(form: &Fields) -> Result<Value, Vec<(String, String)>> {
    let mut hours = Vec::new();
    let mut wrong = Vec::new();
    for day in DAYS {
        for span in form
            .text(day)
            .split(',')
            .map(str::trim)
            .filter(|span| !span.is_empty())
        {
            match span.split_once('-') {
                Some((opens, closes)) => {
                    hours.push(json!({"day": day, "opens": opens.trim(), "closes": closes.trim()}));
                }
                None => wrong.push((
                    day.to_owned(),
                    format!("{span} is not from when to when: write 09:00-17:00"),
                )),
            }
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let lines = form.text("holidays").lines().map(str::trim);
    let holidays: Vec<Value> = lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (date, name) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            json!({"date": date, "name": name.trim()})
        })
        .collect();
    Ok(json!({
        "name": form.text("name").trim(),
        "time_zone": form.text("time_zone").trim(),
        "hours": hours,
        "holidays": holidays,
    }))
}

/// What a problem says of the fields; of no field in particular where it names none of the form's.
fn wrong_fields(told: &Told) -> Vec<(String, String)> {
    let wrong = told.messages();
    match wrong.is_empty() {
        true => vec![(String::new(), told.problem())],
        false => wrong,
    }
}
