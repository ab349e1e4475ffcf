//! Tables as JSON, `{"table": [{"column": value}]}`: checked and stored, or written.

use std::io::Write;

use serde_json::{Map, Value};

use super::columns::Kind;
use super::history::{self, Author};
use super::rows::{self, Row};
use super::vicishim_tables::storing;
use super::{Db, QueryResult};

/// Rows that are read at a time.
const PAGE: usize = 1000;

/// Why rows are not stored: a sentence that names file, table, row and column.
#[derive(Debug)]
pub struct LoadError(String);

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LoadError {}

impl From<diesel::result::Error> for LoadError {
    fn from(error: diesel::result::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<String> for LoadError {
    fn from(message: String) -> Self {
        Self(message)
    }
}

/// Rows that fit their tables, read from texts.
pub struct Rows(Vec<Checked>);

impl Rows {
    /// The rows of some texts, each with the name of its file.
    ///
    /// # Errors
    /// Broken JSON, an unknown table or column, a value that does not fit.
    pub fn read<'t>(
        db: &Db,
        texts: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Result<Self, LoadError> {
        let mut all = Vec::new();
        for (file, text) in texts {
            all.extend(check(db, text, file)?);
        }
        Ok(Self(all))
    }

    /// The values of one column, each with the file, the table and the row that it is in.
    pub fn values(
        &mut self,
        table: &str,
        column: &str,
    ) -> impl Iterator<Item = (&str, &mut String)> {
        let rows = self.0.iter_mut().filter(move |row| row.table == table);
        rows.flat_map(move |Checked { row, place, .. }| {
            let place = place.as_str();
            let values = row.iter_mut().filter(move |(name, _)| name == column);
            values.filter_map(move |(_, value)| Some((place, value.as_mut()?)))
        })
    }

    /// Stores them in one transaction, all or none; how many there are. Beside a dialer's database, rows of our own are stored in a
    /// second one.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn store(&self, db: &mut Db) -> Result<usize, LoadError> {
        store(db, &self.0)
    }
}

/// Stores the rows of some texts, each with the name of its file, in one transaction: all or none.
///
/// # Errors
/// Broken JSON, an unknown table or column, a value that does not fit; the database cannot be written.
pub fn load<'t>(
    db: &mut Db,
    texts: impl IntoIterator<Item = (&'t str, &'t str)>,
) -> Result<usize, LoadError> {
    Rows::read(db, texts)?.store(db)
}

/// Empties a table.
///
/// # Errors
/// The database cannot be written.
pub fn clear(db: &mut Db, table: &str) -> QueryResult<()> {
    let delete = super::sql::Sql::new(format!("DELETE FROM {}", super::sql::name(table)));
    db.of_table(table)?.write(&delete).map(drop)
}

/// A table's row that fits, and where it stood.
struct Checked {
    table: String,
    row: Row,
    place: String,
}

/// What is said where a row is refused.
const NOTHING: &str = "nothing was loaded";

/// The same of a row of our own, beside a dialer's database.
const NOTHING_OF_OURS: &str =
    "nothing was loaded into our own tables; rows of the dialer's tables in the same files were";

fn store(db: &mut Db, all: &[Checked]) -> Result<usize, LoadError> {
    db.begin_noting();
    if !db.has_state() {
        return db.in_transaction(|db| {
            upsert(db, all.iter(), NOTHING)?;
            for checked in all {
                bind(db, checked)?;
            }
            keep_change(db)?;
            Ok(all.len())
        });
    }
    // The dialer's first: what is ours belongs to its rows.
    let is_ours = |checked: &&Checked| checked.table.starts_with("vicishim_");
    let (ours, dialers): (Vec<_>, Vec<_>) = all.iter().partition(is_ours);
    if !dialers.is_empty() {
        db.in_transaction(|db| upsert(db, dialers, NOTHING))?;
        keep_change(db)?;
        history::flush_beside(db);
    }
    if !ours.is_empty() {
        db.in_own_transaction(|db| {
            upsert(db, ours.iter().copied(), NOTHING_OF_OURS)?;
            for checked in &ours {
                if !bind(db, checked)? {
                    let place = &checked.place;
                    return Err(LoadError(format!(
                        "{place}: the dialer has no DID of this did_id; {NOTHING_OF_OURS}"
                    )));
                }
            }
            Ok(())
        })?;
        keep_change(db)?;
        history::flush_beside(db);
    }
    Ok(all.len())
}

/// How many rows are one change of the history.
const OF_A_CHANGE: usize = 500;

/// Keeps what was loaded since the last time as a change of its own.
fn keep_change(db: &mut Db) -> QueryResult<()> {
    let author = || Author {
        changed_at: crate::now::now().timestamp(),
        user: "command line".to_owned(),
        function: "load".to_owned(),
        ..Author::default()
    };
    db.end_noting(author)?;
    history::flush(db)
}

fn upsert<'c>(
    db: &mut Db,
    all: impl IntoIterator<Item = &'c Checked>,
    otherwise: &str,
) -> Result<(), LoadError> {
    for (number, Checked { table, row, place }) in all.into_iter().enumerate() {
        if number % OF_A_CHANGE == OF_A_CHANGE - 1 {
            keep_change(db)?;
        }
        db.of_table(table)
            .and_then(|db| rows::upsert(db, table, row))
            .map_err(|error| LoadError(format!("{place}: {error}; {otherwise}")))?;
    }
    Ok(())
}

/// Binds a row of settings to the DID of its `did_id`, where it does not name a number; false where there is no such DID.
fn bind(db: &mut Db, Checked { table, row, .. }: &Checked) -> QueryResult<bool> {
    if !matches!(table.as_str(), "vicishim_dids" | "vicishim_did_routes") {
        return Ok(true);
    }
    let did_id = row.iter().find(|(column, _)| column == "did_id");
    match did_id.and_then(|(_, value)| value.as_deref()?.parse().ok()) {
        Some(did_id) => storing::bind(db, did_id),
        None => Ok(false),
    }
}

fn check(db: &Db, text: &str, file: &str) -> Result<Vec<Checked>, LoadError> {
    let tables: Map<String, Value> = serde_json::from_str(text)
        .map_err(|error| format!("{file}: not the JSON of tables: {error}"))?;
    let columns = db.columns();
    let mut all = Vec::new();
    for (table, rows) in tables {
        if columns.of(&table).is_empty() {
            return Err(LoadError(format!("{file}: there is no table {table}")));
        }
        let Value::Array(rows) = rows else {
            return Err(LoadError(format!(
                "{file}: table {table} is not a list of rows"
            )));
        };
        for (index, row) in rows.into_iter().enumerate() {
            let place = format!("{file}: table {table}, row {}", index + 1);
            let Value::Object(values) = row else {
                return Err(LoadError(format!("{place}: is not an object of columns")));
            };
            let mut row = Row::new();
            for (name, value) in values {
                let column = columns
                    .find(&table, &name)
                    .ok_or_else(|| format!("{place}: there is no column {name}"))?;
                let text = match value {
                    Value::Null if column.nullable => None,
                    Value::Null => {
                        return Err(LoadError(format!(
                            "{place}, column {name}: must have a value"
                        )));
                    }
                    Value::String(text) => Some(text),
                    Value::Number(number) => Some(number.to_string()),
                    Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                        return Err(LoadError(format!(
                            "{place}, column {name}: is neither a text, a number nor null"
                        )));
                    }
                };
                let fits = |text: String| {
                    column
                        .kind
                        .fit(&text)
                        .map_err(|why| format!("{place}, column {name}: {text:?} {why}"))
                };
                row.push((name.clone(), text.map(fits).transpose()?));
            }
            let missing = rows::missing_key(db, &table, &row);
            if !missing.is_empty() {
                let missing = missing.join(", ");
                return Err(LoadError(format!(
                    "{place}: has no {missing}, which is its key"
                )));
            }
            all.push(Checked {
                table: table.clone(),
                row,
                place,
            });
        }
    }
    Ok(all)
}

/// Why a dump ended early.
#[derive(Debug)]
pub enum DumpError {
    /// Whoever reads it takes no more.
    Pipe(std::io::Error),
    /// The database cannot be read.
    Database(diesel::result::Error),
}

impl From<std::io::Error> for DumpError {
    fn from(error: std::io::Error) -> Self {
        Self::Pipe(error)
    }
}

impl From<serde_json::Error> for DumpError {
    fn from(error: serde_json::Error) -> Self {
        Self::Pipe(error.into())
    }
}

impl From<diesel::result::Error> for DumpError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

/// Writes tables as the JSON that [`load`] takes, a row a line.
///
/// # Errors
/// The database cannot be read, or the output takes no more.
pub fn dump(db: &mut Db, tables: &[&str], out: &mut impl Write) -> Result<(), DumpError> {
    let columns = db.columns();
    writeln!(out, "{{")?;
    for (index, table) in tables.iter().enumerate() {
        write!(
            out,
            "{} {}: [",
            if index > 0 { ",\n" } else { "" },
            Value::from(*table)
        )?;
        let mut offset = 0;
        loop {
            let page = rows::page(db.of_table(table)?, table, offset, PAGE)?;
            for row in &page {
                let object: Map<String, Value> = columns
                    .of(table)
                    .iter()
                    .zip(row)
                    .map(|(column, value)| {
                        (column.name.clone(), json(&column.kind, value.as_deref()))
                    })
                    .collect();
                write!(
                    out,
                    "{}  {}",
                    if offset > 0 { ",\n" } else { "\n" },
                    serde_json::to_string(&object)?
                )?;
                offset += 1;
            }
            if page.len() < PAGE {
                break;
            }
        }
        write!(out, "{}]", if offset > 0 { "\n " } else { "" })?;
    }
    writeln!(out, "\n}}")?;
    out.flush()?;
    Ok(())
}

fn json(kind: &Kind, value: Option<&str>) -> Value {
    match (kind, value) {
        (_, None) => Value::Null,
        (Kind::Integer(..), Some(text)) => text
            .parse::<i64>()
            .map_or_else(|_| Value::from(text), Value::from),
        (_, Some(text)) => Value::from(text),
    }
}
