//! What was understood of a text, and what would come of each number.

use super::reading::{Entry, What, read};
use super::source::Source;
use super::{copies, number_form, page};
use crate::console::each::{MOST, Outcome, call_each};
use crate::console::form::Fields;
use crate::console::shown::Answer;
use crate::console::values;
use crate::console::visit::Visit;
use crate::store::records::Record;

/// What was understood, and what would come of it.
pub(super) struct Looked {
    pub(super) rows: Vec<Row>,
}

/// Something that was pasted, and what would come of it.
pub(super) struct Row {
    entry: Entry,
    /// Of a number.
    outcome: Option<Outcome>,
}

impl Row {
    pub(super) fn line(&self) -> usize {
        self.entry.line
    }

    pub(super) fn written(&self) -> &str {
        &self.entry.written
    }

    /// The number that would be added; empty where none would.
    pub(super) fn number(&self) -> &str {
        match (&self.entry.what, &self.outcome) {
            (What::Number(_), Some(outcome)) if outcome.is_done => &outcome.about,
            _ => "",
        }
    }

    /// What the number was read as; empty where there is none.
    pub(super) fn read_as(&self) -> &str {
        match &self.entry.what {
            What::Number(number) | What::Twin(number, _) => number,
            What::Wrong(_) | What::LeftOut => "",
        }
    }

    /// Whether it is something beside the numbers.
    pub(super) fn is_left_out(&self) -> bool {
        self.entry.what == What::LeftOut
    }

    /// Why nothing would be added; empty where something would.
    pub(super) fn why_not(&self) -> String {
        match (&self.entry.what, &self.outcome) {
            (What::Twin(_, first), _) => format!("the same number as in line {first}"),
            (What::Wrong(why), _) => why.clone(),
            (What::Number(_), Some(outcome)) if !outcome.is_done => outcome.reason.clone(),
            _ => String::new(),
        }
    }

    pub(super) fn warnings(&self) -> &[String] {
        let outcome = self.outcome.as_ref();
        outcome.map_or(&[], |outcome| &outcome.warnings)
    }
}

impl Looked {
    /// The numbers that would be added.
    pub(super) fn numbers(&self) -> Vec<&str> {
        let numbers = self.rows.iter().map(Row::number);
        numbers.filter(|number| !number.is_empty()).collect()
    }

    /// How many numbers would not be added.
    pub(super) fn refused(&self) -> usize {
        let rows = self.rows.iter();
        rows.filter(|row| !row.why_not().is_empty()).count()
    }
}

/// `POST /add`
pub(in crate::console) async fn preview(visit: &Visit) -> Answer {
    let form = &visit.form;
    let source = Source::find(visit, form).await?;
    let wrong = |field, why: String| (Some((field, why)), None);
    let (wrong, looked) = match (number_form(form), copies(form), &source.chosen) {
        (Err(why), _, _) => wrong("country", why),
        (_, true, None) if form.given("source").is_none() => {
            wrong("source", "Name the number that is to be copied.".to_owned())
        }
        (_, true, None) if source.offered.is_empty() => {
            wrong("source", "No number fits.".to_owned())
        }
        (_, true, None) => wrong("source", "Choose one of these.".to_owned()),
        (Ok(number_form), _, _) => match read(form.text("numbers"), number_form, MOST) {
            None => {
                let why = format!("These are more than {MOST} numbers: paste them in parts.");
                wrong("numbers", why)
            }
            Some(entries) if entries.is_empty() => {
                wrong("numbers", "There is no number in it.".to_owned())
            }
            Some(entries) => (
                None,
                Some(look(visit, entries, source.chosen.as_ref()).await),
            ),
        },
    };
    page(visit, form, source, looked, wrong)
}

async fn look(visit: &Visit, entries: Vec<Entry>, source: Option<&Record>) -> Looked {
    let form = &visit.form;
    let numbers = entries.iter().filter_map(|entry| match &entry.what {
        What::Number(number) => Some(number.as_str()),
        _ => None,
    });
    let calls = numbers.map(|number| {
        let mut call = call(form, source, number);
        call.push(("dry_run", "Y"));
        call
    });
    let function = function(form);
    let outcomes = call_each(visit, function, calls.collect()).await;
    let mut outcomes = outcomes.into_iter();
    let row = |entry: Entry| Row {
        outcome: match entry.what {
            What::Number(_) => outcomes.next(),
            _ => None,
        },
        entry,
    };
    Looked {
        rows: entries.into_iter().map(row).collect(),
    }
}

/// The function that adds, or copies.
pub(super) fn function(form: &Fields) -> &'static str {
    match copies(form) {
        true => "copy_did",
        false => "add_did",
    }
}

/// The call for one number, or for a list of numbers that are copied at once.
pub(super) fn call<'c>(
    form: &'c Fields,
    source: Option<&'c Record>,
    numbers: &'c str,
) -> Vec<(&'c str, &'c str)> {
    let mut call = match (copies(form), source) {
        (true, Some(source)) => vec![
            ("source_did_pattern", source.text("did_pattern")),
            ("new_dids", numbers),
            ("did_description", form.text("copy_description").trim()),
        ],
        _ => {
            let mut call = values::given(form);
            call.push(("did_pattern", numbers));
            call
        }
    };
    // One that is there in another way is added where somebody has said so.
    if form.text("twins") != "Y" {
        call.push(("strict_numbers", "Y"));
    }
    call
}
