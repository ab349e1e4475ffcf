//! A number as the server will see it.

use super::PATTERN;
use crate::api::Parameters;
use crate::routing::number_form::NumberForm;

/// A number in this form. A pattern of another kind comes without what the server's filter would drop from it
/// (`fixtures/reference/parameters.csv`, did_pattern); letters of every script stay, as with `use_non_latin`.
///
/// # Errors
/// Why it cannot be a DID, or is none that anybody meant.
pub(crate) fn clean(written: &str, form: NumberForm) -> Result<String, String> {
    let number = match form.number(written) {
        Ok(Some(number)) => number,
        Ok(None) => Parameters::filter_one("did_pattern", written, true),
        Err(malformed) => return Err(format!("the number {malformed}").to_uppercase()),
    };
    match PATTERN.contains(&number.len()) {
        true => Ok(number),
        false => Err("DID PATTERN MUST BE FROM 2 TO 50 CHARACTERS".to_owned()),
    }
}
