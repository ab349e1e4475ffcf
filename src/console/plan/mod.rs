//! The DIDs as a table: what has to be done so that they are as it says, and doing it. The comparison and the calls are those of
//! the commands `plan` and `apply`; nothing is done before it was shown.

mod applying;
mod planning;
mod server;

use askama::Template;
use ring::digest::{SHA256, digest};

use super::frame::{Frame, Section};
use super::rights::Right;
use super::shown::{Answer, Shown};
use super::visit::Visit;
use crate::plan::change::{Step, counted};
use applying::Outcome;
use planning::Planned;

/// The most bytes of a table: it comes twice, and a form has 1 MiB.
const LARGEST: usize = 900_000;

/// The most bytes of the same written as JSON, which it comes as the second time.
const LARGEST_AS_JSON: usize = 1_000_000;

/// The most steps that are shown and made at a time.
const MOST: usize = 1_000;

/// What the form was sent with.
#[derive(Default)]
struct Sent {
    table: String,
    deletes: bool,
}

impl Sent {
    /// The table as a JSON text: a form would change its line ends.
    fn as_json(&self) -> String {
        serde_json::to_string(&self.table).unwrap_or_default()
    }

    fn is_too_large(&self) -> bool {
        self.table.len() > LARGEST || self.as_json().len() > LARGEST_AS_JSON
    }
}

#[derive(Template)]
#[template(path = "plan.html", config = "src/console/askama.toml")]
struct FormPage {
    frame: Frame,
    sent: Sent,
    /// What is wrong with the table.
    errors: Vec<String>,
}

impl FormPage {
    fn why_not(&self) -> &str {
        self.frame.rights.why_not(Right::ChangeDids)
    }

    fn why_not_delete(&self) -> &str {
        self.frame.rights.why_not(Right::DeleteDids)
    }

    fn largest(&self) -> String {
        format!("{} KB", LARGEST / 1000)
    }

    fn most(&self) -> String {
        super::chart::grouped(MOST as u64)
    }
}

#[derive(Template)]
#[template(path = "plan_shown.html", config = "src/console/askama.toml")]
struct PlanPage {
    frame: Frame,
    planned: Planned,
    deletes: bool,
    /// The table as JSON.
    table: String,
    /// The plan that is shown: only this one is applied.
    seen: String,
    /// Why nothing was done; empty where nothing was asked.
    refused: String,
}

impl PlanPage {
    fn counts(&self) -> String {
        counted(self.planned.plan.counts())
    }

    fn steps(&self) -> Vec<Shows<'_>> {
        self.planned.plan.steps.iter().map(Shows).collect()
    }

    /// What is to be ticked before it is done; empty where nothing is.
    fn must_mean(&self) -> String {
        must_mean(&self.planned)
    }
}

/// What must be ticked before a plan is applied; empty where nothing must.
fn must_mean(planned: &Planned) -> String {
    let [_, _, deleted] = planned.plan.counts();
    match (planned.plan.heavy(), deleted) {
        (Some(heavy), _) => format!(
            "Yes, delete or re-route {heavy} of {} numbers, more than a third",
            planned.plan.there
        ),
        (None, 0) => String::new(),
        (None, deleted) => format!("Yes, delete {deleted} numbers"),
    }
}

/// A step as the page shows it.
struct Shows<'s>(&'s Step);

impl<'s> Shows<'s> {
    fn number(&self) -> &'s str {
        self.0.number()
    }

    /// The name and the class of what is done.
    fn kind(&self) -> (&'static str, &'static str) {
        match self.0 {
            Step::Add { .. } => ("add", "good"),
            Step::Change { .. } => ("change", "warn"),
            Step::Delete { .. } => ("delete", "bad"),
        }
    }

    /// Column, old and new value.
    fn cells(&self) -> Vec<(&'static str, Option<&'s str>, &'s str)> {
        let old = |column: &str| match self.0 {
            Step::Change { before, .. } => Some(before.get(column).map_or("", String::as_str)),
            Step::Add { .. } | Step::Delete { .. } => None,
        };
        let cell = |(column, value)| (column, old(column), value);
        self.0.set().map(cell).collect()
    }
}

#[derive(Template)]
#[template(path = "plan_applied.html", config = "src/console/askama.toml")]
struct AppliedPage {
    frame: Frame,
    outcomes: Vec<Outcome>,
    /// Why it was not gone on; empty where it was.
    stopped: String,
}

impl AppliedPage {
    fn done(&self) -> usize {
        self.outcomes.iter().filter(|one| one.is_done).count()
    }

    /// The numbers of the changes, between commas.
    fn changes(&self) -> String {
        let mut ids: Vec<i64> = self
            .outcomes
            .iter()
            .filter_map(|one| one.change_id)
            .collect();
        ids.sort_unstable();
        ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
    }

    fn why_not_undo(&self) -> &str {
        self.frame.rights.why_not(Right::UndoChanges)
    }
}

/// `GET /plan`
pub(super) async fn form(visit: &Visit) -> Answer {
    visit.admit(server::LIST.0, server::LIST.1).await?;
    Ok(Shown::page(&FormPage {
        frame: visit.frame(Section::Plan, "Plan"),
        sent: Sent::default(),
        errors: Vec::new(),
    }))
}

/// `GET /plan/table`: the table that `vicishim export` prints.
pub(super) async fn table(visit: &Visit) -> Answer {
    let csv = server::csv(visit).await?;
    Ok(Shown::File(
        "dids.csv".to_owned(),
        "text/csv; charset=utf-8",
        csv,
    ))
}

/// `POST /plan`: what has to be done.
pub(super) async fn show(visit: &Visit) -> Answer {
    let form = &visit.form;
    let table = match form.text("file") {
        // A browser writes both characters of a line end into a text.
        "" => form.text("table").replace("\r\n", "\n"),
        file => file.to_owned(),
    };
    let sent = Sent {
        table,
        deletes: form.has("deletes"),
    };
    shown(visit, sent, "").await
}

/// `POST /plan/apply`: does it, where it is still the plan that was shown.
pub(super) async fn apply(visit: &Visit) -> Answer {
    let form = &visit.form;
    let sent = Sent {
        table: serde_json::from_str(form.text("table")).unwrap_or_default(),
        deletes: form.has("deletes"),
    };
    let planned = planning::plan(visit, &sent).await?;
    let is_the_same = planned.errors.is_empty() && digest_of(&planned) == form.text("seen");
    if !is_the_same {
        let moved = "Nothing was done: the numbers have changed since this plan was shown. This is what would be done now.";
        return again(visit, sent, planned, moved);
    }
    if !must_mean(&planned).is_empty() && !form.has("meant") {
        return again(
            visit,
            sent,
            planned,
            "Nothing was done: tick that it is meant.",
        );
    }
    let (outcomes, stopped) = applying::apply(visit, &planned.plan.steps).await;
    Ok(Shown::page(&AppliedPage {
        frame: visit.frame(Section::Plan, "Plan applied"),
        outcomes,
        stopped,
    }))
}

async fn shown(visit: &Visit, sent: Sent, refused: &str) -> Answer {
    let planned = planning::plan(visit, &sent).await?;
    again(visit, sent, planned, refused)
}

/// The plan, or what is wrong with its table.
fn again(visit: &Visit, sent: Sent, planned: Planned, refused: &str) -> Answer {
    if !planned.errors.is_empty() {
        return Ok(Shown::refused(&FormPage {
            frame: visit.frame(Section::Plan, "Plan"),
            sent,
            errors: planned.errors,
        }));
    }
    let page = PlanPage {
        frame: visit.frame(Section::Plan, "Plan"),
        deletes: sent.deletes,
        table: sent.as_json(),
        seen: digest_of(&planned),
        refused: refused.to_owned(),
        planned,
    };
    Ok(match refused {
        "" => Shown::page(&page),
        _ => Shown::refused(&page),
    })
}

/// What two plans have in common that do the same to DIDs that are the same before.
fn digest_of(planned: &Planned) -> String {
    let text = serde_json::to_vec(&planned.plan.steps).unwrap_or_default();
    let bytes = digest(&SHA256, &text);
    bytes
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
