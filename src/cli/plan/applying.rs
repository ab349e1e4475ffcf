//! `vicishim apply`: doing what a plan says.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::calls::{self, Ended};
use super::changes::Changes;
use super::listed::{self, Filter};
use super::{Comparison, api, named, of_file, print, say, too_heavy};
use crate::api::did;
use crate::cli::Failure;
use crate::cli::asking::is_wanted;
use crate::cli::bulk::client::Api;
use crate::cli::bulk::connection::Connection;
use crate::cli::bulk::numbers::read_bytes;
use crate::plan::change::{Plan, Step, shown};
use crate::plan::file::Table;
use crate::plan::listed::Dids;
use crate::plan::state::{State, is_done, state};

/// The arguments of `apply`.
#[derive(Args)]
#[command(
    after_help = "The password comes from VICISHIM_PASS, --pass-file, or a prompt. Exit code 0: all is as planned, 1: trouble, \
    130: stopped by Ctrl-C."
)]
pub(in crate::cli) struct Applying {
    /// A plan of `vicishim plan --out`, or a table to be planned and applied at once
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    comparison: Comparison,
    /// Do it without a question
    #[arg(long)]
    yes: bool,
    /// Do it although it deletes or re-routes more than a third of the DIDs
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Applying {
    /// Does what the plan says.
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        let bytes = read_bytes(&self.file).map_err(|error| of_file(&self.file, error))?;
        let is_plan = Plan::is_one(&bytes);
        let (api, plan) = match is_plan {
            true => {
                let plan =
                    Plan::parse(&bytes, &did::RULES).map_err(|error| of_file(&self.file, error))?;
                if !self.comparison.condition.is_empty() || self.comparison.delete_missing {
                    let message = "--where and --delete-missing are for a table: a plan says itself what is done";
                    return Err(Failure(message.to_owned()));
                }
                let api = api(&self.connection)?;
                if plan.server != api.address() {
                    return Err(of_file(
                        &self.file,
                        format!("it was made for {}", plan.server),
                    ));
                }
                (api, plan)
            }
            false => {
                let table = Table::parse(&bytes, &did::RULES)
                    .map_err(|error| of_file(&self.file, error))?;
                let api = api(&self.connection)?;
                let (plan, _) = self.comparison.plan(&table, &api, &self.connection)?;
                (api, plan)
            }
        };
        let server = self.read(&api)?;
        let states: Vec<State> = plan.steps.iter().map(|step| state(step, &server)).collect();
        let moved: Vec<&String> = states
            .iter()
            .filter_map(|state| match state {
                State::Moved(what) => Some(what),
                State::Open | State::Done => None,
            })
            .collect();
        if !moved.is_empty() {
            for what in &moved {
                eprintln!("vicishim: {what}");
            }
            let count = moved.len();
            return Err(Failure(format!(
                "{count} DIDs were changed since the plan was made: make a new one; nothing was changed now"
            )));
        }
        let open: Vec<&Step> = plan
            .steps
            .iter()
            .zip(&states)
            .filter(|(_, state)| **state == State::Open)
            .map(|(step, _)| step)
            .collect();
        let rest = Plan::new(
            String::new(),
            plan.there,
            open.iter().copied().cloned().collect(),
        );
        print(&open, rest.counts(), None)?;
        let done = plan.steps.len() - open.len();
        if done > 0 {
            say(&format!("{done} are done already"));
        }
        let beside = is_plan.then_some(self.file.as_path());
        if open.is_empty() {
            say("nothing to do");
            if done > 0 {
                Changes::open(beside, done)?.print_undo();
            }
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(heavy) = too_heavy(&plan).filter(|_| !self.force) {
            return Err(Failure(heavy));
        }
        if !self.yes && !is_wanted(&format!("Do these {} steps?", open.len()))? {
            return Err(Failure("nothing was changed".to_owned()));
        }
        let mut changes = Changes::open(beside, done)?;
        let ended = calls::make(&self.connection, &api, &open, false, &mut changes);
        self.finish(&api, &open, ended, &changes)
    }

    fn read(&self, api: &Api) -> Result<Dids, String> {
        listed::read(api, self.connection.retries.into(), &Filter::new())
    }

    /// Says what was done, and how it is taken back.
    fn finish(
        &self,
        api: &Api,
        open: &[&Step],
        ended: Result<Ended, String>,
        changes: &Changes,
    ) -> Result<ExitCode, Failure> {
        for error in &changes.errors {
            eprintln!("vicishim: {error}");
        }
        say(&format!("{} of {} done", changes.made, open.len()));
        changes.print_undo();
        let again = "run it again to go on";
        match ended? {
            Ended::Interrupted => {
                eprintln!("vicishim: stopped by Ctrl-C; {again}");
                return Ok(ExitCode::from(130));
            }
            Ended::Stopped(why) => return Err(Failure(format!("stopped: {why}; {again}"))),
            Ended::Complete => {}
        }
        // What a server says is one thing, what it has stored another.
        let server = self.read(api)?;
        let mut wrong = open
            .iter()
            .filter(|step| !is_done(step, &server))
            .peekable();
        if wrong.peek().is_none() {
            return Ok(ExitCode::SUCCESS);
        }
        let wrong: Vec<String> = wrong.map(|step| shown(step.number())).collect();
        Err(Failure(format!(
            "{} DIDs are not as planned: {}; {again}",
            wrong.len(),
            named(&wrong)
        )))
    }
}
