//! What would come of each number.

use askama::Template;

use super::selected::{Selected, state};
use super::{FUNCTION, back, deletes, show};
use crate::console::each::{Outcome, call_each};
use crate::console::form::Fields;
use crate::console::frame::{Frame, Section};
use crate::console::shown::{Answer, Shown};
use crate::console::values::{self, Difference};
use crate::console::visit::Visit;
use crate::store::collation;
use crate::store::records::Record;

/// A number, and what would come of it.
struct Row {
    record: Record,
    differences: Vec<Difference>,
    /// Why it would not be done; empty where it would, or nothing has to be.
    refused: String,
    warnings: Vec<String>,
}

#[derive(Template)]
#[template(path = "bulk_preview.html", config = "src/console/askama.toml")]
struct Page<'v> {
    frame: Frame,
    form: &'v Fields,
    back: &'v str,
    rows: Vec<Row>,
    /// What is wrong with the form; empty where nothing is.
    wrong: &'static str,
}

impl Row {
    fn is_done(&self, deletes: bool) -> bool {
        self.refused.is_empty() && (deletes || !self.differences.is_empty())
    }

    /// The field that names it, with its state.
    fn named(&self) -> String {
        format!("{}:{}", self.record.text("did_id"), state(&self.record))
    }
}

impl Page<'_> {
    fn deletes(&self) -> bool {
        deletes(self.form)
    }

    /// What the form gives, to be sent again.
    fn given(&self) -> Vec<(&'static str, &str)> {
        values::given(self.form)
    }

    fn count(&self) -> usize {
        let deletes = self.deletes();
        self.rows.iter().filter(|row| row.is_done(deletes)).count()
    }
}

/// What is said where a form does not tell what to do.
pub(super) const NOTHING_CHOSEN: &str = "Choose what is to be changed: every field is empty.";

/// `POST /bulk/preview`
pub(in crate::console) async fn preview(visit: &Visit) -> Answer {
    look(visit, "").await
}

/// The page, with what is wrong with the form that was sent from it.
pub(super) async fn look(visit: &Visit, wrong: &'static str) -> Answer {
    let form = &visit.form;
    let Ok(selected) = Selected::of(form) else {
        return show(visit, "").await;
    };
    if !deletes(form) && values::given(form).is_empty() {
        return show(visit, NOTHING_CHOSEN).await;
    }
    let records = selected.read(visit).await?;
    if records.is_empty() {
        return show(visit, "").await;
    }
    let calls = records.iter().map(|record| {
        let mut call = call(form, record);
        call.push(("dry_run", "Y"));
        call
    });
    let outcomes = call_each(visit, FUNCTION, calls.collect()).await;
    let row = |(record, outcome): (Record, Outcome)| Row {
        differences: match deletes(form) {
            true => Vec::new(),
            false => values::differences(form, &record),
        },
        refused: refused(&record, &outcome),
        warnings: outcome.warnings,
        record,
    };
    let page = Page {
        frame: visit.frame(Section::Dids, "Look before it is done"),
        form,
        back: back(form),
        rows: records.into_iter().zip(outcomes).map(row).collect(),
        wrong,
    };
    Ok(match wrong {
        "" => Shown::page(&page),
        _ => Shown::refused(&page),
    })
}

/// The call for a number.
pub(super) fn call<'c>(form: &'c Fields, record: &'c Record) -> Vec<(&'c str, &'c str)> {
    let mut call = match deletes(form) {
        true => vec![("delete_did", "Y")],
        false => values::given(form),
    };
    call.push(("did_pattern", record.text("did_pattern")));
    call
}

/// Why a call would not be done; empty where it would.
fn refused(record: &Record, outcome: &Outcome) -> String {
    if !outcome.is_done {
        return outcome.reason.clone();
    }
    // A call drops characters that no number should have: what is left may be another DID.
    match collation::compare(&outcome.about, record.text("did_pattern")).is_eq() {
        true => String::new(),
        false => "A call of the API cannot name it, its number has characters that are dropped"
            .to_owned(),
    }
}
