//! What is done with the numbers: one of three functions of the API.

use super::outcome::Word;
use crate::api::did;

/// The function, and what it needs beside the list.
pub(super) enum Job {
    /// `copy_did` from this DID.
    Copy {
        /// `source_did_pattern`
        source: String,
    },
    /// `add_did`
    Add,
    /// `update_did`
    Update,
}

impl Job {
    /// The function's name.
    pub(super) fn function(&self) -> &'static str {
        match self {
            Self::Copy { .. } => "copy_did",
            Self::Add => "add_did",
            Self::Update => "update_did",
        }
    }

    /// The names that the number's column may have.
    pub(super) fn number_columns(&self) -> &'static [&'static str] {
        match self {
            Self::Copy { .. } => &["did_pattern", "new_did", "new_dids"],
            _ => &["did_pattern"],
        }
    }

    /// The names that the other columns may have, and the parameters that they are sent as: VICIdial's own, for a real
    /// one passes over the others without a word.
    pub(super) fn columns(&self) -> Vec<(&'static str, &'static str)> {
        let same = |name| (name, name);
        match self {
            Self::Copy { .. } => vec![same("did_description")],
            Self::Add => did::field_names().collect(),
            Self::Update => did::field_names().chain([same("delete_did")]).collect(),
        }
    }

    /// The results of a number that is not to be asked for again.
    pub(super) fn done_words(&self) -> &'static [Word] {
        match self {
            Self::Copy { .. } | Self::Add => &[Word::Added, Word::There],
            Self::Update => &[Word::Updated, Word::Deleted],
        }
    }
}
