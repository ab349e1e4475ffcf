//! Every answer that a test got, held against what the database has in the end: which of them were not true.

mod caller;
mod checks;
mod truth;

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

pub use caller::{Caller, Load};
pub use truth::Truth;

/// The DID that is copied; each recorded conversation begins with it.
pub const SOURCE: &str = "7275551114";

/// How many lines of a server's log are shown where something was not true.
const LOG_LINES: usize = 20;

/// What a call says of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// It was added, changed or deleted.
    Success,
    /// `ALREADY EXISTS`
    Exists,
    /// `DOES NOT EXIST`
    Missing,
    /// `NOTHING WAS CHANGED`
    NothingChanged,
    /// `LOOK WHETHER THE CHANGE WAS MADE`
    Look,
    /// The connection ended, or a minute passed.
    Silence,
    /// Anything else.
    Other,
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Add,
    Update,
    Delete,
    Copy { atomic: bool },
}

/// A call that was made.
#[derive(Debug, Clone)]
pub struct Call {
    /// Part of its address, and of the description that it stores.
    tag: String,
    pub kind: Kind,
    /// Whether others add the same numbers.
    shared: bool,
    /// Its numbers, and what the answer says of each.
    outcomes: Vec<(String, Answer)>,
    /// What it says as a whole.
    pub answer: Answer,
    status: u16,
    /// The last line of the reply; the error where there is none.
    line: String,
    /// How long the answer took.
    pub took: Duration,
    /// When the answer came.
    pub at: Instant,
}

/// What was not true, by kind.
#[derive(Default)]
pub struct Lies(BTreeMap<String, Vec<String>>);

impl Lies {
    fn add(&mut self, kind: impl Into<String>, example: impl Into<String>) {
        self.0.entry(kind.into()).or_default().push(example.into());
    }

    /// Adds one that a test has found itself.
    pub fn found(&mut self, kind: &str, example: impl Into<String>) {
        self.add(kind, example);
    }

    /// Fails with the counts, some examples of each, and the last lines of the servers' logs.
    ///
    /// # Panics
    /// Something was not true, or a server panicked.
    pub fn assert_none(mut self, what: &str, logs: &[String]) {
        for line in logs.iter().flat_map(|log| log.lines()) {
            if line.contains("panicked") {
                self.add("a panic", line);
            }
        }
        let mut text = String::new();
        for (kind, examples) in &self.0 {
            text.push_str(&format!("{} × {kind}\n", examples.len()));
            for example in examples.iter().take(3) {
                text.push_str(&format!("    {example}\n"));
            }
        }
        for log in logs {
            let lines: Vec<&str> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(LOG_LINES)..];
            text.push_str(&format!("a server's log:\n{}\n", last.join("\n")));
        }
        assert!(self.0.is_empty(), "{what}:\n{text}");
    }
}

/// All calls of a test.
#[derive(Default)]
pub struct Ledger {
    pub calls: Vec<Call>,
}

impl Ledger {
    /// The calls of these clients.
    pub fn of(callers: impl IntoIterator<Item = Caller>) -> Self {
        let calls = callers.into_iter().flat_map(|caller| caller.calls);
        Self {
            calls: calls.collect(),
        }
    }

    /// How many calls were answered so.
    pub fn count(&self, answer: Answer) -> usize {
        let answered = |call: &&Call| call.answer == answer;
        self.calls.iter().filter(answered).count()
    }

    /// The descriptions that copies have stored, or may have.
    pub fn descriptions_of_copies(&self) -> HashSet<String> {
        let is_copy = |call: &&Call| matches!(call.kind, Kind::Copy { .. });
        let copies = self.calls.iter().filter(is_copy);
        copies.map(Call::description).collect()
    }

    /// One line on all calls.
    pub fn summary(&self) -> String {
        let mut counts: BTreeMap<Answer, usize> = BTreeMap::new();
        for call in &self.calls {
            *counts.entry(call.answer).or_default() += 1;
        }
        let slowest = self.calls.iter().map(|call| call.took).max();
        format!(
            "{} calls {counts:?}, the slowest took {:.1?}",
            self.calls.len(),
            slowest.unwrap_or_default()
        )
    }
}

impl Call {
    fn description(&self) -> String {
        format!("Made {}.", self.tag)
    }

    /// A copy of which every number was refused: it has a row in the admin log, as VICIdial writes one.
    fn is_refused_copy(&self) -> bool {
        matches!(self.kind, Kind::Copy { .. }) && self.status == 200
    }

    /// The call and its answer, for a message.
    fn told(&self) -> String {
        let Self {
            tag,
            kind,
            outcomes,
            status,
            line,
            took,
            ..
        } = self;
        let (first, count) = (&outcomes[0].0, outcomes.len());
        format!("{tag} {kind:?} {first} ({count}): {status} {line} [{took:.1?}]")
    }
}
