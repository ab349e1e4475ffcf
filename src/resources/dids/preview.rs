//! `GET /api/dids/{id}/route`: where a call would land, and why.

use crate::access::Session;
use crate::access::journal::LogLine;
use crate::access::scope::Scope;
use crate::loading;
use crate::resources::landing::{About, Landing, question};
use crate::resources::problem::Problem;
use crate::resources::request::Request;
use crate::resources::response::{Answer, Response};
use crate::routing::caller::Caller;
use crate::routing::decide::Question;
use crate::store::dids::rows as did_rows;

pub(in crate::resources) fn answer(session: &mut Session<'_>, request: &Request) -> Answer {
    let did = super::named(session, request)?;
    let caller = request.query.get("caller");
    let calls = request.query.number("calls");
    let question = Question {
        caller: Caller::parse(caller),
        calls: calls.and_then(|calls| u32::try_from(calls).ok()),
        ..question(session, request, &did.model.number)?
    };
    let row = did_rows::by_id(session.db, did.did_id)?.ok_or_else(|| Problem::not_found("DID"))?;
    let number = loading::number(session.db, &row)?;
    let scope = Scope::of(session)?;
    let sees = |group: Option<&str>| scope.covers(group);
    let decision = loading::preview_of(session.db, &question, &number, &sees)?;
    let line = LogLine::success(
        "did_route_test ROUTE TESTED",
        format!("{}|{}", number.pattern, decision.outcome.word()),
    );
    let caller = caller.map(str::to_owned);
    let landing = Landing::of(About::Did(number.did_id), caller, question, decision);
    Ok(Response::ok(&landing, line).into())
}
