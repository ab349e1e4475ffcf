//! What became of a number.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

/// A result in one word, as the report has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::cli) enum Word {
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
    pub(in crate::cli) fn parse(text: &str) -> Option<Self> {
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
pub(in crate::cli) struct Outcome {
    /// The line of the list that it stands on; 0 where nobody has said it yet.
    pub(in crate::cli) line: u64,
    /// The hash of its row and of what is sent with it ([`super::numbers`]).
    pub(in crate::cli) row: String,
    /// The number as it was sent; as it was written where it could not be sent.
    pub(in crate::cli) number: String,
    /// The result.
    pub(in crate::cli) word: Word,
    /// Why, where there is something to say.
    pub(in crate::cli) reason: String,
    /// Its `did_id`, where the server told it.
    pub(in crate::cli) did_id: String,
    /// What else the server's answer says.
    pub(in crate::cli) said: Said,
}

/// What an answer says beside the result: a report keeps none of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::cli) struct Said {
    /// The number as the server writes it, where that is not how it was sent.
    pub(in crate::cli) number: Option<String>,
    /// The number of the change that was made: `X-Vicishim-Change`.
    pub(in crate::cli) change: Option<u64>,
    /// `X-Vicishim-Warning`
    pub(in crate::cli) warning: Option<String>,
}

impl Outcome {
    /// An outcome without a reason and a `did_id`.
    pub(in crate::cli) fn new(number: impl Into<String>, word: Word) -> Self {
        Self {
            line: 0,
            row: String::new(),
            number: number.into(),
            word,
            reason: String::new(),
            did_id: String::new(),
            said: Said::default(),
        }
    }

    /// An outcome with its reason.
    pub(in crate::cli) fn because(
        number: impl Into<String>,
        word: Word,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            reason: reason.into(),
            ..Self::new(number, word)
        }
    }

    /// This outcome as that of the row with this hash on this line.
    #[must_use]
    pub(in crate::cli) fn of(mut self, line: u64, row: &str) -> Self {
        self.line = line;
        row.clone_into(&mut self.row);
        self
    }
}

/// How many numbers are named after a reason.
const NAMED: usize = 3;

/// How many results there are of each kind.
#[derive(Debug, Default)]
pub(in crate::cli) struct Tally {
    counts: BTreeMap<Word, usize>,
    /// For each reason: how many, and the first numbers.
    reasons: BTreeMap<(Word, String), (usize, Vec<String>)>,
}

impl Tally {
    /// Counts an outcome.
    pub(in crate::cli) fn count(&mut self, outcome: &Outcome) {
        *self.counts.entry(outcome.word).or_default() += 1;
        if !outcome.reason.is_empty() {
            // Values differ from number to number: `GROUP ID MUST BE … (SALES)`.
            let reason = outcome.reason.split(" (").next().unwrap_or_default();
            let (count, named) = self
                .reasons
                .entry((outcome.word, reason.to_owned()))
                .or_default();
            *count += 1;
            if named.len() < NAMED {
                named.push(outcome.number.clone());
            }
        }
    }

    /// How many have this result.
    pub(in crate::cli) fn of(&self, word: Word) -> usize {
        self.counts.get(&word).copied().unwrap_or_default()
    }

    /// How many of the numbers that were sent have a result.
    pub(in crate::cli) fn settled(&self) -> usize {
        self.counts.values().sum()
    }

    /// Whether nothing was refused and every outcome is known.
    pub(in crate::cli) fn is_clean(&self) -> bool {
        self.of(Word::Refused) == 0 && self.of(Word::Unknown) == 0
    }

    /// Prints the counts of these results, each with its reasons.
    pub(in crate::cli) fn write(&self, out: &mut impl Write, words: &[Word]) -> io::Result<()> {
        for &word in words {
            writeln!(out, "{word:<16}{:>9}", self.of(word))?;
            for ((_, reason), (count, named)) in
                self.reasons.iter().filter(|((of, _), _)| *of == word)
            {
                let more = if *count > named.len() { ", …" } else { "" };
                writeln!(out, "{count:>14}  {reason}: {}{more}", named.join(", "))?;
            }
        }
        Ok(())
    }
}
