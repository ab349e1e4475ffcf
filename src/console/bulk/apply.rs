//! Doing to each number what was shown.

use super::preview::{call, look};
use super::selected::{Selected, state};
use super::{FUNCTION, back, deletes, show};
use crate::console::each::{Outcome, call_each};
use crate::console::notice::Notice;
use crate::console::shown::{Answer, Shown};
use crate::console::values;
use crate::console::visit::Visit;

/// `POST /bulk/apply`
pub(in crate::console) async fn apply(visit: &Visit) -> Answer {
    let form = &visit.form;
    let Ok(selected) = Selected::of(form) else {
        return show(visit, "").await;
    };
    if !deletes(form) && values::given(form).is_empty() {
        return show(visit, super::preview::NOTHING_CHOSEN).await;
    }
    if deletes(form) && form.text("confirm") != "Y" {
        return look(visit, "Tick the box to delete them. Nothing was deleted.").await;
    }
    let records = selected.read(visit).await?;
    let mut results: Vec<(String, Outcome)> = Vec::new();
    let mut unchanged = Vec::new();
    for (did_id, shown) in &selected.0 {
        let record = records
            .iter()
            .find(|record| record.number("did_id") == Some(*did_id));
        match record {
            None => results.push((
                format!("DID id {did_id}"),
                Outcome::not_tried("it is not there any more"),
            )),
            Some(record) if state(record) != *shown => results.push((
                record.text("did_pattern").to_owned(),
                Outcome::not_tried(
                    "it was changed since you looked at it, and was left as it is now",
                ),
            )),
            Some(record) if !visit.is_named_by(record.text("did_pattern"), true) => results.push((
                record.text("did_pattern").to_owned(),
                Outcome::not_tried("a call of the API cannot name it"),
            )),
            Some(record) => unchanged.push(record),
        }
    }
    let calls = unchanged.iter().map(|record| call(form, record)).collect();
    let done = call_each(visit, FUNCTION, calls).await;
    let numbers = unchanged
        .iter()
        .map(|record| record.text("did_pattern").to_owned());
    results.extend(numbers.zip(done));
    let word = if deletes(form) { "deleted" } else { "changed" };
    Ok(Shown::saying(back(form), said(results, word)))
}

/// What came of all, the numbers first to which it was not done.
pub(in crate::console) fn said(mut results: Vec<(String, Outcome)>, word: &str) -> Notice {
    let all = results.len();
    let done = results
        .iter()
        .filter(|(_, outcome)| outcome.is_done)
        .count();
    let unknown = results
        .iter()
        .filter(|(_, outcome)| outcome.is_unknown)
        .count();
    let text = match (done, all) {
        (1, 1) => format!("1 number was {word}."),
        (done, all) if done == all => format!("{done} numbers were {word}."),
        (done, all) if unknown > 0 => format!(
            "{done} of {all} numbers were {word}; of {unknown} it is not known, look whether they were:"
        ),
        (done, all) => format!("{done} of {all} numbers were {word}; the others were not:"),
    };
    let notice = match done == all {
        true => Notice::good(text),
        false => Notice::bad(text),
    };
    results.sort_by_key(|(_, outcome)| outcome.is_done);
    let line = |(number, outcome): &(String, Outcome)| {
        let what = match outcome.is_done {
            true => word,
            false => outcome.reason.as_str(),
        };
        let warnings = outcome
            .warnings
            .iter()
            .map(|warning| format!("; {warning}"));
        format!("{number}: {what}{}", warnings.collect::<String>())
    };
    let mut changes: Vec<i64> = results
        .iter()
        .filter_map(|(_, outcome)| outcome.change_id)
        .collect();
    changes.sort_unstable();
    changes.dedup();
    notice
        .with_lines(results.iter().map(line).collect())
        .of_changes(changes)
}
