//! Rows as texts by their columns' names, and statements made from such.

use super::sql::{Bind, Sql, name, names};
use super::{Db, QueryResult};

/// A row: the columns that were asked for. One that this database does not have reads as NULL.
#[derive(Debug, Clone)]
pub struct Record {
    columns: &'static [&'static str],
    values: Vec<Option<String>>,
}

impl Record {
    /// A row of these columns with these values; NULL where there is none.
    pub(super) fn of(columns: &'static [&'static str], fields: Vec<Field>) -> Self {
        let value = |column: &&str| {
            let field = fields.iter().find(|(known, _)| known == column);
            field.and_then(|(_, value)| value.clone())
        };
        Self {
            columns,
            values: columns.iter().map(value).collect(),
        }
    }

    /// Whether the column was asked for.
    pub fn has(&self, column: &str) -> bool {
        self.columns.contains(&column)
    }

    /// A column's value; none where it is NULL.
    pub fn get(&self, column: &str) -> Option<&str> {
        debug_assert!(self.columns.contains(&column), "{column} was not selected");
        let index = self.columns.iter().position(|known| *known == column)?;
        self.values.get(index)?.as_deref()
    }

    /// A column's text; empty where it is NULL.
    pub fn text(&self, column: &str) -> &str {
        self.get(column).unwrap_or_default()
    }

    /// A column's number; none where it is NULL or no number.
    pub fn number(&self, column: &str) -> Option<i64> {
        self.get(column)?.parse().ok()
    }
}

/// A column and its new value; none for NULL.
pub type Field = (&'static str, Option<String>);

/// The rows of a table, with what follows the table's name in the statement.
///
/// # Errors
/// The database cannot be read.
pub fn select(
    db: &mut Db,
    table: &str,
    columns: &'static [&'static str],
    rest: Sql,
) -> QueryResult<Vec<Record>> {
    let known = db.columns();
    // Names of their own: under its column's name a number would be sorted as the text that it is cast to.
    let selected: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| match known.find(table, column) {
            Some(_) => format!("CAST({} AS CHAR) AS c{index}", name(column)),
            None => format!("CAST(NULL AS CHAR) AS c{index}"),
        })
        .collect();
    let query = Sql::new(format!("SELECT {} FROM {table}", selected.join(", "))).append(rest);
    Ok(db
        .read(query)?
        .into_iter()
        .map(|row| Record {
            columns,
            values: row.0,
        })
        .collect())
}

/// How many rows there are, with what follows the table's name.
///
/// # Errors
/// The database cannot be read.
pub fn count(db: &mut Db, table: &str, rest: Sql) -> QueryResult<u64> {
    let query = Sql::new(format!(
        "SELECT CAST(COUNT(*) AS CHAR) AS total FROM {table}"
    ))
    .append(rest);
    let rows = db.read(query)?;
    Ok(rows
        .first()
        .and_then(|row| row.text(0).parse().ok())
        .unwrap_or(0))
}

/// The statement that adds a row. Columns that VICIdial leaves to a server without STRICT take their empty value.
pub fn insertion(db: &Db, table: &str, fields: &[Field]) -> Sql {
    let given: super::rows::Row = fields
        .iter()
        .map(|(column, value)| ((*column).to_owned(), value.clone()))
        .collect();
    let left_out = super::rows::required(db, table, &given);
    let all = || given.iter().chain(&left_out);
    Sql::new(format!(
        "INSERT INTO {table} ({}) VALUES (",
        names(all().map(|(column, _)| column.as_str()))
    ))
    .bind_list(all().map(|(_, value)| Bind::Text(value.clone())))
    .sql(")")
}

/// The statement that changes rows; the condition begins with ` WHERE`.
pub fn change(table: &str, fields: &[Field], condition: Sql) -> Sql {
    let mut update = Sql::new(format!("UPDATE {table} SET "));
    for (index, (column, value)) in fields.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        update.push_sql(&format!("{comma}{} = ", name(column)));
        update.push_bind(Bind::Text(value.clone()));
    }
    update.append(condition)
}

/// The rest of a statement: ` WHERE column = value`.
pub fn equal(column: &str, value: impl Into<Bind>) -> Sql {
    Sql::new(format!(" WHERE {} = ", name(column))).bind(value)
}

/// The rest of a statement: ` WHERE column IN (…)`. No row where the list is empty.
pub fn among<V: Into<Bind>>(column: &str, values: impl IntoIterator<Item = V>) -> Sql {
    let mut values = values.into_iter().peekable();
    if values.peek().is_none() {
        return Sql::new(" WHERE 1 = 0");
    }
    Sql::new(format!(" WHERE {} IN (", name(column)))
        .bind_list(values)
        .sql(")")
}

/// The rest of a statement: a page of rows in an order. Bound, so that every page is the same statement.
pub fn page(order: &str, offset: u64, count: u64) -> Sql {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    Sql::new(format!(" ORDER BY {order} LIMIT "))
        .bind(number(count))
        .sql(" OFFSET ")
        .bind(number(offset))
}

/// Conditions that are joined with AND.
pub(super) struct Conditions(Sql, bool);

impl Conditions {
    pub(super) fn new() -> Self {
        Self(Sql::new(""), false)
    }

    pub(super) fn and(self, condition: Sql) -> Self {
        let word = if self.1 { " AND (" } else { " WHERE (" };
        Self(self.0.sql(word).append(condition).sql(")"), true)
    }

    pub(super) fn end(self) -> Sql {
        self.0
    }
}

/// Whether one of these columns, where the table has it, holds a text, whatever case and accents.
pub(super) fn any_holds(db: &Db, table: &str, columns: &[&str], text: &str) -> Sql {
    let mut any = Sql::new("1 = 0");
    for column in columns {
        if db.columns.find(table, column).is_some() {
            any.push_sql(" OR ");
            db.push_holds(&mut any, column, text);
        }
    }
    any
}
