//! Statements whose columns are known only at run time: a DID's fields, a loaded row, a dumped table.
//!
//! The text is put together from names of our own tables (`fields.rs`, `columns.tsv`, `information_schema`);
//! values are bound.

use std::borrow::Cow;
use std::cell::Cell;

use diesel::QueryResult;
use diesel::backend::{Backend, DieselReserveSpecialization};
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::RunQueryDsl;
use diesel::row::{Field, NamedRow};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Nullable, Text, Untyped};

/// A bound value.
#[derive(Debug, Clone)]
pub enum Bind {
    /// A text or NULL. A number's column takes it too: both databases turn it into the column's type.
    Text(Option<String>),
    /// A number.
    Number(i64),
    /// A password, which [`Sql::to_log_text`] and `Debug` write as `*`.
    Secret(Secret),
}

/// A text that no log may show.
#[derive(Clone)]
pub struct Secret(Option<String>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl From<Secret> for Bind {
    fn from(secret: Secret) -> Self {
        Self::Secret(secret)
    }
}

impl From<&str> for Bind {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Bind {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Cow<'_, str>> for Bind {
    fn from(text: Cow<'_, str>) -> Self {
        Self::Text(Some(text.into_owned()))
    }
}

impl From<Option<String>> for Bind {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Bind {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// A statement: text with a `?` for each bound value.
#[derive(Debug, Clone)]
pub struct Sql {
    text: String,
    /// Each bound value, and where in the text its `?` stands.
    binds: Vec<(usize, Bind)>,
    /// Whether its prepared form is kept.
    pub(super) cached: Cell<bool>,
}

impl Sql {
    /// A statement that begins with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            binds: Vec::new(),
            cached: Cell::new(false),
        }
    }

    /// Adds text. Never a value.
    #[must_use]
    pub fn sql(mut self, text: &str) -> Self {
        self.push_sql(text);
        self
    }

    /// Adds text in place. Never a value.
    pub fn push_sql(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds a bound value.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Bind>) -> Self {
        self.push_bind(value);
        self
    }

    /// Adds a bound value in place.
    pub fn push_bind(&mut self, value: impl Into<Bind>) {
        self.binds.push((self.text.len(), value.into()));
        self.text.push('?');
    }

    /// Adds bound values with `, ` between them.
    #[must_use]
    pub fn bind_list<V: Into<Bind>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.push_sql(", ");
            }
            self.push_bind(value);
        }
        self
    }

    /// Adds another statement's text and values.
    #[must_use]
    pub fn append(mut self, other: Self) -> Self {
        let start = self.text.len();
        self.text.push_str(&other.text);
        let moved = other.binds.into_iter();
        self.binds
            .extend(moved.map(|(mark, bind)| (start + mark, bind)));
        self
    }

    /// The statement's text, by which its prepared form is kept.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text before each bound value with that value, and the text behind the last one.
    fn parts(&self) -> (impl Iterator<Item = (&str, &Bind)>, &str) {
        let mut start = 0;
        let parts = self.binds.iter().map(move |(mark, bind)| {
            let piece = &self.text[start..*mark];
            start = mark + 1;
            (piece, bind)
        });
        let rest = self.binds.last().map_or(0, |(mark, _)| mark + 1);
        (parts, &self.text[rest..])
    }

    /// The statement with its values written in, quoted as SQL has it: for `vicidial_admin_log.event_sql`, which people
    /// read. A password is written as `'*'` (fixtures/reference/behaviour.md §8.5). It is never run.
    pub fn to_log_text(&self) -> String {
        let mut text = String::with_capacity(self.text.len() * 2);
        let (parts, rest) = self.parts();
        for (piece, bind) in parts {
            text.push_str(piece);
            match bind {
                Bind::Text(Some(value)) => {
                    text.push('\'');
                    text.push_str(&value.replace('\\', "\\\\").replace('\'', "\\'"));
                    text.push('\'');
                }
                Bind::Text(None) => text.push_str("NULL"),
                Bind::Number(number) => text.push_str(&number.to_string()),
                Bind::Secret(_) => text.push_str("'*'"),
            }
        }
        text + rest
    }
}

/// A column and its value.
type Value = (String, Option<String>);

/// What a statement is about to change.
pub(super) struct Change {
    /// The table.
    pub(super) table: String,
    /// The rows that it adds, as far as they are given as values.
    pub(super) added: Vec<Vec<Value>>,
    /// The condition, from ` WHERE` on, that names the rows it changes or deletes.
    pub(super) condition: Option<Sql>,
    /// Whether it deletes them.
    pub(super) is_deletion: bool,
}

impl Sql {
    /// What it is about to change, where that is one of the forms in which our statements are written: `INSERT INTO table
    /// (columns) VALUES (values)…`, `UPDATE table SET … WHERE …`, `DELETE FROM table WHERE …`.
    pub(super) fn change(&self) -> Option<Change> {
        let (verb, rest) = self.text.split_once(' ')?;
        let table = |rest: &str| {
            let word = rest.split(' ').next().unwrap_or_default();
            word.trim_matches('`').to_owned()
        };
        match verb {
            "INSERT" => {
                let (_, rest) = rest.split_once("INTO ")?;
                Some(Change {
                    table: table(rest),
                    added: self.values_of(rest).unwrap_or_default(),
                    condition: None,
                    is_deletion: false,
                })
            }
            "UPDATE" => {
                let (before, _) = rest.split_once(" SET ")?;
                // A join has more than the table's name there.
                (!before.contains(' ')).then(|| Change {
                    table: table(rest),
                    added: Vec::new(),
                    condition: Some(self.condition()),
                    is_deletion: false,
                })
            }
            "DELETE" => Some(Change {
                table: table(rest.strip_prefix("FROM ")?),
                added: Vec::new(),
                condition: Some(self.condition()),
                is_deletion: true,
            }),
            _ => None,
        }
    }

    /// The columns of an INSERT and their values, row by row.
    fn values_of(&self, rest: &str) -> Option<Vec<Vec<Value>>> {
        let (columns, values) = rest.split_once('(')?.1.split_once(") VALUES ")?;
        if !values
            .chars()
            .all(|c| matches!(c, '(' | '?' | ')' | ',' | ' '))
        {
            return None;
        }
        let columns: Vec<&str> = columns.split(", ").collect();
        let rows = self.binds.chunks_exact(columns.len());
        let row = |binds: &[(usize, Bind)]| {
            let fields = columns.iter().zip(binds);
            let field = |(column, (_, bind)): (&&str, &(usize, Bind))| {
                (column.trim_matches('`').to_owned(), bind.text())
            };
            fields.map(field).collect()
        };
        Some(rows.map(row).collect())
    }

    /// The query that finds a row which this DELETE is to delete; none where it is another statement.
    pub(super) fn row_to_delete(&self) -> Option<Self> {
        const VERB: &str = "DELETE ";
        self.text.starts_with(VERB).then(|| {
            let found = Self::new("SELECT '1' AS found ").append(self.from(VERB.len()));
            found.sql(" LIMIT 1")
        })
    }

    /// The condition at its end, from ` WHERE` on.
    fn condition(&self) -> Self {
        self.from(self.text.rfind(" WHERE ").unwrap_or(self.text.len()))
    }

    /// Its end, from that byte of its text on.
    fn from(&self, start: usize) -> Self {
        let binds = self.binds.iter().filter(|(mark, _)| *mark >= start);
        Self {
            text: self.text[start..].to_owned(),
            binds: binds
                .map(|(mark, bind)| (mark - start, bind.clone()))
                .collect(),
            cached: Cell::new(false),
        }
    }
}

impl Bind {
    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Secret(Secret(text)) => text.clone(),
            Self::Number(number) => Some(number.to_string()),
        }
    }
}

/// A table's or column's name as both databases quote it.
pub fn name(identifier: &str) -> String {
    format!("`{}`", identifier.replace('`', ""))
}

/// Several names, with `, ` between them.
pub fn names<'n>(identifiers: impl IntoIterator<Item = &'n str>) -> String {
    identifiers
        .into_iter()
        .map(name)
        .collect::<Vec<_>>()
        .join(", ")
}

impl<DB> QueryFragment<DB> for Sql
where
    DB: Backend + HasSqlType<Text> + HasSqlType<BigInt> + DieselReserveSpecialization,
    Option<String>: ToSql<Nullable<Text>, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if !self.cached.get() {
            out.unsafe_to_cache_prepared();
        }
        let (parts, rest) = self.parts();
        for (piece, bind) in parts {
            out.push_sql(piece);
            match bind {
                Bind::Text(text) | Bind::Secret(Secret(text)) => {
                    out.push_bind_param::<Nullable<Text>, _>(text)?;
                }
                Bind::Number(number) => out.push_bind_param::<BigInt, _>(number)?,
            }
        }
        out.push_sql(rest);
        Ok(())
    }
}

impl QueryId for Sql {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Sql {
    type SqlType = Untyped;
}

impl<Conn> RunQueryDsl<Conn> for Sql {}

impl<Conn> RunQueryDsl<Conn> for &Sql {}

/// A row of texts: every column of the SELECT is a text or was cast to one.
#[derive(Debug, Clone)]
pub struct TextRow(pub Vec<Option<String>>);

impl TextRow {
    /// The column's value; none where it is NULL.
    pub fn value(&self, column: usize) -> Option<&str> {
        self.0.get(column).and_then(Option::as_deref)
    }

    /// The column's text; empty where it is NULL.
    pub fn text(&self, column: usize) -> &str {
        self.value(column).unwrap_or_default()
    }
}

impl<DB> QueryableByName<DB> for TextRow
where
    DB: Backend,
    Option<String>: FromSql<Nullable<Text>, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        (0..row.field_count())
            .map(|index| {
                let field = diesel::row::Row::get(row, index).ok_or("a column is missing")?;
                <Option<String> as FromSql<Nullable<Text>, DB>>::from_nullable_sql(field.value())
            })
            .collect::<deserialize::Result<Vec<_>>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_to_delete_is_looked_for_by_the_condition_of_its_deletion() {
        let delete = Sql::new("DELETE FROM phones WHERE extension = ")
            .bind("100")
            .sql(" AND server_ip IN (")
            .bind_list(["10.0.0.1", "10.0.0.2"])
            .sql(")");
        let query = delete.row_to_delete().expect("it is a DELETE");
        assert_eq!(
            query.to_log_text(),
            "SELECT '1' AS found FROM phones WHERE extension = '100' \
             AND server_ip IN ('10.0.0.1', '10.0.0.2') LIMIT 1"
        );
        assert!(query.row_to_delete().is_none());
    }

    #[test]
    fn a_statement_to_log_text_shows_its_values_but_no_password() {
        let statement = Sql::new("UPDATE phones SET email = ")
            .bind("o'neil\\@example.com")
            .sql(", pass = ")
            .bind(Secret::from("hunter2"))
            .sql(", status = ")
            .bind(None::<String>)
            .sql(" WHERE extension = ")
            .bind(7);
        assert_eq!(
            statement.to_log_text(),
            r"UPDATE phones SET email = 'o\'neil\\@example.com', pass = '*', status = NULL WHERE extension = 7"
        );
        assert!(!format!("{statement:?}").contains("hunter2"));
    }
}
