//! What a call can ask for beside VICIdial's own parameters: only in the documented dialect, and only by a parameter.
//! The wire's dialect ignores all of it, as VICIdial does.

pub(super) mod json;
pub(super) mod requests;

use super::stop::Stop;
use super::{Call, Dialect, Effect, Function, Line, Parameters};

/// The switches: each is `Y` or `N`.
const SWITCHES: &[(&str, &str)] = &[
    ("dry_run", "DRY RUN"),
    ("atomic", "ATOMIC"),
    ("strict_numbers", "STRICT NUMBERS"),
    ("insert_if_not_found", "INSERT IF NOT FOUND"),
];

/// The names of the parameters that only this module knows.
#[cfg(test)]
pub(super) const NAMES: &[&str] = &[
    "dry_run",
    "format",
    "atomic",
    "strict_numbers",
    "insert_if_not_found",
    "request_id",
];

/// What a call asks for. All of it is off in the wire's dialect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// `dry_run=Y`: the reply without the change.
    pub(super) dry_run: bool,
    /// `atomic=Y`: a copy of all its numbers, or of none.
    pub(super) atomic: bool,
    /// `strict_numbers=Y`: a number in a doubtful form is refused.
    pub(super) strict_numbers: bool,
    /// `insert_if_not_found=Y`: what is to be changed and is not there is added.
    pub(super) insert_if_not_found: bool,
    /// Whether a `request_id` was sent, be it empty.
    pub(super) has_request_id: bool,
    /// `format=json`: the reply's lines as one JSON object. Every other `format` is VICIdial's own, and means there what it
    /// means on the wire.
    pub(super) json: bool,
}

impl Options {
    /// The options of a call.
    pub(super) fn of(call: &Call, dialect: Dialect) -> Self {
        if dialect == Dialect::Wire {
            return Self::default();
        }
        let is_on = |name| sent(call, name) == b"Y";
        Self {
            dry_run: is_on("dry_run"),
            atomic: is_on("atomic"),
            strict_numbers: is_on("strict_numbers"),
            insert_if_not_found: is_on("insert_if_not_found"),
            has_request_id: call.pairs.iter().any(|(name, _)| name == "request_id"),
            json: sent(call, "format") == b"json",
        }
    }

    /// Whether this function answers without changing or logging anything.
    pub(super) fn is_dry_run_of(&self, function: &Function) -> bool {
        self.dry_run && function.has_dry_run()
    }

    /// Rejects anything but Y or N: `dry_run=yes` must not be taken for the real call. Rejects a dry run of a function
    /// that has none, too.
    ///
    /// # Errors
    /// The reply that refuses it.
    pub(super) fn check(
        &self,
        function: &Function,
        call: &Call,
        parameters: &Parameters,
    ) -> Result<(), Stop> {
        for (parameter, words) in SWITCHES {
            if !matches!(sent(call, parameter), b"" | b"Y" | b"N") {
                let reason = format!("{words} MUST BE Y OR N, THIS IS AN OPTIONAL FIELD");
                return Err(refused(function, &reason, parameters.get(parameter)));
            }
        }
        if self.dry_run && !function.has_dry_run() && function.effect() == Effect::Changes {
            let reason = "DRY RUN IS NOT AVAILABLE FOR THIS FUNCTION";
            return Err(refused(function, reason, "Y"));
        }
        Ok(())
    }
}

fn refused(function: &Function, reason: &str, data: &str) -> Stop {
    Line::error(format!("{} {reason}", function.name()), data).into()
}

/// A parameter as it was sent, not filtered; empty where it was not.
pub(super) fn sent<'a>(call: &'a Call, name: &str) -> &'a [u8] {
    let pair = call.pairs.iter().rev().find(|(known, _)| known == name);
    pair.map_or(b"", |(_, value)| value.as_slice())
}
