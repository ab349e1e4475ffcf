//! Calls for many numbers, one each.

use std::cell::Cell;

use futures_util::{StreamExt, stream};

use super::door::Said;
use super::visit::Visit;
use super::words;

/// How many numbers one form is about at the most.
pub(super) const MOST: usize = 1000;

/// How many calls are under way at a time: the database commits those together that wait together.
const AT_A_TIME: usize = 16;

/// HTTP's status where the database is away.
const UNAVAILABLE: u16 = 503;

/// What came of the call for a number.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    /// Whether it was done.
    pub(super) is_done: bool,
    /// Whether nobody knows that.
    pub(super) is_unknown: bool,
    /// Why not, or what it is about: as a sentence without its full stop.
    pub(super) reason: String,
    /// The number as the API names it.
    pub(super) about: String,
    pub(super) warnings: Vec<String>,
    pub(super) change_id: Option<i64>,
}

impl Outcome {
    /// What a reply says of the one number that it is about.
    fn of(said: &Said, function: &str) -> Self {
        let first = words::lines(said, function).into_iter().next();
        let (reason, about) = match first {
            Some(line) => (line.reason, line.about),
            None => (words::reason(said, function), String::new()),
        };
        Self {
            is_done: said.is_done(),
            is_unknown: said.is_unknown,
            reason,
            about,
            warnings: said.warnings.clone(),
            change_id: said.change_id,
        }
    }

    /// Nothing was asked of the API.
    pub(super) fn not_tried(reason: &str) -> Self {
        Self {
            is_done: false,
            is_unknown: false,
            reason: reason.to_owned(),
            about: String::new(),
            warnings: Vec::new(),
            change_id: None,
        }
    }
}

/// Calls a function of the text API with each of these parameters; what came of each, in their order. Once the database is
/// away the rest is not tried.
pub(super) async fn call_each(
    visit: &Visit,
    function: &'static str,
    calls: Vec<Vec<(&str, &str)>>,
) -> Vec<Outcome> {
    let is_away = &Cell::new(false);
    let call = |parameters: Vec<(&'_ str, &'_ str)>| {
        let parameters: Vec<(String, String)> = parameters
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        async move {
            if is_away.get() {
                return Outcome::not_tried("not tried: the database is away");
            }
            let said = visit.door.text(function, parameters).await;
            if said.status == UNAVAILABLE {
                is_away.set(true);
            }
            Outcome::of(&said, function)
        }
    };
    let calls: Vec<_> = calls.into_iter().map(call).collect();
    stream::iter(calls).buffered(AT_A_TIME).collect().await
}
