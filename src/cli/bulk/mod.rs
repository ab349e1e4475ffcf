//! `vicishim bulk`: a client of any non-agent API, this server's or a real VICIdial's, that works through a list of numbers.
//!
//! The list is read whole and checked before anything is sent (`numbers`), cut into calls (`calls`), and the calls are made
//! a few at a time (`run`). What each answer says of each number (`replies`) goes into the report as it comes (`report`).

pub(super) mod ask;
mod calls;
pub(super) mod client;
pub(super) mod connection;
pub(super) mod job;
pub(super) mod numbers;
pub(super) mod outcome;
pub(super) mod password;
pub(super) mod plan;
mod progress;
pub(super) mod replies;
pub(super) mod report;
pub(super) mod run;
mod summary;

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::Failure;
use super::number_form::NumberArguments;
use crate::routing::number_form::NumberForm;
use client::Api;
use connection::Connection;
use job::Job;
use numbers::{List, Reading};
use outcome::Tally;
use password::Password;
use plan::Plan;
use report::{Report, Sink};
use run::Ending;

/// The arguments of `bulk`.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Bulk {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Copy a DID's settings onto every number of the list.
    #[command(name = "copy-did")]
    Copy {
        /// The DID whose settings are copied
        #[arg(long, value_name = "DID")]
        source_did: String,
        #[command(flatten)]
        common: Common,
    },
    /// Add every number of the list, with the fields that its row gives.
    #[command(name = "add-did")]
    Add {
        #[command(flatten)]
        common: Common,
    },
    /// Change every number of the list as its row says; a column delete_did with Y deletes.
    #[command(name = "update-did")]
    Update {
        #[command(flatten)]
        common: Common,
    },
}

/// What the three commands have in common.
#[derive(Args)]
#[command(
    after_help = "The password comes from VICISHIM_PASS, --pass-file, or a prompt. Exit code 0: nothing was refused, \
    1: something was or the run stopped, 2: wrong arguments, 130: stopped by Ctrl-C."
)]
struct Common {
    /// The numbers: one a line, or CSV with a header row that names the columns as VICIdial names its parameters; - is stdin
    #[arg(value_name = "FILE")]
    list: PathBuf,
    #[command(flatten)]
    numbers: NumberArguments,
    /// What a column of the header row is: NAME=PARAMETER, or NAME=- for one that is left out
    #[arg(long, value_name = "NAME=PARAMETER", value_parser = pair)]
    column: Vec<(String, String)>,
    /// A field for every number whose row does not give it, such as did_route=IN_GROUP
    #[arg(long, value_name = "PARAMETER=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    #[command(flatten)]
    connection: Connection,
    /// A CSV file that takes a line for every number as it is done; a second run with it goes on where the first stopped
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Ask the server what it would do (dry_run=Y), and change nothing; print what would be sent where it knows no dry
    /// run, or no password is given
    #[arg(long)]
    dry_run: bool,
    /// Send the parameters in the address, for a server that takes no form; they stand in its access log then, the password too
    #[arg(long)]
    get: bool,
}

/// `NAME=VALUE`
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("give it as NAME=VALUE".to_owned()),
    }
}

impl Bulk {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let (job, common) = match self.command {
            Command::Copy { source_did, common } => {
                // It is there in the form that it has.
                let source = crate::api::did::clean(&source_did, NumberForm::default())
                    .map_err(|refusal| format!("--source-did {source_did}: {refusal}"))?;
                (Job::Copy { source }, common)
            }
            Command::Add { common } => (Job::Add, common),
            Command::Update { common } => (Job::Update, common),
        };
        common.run(&job)
    }
}

impl Common {
    fn run(self, job: &Job) -> Result<ExitCode, Failure> {
        let reading = Reading {
            form: self.numbers.number_form(),
            columns: self.column.clone(),
            set: self.set.clone(),
        };
        let list = List::read(&self.list, job, &reading)
            .map_err(|error| format!("{}: {error}", self.list.display()))?;
        if !list.left_out.is_empty() {
            let columns = list.left_out.join(", ");
            eprintln!("vicishim: no parameter of the API sets {columns}: left out");
        }
        let plan = |done| Plan::make(job, &list, done, self.get);
        let connection = &self.connection;
        let api = |password| connection.api(password, self.get);
        if self.dry_run {
            let done = match &self.report {
                Some(path) => report::done(path, job)?,
                None => report::Done::default(),
            };
            let plan = plan(done);
            let Some(password) = Password::given(connection.pass_file.as_deref())? else {
                eprintln!("vicishim: no password is given: the server is not asked");
                return print_plan(&api(Password::hidden())?, job, &list, &plan);
            };
            let client = api(password)?;
            let run = self.run_of(job, &list, &plan, &client);
            return match run.to_the_end(&mut Report::none())? {
                (Ending::NoDryRun, _) => {
                    eprintln!("vicishim: the server knows no dry run: it is not asked");
                    print_plan(&api(Password::hidden())?, job, &list, &plan)
                }
                (ending, tally) => {
                    summary::print(job, &tally, &plan, None)?;
                    let said = "nothing was changed: this is what the server says that it would do";
                    writeln!(std::io::stdout(), "{said}")?;
                    self.end(ending, &tally)
                }
            };
        }
        // Before anything is opened: a prompt that is broken off leaves no trace.
        let password = Password::find(&connection.user, connection.pass_file.as_deref())?;
        let (mut report, done) = Report::open(self.report.as_deref(), job)?;
        let plan = plan(done);
        report.write(&plan.set_aside)?;
        let client = api(password)?;
        let run = self.run_of(job, &list, &plan, &client);
        let (ending, tally) = run.to_the_end(&mut report)?;
        report.finish()?;
        summary::print(job, &tally, &plan, self.report.as_deref())?;
        self.end(ending, &tally)
    }

    fn run_of<'a>(
        &self,
        job: &'a Job,
        list: &'a List,
        plan: &'a Plan,
        api: &'a Api,
    ) -> run::Run<'a> {
        run::Run {
            job,
            list,
            plan,
            api,
            parallel: self.connection.parallel.into(),
            retries: self.connection.retries.into(),
            is_dry_run: self.dry_run,
        }
    }

    /// What the program ends with.
    fn end(&self, ending: Ending, tally: &Tally) -> Result<ExitCode, Failure> {
        match ending {
            Ending::Complete | Ending::NoDryRun if tally.is_clean() => Ok(ExitCode::SUCCESS),
            Ending::Complete | Ending::NoDryRun => Ok(ExitCode::FAILURE),
            Ending::Interrupted => {
                let how = match self.report {
                    Some(_) => "run it again with the same --report to go on",
                    None => "run it again to go on; what is done is asked for again then",
                };
                eprintln!("vicishim: stopped by Ctrl-C; {how}");
                Ok(ExitCode::from(130))
            }
            Ending::Stopped(why) => Err(Failure(format!("stopped: {why}"))),
        }
    }
}

/// Prints the plan; a reader that has seen enough is no failure.
fn print_plan(api: &Api, job: &Job, list: &List, plan: &Plan) -> Result<ExitCode, Failure> {
    match print_dry_run(api, job, list, plan) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        result => Ok(result?),
    }
}

/// Prints every call as it would be sent, and what would not be sent.
fn print_dry_run(api: &Api, job: &Job, list: &List, plan: &Plan) -> std::io::Result<ExitCode> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for call in &plan.calls {
        writeln!(
            out,
            "{} {}",
            api.described(),
            api.form(&calls::parameters(job, list, call))
        )?;
    }
    summary::print_dry_run(&mut out, plan)?;
    out.flush()?;
    Ok(match plan.tally().is_clean() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
