//! Adding the numbers that were shown.

use std::collections::HashSet;

use super::preview::{call, function};
use super::source::Source;
use super::{copies, page};
use crate::console::bulk::said;
use crate::console::each::{MOST, Outcome, call_each};
use crate::console::shown::{Answer, Shown};
use crate::console::visit::Visit;
use crate::console::words;
use crate::store::collation;
use crate::store::records::Record;

/// `POST /add/apply`
pub(in crate::console) async fn apply(visit: &Visit) -> Answer {
    let form = &visit.form;
    let source = Source::find(visit, form).await?;
    let mut numbers: Vec<&str> = form.all("number").collect();
    let mut seen = HashSet::new();
    numbers.retain(|number| seen.insert(collation::key(number)));
    let wrong = match (numbers.len(), copies(form), &source.chosen) {
        (0, _, _) => Some(("numbers", "There is no number in it.".to_owned())),
        (count, _, _) if count > MOST => {
            let why = format!("These are more than {MOST} numbers; none was added.");
            Some(("numbers", why))
        }
        (_, true, None) => {
            let why = "The number that was to be copied is not there any more; none was added.";
            Some(("source", why.to_owned()))
        }
        _ => None,
    };
    if wrong.is_some() {
        return page(visit, form, source, None, wrong);
    }
    let outcomes = match &source.chosen {
        Some(source) if copies(form) => copied(visit, source, &numbers).await,
        _ => {
            let calls = numbers.iter().map(|number| call(form, None, number));
            call_each(visit, function(form), calls.collect()).await
        }
    };
    let numbers = numbers.into_iter().map(str::to_owned);
    let results = numbers.zip(outcomes).collect();
    // The newest are the first there.
    Ok(Shown::saying("/?sort=-added", said(results, "added")))
}

/// Copies a DID onto all numbers in one call, so that it is one change; what came of each.
async fn copied(visit: &Visit, source: &Record, numbers: &[&str]) -> Vec<Outcome> {
    const FUNCTION: &str = "copy_did";
    let list = numbers.join(";");
    let parameters = call(&visit.form, Some(source), &list);
    let said = visit.text(FUNCTION, &parameters).await;
    let lines = words::lines(&said, FUNCTION);
    let of_number = |number: &&str| {
        let line = lines
            .iter()
            .find(|line| collation::compare(&line.about, number).is_eq());
        let is_added = line.is_some_and(|line| line.reason == ADDED) && said.is_done();
        Outcome {
            is_done: is_added,
            is_unknown: said.is_unknown,
            reason: match (line, lines.last()) {
                (Some(line), _) => line.reason.clone(),
                (None, _) if said.is_done() => {
                    "the API does not say what came of it: look whether it is there".to_owned()
                }
                // One number refuses them all.
                (None, Some(last)) if numbers.contains(&last.about.as_str()) => {
                    format!("none was added, because of {}: {}", last.about, last.reason)
                }
                (None, _) => words::reason(&said, FUNCTION),
            },
            about: (*number).to_owned(),
            warnings: Vec::new(),
            change_id: said.change_id.filter(|_| is_added),
        }
    };
    numbers.iter().map(of_number).collect()
}

/// What `copy_did` says of a number that it has added, as [`words::lines`] gives it.
const ADDED: &str = "DID has been added";
