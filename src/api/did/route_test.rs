//! `did_route_test`: where a call to a number would land, and why. Our own; VICIdial has no such function, so the wire
//! dialect does not know it.

use super::PATTERN;
use crate::access::scope::Scope;
use crate::api::{Answer, Line, Reply, Session, Stop};
use crate::loading;
use crate::routing::caller::Caller;
use crate::routing::decide::{Decision, Question};
use crate::routing::time;
use crate::store::dids;

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    let pattern = session.owned("did_pattern");
    if !PATTERN.contains(&pattern.len()) {
        let reason = "did_route_test YOU MUST USE ALL REQUIRED FIELDS";
        return Err(Line::error(reason, pattern).into());
    }
    let question = question(session, &pattern)?;
    let scope = Scope::of(session)?;
    let hidden = dids::find(session.db, &pattern)?
        .is_some_and(|did| !scope.covers(did.user_group.as_deref()));
    if hidden {
        return Err(Line::error("did_route_test DID DOES NOT EXIST", pattern).into());
    }
    let sees = |group: Option<&str>| scope.covers(group);
    let (number, decision) = loading::preview(session.db, &question, &sees)?;
    let matched = number.map_or_else(String::new, |number| number.pattern);
    // Where no DID has the pattern, the one called `default` takes the call, and may be another user group's.
    let takes_it = dids::find(session.db, &matched)?;
    if takes_it.is_some_and(|did| !scope.covers(did.user_group.as_deref())) {
        let reason = "the DID that takes it is of a user group that you do not see";
        let data = format!("{pattern}||HIDDEN||{reason}");
        return Ok(Line::notice("did_route_test NO ROUTE", data).into());
    }
    Ok(reply(&pattern, &matched, &decision))
}

fn question(session: &mut Session<'_>, pattern: &str) -> Result<Question, Stop> {
    let dialer = session.dialer_clock()?;
    let call = session.call;
    let sent = |name: &str| call.pairs.iter().any(|(known, _)| known == name);
    let at = time::parse_at(session.parameter("at"), call.time.utc(), &dialer);
    let at = at.ok_or_else(|| {
        Line::error(
            "did_route_test AT MUST BE A DATE AND TIME SUCH AS 2026-11-20T18:30:00-05:00, THIS IS AN OPTIONAL FIELD",
            session.parameter("at"),
        )
    })?;
    let calls = match session.parameter("calls") {
        "" => None,
        calls => Some(calls.parse().map_err(|_| {
            let reason = "did_route_test CALLS MUST BE A NUMBER FROM 0 TO 4294967295, THIS IS AN OPTIONAL FIELD";
            Line::error(reason, calls)
        })?),
    };
    Ok(Question {
        asked: pattern.to_owned(),
        at,
        dialer,
        caller: Caller::parse(sent("caller").then(|| session.parameter("caller"))),
        calls,
    })
}

/// The decision, and below it a line for each step: number, step, verdict, detail. Then what a dialer does where that is
/// something else, what should be mended, and what depends on which agents are logged in and free.
fn reply(pattern: &str, matched: &str, decision: &Decision) -> Reply {
    let plain = |text: &str| text.replace(['|', '\n', '\r', '\t'], " ");
    let reason = plain(&decision.reason);
    let line = match decision.sent_to() {
        Some(route) => {
            let (did_route, target) = (plain(&route.route), plain(&route.words()));
            let data = format!("{pattern}|{}|{did_route}|{target}|{reason}", plain(matched));
            Line::success("did_route_test ROUTE FOUND", data)
        }
        None => {
            let outcome = decision.outcome.word();
            let data = format!("{pattern}|{}|{outcome}||{reason}", plain(matched));
            Line::notice("did_route_test NO ROUTE", data)
        }
    };
    let mut rows = String::new();
    let mut row = |number: usize, kind: &str, verdict: &str, detail: &str| {
        rows.push_str(&format!("{number}|{kind}|{verdict}|{}\n", plain(detail)));
    };
    for (index, step) in decision.steps.iter().enumerate() {
        row(index + 1, step.step, step.verdict.word(), &step.detail);
    }
    let after = decision.steps.len();
    let notes = decision
        .dialer
        .iter()
        .map(|dialer| ("dialer", &dialer.detail));
    let notes = notes.chain(decision.warnings.iter().map(|text| ("warning", text)));
    let notes = notes.chain(decision.depends_on.iter().map(|text| ("depends_on", text)));
    for (index, (kind, text)) in notes.enumerate() {
        row(after + index + 1, kind, "", text);
    }
    let status = line.status;
    let mut reply = Reply::from(vec![line, Line::rows(status, rows)]);
    reply.facts.warnings = decision.warnings.clone();
    reply
}
