//! `GET /api/dids/{id}/route`: where a call would land, and why.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::access::Session;
use crate::access::journal::LogLine;
use crate::access::scope::Scope;
use crate::loading;
use crate::resources::problem::Problem;
use crate::resources::request::Request;
use crate::resources::response::{Answer, Response};
use crate::resources::target::trio;
use crate::routing::caller::Caller;
use crate::routing::decide::{Dialer, Outcome, Question, Step};
use crate::routing::target::Kind;
use crate::routing::time::parse_at;
use crate::store::dids::rows as did_rows;

/// Where a call lands.
#[derive(Serialize, ToSchema)]
pub(in crate::resources) struct Landing {
    /// The DID that the question is about.
    did_id: i64,
    /// Its number.
    number: String,
    /// When the call comes, in UTC: 2026-11-20T23:30:00Z.
    at: String,
    /// What the dialer's clock shows then: 2026-11-20T18:30:00. A condition without a time zone is read on it.
    dialer_time: String,
    /// Which clock that is, and where it is known from: `America/New_York, --time-zone`.
    dialer_clock: String,
    /// The caller's number, as the question says; null where it does not.
    caller: Option<String>,
    /// How many calls the DID has then, this one among them, as the question says.
    calls: Option<u32>,
    /// How the routing of the call ends.
    outcome: Outcome,
    /// What a dialer does with the call, where that is something else: with an inactive DID, and with one that nobody chose
    /// a target for.
    dialer: Option<Dialer>,
    /// Where it is sent, in VICIdial's word: IN_GROUP, CALLMENU, AGENT, VOICEMAIL, PHONE or EXTEN.
    did_route: Option<String>,
    /// The target, as VICIdial's columns name it: TEST_IN2, 8300@default.
    target: Option<String>,
    /// The kind of the target.
    dest_kind: Option<Kind>,
    /// The target's id within its kind.
    dest_id: Option<String>,
    /// Variables that are set on the way.
    dest_xform: Option<Map<String, Value>>,
    /// The reason in a few words: `the condition of route 1 holds`.
    reason: String,
    /// Every step that led to it.
    steps: Vec<Step>,
    /// What is wrong with the DID, such as an in-group that does not exist.
    warnings: Vec<String>,
    /// What depends on the agents who are logged in then.
    depends_on: Vec<String>,
}

pub(in crate::resources) fn answer(session: &mut Session<'_>, request: &Request) -> Answer {
    let did = super::named(session, request)?;
    let query = &request.query;
    let mut errors = request.errors();
    let sent = query.get("at");
    let dialer = session.dialer_clock()?;
    let at = parse_at(sent.unwrap_or_default(), session.call.time.utc(), &dialer);
    let at = at.filter(|_| sent != Some(""));
    let wrong = "must be a date and time such as 2026-11-20T18:30:00-05:00";
    let at = errors.check("at", at.ok_or_else(|| wrong.to_owned()));
    errors.into_result()?;
    let Some(at) = at else {
        return Err(Problem::new(422, "at is wrong").into());
    };
    let caller = query.get("caller").map(str::to_owned);
    let calls = query
        .number("calls")
        .and_then(|calls| u32::try_from(calls).ok());
    let row = did_rows::by_id(session.db, did.did_id)?.ok_or_else(|| Problem::not_found("DID"))?;
    let number = loading::number(session.db, &row)?;
    let question = Question {
        asked: number.pattern.clone(),
        at,
        dialer,
        caller: Caller::parse(caller.as_deref()),
        calls,
    };
    let scope = Scope::of(session)?;
    let sees = |group: Option<&str>| scope.covers(group);
    let decision = loading::preview_of(session.db, &question, &number, &sees)?;
    let line = LogLine::success(
        "did_route_test ROUTE TESTED",
        format!("{}|{}", number.pattern, decision.outcome.word()),
    );
    let dialer_time = question.dialer.shows(at);
    let (dest_kind, dest_id, dest_xform) = trio(decision.target.as_ref());
    let landing = Landing {
        did_id: number.did_id,
        number: number.pattern,
        at: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        dialer_time: dialer_time.format("%Y-%m-%dT%H:%M:%S").to_string(),
        dialer_clock: question.dialer.name().to_owned(),
        caller,
        calls: question.calls,
        outcome: decision.outcome,
        dialer: decision.dialer,
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
