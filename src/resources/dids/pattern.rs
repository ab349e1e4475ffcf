//! The number that a body gives a DID, in either of its two names.

use super::model::Model;
use crate::resources::body::{Given, text};
use crate::resources::problem::FieldErrors;
use crate::routing::number_form::NumberForm;

/// The pattern that the body's two names for it make, in the form that new numbers of its tenant have.
pub(super) fn given(
    (number, e164): (Given<String>, Given<String>),
    before: Option<&Model>,
    form: NumberForm,
    errors: &mut FieldErrors,
) -> Option<String> {
    let stored = before.map(|before| before.number.as_str());
    let stored_e164 = stored.and_then(super::e164);
    let number = number.map(Option::unwrap_or_default);
    let is_stored = number.is_some() && number.as_deref() == stored;
    let number = match number {
        Some(number) if !is_stored => Some(errors.check("number", formed(number, form))?),
        number => number,
    };
    let e164 = e164.flatten();
    if let Some(e164) = e164.as_deref()
        && super::e164(e164) != Some(e164)
    {
        let message = "must be 2 to 15 digits, with no plus and no leading 0";
        errors.add("e164", message);
        return None;
    }
    let is_e164 = |number: &str, e164: &str| {
        super::e164(number) == Some(e164)
            || formed_e164(e164.to_owned(), form).as_deref() == Ok(number)
    };
    match (number, e164) {
        (None, None) => None,
        (Some(number), None) => Some(number),
        // A plus that is stored stays.
        (None, Some(e164)) if stored_e164 == Some(&e164) => stored.map(str::to_owned),
        (Some(_), Some(e164)) if is_stored && stored_e164 != Some(&e164) => {
            errors.check("e164", formed_e164(e164, form))
        }
        (None, Some(e164)) => errors.check("e164", formed_e164(e164, form)),
        (Some(number), Some(e164)) if is_e164(&number, &e164) => Some(number),
        (Some(number), Some(e164)) if stored_e164 == Some(&e164) => Some(number),
        _ => {
            errors.add("number", "and e164 are the same thing, but differ here");
            None
        }
    }
}

/// A number as it is to be stored; a pattern of another kind as it is.
fn formed(written: String, form: NumberForm) -> Result<String, String> {
    let written = text(&written, 2, 50)?;
    let number = form
        .number(&written)
        .map_err(|malformed| malformed.to_string())?;
    let number = number.unwrap_or(written);
    match is_pattern(&number) {
        true => Ok(number),
        false => Err("must be a number, or 2 to 50 of 0-9 A-Z a-z : + * # . _".to_owned()),
    }
}

/// The same of one that names its country, without a plus.
fn formed_e164(e164: String, form: NumberForm) -> Result<String, String> {
    match form.is_as_is() {
        true => Ok(e164),
        false => formed(format!("+{e164}"), form),
    }
}

fn is_pattern(number: &str) -> bool {
    (2..=50).contains(&number.len())
        && number
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b":+*#._".contains(&byte))
}
