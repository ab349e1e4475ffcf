//! The database: one embedded SQLite file, or a MariaDB. Queries live by table; none knows a function of the API.
//!
//! Every query returns [`QueryResult`]: an outage is never mistaken for "not found".

pub mod address;
pub mod backup;
mod by_time;
pub mod calls;
pub mod choices;
pub mod cid_groups;
pub mod collation;
pub mod columns;
mod create_tables;
mod dialect;
pub mod did_log;
pub mod dids;
pub mod filter_phone_groups;
pub mod groups;
pub mod history;
pub mod import;
mod interrupted;
pub mod limits;
pub mod load_dump;
pub mod logs;
pub mod lookups;
mod migrations;
mod mysql;
mod page;
pub mod phones;
mod portions;
pub mod records;
pub mod requests;
pub mod route_keys;
pub mod rows;
pub mod servers;
pub mod settings;
pub(crate) mod snapshots;
pub mod sql;
mod sqlite;
pub mod state;
pub mod unfinished;
pub mod users;
pub mod vicishim_tables;
pub mod voicemail;
mod worker;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use diesel::QueryResult;
use diesel::connection::SimpleConnection;
use diesel::{RunQueryDsl, SqliteConnection};

pub use address::{Address, MysqlAddress};
use columns::Columns;
pub use create_tables::CreateTables;
use interrupted::Writes;
use logs::PendingLogs;
use mysql::MysqlConnection;
pub use page::Page;
use settings::Settings;
use sql::{Sql, TextRow};
use state::{Purpose, State};
use users::{User, UserGroup};
pub(crate) use worker::during_outage;
pub use worker::{Health, Performed, Store, Work};

/// How many texts of run-time statements a connection keeps prepared; past that they are prepared anew each time.
const KEPT_STATEMENTS: usize = 256;

/// How long after a connection could not be made it is tried again: a server that refuses them is not flooded with them.
const RECONNECT_PAUSE: Duration = Duration::from_millis(20);

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
    /// What the call under way has changed, for tables that cannot take anything back.
    writes: Writes,
    /// The key of the row that this connection added last, where that is known.
    last_key: Option<interrupted::LastKey>,
    is_cluster: bool,
    /// The connection as its MariaDB knows it.
    identity: Option<mysql::Identity>,
    /// Whether the connection before this one has certainly ended: its server does nothing for it any more.
    has_ended_the_last: bool,
    /// When connecting anew failed last.
    unreachable: Option<Instant>,
    /// Which file this is, where it is one.
    file: Option<sqlite::FileId>,
    /// How many changes of data have succeeded.
    changes: u64,
    /// Whether the call under way is the only one of its batch.
    is_alone: bool,
    /// The database with our own tables, where this is a VICIdial's that has one beside it.
    state: Option<State>,
    /// What the calls of this batch have changed.
    history: history::History,
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
    /// Connects, for the command line: a statement may take minutes. A new SQLite file is created and migrated, an older
    /// one of ours migrated; a MariaDB is checked and, only with [`CreateTables::Yes`] and only when it is empty, given
    /// our tables.
    ///
    /// # Errors
    /// One sentence: the file is no database of ours, the server cannot be reached, tables or columns are missing.
    pub fn open(address: &Address, create_tables: CreateTables) -> Result<Self, OpenError> {
        if let Some(state @ Address::Mysql(_)) = address.state()
            && create_tables == CreateTables::Yes
        {
            drop(Self::open(state, create_tables)?);
        }
        Self::open_as(
            address,
            sqlite::Mode::ReadWrite,
            create_tables,
            limits::COMMAND,
        )
    }

    /// Connects for a writer of a running server, in place of an earlier connection where there is one, which is ended. A
    /// SQLite file that is not there any more is not created again.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub(super) fn open_writer(
        address: &Address,
        last: Option<&mysql::Identity>,
    ) -> Result<Self, OpenError> {
        let mode = sqlite::Mode::Existing;
        let mut db = Self::open_as(address, mode, CreateTables::No, limits::WRITER)?;
        db.has_ended_the_last = last.is_some_and(|last| db.end(last));
        db.prepare_to_write();
        Ok(db)
    }

    /// Makes a connection a writer's: its round trips are bounded, and what others have left unfinished is completed.
    pub(super) fn prepare_to_write(&mut self) {
        self.set_limit(limits::WRITER);
        self.use_state_for(Purpose::Writer);
        if self.transactional {
            return;
        }
        if let Err(error) = unfinished::complete(self) {
            log::error!("copies that were interrupted cannot be completed now: {error}");
        }
    }

    /// Tells a connection that it is used by this thread from now on, which has made none yet.
    pub(super) fn move_in(&self) {
        if let Connection::Mysql(connection) = &self.connection {
            connection.move_in();
        }
    }

    /// Sets how long a round trip to a MariaDB may take.
    fn set_limit(&mut self, limit: Duration) {
        if let Connection::Mysql(connection) = &mut self.connection {
            connection.set_limit(limit);
        }
    }

    /// Connects for reading only: a SQLite reader sees the last commit and never waits for the writer.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn open_reader(address: &Address) -> Result<Self, OpenError> {
        Self::open_as(
            address,
            sqlite::Mode::ReadOnly,
            CreateTables::No,
            limits::READER,
        )
    }

    fn open_as(
        address: &Address,
        mode: sqlite::Mode,
        create_tables: CreateTables,
        limit: Duration,
    ) -> Result<Self, OpenError> {
        let known = |connection, columns, transactional, returning, is_cluster| Self {
            connection,
            address: address.clone(),
            columns: Arc::new(columns),
            transactional,
            returning,
            logs: PendingLogs::default(),
            seen: Seen::default(),
            kept: HashSet::new(),
            writes: Writes::default(),
            last_key: None,
            is_cluster,
            identity: None,
            has_ended_the_last: false,
            unreachable: None,
            file: None,
            changes: 0,
            is_alone: true,
            history: history::History::default(),
            state: address.state().map(|state| {
                let purpose = match mode {
                    sqlite::Mode::ReadWrite => Purpose::Command,
                    sqlite::Mode::ReadOnly => Purpose::Reader,
                    sqlite::Mode::Existing => Purpose::Health,
                };
                State::new(state.clone(), purpose)
            }),
        };
        match address {
            Address::Sqlite(path) => {
                let connection = Connection::Sqlite(Box::new(sqlite::open(path, mode)?));
                Ok(Self {
                    file: sqlite::FileId::of(path),
                    ..known(connection, Columns::ours(), true, true, false)
                })
            }
            Address::Mysql(mysql_address) => {
                let mysql::Opened {
                    connection,
                    identity,
                    columns,
                    transactional,
                    returning,
                    is_cluster,
                } = mysql::open(mysql_address, limit, |connection| match create_tables {
                    // A VICIdial's database is never given a table: the state is.
                    CreateTables::Yes if mysql_address.state.is_some() => Ok(()),
                    CreateTables::Yes => create_tables::create(connection, mysql_address),
                    CreateTables::No => Ok(()),
                })?;
                let connection = Connection::Mysql(Box::new(connection));
                let columns = match (&mysql_address.state, columns.of("vicishim_dids")) {
                    (None, _) => columns,
                    (Some(_), []) => columns.with_vicishim_tables(),
                    (Some(_), _) => {
                        return Err(OpenError::final_(format!(
                            "--state is for a VICIdial's database, and {address} is one of ours: it has our tables itself"
                        )));
                    }
                };
                Ok(Self {
                    identity,
                    ..known(connection, columns, transactional, returning, is_cluster)
                })
            }
        }
    }

    /// Connects for health checks.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub(super) fn open_for_health(address: &Address) -> Result<Self, OpenError> {
        Self::open_as(
            address,
            sqlite::Mode::Existing,
            CreateTables::No,
            limits::HEALTH,
        )
    }

    /// Whether the SQLite file that was opened is still the one at its path: neither deleted nor replaced.
    pub(super) fn is_in_place(&self) -> bool {
        match &self.address {
            Address::Sqlite(path) => self.file == sqlite::FileId::of(path),
            Address::Mysql(_) => true,
        }
    }

    /// Whether the database is a node of a Galera cluster.
    pub fn is_cluster(&self) -> bool {
        self.is_cluster
    }

    /// What the tables of this database can hold.
    pub fn columns(&self) -> Arc<Columns> {
        Arc::clone(&self.columns)
    }

    /// Whether a failed call's changes can be taken back. Not so on MyISAM tables.
    pub fn is_transactional(&self) -> bool {
        self.transactional
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

    /// Whether a table that we never change has a row with this value in a column; looked up once a batch.
    fn is_there(&mut self, table: &'static str, column: &str, value: &str) -> QueryResult<bool> {
        let row = (table, value.to_owned());
        if let Some(&is_there) = self.seen.rows.get(&row) {
            return Ok(is_there);
        }
        let query = Sql::new(format!("SELECT {column} FROM {table} WHERE {column} = ")).bind(value);
        let is_there = !self.read(query.sql(" LIMIT 1"))?.is_empty();
        self.seen.rows.insert(row, is_there);
        Ok(is_there)
    }

    /// Runs a statement that changes only the API's own bookkeeping: sign-in counters and logs.
    pub(crate) fn write_bookkeeping(&mut self, sql: &Sql) -> QueryResult<usize> {
        self.keep(sql);
        if sql.text().starts_with("INSERT") {
            self.last_key = None;
        }
        let count = match &mut self.connection {
            Connection::Sqlite(connection) => sql.execute(connection.as_mut()),
            Connection::Mysql(connection) => connection.execute(sql),
        }?;
        if count == 0 {
            self.check_found_nothing(sql)?;
        }
        Ok(count)
    }

    /// Reads rows of texts.
    pub(crate) fn read(&mut self, sql: Sql) -> QueryResult<Vec<TextRow>> {
        self.keep(&sql);
        match &mut self.connection {
            Connection::Sqlite(connection) => sql.load(connection.as_mut()),
            Connection::Mysql(connection) => connection.load(&sql),
        }
    }

    /// Marks a statement to be kept prepared, while there is room.
    fn keep(&mut self, sql: &Sql) {
        let kept = self.kept.contains(sql.text())
            || (self.kept.len() < KEPT_STATEMENTS && self.kept.insert(sql.text().to_owned()));
        sql.cached.set(kept);
    }

    /// Runs a statement without values.
    fn batch(&mut self, statement: &str) -> QueryResult<()> {
        match &mut self.connection {
            Connection::Sqlite(connection) => connection.batch_execute(statement),
            Connection::Mysql(connection) => connection.batch_execute(statement),
        }
    }

    /// Connects anew after the server closed the connection, or no answer came. What the server may still do for the old
    /// one is ended.
    fn reconnect(&mut self) -> Result<(), OpenError> {
        if let Some(since) = self.unreachable {
            std::thread::sleep(RECONNECT_PAUSE.saturating_sub(since.elapsed()));
        }
        let mut fresh = Self::open_writer(&self.address, self.identity.as_ref())
            .inspect_err(|_| self.unreachable = Some(Instant::now()))?;
        fresh.take_open_from(self);
        fresh.is_alone = self.is_alone;
        fresh.logs = std::mem::take(&mut self.logs);
        fresh.writes = std::mem::take(&mut self.writes);
        fresh.history = std::mem::take(&mut self.history);
        crate::metrics::count(|metrics| metrics.reconnects.inc());
        *self = fresh;
        Ok(())
    }
}
