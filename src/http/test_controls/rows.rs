//! Rows: back to those that the server started with, or to a snapshot.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::TestControls;
use super::answers::Answer;
use crate::http::{Other, State};
use crate::now::{self, Clock};
use crate::resources::problem::Problem;
use crate::store::Performed;
use crate::store::snapshots::{MOST, Refused, Request, Snapshot};

/// How long it may take, with the time in the queue.
const LIMIT: Duration = Duration::from_secs(60);

/// What a reset leaves as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    #[serde(default)]
    keep: String,
}

/// Which snapshot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    name: String,
}

impl Named {
    fn check(self) -> Result<String, Problem> {
        let is_right = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        match (1..=64).contains(&self.name.len()) && self.name.chars().all(is_right) {
            true => Ok(self.name),
            false => Err(Problem::new(
                422,
                "name: must be 1 to 64 letters, digits, dashes, dots or underscores",
            )),
        }
    }
}

/// Back to the rows that the server started with, and to the first of the recorded answers; calls, faults and the clock too,
/// where they are not to be kept.
///
/// # Errors
/// The rows cannot be set back: nothing is.
pub(super) async fn reset(
    controls: &TestControls,
    state: &State,
    asked: Reset,
) -> Result<Answer, Problem> {
    let kept: Vec<&str> = asked
        .keep
        .split(',')
        .map(str::trim)
        .filter(|kept| !kept.is_empty())
        .collect();
    if let Some(unknown) = kept
        .iter()
        .find(|kept| !["calls", "faults", "clock"].contains(kept))
    {
        return Err(Problem::new(
            422,
            format!("keep: {unknown} is none of calls, faults and clock"),
        ));
    }
    perform(state, Request::Restore(None)).await?;
    replaced(state);
    if let Some(Other::Recorded(replay)) = state.passed_on.as_ref().map(|passed_on| &passed_on.to) {
        replay.begin_again();
    }
    let forgets = |what: &str| !kept.contains(&what);
    if forgets("calls") {
        controls.calls.forget();
    }
    if forgets("faults") {
        controls.faults.forget();
    }
    if forgets("clock") {
        now::set(Clock::Real);
    }
    Ok(done("reset", "start"))
}

/// Keeps the rows as they are now.
///
/// # Errors
/// The name is wrong, or the rows cannot be kept.
pub(super) async fn snapshot(state: &State, asked: Named) -> Result<Answer, Problem> {
    let name = asked.check()?;
    perform(state, Request::Take(Some(name.clone()))).await?;
    Ok(done("snapshot", &name))
}

/// Back to the rows of a snapshot.
///
/// # Errors
/// There is none of that name, or the rows cannot be set back.
pub(super) async fn restore(state: &State, asked: Named) -> Result<Answer, Problem> {
    let name = asked.check()?;
    perform(state, Request::Restore(Some(name.clone()))).await?;
    replaced(state);
    Ok(done("restored", &name))
}

/// The snapshots, that of the start first.
///
/// # Errors
/// They cannot be read.
pub(super) async fn list(state: &State) -> Result<Answer, Problem> {
    let snapshots = perform(state, Request::List).await?;
    let shown: Vec<Value> = snapshots
        .iter()
        .map(|one| {
            json!({
                "name": one.name,
                "is_start": one.name.is_none(),
                "taken_at": one.taken(),
                "rows": one.rows,
            })
        })
        .collect();
    Ok(Answer::Json(200, json!({ "snapshots": shown })))
}

/// What is kept in memory of rows is forgotten with them.
fn replaced(state: &State) {
    state.store.forget();
    state.channels.end_all();
}

fn done(what: &str, name: &str) -> Answer {
    Answer::Json(200, json!({ what: name }))
}

async fn perform(state: &State, request: Request) -> Result<Vec<Snapshot>, Problem> {
    let refused = match state.store.perform(request, LIMIT).await {
        Performed::Done(Ok(snapshots)) => return Ok(snapshots),
        Performed::Done(Err(refused)) => refused,
        Performed::NothingChanged => return Err(Problem::unavailable()),
        Performed::Unknown => {
            let detail = "the database failed in the middle: the rows may be replaced or not";
            return Err(Problem::new(503, detail));
        }
    };
    let (status, detail) = match refused {
        Refused::NotSqlite => (
            501,
            "rows are set back in the embedded SQLite database alone: a MariaDB cannot set its AUTO_INCREMENT counters back in \
             a transaction. Calls, faults and the clock are there all the same"
                .to_owned(),
        ),
        Refused::NoSuchSnapshot => (404, "there is no such snapshot".to_owned()),
        Refused::Lost => (
            409,
            "the snapshots are lost, also that of the start: they were held by a connection to the database that broke, or \
             its file was replaced. Start the server again"
                .to_owned(),
        ),
        Refused::TooMany => (409, format!("there are {MOST} snapshots already, with that of the start")),
    };
    Err(Problem::new(status, detail))
}
