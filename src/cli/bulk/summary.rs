//! The table at the end.

use std::io::{self, Write};
use std::path::Path;

use super::job::Job;
use super::outcome::{Tally, Word};
use super::plan::Plan;

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
