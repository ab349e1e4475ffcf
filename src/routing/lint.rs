//! What is wrong with DIDs: destinations that do not exist, numbers that differ only in how they are written.

use serde::Serialize;
use utoipa::ToSchema;

use super::decide::{Existence, described};
use super::number_form;
use super::target::Route;

/// A kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FindingKind)]
pub enum Problem {
    /// The destination is not there.
    TargetMissing,
    /// The destination is not active.
    TargetInactive,
    /// The DID is active and nobody chose a target.
    NoTarget,
    /// Another DID differs only by `+` or a leading `1`.
    SameNumber,
    /// The description is that of another DID.
    CopiedDescription,
    /// The pattern begins as a number, but has separators, an extension or something else in it that no call has.
    MalformedNumber,
    /// Settings of ours, and no DID to which they belong.
    SettingsWithoutDid,
}

impl Problem {
    /// The word for it, as replies and JSON have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::TargetMissing => "target_missing",
            Self::TargetInactive => "target_inactive",
            Self::NoTarget => "no_target",
            Self::SameNumber => "same_number",
            Self::CopiedDescription => "copied_description",
            Self::MalformedNumber => "malformed_number",
            Self::SettingsWithoutDid => "settings_without_did",
        }
    }
}

/// Something wrong with a DID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// The DID's `did_id`.
    pub did_id: i64,
    /// Its number, `did_pattern`.
    pub did_pattern: String,
    /// What is wrong.
    pub finding: Problem,
    /// The details, for people: `there is no in-group GONE`.
    pub detail: String,
}

/// What is wrong with how a DID's pattern is written.
pub fn of_pattern(pattern: &str) -> Option<(Problem, String)> {
    let problem = number_form::problem(pattern)?;
    Some((
        Problem::MalformedNumber,
        format!("no call finds it: the number {problem}"),
    ))
}

/// What is wrong with a DID's destination.
pub fn of_target(
    active: bool,
    chosen: bool,
    route: &Route,
    existence: Existence,
) -> Option<(Problem, String)> {
    if !chosen {
        return active.then(|| {
            (
                Problem::NoTarget,
                format!("active without a target: calls go to {}", route.words()),
            )
        });
    }
    match existence {
        Existence::Active | Existence::Untold => None,
        Existence::Inactive => Some((
            Problem::TargetInactive,
            format!("{} is not active", described(route)),
        )),
        Existence::Missing => Some((
            Problem::TargetMissing,
            format!("there is no {}", described(route)),
        )),
    }
}
