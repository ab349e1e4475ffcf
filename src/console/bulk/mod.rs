//! Changing or deleting several numbers at once: what is to be done, what would come of each, and doing it.

mod apply;
mod preview;
mod selected;

use askama::Template;

use super::each::MOST;
use super::form::Fields;
use super::frame::{Frame, Section};
use super::notice::Notice;
use super::rights::Right;
use super::shown::{Answer, Shown};
use super::sign_in;
use super::values::{FIELDS, Field};
use super::visit::Visit;
use super::words;
use crate::store::records::Record;
pub(super) use apply::{apply, said};
pub(super) use preview::preview;
use selected::Selected;

/// The function that changes and deletes.
const FUNCTION: &str = "update_did";

/// The form: what is to be done with the numbers that were selected.
#[derive(Template)]
#[template(path = "bulk.html", config = "src/console/askama.toml")]
struct Page<'v> {
    frame: Frame,
    form: &'v Fields,
    back: &'v str,
    selected: Vec<Record>,
    /// Why nothing was looked at; empty where nothing is wrong.
    wrong: &'static str,
}

impl Page<'_> {
    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn target(&self, record: &Record) -> String {
        words::target(record)
    }

    fn deletes(&self) -> bool {
        deletes(self.form)
    }

    fn why_not_delete(&self) -> &str {
        self.frame.rights.why_not(Right::DeleteDids)
    }
}

/// Whether a form asks to delete.
fn deletes(form: &Fields) -> bool {
    form.text("action") == "delete"
}

/// The page to go back to.
fn back(form: &Fields) -> &str {
    sign_in::next(form.text("back"))
}

/// `POST /bulk`
pub(super) async fn choose(visit: &Visit) -> Answer {
    show(visit, "").await
}

/// The form as it was sent, with what is wrong with it.
async fn show(visit: &Visit, wrong: &'static str) -> Answer {
    let form = &visit.form;
    let selected = match Selected::of(form) {
        Ok(selected) => selected.read(visit).await?,
        Err(why) => return Ok(Shown::saying(back(form), Notice::bad(why))),
    };
    if selected.is_empty() {
        let notice = Notice::bad("The numbers that you selected are not there any more.");
        return Ok(Shown::saying(back(form), notice));
    }
    let page = Page {
        frame: visit.frame(Section::Dids, "Change numbers"),
        form,
        back: back(form),
        selected,
        wrong,
    };
    Ok(match wrong {
        "" => Shown::page(&page),
        _ => Shown::refused(&page),
    })
}
