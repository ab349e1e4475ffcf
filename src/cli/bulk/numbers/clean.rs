//! A number as the server will see it.

use std::sync::LazyLock;

use regex::Regex;

use crate::api::did::PATTERN;

#[expect(clippy::unwrap_used, reason = "a fixed expression; every test runs it")]
static SCIENTIFIC: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[0-9](\.[0-9]+)?[eE]\+[0-9]+$").unwrap());

/// A number without what the server's filter would drop from it: spaces, dashes, parentheses (`fixtures/reference/parameters.csv`,
/// did_pattern). Letters of every script stay, as with `use_non_latin`.
///
/// # Errors
/// Why it cannot be a DID, or is none that anybody meant.
pub(in crate::cli::bulk) fn clean(written: &str) -> Result<String, &'static str> {
    if SCIENTIFIC.is_match(written) {
        return Err(
            "A SPREADSHEET HAS ROUNDED THIS NUMBER, FORMAT ITS COLUMN AS TEXT AND EXPORT IT AGAIN",
        );
    }
    if written.to_ascii_lowercase().contains("%2b") {
        return Err("%2B IS A PLUS SIGN ENCODED FOR AN ADDRESS, WRITE +");
    }
    // The server would drop them and add what is left.
    if written.chars().any(|c| c.is_numeric() && !c.is_ascii()) {
        return Err("DIGITS MUST BE 0 TO 9");
    }
    if holds_several(written) {
        return Err("MORE THAN ONE NUMBER, PUT EACH ON A LINE OF ITS OWN");
    }
    let number = filter(written);
    match PATTERN.contains(&number.len()) {
        true => Ok(number),
        false => Err("DID PATTERN MUST BE FROM 2 TO 50 CHARACTERS"),
    }
}

/// Whether what would be dropped stands between two numbers: the server would make one of them.
fn holds_several(written: &str) -> bool {
    let is_between =
        |c: char| !c.is_alphanumeric() && filter(c.encode_utf8(&mut [0; 4])).is_empty();
    let digits = |part: &str| part.bytes().filter(u8::is_ascii_digit).count();
    written.len() >= 15
        && written
            .split(is_between)
            .filter(|part| digits(part) >= 7)
            .count()
            > 1
}

fn filter(written: &str) -> String {
    let pair = ("did_pattern".to_owned(), written.as_bytes().to_vec());
    crate::api::Parameters::filter(&[pair], true)
        .get("did_pattern")
        .to_owned()
}
