//! Which version a database of ours has, beside what this program knows: a newer one is refused, an older one of SQLite is
//! backed up beside itself before it is brought up to date.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

use super::OpenError;

/// How many backups of one second get a name of their own.
const NAMES: usize = 10;

/// A database's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Version {
    /// That of this program.
    Current,
    /// It lacks migrations, from this one on.
    Older(String),
    /// It has this migration, which the program does not know.
    Newer(String),
}

impl Version {
    /// Of a database with these migrations, `0001` and so on, where the program has those of `source`.
    pub(super) fn of<DB: Backend>(applied: &[String], source: &impl MigrationSource<DB>) -> Self {
        let known: Vec<String> = source
            .migrations()
            .unwrap_or_default()
            .iter()
            .map(|migration| migration.name().version().to_string())
            .collect();
        let missing_in = |these: &[String], those: &[String]| {
            those.iter().find(|one| !these.contains(one)).cloned()
        };
        match (missing_in(&known, applied), missing_in(applied, &known)) {
            (Some(unknown), _) => Self::Newer(unknown),
            (None, Some(missing)) => Self::Older(missing),
            (None, None) => Self::Current,
        }
    }

    /// Refuses a database that is newer than the program.
    ///
    /// # Errors
    /// It is.
    pub(super) fn check(&self, shown: &dyn std::fmt::Display) -> Result<(), OpenError> {
        match self {
            Self::Current | Self::Older(_) => Ok(()),
            Self::Newer(unknown) => Err(OpenError::final_(format!(
                "the database {shown} was made by a newer vicishim: it has the migration {unknown}, which this one does not \
                 know. Nothing in it was changed. Start the newer vicishim, or go back to a backup (docs/operating.md, \
                 \"Upgrading, and going back\")"
            ))),
        }
    }
}

/// Copies a SQLite file beside itself, byte for byte and for its owner alone, before it is upgraded. The connection ends: a
/// file that is read and closed loses the locks that this process has on it.
///
/// # Errors
/// Others use it, or the copy cannot be written. Nothing is left of it then.
pub(super) fn back_up(
    mut connection: SqliteConnection,
    path: &Path,
    outdated: &str,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // All is in the file itself then, and nobody writes to it.
    connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE); BEGIN IMMEDIATE")?;
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err("another process uses it: stop that first".into());
    }
    let (backup, mut file) = reserve(path, outdated)?;
    let copied = File::open(path)
        .and_then(|mut from| std::io::copy(&mut from, &mut file))
        .and_then(|_| file.sync_all());
    if let Err(error) = copied {
        std::fs::remove_file(&backup).ok();
        return Err(error.into());
    }
    log::warn!(
        "{} is upgraded; as it was it is kept in {}",
        path.display(),
        backup.display()
    );
    Ok(())
}

/// Makes the empty file that the copy goes into: `vicishim.db.before-0004-20261121T200000Z`.
fn reserve(path: &Path, outdated: &str) -> std::io::Result<(PathBuf, File)> {
    let at = crate::now::real().format("%Y%m%dT%H%M%SZ");
    let mut last = std::io::Error::from(ErrorKind::AlreadyExists);
    for number in 0..NAMES {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".before-{outdated}-{at}"));
        if number > 0 {
            name.push(format!("-{number}"));
        }
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&name);
        match made {
            Ok(file) => return Ok((name.into(), file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

/// The migrations that a SQLite file has, in their order.
///
/// # Errors
/// The database cannot be read.
pub(super) fn of_sqlite(connection: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }
    let rows: Vec<Row> =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version")
            .load(connection)?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}
