//! The table at the end.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use super::job::Job;
use super::outcome::{Outcome, Word};
use super::plan::Plan;

/// How many numbers are named after a reason.
const NAMED: usize = 3;

/// How many results there are of each kind.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<Word, usize>,
    /// For each reason: how many, and the first numbers.
    reasons: BTreeMap<(Word, String), (usize, Vec<String>)>,
}

impl Tally {
    /// Counts an outcome.
    pub(super) fn count(&mut self, outcome: &Outcome) {
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
    pub(super) fn of(&self, word: Word) -> usize {
        self.counts.get(&word).copied().unwrap_or_default()
    }

    /// How many of the numbers that were sent have a result.
    pub(super) fn settled(&self) -> usize {
        self.counts.values().sum()
    }

    /// Whether nothing was refused and every outcome is known.
    pub(super) fn is_clean(&self) -> bool {
        self.of(Word::Refused) == 0 && self.of(Word::Unknown) == 0
    }

    fn write(&self, out: &mut impl Write, words: &[Word]) -> io::Result<()> {
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

/// Prints what became of the list.
pub(super) fn print(
    job: &Job,
    tally: &Tally,
    plan: &Plan,
    report: Option<&Path>,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut words = job.done_words().to_vec();
    words.extend([Word::Refused, Word::Unknown, Word::Duplicate]);
    tally.write(&mut out, &words)?;
    let aside = plan.set_aside.len();
    let left = (plan.numbers + aside).saturating_sub(tally.settled());
    if plan.done_before > 0 {
        writeln!(out, "{:<16}{:>9}", "done before", plan.done_before)?;
    }
    if left > 0 {
        writeln!(out, "{:<16}{left:>9}", "left to do")?;
    }
    if let Some(report) = report {
        writeln!(out, "each number is in {}", report.display())?;
    }
    Ok(())
}

/// Prints what would not be sent, and how much would be.
pub(super) fn print_dry_run(out: &mut impl Write, plan: &Plan) -> io::Result<()> {
    plan.tally().write(out, &[Word::Refused, Word::Duplicate])?;
    if plan.done_before > 0 {
        writeln!(out, "{:<16}{:>9}", "done before", plan.done_before)?;
    }
    let (numbers, calls) = (plan.numbers, plan.calls.len());
    writeln!(
        out,
        "{:<16}{numbers:>9}  calls: {calls}; nothing was sent",
        "would be sent"
    )
}
