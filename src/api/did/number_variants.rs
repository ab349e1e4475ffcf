//! Other ways to write a number, in the documented dialect: a plus that was lost on its way, and a number that is there already
//! but for a leading `+` or `1`. With `strict_numbers=Y` such a call is refused; else it is done, with a warning beside its
//! reply.

use crate::api::options::sent;
use crate::api::{Dialect, Line, Session, Stop};
use crate::store::dids;

/// Digits from which on a leading `1` is a country's: `1101` and `101` are no two variants of one number.
const NATIONAL: usize = 7;

/// Looks at a parameter as it was sent: a `+` that was encoded twice is still `%2B`, and one that was not encoded at all
/// has become a space.
///
/// # Errors
/// The reply that refuses it.
pub(super) fn check_plus(
    session: &mut Session<'_>,
    function: &str,
    parameter: &'static str,
) -> Result<(), Stop> {
    let value = sent(session.call, parameter);
    let is_encoded = |three: &[u8]| three.eq_ignore_ascii_case(b"%2B");
    let (reason, warning) = if value.windows(3).any(is_encoded) {
        (
            "HOLDS %2B, A PLUS THAT WAS ENCODED TWICE",
            "holds %2B, a plus that was encoded twice",
        )
    } else if value.starts_with(b" ") {
        (
            "BEGINS WITH A SPACE, A PLUS MUST BE SENT AS %2B",
            "begins with a space, a plus must be sent as %2B",
        )
    } else {
        return Ok(());
    };
    let words = parameter.replace('_', " ").to_uppercase();
    let reason = format!("{function} {words} {reason}");
    let data = session.owned(parameter);
    warn_or_refuse(session, reason, data, format!("{parameter} {warning}"))
}

/// New numbers, and the other ways to write each: with a leading `+`, `1` or `+1` that it has not, or without one that it
/// has.
pub(super) struct Variants<'n>(Vec<(&'n str, Vec<String>)>);

impl<'n> Variants<'n> {
    /// The variants of these numbers; none in the wire's dialect, where nobody looks for them.
    pub(super) fn of(session: &Session<'_>, numbers: &[&'n str]) -> Self {
        if session.dialect == Dialect::Wire {
            return Self(Vec::new());
        }
        let numbers = numbers.iter();
        Self(
            numbers
                .map(|&number| (number, variants_of(number)))
                .collect(),
        )
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .flat_map(|(_, variants)| variants.iter().map(String::as_str))
    }

    /// Looks whether one of the numbers is there in another variant, among these.
    ///
    /// # Errors
    /// The reply that refuses the first of them.
    pub(super) fn check(
        &self,
        session: &mut Session<'_>,
        function: &str,
        there: &dids::There,
    ) -> Result<(), Stop> {
        let is_there = |variant: &&String| there.id_of(variant).is_some();
        let mut doubtful = self
            .0
            .iter()
            .filter_map(|(number, variants)| Some((number, variants.iter().find(is_there)?)));
        let Some((number, variant)) = doubtful.next() else {
            return Ok(());
        };
        let warning = match doubtful.count() {
            0 => format!("{number} is there as {variant}"),
            more => {
                format!("{number} is there as {variant}, and {more} more are there in another form")
            }
        };
        let reason = format!("{function} DID DIFFERS FROM ANOTHER ONLY BY A LEADING + OR 1");
        warn_or_refuse(session, reason, format!("{number}|{variant}"), warning)
    }
}

fn warn_or_refuse(
    session: &mut Session<'_>,
    reason: String,
    data: String,
    warning: String,
) -> Result<(), Stop> {
    if session.dialect == Dialect::Wire {
        return Ok(());
    }
    if session.options.strict_numbers {
        return Err(Line::error(reason, data).into());
    }
    session.warnings.push(warning);
    Ok(())
}

/// The other ways to write a number; none for what is no number.
fn variants_of(number: &str) -> Vec<String> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let national = match digits.strip_prefix('1') {
        Some(national) if national.len() >= NATIONAL => national,
        _ => digits,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variants_of_a_number() {
        for (number, others) in [
            ("7275551014", "17275551014 +7275551014 +17275551014"),
            ("+17275551014", "7275551014 17275551014 +7275551014"),
            ("5551014", "15551014 +5551014 +15551014"),
            ("1555101", "11555101 +1555101 +11555101"),
            ("1101", "+1101"),
            ("+101", "101"),
            ("", ""),
            ("+", ""),
            ("default", ""),
            ("727#5551014", ""),
        ] {
            assert_eq!(variants_of(number).join(" "), others, "{number}");
        }
    }
}
