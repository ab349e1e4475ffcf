//! Comparison as MariaDB's `utf8_unicode_ci` does it, for SQLite's text columns (fixtures/reference/behaviour.md §1).
//!
//! Case and accents count for nothing, nor do spaces at the end: `NANDU` finds `ñandú`. It runs at every index
//! comparison, so what both texts have in common, and plain ASCII, take a path without decoding.

mod weights;

use std::cmp::Ordering;

use diesel::{QueryResult, SqliteConnection};
use weights::{ASCII, SPACE, Weights};

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

/// What is the same for all texts that compare equal, and for no others: for looking them up in a set.
pub type Key = Vec<u16>;

/// Compares two texts as the reference's database does. Never panics, and is a total order.
pub fn compare(left: &str, right: &str) -> Ordering {
    let (mut left_bytes, mut right_bytes) = (left.bytes(), right.bytes());
    let mut common = 0;
    while let (Some(left), Some(right)) = (left_bytes.next(), right_bytes.next()) {
        if left != right {
            let (Some(&left), Some(&right)) =
                (ASCII.get(usize::from(left)), ASCII.get(usize::from(right)))
            else {
                break;
            };
            if left != right {
                // A character that is ignored has the weight 0.
                if left == 0 || right == 0 {
                    break;
                }
                return left.cmp(&right);
            }
        }
        common += 1;
    }
    // Behind the letters that are the same, or ASCII of the same weight.
    while !(left.is_char_boundary(common) && right.is_char_boundary(common)) {
        common -= 1;
    }
    by_weights(&left[common..], &right[common..])
}

/// The shorter text is padded with spaces.
fn by_weights(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (Weights::of(left), Weights::of(right));
    loop {
        let (left, right) = (left.next(), right.next());
        if left.is_none() && right.is_none() {
            return Ordering::Equal;
        }
        let order = left.unwrap_or(SPACE).cmp(&right.unwrap_or(SPACE));
        if order.is_ne() {
            return order;
        }
    }
}

/// Whether a text begins with another one as `LIKE 'part%'` has it: letter by letter, so that `oeuvre` does not begin
/// with `œ`, though both compare equal.
pub fn begins_with(text: &str, part: &str) -> bool {
    let mut letters = text.chars();
    let mut is_next = |letter| {
        letters
            .next()
            .is_some_and(|next| weights::are_equal(next, letter))
    };
    part.chars().all(&mut is_next)
}

/// Whether a text holds another one, as `LIKE '%part%'` has it.
pub fn holds(text: &str, part: &str) -> bool {
    let ends = std::iter::once(text.len());
    let mut places = text.char_indices().map(|(place, _)| place).chain(ends);
    places.any(|place| begins_with(&text[place..], part))
}

/// The key of a text.
pub fn key(text: &str) -> Key {
    let mut key: Key = Weights::of(text).collect();
    while key.last() == Some(&SPACE) {
        key.pop();
    }
    key
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
