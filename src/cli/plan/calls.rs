//! Making the calls of a plan, with the machinery of `bulk`: dry runs to check it, and the real ones.

use crate::api::did;
use crate::cli::bulk::client::Api;
use crate::cli::bulk::connection::Connection;
use crate::cli::bulk::job::Job;
use crate::cli::bulk::numbers::{List, Row};
use crate::cli::bulk::outcome::{Outcome, Word};
use crate::cli::bulk::plan::Plan as Calls;
use crate::cli::bulk::report::{Done, Sink};
use crate::cli::bulk::run::{Ending, Run};
use crate::plan::change::{KINDS, Step};

/// How the calls ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// All were made.
    Complete,
    /// By Ctrl-C or SIGTERM.
    Interrupted,
    /// It made no sense to go on.
    Stopped(String),
}

/// Makes the calls of these steps; each outcome goes to the sink as it comes.
///
/// # Errors
/// The sink cannot keep an outcome, or the server cannot be asked at all.
pub(super) fn make(
    connection: &Connection,
    api: &Api,
    steps: &[&Step],
    is_dry_run: bool,
    sink: &mut dyn Sink,
) -> Result<Ended, String> {
    for is_of_kind in KINDS {
        let steps: Vec<&Step> = steps
            .iter()
            .copied()
            .filter(|step| is_of_kind(step))
            .collect();
        let Some(first) = steps.first() else {
            continue;
        };
        let job = match first {
            Step::Add { .. } => Job::Add,
            Step::Change { .. } | Step::Delete { .. } => Job::Update,
        };
        let list = list(&steps);
        let plan = Calls::make(&job, &list, Done::default(), false);
        let run = Run {
            job: &job,
            list: &list,
            plan: &plan,
            api,
            parallel: connection.parallel.into(),
            retries: connection.retries.into(),
            is_dry_run,
        };
        match run.to_the_end(sink)?.0 {
            Ending::Complete => {}
            Ending::Interrupted => return Ok(Ended::Interrupted),
            Ending::Stopped(why) => return Ok(Ended::Stopped(why)),
            Ending::NoDryRun => {
                let why = "the server knows no dry run: plan and apply need a vicishim server in the documented dialect";
                return Err(why.to_owned());
            }
        }
    }
    Ok(Ended::Complete)
}

/// The steps as rows, a value for each parameter that one of them sets.
fn list(steps: &[&Step]) -> List {
    let given: Vec<_> = steps
        .iter()
        .map(|step| step.parameters(&did::RULES))
        .collect();
    let mut columns: Vec<&'static str> = Vec::new();
    for (parameter, _) in given.iter().flatten() {
        if !columns.contains(parameter) {
            columns.push(parameter);
        }
    }
    let row = |(at, step): (usize, &&Step)| {
        let value = |parameter: &&'static str| {
            let value = given[at].iter().find(|(known, _)| known == parameter);
            value.map_or_else(String::new, |(_, value)| (*value).to_owned())
        };
        Row {
            line: at as u64 + 1,
            number: step.number().to_owned(),
            values: columns.iter().map(value).collect(),
        }
    };
    List {
        rows: steps.iter().enumerate().map(row).collect(),
        columns,
        ..List::default()
    }
}

/// What dry runs said against a plan.
#[derive(Debug, Default)]
pub(super) struct Objections {
    /// What would be refused, and why.
    pub(super) errors: Vec<String>,
    /// What the server would do with a warning.
    pub(super) warnings: Vec<String>,
}

impl Sink for Objections {
    fn write(&mut self, outcomes: &[Outcome]) -> Result<(), String> {
        for outcome in outcomes {
            let number = &outcome.number;
            match (outcome.word, &outcome.said.number) {
                (Word::Added, Some(stored)) => self.errors.push(format!(
                    "{number}: the server would store it as {stored}: write it so, or use --number-form"
                )),
                (Word::Added | Word::Updated | Word::Deleted, _) => {}
                (Word::There, _) => self.errors.push(format!(
                    "{number}: it is there, but this user does not see it"
                )),
                _ => self.errors.push(format!("{number}: {}", outcome.reason)),
            }
            if let Some(warning) = &outcome.said.warning {
                self.warnings.push(format!("{number}: {warning}"));
            }
        }
        Ok(())
    }
}
