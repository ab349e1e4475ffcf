//! Whether a row fits its table.

use serde_json::{Map, Value};

use super::LoadError;
use super::reading::Place;
use crate::store::columns::Columns;
use crate::store::rows::{self, Row};

/// Refuses a table that is not there, or of whose rows it is not known how they are found again.
pub(super) fn check_table(columns: &Columns, file: &str, table: &str) -> Result<(), LoadError> {
    match columns.of(table).is_empty() || !rows::is_known(table) {
        true => Err(LoadError(format!("{file}: there is no table {table}"))),
        false => Ok(()),
    }
}

/// The row as its table stores it.
pub(super) fn checked(
    columns: &Columns,
    place: Place<'_>,
    values: Map<String, Value>,
) -> Result<Row, LoadError> {
    let mut row = Row::new();
    for (name, value) in values {
        let column = columns
            .find(place.table, &name)
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
        let fit = text.map(fits).transpose()?;
        row.push((name, fit));
    }
    let missing = rows::missing_key(columns, place.table, &row);
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(LoadError(format!(
            "{place}: has no {missing}, which is its key"
        )));
    }
    Ok(row)
}
