//! Tables as JSON, written row by row.

use std::io::Write;

use serde_json::{Map, Value};

use crate::store::columns::{Columns, Kind};
use crate::store::{Db, rows};

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
        let mut is_first = true;
        let columns = columns.of(table);
        rows::each(db.of_table(table)?, table, columns, |rows| {
            for row in &rows {
                let values = columns.iter().zip(&row.0).map(|(column, value)| {
                    let value = json(&column.kind, value.as_deref());
                    (column.name.clone(), value)
                });
                let object: Map<String, Value> = values.collect();
                let comma = if is_first { "" } else { "," };
                is_first = false;
                write!(out, "{comma}\n  {}", serde_json::to_string(&object)?)?;
            }
            Ok::<_, DumpError>(())
        })?;
        write!(out, "{}]", if is_first { "" } else { "\n " })?;
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
