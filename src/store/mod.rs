//! The database: one embedded SQLite file, or a MariaDB. Queries live by table; none knows a function of the API.
//!
//! Every query returns [`QueryResult`]: an outage is never mistaken for "not found".

pub mod address;
pub mod cid_groups;
pub mod collation;
pub mod columns;
mod dialect;
pub mod did_list;
pub mod did_log;
pub mod dids;
pub mod extensions;
pub mod filter_phone_groups;
pub mod groups;
pub mod json;
pub mod logs;
pub mod lookups;
mod mysql;
pub mod numbers;
pub mod own;
mod page;
pub mod phones;
pub mod records;
pub mod requests;
pub mod rows;
mod schema;
pub mod servers;
pub mod settings;
pub mod sql;
mod sqlite;
pub mod users;
pub mod voicemail;
mod worker;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use diesel::QueryResult;
use diesel::connection::SimpleConnection;
use diesel::{RunQueryDsl, SqliteConnection};

pub use address::{Address, MysqlAddress};
use columns::Columns;
use logs::PendingLogs;
pub use mysql::CreateTables;
use mysql::MysqlConnection;
pub use page::Page;
use settings::Settings;
use sql::{Sql, TextRow};
use users::{User, UserGroup};
pub use worker::{Outcome, Store, Task};

/// How many texts of run-time statements a connection keeps prepared; past that they are prepared anew each time.
const KEPT_STATEMENTS: usize = 256;

/// A connection to one of the two databases.
enum Connection {
    Sqlite(Box<SqliteConnection>),
    Mysql(Box<MysqlConnection>),
}

/// A connection with what is known of its database, and the log rows that wait for the end of the batch.
pub struct Db {
    connection: Connection,
    address: Address,
    columns: Arc<Columns>,
    /// Whether what is written can be taken back: not so on VICIdial's own MyISAM tables.
    transactional: bool,
    /// Whether INSERT … RETURNING is understood.
    returning: bool,
    /// The rows that the calls of this batch log.
    pub(crate) logs: PendingLogs,
    seen: Seen,
    kept: HashSet<String>,
    writes: Writes,
}

/// What the calls of one batch read alike. All of them wait when it begins, so that none sees what is older than itself.
#[derive(Default)]
struct Seen {
    settings: Option<Arc<Settings>>,
    /// The user that was looked up last, by the name that was asked for; forgotten when a sign-in changes its row.
    user: SeenRow<User>,
    /// The user group that was looked up last.
    group: SeenRow<UserGroup>,
    /// Whether there is a row of that table with that key.
    rows: HashMap<(&'static str, String), bool>,
}

/// The name that was asked for, and the row of that name, where there is one.
type SeenRow<Row> = Option<(String, Option<Arc<Row>>)>;

/// How far the changes of the call under way have come, for a database that cannot take them back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Writes {
    attempted: u32,
    done: u32,
}

/// Runs one Diesel expression on whichever database this is: `each_backend!(db, c => users::table.get_result(c))`.
///
/// `each_backend!(write db, c => …)` marks a change of data, which [`Db`] counts.
macro_rules! each_backend {
    (write $db:expr, $c:ident => $query:expr) => {{
        $db.writes.attempted += 1;
        let result = each_backend!($db, $c => $query);
        if result.is_ok() {
            $db.writes.done += 1;
        }
        result
    }};
    ($db:expr, $c:ident => $query:expr) => {
        match &mut $db.connection {
            $crate::store::Connection::Sqlite(connection) => {
                let $c = connection.as_mut();
                $query
            }
            $crate::store::Connection::Mysql(connection) => {
                let $c = connection.as_mut();
                $query
            }
        }
    };
}
pub(crate) use each_backend;

/// Why a database cannot be used; a sentence for the person at the command line.
#[derive(Debug, Clone)]
pub struct OpenError {
    /// The sentence.
    pub message: String,
    /// Whether trying again later may help: the server could not be reached.
    pub unreachable: bool,
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for OpenError {}

impl OpenError {
    fn final_(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            unreachable: false,
        }
    }

    fn unreachable(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            unreachable: true,
        }
    }
}

impl Db {
    /// Connects. A new SQLite file is created and migrated, an older one of ours migrated; a MariaDB is checked and, only
    /// with [`CreateTables::Yes`] and only when it is empty, given our tables.
    ///
    /// # Errors
    /// One sentence: the file is no database of ours, the server cannot be reached, tables or columns are missing.
    pub fn open(address: &Address, create_tables: CreateTables) -> Result<Self, OpenError> {
        match address {
            Address::Sqlite(path) => {
                sqlite::open(path, sqlite::Mode::ReadWrite).map(|c| Self::of_sqlite(c, address))
            }
            Address::Mysql(mysql_address) => {
                let opened = mysql::open(mysql_address, create_tables)?;
                Ok(Self {
                    connection: Connection::Mysql(Box::new(opened.connection)),
                    address: address.clone(),
                    columns: Arc::new(opened.columns),
                    transactional: opened.transactional,
                    returning: opened.returning,
                    logs: PendingLogs::default(),
                    seen: Seen::default(),
                    kept: HashSet::new(),
                    writes: Writes::default(),
                })
            }
        }
    }

    /// Connects for reading only: a SQLite reader sees the last commit and never waits for the writer.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn open_reader(address: &Address) -> Result<Self, OpenError> {
        match address {
            Address::Sqlite(path) => {
                sqlite::open(path, sqlite::Mode::ReadOnly).map(|c| Self::of_sqlite(c, address))
            }
            Address::Mysql(_) => Self::open(address, CreateTables::No),
        }
    }

    fn of_sqlite(connection: SqliteConnection, address: &Address) -> Self {
        Self {
            connection: Connection::Sqlite(Box::new(connection)),
            address: address.clone(),
            columns: Arc::new(Columns::ours()),
            transactional: true,
            returning: true,
            logs: PendingLogs::default(),
            seen: Seen::default(),
            kept: HashSet::new(),
            writes: Writes::default(),
        }
    }

    /// What the tables of this database can hold.
    pub fn columns(&self) -> Arc<Columns> {
        Arc::clone(&self.columns)
    }

    /// Whether a failed call's changes can be taken back. Not so on MyISAM tables.
    pub fn is_transactional(&self) -> bool {
        self.transactional
    }

    /// The database that holds our own tables, those whose names begin with `vicishim_`: this one, where it is ours. None
    /// on a VICIdial's own database.
    pub fn own(&mut self) -> Option<&mut Self> {
        self.has_own().then_some(self)
    }

    /// Whether there is a database with our own tables.
    pub fn has_own(&self) -> bool {
        !self.columns.of("vicishim_dids").is_empty()
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub fn ping(&mut self) -> QueryResult<()> {
        self.batch("SELECT 1 FROM vicidial_users WHERE 1 = 0")
    }

    /// The row of that name; read once a batch while no other one is asked for.
    fn read_once<Row>(
        &mut self,
        place: fn(&mut Seen) -> &mut SeenRow<Row>,
        name: &str,
        read: fn(&mut Self, &str) -> QueryResult<Option<Row>>,
    ) -> QueryResult<Option<Arc<Row>>> {
        if let Some((seen, row)) = place(&mut self.seen)
            && seen == name
        {
            return Ok(row.clone());
        }
        let row = read(self, name)?.map(Arc::new);
        *place(&mut self.seen) = Some((name.to_owned(), row.clone()));
        Ok(row)
    }

    /// Whether there is a row of a table that we never change, by its key; looked up once a batch.
    fn is_there(
        &mut self,
        table: &'static str,
        key: &str,
        look: impl FnOnce(&mut Self) -> QueryResult<bool>,
    ) -> QueryResult<bool> {
        let row = (table, key.to_owned());
        if let Some(&is_there) = self.seen.rows.get(&row) {
            return Ok(is_there);
        }
        let is_there = look(self)?;
        self.seen.rows.insert(row, is_there);
        Ok(is_there)
    }

    /// Runs a statement that changes data; the count of rows it touched.
    pub(crate) fn write(&mut self, sql: &Sql) -> QueryResult<usize> {
        self.keep(sql);
        each_backend!(write self, c => sql.execute(c))
    }

    /// Runs a statement that changes only the API's own bookkeeping: sign-in counters and logs.
    pub(crate) fn write_bookkeeping(&mut self, sql: Sql) -> QueryResult<usize> {
        self.keep(&sql);
        each_backend!(self, c => sql.execute(c))
    }

    /// Reads rows of texts.
    pub(crate) fn read(&mut self, sql: Sql) -> QueryResult<Vec<TextRow>> {
        self.keep(&sql);
        each_backend!(self, c => sql.load(c))
    }

    /// Marks a statement to be kept prepared, while there is room.
    fn keep(&mut self, sql: &Sql) {
        let kept = self.kept.contains(sql.text())
            || (self.kept.len() < KEPT_STATEMENTS && self.kept.insert(sql.text().to_owned()));
        sql.cached.set(kept);
    }

    /// Runs statements without values.
    fn batch(&mut self, statements: &str) -> QueryResult<()> {
        each_backend!(self, c => c.batch_execute(statements))
    }

    /// Connects anew after the server closed the connection.
    fn reconnect(&mut self) -> Result<(), OpenError> {
        let fresh = Self::open(&self.address, CreateTables::No)?;
        let logs = std::mem::take(&mut self.logs);
        *self = Self { logs, ..fresh };
        Ok(())
    }
}
