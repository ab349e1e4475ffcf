//! Where SQLite and MariaDB differ in their SQL.

use diesel::prelude::*;

use super::sql::{Sql, TextRow, names};
use super::{Connection, Db, QueryResult, Seen, each_backend};

diesel::define_sql_function! {
    /// SQLite's: the key of the row that this connection added last.
    fn last_insert_rowid() -> BigInt;
}

impl Db {
    /// The beginning of an INSERT that passes over rows whose key is taken.
    pub(super) fn insert_ignore(&self) -> &'static str {
        match self.connection {
            Connection::Sqlite(_) => "INSERT OR IGNORE",
            Connection::Mysql(_) => "INSERT IGNORE",
        }
    }

    /// The end of a SELECT that sees what others have committed meanwhile, and keeps it so until our own end.
    pub(super) fn latest(&self) -> &'static str {
        match self.connection {
            // The one writer has the file for itself.
            Connection::Sqlite(_) => "",
            Connection::Mysql(_) => " LOCK IN SHARE MODE",
        }
    }

    /// Whether an INSERT … SELECT leaves a gap behind the keys it gives: InnoDB reserves them in advance.
    pub(super) fn reserves_keys(&self) -> bool {
        self.transactional && matches!(self.connection, Connection::Mysql(_))
    }

    /// Runs an INSERT of one row of data; the key the database gave it.
    pub(crate) fn insert(&mut self, insert: &Sql, key: &str) -> QueryResult<i64> {
        self.writes.attempted += 1;
        let id = self.insert_bookkeeping(insert, key)?;
        self.writes.done += 1;
        Ok(id)
    }

    /// As [`Db::insert`], for the API's own bookkeeping.
    pub(super) fn insert_bookkeeping(&mut self, insert: &Sql, key: &str) -> QueryResult<i64> {
        let keys = self.insert_bookkeeping_rows(insert.clone(), key, 1)?;
        keys.first().copied().ok_or(diesel::result::Error::NotFound)
    }

    /// Runs an INSERT … VALUES of so many rows; the keys the database gave them, in the rows' order.
    pub(super) fn insert_bookkeeping_rows(
        &mut self,
        insert: Sql,
        key: &str,
        count: usize,
    ) -> QueryResult<Vec<i64>> {
        if let Connection::Mysql(_) = self.connection
            && self.returning
        {
            let insert = insert.sql(&format!(" RETURNING CAST({key} AS CHAR) AS id"));
            let rows = self.read(insert)?;
            let mut keys: Vec<i64> = rows.iter().map(|row| number(row, 0)).collect();
            keys.sort_unstable();
            return Ok(keys);
        }
        self.write_bookkeeping(insert)?;
        // The first key and the step to the next one.
        let (first, step) = match self.connection {
            // RETURNING would make a table for the rows.
            Connection::Sqlite(_) => {
                let before = i64::try_from(count).unwrap_or(i64::MAX) - 1;
                (self.last_key()? - before, 1)
            }
            Connection::Mysql(_) => {
                let rows = self.read(Sql::new(
                    "SELECT CAST(LAST_INSERT_ID() AS CHAR) AS id, CAST(@@auto_increment_increment AS CHAR) AS step",
                ))?;
                let row = rows.first().ok_or(diesel::result::Error::NotFound)?;
                (number(row, 0), number(row, 1).max(1))
            }
        };
        Ok((0..)
            .map(|place| first + place * step)
            .take(count)
            .collect())
    }

    /// SQLite's last key.
    fn last_key(&mut self) -> QueryResult<i64> {
        each_backend!(self, c => diesel::select(last_insert_rowid()).get_result(c))
    }

    /// How many rows one INSERT of the API's own bookkeeping adds at the most. SQLite's is kept prepared for each count.
    pub(super) fn rows_at_once(&self) -> usize {
        match self.connection {
            Connection::Sqlite(_) => 64,
            Connection::Mysql(_) => 512,
        }
    }

    /// Runs statements of the API's own bookkeeping in their order; on MariaDB in one round trip.
    pub(super) fn write_together(&mut self, statements: Vec<Sql>) -> QueryResult<()> {
        match self.connection {
            Connection::Sqlite(_) => statements
                .into_iter()
                .try_for_each(|statement| self.write_bookkeeping(statement).map(drop)),
            Connection::Mysql(_) => {
                let texts: Vec<String> = statements.iter().map(Sql::literal).collect();
                self.batch(&texts.join("; "))
            }
        }
    }

    /// As [`Db::write_together`]; the last of them adds so many rows, whose keys one more statement is given. Both
    /// databases give the rows of one INSERT … VALUES keys in a row.
    pub(super) fn write_with_keys(
        &mut self,
        mut statements: Vec<Sql>,
        count: usize,
        more: impl FnOnce(&Keys) -> Sql,
    ) -> QueryResult<()> {
        match self.connection {
            Connection::Sqlite(_) => {
                self.write_together(statements)?;
                let first = self.last_key()? + 1 - i64::try_from(count).unwrap_or(i64::MAX);
                self.write_bookkeeping(more(&Keys::From(first))).map(drop)
            }
            Connection::Mysql(_) => {
                statements.push(more(&Keys::OfTheLastInsert));
                self.write_together(statements)
            }
        }
    }

    /// Runs an INSERT … SELECT of many rows of data that passes over taken ones; key and name of the rows it added.
    pub(super) fn insert_many(
        &mut self,
        insert: &Sql,
        table: &str,
        key: &str,
        column: &str,
        wanted: &[&str],
    ) -> QueryResult<Vec<(i64, String)>> {
        self.writes.attempted += 1;
        let rows = if self.has_returning() {
            self.read(
                insert
                    .clone()
                    .sql(&format!(" RETURNING CAST({key} AS CHAR) AS id, {column}")),
            )?
        } else {
            self.write_bookkeeping(insert.clone())?;
            // Rows that were there before have lower keys than the first one added now.
            let query = Sql::new(format!(
                "SELECT CAST({key} AS CHAR) AS id, {} FROM {table} WHERE {key} >= LAST_INSERT_ID() AND {column} IN (",
                names([column])
            ));
            self.read(query.bind_list(wanted.iter().copied()).sql(")"))?
        };
        self.writes.done += 1;
        Ok(rows
            .into_iter()
            .map(|row| (row.text(0).parse().unwrap_or(0), row.text(1).to_owned()))
            .collect())
    }

    fn has_returning(&self) -> bool {
        match self.connection {
            Connection::Sqlite(_) => true,
            Connection::Mysql(_) => self.returning,
        }
    }

    /// Begins the transaction of a batch. SQLite takes its write lock at once, so that no later statement waits for it.
    pub(super) fn begin(&mut self) -> QueryResult<()> {
        self.seen = Seen::default();
        match self.connection {
            Connection::Sqlite(_) => self.batch("BEGIN IMMEDIATE"),
            Connection::Mysql(_) => self.batch("BEGIN"),
        }
    }
}

/// The keys of the rows that a statement added.
pub(super) enum Keys {
    /// From this one on.
    From(i64),
    /// Those of MariaDB's last INSERT, which only MariaDB knows yet.
    OfTheLastInsert,
}

impl Keys {
    /// Adds the key of the row at this place.
    pub(super) fn push(&self, statement: &mut Sql, place: usize) {
        match self {
            Self::From(first) => {
                statement.push_bind(first + i64::try_from(place).unwrap_or(i64::MAX));
            }
            Self::OfTheLastInsert => {
                statement.push_sql(&format!(
                    "LAST_INSERT_ID() + {place} * @@auto_increment_increment"
                ));
            }
        }
    }
}

fn number(row: &TextRow, column: usize) -> i64 {
    row.text(column).parse().unwrap_or_default()
}

/// The end of every text that begins with another one, in SQLite's comparison: no character comes after it.
const LAST: char = char::MAX;

/// The character that takes `%` and `_` their meaning in a LIKE.
const ESCAPE: char = '|';

impl Db {
    /// Adds the condition that a column's text begins with this one, literally, whatever case and accents, and comes
    /// after `after`, which begins so too. It uses the column's index.
    pub(super) fn push_begins_with(
        &self,
        query: &mut Sql,
        column: &str,
        text: &str,
        after: Option<&str>,
    ) {
        match self.connection {
            // One lower bound: SQLite seeks one of two, and may take the wrong one.
            Connection::Sqlite(_) => {
                let sign = if after.is_some() { ">" } else { ">=" };
                query.push_sql(&format!("{column} {sign} "));
                query.push_bind(after.unwrap_or(text));
                query.push_sql(&format!(" AND {column} < "));
                query.push_bind(format!("{text}{LAST}"));
            }
            Connection::Mysql(_) => {
                push_like(query, column, &format!("{}%", literal(text)));
                if let Some(after) = after {
                    query.push_sql(&format!(" AND {column} > "));
                    query.push_bind(after);
                }
            }
        }
    }

    /// Adds the condition that a column's text holds this one, literally, whatever case and accents.
    pub(super) fn push_holds(&self, query: &mut Sql, column: &str, text: &str) {
        match self.connection {
            Connection::Sqlite(_) => {
                query.push_sql(&format!("holds({column}, "));
                query.push_bind(text);
                query.push_sql(")");
            }
            Connection::Mysql(_) => push_like(query, column, &format!("%{}%", literal(text))),
        }
    }

    /// What rows of a table without a key are ordered by, among those that are otherwise alike: the same at each
    /// reading, and in SQLite the order in which they came.
    pub(super) fn order_among_equals(&self, columns: &'static str) -> &'static str {
        match self.connection {
            Connection::Sqlite(_) => "rowid",
            Connection::Mysql(_) => columns,
        }
    }
}

fn push_like(query: &mut Sql, column: &str, pattern: &str) {
    query.push_sql(&format!("{column} LIKE "));
    query.push_bind(pattern);
    query.push_sql(&format!(" ESCAPE '{ESCAPE}'"));
}

/// A text as a LIKE takes it for itself.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | ESCAPE) {
            literal.push(ESCAPE);
        }
        literal.push(c);
    }
    literal
}

impl Db {
    /// Runs changes in one transaction, for the command line; taken back where they fail.
    pub(crate) fn in_transaction<T, E: From<diesel::result::Error>>(
        &mut self,
        changes: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin()?;
        let result = changes(self);
        match result {
            Ok(value) => {
                self.batch("COMMIT")?;
                Ok(value)
            }
            Err(error) => {
                self.batch("ROLLBACK")?;
                Err(error)
            }
        }
    }
}
