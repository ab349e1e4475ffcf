//! `/api/changes`: what calls have changed, and taking it back.

use chrono::DateTime;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::dids;
use super::problem::Problem;
use super::request::Request;
use super::response::{self, Answer, Fault, Response};
use crate::access::Session;
use crate::access::changes::{self, Asked, MOST, Refused, Undone};
use crate::access::journal::LogLine;
use crate::store::Db;
use crate::store::history::of_did;
use crate::store::history::reading::{self, Entry, Filter};
use crate::store::history::showing::ShownRow;
use crate::store::history::undoing::Step;

/// A change that a call has made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Change {
    /// Its number: 4711, as the header X-Vicishim-Change of the call's reply.
    id: i64,
    /// When: 2026-11-20T09:00:00Z
    changed_at: String,
    /// Who: 6666
    user: String,
    /// From which address: 127.0.0.1
    client: String,
    /// The parameter source: test
    source: String,
    /// By which function: copy_did
    function: String,
    /// The call's request_id; empty where it had none.
    request_id: String,
    /// The change that took it back; null where it is in force.
    undone_by: Option<i64>,
    /// The changes that it took back.
    undoes: Vec<i64>,
    /// How many rows it changed: 150
    row_count: usize,
    /// What it did: did 7275551212 changed (did_description: before -> after)
    summary: String,
}

/// A change with all its rows.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ChangeRows {
    #[serde(flatten)]
    change: Change,
    /// What was done to each row, in the order in which it was done; of the first 1000. No password is shown.
    rows: Vec<ShownRow>,
}

/// What was taken back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Undo {
    /// The change that was taken back.
    id: i64,
    /// Whether nothing was written: it was only asked what would be.
    dry_run: bool,
    /// The rows that are written.
    rows: Vec<UndoneRow>,
    /// How many rows were as before already.
    unchanged: usize,
    /// What was changed again since, and is left alone: did 7275551212.
    conflicts: Vec<String>,
}

/// A row that is written to take a change back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct UndoneRow {
    /// What it is about: did 7275551212.
    subject: String,
    /// What is done to it: removed, changed_back or added_again.
    done: &'static str,
}

/// The fields of a body that asks for an undo.
pub(super) fn undo_body() -> Value {
    json!({
        "type": "object",
        "description": "How a change is taken back: all of it or nothing, where nothing is said.",
        "properties": {
            "partial": {"type": ["boolean", "null"], "description": "Whether the other rows are taken back where some were changed again since."},
            "dry_run": {"type": ["boolean", "null"], "description": "Whether it is only said what would be done."},
        },
        "additionalProperties": false,
    })
}

fn shown(entry: &Entry) -> Change {
    let time = DateTime::from_timestamp(entry.changed_at, 0).unwrap_or_default();
    Change {
        id: entry.change_id,
        changed_at: time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        user: entry.user.clone(),
        client: entry.client.clone(),
        source: entry.source.clone(),
        function: entry.function.clone(),
        request_id: entry.request_id.clone(),
        undone_by: entry.undone_by,
        undoes: entry.undoes.clone(),
        row_count: entry.count(),
        summary: entry.summary(),
    }
}

pub(super) fn list(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut errors = request.errors();
    let query = &request.query;
    let mut time = |name: &'static str| {
        let text = query.get(name)?;
        let read = crate::access::time::moment(text, session.call.time.epoch());
        if read.is_none() {
            errors.add(
                name,
                "must be a time like 2026-11-20T09:00:00Z, or how long ago: 10 min",
            );
        }
        read
    };
    let (since, until) = (time("since"), time("until"));
    let ids: Vec<&str> = query
        .get("id")
        .map_or_else(Vec::new, |ids| ids.split(',').collect());
    let change_ids: Option<Vec<i64>> = ids.iter().map(|id| id.trim().parse().ok()).collect();
    if change_ids.is_none() || ids.len() > MOST {
        errors.add(
            "id",
            format!("must be at most {MOST} numbers of changes: 4711,4712"),
        );
    }
    errors.into_result()?;
    let text = |name| query.get(name).map(str::to_owned);
    let filter = Filter {
        subject: query.get("number").map(of_did),
        user: text("user"),
        function: text("function"),
        since,
        until,
        change_ids: change_ids.unwrap_or_default(),
        ..Filter::default()
    };
    page(session, request, filter)
}

/// The changes of one DID, under the number that it has now.
pub(super) fn of_one_did(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let number = dids::pattern_of(session, request)?;
    let filter = Filter {
        subject: Some(of_did(&number)),
        ..Filter::default()
    };
    page(session, request, filter)
}

fn page(session: &mut Session<'_>, request: &Request, filter: Filter) -> Answer {
    let filter = changes::within(session, filter)?;
    let paging = request.query.paging();
    let line = LogLine::success("change_list CHANGES LISTED", paging.page.to_string());
    let reading = move |db: &mut Db| {
        let total = reading::count(db, &filter)?;
        let entries = reading::list(db, &filter, paging.offset(), paging.per_page)?;
        let data: Vec<Change> = entries.iter().map(shown).collect();
        Ok(paging.page((data, total)))
    };
    response::read(reading, line)
}

/// How many rows of a change are shown.
const ROWS: usize = 1000;

pub(super) fn one(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let filter = Filter {
        change_ids: vec![number(request)?],
        ..Filter::default()
    };
    let filter = changes::within(session, filter)?;
    // Looked for here, as what is read beside the writers has no problem to answer; without its rows.
    if reading::count(session.db, &filter)? == 0 {
        return Err(Problem::not_found("change").into());
    }
    let line = LogLine::success("change_list CHANGE SHOWN", request.id.clone());
    let reading = move |db: &mut Db| {
        let entry = reading::list(db, &filter, 0, 1)?.pop();
        Ok(entry.map(|entry| ChangeRows {
            change: shown(&entry),
            rows: entry.shown().take(ROWS).collect(),
        }))
    };
    response::read(reading, line)
}

/// The number of the change that the path names.
fn number(request: &Request) -> Result<i64, Problem> {
    let number = request.id.parse();
    number.map_err(|_| Problem::not_found("change"))
}

pub(super) fn undo(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut errors = request.errors();
    let mut body = request.body()?;
    let mut flag = |name| {
        body.given::<bool>(name, &mut errors)
            .flatten()
            .unwrap_or(false)
    };
    let (is_partial, is_dry_run) = (flag("partial"), flag("dry_run"));
    body.finish(&mut errors);
    errors.into_result()?;
    let id = number(request)?;
    let asked = Asked {
        change_ids: vec![id],
        is_partial,
        is_dry_run,
    };
    let change = changes::logged();
    if !is_dry_run {
        change.begin(session)?;
    }
    let undone = changes::undo(session, &asked)?.map_err(refusal)?;
    let notes = undone.notes(&id.to_string());
    let Undone { undo, statements } = undone;
    if !is_dry_run {
        change.done(session, id.to_string(), statements.join("; "), notes);
    }
    let row = |(step, subject)| UndoneRow {
        subject,
        done: match step {
            Step::Removes => "removed",
            Step::Changes => "changed_back",
            Step::Adds => "added_again",
        },
    };
    let shown = Undo {
        id,
        dry_run: is_dry_run,
        rows: undo.steps().map(row).collect(),
        unchanged: undo.unchanged,
        conflicts: undo
            .conflicts
            .iter()
            .map(|conflict| conflict.subject.clone())
            .collect(),
    };
    let line = LogLine::success("change_undo CHANGES HAVE BEEN UNDONE", id.to_string());
    Ok(Response::ok(&shown, line).into())
}

fn refusal(refused: Refused) -> Fault {
    match refused {
        Refused::Missing(_) => Problem::not_found("change").into(),
        Refused::UndoneBy(_, by) => {
            Problem::new(409, format!("it was taken back before, by change {by}")).into()
        }
        Refused::Unreadable(_) => Problem::new(409, "it cannot be read").into(),
        Refused::TooMany(count) => Problem::new(
            409,
            format!("{count} rows are more than one call takes back"),
        )
        .into(),
        Refused::NotAllowed(_, refusal) => {
            let problem = Problem::new(403, "this user is not allowed to take this change back");
            Fault::Denied(problem, refusal)
        }
        Refused::Conflicts(conflicts) => {
            let named: Vec<String> = conflicts
                .iter()
                .take(10)
                .map(|conflict| format!("{} {}", conflict.subject, conflict.why))
                .collect();
            let detail = format!(
                "nothing was taken back, {} rows are in the way (\"partial\": true takes back the others): {}",
                conflicts.len(),
                named.join("; ")
            );
            Problem::new(409, detail).into()
        }
    }
}
