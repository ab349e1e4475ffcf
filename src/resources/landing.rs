//! Where a call lands, as DIDs and extensions tell it.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::problem::Problem;
use super::request::Request;
use super::response::Fault;
use super::target::trio;
use crate::access::Session;
use crate::routing::caller::Caller;
use crate::routing::decide::{Decision, Dialer, Outcome, Question, Step};
use crate::routing::target::Kind;
use crate::routing::time::parse_at;

/// Where a call lands.
#[derive(Serialize, ToSchema)]
pub(super) struct Landing {
    /// The DID that the question is about; null where it is about an extension.
    did_id: Option<i64>,
    /// The extension that the question is about, 1001@192.168.198.5; null where it is about a DID.
    extension: Option<String>,
    /// The number that is called.
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
    /// What is wrong with what the call comes through, such as an in-group that does not exist.
    warnings: Vec<String>,
    /// What depends on the agents who are logged in then.
    depends_on: Vec<String>,
}

/// What a question is about.
pub(super) enum About {
    /// The DID of this id.
    Did(i64),
    /// The extension of this key.
    Extension(String),
    /// A number that no DID answers for.
    Nothing,
}

/// The question that the `at` of a request asks about a number, whoever calls.
///
/// # Errors
/// What is wrong with the query; the database cannot be read.
pub(super) fn question(
    session: &mut Session<'_>,
    request: &Request,
    number: &str,
) -> Result<Question, Fault> {
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
    Ok(Question {
        asked: number.to_owned(),
        at,
        dialer,
        caller: Caller::NotSaid,
        calls: None,
    })
}

impl Landing {
    /// The answer to this question.
    pub(super) fn of(
        about: About,
        caller: Option<String>,
        question: Question,
        decision: Decision,
    ) -> Self {
        let (dest_kind, dest_id, dest_xform) = trio(decision.target.as_ref());
        let (did_id, extension) = match about {
            About::Did(did_id) => (Some(did_id), None),
            About::Extension(key) => (None, Some(key)),
            About::Nothing => (None, None),
        };
        let shown = question.dialer.shows(question.at);
        Self {
            did_id,
            extension,
            number: question.asked,
            at: question.at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            dialer_time: shown.format("%Y-%m-%dT%H:%M:%S").to_string(),
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
        }
    }
}
