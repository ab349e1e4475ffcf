//! The order of a file's indexes: a file that an earlier version has written is put into today's, once.

use diesel::connection::SimpleConnection;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

use crate::store::collation;
use crate::store::sql::{Sql, TextRow, name, names};

/// The version of [`collation::compare`], which a file keeps as its `user_version`. To be counted up whenever any two
/// texts compare otherwise than before.
const ORDER: i64 = 1;

/// How long another process is waited for that rebuilds the indexes, in milliseconds.
const WAIT: u32 = 600_000;

/// How many groups of texts a message names of one index.
const NAMED: usize = 20;

/// Why a file's indexes cannot be used; a sentence.
pub(super) enum Unusable {
    /// The file cannot be read or written.
    Database(Error),
    /// A later version has written it.
    Newer,
    /// Texts that were different are one now: where, and which.
    Duplicates(Vec<String>),
}

impl From<Error> for Unusable {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database(error) => error.fmt(f),
            Self::Newer => f.write_str(
                "a later version of vicishim has written it, and orders texts otherwise",
            ),
            Self::Duplicates(found) => write!(
                f,
                "the version that wrote it kept texts apart that are equal in VICIdial's collation: {}. Nothing was changed. \
                 `vicishim dump` prints all rows: give all but one of these another value there, and `vicishim load` the \
                 rows into a new file",
                found.join("; ")
            ),
        }
    }
}

/// Rebuilds the indexes of a file that an earlier version has written. All or nothing: a crash leaves the file as it was,
/// and of two processes one does it while the other waits.
pub(super) fn update(connection: &mut SqliteConnection) -> Result<(), Unusable> {
    if is_current(connection)? {
        return Ok(());
    }
    let busy = Sql::new("SELECT CAST(timeout AS CHAR) AS busy FROM pragma_busy_timeout");
    let busy = busy.load::<TextRow>(connection)?;
    let busy = busy.first().map_or("0", |row| row.text(0)).to_owned();
    connection.batch_execute(&format!("PRAGMA busy_timeout = {WAIT}"))?;
    let rebuilt = connection.immediate_transaction(rebuild);
    connection.batch_execute(&format!("PRAGMA busy_timeout = {busy}"))?;
    match rebuilt {
        Err(Unusable::Database(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))) => {
            Err(Unusable::Duplicates(duplicates(connection)?))
        }
        rebuilt => rebuilt,
    }
}

fn rebuild(connection: &mut SqliteConnection) -> Result<(), Unusable> {
    // Another process may have done it meanwhile.
    if !is_current(connection)? {
        if super::has_tables(connection)? {
            log::warn!(
                "the database was written by an earlier version, which ordered texts otherwise: its indexes are rebuilt"
            );
        }
        let collation = collation::NAME;
        connection.batch_execute(&format!(
            "REINDEX {collation}; PRAGMA user_version = {ORDER}"
        ))?;
    }
    Ok(())
}

/// Whether a file's indexes are in today's order.
pub(super) fn is_current(connection: &mut SqliteConnection) -> Result<bool, Unusable> {
    let version = Sql::new("SELECT CAST(user_version AS CHAR) AS version FROM pragma_user_version");
    let version = version.load::<TextRow>(connection)?;
    let version = version.first().map_or("", |row| row.text(0)).parse();
    match version.unwrap_or(0) {
        version if version > ORDER => Err(Unusable::Newer),
        version => Ok(version == ORDER),
    }
}

/// The texts that are there more than once in a unique index, without a look at the indexes themselves.
fn duplicates(connection: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    let indexes = Sql::new(
        "SELECT tables.name AS t, columns.name AS c, indexes.name AS i FROM sqlite_master tables \
         JOIN pragma_index_list(tables.name) indexes JOIN pragma_index_info(indexes.name) columns \
         WHERE tables.type = 'table' AND indexes.`unique` = 1 ORDER BY t, i, columns.seqno",
    );
    let indexes: Vec<TextRow> = indexes.load(connection)?;
    let mut found = Vec::new();
    for index in indexes.chunk_by(|left, right| left.text(2) == right.text(2)) {
        let table = index.first().map_or("", |row| row.text(0));
        let columns: Vec<&str> = index.iter().map(|row| row.text(1)).collect();
        let quoted = columns
            .iter()
            .map(|column| format!("quote({})", name(column)));
        let quoted: Vec<String> = quoted.collect();
        let there: Vec<String> = columns
            .iter()
            .map(|column| format!("{} IS NOT NULL", name(column)))
            .collect();
        let unique = names(columns.iter().copied());
        let query = Sql::new(format!(
            "SELECT group_concat({}, ' = ') AS texts FROM {} NOT INDEXED \
             WHERE {} GROUP BY {unique} HAVING count(*) > 1 LIMIT {NAMED}",
            quoted.join(" || '|' || "),
            name(table),
            there.join(" AND ")
        ));
        for row in query.load::<TextRow>(connection)? {
            found.push(format!(
                "{} ({}): {}",
                table,
                columns.join(", "),
                row.text(0)
            ));
        }
    }
    Ok(found)
}
