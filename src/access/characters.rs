//! The characters that are kept of a value: all others are dropped before anything else looks at it
//! (fixtures/reference/behaviour.md §1).

use std::sync::LazyLock;

use regex::Regex;

/// The letters and digits that a value keeps, beside its punctuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// `0-9 a-z A-Z`, and any letter with `use_non_latin`.
    Letters,
    /// `0-9 a-z A-Z`
    Ascii,
    /// `a-z A-Z`
    Alphabet,
    /// `A-Z`
    Capitals,
    /// `0-9`
    Digits,
}

#[expect(clippy::unwrap_used, reason = "a fixed expression; every test runs it")]
static LETTER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\p{L}$").unwrap());

/// What is kept of a value. With `non_latin`, letters of every script are kept where the rule has letters, and a value
/// that is not UTF-8 becomes empty.
pub(crate) fn kept(keep: Keep, punctuation: &str, value: &[u8], non_latin: bool) -> String {
    let is_kept = |byte: u8| match keep {
        Keep::Letters | Keep::Ascii => byte.is_ascii_alphanumeric(),
        Keep::Alphabet => byte.is_ascii_alphabetic(),
        Keep::Capitals => byte.is_ascii_uppercase(),
        Keep::Digits => byte.is_ascii_digit(),
    };
    let is_kept = |byte: u8| is_kept(byte) || punctuation.as_bytes().contains(&byte);
    if !non_latin {
        return value
            .iter()
            .copied()
            .filter(|&byte| byte.is_ascii() && is_kept(byte))
            .map(char::from)
            .collect();
    }
    let Ok(text) = std::str::from_utf8(value) else {
        return String::new();
    };
    // VICIdial's `utf8` columns hold three bytes a letter at the most.
    let is_letter = |c: char| {
        keep == Keep::Letters && c.len_utf8() <= 3 && LETTER.is_match(c.encode_utf8(&mut [0; 4]))
    };
    text.chars()
        .filter(|&c| {
            if c.is_ascii() {
                is_kept(c as u8)
            } else {
                is_letter(c)
            }
        })
        .collect()
}
