//! `vicishim backup`: a copy of the SQLite file, also while it is served.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use super::database::{DatabaseArgument, open_to_read};
use crate::store::backup;

/// The arguments of `backup`.
#[derive(Args)]
pub(super) struct Backup {
    /// The file that is made
    #[arg(value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    database: DatabaseArgument,
}

impl Backup {
    pub(super) fn run(self) -> Result<(), Failure> {
        if self.to.as_os_str() == "-" {
            let message = "a backup is a file: it cannot be written to standard output";
            return Err(Failure(message.to_owned()));
        }
        let address = self.database.address()?;
        let mut db = open_to_read(&address)?;
        let bytes = backup::back_up(&mut db, &self.to).map_err(Failure)?;
        let to = self.to.display();
        println!("{address} is copied to {to}, {bytes} bytes");
        Ok(())
    }
}
