//! `GET /api/dids/{id}/route`: where a call would land, and why.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::access::Session;
use crate::access::journal::LogLine;
use crate::loading;
use crate::resources::input::{Query, text};
use crate::resources::problem::Wrong;
use crate::resources::request::Request;
use crate::resources::target::trio;
use crate::resources::task::{Answer, Response};
use crate::routing::caller::Caller;
use crate::routing::decide::{Outcome, Question, Step};
use crate::routing::target::Kind;
use crate::routing::time;

/// Where a call lands.
#[derive(Serialize, ToSchema)]
pub(in crate::resources) struct Landing {
    /// The DID that the question is about.
    did_id: i64,
    /// Its number.
    number: String,
    /// The moment of the call, in UTC.
    at: String,
    /// Who calls, as the question says.
    caller: Option<String>,
    /// How many calls there are then, as the question says.
    calls: Option<u32>,
    /// How the call ends.
    outcome: Outcome,
    /// Where it is sent, in VICIdial's word.
    did_route: Option<String>,
    /// The target, as VICIdial's columns name it.
    target: Option<String>,
    /// The kind of the target.
    dest_kind: Option<Kind>,
    /// The target's id.
    dest_id: Option<String>,
    /// Variables that are set on the way.
    dest_xform: Option<Map<String, Value>>,
    /// The reason in a few words.
    reason: String,
    /// Every step that led to it.
    steps: Vec<Step>,
    /// What should be mended.
    warnings: Vec<String>,
    /// What the agents of the moment decide.
    depends_on: Vec<String>,
}

pub(in crate::resources) fn answer(session: &mut Session<'_>, request: &Request) -> Answer {
    let row = super::named(session, request)?;
    let mut wrong = Wrong::default();
    let query = Query(&request.query);
    query.only(&["at", "caller", "calls"], &mut wrong);
    let moment = time::parse_at(query.get("at").unwrap_or_default(), session.call.time.utc());
    let moment = moment.filter(|_| query.get("at") != Some(""));
    let moment = wrong.take(
        "at",
        moment
            .ok_or_else(|| "must be a date and time such as 2026-11-20T18:30:00-05:00".to_owned()),
    );
    let caller = query.get("caller").map(str::to_owned);
    if let Some(caller) = &caller {
        wrong.take("caller", text(caller, 0, 50));
    }
    let calls = query
        .get("calls")
        .map(|_| query.number("calls", 0..=u64::from(u32::MAX), 0, &mut wrong));
    wrong.end()?;
    let Some((at, dialer)) = moment else {
        return Err(crate::resources::problem::Problem::new(422, "at is wrong").into());
    };
    let number = loading::number(session.db, &row)?;
    let question = Question {
        asked: number.pattern.clone(),
        at,
        dialer,
        caller: Caller::parse(caller.as_deref()),
        calls: calls.and_then(|calls| u32::try_from(calls).ok()),
    };
    let decision = loading::preview_of(session.db, &question, &number)?;
    let line = LogLine::success(
        "did_route_test ROUTE TESTED",
        format!("{}|{}", number.pattern, decision.outcome.word()),
    );
    let (dest_kind, dest_id, dest_xform) = trio(decision.target.as_ref());
    let landing = Landing {
        did_id: number.did_id,
        number: number.pattern,
        at: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        caller,
        calls: question.calls,
        outcome: decision.outcome,
        did_route: decision.route.as_ref().map(|route| route.route.clone()),
        target: decision.route.as_ref().map(|route| route.words()),
        dest_kind,
        dest_id,
        dest_xform,
        reason: decision.reason,
        steps: decision.steps,
        warnings: decision.warnings,
        depends_on: decision.depends_on,
    };
    Ok(Response::ok(&landing, line).into())
}
