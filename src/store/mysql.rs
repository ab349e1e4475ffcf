//! A MariaDB or MySQL server: a VICIdial's own database, which is never altered, or an empty one of ours.
//!
//! Every statement is a packet of its own. Where a Galera cluster aborts a transaction in the middle of a packet with
//! several statements, MariaDB runs the rest of them outside of it and reports no error. And every round trip has a time
//! limit: after it the connection is given up, whatever the network does.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use diesel::deserialize::QueryableByName;
use diesel::mysql::Mysql;
use diesel::prelude::*;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::async_connection_wrapper::{AsyncConnectionWrapper, BlockOn};
use diesel_async::{
    AsyncConnection, AsyncConnectionCore, AsyncMysqlConnection, SimpleAsyncConnection,
};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use futures_util::{StreamExt, TryStreamExt};
use mysql_async::{Opts, OptsBuilder, SslOpts};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::columns::{Columns, Filled};
use super::migrations::Version;
use super::sql::{Sql, TextRow};
use super::{MysqlAddress, OpenError};

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/mysql");

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);

/// Diesel sets UTC; VICIdial lives in the server's local time. STRICT, so that the server refuses what it would else cut
/// in silence: we cut first. A statement waits for a lock 8 seconds at the most: less than a writer's round trip may take
/// ([`super::limits::WRITER`]), so that the server ends the wait and says so.
const SESSION: &str = "SET time_zone = 'SYSTEM', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', \
                       innodb_lock_wait_timeout = 8, lock_wait_timeout = 8";

/// On a cluster, rows are locked without the gaps between them: another node's row that comes into such a gap would abort
/// the transaction.
const CLUSTER_SESSION: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// A transaction sees what other nodes of the cluster had committed when it began.
const GALERA_SYNC: &str = "SET wsrep_sync_wait = 1";

thread_local! {
    static RUNTIME: std::cell::OnceCell<Option<Arc<Runtime>>> = const { std::cell::OnceCell::new() };
}

fn runtime() -> Option<Arc<Runtime>> {
    RUNTIME.with(|cell| {
        cell.get_or_init(|| {
            Builder::new_current_thread()
                .enable_all()
                .build()
                .ok()
                .map(Arc::new)
        })
        .clone()
    })
}

/// A synchronous connection for a worker thread, which must not be inside a tokio runtime.
pub(super) struct MysqlConnection {
    /// None while a query is under way.
    connection: Option<AsyncMysqlConnection>,
    /// The query that was sent and is not received.
    under_way: Option<JoinHandle<(AsyncMysqlConnection, Answer<Vec<TextRow>>)>>,
    runtime: Arc<Runtime>,
    limit: Duration,
    /// A round trip was given up. What the server may still send belongs to it, so nothing more is asked.
    is_given_up: bool,
}

/// What came of a round trip within its time limit.
type Answer<T> = Result<QueryResult<T>, Elapsed>;

impl MysqlConnection {
    /// Sets how long a round trip may take.
    pub(super) fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// Makes the runtime of this connection, which another thread has made, that of this thread, before it has one. Connections
    /// that go on while another one is asked have the same.
    pub(super) fn move_in(&self) {
        let runtime = Some(Arc::clone(&self.runtime));
        RUNTIME.with(|cell| cell.set(runtime).ok());
    }

    /// Runs a statement; the count of rows it found or changed.
    pub(super) fn execute(&mut self, sql: &Sql) -> QueryResult<usize> {
        self.round_trip(async |connection| connection.execute_returning_count(sql).await)
    }

    /// Runs a query; its rows.
    pub(super) fn load(&mut self, sql: &Sql) -> QueryResult<Vec<TextRow>> {
        self.round_trip(async |connection| rows(connection, sql).await)
    }

    /// Sends a query whose rows are taken later ([`MysqlConnection::receive`]). Until then nothing else is asked of this
    /// connection. It is sent, and answered, while this thread waits for what it asks of another connection of the same runtime.
    pub(super) fn send(&mut self, sql: Sql) -> QueryResult<()> {
        let mut connection = self.take()?;
        let limit = self.limit;
        self.under_way = Some(self.runtime.spawn(async move {
            let answer = timeout(limit, rows(&mut connection, sql)).await;
            (connection, answer)
        }));
        Ok(())
    }

    /// Waits for the query that was sent; its rows.
    pub(super) fn receive(&mut self) -> QueryResult<Vec<TextRow>> {
        let under_way = self.under_way.take().ok_or_else(given_up)?;
        let (connection, answer) = self
            .runtime
            .block_on(under_way)
            .map_err(|error| closed(error.to_string()))?;
        self.connection = Some(connection);
        self.within_limit(answer)
    }

    /// Runs a query whose rows may be more than the memory holds: they are passed on so many at a time, while the server keeps the
    /// others. Each of these portions may take as long as a round trip.
    pub(super) fn stream<E: From<Error>>(
        &mut self,
        sql: &Sql,
        rows: usize,
        mut take: impl FnMut(Vec<TextRow>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut connection = self.take()?;
        let (runtime, limit) = (Arc::clone(&self.runtime), self.limit);
        let late = |_| closed(format!("no answer from the database in {limit:?}"));
        // Where this ends early, rows are left that belong to it: the connection is given up.
        self.is_given_up = true;
        {
            let asked = runtime.block_on(async { timeout(limit, connection.load(sql)).await });
            let mut stream = asked.map_err(late)??;
            loop {
                let portion = runtime.block_on(async {
                    let portion = stream.by_ref().take(rows);
                    let portion = portion.and_then(async |row| {
                        TextRow::build(&row).map_err(Error::DeserializationError)
                    });
                    timeout(limit, portion.try_collect::<Vec<_>>()).await
                });
                let portion = portion.map_err(late)??;
                let is_last = portion.len() < rows;
                if !portion.is_empty() {
                    take(portion)?;
                }
                if is_last {
                    break;
                }
            }
        }
        self.is_given_up = false;
        self.connection = Some(connection);
        Ok(())
    }

    /// Runs one statement without values by the text protocol.
    pub(super) fn batch_execute(&mut self, statement: &str) -> QueryResult<()> {
        self.round_trip(async |connection| connection.batch_execute(statement).await)
    }

    fn round_trip<T>(
        &mut self,
        ask: impl AsyncFnOnce(&mut AsyncMysqlConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        let mut connection = self.take()?;
        let answer = self
            .runtime
            .block_on(async { timeout(self.limit, ask(&mut connection)).await });
        self.connection = Some(connection);
        self.within_limit(answer)
    }

    fn take(&mut self) -> QueryResult<AsyncMysqlConnection> {
        let connection = self.connection.take_if(|_| !self.is_given_up);
        connection.ok_or_else(given_up)
    }

    fn within_limit<T>(&mut self, answer: Answer<T>) -> QueryResult<T> {
        let limit = self.limit;
        answer.unwrap_or_else(|_| {
            self.is_given_up = true;
            Err(closed(format!("no answer from the database in {limit:?}")))
        })
    }
}

async fn rows(
    connection: &mut AsyncMysqlConnection,
    query: impl Query + QueryFragment<Mysql> + QueryId,
) -> QueryResult<Vec<TextRow>> {
    let rows = connection.load(query).await?;
    rows.and_then(async |row| TextRow::build(&row).map_err(Error::DeserializationError))
        .try_collect()
        .await
}

fn closed(message: String) -> Error {
    Error::DatabaseError(DatabaseErrorKind::ClosedConnection, Box::new(message))
}

fn given_up() -> Error {
    closed("the connection was given up".to_owned())
}

/// The small tokio runtime of a thread, for the one part of Diesel that knows no other connections: migrations.
pub(super) struct ThreadRuntime(Arc<Runtime>);

impl BlockOn for ThreadRuntime {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    #[expect(
        clippy::expect_used,
        reason = "the trait leaves no other way; open() has asked for the runtime before"
    )]
    fn get_runtime() -> Self {
        Self(runtime().expect("this thread's runtime was made when it connected"))
    }
}

/// A connection as Diesel's migrations take it.
pub(super) type MigrationConnection = AsyncConnectionWrapper<AsyncMysqlConnection, ThreadRuntime>;

/// A connection as its server knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Which server.
    pub(super) server: String,
    /// The connection's number there.
    pub(super) id: i64,
    /// The client's address and port.
    pub(super) client: String,
}

/// A connection, and what was found in its database.
pub(super) struct Opened {
    pub(super) connection: MysqlConnection,
    pub(super) identity: Option<Identity>,
    pub(super) columns: Columns,
    pub(super) transactional: bool,
    pub(super) returning: bool,
    pub(super) is_cluster: bool,
}

/// Connects, sets the session up, prepares the database and looks at what is there. Every round trip may take so long.
pub(super) fn open(
    address: &MysqlAddress,
    limit: Duration,
    prepare: impl FnOnce(&mut MysqlConnection) -> Result<(), OpenError>,
) -> Result<Opened, OpenError> {
    let mut connection = connect(address, limit)?;
    let failed = |error: Error| {
        OpenError::unreachable(format!("cannot read the database {address}: {error}"))
    };
    connection.batch_execute(SESSION).map_err(failed)?;
    let is_cluster = is_cluster(&mut connection).map_err(failed)?;
    if is_cluster {
        connection.batch_execute(CLUSTER_SESSION).map_err(failed)?;
    }
    if address.galera_sync.unwrap_or(is_cluster) && is_cluster {
        connection.batch_execute(GALERA_SYNC).map_err(failed)?;
    }
    prepare(&mut connection)?;
    let columns = read_columns(&mut connection).map_err(failed)?;
    if !columns.of("vicishim_dids").is_empty() {
        let version = version(&mut connection).map_err(failed)?;
        version.check(address)?;
        if let Version::Older(missing) = version {
            return Err(OpenError::final_(format!(
                "the database {address} was made by an older vicishim: it lacks the migration {missing}. Nothing in it was \
                 changed. Back it up, then start once with --create-tables (docs/operating.md, \"Upgrading, and going back\")"
            )));
        }
    }
    let identity = identity(&mut connection).map_err(failed)?;
    let transactional = is_transactional(&mut connection).map_err(failed)?;
    let returning = has_returning(&mut connection).map_err(failed)?;
    Ok(Opened {
        connection,
        identity,
        columns,
        transactional,
        returning,
        is_cluster,
    })
}

fn connect(address: &MysqlAddress, limit: Duration) -> Result<MysqlConnection, OpenError> {
    let runtime = runtime()
        .ok_or_else(|| OpenError::final_("cannot start a runtime for the database connection"))?;
    let most = CONNECT.min(limit);
    let connected = runtime.block_on(async { timeout(most, establish(address)).await });
    match connected {
        Ok(Ok(connection)) => Ok(MysqlConnection {
            connection: Some(connection),
            under_way: None,
            runtime,
            limit,
            is_given_up: false,
        }),
        Ok(Err(ConnectionError::InvalidConnectionUrl(error))) => Err(OpenError::final_(format!(
            "not a MariaDB's address: {error}"
        ))),
        Ok(Err(error)) => Err(OpenError::unreachable(format!(
            "cannot reach the database {address}: {error}"
        ))),
        Err(_) => Err(OpenError::unreachable(format!(
            "cannot reach the database {address}: no answer in {most:?}"
        ))),
    }
}

async fn establish(address: &MysqlAddress) -> ConnectionResult<AsyncMysqlConnection> {
    let Some(tls) = &address.tls else {
        return AsyncMysqlConnection::establish(&address.url).await;
    };
    let options = Opts::from_url(&address.url)
        .map_err(|error| ConnectionError::InvalidConnectionUrl(error.to_string()))?;
    // The rest is what Diesel sets.
    let options = OptsBuilder::from_opts(options)
        .ssl_opts(SslOpts::clone(tls))
        .stmt_cache_size(0)
        .client_found_rows(true);
    let connection = mysql_async::Conn::new(options)
        .await
        .map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
    AsyncMysqlConnection::try_from(connection).await
}

/// A second connection, for migrations.
pub(super) fn connect_to_migrate(address: &MysqlAddress) -> ConnectionResult<MigrationConnection> {
    let runtime = ThreadRuntime::get_runtime();
    let connection = runtime.block_on(establish(address))?;
    Ok(MigrationConnection::from(connection))
}

fn read_columns(connection: &mut MysqlConnection) -> QueryResult<Columns> {
    let rows = connection.load(&Sql::new(
        "SELECT CAST(table_name AS CHAR) AS c1, CAST(column_name AS CHAR) AS c2, CAST(column_type AS CHAR) AS c3, \
         CAST(is_nullable AS CHAR) AS c4, CAST(column_default AS CHAR) AS c5, CAST(extra AS CHAR) AS c6 \
         FROM information_schema.columns WHERE table_schema = DATABASE() \
         AND (table_name LIKE 'vicidial%' OR table_name LIKE 'vicishim%' \
         OR table_name IN ('phones', 'phones_alias', 'servers', 'system_settings')) ORDER BY table_name, ordinal_position",
    ))?;
    let mut columns = Columns::default();
    for row in rows {
        let nullable = row.text(3) == "YES";
        let filled = Filled::of(row.value(4).is_some(), row.text(5));
        columns.add(row.text(0), row.text(1), row.text(2), nullable, filled);
    }
    Ok(columns)
}

fn identity(connection: &mut MysqlConnection) -> QueryResult<Option<Identity>> {
    let rows = connection.load(&Sql::new(
        "SELECT CONCAT_WS(' ', @@hostname, @@port, @@datadir) AS server, CAST(id AS CHAR) AS id, host \
         FROM information_schema.processlist WHERE id = CONNECTION_ID()",
    ))?;
    Ok(rows.first().map(|row| Identity {
        server: row.text(0).to_owned(),
        id: row.text(1).parse().unwrap_or(0),
        client: row.text(2).to_owned(),
    }))
}

/// The version of a database of ours.
fn version(connection: &mut MysqlConnection) -> QueryResult<Version> {
    let query = "SELECT CAST(version AS CHAR) AS version FROM __diesel_schema_migrations";
    let rows = connection.load(&Sql::new(query))?;
    let applied: Vec<String> = rows.iter().map(|row| row.text(0).to_owned()).collect();
    Ok(Version::of::<Mysql>(&applied, &MIGRATIONS))
}

/// Whether the server is a node of a Galera cluster.
fn is_cluster(connection: &mut MysqlConnection) -> QueryResult<bool> {
    let rows = connection.load(&Sql::new("SHOW GLOBAL VARIABLES LIKE 'wsrep_on'"))?;
    Ok(rows.first().is_some_and(|row| row.text(1) == "ON"))
}

/// Whether all tables we write to can roll back. VICIdial's own are MyISAM.
fn is_transactional(connection: &mut MysqlConnection) -> QueryResult<bool> {
    let rows = connection.load(&Sql::new(
        "SELECT CAST(count(*) AS CHAR) AS c1 FROM information_schema.tables WHERE table_schema = DATABASE() \
         AND table_type = 'BASE TABLE' AND engine <> 'InnoDB' \
         AND (table_name LIKE 'vicidial%' OR table_name IN ('phones', 'phones_alias', 'servers'))",
    ))?;
    Ok(rows.first().is_some_and(|row| row.text(0) == "0"))
}

/// Whether this server understands INSERT … RETURNING: MariaDB from 10.5 on.
fn has_returning(connection: &mut MysqlConnection) -> QueryResult<bool> {
    let rows = connection.load(&Sql::new("SELECT CAST(VERSION() AS CHAR) AS c1"))?;
    let version = rows
        .first()
        .map(|row| row.text(0).to_owned())
        .unwrap_or_default();
    let mut numbers = version
        .split(['.', '-'])
        .map_while(|part| part.parse::<u32>().ok());
    Ok(version.contains("MariaDB") && (numbers.next(), numbers.next()) >= (Some(10), Some(5)))
}
