//! Comparison as MariaDB's `utf8_unicode_ci` does it, for SQLite's text columns (fixtures/reference/behaviour.md §1).
//!
//! Case and accents count for nothing, nor do spaces at the end: `NANDU` finds `ñandú`. It runs at every index
//! comparison, so plain ASCII takes a path without allocation.

use std::cmp::Ordering;

use diesel::{QueryResult, SqliteConnection};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The name under which SQLite knows this comparison; the migrations use it on every text column.
pub const NAME: &str = "utf8_unicode_ci";

/// Makes this comparison known to a connection.
///
/// # Errors
/// SQLite refuses it.
pub fn register(connection: &mut SqliteConnection) -> QueryResult<()> {
    // Diesel hands over the right side first.
    connection.register_collation(NAME, |right, left| compare(left, right))
}

/// Punctuation in the order of the Unicode collation algorithm's version 4, which that collation follows;
/// digits and letters come after it, in their own order.
const PUNCTUATION: &[u8] = b" `^_-,;:!?.'\"()[]{}@*/\\&#%+<=>|~$";

const fn ascii_weights() -> [u8; 128] {
    let mut weights = [0; 128];
    let mut byte = 9;
    while byte <= 13 {
        weights[byte] = byte as u8 - 8;
        byte += 1;
    }
    let mut at = 0;
    while at < PUNCTUATION.len() {
        weights[PUNCTUATION[at] as usize] = 6 + at as u8;
        at += 1;
    }
    let mut letter = 0;
    while letter < 26 {
        if letter < 10 {
            weights[b'0' as usize + letter] = 60 + letter as u8;
        }
        weights[b'a' as usize + letter] = 80 + letter as u8;
        weights[b'A' as usize + letter] = 80 + letter as u8;
        letter += 1;
    }
    weights
}

/// 0 is a character that the collation ignores (a control character).
const ASCII: [u8; 128] = ascii_weights();

/// Compares two texts as the reference's database does. Never panics, and is a total order.
pub fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_end_matches(' '), right.trim_end_matches(' '));
    if left.is_ascii() && right.is_ascii() {
        return ascii(left).cmp(ascii(right));
    }
    weights(left).cmp(weights(right))
}

fn ascii(text: &str) -> impl Iterator<Item = u8> + '_ {
    text.bytes()
        .map(|byte| ASCII[usize::from(byte & 127)])
        .filter(|&weight| weight > 0)
}

fn weights(text: &str) -> impl Iterator<Item = u32> + '_ {
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(|c| {
            std::iter::once(if c == 'ß' { 's' } else { c }).chain((c == 'ß').then_some('s'))
        })
        .flat_map(char::to_lowercase)
        .map(|c| {
            if c.is_ascii() {
                u32::from(ASCII[c as usize])
            } else {
                c as u32
            }
        })
        .filter(|&weight| weight > 0)
}

/// Whether a text holds another one, as the same comparison has it.
pub fn holds(text: &str, part: &str) -> bool {
    if text.is_ascii() && part.is_ascii() {
        let part: Vec<u8> = ascii(part).collect();
        let text: Vec<u8> = ascii(text).collect();
        return part.is_empty() || text.windows(part.len()).any(|window| window == part);
    }
    let part: Vec<u32> = weights(part).collect();
    let text: Vec<u32> = weights(text).collect();
    part.is_empty() || text.windows(part.len()).any(|window| window == part)
}

/// A text that is the same for all texts that compare equal: for looking them up in a set.
pub fn key(text: &str) -> Vec<u32> {
    weights(text.trim_end_matches(' ')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_trailing_spaces_count_for_nothing() {
        for (left, right) in [
            ("NANDU", "ñandú"),
            ("straße", "STRASSE"),
            ("abc", "abc  "),
            ("Default", "DEFAULT"),
            ("e\u{301}", "É"),
        ] {
            assert_eq!(compare(left, right), Ordering::Equal, "{left} {right}");
            assert_eq!(key(left), key(right), "{left} {right}");
        }
    }

    #[test]
    fn a_text_holds_its_parts_whatever_their_case_and_accents() {
        for (text, part, found) in [
            ("Clearwater main", "WATER M", true),
            ("Señal única", "senal", true),
            ("senal", "Ñ", true),
            ("abc", "", true),
            ("abc", "abcd", false),
            ("a_c", "a%c", false),
            ("abc", "a_c", false),
            ("", "a", false),
        ] {
            assert_eq!(holds(text, part), found, "{text} {part}");
        }
    }

    #[test]
    fn punctuation_comes_before_digits_and_digits_before_letters() {
        let mut texts = ["b", "---ALL---", "9", "A", "_x", "+1", "1", "é", "日"];
        texts.sort_by(|a, b| compare(a, b));
        assert_eq!(
            texts,
            ["_x", "---ALL---", "+1", "1", "9", "A", "b", "é", "日"]
        );
    }
}
