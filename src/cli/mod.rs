//! The command line: one file a command.

mod asking;
mod backup;
mod bulk;
mod database;
mod dump;
mod explain;
mod functions;
mod help;
mod history;
mod import;
mod listen;
mod load;
mod log_format;
mod number_form;
mod orphans;
mod plan;
mod proxies;
mod route_key;
mod serve;
mod test_controls;
mod tls;
mod undo;
mod upstream;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::http::survive_hangup;
use crate::log_limit;
use log_format::LogFormat;

/// VICIdial's non-agent API for inbound numbers: on an embedded SQLite file, or on a dialer's own MariaDB.
#[derive(Parser)]
#[command(name = "vicishim", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer the API until SIGTERM or Ctrl-C.
    Serve(Box<serve::Serve>),
    /// Store rows from JSON files: users, in-groups, DIDs and all other tables.
    Load(load::Load),
    /// Copy a dialer's rows into a database of ours, to try things on.
    Import(import::Import),
    /// Print tables as the JSON that `load` takes.
    Dump(dump::Dump),
    /// Copy the SQLite file, also while it is served.
    Backup(backup::Backup),
    /// Print the settings of our own whose DID or phone is gone; remove them.
    Orphans(orphans::Orphans),
    /// Make, list and remove the keys with which a dialplan asks where a call goes.
    RouteKey(route_key::RouteKeys),
    /// Print what calls have changed, the newest first.
    History(history::History),
    /// Take changes back: all of those that are named, or none.
    Undo(undo::Undo),
    /// Print the table of functions: what each does, the permission it asks for, and who answers it.
    Functions(functions::Functions),
    /// Tell which gates open for a user and a function, and which do not, and why. Exit code 1 where one does not.
    Explain(explain::Explain),
    /// Add, copy or update a list of DIDs over HTTP, on this server or on any VICIdial.
    Bulk(bulk::Bulk),
    /// Print the DIDs of a server as CSV, over HTTP: the table that `plan` takes.
    Export(plan::Export),
    /// Print what a shell completes: `vicishim completions bash > /etc/bash_completion.d/vicishim`.
    Completions(help::Completions),
    /// Print a page for `man`: `vicishim man serve | man -l -`.
    Man(help::Man),
    /// Say what has to be done so that the DIDs of a server are as a CSV file has them, and change nothing.
    Plan(plan::Planning),
    /// Do what a plan says, or a CSV file; ends with the command that takes it back.
    Apply(plan::Applying),
}

/// Why a command failed: one sentence.
struct Failure(String);

impl<E: std::fmt::Display> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// So many rows.
fn rows(count: usize) -> String {
    match count {
        1 => "1 row".to_owned(),
        _ => format!("{count} rows"),
    }
}

/// Runs the command that the arguments name. Exit code 0, 1 for a failure, 2 for wrong arguments; `bulk`, `plan` and `apply`
/// have others besides.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return wrong(&error),
    };
    let log_format = match &arguments.command {
        Command::Serve(serve) => {
            // At once: whoever starts a server may hang up at any time.
            if let Err(error) = survive_hangup() {
                return fail(&Failure::from(error));
            }
            serve.log_format()
        }
        _ => LogFormat::Text,
    };
    log_format.start();
    let result = match arguments.command {
        Command::Functions(functions) => functions.run().map(|()| ExitCode::SUCCESS),
        Command::Serve(serve) => serve.run().map(|()| ExitCode::SUCCESS),
        Command::Load(load) => load.run().map(|()| ExitCode::SUCCESS),
        Command::Import(import) => import.run().map(|()| ExitCode::SUCCESS),
        Command::Dump(dump) => dump.run().map(|()| ExitCode::SUCCESS),
        Command::Backup(backup) => backup.run().map(|()| ExitCode::SUCCESS),
        Command::Completions(completions) => completions.run().map(|()| ExitCode::SUCCESS),
        Command::Man(man) => man.run().map(|()| ExitCode::SUCCESS),
        Command::Orphans(orphans) => orphans.run().map(|()| ExitCode::SUCCESS),
        Command::RouteKey(keys) => keys.run().map(|()| ExitCode::SUCCESS),
        Command::History(history) => history.run().map(|()| ExitCode::SUCCESS),
        Command::Undo(undo) => undo.run().map(|()| ExitCode::SUCCESS),
        Command::Explain(explain) => explain.run(),
        Command::Bulk(bulk) => bulk.run(),
        Command::Export(export) => export.run().map(|()| ExitCode::SUCCESS),
        Command::Plan(planning) => planning.run(),
        Command::Apply(applying) => applying.run(),
    };
    log_limit::flush();
    match result {
        Ok(code) => code,
        Err(failure) => fail(&failure),
    }
}

/// Says why a command failed.
fn fail(Failure(message): &Failure) -> ExitCode {
    eprintln!("vicishim: {message}");
    ExitCode::FAILURE
}

/// Prints what is wrong with the arguments, or the help that they ask for.
fn wrong(error: &clap::Error) -> ExitCode {
    // A closed output: there is nobody to tell.
    error.print().ok();
    if !error.use_stderr() {
        return ExitCode::SUCCESS;
    }
    // For `plan`, 2 says that there are changes.
    match std::env::args_os()
        .nth(1)
        .is_some_and(|command| command == "plan")
    {
        true => ExitCode::FAILURE,
        false => ExitCode::from(2),
    }
}
