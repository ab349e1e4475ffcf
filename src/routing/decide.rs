//! Where a call would land: the steps in their order, each with what it found. What a live dialer alone can know is said to
//! depend on it.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::caller::Caller;
use super::clock::Clock;
pub use super::decision::{Decision, Dialer, Existence, Outcome, Step, Taker, Verdict, described};
use super::hours::{Condition, Hours, Schedule};
pub use super::number::{Attached, ConditionalRoute, Filter, Listed, Live, Lookup, Number, Status};
use super::target::Target;

/// A call that may come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The number that is called.
    pub asked: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The dialer's clock.
    pub dialer: Clock,
    /// Who calls.
    pub caller: Caller,
    /// How many calls the DID has then, this one among them.
    pub calls: Option<u32>,
}

/// How the DID was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// By its pattern.
    Pattern,
    /// As the DID `default`, which answers for patterns that no DID has.
    Default,
    /// By its id: the question is about this very one.
    Id,
}

/// The DID that a question about a number is about: the one of that very pattern, else `default`. (A dialer passes the calls of
/// an inactive one on to `default` too: [`Decision::taken_by`].)
pub fn answering<'n>(
    exact: Option<&'n Number>,
    default: Option<&'n Number>,
) -> Option<(Found, &'n Number)> {
    exact
        .map(|number| (Found::Pattern, number))
        .or(default.map(|number| (Found::Default, number)))
}

/// Decides, with what the filter's list said of the caller ([`Number::lookup`]).
pub fn decide(
    question: &Question,
    answering: Option<(Found, &Number)>,
    listed: Listed,
) -> Decision {
    let mut decision = Decision::begin();
    let asked = &question.asked;
    let Some((found, number)) = answering else {
        let reason = format!("no DID has the pattern {asked}, and there is no DID default");
        return decision.end("match", Outcome::Nothing, reason);
    };
    let pattern = &number.pattern;
    let detail = match found {
        Found::Pattern if number.status == Status::Active => {
            format!("the active DID {} has the pattern {pattern}", number.did_id)
        }
        Found::Pattern => format!("DID {} has the pattern {pattern}", number.did_id),
        Found::Default => format!("no DID has the pattern {asked}: the DID default answers"),
        Found::Id => format!("the question is about DID {}, {pattern}", number.did_id),
    };
    decision.passed("match", detail);

    let off = match number.status {
        Status::Active => None,
        Status::Disabled => Some("inactive"),
        Status::Virtual => Some("virtual"),
    };
    if let Some(off) = off {
        let outcome = match found {
            Found::Id | Found::Pattern => Outcome::Inactive,
            Found::Default => Outcome::Nothing,
        };
        let reason = format!("DID {pattern} is {off} and routes nothing");
        return decision.end("status", outcome, reason);
    }
    decision.passed("status", "it is active");

    match (number.max_channels, question.calls) {
        (Some(most), Some(calls)) if calls > most => {
            let reason = format!("{calls} calls are more than its max_channels of {most}");
            return decision.end("max_channels", Outcome::Busy, reason);
        }
        (Some(most), Some(calls)) => decision.passed(
            "max_channels",
            format!("{calls} calls are within its max_channels of {most}"),
        ),
        (Some(most), None) => decision.passed(
            "max_channels",
            format!(
                "it takes {most} calls at a time; the question does not say how many there are"
            ),
        ),
        (None, _) => decision.passed("max_channels", "it has no cap"),
    }

    match (&question.caller, number.rejects_anonymous) {
        (Caller::Anonymous, true) => {
            let reason = "callers without a number are not allowed";
            return decision.end("anonymous", Outcome::Rejected, reason);
        }
        (_, false) => decision.passed("anonymous", "callers without a number are allowed"),
        (Caller::NotSaid, true) => decision.step(
            "anonymous",
            Verdict::Unknown,
            "callers without a number are rejected; the question does not say who calls",
        ),
        (Caller::Number(_), true) => decision.passed("anonymous", "the caller has a number"),
    }

    if filter(&mut decision, question, number, listed) {
        return decision;
    }
    let attendance = Attendance {
        schedule: &number.schedule,
        closed: number.closed.as_ref(),
        holiday: number.holiday.as_ref(),
    };
    let zone = match schedule(&mut decision, question, attendance) {
        Ok(zone) => zone,
        Err(Ended) => return decision,
    };
    if conditional_routes(&mut decision, question, number, zone) {
        return decision;
    }
    normal(decision, number)
}

fn filter(decision: &mut Decision, question: &Question, number: &Number, listed: Listed) -> bool {
    let method = number.filter.method.as_str();
    if matches!(method, "" | "DISABLED") {
        decision.passed("filter", "it has no inbound filter");
        return false;
    }
    match (number.lookup(&question.caller), listed) {
        (Lookup::Address, _) => decision.step(
            "filter",
            Verdict::Unknown,
            "its filter asks an address: what that answers cannot be told beforehand",
        ),
        (Lookup::Nothing, _) => decision.step(
            "filter",
            Verdict::Unknown,
            format!("its filter {method} needs the caller's number, which is not known"),
        ),
        (_, Listed::Unknown) => decision.step(
            "filter",
            Verdict::Unknown,
            format!("the list of its filter {method} is not in this database"),
        ),
        (_, Listed::No) => {
            decision.passed(
                "filter",
                format!("the caller is not in the list of its filter {method}"),
            );
        }
        (_, Listed::Yes) => {
            let reason = format!("the caller is in the list of its filter {method}");
            decision.target = number.filter.route.target(None);
            decision.route = Some(number.filter.route.clone());
            decision.outcome = Outcome::Route;
            decision.step("filter", Verdict::Decided, reason.clone());
            decision.reason = reason;
            return true;
        }
    }
    false
}

/// The decision has been made.
pub(super) struct Ended;

/// When a DID or an extension takes calls, and where they go at other times.
pub(super) struct Attendance<'a> {
    pub(super) schedule: &'a Attached,
    pub(super) closed: Option<&'a Target>,
    pub(super) holiday: Option<&'a Target>,
}

/// The schedule's step; its time zone where the call goes on.
pub(super) fn schedule(
    decision: &mut Decision,
    question: &Question,
    attendance: Attendance<'_>,
) -> Result<Option<Tz>, Ended> {
    const STEP: &str = "schedule";
    let Attendance {
        schedule,
        closed,
        holiday,
    } = attendance;
    let rows = match schedule {
        Attached::Nothing => {
            decision.passed(STEP, "it has no schedule");
            return Ok(None);
        }
        Attached::Missing(id) => {
            let detail = format!("its schedule {id} is not there: taken as open");
            decision.step(STEP, Verdict::Mistake, detail);
            return Ok(None);
        }
        Attached::Rows(rows) => rows,
    };
    let name = &rows.name;
    let schedule = match Schedule::parse(rows) {
        Ok(schedule) => schedule,
        Err(why) => {
            let detail = format!("its schedule {name} holds a mistake ({why}): taken as open");
            decision.step(STEP, Verdict::Mistake, detail);
            return Ok(None);
        }
    };
    let zone = schedule.zone();
    let (reason, targets) = match schedule.at(question.at) {
        Hours::Open => {
            decision.passed(STEP, format!("within the hours of {name} ({zone})"));
            return Ok(Some(zone));
        }
        Hours::Closed => (
            format!("outside the hours of {name} ({zone})"),
            [closed, None],
        ),
        Hours::Holiday(day) => (
            format!("a holiday of {name} ({zone}): {day}"),
            [holiday, closed],
        ),
    };
    for target in targets.into_iter().flatten() {
        if decision.end_at(STEP, target, &reason) {
            return Err(Ended);
        }
    }
    decision.passed(STEP, format!("{reason}, which has no target of its own"));
    Ok(Some(zone))
}

fn conditional_routes(
    decision: &mut Decision,
    question: &Question,
    number: &Number,
    zone: Option<Tz>,
) -> bool {
    const STEP: &str = "routes";
    if number.routes.is_empty() {
        decision.passed(STEP, "it has no conditional routes");
        return false;
    }
    for (index, route) in number.routes.iter().enumerate() {
        let place = index + 1;
        match (Condition::parse(&route.condition), &route.target) {
            (Err(why), _) => decision.step(
                STEP,
                Verdict::Mistake,
                format!("route {place} holds a mistake: {why}"),
            ),
            (Ok(condition), target) => {
                let shown = question.dialer.shows(question.at);
                let holds = condition.holds(question.at, zone, shown);
                let clock = match condition.zone_within(zone) {
                    Some(_) => String::new(),
                    None => {
                        let (shown, name) = (shown.format("%a %H:%M"), question.dialer.name());
                        format!(" on the dialer's clock, {shown} ({name})")
                    }
                };
                if !holds {
                    decision.passed(
                        STEP,
                        format!("the condition of route {place} does not hold{clock}"),
                    );
                    continue;
                }
                let reason = format!("the condition of route {place} holds{clock}");
                match target {
                    Some(target) if decision.end_at(STEP, target, &reason) => return true,
                    Some(_) => {}
                    None => decision.step(
                        STEP,
                        Verdict::Mistake,
                        format!("route {place} holds a mistake: it has no destination"),
                    ),
                }
            }
        }
    }
    false
}

fn normal(mut decision: Decision, number: &Number) -> Decision {
    if number.target.is_none() {
        let words = number.route.words();
        let warning = format!(
            "DID {} has no route: nobody chose a target, and a dialer sends its calls to {words}",
            number.pattern
        );
        decision.warnings.push(warning);
        let detail = format!("a dialer sends its calls to {}", described(&number.route));
        decision.dialer = Some(Dialer::sends(&number.route, detail));
        let reason = format!("it has no route: {words} is what a dialer does then");
        return decision.end("target", Outcome::Unrouted, reason);
    }
    decision.target.clone_from(&number.target);
    decision.route = Some(number.route.clone());
    decision.depends_on = live(number);
    decision.end("target", Outcome::Route, "its normal target")
}

/// What depends on the agents who are logged in then, when the call goes to its normal target.
fn live(number: &Number) -> Vec<String> {
    let mut depends = Vec::new();
    let Live {
        no_agent,
        max_queue,
        user_unavailable,
    } = &number.live;
    if number.route.route == "IN_GROUP" {
        if let Some((when, to)) = no_agent {
            depends.push(format!("agents logged in to the in-group: with none (no_agent_ingroup_redirect {when}) the call goes to {to}"));
        }
        if let Some((calls, to)) = max_queue {
            depends.push(format!(
                "calls waiting: from {calls} on (max_queue_ingroup_calls) the call goes to {to}"
            ));
        }
    }
    if number.route.route == "AGENT" && !user_unavailable.is_empty() {
        depends.push(format!("the user being logged in and free: otherwise user_unavailable_action {user_unavailable}"));
    }
    depends
}
