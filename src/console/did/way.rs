//! Where a call to a DID goes: what is asked on the way, which way is taken at a time, and the drawing of it.

use super::drawing::Drawing;
use super::loaded::Loaded;
use super::picture::{DRAWN_ROUTES, picture};
use crate::access::permission::{Needs, VIEW_DIDS};
use crate::console::reading::Reader;
use crate::console::rights::Right;
use crate::console::stop::Stop;
use crate::console::visit::Visit;
use crate::loading;
use crate::routing::caller::Caller;
use crate::routing::decide::{
    Decision, Existence, Found, Number, Outcome, Question, Step, Verdict, decide, described,
};
use crate::routing::target::Route;
use crate::routing::time::parse_at;
use crate::store::dids::rows as did_rows;
use crate::store::{Db, QueryResult};

/// What is shown of the way of a call.
#[derive(Default)]
pub(super) struct Way {
    /// Why it is not shown; empty where it is.
    pub(super) why_not: String,
    /// What is wrong with what was asked; empty where nothing is.
    pub(super) wrong: String,
    /// When the call comes, as the form has it.
    pub(super) at: String,
    /// Who calls, as the form has it.
    pub(super) caller: String,
    /// How many calls there are then, as the form has it.
    pub(super) calls: String,
    pub(super) found: Option<Landing>,
}

/// Where a call goes.
pub(super) struct Landing {
    /// In a sentence.
    pub(super) sentence: String,
    /// Whether the call comes anywhere.
    pub(super) is_good: bool,
    pub(super) drawing: Drawing,
    /// Every step in words: its name, what came of it, and why.
    pub(super) steps: Vec<(&'static str, &'static str, String)>,
    pub(super) warnings: Vec<String>,
    pub(super) depends_on: Vec<String>,
    /// Whether something counts that a dialer does not know by itself.
    pub(super) has_own_rules: bool,
}

/// What is read of a way.
pub(super) struct Read {
    pub(super) number: Number,
    /// Whether each target that can be the end is there.
    pub(super) known: Vec<(Route, Existence)>,
    pub(super) question: Question,
    /// What the DID itself decides.
    pub(super) own: Decision,
    /// The same, followed through extensions.
    pub(super) decision: Decision,
}

impl Way {
    /// When the call comes, for people.
    pub(super) fn at_in_words(&self) -> String {
        self.at.replace('T', " ")
    }

    /// The way of a call to this DID, as the visit asks for it.
    ///
    /// # Errors
    /// Nobody is signed in, or the database does not answer.
    pub(super) async fn of(visit: &Visit, did: &Loaded) -> Result<Self, Stop> {
        let query = &visit.query;
        let mut way = Self {
            at: query.text("at").trim().to_owned(),
            caller: query.text("caller").trim().to_owned(),
            calls: query.text("calls").trim().to_owned(),
            ..Self::default()
        };
        let calls = match way.calls.as_str() {
            "" => Ok(None),
            calls => calls.parse::<u32>().map(Some),
        };
        let Ok(calls) = calls else {
            way.wrong = "How many calls there are must be a number.".to_owned();
            return Ok(way);
        };
        let caller = Some(way.caller.clone()).filter(|caller| !caller.is_empty());
        let (did_id, at) = (did.did_id, way.at.clone());
        let asks = || Needs::Function(&VIEW_DIDS);
        let reading = move |db: &mut Db, reader: &Reader| {
            let Some(at) = parse_at(&at, reader.time.utc(), &reader.clock) else {
                return Ok(None);
            };
            let question = Question {
                asked: String::new(),
                at,
                dialer: reader.clock.clone(),
                caller: Caller::parse(caller.as_deref()),
                calls,
            };
            read(db, reader, did_id, question).map(Some)
        };
        match visit.read("did_route_test", asks, reading).await {
            Ok(Some(Some(read))) => {
                // What is shown on the dialer's clock is what is in the form.
                let shown = read.question.dialer.shows(read.question.at);
                way.at = shown.format("%Y-%m-%dT%H:%M").to_string();
                way.found = Some(landing(&read));
            }
            Ok(Some(None)) => return Err(Stop::NotFound("DID")),
            Ok(None) => {
                way.wrong = "The time must be a date and time such as 2026-11-20 18:30.".to_owned();
            }
            Err(Stop::NotAllowed(_)) => {
                way.why_not = visit.rights().why_not(Right::ViewDids).to_owned();
                if way.why_not.is_empty() {
                    way.why_not = "This user may not ask did_route_test.".to_owned();
                }
            }
            Err(stop) => return Err(stop),
        }
        Ok(way)
    }
}

fn read(
    db: &mut Db,
    reader: &Reader,
    did_id: i64,
    question: Question,
) -> QueryResult<Option<Read>> {
    let row = did_rows::by_id(db, did_id)?;
    let Some(row) = row.filter(|row| reader.scope.covers(row.get("user_group"))) else {
        return Ok(None);
    };
    let number = loading::number(db, &row)?;
    let question = Question {
        asked: number.pattern.clone(),
        ..question
    };
    let listed = loading::listed(db, &number.lookup(&question.caller))?;
    let own = decide(&question, Some((Found::Id, &number)), listed);
    let sees = |group: Option<&str>| reader.scope.covers(group);
    let decision = loading::preview_of(db, &question, &number, &sees)?;
    let conditional = number.routes.iter().take(DRAWN_ROUTES);
    let conditional = conditional.filter_map(|route| route.target.as_ref());
    let targets = [&number.target, &number.closed, &number.holiday];
    let targets = targets.into_iter().flatten().chain(conditional);
    let mut routes: Vec<Route> = targets
        .filter_map(|target| Route::of(target).ok())
        .collect();
    routes.push(number.filter.route.clone());
    let mut known: Vec<(Route, Existence)> = Vec::new();
    for route in routes {
        if known.iter().all(|(other, _)| *other != route) {
            let existence = loading::existence(db, &route)?;
            known.push((route, existence));
        }
    }
    Ok(Some(Read {
        number,
        known,
        question,
        own,
        decision,
    }))
}

fn landing(read: &Read) -> Landing {
    let Read {
        number, decision, ..
    } = read;
    let (forks, end) = picture(read);
    let step = |step: &Step| {
        let verdict = match step.verdict {
            Verdict::Passed => "goes on",
            Verdict::Decided => "decides",
            Verdict::Mistake => "mistake, goes on",
            Verdict::Unknown => "not known, goes on",
        };
        (name_of(step.step), verdict, step.detail.clone())
    };
    Landing {
        sentence: sentence(decision),
        is_good: decision.outcome == Outcome::Route,
        drawing: Drawing::of(&forks, &end),
        steps: decision.steps.iter().map(step).collect(),
        warnings: decision.warnings.clone(),
        depends_on: decision.depends_on.clone(),
        has_own_rules: *number != number.as_a_dialer_knows_it(),
    }
}

/// Where the call goes, in a sentence.
fn sentence(decision: &Decision) -> String {
    let dialer = decision.dialer.as_ref();
    let dialer = dialer.map_or_else(String::new, |dialer| format!(": {}", dialer.detail));
    let reason = &decision.reason;
    match (decision.outcome, &decision.route) {
        (Outcome::Route, Some(route)) => {
            format!("The call goes to {}: {reason}.", described(route))
        }
        (Outcome::Busy, _) => format!("The caller hears that the line is busy: {reason}."),
        (Outcome::Rejected, _) => format!("The caller is rejected: {reason}."),
        _ => format!("The call goes nowhere: {reason}{dialer}."),
    }
}

fn name_of(step: &str) -> &'static str {
    match step {
        "match" => "Number",
        "status" => "Active?",
        "max_channels" => "Calls at a time",
        "anonymous" => "Caller's number",
        "filter" => "Filter",
        "schedule" => "Hours",
        "routes" => "Conditions",
        "target" => "Target",
        "extension" => "Extension",
        _ => "Step",
    }
}
