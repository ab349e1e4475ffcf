//! `vicishim export`, `plan` and `apply`: the DIDs of a server as a table, what has to be done so that they are as a table says,
//! and doing it. All of it over HTTP, with the calls of `bulk`.

mod applying;
mod calls;
mod changes;
mod export;
mod listed;
mod planning;

use std::io::{BufWriter, Write};
use std::path::Path;

use clap::Args;

use super::Failure;
use super::bulk::client::Api;
use super::bulk::connection::Connection;
use super::bulk::password::Password;
use super::number_form::NumberArguments;
use crate::api::did;
use crate::plan::change::{Plan, Step, counted};
use crate::plan::compare::{Comparing, Found};
use crate::plan::file::Table;
use crate::plan::listed::Dids;
pub(super) use applying::Applying;
use calls::{Ended, Objections};
pub(super) use export::Export;
use listed::{FILTERS, Filter};
pub(super) use planning::Planning;

/// How many names of one kind are printed.
const NAMED: usize = 3;

/// What `plan` and `apply` compare, and how.
#[derive(Args)]
struct Comparison {
    /// Only these DIDs of the server, by a parameter of did_list: did_pattern=727*, group=SALES
    #[arg(long = "where", value_name = "PARAMETER=VALUE", value_parser = condition)]
    condition: Vec<(&'static str, String)>,
    /// Delete DIDs that are not in the file; never default and did_system_filter
    #[arg(long)]
    delete_missing: bool,
    #[command(flatten)]
    numbers: NumberArguments,
}

/// `did_pattern=727*`
fn condition(text: &str) -> Result<(&'static str, String), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let known = FILTERS.iter().find(|known| **known == name);
    match known {
        Some(name) if !value.is_empty() => Ok((name, value.to_owned())),
        Some(_) => Err("give it as PARAMETER=VALUE".to_owned()),
        None => Err(format!("did_list takes {}", FILTERS.join(", "))),
    }
}

/// The API, once the password is known.
fn api(connection: &Connection) -> Result<Api, String> {
    let password = Password::find(&connection.user, connection.pass_file.as_deref())?;
    connection.api(password, false)
}

impl Comparison {
    /// What has to be done so that the server is as a table says, and what the comparison found. What is wrong is printed.
    ///
    /// # Errors
    /// Something of it cannot be done, or the server cannot be asked.
    fn plan(
        &self,
        table: &Table,
        api: &Api,
        connection: &Connection,
    ) -> Result<(Plan, Found), Failure> {
        let retries = connection.retries.into();
        let server = listed::read(api, retries, &Filter::new())?;
        let selection = match self.condition.is_empty() {
            true => None,
            false => Some(listed::read(api, retries, &self.condition)?),
        };
        let there = selection.as_ref().map_or(server.count(), Dids::count);
        let comparing = Comparing {
            rules: did::RULES,
            table,
            server: &server,
            selection: selection.as_ref().map(Dids::keys),
            form: self.numbers.number_form(),
            deletes_missing: self.delete_missing,
        };
        let mut found = comparing.run();
        let steps = std::mem::take(&mut found.steps);
        let mut objections = Objections::default();
        if found.errors.is_empty() {
            let all: Vec<&Step> = steps.iter().collect();
            match calls::make(connection, api, &all, true, &mut objections)? {
                Ended::Complete => {}
                Ended::Interrupted => {
                    return Err(Failure("stopped; nothing was changed".to_owned()));
                }
                Ended::Stopped(why) => return Err(Failure(format!("stopped: {why}"))),
            }
        }
        found.errors.append(&mut objections.errors);
        for error in &found.errors {
            eprintln!("vicishim: {error}");
        }
        for warning in &objections.warnings {
            eprintln!("vicishim: warning: {warning}");
        }
        if !found.left.is_empty() {
            let count = found.left.len();
            eprintln!(
                "vicishim: {count} empty cells leave the server's value as it is: {}",
                named(&found.left)
            );
        }
        if !found.errors.is_empty() {
            let count = found.errors.len();
            return Err(Failure(format!(
                "{count} errors: there is no plan, and nothing was changed"
            )));
        }
        let plan = Plan::new(api.address(), there, steps);
        Ok((plan, found))
    }
}

/// Why a plan is only applied where that is forced; none where it is applied as it is.
fn too_heavy(plan: &Plan) -> Option<String> {
    let heavy = plan.heavy()?;
    let there = plan.there;
    Some(format!(
        "it deletes or re-routes {heavy} of {there} DIDs, more than a third: look at it again, and use --force where it is meant"
    ))
}

/// Prints a line. That nobody reads it is no reason to stop in the middle of the work.
fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").ok();
}

/// The first of some names.
fn named(names: &[String]) -> String {
    let more = if names.len() > NAMED { ", …" } else { "" };
    let first: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    format!("{}{more}", first.join(", "))
}

/// Prints the steps and their counts; a reader that has seen enough is no failure.
fn print(steps: &[&Step], counts: [usize; 3], found: Option<&Found>) -> Result<(), Failure> {
    let write = || -> std::io::Result<()> {
        let mut out = BufWriter::new(std::io::stdout().lock());
        for step in steps {
            writeln!(out, "{step}")?;
        }
        write!(out, "{}", counted(counts))?;
        if let Some(found) = found {
            write!(out, "; {} unchanged", found.unchanged)?;
            if found.missing > 0 {
                write!(out, ", {} not in the file are left alone", found.missing)?;
            }
        }
        writeln!(out)?;
        out.flush()
    };
    match write() {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

fn of_file(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure(format!("{}: {error}", path.display()))
}
