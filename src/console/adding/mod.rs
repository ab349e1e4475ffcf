//! Adding numbers, and copying one onto others: what was understood is shown first.

mod apply;
mod preview;
mod reading;
mod source;

use askama::Template;

use super::each::MOST;
use super::form::Fields;
use super::frame::{Frame, Section};
use super::rights::Right;
use super::shown::{Answer, Shown};
use super::values::{FIELDS, Field};
use super::visit::Visit;
use crate::access::permission::{CHANGE_DIDS, Needs};
use crate::console::reading::Asks;
use crate::routing::number_form::{Form, NumberForm};
pub(super) use apply::apply;
use preview::Looked;
pub(super) use preview::preview;
use source::Source;
pub(super) use source::sources;

/// What the page asks of its user: to add, or to copy.
const ASKS: Asks = || Needs::Function(&CHANGE_DIDS);

/// The forms that can be chosen, each with an example.
const FORMS: [(Form, &str); 4] = [
    (Form::AsIs, "as they are, without separators"),
    (Form::National, "10 digits: 7275550100"),
    (Form::WithCountry, "11 digits: 17275550100"),
    (Form::E164, "E.164: +17275550100"),
];

#[derive(Template)]
#[template(path = "add.html", config = "src/console/askama.toml")]
struct Page<'v> {
    frame: Frame,
    form: &'v Fields,
    /// The DID that is copied, as far as one is named.
    source: Source,
    /// What would come of it; none where nothing was looked at.
    looked: Option<Looked>,
    /// What is wrong with the form: the field's name and why.
    wrong: Option<(&'static str, String)>,
}

impl Page<'_> {
    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn forms(&self) -> Vec<(String, &'static str)> {
        FORMS
            .iter()
            .map(|(form, words)| (form.word(), *words))
            .collect()
    }

    fn form_word(&self) -> String {
        number_form(self.form)
            .map_or_else(|_| Form::AsIs, |form| form.form)
            .word()
    }

    fn country(&self) -> &str {
        self.form.given("country").unwrap_or("1")
    }

    fn copies(&self) -> bool {
        copies(self.form)
    }

    fn most(&self) -> usize {
        MOST
    }

    /// What is wrong with a field; empty where nothing is.
    fn wrong(&self, field: &str) -> &str {
        let wrong = self.wrong.as_ref().filter(|(name, _)| *name == field);
        wrong.map_or("", |(_, why)| why)
    }

    fn why_not(&self) -> &str {
        let right = match self.copies() {
            true => Right::CopyDids,
            false => Right::AddDids,
        };
        self.frame.rights.why_not(right)
    }

    fn source_words(&self, record: &crate::store::records::Record) -> String {
        super::words::target(record)
    }
}

/// Whether a form asks to copy.
fn copies(form: &Fields) -> bool {
    form.text("how") == "copy"
}

/// The form of the numbers that was chosen.
///
/// # Errors
/// What is wrong with the country.
fn number_form(form: &Fields) -> Result<NumberForm, String> {
    let word = form.given("form").unwrap_or("as-is");
    let country = form.given("country").unwrap_or("1");
    let country: Option<u16> = country.trim_start_matches('+').parse().ok();
    match country.filter(|country| (1..=999).contains(country)) {
        Some(country) => Ok(NumberForm {
            form: Form::of_word(word).unwrap_or_default(),
            country,
        }),
        None => Err("The country is its calling code, 1 to 999.".to_owned()),
    }
}

/// `GET /add?source=`
pub(super) async fn show(visit: &Visit) -> Answer {
    let mut form = visit.query.clone();
    if form.given("source").is_some() && !form.has("how") {
        form.0.push(("how".to_owned(), "copy".to_owned()));
    }
    let source = Source::find(visit, &form).await?;
    page(visit, &form, source, None, None)
}

fn page(
    visit: &Visit,
    form: &Fields,
    source: Source,
    looked: Option<Looked>,
    wrong: Option<(&'static str, String)>,
) -> Answer {
    let is_wrong = wrong.is_some();
    let page = Page {
        frame: visit.frame(Section::Add, "Add and copy"),
        form,
        source,
        looked,
        wrong,
    };
    Ok(match is_wrong {
        true => Shown::refused(&page),
        false => Shown::page(&page),
    })
}
