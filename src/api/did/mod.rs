//! The DID functions (fixtures/reference/behaviour.md §5).

pub(super) mod add;
mod call_handle_method;
mod clean;
pub(super) mod copy;
pub(super) mod fields;
pub(super) mod lint;
pub(super) mod list;
pub(super) mod log_export;
mod number_variants;
pub(super) mod page;
pub(super) mod route_test;
pub(super) mod update;

use super::Parameters;
use crate::plan::Rules;
pub(crate) use clean::clean;
pub use fields::{FieldRule, columns as field_columns, names as field_names};

/// What is taken of a DID, for whoever compares.
pub(crate) const RULES: Rules = Rules {
    fields: || field_columns().collect(),
    names: || field_names().collect(),
    kept: |parameter, value| Parameters::filter_one(parameter, value, true),
    clean,
};

/// A DID's pattern: 2 to 50 bytes.
pub const PATTERN: std::ops::RangeInclusive<usize> = 2..=50;

/// What `update_did` takes for each field, the number first.
pub fn field_rules() -> impl Iterator<Item = FieldRule> {
    let number = FieldRule {
        parameter: update::NEW_NUMBER,
        column: "did_pattern",
        words: format!("{} to {} characters", PATTERN.start(), PATTERN.end()),
        choices: &[],
    };
    std::iter::once(number).chain(fields::rules())
}

/// A DID's description: 6 to 50 bytes.
const DESCRIPTION: std::ops::RangeInclusive<usize> = 6..=50;
