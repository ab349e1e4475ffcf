//! `new_dids`: the reference's list between commas, and in the documented dialect ways to write a longer one.
//!
//! The longer way is that of [`crate::routing::number_list`]. It is taken where the value holds a semicolon, a line break, a space that
//! separates or a range, or more than 2000 bytes, sent in a form. Otherwise the value is VICIdial's own list, to the byte.
//! In the longer way empty places between separators count for nothing, and the bound of 2000 bytes does not hold.

use crate::api::did::{PATTERN, number_variants};
use crate::api::options::sent;
use crate::api::{Dialect, Line, Parameters, Session, Stop};
use crate::routing::number_list::{BadRange, Piece, expanded, pieces};

/// VICIdial's list: 2 to 2000 bytes.
const PLAIN: std::ops::RangeInclusive<usize> = 2..=2000;

/// The most numbers of one list: more than fit into a form where each has ten digits and a separator.
const MOST_NUMBERS: usize = 100_000;

/// The most numbers of a longer list that cannot be a pattern: each would have its line in the reply, and in the log.
const MOST_WRONG: usize = 100;

/// The numbers of a copy, as they were sent.
pub(super) struct List {
    /// As VICIdial's filter leaves it.
    filtered: String,
    /// As it was written.
    written: String,
    /// What it is made of, where it is written in one of the longer ways.
    pieces: Option<Vec<Piece>>,
}

impl List {
    /// The list of this call.
    pub(super) fn of(session: &Session<'_>) -> Self {
        let filtered = session.owned("new_dids");
        let mut list = Self {
            written: String::from_utf8_lossy(sent(session.call, "new_dids")).into_owned(),
            filtered,
            pieces: None,
        };
        if session.dialect == Dialect::Documented && !list.filtered.is_empty() {
            let (pieces, is_longer) = pieces(&list.written);
            let is_longer =
                is_longer || (list.filtered.len() > *PLAIN.end() && is_in_form(session));
            list.pieces = is_longer.then_some(pieces);
        }
        list
    }

    /// The value as VICIdial reads it.
    pub(super) fn as_sent(&self) -> &str {
        &self.filtered
    }

    /// Whether it is as long as it has to be, and not longer.
    pub(super) fn has_its_length(&self) -> bool {
        match &self.pieces {
            Some(pieces) => !pieces.is_empty(),
            None => PLAIN.contains(&self.filtered.len()),
        }
    }

    /// The numbers in their order, in the form in which they are to be stored.
    ///
    /// # Errors
    /// The line for an invalid range, or for what is no number.
    pub(super) fn numbers(&self, session: &mut Session<'_>) -> Result<Vec<String>, Stop> {
        let (written, filtered): (Vec<String>, Vec<String>) = match &self.pieces {
            Some(pieces) => {
                let written = expanded(pieces).map_err(refused)?;
                if written.len() > MOST_NUMBERS {
                    return Err(too_many("BE OF", MOST_NUMBERS, "NUMBERS", written.len()));
                }
                let non_latin = session.settings.non_latin();
                let filtered =
                    |number: &String| Parameters::filter_one("new_dids", number, non_latin);
                let filtered: Vec<String> = written.iter().map(filtered).collect();
                let is_wrong = |number: &&String| !PATTERN.contains(&number.len());
                let wrong = filtered.iter().filter(is_wrong).count();
                if wrong > MOST_WRONG {
                    let what = "THAT ARE NOT FROM 2 TO 50 CHARACTERS";
                    return Err(too_many("HOLD", MOST_WRONG, what, wrong));
                }
                (written, filtered)
            }
            None => {
                // The filter keeps every comma.
                let split = |list: &str| list.split(',').map(str::to_owned).collect();
                (split(&self.written), split(&self.filtered))
            }
        };
        let numbers = written.iter().map(String::as_str).zip(filtered);
        number_variants::formed(session, "copy_did", "new_dids", numbers)
    }
}

/// The refusal of a list with more than so many.
fn too_many(verb: &str, most: usize, what: &str, count: usize) -> Stop {
    let reason = format!("copy_did NEW DIDS MUST NOT {verb} MORE THAN {most} {what}");
    Line::error(reason, count.to_string()).into()
}

/// Whether the list came in a form: an address has its own bounds.
fn is_in_form(session: &Session<'_>) -> bool {
    let call = session.call;
    let last = call.pairs.iter().rposition(|(name, _)| name == "new_dids");
    last.is_some_and(|place| place < call.form_pair_count)
}

fn refused(BadRange { range, fault }: BadRange) -> Stop {
    let fault = fault.to_string().to_uppercase();
    Line::error(format!("copy_did NEW DIDS {fault}"), range).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vicidials_list_has_2_to_2000_bytes() {
        let has_its_length = |bytes| {
            let list = List {
                filtered: "7".repeat(bytes),
                written: String::new(),
                pieces: None,
            };
            list.has_its_length()
        };
        assert_eq!(
            [1, 2, 2000, 2001].map(has_its_length),
            [false, true, true, false]
        );
    }
}
