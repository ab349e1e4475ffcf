//! Where SQLite and MariaDB differ in their SQL.

use super::sql::{Sql, names};
use super::{Connection, Db, QueryResult};

impl Db {
    /// The beginning of an INSERT that passes over rows whose key is taken.
    pub(super) fn insert_ignore(&self) -> &'static str {
        match self.connection {
            Connection::Sqlite(_) => "INSERT OR IGNORE",
            Connection::Mysql(_) => "INSERT IGNORE",
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
        let ids = self.insert_bookkeeping_rows(insert, key, 1)?;
        ids.first().copied().ok_or(diesel::result::Error::NotFound)
    }

    /// Runs an INSERT of several rows; the keys the database gave them, in the rows' order.
    pub(super) fn insert_bookkeeping_rows(
        &mut self,
        insert: &Sql,
        key: &str,
        count: usize,
    ) -> QueryResult<Vec<i64>> {
        if self.has_returning() {
            let insert = insert
                .clone()
                .sql(&format!(" RETURNING CAST({key} AS CHAR) AS id"));
            let mut ids: Vec<i64> = self
                .read(insert)?
                .iter()
                .filter_map(|row| row.text(0).parse().ok())
                .collect();
            ids.sort_unstable();
            return Ok(ids);
        }
        self.write_bookkeeping(insert.clone())?;
        // The first key of the statement; the server gives the rows of one INSERT … VALUES keys in a row.
        let rows = self.read(Sql::new(
            "SELECT CAST(LAST_INSERT_ID() AS CHAR) AS id, CAST(@@auto_increment_increment AS CHAR) AS step",
        ))?;
        let number = |column| {
            rows.first()
                .and_then(|row| row.text(column).parse::<i64>().ok())
                .unwrap_or_default()
        };
        Ok((0..)
            .map(|place| number(0) + place * number(1).max(1))
            .take(count)
            .collect())
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
        match self.connection {
            Connection::Sqlite(_) => self.batch("BEGIN IMMEDIATE"),
            Connection::Mysql(_) => self.batch("BEGIN"),
        }
    }
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
