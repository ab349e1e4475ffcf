//! Making the calls of a plan.

use futures_util::future::join_all;

use super::server;
use crate::console::door::Said;
use crate::console::stop::Stop;
use crate::console::visit::Visit;
use crate::plan::change::{KINDS, Step, shown};
use crate::plan::state::is_done;

/// How many calls are under way at a time: they share a write to the disk.
const AT_ONCE: usize = 32;

/// What became of a step.
pub(super) struct Outcome {
    pub(super) number: String,
    /// The line of the plan.
    pub(super) step: String,
    /// Whether the number is as planned now.
    pub(super) is_done: bool,
    /// Why not, or what is to be looked at.
    pub(super) said: String,
    pub(super) change_id: Option<i64>,
}

/// Makes the calls of these steps, what is taken away last: the place of each step with its answer. Where it makes no sense to
/// go on, there are fewer answers, and why.
pub(super) async fn call(
    visit: &Visit,
    steps: &[Step],
    is_dry_run: bool,
) -> (Vec<(usize, Said)>, Option<Stop>) {
    let rules = visit.door.rules();
    let mut answers = Vec::new();
    for is_of_kind in KINDS {
        let of_kind: Vec<(usize, &Step)> = steps
            .iter()
            .enumerate()
            .filter(|(_, step)| is_of_kind(step))
            .collect();
        for some in of_kind.chunks(AT_ONCE) {
            let calls = some.iter().map(|(place, step)| async move {
                let mut parameters = vec![("did_pattern", step.number())];
                parameters.extend(step.parameters(&rules));
                if is_dry_run {
                    parameters.push(("dry_run", "Y"));
                }
                (*place, visit.text(step.function(), &parameters).await)
            });
            answers.extend(join_all(calls).await);
            // 503: the database does not answer. The others would be asked in vain.
            if let Some((_, said)) = answers.iter().find(|(_, said)| said.status >= 500) {
                let stop = Stop::Refused(said.status, said.reason.clone());
                return (answers, Some(stop));
            }
        }
    }
    (answers, None)
}

/// Does what these steps say: what became of each, and why it was not gone on, or cannot be told for certain.
pub(super) async fn apply(visit: &Visit, steps: &[Step]) -> (Vec<Outcome>, String) {
    let (mut answers, stopped) = call(visit, steps, false).await;
    answers.sort_by_key(|(place, _)| *place);
    let mut stopped = stopped.map_or_else(String::new, |stop| stop.said().2);
    // What the API says is one thing, what is stored another.
    let server = match server::dids(visit).await {
        Ok(server) => Some(server),
        Err(stop) => {
            let why = stop.said().2;
            stopped = format!("{stopped} The numbers could not be read again: {why}");
            None
        }
    };
    let mut answers = answers.into_iter().peekable();
    let outcome = |(place, step): (usize, &Step)| {
        let said = answers.next_if(|(of, _)| *of == place);
        let said = said.map(|(_, said)| said);
        let is_done = match &server {
            Some(server) => is_done(step, server),
            None => said.as_ref().is_some_and(Said::is_done),
        };
        let (text, change_id) = match &said {
            None => ("It was not tried.".to_owned(), None),
            Some(said) if !said.is_done() => (said.told(step.function()), said.change_id),
            Some(said) if is_done => (said.warnings.join("; "), said.change_id),
            Some(said) => (
                "It was done, but is not as planned.".to_owned(),
                said.change_id,
            ),
        };
        Outcome {
            number: shown(step.number()),
            step: step.to_string(),
            is_done,
            said: text,
            change_id,
        }
    };
    let outcomes = steps.iter().enumerate().map(outcome).collect();
    (outcomes, stopped)
}
