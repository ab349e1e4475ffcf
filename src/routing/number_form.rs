//! How a number is written: the separators that people put into it, what cannot be one, and the forms that say the same.
//! Everything that takes, compares or checks numbers asks here.

mod form;

use std::fmt;

pub use form::{Form, NumberForm};

/// Digits from which on a text of digits is a telephone number, and a leading `1` its country: `1101` and `101` are two
/// DIDs.
const NATIONAL: usize = 7;

/// Digits from which on separators between them are dropped: `10.1` is a pattern.
const SEPARATED: usize = 5;

/// Digits of a number to which nothing belongs that follows a separator.
const COMPLETE: usize = 10;

/// The most digits of a telephone number (ITU-T E.164 §6.2.1).
const LONGEST: usize = 15;

/// Why a text that begins as a number is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// `%2B` in the place of a plus.
    EncodedPlus,
    /// `7.27556E+09`
    Rounded,
    /// Digits of another script: a filter would drop them and keep the rest.
    Digits,
    /// Two numbers: a filter would make one of them.
    Several,
    /// Something that is no separator, as an extension.
    Mixed,
    /// `+44 (0)20 …`
    TrunkZero,
    /// More digits than any number has.
    TooLong,
    /// It begins as calls abroad do, with 00 or 011.
    Prefix,
    /// It is no number of the country: one of another, or with too many or too few digits.
    OtherCountry,
    /// Without a plus it may be a number of any country.
    NoCountry,
}

impl Malformed {
    /// What is wrong, behind `the number`: ASCII.
    pub fn words(self) -> &'static str {
        match self {
            Self::EncodedPlus => "holds %2B, a plus that was encoded twice",
            Self::Rounded => {
                "was rounded by a spreadsheet, format its column as text and export it again"
            }
            Self::Digits => "has digits other than 0 to 9",
            Self::Several => "is more than one number",
            Self::Mixed => "has more in it than a number, as an extension",
            Self::TrunkZero => "has (0) behind its country, leave it out",
            Self::TooLong => "has more than 15 digits",
            Self::Prefix => "begins with 00 or 011, write + and the country",
            Self::OtherCountry => "is no number of this country",
            Self::NoCountry => "does not say its country, write + and the country",
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// A text without what nobody sees, with one space, dash and plus for all of their kind.
pub fn plain(written: &str) -> String {
    let plain = |c: char| match c {
        '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}'
        | '\u{FEFF}'
        | '\u{AD}' => None,
        '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{207B}'
        | '\u{208B}'
        | '\u{2212}'
        | '\u{2E3A}'
        | '\u{2E3B}'
        | '\u{30FC}'
        | '\u{FE58}'
        | '\u{FE63}'
        | '\u{FF0D}'
        | '\u{FF70}' => Some('-'),
        '\u{FF0B}' | '\u{FE62}' | '\u{207A}' => Some('+'),
        '\u{3164}' | '\u{2800}' => Some(' '),
        '\n' | '\r' => Some(c),
        _ if c.is_whitespace() => Some(' '),
        _ => Some(c),
    };
    written.chars().filter_map(plain).collect()
}

/// Whether people put it between the digits of a number.
fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '.'
                | '_'
                | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | '/'
                | '\\'
                | '"'
                | '\''
                | '`'
                | '='
                | ','
                | '\u{B4}'
                | '\u{B7}'
                | '\u{2018}'
                ..='\u{201F}'
                    | '\u{2022}'
                    | '\u{2024}'
                    | '\u{2027}'
                    | '\u{2044}'
                    | '\u{2215}'
                    | '\u{2219}'
                    | '\u{22C5}'
                    | '\u{30FB}'
                    | '\u{FE52}'
                    | '\u{FF08}'
                    | '\u{FF09}'
                    | '\u{FF0E}'
                    | '\u{FF0F}'
                    | '\u{FF3B}'
                    | '\u{FF3D}'
        )
}

/// A text as a number: its digits behind at most one plus, without the separators that people write. None where it is a
/// pattern of another kind: `default`, `_727555XXXX`, `*98`, and what has fewer than five digits.
///
/// # Errors
/// It begins as a number and is none.
pub fn number(written: &str) -> Result<Option<String>, Malformed> {
    if written.to_ascii_lowercase().contains("%2b") {
        return Err(Malformed::EncodedPlus);
    }
    let text = plain(written);
    let text = text.trim();
    if is_rounded(text) {
        return Err(Malformed::Rounded);
    }
    if text.chars().any(|c| c.is_numeric() && !c.is_ascii()) {
        return Err(Malformed::Digits);
    }
    let (text, is_named) = without_scheme(text);
    let count = text.bytes().filter(u8::is_ascii_digit).count();
    let is_digits = |c: char| c.is_ascii_digit() || c == '+' || is_separator(c);
    let is_whole = !text.starts_with('_') && text.chars().all(is_digits);
    if !is_whole || count < SEPARATED {
        let is_mixed =
            is_named || (count >= NATIONAL && begins_as_number(text) && !is_dialled(text));
        return if is_mixed {
            Err(Malformed::Mixed)
        } else {
            Ok(None)
        };
    }
    let groups: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .collect();
    let begun = text.trim_start_matches(is_separator);
    let (plus, rest) = match begun.strip_prefix('+') {
        Some(rest) => ("+", rest),
        None => ("", begun),
    };
    let whole = groups
        .iter()
        .filter(|group| group.len() >= NATIONAL)
        .count();
    let before_last = &groups[..groups.len() - 1];
    if rest.contains('+') || whole > 1 {
        return Err(Malformed::Several);
    }
    // An extension, or the end of the next number: 7275550100/01.
    let has_more = before_last.iter().any(|group| group.len() >= COMPLETE)
        || (text.contains(['/', ',']) && groups.last().is_some_and(|group| group.len() < 4));
    if has_more {
        return Err(Malformed::Mixed);
    }
    if !plus.is_empty() && text.contains("(0)") {
        return Err(Malformed::TrunkZero);
    }
    // A pattern may be longer, but nobody writes one so.
    if groups.len() > 1 && count > LONGEST {
        return Err(Malformed::TooLong);
    }
    Ok(Some(format!("{plus}{}", groups.concat())))
}

/// What is wrong with a number that is to be stored, or is: no separator of it will ever be dialled. None where nothing is,
/// and for a pattern of another kind.
pub fn problem(stored: &str) -> Option<String> {
    match number(stored) {
        Ok(Some(number)) if number != stored => {
            Some(format!("has separators, without them it is {number}"))
        }
        Ok(_) => None,
        Err(malformed) => Some(malformed.to_string()),
    }
}

/// `7.27556E+09`, `7,27556E+09`, `7E+09`
fn is_rounded(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let are_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (first, fraction) = match mantissa.split_once(['.', ',']) {
        Some((first, fraction)) => (first, Some(fraction)),
        None => (mantissa, None),
    };
    let (exponent, has_plus) = match exponent.strip_prefix('+') {
        Some(exponent) => (exponent, true),
        None => (exponent, false),
    };
    first.len() == 1
        && are_digits(first)
        && fraction.is_none_or(are_digits)
        && (has_plus || fraction.is_some())
        && (1..=3).contains(&exponent.len())
        && are_digits(exponent)
}

/// A text without `tel:`, and whether something said that a number follows.
fn without_scheme(text: &str) -> (&str, bool) {
    const SCHEMES: &[&str] = &["tel", "phone", "fax", "callto", "sips", "sip"];
    for scheme in SCHEMES {
        let Some((head, rest)) = text.split_at_checked(scheme.len()) else {
            continue;
        };
        let is_scheme = head.eq_ignore_ascii_case(scheme)
            && rest.starts_with(|c: char| {
                matches!(c, ':' | '.' | ' ' | '+' | '(') || c.is_ascii_digit()
            });
        let rest = rest.trim_start_matches([':', '.', ' ', '/']);
        if is_scheme && begins_as_number(rest) {
            return match *scheme {
                "tel" => (rest, true),
                _ => (text, true),
            };
        }
    }
    (text, false)
}

/// Whether a digit or a plus comes before any letter.
fn begins_as_number(text: &str) -> bool {
    let first = text.chars().find(|&c| c == '_' || !is_separator(c));
    first.is_some_and(|c| c.is_ascii_digit() || c == '+')
}

/// Whether it is made of what a telephone dials, `*` and `#` among it, with nothing dialled behind a number.
fn is_dialled(text: &str) -> bool {
    let is_key = |c: char| c.is_ascii_digit() || matches!(c, '+' | '*' | '#') || is_separator(c);
    let mut parts = text.split(['*', '#']);
    let digits = |part: &str| part.bytes().filter(u8::is_ascii_digit).count();
    let first = parts.next().map_or(0, digits);
    text.chars().all(is_key) && (first < NATIONAL || parts.all(|part| digits(part) == 0))
}

/// The digits of a number without a plus; none where the pattern is no number.
fn digits(pattern: &str) -> Option<&str> {
    let digits = pattern.strip_prefix('+').unwrap_or(pattern);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// Digits without a leading 1 that stands for the country.
fn without_one(digits: &str) -> &str {
    match digits.strip_prefix('1') {
        Some(national) if national.len() >= NATIONAL => national,
        _ => digits,
    }
}

/// What all variants of a number have in common: its digits without a plus and without a leading 1. None where the
/// pattern is no telephone number.
pub fn common_part(pattern: &str) -> Option<&str> {
    digits(pattern)
        .filter(|digits| digits.len() >= NATIONAL)
        .map(without_one)
}

/// The other ways to write a number: with a leading `+`, `1` or `+1` that it has not, or without one that it has. None
/// for what is no number.
pub fn variants(number: &str) -> Vec<String> {
    let Some(national) = digits(number).map(without_one) else {
        return Vec::new();
    };
    let prefixes: &[&str] = match national.len() >= NATIONAL {
        true => &["", "1", "+", "+1"],
        false => &["", "+"],
    };
    prefixes
        .iter()
        .map(|prefix| format!("{prefix}{national}"))
        .filter(|variant| variant != number)
        .collect()
}

/// How a number that is looked for may be stored: as it is given, without its separators, and its [`variants`]. A pattern of
/// another kind is only itself.
///
/// # Errors
/// It begins as a number and is none.
pub fn spellings(written: &str) -> Result<Vec<String>, Malformed> {
    let mut spellings = vec![written.to_owned()];
    if let Some(number) = number(written)? {
        spellings.extend(variants(&number));
        spellings.push(number);
    }
    Ok(spellings)
}

#[cfg(test)]
mod tests;
