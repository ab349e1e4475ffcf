//! What is asked of a call on its way to a DID's target, as a drawing has it.

use super::drawing::{End, Exit, Fork, Words};
use super::way::Read;
use crate::routing::caller::Caller;
use crate::routing::decide::{Attached, Existence, Status, described};
use crate::routing::hours::{ConditionRow, Hours, Schedule};
use crate::routing::target::{Route, Target};

/// How many conditional routes are drawn; the list of the steps names all that were asked.
pub(super) const DRAWN_ROUTES: usize = 20;

/// What is asked on the way, and its end.
pub(super) fn picture(read: &Read) -> (Vec<Fork>, End) {
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
            title: decision.route.as_ref().map_or_else(String::new, name),
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

/// Where a route leads, as a box names it: `In-group SALES`.
fn name(route: &Route) -> String {
    let mut name = described(route);
    if let Some(first) = name.get(..1).map(str::to_uppercase) {
        name.replace_range(..1, &first);
    }
    name
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
        let words = Words {
            title: name(route),
            detail: detail.to_owned(),
        };
        (words, is_bad)
    }
}
