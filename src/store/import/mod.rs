//! A dialer's rows into a database of ours: all or none, in constant memory.

mod dialer;
mod masks;

use std::sync::Arc;

pub use dialer::{Dialer, LeftOut};
pub use masks::{Masks, passwords};

use super::columns::Columns;
use super::load_dump::{LoadError, Storing};
use super::rows::{self, Row};
use super::sql::{Sql, TextRow, name};
use super::{Db, QueryResult};

/// How many values that do not fit are named.
const NAMED: usize = 20;

/// Why nothing was imported.
#[derive(Debug)]
pub enum ImportError {
    /// One of the databases, and what it says.
    Failed(String),
    /// Values that our columns cannot hold: the first of them, each in a sentence, and how many there are.
    Unfit(Vec<String>, usize),
}

impl From<diesel::result::Error> for ImportError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<LoadError> for ImportError {
    fn from(error: LoadError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Whether there are DIDs.
///
/// # Errors
/// The database cannot be read.
pub fn has_dids(db: &mut Db) -> QueryResult<bool> {
    is_empty(db, "vicidial_inbound_dids").map(|is_empty| !is_empty)
}

fn is_empty(db: &mut Db, table: &str) -> QueryResult<bool> {
    let query = Sql::new(format!("SELECT '1' AS found FROM {} LIMIT 1", name(table)));
    Ok(db.read(query)?.is_empty())
}

/// Stores the rows of a dialer in a database of ours, in one transaction; how many of each table. A row with the key of one that
/// is there takes its place. `progress` is told of rows that are done.
///
/// # Errors
/// A database fails, or values do not fit. Nothing was imported then, unless it was the commit that failed.
pub fn import(
    dialer: &mut Dialer,
    to: &mut Db,
    masks: Option<&Masks>,
    mut progress: impl FnMut(usize),
) -> Result<Vec<(&'static str, usize)>, ImportError> {
    to.begin_noting();
    to.in_transaction(|to| {
        let mut importing = Importing {
            columns: to.columns(),
            masks,
            storing: Storing::begin("import"),
            unfit: Vec::new(),
            unfit_count: 0,
        };
        let stored = importing.all(dialer, to, &mut progress);
        let stored = stored.and_then(|counts| {
            importing.storing.keep_change(to)?;
            Ok(counts)
        });
        match stored {
            Err(ImportError::Failed(why)) => {
                Err(ImportError::Failed(format!("{why}; nothing was imported")))
            }
            Ok(_) if importing.unfit_count > 0 => {
                Err(ImportError::Unfit(importing.unfit, importing.unfit_count))
            }
            other => other,
        }
    })
}

struct Importing<'m> {
    columns: Arc<Columns>,
    masks: Option<&'m Masks>,
    storing: Storing,
    /// The first values that do not fit.
    unfit: Vec<String>,
    unfit_count: usize,
}

impl Importing<'_> {
    fn all(
        &mut self,
        dialer: &mut Dialer,
        to: &mut Db,
        progress: &mut impl FnMut(usize),
    ) -> Result<Vec<(&'static str, usize)>, ImportError> {
        let mut counts = Vec::new();
        for index in 0..dialer.tables.len() {
            let (table, columns) = {
                let table = &dialer.tables[index];
                (table.name, table.columns.clone())
            };
            let is_empty = is_empty(to, table)?;
            let mut count = 0;
            dialer.read(index, |rows| {
                for row in &rows {
                    self.row(to, table, &columns, row, is_empty)?;
                }
                count += rows.len();
                progress(rows.len());
                Ok::<_, ImportError>(())
            })?;
            counts.push((table, count));
        }
        Ok(counts)
    }

    /// Stores a row, unless one has been found by now that does not fit: then the others are only looked at.
    fn row(
        &mut self,
        to: &mut Db,
        table: &'static str,
        columns: &[String],
        values: &TextRow,
        is_empty: bool,
    ) -> Result<(), ImportError> {
        let mut row: Row = columns
            .iter()
            .cloned()
            .zip(values.0.iter().cloned())
            .collect();
        if let Some(masks) = self.masks {
            masks.mask(table, &mut row);
        }
        let place = Place {
            table,
            columns,
            values,
        };
        for (name, value) in &mut row {
            let Some(column) = self.columns.find(table, name) else {
                continue;
            };
            let fit = match value.as_deref() {
                None if column.nullable => continue,
                None => Err("must have a value".to_owned()),
                Some(text) => {
                    column
                        .kind
                        .fit(text)
                        .map_err(|why| match masks::is_secret(table, name) {
                            true => why,
                            false => format!("{text:?} {why}"),
                        })
                }
            };
            match fit {
                Ok(fit) => *value = Some(fit),
                Err(why) => {
                    self.unfit_count += 1;
                    if self.unfit.len() < NAMED {
                        self.unfit.push(format!("{place}, column {name}: {why}"));
                    }
                }
            }
        }
        if self.unfit_count > 0 {
            return Ok(());
        }
        match is_empty {
            true => self.storing.insert(to, table, &row, place)?,
            false => self.storing.upsert(to, table, &row, place)?,
        }
        Ok(())
    }
}

/// Where a row stands: its table and its key.
#[derive(Clone, Copy)]
struct Place<'p> {
    table: &'static str,
    columns: &'p [String],
    values: &'p TextRow,
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "table {}", self.table)?;
        for key in rows::key_of(self.table) {
            let column = self.columns.iter().position(|column| column == key);
            let value = column.and_then(|column| self.values.value(column));
            write!(f, ", {key} {}", value.unwrap_or("NULL"))?;
        }
        Ok(())
    }
}
