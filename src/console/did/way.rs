//! Where a call to a DID goes: what is asked on the way, which way is taken at a time, and the drawing of it.

use super::drawing::{Drawing, End, Exit, Fork, Words};
use super::loaded::Loaded;
use crate::access::permission::{Needs, VIEW_DIDS};
use crate::console::reading::Reader;
use crate::console::rights::Right;
use crate::console::stop::Stop;
use crate::console::visit::Visit;
use crate::loading;
use crate::routing::caller::Caller;
use crate::routing::decide::{
    Attached, Decision, Existence, Found, Number, Outcome, Question, Status, Verdict, decide,
    described,
};
use crate::routing::hours::{ConditionRow, Hours, Schedule};
use crate::routing::target::{Route, Target};
use crate::routing::time::parse_at;
use crate::store::dids::rows as did_rows;
use crate::store::{Db, QueryResult};

/// How many conditional routes are drawn; the list below names all that were asked.
const DRAWN_ROUTES: usize = 20;

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
struct Read {
    number: Number,
    /// Whether each target that can be the end is there.
    known: Vec<(Route, Existence)>,
    question: Question,
    /// What the DID itself decides.
    own: Decision,
    /// The same, followed through extensions.
    decision: Decision,
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
    let step = |step: &crate::routing::decide::Step| {
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

/// What is asked on the way, and its end.
fn picture(read: &Read) -> (Vec<Fork>, End) {
    let Read {
        number,
        question,
        own,
        decision,
        ..
    } = read;
    let decided = own.steps.last().map_or("", |step| step.step);
    let details: Vec<(&str, &str)> = own
        .steps
        .iter()
        .map(|step| (step.step, step.detail.as_str()))
        .collect();
    // What was not asked any more has no step.
    let fork = |step: &str, nth: usize, title: String, exits: Vec<Exit>| {
        let detail = details.iter().filter(|(name, _)| *name == step).nth(nth);
        Fork {
            words: Words {
                title,
                detail: detail.map_or("not asked", |(_, detail)| *detail).to_owned(),
            },
            is_taken: detail.is_some(),
            exits,
        }
    };
    let ends = |label, words: Words, is_taken: bool, is_bad: bool| Exit {
        label,
        end: End {
            words,
            is_taken,
            is_bad,
            then: None,
        },
    };
    let said = |title: &str, detail: &str| Words {
        title: title.to_owned(),
        detail: detail.to_owned(),
    };
    let dialer = decision.dialer.as_ref();
    let dialer = dialer.map_or("", |dialer| dialer.detail.as_str());

    let shown = question
        .dialer
        .shows(question.at)
        .format("%a %Y-%m-%d %H:%M");
    let caller = match &question.caller {
        Caller::NotSaid => "whoever calls".to_owned(),
        Caller::Anonymous => "from a caller without a number".to_owned(),
        Caller::Number(number) => format!("from {number}"),
    };
    let start = Fork {
        words: Words {
            title: format!("A call to {}", number.pattern),
            detail: format!("{shown}, {caller}"),
        },
        is_taken: true,
        exits: Vec::new(),
    };
    let mut forks = vec![start];
    let is_off = number.status != Status::Active;
    let off = said("It routes nothing", if is_off { dialer } else { "" });
    let exits = vec![ends("no", off, decided == "status", false)];
    forks.push(fork("status", 0, "Is it active?".to_owned(), exits));
    if let Some(most) = number.max_channels {
        let busy = ends(
            "more",
            said("Busy", "the caller hears it"),
            decided == "max_channels",
            false,
        );
        forks.push(fork(
            "max_channels",
            0,
            format!("At most {most} calls at a time?"),
            vec![busy],
        ));
    }
    if number.rejects_anonymous {
        let rejected = ends("no", said("Rejected", ""), decided == "anonymous", false);
        let title = "Has the caller a number?".to_owned();
        forks.push(fork("anonymous", 0, title, vec![rejected]));
    }
    if !matches!(number.filter.method.as_str(), "" | "DISABLED") {
        let (words, is_bad) = read.route_words(&number.filter.route);
        let listed = ends("in the list", words, decided == "filter", is_bad);
        let title = format!("Filter {}", number.filter.method);
        forks.push(fork("filter", 0, title, vec![listed]));
    }
    match &number.schedule {
        Attached::Nothing => {}
        Attached::Missing(id) => {
            forks.push(fork("schedule", 0, format!("Schedule {id}"), Vec::new()));
        }
        Attached::Rows(rows) => {
            let hours = Schedule::parse(rows).map(|schedule| schedule.at(question.at));
            let is_holiday = matches!(hours, Ok(Hours::Holiday(_)));
            let is_here = decided == "schedule";
            // A holiday without a target of its own has that of closed hours.
            let is_closed = is_here && (!is_holiday || own.target != number.holiday);
            let exits = [
                ("closed", &number.closed, is_closed),
                ("holiday", &number.holiday, is_here && !is_closed),
            ];
            let exits = exits.into_iter().filter_map(|(label, target, is_taken)| {
                let (words, is_bad) = read.target_words(target.as_ref()?);
                Some(ends(label, words, is_taken, is_bad))
            });
            let title = format!("Open by {}?", rows.name);
            forks.push(fork("schedule", 0, title, exits.collect()));
        }
    }
    forks.extend(conditional(read, decided, fork, ends));
    let is_taken = decided == "target";
    let (words, is_bad) = match &number.target {
        Some(target) => read.target_words(target),
        None => (said("No target", dialer), true),
    };
    let mut end = End {
        words,
        is_taken,
        is_bad,
        then: None,
    };
    if decision.steps.len() > own.steps.len() {
        let then = Words {
            title: decision.route.as_ref().map_or_else(String::new, described),
            detail: decision.reason.clone(),
        };
        let exits = forks.iter_mut().flat_map(|fork| &mut fork.exits);
        let ends = exits.map(|exit| &mut exit.end).chain([&mut end]);
        for taken in ends.filter(|end| end.is_taken) {
            taken.then = Some(then.clone());
        }
    }
    (forks, end)
}

/// The conditional routes; of many the first ones, and the one that decides.
fn conditional(
    read: &Read,
    decided: &str,
    fork: impl Fn(&str, usize, String, Vec<Exit>) -> Fork,
    ends: impl Fn(&'static str, Words, bool, bool) -> Exit,
) -> Vec<Fork> {
    let routes = &read.number.routes;
    // One step for each that was asked.
    let asked = read.own.steps.iter().filter(|step| step.step == "routes");
    let deciding = (decided == "routes").then(|| asked.count() - 1);
    let mut forks = Vec::new();
    let mut skipped = 0;
    for (index, route) in routes.iter().enumerate() {
        if index >= DRAWN_ROUTES && deciding != Some(index) {
            skipped += 1;
            continue;
        }
        let (words, is_bad) = match &route.target {
            Some(target) => read.target_words(target),
            None => (Words::default(), true),
        };
        let exit = ends("holds", words, deciding == Some(index), is_bad);
        let title = format!("Route {}: {}?", index + 1, in_words(&route.condition));
        forks.push(fork("routes", index, title, vec![exit]));
    }
    if skipped > 0 {
        let title = format!("{skipped} more conditional routes");
        let mut more = fork("routes", DRAWN_ROUTES, title, Vec::new());
        more.words.detail = "listed below".to_owned();
        forks.insert(DRAWN_ROUTES.min(forks.len()), more);
    }
    forks
}

/// When a route applies, in words.
pub(super) fn in_words(row: &ConditionRow) -> String {
    let days = match row.days.as_str() {
        "" => "every day".to_owned(),
        days => days.replace(',', ", "),
    };
    let span = match (row.from.as_str(), row.to.as_str()) {
        ("", "") => String::new(),
        (from, to) => format!(" {from} to {to}"),
    };
    let zone = match row.time_zone.as_str() {
        "" => String::new(),
        zone => format!(" ({zone})"),
    };
    format!("{days}{span}{zone}")
}

impl Read {
    /// A target in words, and whether something is wrong with it.
    fn target_words(&self, target: &Target) -> (Words, bool) {
        match Route::of(target) {
            Ok(route) => self.route_words(&route),
            Err(why) => {
                let words = Words {
                    title: target.id.clone(),
                    detail: why,
                };
                (words, true)
            }
        }
    }

    fn route_words(&self, route: &Route) -> (Words, bool) {
        let known = self.known.iter().find(|(known, _)| known == route);
        let (detail, is_bad) = match known.map(|(_, existence)| existence) {
            Some(Existence::Missing) => ("it is not there", true),
            Some(Existence::Inactive) => ("it is not active", true),
            _ => ("", false),
        };
        let mut title = described(route);
        if let Some(first) = title.get(..1).map(str::to_uppercase) {
            title.replace_range(..1, &first);
        }
        let words = Words {
            title,
            detail: detail.to_owned(),
        };
        (words, is_bad)
    }
}
