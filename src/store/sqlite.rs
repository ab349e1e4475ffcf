//! Our own SQLite file: opening, settings, migrations.

mod indexes;
mod local_time;

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::migrations::{self, Version};
use super::{OpenError, collation};
use crate::now;

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

#[diesel::declare_sql_function]
extern "SQL" {
    /// Whether a text holds another one, whatever case and accents: SQLite's own LIKE knows no collation.
    fn holds(text: Nullable<Text>, part: Text) -> Bool;
    /// Whether a text begins with another one, in the same way.
    fn begins_with(text: Nullable<Text>, part: Text) -> Bool;
    /// As MariaDB's function of this name.
    fn unix_timestamp(local: Nullable<Text>) -> Nullable<BigInt>;
    /// SQLite's own function of this name, as far as our tables call it: the time of `modify_stamp`.
    fn datetime(value: Text, modifier: Text) -> Nullable<Text>;
}

/// How long a connection waits for another process that writes to the same file.
const BUSY: Duration = Duration::from_secs(10);

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The command line, and a server that starts: a file that is not there is created.
    ReadWrite,
    /// A running server's writer, or its health check: a file that is not there, or is empty, is an error.
    Existing,
    /// A reader beside the writer.
    ReadOnly,
}

/// A file as the system knows it, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// The file at that path; none where there is none.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let stat = rustix::fs::stat(path).ok()?;
        #[allow(
            clippy::useless_conversion,
            clippy::unnecessary_fallible_conversions,
            reason = "these types differ from system to system"
        )]
        Some(Self {
            device: u64::try_from(stat.st_dev).ok()?,
            inode: u64::try_from(stat.st_ino).ok()?,
        })
    }
}

/// Opens the file; with [`Mode::ReadWrite`] creates it where it is not there and brings its tables up to date.
pub(super) fn open(path: &Path, mode: Mode) -> Result<SqliteConnection, OpenError> {
    let shown = path.display();
    let cannot = |error: &dyn std::fmt::Display| {
        OpenError::final_(format!("cannot open the database {shown}: {error}"))
    };
    if path.is_dir() {
        return Err(OpenError::final_(format!(
            "cannot open the database {shown}: it is a directory"
        )));
    }
    if mode != Mode::ReadWrite && !path.exists() && path != Path::new(":memory:") {
        return Err(OpenError::final_(format!(
            "cannot open the database {shown}: the file is not there any more"
        )));
    }
    if mode == Mode::ReadWrite {
        create(path).map_err(|error| cannot(&error))?;
    }
    let mut connection = connect(path, mode)?;
    if mode != Mode::ReadOnly
        && belongs_to_another(&mut connection).map_err(|error| cannot(&error))?
    {
        return Err(OpenError::final_(format!(
            "{shown} is the database of another program: its tables are not vicishim's"
        )));
    }
    let version = version(&mut connection).map_err(|error| cannot(&error))?;
    version.check(&shown)?;
    if mode == Mode::ReadOnly {
        return Ok(connection);
    }
    let outdated = outdated(&mut connection, &version).map_err(|error| cannot(&error))?;
    if let Some(outdated) = outdated.filter(|_| !is_memory(path)) {
        migrations::back_up(connection, path, &outdated).map_err(|error| {
            cannot(&format!(
                "it cannot be backed up before it is upgraded: {error}"
            ))
        })?;
        connection = connect(path, mode)?;
    }
    // Before a migration looks for a row.
    indexes::update(&mut connection).map_err(|error| cannot(&error))?;
    migrate(&mut connection).map_err(|error| cannot(&error))?;
    Ok(connection)
}

/// A connection with our settings and functions.
fn connect(path: &Path, mode: Mode) -> Result<SqliteConnection, OpenError> {
    let shown = path.display();
    let cannot = |error: &dyn std::fmt::Display| {
        OpenError::final_(format!("cannot open the database {shown}: {error}"))
    };
    let url = path
        .to_str()
        .ok_or_else(|| cannot(&"its path is not valid UTF-8"))?;
    let mut connection = SqliteConnection::establish(url).map_err(|error| cannot(&error))?;
    // Before the first statement that would write to an empty file.
    if mode == Mode::Existing && !has_tables(&mut connection).map_err(|error| cannot(&error))? {
        return Err(OpenError::final_(format!(
            "{shown} is not the database any more that was served: it is empty"
        )));
    }
    let pragmas = match mode {
        // FULL: an answer leaves only when its rows are on the disk, also after a loss of power.
        Mode::ReadWrite | Mode::Existing => {
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY"
        }
        Mode::ReadOnly => "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY",
    };
    connection
        .batch_execute(&format!(
            "PRAGMA busy_timeout = {}; {pragmas}",
            BUSY.as_millis()
        ))
        .and_then(|()| collation::register(&mut connection))
        .and_then(|()| register_functions(&mut connection))
        .map_err(|error| cannot(&error))?;
    Ok(connection)
}

/// A database that no file holds.
fn is_memory(path: &Path) -> bool {
    path == Path::new(":memory:")
}

/// In what a file with our tables is older than this program: the migration that it lacks, or the order of its texts.
fn outdated(
    connection: &mut SqliteConnection,
    version: &Version,
) -> Result<Option<String>, indexes::Unusable> {
    if !has_tables(connection)? {
        return Ok(None);
    }
    Ok(match (version, indexes::is_current(connection)?) {
        (Version::Older(missing), _) => Some(missing.clone()),
        (_, false) => Some("new-order".to_owned()),
        (_, true) => None,
    })
}

/// Creates an empty file that only its owner may read, where there is none: there are passwords in it. SQLite gives its
/// other files, such as the write-ahead log, the same permissions.
fn create(path: &Path) -> std::io::Result<()> {
    if path == Path::new(":memory:") {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Makes our functions known to a connection.
fn register_functions(connection: &mut SqliteConnection) -> QueryResult<()> {
    type Column = Option<String>;
    holds_utils::register_impl(connection, |text: Column, part: String| {
        text.is_some_and(|text| collation::holds(&text, &part))
    })?;
    begins_with_utils::register_impl(connection, |text: Column, part: String| {
        text.is_some_and(|text| collation::begins_with(&text, &part))
    })?;
    unix_timestamp_utils::register_impl(connection, |local: Column| {
        local.and_then(|local| local_time::unix_timestamp(&local))
    })?;
    if !now::is_adjustable() {
        return Ok(());
    }
    datetime_utils::register_nondeterministic_impl(connection, |value: String, modifier: String| {
        let is_now = value == "now" && modifier == "localtime";
        is_now.then(|| local_time::stamp(now::now()))
    })
}

fn belongs_to_another(connection: &mut SqliteConnection) -> QueryResult<bool> {
    let tables = count(connection, "type = 'table' AND name NOT LIKE 'sqlite_%'")?;
    Ok(tables > 0 && !has_tables(connection)?)
}

/// Whether our migrations were run here.
fn has_tables(connection: &mut SqliteConnection) -> QueryResult<bool> {
    Ok(count(connection, "name = '__diesel_schema_migrations'")? > 0)
}

/// How many entries of the schema fulfil a condition.
fn count(connection: &mut SqliteConnection, condition: &str) -> QueryResult<i64> {
    let entries = format!("(SELECT count(*) FROM sqlite_master WHERE {condition})");
    diesel::select(diesel::dsl::sql::<BigInt>(&entries)).get_result(connection)
}

fn migrate(
    connection: &mut SqliteConnection,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if !connection.has_pending_migration(MIGRATIONS)? {
        return Ok(());
    }
    let failed = connection.run_pending_migrations(MIGRATIONS).err();
    match failed {
        // Another process that was started at the same moment may have made the tables first.
        Some(error) if connection.has_pending_migration(MIGRATIONS)? => Err(error),
        _ => Ok(()),
    }
}

/// The file's version; an empty one lacks everything.
fn version(connection: &mut SqliteConnection) -> QueryResult<Version> {
    let applied = match has_tables(connection)? {
        true => migrations::of_sqlite(connection)?,
        false => Vec::new(),
    };
    Ok(Version::of::<Sqlite>(&applied, &MIGRATIONS))
}
