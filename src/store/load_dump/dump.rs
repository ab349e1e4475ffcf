//! Tables as JSON, written row by row.

use std::io::Write;

use serde_json::{Map, Value};

use crate::store::columns::{Columns, Kind};
use crate::store::{Db, rows};

/// Rows that are read at a time.
const PAGE: usize = 1000;

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

/// Writes these columns of tables as the JSON that [`load`](super::load) takes, a row a line.
///
/// # Errors
/// The database cannot be read, or the output takes no more.
pub fn dump(
    db: &mut Db,
    tables: &[&str],
    columns: &Columns,
    out: &mut impl Write,
) -> Result<(), DumpError> {
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
            let page = rows::page(db.of_table(table)?, table, columns.of(table), offset, PAGE)?;
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
