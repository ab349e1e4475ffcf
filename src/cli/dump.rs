//! `vicishim dump`: tables as the JSON that `load` takes.

use std::io::BufWriter;

use clap::Args;

use super::Failure;
use super::database::{DatabaseArgument, open_to_read};
use crate::store::load_dump::{self, DumpError};

/// The arguments of `dump`.
#[derive(Args)]
pub(super) struct Dump {
    /// The tables to print; all of them where none is named
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
    #[command(flatten)]
    database: DatabaseArgument,
}

impl Dump {
    pub(super) fn run(self) -> Result<(), Failure> {
        let address = self.database.address()?;
        let mut db = open_to_read(&address)?;
        // What a dialer has besides, no database of ours could take.
        let columns = db.columns().known();
        if let Some(unknown) = self
            .tables
            .iter()
            .find(|table| columns.of(table).is_empty())
        {
            return Err(Failure(format!("there is no table {unknown}")));
        }
        let tables: Vec<&str> = match self.tables.is_empty() {
            true => columns.tables().collect(),
            false => self.tables.iter().map(String::as_str).collect(),
        };
        let mut out = BufWriter::new(std::io::stdout().lock());
        match load_dump::dump(&mut db, &tables, &columns, &mut out) {
            // Whoever read it has seen enough, as `head` does.
            Err(DumpError::Pipe(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            Err(DumpError::Pipe(error)) => Err(error.into()),
            Err(DumpError::Database(error)) => Err(error.into()),
            Ok(()) => Ok(()),
        }
    }
}
