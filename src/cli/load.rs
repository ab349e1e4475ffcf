//! `vicishim load`: rows from JSON, `{"table": [{"column": value}]}`, in one transaction.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use super::database::DatabaseArgument;
use crate::access::allowed_functions::corrected;
use crate::api;
use crate::store::load_dump::Rows;
use crate::store::{CreateTables, Db, history, users};

/// The arguments of `load`.
#[derive(Args)]
pub(super) struct Load {
    /// JSON files: {"table": [{"column": value, …}, …], …}
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Store a user's api_allowed_functions as it is meant: ALL as ALL_FUNCTIONS, and a space on each side of every name
    #[arg(long)]
    fix: bool,
    #[command(flatten)]
    database: DatabaseArgument,
}

impl Load {
    pub(super) fn run(self) -> Result<(), Failure> {
        let texts = read(&self.files)?;
        let address = self.database.address()?;
        let mut db = Db::open(&address, CreateTables::No)?;
        // The first rows of a new database are no change of it.
        if !db.columns().of("vicidial_users").is_empty() && users::any(&mut db)? {
            db.keep_history(history::DAYS);
        }
        let count = store(&mut db, &texts, self.fix)?;
        let rows = if count == 1 { "row" } else { "rows" };
        println!("{count} {rows} loaded into {address}");
        Ok(())
    }
}

/// Loads the rows of files into a database that is to be served; how many.
pub(super) fn load_files(db: &mut Db, files: &[PathBuf]) -> Result<usize, Failure> {
    store(db, &read(files)?, false)
}

/// The texts of files, each with its name.
fn read(files: &[PathBuf]) -> Result<Vec<(String, String)>, Failure> {
    let mut texts = Vec::new();
    for file in files {
        let shown = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("cannot read {shown}: {error}"))?;
        texts.push((shown, text));
    }
    Ok(texts)
}

fn store(db: &mut Db, texts: &[(String, String)], fixes: bool) -> Result<usize, Failure> {
    let texts = texts
        .iter()
        .map(|(file, text)| (file.as_str(), text.as_str()));
    let mut rows = Rows::read(db, texts)?;
    let notes = check_functions(db, &mut rows, fixes)?;
    let count = rows.store(db)?;
    for note in notes {
        eprintln!("{note}");
    }
    Ok(count)
}

/// Looks for permissions that would not count, which lock a user out of a function without a word; where it is to fix
/// them, writes them as they are meant. What to say of each.
fn check_functions(db: &Db, rows: &mut Rows, fixes: bool) -> Result<Vec<String>, Failure> {
    const TABLE: &str = "vicidial_users";
    const COLUMN: &str = "api_allowed_functions";
    let is_function = |name: &str| api::function(name).is_some();
    let mut notes = Vec::new();
    for (place, list) in rows.values(TABLE, COLUMN) {
        let Some(meant) = corrected(list, is_function) else {
            continue;
        };
        let what = format!("{place}: {COLUMN} {list:?}");
        if fixes {
            if let Some(column) = db.columns().find(TABLE, COLUMN) {
                let fit = column.kind.fit(&meant);
                fit.map_err(|why| format!("{what}: {meant:?} {why}; nothing was loaded"))?;
            }
            notes.push(format!("{what} is stored as {meant:?}"));
            *list = meant;
        } else {
            let why = "names functions that it does not allow";
            notes.push(format!("{what} {why}; --fix stores {meant:?}"));
        }
    }
    Ok(notes)
}
