//! A request of the JSON API on its way to the database and back.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::problem::Problem;
use super::request::Request;
use crate::access::journal::LogLine;
use crate::access::permission::Permission;
use crate::access::scope::ScopeRule;
use crate::access::sign_in::Code;
use crate::access::task::{self, Denied, Effect, Failure, Operation, Outcome, Terms};
use crate::access::{Call, Identity, Session, Stop};
use crate::store::{Db, QueryResult, Store};

/// Why a request stops before its end.
pub(super) type Fault = Stop<Problem>;

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Answer(problem)
    }
}

/// What an operation comes to.
pub(super) type Answer = Result<Outcome<Response>, Fault>;

/// What was done.
pub(crate) struct Response {
    /// HTTP's status.
    pub(crate) status: u16,
    /// The body; none for 204.
    pub(crate) body: Option<Value>,
    /// The tag of the state that the body shows.
    pub(crate) etag: Option<String>,
    /// Where a new thing is.
    pub(crate) location: Option<String>,
    /// The log's line.
    line: LogLine,
}

impl From<Response> for Outcome<Response> {
    fn from(response: Response) -> Self {
        Self::Done(response)
    }
}

impl Response {
    /// A state that is shown, and its tag.
    pub(super) fn shown(status: u16, view: &impl Serialize, line: LogLine) -> Self {
        let body = serde_json::to_value(view).unwrap_or_default();
        Self {
            status,
            etag: Some(tag(&body)),
            body: Some(body),
            location: None,
            line,
        }
    }

    /// An answer that is not the state of a thing.
    pub(super) fn ok(view: &impl Serialize, line: LogLine) -> Self {
        Self {
            etag: None,
            ..Self::shown(200, view, line)
        }
    }

    /// Something that was deleted.
    pub(super) fn no_content(line: LogLine) -> Self {
        Self {
            status: 204,
            body: None,
            etag: None,
            location: None,
            line,
        }
    }

    /// This, at a new address.
    #[must_use]
    pub(super) fn at(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }
}

/// An answer that is read beside the writers.
pub(super) fn read<V: Serialize>(
    reading: impl FnOnce(&mut Db) -> QueryResult<V> + Send + 'static,
    line: LogLine,
) -> Answer {
    Ok(Outcome::Read(Box::new(move |db| {
        Ok(Response::ok(&reading(db)?, line))
    })))
}

/// The tag of a state: FNV-1a over its fields, the same in every release. What is only said about it counts for nothing.
fn tag(body: &Value) -> String {
    let mut state = body.clone();
    if let Value::Object(fields) = &mut state {
        fields.shift_remove("warnings");
    }
    let hash = state
        .to_string()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    format!("\"{hash:016x}\"")
}

/// Refuses a change to a state that is not the one the client has seen.
///
/// # Errors
/// 412
pub(super) fn unchanged(request: &Request, view: &impl Serialize) -> Result<(), Problem> {
    let Some(tags) = &request.if_match else {
        return Ok(());
    };
    let current = tag(&serde_json::to_value(view).unwrap_or_default());
    let fits = tags
        .split(',')
        .map(str::trim)
        .any(|tag| tag == "*" || tag == current);
    match fits {
        true => Ok(()),
        false => Err(Problem::new(
            412,
            "it was changed meanwhile: If-Match does not name its present ETag",
        )),
    }
}

/// The work of an endpoint, once its user has signed in.
pub(super) type Perform = fn(&mut Session<'_>, &Request) -> Answer;

/// An endpoint: the text API's function that asks the same of its user, the permission, the work.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint {
    /// The function, as `api_allowed_functions` and the log name it.
    pub(crate) function: &'static str,
    /// What it takes.
    pub(crate) permission: &'static Permission,
    /// Whether it changes anything.
    pub(crate) effect: Effect,
    /// What it does.
    pub(crate) perform: Perform,
}

/// Answers a request; the answer comes after its changes and log rows are on disk.
///
/// # Errors
/// The problem that is answered instead.
pub(crate) async fn ask(
    store: &Store,
    endpoint: Endpoint,
    call: Call,
    request: Request,
) -> Result<Response, Problem> {
    let call = JsonCall {
        endpoint,
        call,
        request: Arc::new(request),
    };
    match task::carry_out(store, call).await {
        Ok(answered) => answered.result,
        Err(Failure::NothingChanged) => Err(Problem::new(
            503,
            "the database is unavailable: nothing was changed",
        )),
        Err(Failure::OutcomeUnknown) => Err(Problem::new(
            503,
            "the connection to the database was lost: look whether the change was made before you try again",
        )),
    }
}

struct JsonCall {
    endpoint: Endpoint,
    call: Call,
    request: Arc<Request>,
}

/// What is answered, and the function that the log names.
struct Answered {
    function: &'static str,
    result: Result<Response, Problem>,
}

impl Operation for JsonCall {
    type Answer = Answered;

    fn call(&self) -> &Call {
        &self.call
    }

    fn terms(&self) -> Option<Terms> {
        Some(Terms {
            function: self.endpoint.function,
            permission: self.endpoint.permission,
            effect: self.endpoint.effect,
            // Where a resource is seen more widely, its own code asks for that.
            scope_rule: ScopeRule::Strict,
        })
    }

    fn perform(&self, mut session: Session<'_>) -> QueryResult<Outcome<Answered>> {
        let function = self.endpoint.function;
        let answered = move |result| Answered { function, result };
        match (self.endpoint.perform)(&mut session, &self.request) {
            Ok(outcome) => Ok(outcome.map(move |response| answered(Ok(response)))),
            Err(fault) => fault.into_outcome(|problem| answered(Err(problem))),
        }
    }

    fn denied(&self, _: &Identity, denied: Denied) -> Answered {
        let function = self.endpoint.function;
        let needs = format!("this user is not allowed what {function} needs");
        let (status, detail) = match denied {
            Denied::SignIn(Code::Bad) => (401, "the user or the password is wrong"),
            Denied::SignIn(Code::NoSecondFactor) => (401, "the user has passed no second factor"),
            Denied::SignIn(Code::Locked) => {
                (401, "too many failed sign-ins: try again in 15 minutes")
            }
            Denied::SignIn(Code::Blocked) => (403, "your IP address is not allowed"),
            Denied::NoFunction | Denied::Source | Denied::Function | Denied::Permission => {
                (403, needs.as_str())
            }
        };
        let result = Err(Problem::new(status, detail));
        Answered { function, result }
    }

    fn log_lines(answered: &Answered) -> Vec<LogLine> {
        vec![match &answered.result {
            Ok(response) => response.line.clone(),
            Err(problem) => {
                let reason = format!("{} {}", answered.function, problem.title.to_uppercase());
                LogLine::error(reason, problem.logged())
            }
        }]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tag_is_the_same_in_every_release_and_has_no_warnings_in_it() {
        let state = json!({"id": 10, "number": "+12125550100", "warnings": ["no route"]});
        assert_eq!(tag(&state), "\"e719c90b391c3977\"");
        assert_eq!(
            tag(&state),
            tag(&json!({"id": 10, "number": "+12125550100"}))
        );
        assert_ne!(
            tag(&state),
            tag(&json!({"id": 10, "number": "12125550100"}))
        );
    }
}
