//! `vicishim load`: rows from JSON, `{"table": [{"column": value}]}`, in one transaction.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use super::database::DatabaseArgument;
use crate::store::{CreateTables, Db, load_dump};

/// The arguments of `load`.
#[derive(Args)]
pub(super) struct Load {
    /// JSON files: {"table": [{"column": value, …}, …], …}
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgument,
}

impl Load {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut texts = Vec::new();
        for file in &self.files {
            let shown = file.display().to_string();
            let text = std::fs::read_to_string(file)
                .map_err(|error| format!("cannot read {shown}: {error}"))?;
            texts.push((shown, text));
        }
        let address = self.database.address()?;
        let mut db = Db::open(&address, CreateTables::No)?;
        let count = load_dump::load(
            &mut db,
            texts
                .iter()
                .map(|(file, text)| (file.as_str(), text.as_str())),
        )?;
        let rows = if count == 1 { "row" } else { "rows" };
        println!("{count} {rows} loaded into {address}");
        Ok(())
    }
}
