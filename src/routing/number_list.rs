//! Lists of numbers as people write them: their separators, and ranges.
//!
//! - A comma, a semicolon or a line break separates;
//! - so does a space between two numbers of 7 digits or more each, or behind one of 10 or more before another digit or a `+`
//!   (the one in `(800) 555-1013` does not, nor those in `+1 727 555 1013`);
//! - a `-` between two numbers of 5 to 30 digits that are of the same length, nothing else beside them, is a range. Two of
//!   7 digits or more that are not of the same length are a slip; every other `-` stays in its number.

use std::fmt;

use super::number_form;

/// Digits of a number that stands for itself beside another one.
const WHOLE: usize = 7;

/// Digits of a number to which nothing belongs that follows a space.
const COMPLETE: usize = 10;

/// Digits of the ends of a range.
const ENDS: std::ops::RangeInclusive<usize> = 5..=30;

/// The most numbers that the ranges of one list stand for.
pub const MOST: u128 = 10_000;

/// Why a range is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Its ends differ in length, or one of them alone has a plus.
    Lengths,
    /// It ends before it begins.
    Backwards,
    /// With those before it, it stands for more than [`MOST`] numbers.
    TooMany,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lengths => f.write_str("range must have ends of the same length"),
            Self::Backwards => f.write_str("range must not end before it begins"),
            Self::TooMany => write!(f, "ranges must not be of more than {MOST} numbers"),
        }
    }
}

/// A range that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRange {
    /// As it was written: its ends, and a `-` between them.
    pub range: String,
    /// Why.
    pub fault: Fault,
}

/// What stands between two separators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A number, with what its filter drops.
    Number(String),
    /// From the first to the last of them; a leading `+` is one of their characters.
    Range(String, String),
}

/// The pieces of a list, and whether it is written in one of the longer ways.
pub fn pieces(list: &str) -> (Vec<Piece>, bool) {
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
/// The first range that is none.
pub fn expanded(pieces: &[Piece]) -> Result<Vec<String>, BadRange> {
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
fn expand(
    first: &str,
    last: &str,
    most: u128,
    numbers: &mut Vec<String>,
) -> Result<u128, BadRange> {
    let refused = |fault| BadRange {
        range: format!("{first}-{last}"),
        fault,
    };
    let plus = if first.starts_with('+') { "+" } else { "" };
    let width = first.len() - plus.len();
    if first.len() != last.len() || last.starts_with('+') == plus.is_empty() {
        return Err(refused(Fault::Lengths));
    }
    let number = |end: &str| {
        end.trim_start_matches('+')
            .parse::<u128>()
            .unwrap_or_default()
    };
    let (low, high) = (number(first), number(last));
    let Some(count) = high.checked_sub(low).map(|steps| steps + 1) else {
        return Err(refused(Fault::Backwards));
    };
    if count > most {
        return Err(refused(Fault::TooMany));
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
            Err(bad) => format!("{}: {}", bad.fault, bad.range),
        };
        (text, is_longer)
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
        for (list, fault) in [
            ("7275550000-72755500", Fault::Lengths),
            ("+7275550000-7275550001", Fault::Lengths),
            ("+727555000-7275550001", Fault::Lengths),
            ("7275550001-7275550000", Fault::Backwards),
            ("7275550000-7275560000", Fault::TooMany),
        ] {
            assert_eq!(read(list).0, format!("{fault}: {list}"));
        }
        assert_eq!(read("7275550000-7275559999").0.split(',').count(), 10_000);
        assert_eq!(
            read("7275550000-7275559999;7275560000-7275560000").0,
            "ranges must not be of more than 10000 numbers: 7275560000-7275560000"
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
