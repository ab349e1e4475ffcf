//! A plan: what is to be done to each DID, in a file that a person can read, and on the terminal.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Rules;
use super::file::NUMBER;
use super::listed::Values;
use crate::store::collation;
use crate::store::dids::pages::COLUMNS;

/// The version of the file.
const VERSION: u32 = 1;

/// DIDs that VICIdial itself needs: they are never deleted.
const KEPT: [&str; 2] = ["default", "did_system_filter"];

/// The columns that say where calls go, and whether any do.
const ROUTING: &[&str] = &[
    "did_active",
    "did_route",
    "extension",
    "exten_context",
    "voicemail_ext",
    "phone",
    "server_ip",
    "user",
    "group_id",
    "menu_id",
];

/// The parameter that deletes a DID.
const DELETE: &str = "delete_did";

/// The kinds of steps, in the order in which they are made: what is taken away comes last.
pub(crate) const KINDS: [fn(&Step) -> bool; 3] = [
    |step| matches!(step, Step::Add { .. }),
    |step| matches!(step, Step::Change { .. }),
    |step| matches!(step, Step::Delete { .. }),
];

/// Whether a DID is never deleted.
pub(crate) fn is_kept(number: &str) -> bool {
    KEPT.iter()
        .any(|kept| collation::compare(kept, number).is_eq())
}

/// What is done to a DID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Step {
    /// It is added with these values.
    Add { number: String, set: Values },
    /// It is there with the values `before`, and these are set.
    Change {
        number: String,
        set: Values,
        before: Values,
    },
    /// It is there with the values `before`, and is deleted.
    Delete { number: String, before: Values },
}

impl Step {
    /// The DID's number.
    pub(crate) fn number(&self) -> &str {
        match self {
            Self::Add { number, .. }
            | Self::Change { number, .. }
            | Self::Delete { number, .. } => number,
        }
    }

    /// The values that are set, in the order of the list.
    pub(crate) fn set(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let set = match self {
            Self::Add { set, .. } | Self::Change { set, .. } => Some(set),
            Self::Delete { .. } => None,
        };
        COLUMNS
            .iter()
            .filter_map(move |column| Some((*column, set?.get(*column)?.as_str())))
    }

    /// The function of the text API that makes it.
    pub(crate) fn function(&self) -> &'static str {
        match self {
            Self::Add { .. } => "add_did",
            Self::Change { .. } | Self::Delete { .. } => "update_did",
        }
    }

    /// The parameters of its call beside the number.
    pub(crate) fn parameters(&self, rules: &Rules) -> Vec<(&'static str, &str)> {
        match self {
            Self::Delete { .. } => vec![(DELETE, "Y")],
            Self::Add { .. } | Self::Change { .. } => self
                .set()
                .filter_map(|(column, value)| Some((rules.parameter_of(column)?, value)))
                .collect(),
        }
    }

    /// Whether calls that came before go elsewhere after it, or nowhere.
    fn is_heavy(&self) -> bool {
        match self {
            Self::Add { .. } => false,
            Self::Change { .. } => self.set().any(|(column, _)| ROUTING.contains(&column)),
            Self::Delete { .. } => true,
        }
    }
}

/// `+ NUMBER column: value`, `~ NUMBER column: old → new`, `- NUMBER`
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self {
            Self::Add { .. } => '+',
            Self::Change { .. } => '~',
            Self::Delete { .. } => '-',
        };
        write!(f, "{sign} {}", shown(self.number()))?;
        for (at, (column, value)) in self.set().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma} {column}: ")?;
            if let Self::Change { before, .. } = self {
                let old = before.get(column).map_or("", String::as_str);
                write!(f, "{} → ", shown(old))?;
            }
            f.write_str(&shown(value))?;
        }
        Ok(())
    }
}

/// A value on one line: in quotation marks where it would be hard to read without.
pub(crate) fn shown(value: &str) -> String {
    // What a terminal obeys, and what turns the order of characters round, is escaped.
    let quoted = format!("{value:?}");
    let is_plain = !value.is_empty() && value.trim() == value && !value.contains([',', '→']);
    match is_plain && quoted.trim_matches('"') == value {
        true => value.to_owned(),
        false => quoted,
    }
}

/// A plan.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    vicishim_plan: u32,
    /// The server that it was made for.
    pub(crate) server: String,
    /// How many DIDs were there, of those that were meant.
    pub(crate) there: usize,
    /// The steps.
    pub(crate) steps: Vec<Step>,
}

impl Plan {
    pub(crate) fn new(server: String, there: usize, steps: Vec<Step>) -> Self {
        Self {
            vicishim_plan: VERSION,
            server,
            there,
            steps,
        }
    }

    /// Whether a file's bytes are a plan's, and no table.
    pub(crate) fn is_one(bytes: &[u8]) -> bool {
        bytes.trim_ascii_start().starts_with(b"{")
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// It is none, or one that this version does not know.
    pub(crate) fn parse(bytes: &[u8], rules: &Rules) -> Result<Self, String> {
        let plan: Self = serde_json::from_slice(bytes)
            .map_err(|error| format!("it is no plan of `vicishim plan`: {error}"))?;
        if plan.vicishim_plan != VERSION {
            let version = plan.vicishim_plan;
            return Err(format!(
                "it is a plan of version {version}, {VERSION} is known"
            ));
        }
        for step in &plan.steps {
            let number = step.number();
            if rules.number(number) != number {
                return Err(format!("{}: a call cannot name it", shown(number)));
            }
            if matches!(step, Step::Delete { .. }) && is_kept(number) {
                return Err(format!("it deletes {number}, which is never deleted"));
            }
            let set = match step {
                Step::Add { set, .. } | Step::Change { set, .. } => set,
                Step::Delete { .. } => continue,
            };
            let unknown = set
                .keys()
                .find(|column| rules.parameter_of(column).is_none());
            if let Some(column) = unknown {
                return Err(format!("{number}: nothing sets the column {column}"));
            }
        }
        Ok(plan)
    }

    /// It as a file's text.
    ///
    /// # Errors
    /// None that a plan can have.
    pub(crate) fn text(&self) -> serde_json::Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }

    /// How many steps there are: to add, to change, to delete.
    pub(crate) fn counts(&self) -> [usize; 3] {
        KINDS.map(|is_of_kind| self.steps.iter().filter(|step| is_of_kind(step)).count())
    }

    /// How many steps delete or re-route a DID, where these are more than a third of the DIDs: such a plan is looked at twice.
    pub(crate) fn heavy(&self) -> Option<usize> {
        let heavy = self.steps.iter().filter(|step| step.is_heavy()).count();
        (heavy * 3 > self.there).then_some(heavy)
    }
}

/// The words for so many steps of each kind.
pub(crate) fn counted([added, changed, deleted]: [usize; 3]) -> String {
    format!("{added} to add, {changed} to change, {deleted} to delete")
}

/// The name of a column as errors have it.
pub(crate) fn of_column(number: &str, column: &str) -> String {
    match column {
        NUMBER => shown(number),
        column => format!("{} {column}", shown(number)),
    }
}
