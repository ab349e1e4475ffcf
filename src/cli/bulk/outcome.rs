//! What became of a number.

use std::fmt;

/// A result in one word, as the report has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Word {
    /// It was added or copied.
    Added,
    /// Its fields were set.
    Updated,
    /// It was deleted.
    Deleted,
    /// It was there already.
    There,
    /// Nothing was done, for a reason.
    Refused,
    /// The answer was lost: it may have been done or not.
    Unknown,
    /// It stood earlier in the list.
    Duplicate,
}

impl Word {
    const ALL: [Self; 7] = [
        Self::Added,
        Self::Updated,
        Self::Deleted,
        Self::There,
        Self::Refused,
        Self::Unknown,
        Self::Duplicate,
    ];

    fn text(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::There => "there already",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Duplicate => "duplicate",
        }
    }

    /// The result that a report's column names.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.text() == text)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

/// What became of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The number as it was sent; as it was written where it could not be sent.
    pub(super) number: String,
    /// The result.
    pub(super) word: Word,
    /// Why, where there is something to say.
    pub(super) reason: String,
    /// Its `did_id`, where the server told it.
    pub(super) did_id: String,
}

impl Outcome {
    /// An outcome without a reason and a `did_id`.
    pub(super) fn new(number: impl Into<String>, word: Word) -> Self {
        Self {
            number: number.into(),
            word,
            reason: String::new(),
            did_id: String::new(),
        }
    }

    /// An outcome with its reason.
    pub(super) fn because(
        number: impl Into<String>,
        word: Word,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            reason: reason.into(),
            ..Self::new(number, word)
        }
    }
}
