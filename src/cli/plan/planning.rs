//! `vicishim plan`: what has to be done, and nothing of it.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::{Comparison, api, of_file, print, too_heavy};
use crate::api::did;
use crate::cli::Failure;
use crate::cli::bulk::connection::Connection;
use crate::cli::bulk::numbers::read_bytes;
use crate::plan::change::Plan;
use crate::plan::file::Table;

/// The exit code of a plan that has something to do, as `terraform plan -detailed-exitcode` has it.
const CHANGES: u8 = 2;

/// A plan's permissions: it says which numbers there are, and where they lead.
const OWNER_ONLY: u32 = 0o600;

/// The arguments of `plan`.
#[derive(Args)]
#[command(
    after_help = "The password comes from VICISHIM_PASS, --pass-file, or a prompt. Exit code 0: nothing to do, 1: trouble, \
    2: there are changes."
)]
pub(in crate::cli) struct Planning {
    /// The DIDs as they are to be: CSV with a header row, as `vicishim export` prints it; - is stdin
    #[arg(value_name = "FILE")]
    table: PathBuf,
    #[command(flatten)]
    comparison: Comparison,
    /// A file for the plan, which `vicishim apply` takes
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

impl Planning {
    /// Prints the plan, and writes it where a file is named.
    pub(in crate::cli) fn run(self) -> Result<ExitCode, Failure> {
        let table = read_bytes(&self.table).and_then(|bytes| Table::parse(&bytes, &did::RULES));
        let table = table.map_err(|error| of_file(&self.table, error))?;
        let api = api(&self.connection)?;
        let (plan, found) = self.comparison.plan(&table, &api, &self.connection)?;
        print(
            &plan.steps.iter().collect::<Vec<_>>(),
            plan.counts(),
            Some(&found),
        )?;
        if let Some(heavy) = too_heavy(&plan) {
            eprintln!("vicishim: {heavy}");
        }
        if let Some(out) = &self.out {
            write(&plan, out).map_err(|error| of_file(out, error))?;
        }
        Ok(match plan.steps.is_empty() {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(CHANGES),
        })
    }
}

/// Writes a plan to a file, which only its owner may read.
///
/// # Errors
/// The file cannot be written.
fn write(plan: &Plan, path: &Path) -> std::io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(OWNER_ONLY)
        .open(path)?
        .write_all(&plan.text()?)
}
