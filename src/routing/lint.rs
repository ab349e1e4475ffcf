//! What is wrong with DIDs: destinations that do not exist, numbers that differ only in how they are written.

use serde::Serialize;
use utoipa::ToSchema;

use super::decide::{Existence, described};
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

/// What all spellings of a number have in common: its digits without a plus, nor a leading 1 where there are eleven. None
/// where the pattern is no number.
pub fn spelling(pattern: &str) -> Option<&str> {
    let digits = pattern.strip_prefix('+').unwrap_or(pattern);
    if digits.len() < 7 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match digits.strip_prefix('1') {
        Some(national) if digits.len() == 11 => Some(national),
        _ => Some(digits),
    }
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
