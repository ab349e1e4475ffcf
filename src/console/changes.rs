//! What was changed, by whom, and taking it back.

use std::collections::BTreeMap;

use askama::Template;
use chrono::DateTime;
use serde::Deserialize;

use super::form::Fields;
use super::frame::{Frame, Section};
use super::notice::Notice;
use super::paged::Paged;
use super::rights::Right;
use super::shown::{Answer, Shown};
use super::stop::Stop;
use super::visit::Visit;
use crate::access::permission::{LIST_CHANGES, Needs};
use crate::routing::clock::Clock;

/// The parameters of the list that the page has fields for.
const FILTERS: [&str; 5] = ["number", "user", "function", "since", "id"];

/// How many changes a page shows.
const PER_PAGE: &str = "50";

/// A change.
#[derive(Deserialize)]
struct Change {
    id: i64,
    changed_at: String,
    user: String,
    client: String,
    source: String,
    function: String,
    request_id: String,
    undone_by: Option<i64>,
    undoes: Vec<i64>,
    row_count: usize,
    summary: String,
    #[serde(default)]
    rows: Vec<Row>,
}

/// What was done to a row.
#[derive(Deserialize)]
struct Row {
    subject: String,
    table: String,
    done: String,
    before: BTreeMap<String, Option<String>>,
    after: BTreeMap<String, Option<String>>,
}

/// A column of a row, before and after.
struct Cell<'r> {
    column: &'r str,
    before: Option<&'r str>,
    after: Option<&'r str>,
}

impl Row {
    fn cells(&self) -> Vec<Cell<'_>> {
        let mut columns: Vec<&String> = self.before.keys().chain(self.after.keys()).collect();
        columns.sort();
        columns.dedup();
        // Of a whole row what is empty says nothing.
        let is_whole = self.before.is_empty() || self.after.is_empty();
        let is_empty = |value: Option<&Option<String>>| {
            value.is_none_or(|value| value.as_deref().unwrap_or_default().is_empty())
        };
        columns.retain(|column| {
            let values = [self.before.get(*column), self.after.get(*column)];
            !is_whole || !values.into_iter().all(is_empty)
        });
        columns
            .into_iter()
            .map(|column| Cell {
                column,
                before: self.before.get(column).map(shown_value),
                after: self.after.get(column).map(shown_value),
            })
            .collect()
    }
}

fn shown_value(value: &Option<String>) -> &str {
    match value.as_deref() {
        None => "NULL",
        Some("") => "(empty)",
        Some(text) => text,
    }
}

impl Change {
    /// When it was made, on the dialer's clock.
    fn time(&self, clock: &Option<Clock>) -> String {
        let at = DateTime::parse_from_rfc3339(&self.changed_at);
        match (at, clock) {
            (Ok(at), Some(clock)) => clock.stamp(at.to_utc()),
            _ => self.changed_at.clone(),
        }
    }
}

#[derive(Template)]
#[template(path = "changes.html", config = "src/console/askama.toml")]
struct ListPage<'v> {
    frame: Frame,
    clock: Option<Clock>,
    visit: &'v Visit,
    changes: Paged<Change>,
    /// What is wrong with the filters; empty where nothing is.
    wrong: String,
}

impl ListPage<'_> {
    fn is_filtered(&self) -> bool {
        FILTERS
            .iter()
            .any(|name| self.visit.query.given(name).is_some())
    }

    /// The numbers on this page that can be taken back together, between commas.
    fn asked_for(&self) -> String {
        let in_force = self
            .changes
            .data
            .iter()
            .filter(|change| change.undone_by.is_none());
        let numbers: Vec<String> = in_force.map(|change| change.id.to_string()).collect();
        numbers.join(",")
    }

    fn why_not_undo(&self) -> &str {
        self.frame.rights.why_not(Right::UndoChanges)
    }
}

/// Reads what is needed to show changes, or refuses.
async fn admit(visit: &Visit) -> Result<(), Stop> {
    let asks = || Needs::Function(&LIST_CHANGES);
    visit.admit("change_list", asks).await
}

/// `GET /changes`
pub(super) async fn list(visit: &Visit) -> Answer {
    admit(visit).await?;
    let mut query = vec![("per_page", PER_PAGE)];
    for name in FILTERS.into_iter().chain(["page"]) {
        query.extend(visit.query.given(name).map(|value| (name, value)));
    }
    let (body, wrong) = match visit.get("change", "/api/changes".to_owned(), &query).await {
        Ok(told) => (told.body, String::new()),
        Err(Stop::Refused(_, why)) => (serde_json::Value::Null, why),
        Err(stop) => return Err(stop),
    };
    Ok(Shown::page(&ListPage {
        frame: visit.frame(Section::Changes, "Changes"),
        clock: visit.clock(),
        changes: Paged::of(body, &visit.query),
        visit,
        wrong,
    }))
}

#[derive(Template)]
#[template(path = "change.html", config = "src/console/askama.toml")]
struct OnePage {
    frame: Frame,
    clock: Option<Clock>,
    change: Change,
}

impl OnePage {
    fn why_not_undo(&self) -> &str {
        self.frame.rights.why_not(Right::UndoChanges)
    }
}

/// `GET /changes/{id}`
pub(super) async fn one(visit: &Visit) -> Answer {
    admit(visit).await?;
    let told = visit
        .get("change", format!("/api/changes/{}", number(visit)?), &[])
        .await?;
    let change: Change = serde_json::from_value(told.body).map_err(|_| Stop::NotFound("change"))?;
    Ok(Shown::page(&OnePage {
        frame: visit.frame(Section::Changes, format!("Change {}", change.id)),
        clock: visit.clock(),
        change,
    }))
}

fn number(visit: &Visit) -> Result<i64, Stop> {
    visit.id.parse().map_err(|_| Stop::NotFound("change"))
}

#[derive(Template)]
#[template(path = "undo.html", config = "src/console/askama.toml")]
struct UndoPage {
    frame: Frame,
    /// The changes' numbers, between commas.
    ids: String,
    /// What would be done, or what stands in the way.
    lines: Vec<String>,
    /// Why nothing would be done; empty where something would.
    refused: String,
    /// Whether the rest can be taken back without what stands in the way.
    has_rest: bool,
}

impl UndoPage {
    fn why_not_undo(&self) -> &str {
        self.frame.rights.why_not(Right::UndoChanges)
    }
}

/// The function that takes changes back.
const UNDO: &str = "change_undo";

/// `GET /undo?id=`: what would be done.
pub(super) async fn ask_undo(visit: &Visit) -> Answer {
    admit(visit).await?;
    let ids = visit.query.text("id").to_owned();
    let said = visit
        .text(UNDO, &[("change_id", &ids), ("dry_run", "Y")])
        .await;
    let refused = match said.is_done() {
        true => String::new(),
        false => said.told(UNDO),
    };
    let mut lines = in_words(&said.lines);
    let mut has_rest = false;
    if !refused.is_empty() {
        let rest = [
            ("change_id", ids.as_str()),
            ("dry_run", "Y"),
            ("partial", "Y"),
        ];
        has_rest = visit.text(UNDO, &rest).await.is_done();
    }
    shorten(&mut lines);
    Ok(Shown::page(&UndoPage {
        frame: visit.frame(Section::Changes, "Take changes back"),
        ids,
        lines,
        refused,
        has_rest,
    }))
}

/// How many lines a page shows of what is done.
const SHOWN_LINES: usize = 200;

/// How the line of a row ends that was left alone.
const LEFT: &str = "row was changed again since";

/// Leaves so many lines, and says how many there are more.
fn shorten(lines: &mut Vec<String>) {
    if lines.len() > SHOWN_LINES {
        let more = lines.len() - SHOWN_LINES;
        lines.truncate(SHOWN_LINES);
        lines.push(format!("and {more} more"));
    }
}

/// `POST /undo`
pub(super) async fn undo(visit: &Visit) -> Answer {
    let ids = visit.form.text("id").to_owned();
    let mut parameters = vec![("change_id", ids.as_str())];
    if visit.form.has("partial") {
        parameters.push(("partial", "Y"));
    }
    let said = visit.text(UNDO, &parameters).await;
    let mut lines = in_words(&said.lines);
    let left = lines.iter().filter(|line| line.ends_with(LEFT)).count();
    // What was left alone is what is to be looked at.
    lines.sort_by_key(|line| !line.ends_with(LEFT));
    shorten(&mut lines);
    let (notice, next) = match said.is_done() {
        true => {
            let text = match left {
                0 => format!("Taken back: {ids}."),
                left => {
                    format!(
                        "Taken back: {ids}. Rows that were changed again since, and left alone: {left}."
                    )
                }
            };
            (Notice::good(text), "/changes".to_owned())
        }
        false => {
            let why = said.told(UNDO).to_lowercase();
            let text = match said.is_unknown {
                true => format!("It is not known whether anything was taken back: {why}."),
                false => format!("Nothing was taken back: {why}."),
            };
            let next = format!("/changes?{}", Fields::default().with("id", &ids));
            (Notice::bad(text), next)
        }
    };
    Ok(Shown::saying(
        next,
        notice.of_change(said.change_id).with_lines(lines),
    ))
}

/// What the lines say of each row: `did 7275551212: row has been removed`.
fn in_words(lines: &[String]) -> Vec<String> {
    let of_row = |line: &String| {
        let rest = line.strip_prefix("NOTICE: change_undo ")?;
        let (reason, data) = rest.split_once(" - ")?;
        let subject = data.rsplit('|').next()?;
        Some(format!("{subject}: {}", reason.to_lowercase()))
    };
    lines.iter().filter_map(of_row).collect()
}
