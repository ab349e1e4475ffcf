//! `new_dids`: the reference's list between commas, and in the documented dialect ways to write a longer one.
//!
//! The longer way is taken where the value holds one of these, and is VICIdial's own list otherwise, to the byte:
//! - a semicolon or a line break: it separates;
//! - a space between two numbers of 7 digits or more each, or behind one of 10 or more before another digit or a `+`: it
//!   separates (the one in `(800) 555-1013` does not, nor those in `+1 727 555 1013`);
//! - a range: a `-` between two numbers of 5 to 30 digits that are of the same length, nothing else beside them. Two of
//!   7 digits or more that are not of the same length are a slip and refused; every other `-` is dropped, as it ever was;
//! - more than 2000 bytes, sent in a form.
//!
//! ExistingDids, empty places between separators count for nothing, and the bound of 2000 bytes does not hold.

use crate::api::did::{PATTERN, number_variants};
use crate::api::options::sent;
use crate::api::{Dialect, Line, Parameters, Session, Stop};
use crate::routing::number_form;

/// VICIdial's list: 2 to 2000 bytes.
const PLAIN: std::ops::RangeInclusive<usize> = 2..=2000;

/// Digits of a number that stands for itself beside another one.
const WHOLE: usize = 7;

/// Digits of a number to which nothing belongs that follows a space.
const COMPLETE: usize = 10;

/// Digits of the ends of a range.
const ENDS: std::ops::RangeInclusive<usize> = 5..=30;

/// The most numbers that the ranges of one list stand for.
const MOST: u128 = 10_000;

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

/// What stands between two separators.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// A number, with what its filter drops.
    Number(String),
    /// From the first to the last of them; a leading `+` is one of their characters.
    Range(String, String),
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
                let written = expanded(pieces)?;
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

/// The pieces of a list, and whether it is written in one of the longer ways.
fn pieces(list: &str) -> (Vec<Piece>, bool) {
    // Every kind of space, dash and plus is that of ASCII then.
    let list = number_form::plain(list);
    let mut is_longer = list.contains(SEPARATORS);
    let mut pieces = Vec::new();
    for place in list.split(',').flat_map(|place| place.split(SEPARATORS)) {
        let numbers = split_at_spaces(place);
        is_longer |= numbers.len() > 1;
        for number in numbers {
            let piece = Piece::of(number);
            is_longer |= matches!(piece, Piece::Range(..));
            if !matches!(&piece, Piece::Number(number) if !number.contains(is_kept)) {
                pieces.push(piece);
            }
        }
    }
    (pieces, is_longer)
}

/// What separates beside the comma; the commas and the semicolon of other scripts too.
const SEPARATORS: [char; 7] = [
    ';', '\r', '\n', '\u{FF0C}', '\u{FF1B}', '\u{3001}', '\u{60C}',
];

/// Whether a character can be a part of a number.
fn is_kept(c: char) -> bool {
    c.is_alphanumeric() || ":+*#._".contains(c)
}

/// Splits at the spaces that separate; all others stay in their number.
fn split_at_spaces(place: &str) -> Vec<String> {
    let ends: Vec<&str> = place.split('-').map(|end| end.trim_matches(' ')).collect();
    let joined = ends.join("-");
    let mut numbers: Vec<String> = Vec::new();
    let mut digits_before = 0;
    for word in joined.split(' ').filter(|word| !word.is_empty()) {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let begins_a_number = word
            .trim_start_matches(['(', '[', '{'])
            .starts_with(|c: char| c.is_ascii_digit() || c == '+');
        let separates = (digits_before >= WHOLE && digits >= WHOLE)
            || (digits_before >= COMPLETE && begins_a_number);
        match numbers.last_mut() {
            Some(last) if !separates => {
                last.push(' ');
                last.push_str(word);
            }
            _ => numbers.push(word.to_owned()),
        }
        digits_before = digits;
    }
    numbers
}

impl Piece {
    fn of(number: String) -> Self {
        // A `-` in the middle of a number with spaces is no range's.
        let bare = |end: &str| {
            end.chars()
                .filter(|&c| is_kept(c) || c == ' ')
                .collect::<String>()
        };
        if let Some((first, last)) = number.split_once('-')
            && !last.contains('-')
        {
            let (first, last) = (bare(first), bare(last));
            if let (Some(low), Some(high)) = (digits(&first), digits(&last))
                && (first.len() == last.len() || (low >= WHOLE && high >= WHOLE))
            {
                return Self::Range(first, last);
            }
        }
        Self::Number(number)
    }
}

/// The numbers of these pieces, as they are written.
///
/// # Errors
/// The line for an invalid range.
fn expanded(pieces: &[Piece]) -> Result<Vec<String>, Stop> {
    let (mut numbers, mut of_ranges) = (Vec::with_capacity(pieces.len()), 0);
    for piece in pieces {
        match piece {
            Piece::Number(number) => numbers.push(number.clone()),
            Piece::Range(first, last) => {
                of_ranges += expand(first, last, MOST - of_ranges, &mut numbers)?;
            }
        }
    }
    Ok(numbers)
}

/// How many digits an end of a range has; none where it cannot be one.
fn digits(end: &str) -> Option<usize> {
    let digits = end.strip_prefix('+').unwrap_or(end);
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    (are_digits && ENDS.contains(&digits.len())).then_some(digits.len())
}

/// Adds the numbers of a range, of which so many may be; how many they are.
fn expand(first: &str, last: &str, most: u128, numbers: &mut Vec<String>) -> Result<u128, Stop> {
    let refused =
        |reason: &str| Line::error(format!("copy_did {reason}"), format!("{first}-{last}"));
    let plus = if first.starts_with('+') { "+" } else { "" };
    let width = first.len() - plus.len();
    if first.len() != last.len() || last.starts_with('+') == plus.is_empty() {
        return Err(refused("NEW DIDS RANGE MUST HAVE ENDS OF THE SAME LENGTH").into());
    }
    let number = |end: &str| {
        end.trim_start_matches('+')
            .parse::<u128>()
            .unwrap_or_default()
    };
    let (low, high) = (number(first), number(last));
    let Some(count) = high.checked_sub(low).map(|steps| steps + 1) else {
        return Err(refused("NEW DIDS RANGE MUST NOT END BEFORE IT BEGINS").into());
    };
    if count > most {
        let reason = format!("NEW DIDS RANGES MUST NOT BE OF MORE THAN {MOST} NUMBERS");
        return Err(refused(&reason).into());
    }
    numbers.extend((low..=high).map(|number| format!("{plus}{number:0width$}")));
    Ok(count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(list: &str) -> (String, bool) {
        let (pieces, is_longer) = pieces(list);
        let text = match expanded(&pieces) {
            Ok(numbers) => numbers.join(",").replace(['-', ' '], ""),
            Err(Stop::Answer(reply) | Stop::Denied(reply, _)) => {
                format!("{}: {}", reply.lines[0].reason, reply.lines[0].data)
            }
            Err(Stop::Database(error)) => panic!("{error}"),
        };
        (text, is_longer)
    }

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

    #[test]
    fn a_list_between_commas_is_no_longer_one() {
        for list in [
            "7275551014",
            "7275551014,7275551015",
            "8005551011, 8005551012 ,800555-1013",
            "+1 727 555-1014, 800 5551013,727-555-1014",
            "01632-960123,030-12345678,1-2,1 2,1000 1001,-,1000-1099",
            // One digit fewer than a separator or a range takes, or one more.
            "555001 555002,555001-5550002,01632-9601234",
            "030123456 78,1000-1999",
            "1000000000000000000000000000001-1000000000000000000000000000002",
            "abc-def,12345x-12345y,1234567-1234567-1234567",
            "727 5550000-5550099",
        ] {
            assert!(!read(list).1, "{list}");
        }
    }

    #[test]
    fn the_longer_ways() {
        for (list, numbers) in [
            ("1;2\r\n3\n;,,\n 4 ", "1,2,3,4"),
            ("7275551014 7275551015", "7275551014,7275551015"),
            (
                "7275551014\t+7275551015  555-1016",
                "7275551014,+7275551015,5551016",
            ),
            ("727 5551014\n1 7275551015", "7275551014,17275551015"),
            ("0800 1234567 7275551015", "08001234567,7275551015"),
            (
                "7275551014 800 555-1013 7275551016 1 727 555 1015",
                "7275551014,8005551013,7275551016,17275551015",
            ),
            ("7275551014 x20;7275551015", "7275551014x20,7275551015"),
            ("10000-10003", "10000,10001,10002,10003"),
            (
                "100000000000000000000000000001-100000000000000000000000000002",
                "100000000000000000000000000001,100000000000000000000000000002",
            ),
            ("5550001 5550002", "5550001,5550002"),
            ("7275551014 78", "7275551014,78"),
            ("+0099999 - +0100001", "+0099999,+0100000,+0100001"),
            (
                "5550001-5550002 5550005-5550005,x",
                "5550001,5550002,5550005,x",
            ),
        ] {
            assert_eq!(read(list), (numbers.to_owned(), true), "{list}");
        }
    }

    #[test]
    fn a_range_that_is_none_is_refused() {
        for (list, reason) in [
            (
                "7275550000-72755500",
                "RANGE MUST HAVE ENDS OF THE SAME LENGTH",
            ),
            (
                "+7275550000-7275550001",
                "RANGE MUST HAVE ENDS OF THE SAME LENGTH",
            ),
            (
                "+727555000-7275550001",
                "RANGE MUST HAVE ENDS OF THE SAME LENGTH",
            ),
            (
                "7275550001-7275550000",
                "RANGE MUST NOT END BEFORE IT BEGINS",
            ),
            (
                "7275550000-7275560000",
                "RANGES MUST NOT BE OF MORE THAN 10000 NUMBERS",
            ),
        ] {
            assert_eq!(read(list).0, format!("copy_did NEW DIDS {reason}: {list}"));
        }
        assert_eq!(read("7275550000-7275559999").0.split(',').count(), 10_000);
        assert_eq!(
            read("7275550000-7275559999;7275560000-7275560000").0,
            "copy_did NEW DIDS RANGES MUST NOT BE OF MORE THAN 10000 NUMBERS: 7275560000-7275560000"
        );
    }

    #[test]
    fn a_list_is_read_in_a_time_that_grows_as_it_does() {
        let begun = std::time::Instant::now();
        for part in [
            "1 ", "1,", "1-", "- ", "+", "1234567 ", "(1) ", "1;-", "x -",
        ] {
            let list = part.repeat((1 << 20) / part.len());
            assert!(expanded(&pieces(&list).0).is_ok(), "{part}");
        }
        // Each took minutes where the time grew with the square.
        assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    }

    proptest! {
        #[test]
        fn a_list_that_is_no_longer_one_is_read_as_the_reference_does(list in "[0-9+ ,x-]{0,40}") {
            let (pieces, is_longer) = pieces(&list);
            if !is_longer {
                let theirs: Vec<String> = list.replace(['-', ' '], "").split(',').filter(|number| !number.is_empty())
                    .map(str::to_owned).collect();
                let ours = expanded(&pieces).map(|numbers| numbers.iter().map(|number| number.replace(['-', ' '], "")).collect::<Vec<_>>());
                prop_assert_eq!(ours.ok(), Some(theirs));
            }
        }

        #[test]
        fn no_list_makes_it_panic(list in "[0-9+ ,;\n-]{0,80}") {
            read(&list);
        }
    }
}
