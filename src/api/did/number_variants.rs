//! How new numbers are written, in the documented dialect: a plus that was lost on its way, what is no number
//! ([`number_form`]), and a number that is there already but for a leading `+` or `1`. With `strict_numbers=Y` such a call
//! is refused; else it is done, with a warning beside its reply.

use crate::api::options::sent;
use crate::api::{Dialect, Line, Session, Stop};
use crate::routing::number_form::{self, Malformed};
use crate::store::dids;

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
    let problem = if value.windows(3).any(is_encoded) {
        Malformed::EncodedPlus.words()
    } else if value.starts_with(b" ") {
        "begins with a space, a plus must be sent as %2B"
    } else {
        return Ok(());
    };
    let words = parameter.replace('_', " ");
    let reason = format!("{function} {words} {problem}");
    let data = session.owned(parameter);
    warn_or_refuse(
        session,
        upper(function, &reason),
        data,
        format!("{parameter} {problem}"),
    )
}

/// A reason as replies write it: all but the function's name in capitals.
fn upper(function: &str, reason: &str) -> String {
    let words = reason.strip_prefix(function).unwrap_or_default();
    format!("{function}{}", words.to_uppercase())
}

/// The new numbers of a call as they are to be stored. Each is given as it was sent, and as VICIdial's filter leaves it. A
/// server with a form for its numbers writes them in it, and `strict_numbers=Y` drops all separators; else VICIdial's way
/// stays, and is told of.
///
/// # Errors
/// The reply that refuses the first that is none.
pub(super) fn formed<'w>(
    session: &mut Session<'_>,
    function: &str,
    parameter: &'static str,
    written: impl IntoIterator<Item = (&'w str, String)>,
) -> Result<Vec<String>, Stop> {
    if session.dialect == Dialect::Wire {
        return Ok(written.into_iter().map(|(_, number)| number).collect());
    }
    let form = session.call.number_form;
    let is_strict = session.options.strict_numbers || !form.is_as_is();
    let mut doubtful: Option<(String, usize)> = None;
    let mut numbers = Vec::new();
    for (written, filtered) in written {
        let problem = match form.number(written) {
            Ok(Some(number)) if is_strict || number == filtered => {
                numbers.push(number);
                continue;
            }
            Ok(Some(number)) => {
                format!("{parameter} has separators that are stored, the number alone is {number}")
            }
            Err(malformed) if is_strict => {
                let reason = format!("{function} did pattern {malformed}");
                return Err(Line::error(upper(function, &reason), filtered).into());
            }
            // `check_plus` has told of the plus.
            Ok(None) | Err(Malformed::EncodedPlus) => {
                numbers.push(filtered);
                continue;
            }
            Err(malformed) => format!("{parameter} {malformed}"),
        };
        doubtful.get_or_insert((problem, 0)).1 += 1;
        numbers.push(filtered);
    }
    match doubtful {
        Some((problem, 1)) => session.warnings.push(problem),
        Some((problem, count)) => {
            let more = count - 1;
            session
                .warnings
                .push(format!("{problem}, and {more} more are doubtful"));
        }
        None => {}
    }
    Ok(numbers)
}

/// The one new number of a call, which this parameter names.
///
/// # Errors
/// As [`formed`].
pub(super) fn formed_pattern(
    session: &mut Session<'_>,
    function: &str,
    parameter: &'static str,
) -> Result<String, Stop> {
    let filtered = session.owned(parameter);
    let written = String::from_utf8_lossy(sent(session.call, parameter));
    let mut numbers = formed(session, function, parameter, [(&*written, filtered)])?;
    Ok(numbers.pop().unwrap_or_default())
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
                .map(|&number| (number, number_form::variants(number)))
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
        there: &dids::ExistingDids,
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
