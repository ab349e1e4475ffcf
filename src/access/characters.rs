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

/// The letters that the reference knows: those of Unicode 14.
#[expect(clippy::unwrap_used, reason = "a fixed expression; every test runs it")]
static LETTER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[\p{L}&&\p{Age:14.0}]$").unwrap());

/// What is kept of a value. With `non_latin`, letters of every script are kept where the rule has letters, and a value of
/// such a rule becomes empty where it is not UTF-8. The other rules know bytes only.
pub(crate) fn kept(keep: Keep, punctuation: &str, value: &[u8], non_latin: bool) -> String {
    let is_kept = |byte: u8| match keep {
        Keep::Letters | Keep::Ascii => byte.is_ascii_alphanumeric(),
        Keep::Alphabet => byte.is_ascii_alphabetic(),
        Keep::Capitals => byte.is_ascii_uppercase(),
        Keep::Digits => byte.is_ascii_digit(),
    };
    let is_kept = |byte: u8| is_kept(byte) || punctuation.as_bytes().contains(&byte);
    if !non_latin || keep != Keep::Letters {
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
    let is_letter = |c: char| c.len_utf8() <= 3 && LETTER.is_match(c.encode_utf8(&mut [0; 4]));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_is_not_utf8_empties_a_value_of_letters_and_is_dropped_from_others() {
        for (keep, kept_of_it) in [
            (Keep::Letters, ""),
            (Keep::Ascii, "ab1"),
            (Keep::Alphabet, "ab"),
            (Keep::Capitals, ""),
            (Keep::Digits, "1"),
        ] {
            assert_eq!(kept(keep, "", b"a\xE9b1", true), kept_of_it, "{keep:?}");
        }
        assert_eq!(kept(Keep::Ascii, "", "aéb1".as_bytes(), true), "ab1");
    }

    #[test]
    fn letters_are_those_of_unicode_14() {
        let kept = |c: char| kept(Keep::Letters, "", c.to_string().as_bytes(), true);
        let letters = ('\u{80}'..='\u{FFFF}').filter(|&c| kept(c) == c.to_string());
        // Those of category L in its UnicodeData.txt, without ASCII's.
        assert_eq!(letters.count(), 48_965 - 52);
        for newer in [
            '\u{1C89}', '\u{1C8A}', '\u{A7CB}', '\u{A7CC}', '\u{A7CD}', '\u{A7DA}', '\u{A7DB}',
            '\u{A7DC}',
        ] {
            assert_eq!(kept(newer), "", "{newer:?}");
        }
        // A letter of four bytes does not fit into VICIdial's columns.
        assert_eq!(kept('\u{20000}'), "");
    }
}
