//! What is done with the numbers: one of three functions of the API.

use super::outcome::Word;
use crate::api::did;

/// The function, and what it needs beside the list.
pub(in crate::cli) enum Job {
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

/// What `did_list` calls a field otherwise.
const LISTED: [(&str, &str); 2] = [("phone", "phone_extension"), ("user", "user_id")];

/// The columns of `did_list` that no parameter sets.
pub(in crate::cli) const ONLY_LISTED: &[&str] = &[
    "user_group",
    "did_carrier_description",
    "did_id",
    "modify_stamp",
];

impl Job {
    /// The function's name.
    pub(in crate::cli) fn function(&self) -> &'static str {
        match self {
            Self::Copy { .. } => "copy_did",
            Self::Add => "add_did",
            Self::Update => "update_did",
        }
    }

    /// The names that the number's column may have.
    pub(in crate::cli) fn number_columns(&self) -> &'static [&'static str] {
        match self {
            Self::Copy { .. } => &["did_pattern", "new_did", "new_dids"],
            _ => &["did_pattern"],
        }
    }

    /// The names that the other columns may have, and the parameters that they are sent as: VICIdial's own, for a real
    /// one passes over the others without a word.
    pub(in crate::cli) fn columns(&self) -> Vec<(&'static str, &'static str)> {
        let same = |name| (name, name);
        match self {
            Self::Copy { .. } => vec![same("did_description")],
            Self::Add => did::field_names().chain(LISTED).collect(),
            Self::Update => did::field_names()
                .chain([same("delete_did")])
                .chain(LISTED)
                .collect(),
        }
    }

    /// The DID that is copied; empty where none is.
    pub(in crate::cli) fn source(&self) -> &str {
        match self {
            Self::Copy { source } => source,
            Self::Add | Self::Update => "",
        }
    }

    /// The parameter of this name, which sets a field.
    ///
    /// # Errors
    /// There is none.
    pub(in crate::cli) fn parameter(&self, name: &str) -> Result<&'static str, String> {
        let columns = self.columns();
        let known = columns
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map(|(_, parameter)| *parameter).ok_or_else(|| {
            let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
            format!(
                "there is no such field in {}, there are {}",
                self.function(),
                names.join(", ")
            )
        })
    }

    /// The results of a number that is not to be asked for again.
    pub(in crate::cli) fn done_words(&self) -> &'static [Word] {
        match self {
            Self::Copy { .. } | Self::Add => &[Word::Added, Word::There],
            Self::Update => &[Word::Updated, Word::Deleted],
        }
    }
}
