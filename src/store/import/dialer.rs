//! A dialer's database that is read, and what of it is known here.

use crate::store::columns::Columns;
use crate::store::settings::{Hashing, Settings};
use crate::store::sql::{Sql, TextRow, name};
use crate::store::{Address, Db, OpenError, QueryResult};

/// Tables that hold what happened. They may be larger than everything else together.
const LOGS: &[&str] = &[
    "vicidial_admin_log",
    "vicidial_api_log",
    "vicidial_api_urls",
    "vicidial_closer_log",
    "vicidial_did_log",
];

/// A dialer's database, of which nothing is changed.
pub struct Dialer {
    db: Db,
    /// The tables to be read, each with the columns that both sides have.
    pub(super) tables: Vec<Table>,
    left_out: LeftOut,
}

/// A table to be read.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: Vec<String>,
}

/// What is not read, or not there.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// Tables that the dialer does not have.
    pub missing: Vec<&'static str>,
    /// Tables with columns of the dialer that we do not know.
    pub unknown: Vec<(&'static str, Vec<String>)>,
    /// Tables with columns that the dialer does not have.
    pub defaults: Vec<(&'static str, Vec<String>)>,
    /// Logs that were not asked for.
    pub logs: Vec<&'static str>,
}

impl Dialer {
    /// Connects, and begins a transaction that only reads: InnoDB's tables are all seen as they are now.
    ///
    /// # Errors
    /// One sentence: the server cannot be reached, or the database is not a dialer's.
    pub fn open(address: &Address, with_logs: bool) -> Result<Self, OpenError> {
        if matches!(address, Address::Sqlite(_)) {
            return Err(OpenError::final_(format!(
                "{address} is a SQLite file: a dialer has a MariaDB"
            )));
        }
        let mut db = Db::open_reader(address)?;
        if db.has_vicishim_tables() {
            return Err(OpenError::final_(format!(
                "{address} is a database of ours, not a dialer's: `vicishim dump` and `vicishim load` copy it"
            )));
        }
        if let Some(table) = ["vicidial_users", "vicidial_inbound_dids", "system_settings"]
            .iter()
            .find(|table| db.columns.of(table).is_empty())
        {
            return Err(OpenError::final_(format!(
                "{address} is not a dialer's database: it has no table {table}"
            )));
        }
        // Of this transaction alone.
        db.batch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            .and_then(|()| db.batch("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"))
            .map_err(|error| OpenError::final_(format!("cannot read {address}: {error}")))?;
        let (tables, left_out) = compare(&db.columns, with_logs);
        Ok(Self {
            db,
            tables,
            left_out,
        })
    }

    /// What is not read, or not there.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }

    /// Whether all tables are seen as they were at one moment. Each MyISAM table is seen at a moment of its own.
    pub fn is_at_one_moment(&self) -> bool {
        self.db.is_transactional()
    }

    /// How passwords are hashed there; none where they are not.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn hashing(&mut self) -> QueryResult<Option<Hashing>> {
        Ok(Settings::read(&mut self.db)?.hashing())
    }

    /// How many rows there are to be read.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn count(&mut self) -> QueryResult<u64> {
        let mut count = 0;
        for table in &self.tables {
            let query = format!(
                "SELECT CAST(count(*) AS CHAR) AS rows_there FROM {}",
                name(table.name)
            );
            let rows = self.db.read(Sql::new(query))?;
            count += rows
                .first()
                .map_or(0, |row| row.text(0).parse().unwrap_or(0));
        }
        Ok(count)
    }

    /// Reads a table, some rows at a time.
    pub(super) fn read<E: From<diesel::result::Error>>(
        &mut self,
        table: usize,
        take: impl FnMut(Vec<TextRow>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(table) = self.tables.get(table) else {
            return Ok(());
        };
        let columns = table.columns.iter().map(String::as_str);
        self.db.read_in_portions(table.name, columns, "", take)
    }
}

/// Compares the dialer's tables with ours.
fn compare(dialers: &Columns, with_logs: bool) -> (Vec<Table>, LeftOut) {
    let (mut tables, mut left_out) = (Vec::new(), LeftOut::default());
    let ours = Columns::known_tables().filter(|table| !table.starts_with("vicishim_"));
    let known = Columns::ours();
    for name in ours {
        if dialers.of(name).is_empty() {
            left_out.missing.push(name);
            continue;
        }
        if !with_logs && LOGS.contains(&name) {
            left_out.logs.push(name);
            continue;
        }
        let of = |all: &Columns, found: bool, others: &Columns| -> Vec<String> {
            let columns = all.of(name).iter().map(|column| &column.name);
            columns
                .filter(|column| others.find(name, column).is_some() == found)
                .cloned()
                .collect()
        };
        let (unknown, defaults) = (of(dialers, false, &known), of(&known, false, dialers));
        if !unknown.is_empty() {
            left_out.unknown.push((name, unknown));
        }
        if !defaults.is_empty() {
            left_out.defaults.push((name, defaults));
        }
        tables.push(Table {
            name,
            columns: of(&known, true, dialers),
        });
    }
    (tables, left_out)
}
