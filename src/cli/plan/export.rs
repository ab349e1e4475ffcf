//! `vicishim export`: the DIDs of a server as CSV.

use std::io::Write;

use clap::Args;

use super::listed;
use super::{api, condition};
use crate::cli::Failure;
use crate::cli::bulk::connection::Connection;

/// The arguments of `export`.
#[derive(Args)]
#[command(after_help = "The password comes from VICISHIM_PASS, --pass-file, or a prompt.")]
pub(in crate::cli) struct Export {
    /// Only these DIDs, by a parameter of did_list: did_pattern=727*, group=SALES
    #[arg(long = "where", value_name = "PARAMETER=VALUE", value_parser = condition)]
    condition: Vec<(&'static str, String)>,
    #[command(flatten)]
    connection: Connection,
}

impl Export {
    /// Prints the server's DIDs as CSV with a header row.
    pub(in crate::cli) fn run(self) -> Result<(), Failure> {
        let api = api(&self.connection)?;
        let csv = listed::csv(&api, self.connection.retries.into(), &self.condition)?;
        let mut out = std::io::stdout().lock();
        match out.write_all(csv.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }
}
