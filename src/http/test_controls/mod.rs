//! `/vicishim/test/…` (`serve --test-controls`): what a test asks of the server that it tests with. Rows are set back, calls
//! are looked up, faults are planned, the clock is set. Nobody signs in: it is there on loopback alone, where it was asked for,
//! and not for web pages of other sites.

mod answers;
mod body;
mod calls;
mod clock;
mod expectation;
mod faults;
mod filter;
mod matching;
mod pass;
mod request;
mod rows;
mod secrets;
mod visitor;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{HEALTH, READY, State, address, body as request_body, console, rest};
use crate::resources::problem::Problem;
use answers::Answer;
use calls::Calls;
use faults::Faults;

/// What every address of these begins with.
pub(crate) const PATHS: &str = "/vicishim/test/";

/// What a test has asked for, and what came since.
#[derive(Default)]
pub struct TestControls {
    calls: Calls,
    faults: Faults,
}

/// Answers a request with the controls on: one of theirs, or any other with what was asked for it.
pub(super) async fn answer(
    request: HttpRequest,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let Some(controls) = &state.test_controls else {
        return super::answer(request, payload, state).await;
    };
    let path = address::plain(request.path());
    if let Some(control) = path.strip_prefix(PATHS) {
        return match perform(controls, control, &request, payload, &state).await {
            Ok(answer) => answer.respond(),
            Err(problem) => rest::refuse(&problem),
        };
    }
    let is_page = state.console.is_some() && console::Address::of(request.path()).is_some();
    // Those look after the server; they do not test with it.
    if is_page || [HEALTH, READY].contains(&&*path) {
        return super::answer(request.clone(), payload, Data::clone(&state)).await;
    }
    pass::pass(controls, &request, payload, &state).await
}

async fn perform(
    controls: &TestControls,
    control: &str,
    request: &HttpRequest,
    payload: Payload,
    state: &State,
) -> Result<Answer, Problem> {
    visitor::check(request, state)?;
    let allow = match control {
        "reset" | "snapshot" | "restore" | "calls/expect" => "POST",
        "snapshots" => "GET",
        "calls" => "GET, DELETE",
        "faults" => "GET, POST, DELETE",
        "clock" => "GET, POST",
        _ => return Err(Problem::new(404, "there is nothing at this address")),
    };
    let is_allowed = |method: &str| method == request.method().as_str();
    if !allow.split(", ").any(is_allowed) {
        return Ok(Answer::NotAllowed(allow));
    }
    let body = request_body::read(request, payload, &state.bodies).await;
    let body = body.map_err(|unreadable| {
        Problem::new(unreadable.status().as_u16(), "the body cannot be read")
    })?;
    let (body, query) = (&*body.bytes, request.query_string());
    let is_get = request.method() == Method::GET;
    match (control, is_get) {
        ("reset", _) => rows::reset(controls, state, read_query(query)?).await,
        ("snapshot", _) => rows::snapshot(state, read_query(query)?).await,
        ("restore", _) => rows::restore(state, read_query(query)?).await,
        ("snapshots", _) => rows::list(state).await,
        ("calls/expect", _) => controls.calls.expect(&read_body(body)?),
        ("calls", true) => controls.calls.list(&read_query(query)?),
        ("calls", false) => Ok(controls.calls.forget()),
        ("faults", true) => Ok(controls.faults.list()),
        ("faults", false) if request.method() == Method::DELETE => Ok(controls.faults.forget()),
        ("faults", false) => controls.faults.add(read_body(body)?),
        (_, true) => Ok(clock::show()),
        (_, false) => clock::set(&read_body(body)?),
    }
}

/// A body of JSON, whatever its type is said to be: curl's `-d` says a form.
fn read_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Problem::new(400, format!("the body is not JSON: {error}")))?;
    serde_json::from_value(value)
        .map_err(|error| Problem::new(422, format!("the body is not what is taken here: {error}")))
}

fn read_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    serde_urlencoded::from_str(query)
        .map_err(|error| Problem::new(422, format!("the query is not what is taken here: {error}")))
}
