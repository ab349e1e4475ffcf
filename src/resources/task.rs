//! A request of the JSON API on its way to the database and back.

use super::operations::{DID_CHECK, Endpoint};
use super::problem::Problem;
use super::request::{Named, Request, Sent};
use super::response::Response;
use crate::access::journal::LogLine;
use crate::access::permission::Needs;
use crate::access::scope::ScopeRule;
use crate::access::sign_in::Code;
use crate::access::task::{self, Denied, Failure, Operation, Outcome, Terms};
use crate::access::{Call, Identity, Session};
use crate::store::{QueryResult, Store};

/// Answers a request; the answer comes after its changes and log rows are on disk.
///
/// # Errors
/// The problem that is answered instead.
pub(crate) async fn ask(
    store: &Store,
    endpoint: &'static Endpoint,
    call: Call,
    named: Named,
    sent: Sent,
) -> Result<Response, Problem> {
    let call = JsonCall {
        endpoint,
        call,
        request: Request::new(endpoint.method, named, endpoint.query, sent),
    };
    match task::carry_out(store, call).await {
        Ok(answered) => answered.result,
        Err(Failure::NothingChanged) => Err(Problem::unavailable()),
        Err(Failure::OutcomeUnknown) => Err(Problem::new(
            503,
            "the connection to the database was lost: look whether the change was made before you try again",
        )),
    }
}

struct JsonCall {
    endpoint: &'static Endpoint,
    call: Call,
    request: Request,
}

/// What is answered, and the function that the log names.
struct Answered {
    function: &'static str,
    /// Whether it was only checked, which the API's log does not keep.
    is_check: bool,
    result: Result<Response, Problem>,
}

impl JsonCall {
    fn is_check(&self) -> bool {
        std::ptr::eq(self.endpoint, &DID_CHECK)
    }
}

impl Operation for JsonCall {
    type Answer = Answered;

    fn call(&self) -> &Call {
        &self.call
    }

    fn terms(&self) -> Option<Terms> {
        Some(Terms {
            function: self.endpoint.function,
            needs: Needs::Function(self.endpoint.permission),
            effect: self.endpoint.effect,
            // Where a resource is seen more widely, its own code asks for that.
            scope_rule: ScopeRule::Strict,
        })
    }

    fn perform(&self, mut session: Session<'_>) -> QueryResult<Outcome<Answered>> {
        let function = self.endpoint.function;
        let is_check = self.is_check();
        let answered = move |result| Answered {
            function,
            is_check,
            result,
        };
        let warning = self.request.warning.clone();
        match (self.endpoint.perform)(&mut session, &self.request) {
            Ok(outcome) => {
                Ok(outcome.map(move |response| answered(Ok(response.warning(warning.as_deref())))))
            }
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
        Answered {
            function,
            is_check: self.is_check(),
            result,
        }
    }

    fn changed(mut answered: Answered, change_id: i64) -> Answered {
        if let Ok(response) = &mut answered.result {
            response.change_id = Some(change_id);
        }
        answered
    }

    fn log_lines(answered: &Answered) -> Vec<LogLine> {
        if answered.is_check {
            return Vec::new();
        }
        vec![match &answered.result {
            Ok(response) => response.log_line(),
            Err(problem) => {
                let reason = format!("{} {}", answered.function, problem.title.to_uppercase());
                LogLine::error(reason, problem.logged())
            }
        }]
    }
}
