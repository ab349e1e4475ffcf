//! `vicishim load`: rows from JSON, `{"table": [{"column": value}]}`, in one transaction.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::asking::is_wanted;
use super::database::DatabaseArgument;
use super::{Failure, rows};
use crate::access::allowed_functions::corrected;
use crate::api;
use crate::store::columns::Columns;
use crate::store::load_dump::{self, LoadError, Mend, Place, Source};
use crate::store::{Address, CreateTables, Db, history, users};

/// The arguments of `load`.
#[derive(Args)]
pub(super) struct Load {
    /// JSON files: {"table": [{"column": value, …}, …], …}; - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Store a user's api_allowed_functions as it is meant: ALL as ALL_FUNCTIONS, and a space on each side of every name
    #[arg(long)]
    fix: bool,
    /// Load into a dialer's database without a question
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    database: DatabaseArgument,
}

impl Load {
    pub(super) fn run(self) -> Result<(), Failure> {
        let sources = open(&self.files)?;
        let address = self.database.address()?;
        let mut db = Db::open(&address, CreateTables::No)?;
        // The first rows of a new database are no change of it.
        if !db.columns().of("vicidial_users").is_empty() && users::any(&mut db)? {
            db.keep_history(history::DAYS);
        }
        let mend = Permissions::of(&db, self.fix);
        let mut load = load_dump::Load::check(&db, sources, &mend)?;
        if is_a_dialers(&db) && !self.may_change(&db, &address, load.counts())? {
            return Err(Failure("nothing was loaded".to_owned()));
        }
        let count = load.store(&mut db)?;
        for note in load.notes() {
            eprintln!("{note}");
        }
        println!("{} loaded into {address}", rows(count));
        Ok(())
    }

    /// Shows what is to be stored in a dialer's tables, and asks.
    fn may_change(
        &self,
        db: &Db,
        address: &Address,
        counts: &[(String, usize)],
    ) -> Result<bool, Failure> {
        let counts = counts.iter();
        let counts: Vec<_> = counts
            .filter(|(table, _)| !table.starts_with("vicishim_"))
            .collect();
        if counts.is_empty() {
            return Ok(true);
        }
        eprintln!("{address} is a dialer's database. Rows for it:");
        let width = counts.iter().map(|(table, _)| table.len()).max();
        for (table, count) in counts {
            eprintln!("  {table:<0$} {count}", width.unwrap_or_default());
        }
        if !db.is_transactional() {
            eprintln!("Its tables take nothing back: what was stored before an error stays there.");
        }
        match self.yes {
            true => Ok(true),
            false => is_wanted("Store them? A row with the same key is changed."),
        }
    }
}

/// Whether the database has the tables of a VICIdial that others use.
fn is_a_dialers(db: &Db) -> bool {
    !db.has_vicishim_tables() || db.has_state()
}

/// Loads the rows of files into a database that is to be served; how many.
pub(super) fn load_files(db: &mut Db, files: &[PathBuf]) -> Result<usize, Failure> {
    let mend = Permissions::of(db, false);
    let mut load = load_dump::Load::check(db, open(files)?, &mend)?;
    let count = load.store(db)?;
    for note in load.notes() {
        eprintln!("{note}");
    }
    Ok(count)
}

fn open(files: &[PathBuf]) -> Result<Vec<Source>, String> {
    files.iter().map(|file| Source::open(file)).collect()
}

/// Looks for permissions that would not count, which lock a user out of a function without a word; where it is to fix
/// them, they are stored as they are meant.
struct Permissions {
    columns: Arc<Columns>,
    fixes: bool,
}

impl Permissions {
    fn of(db: &Db, fixes: bool) -> Self {
        let columns = db.columns();
        Self { columns, fixes }
    }
}

impl Mend for Permissions {
    fn mend(
        &self,
        place: Place<'_>,
        row: &mut load_dump::Row,
    ) -> Result<Option<String>, LoadError> {
        const TABLE: &str = "vicidial_users";
        const COLUMN: &str = "api_allowed_functions";
        if place.table != TABLE {
            return Ok(None);
        }
        let list = row.iter_mut().find(|(column, _)| column == COLUMN);
        let Some(list) = list.and_then(|(_, list)| list.as_mut()) else {
            return Ok(None);
        };
        let is_function = |name: &str| api::function(name).is_some();
        let Some(meant) = corrected(list, is_function) else {
            return Ok(None);
        };
        let what = format!("{place}: {COLUMN} {list:?}");
        if !self.fixes {
            let why = "names functions that it does not allow";
            return Ok(Some(format!("{what} {why}; --fix stores {meant:?}")));
        }
        if let Some(column) = self.columns.find(TABLE, COLUMN) {
            let fit = column.kind.fit(&meant);
            fit.map_err(|why| format!("{what}: {meant:?} {why}; nothing was loaded"))?;
        }
        let note = format!("{what} is stored as {meant:?}");
        *list = meant;
        Ok(Some(note))
    }
}
