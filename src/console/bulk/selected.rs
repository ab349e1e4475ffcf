//! The numbers that a form is about, and the state in which they were shown.

use ring::digest::{Context, SHA256};

use super::MOST;
use crate::access::permission::{CHANGE_DIDS, Needs};
use crate::console::form::Fields;
use crate::console::stop::Stop;
use crate::console::visit::Visit;
use crate::store::dids::listing;
use crate::store::dids::pages::COLUMNS;
use crate::store::records::Record;

/// How many bytes of a digest tell one state from another.
const BYTES: usize = 12;

/// The `did_id` of each number, with the state in which it was shown; empty where none was.
pub(super) struct Selected(pub(super) Vec<(i64, String)>);

impl Selected {
    /// Those of a form: each field `did` is a `did_id`, and behind a colon its state.
    ///
    /// # Errors
    /// What is wrong with them, as a sentence.
    pub(super) fn of(form: &Fields) -> Result<Self, String> {
        let mut selected: Vec<(i64, String)> = Vec::new();
        for did in form.all("did") {
            let (did_id, state) = did.split_once(':').unwrap_or((did, ""));
            let Ok(did_id) = did_id.parse() else {
                return Err("There is a number among them that is none.".to_owned());
            };
            if !selected.iter().any(|(known, _)| *known == did_id) {
                selected.push((did_id, state.to_owned()));
            }
        }
        match selected.len() {
            0 => Err("Select at least one number.".to_owned()),
            MOST.. if selected.len() > MOST => Err(format!(
                "Select {MOST} numbers at the most; nothing was done."
            )),
            _ => Ok(Self(selected)),
        }
    }

    /// Those that are there and that the user sees, in the form's order.
    ///
    /// # Errors
    /// The user may not, or the database does not answer.
    pub(super) async fn read(&self, visit: &Visit) -> Result<Vec<Record>, Stop> {
        let ids: Vec<i64> = self.0.iter().map(|(did_id, _)| *did_id).collect();
        let asks = || Needs::Function(&CHANGE_DIDS);
        visit
            .read(super::FUNCTION, asks, move |db, reader| {
                let mut records = listing::by_ids(db, ids.iter().copied())?;
                records.retain(|record| reader.scope.covers(record.get("user_group")));
                records.sort_by_key(|record| {
                    let did_id = record.number("did_id");
                    ids.iter().position(|id| Some(*id) == did_id)
                });
                Ok(records)
            })
            .await
    }
}

/// A state, to be known again: when it was changed last, and what the list and this form show of it.
pub(super) fn state(record: &Record) -> String {
    let mut context = Context::new(&SHA256);
    for column in COLUMNS {
        let value = record.get(column);
        context.update(&[u8::from(value.is_some())]);
        let value = value.unwrap_or_default();
        context.update(&value.len().to_be_bytes());
        context.update(value.as_bytes());
    }
    let digest = context.finish();
    let bytes = digest.as_ref().iter().take(BYTES);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}
