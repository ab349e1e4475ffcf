//! How the DIDs of a plan are on the server: as it was made, as it makes them, or changed by somebody else since.

use super::change::{Step, of_column, shown};
use super::listed::{Dids, Listed, Values};

/// How a step's DID is on the server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// As the plan knows it.
    Open,
    /// As the plan makes it.
    Done,
    /// Otherwise: somebody else has changed it since.
    Moved(String),
}

/// How the DID of a step is.
pub(crate) fn state(step: &Step, server: &Dids) -> State {
    let number = step.number();
    let there = server.find(number);
    match (step, there) {
        (Step::Add { .. }, None) => State::Open,
        (Step::Delete { .. }, None) => State::Done,
        (Step::Change { .. }, None) => State::Moved(format!("{} was deleted", shown(number))),
        (Step::Add { .. }, Some(did)) => {
            let differing = step
                .set()
                .find(|(column, value)| did.value(column) != *value);
            match differing {
                None => State::Done,
                Some((column, value)) => {
                    State::Moved(moved(number, column, "nothing", value, did.value(column)))
                }
            }
        }
        (Step::Delete { before, .. } | Step::Change { before, .. }, Some(did)) => {
            let mut after = before.clone();
            after.extend(
                step.set()
                    .map(|(column, value)| (column.to_owned(), value.to_owned())),
            );
            let is = |values: &Values| {
                values
                    .iter()
                    .all(|(column, value)| did.value(column) == value)
            };
            if is(before) {
                return State::Open;
            }
            if matches!(step, Step::Change { .. }) && is(&after) {
                return State::Done;
            }
            let differing = before
                .iter()
                .find(|(column, value)| did.value(column) != *value);
            State::Moved(differing.map_or_else(String::new, |(column, value)| {
                let new = after.get(column).map_or("", String::as_str);
                moved(number, column, &shown(value), new, did.value(column))
            }))
        }
    }
}

fn moved(number: &str, column: &str, before: &str, planned: &str, is: &str) -> String {
    let name = of_column(number, column);
    match shown(planned) {
        planned if planned == before => format!("{name} was {before}, and is {}", shown(is)),
        planned => format!(
            "{name} was {before}, is planned as {planned}, and is {}",
            shown(is)
        ),
    }
}

/// Whether a DID that the server shows is as a step makes it.
pub(crate) fn is_done(step: &Step, server: &Dids) -> bool {
    match step {
        Step::Delete { number, .. } => server.find(number).is_none(),
        _ => server.find(step.number()).is_some_and(|did: &Listed| {
            step.set().all(|(column, value)| did.value(column) == value)
        }),
    }
}
