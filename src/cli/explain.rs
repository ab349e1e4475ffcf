//! `vicishim explain`: which gates open for a user and a function, and which do not.

use std::io::Write;
use std::net::IpAddr;
use std::process::ExitCode;

use clap::Args;

use super::Failure;
use super::database::{DatabaseArgument, open_to_read};
use crate::api::{self, CallTime, Finding, Mark};

/// The arguments of `explain`.
#[derive(Args)]
pub(super) struct Explain {
    /// The API user. Its password is not asked for
    user: String,
    /// The function, such as add_did
    function: String,
    /// The client's address, for the IP lists
    #[arg(long, value_name = "ADDRESS")]
    ip: Option<IpAddr>,
    #[command(flatten)]
    database: DatabaseArgument,
}

impl Explain {
    /// Prints a line a gate; exit code 1 where one does not open.
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let address = self.database.address()?;
        let mut db = open_to_read(&address)?;
        if let Some(missing) = db.columns().missing() {
            return Err(Failure(format!("the database {address} lacks {missing}")));
        }
        let client = self.ip.map(|ip| ip.to_canonical().to_string());
        let (user, function) = (self.user.as_str(), self.function.as_str());
        let findings = api::explain(&mut db, user, function, client.as_deref(), &CallTime::now())?;
        match std::io::stdout()
            .lock()
            .write_all(table(&findings).as_bytes())
        {
            // Whoever read it has seen enough, as `head` does.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error)?,
            _ => {}
        }
        Ok(
            match findings.iter().any(|found| found.mark == Mark::Fails) {
                true => ExitCode::FAILURE,
                false => ExitCode::SUCCESS,
            },
        )
    }
}

fn table(findings: &[Finding]) -> String {
    let gates = findings.iter().map(|finding| finding.gate.len());
    let width = gates.max().unwrap_or(0) + 1;
    let line = |Finding { mark, gate, why }: &Finding| {
        let mark = match mark {
            Mark::Opens => "ok",
            Mark::Fails => "NO",
            Mark::Unknown => "--",
        };
        format!("{mark}   {:width$} {why}\n", format!("{gate}:"))
    };
    findings.iter().map(line).collect()
}
