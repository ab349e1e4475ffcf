//! A MariaDB or MySQL server: a VICIdial's own database, which is never altered, or an empty one of ours.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_async::async_connection_wrapper::{AsyncConnectionWrapper, BlockOn};
use diesel_async::{AsyncConnection, AsyncMysqlConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::runtime::{Builder, Runtime};

use super::columns::Columns;
use super::sql::{Sql, TextRow};
use super::{MysqlAddress, OpenError};

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/mysql");

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);

/// Diesel sets UTC; VICIdial lives in the server's local time. STRICT, so that the server refuses what it would else cut
/// in silence: we cut first. A statement waits for a lock 10 seconds at the most.
const SESSION: &str = "SET time_zone = 'SYSTEM', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', \
                       innodb_lock_wait_timeout = 10, lock_wait_timeout = 10";

/// A synchronous connection for a worker thread, which must not be inside a tokio runtime.
pub(super) type MysqlConnection = AsyncConnectionWrapper<AsyncMysqlConnection, ThreadRuntime>;

/// Whether an empty MariaDB is given our tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateTables {
    /// Yes, where it is empty.
    Yes,
    /// No: what is missing is an error.
    No,
}

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

/// The small tokio runtime of a worker thread: its connection is made on it and lives on it.
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

/// A connection, and what was found in its database.
pub(super) struct Opened {
    pub(super) connection: MysqlConnection,
    pub(super) columns: Columns,
    pub(super) transactional: bool,
    pub(super) returning: bool,
}

/// Connects, sets the session up and looks at what is there.
pub(super) fn open(
    address: &MysqlAddress,
    create_tables: CreateTables,
) -> Result<Opened, OpenError> {
    let mut connection = connect(address)?;
    let failed = |error: &dyn std::fmt::Display| {
        OpenError::unreachable(format!("cannot read the database {address}: {error}"))
    };
    connection
        .batch_execute(SESSION)
        .map_err(|error| failed(&error))?;
    let mut columns = read_columns(&mut connection).map_err(|error| failed(&error))?;
    if create_tables == CreateTables::Yes {
        let (tables, ours) = count_tables(&mut connection).map_err(|error| failed(&error))?;
        if tables > 0 && !ours {
            return Err(OpenError::final_(format!(
                "--create-tables is for an empty database of our own: {address} has tables already, and none of \
                 them will be touched"
            )));
        }
        connection
            .run_pending_migrations(MIGRATIONS)
            .map_err(|error| {
                OpenError::final_(format!("cannot create the tables in {address}: {error}"))
            })?;
        connection
            .batch_execute(SESSION)
            .map_err(|error| failed(&error))?;
        columns = read_columns(&mut connection).map_err(|error| failed(&error))?;
    }
    let transactional = is_transactional(&mut connection).map_err(|error| failed(&error))?;
    let returning = has_returning(&mut connection).map_err(|error| failed(&error))?;
    Ok(Opened {
        connection,
        columns,
        transactional,
        returning,
    })
}

fn connect(address: &MysqlAddress) -> Result<MysqlConnection, OpenError> {
    let runtime = runtime()
        .ok_or_else(|| OpenError::final_("cannot start a runtime for the database connection"))?;
    let connected = runtime.block_on(async {
        tokio::time::timeout(CONNECT, AsyncMysqlConnection::establish(&address.url)).await
    });
    match connected {
        Ok(Ok(connection)) => Ok(MysqlConnection::from(connection)),
        Ok(Err(ConnectionError::InvalidConnectionUrl(error))) => Err(OpenError::final_(format!(
            "not a MariaDB's address: {error}"
        ))),
        Ok(Err(error)) => Err(OpenError::unreachable(format!(
            "cannot reach the database {address}: {error}"
        ))),
        Err(_) => Err(OpenError::unreachable(format!(
            "cannot reach the database {address}: no answer in {CONNECT:?}"
        ))),
    }
}

fn read_columns(connection: &mut MysqlConnection) -> QueryResult<Columns> {
    let rows: Vec<TextRow> = Sql::new(
        "SELECT CAST(table_name AS CHAR) AS c1, CAST(column_name AS CHAR) AS c2, CAST(column_type AS CHAR) AS c3, \
         CAST(is_nullable AS CHAR) AS c4, CAST(column_default AS CHAR) AS c5, CAST(extra AS CHAR) AS c6 \
         FROM information_schema.columns WHERE table_schema = DATABASE() \
         AND (table_name LIKE 'vicidial%' OR table_name LIKE 'vicishim%' \
         OR table_name IN ('phones', 'phones_alias', 'servers', 'system_settings')) ORDER BY table_name, ordinal_position",
    )
    .load(connection)?;
    let mut columns = Columns::default();
    for row in rows {
        let nullable = row.text(3) == "YES";
        let has_default =
            row.0.get(4).is_some_and(Option::is_some) || row.text(5).contains("auto_increment");
        columns.add(row.text(0), row.text(1), row.text(2), nullable, has_default);
    }
    Ok(columns)
}

/// How many tables there are, and whether they are ours: our migrations were run here.
fn count_tables(connection: &mut MysqlConnection) -> QueryResult<(i64, bool)> {
    let rows: Vec<TextRow> = Sql::new(
        "SELECT CAST(count(*) AS CHAR) AS c1, \
         CAST(COALESCE(SUM(table_name = '__diesel_schema_migrations'), 0) AS CHAR) AS c2 \
         FROM information_schema.tables WHERE table_schema = DATABASE()",
    )
    .load(connection)?;
    let number = |column| {
        rows.first()
            .and_then(|row| row.text(column).parse().ok())
            .unwrap_or(0)
    };
    Ok((number(0), number(1) > 0))
}

/// Whether all tables we write to can roll back. VICIdial's own are MyISAM.
fn is_transactional(connection: &mut MysqlConnection) -> QueryResult<bool> {
    let rows: Vec<TextRow> = Sql::new(
        "SELECT CAST(count(*) AS CHAR) AS c1 FROM information_schema.tables WHERE table_schema = DATABASE() \
         AND table_type = 'BASE TABLE' AND engine <> 'InnoDB' \
         AND (table_name LIKE 'vicidial%' OR table_name IN ('phones', 'phones_alias', 'servers'))",
    )
    .load(connection)?;
    Ok(rows.first().is_some_and(|row| row.text(0) == "0"))
}

/// Whether this server understands INSERT … RETURNING: MariaDB from 10.5 on.
fn has_returning(connection: &mut MysqlConnection) -> QueryResult<bool> {
    let rows: Vec<TextRow> = Sql::new("SELECT CAST(VERSION() AS CHAR) AS c1").load(connection)?;
    let version = rows
        .first()
        .map(|row| row.text(0).to_owned())
        .unwrap_or_default();
    let mut numbers = version
        .split(['.', '-'])
        .map_while(|part| part.parse::<u32>().ok());
    Ok(version.contains("MariaDB") && (numbers.next(), numbers.next()) >= (Some(10), Some(5)))
}
