//! Changes of data. Where the tables have transactions, a statement that fails is taken back with its call. VICIdial's own
//! MyISAM tables have none: there a statement that was interrupted (`KILL QUERY`, `max_statement_time`, a full disk) may
//! have done its work, a part of it, or nothing. So what became of it is looked up, and it is run again until it is done.
//! What a call added before it failed for good is deleted again. Where neither is possible [`Writes`] says so, and the
//! caller is told to look.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error};

use super::dialect::number;
use super::history::{note, note_added, note_added_many, watch};
use super::mysql::Identity;
use super::sql::{Sql, name};
use super::{Connection, Db, QueryResult};
use crate::log_limit;

/// How often a statement is run that was interrupted.
const TRIES: usize = 4;

/// How often it is looked whether a connection that was killed has ended, and how long between two looks.
const ENDED_WITHIN: usize = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// Errors of MariaDB that a statement ends with before it changes its first row: no privilege, no such table or column,
/// a lock that was not given, a value that does not fit, a server that is read-only. Every other error may come later.
const BEFORE_ANY_CHANGE: &[u32] = &[
    1036, 1044, 1045, 1048, 1054, 1064, 1099, 1100, 1142, 1143, 1146, 1205, 1213, 1223, 1227, 1264,
    1265, 1290, 1364, 1366, 1406, 1792, 1836,
];

/// What the call under way has changed, for tables that cannot take anything back.
#[derive(Debug, Default)]
pub(super) struct Writes {
    /// Rows that it added: they can be deleted again.
    added: Vec<Added>,
    /// It changed something that cannot be brought back.
    is_final: bool,
    /// A statement failed, and what it did is not known.
    is_unknown: bool,
}

/// Rows that were added.
#[derive(Debug)]
struct Added {
    table: &'static str,
    key: &'static str,
    keys: Vec<i64>,
}

/// A table whose rows get their key from the database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keyed {
    /// Its name.
    pub(super) table: &'static str,
    /// Its key's column.
    pub(super) key: &'static str,
}

/// The key that a connection's last INSERT was given first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastKey {
    key: i64,
    /// The key's column, where it is known: keys of two tables may be the same number.
    column: Option<&'static str>,
}

impl LastKey {
    /// The first key of an INSERT into the table that has this key's column.
    pub(super) fn of(key: i64, column: &'static str) -> Self {
        let column = Some(column);
        Self { key, column }
    }
}

/// What became of an INSERT that failed, as the connection's last key tells.
pub(super) enum Began {
    /// It was given no key: it has added nothing.
    No,
    /// It was given keys, from this one on, that far apart.
    With(i64, i64),
    /// It has added nothing, or rows from this key on: the row added before, to another table, has the same key.
    Perhaps(i64, i64),
    /// The connection cannot be asked.
    Unknown,
}

/// What an INSERT that failed has left.
enum Left {
    /// Nothing, and it will not do better the next time.
    Nothing,
    /// Nothing: it was interrupted before its first row.
    NothingYet,
    /// Rows, from this key on.
    Rows(i64),
    /// That cannot be known.
    Unknown,
}

/// What a statement that failed has done.
enum Failure {
    /// Nothing.
    ChangedNothing,
    /// Perhaps something. The connection is there, so it can be looked up.
    Interrupted,
    /// Perhaps something, and the connection is gone: the server may still be at it.
    ConnectionLost,
}

impl Db {
    /// Runs an UPDATE, or an INSERT of one row whose key is among its values; the count of rows it found or added.
    ///
    /// # Errors
    /// The database cannot be written. A key that is taken is a unique violation.
    pub(crate) fn write(&mut self, sql: &Sql) -> QueryResult<usize> {
        let watched = watch(self, sql)?;
        let count = self.write_unwatched(sql)?;
        note(self, watched)?;
        Ok(count)
    }

    fn write_unwatched(&mut self, sql: &Sql) -> QueryResult<usize> {
        let error = match self.write_bookkeeping(sql) {
            Err(error) if !self.transactional && !is_taken(&error) => error,
            done => return self.finally(done),
        };
        self.again(error, |db, _| match db.write_bookkeeping(sql) {
            // The interrupted statement has added the row, or somebody else did meanwhile.
            Err(error) if is_taken(&error) => Again::Unknown(error),
            done => Again::from(done),
        })
        .and_then(|done| self.finally(Ok(done)))
    }

    /// Runs a DELETE that is to find so many rows; the count of rows it deleted.
    ///
    /// # Errors
    /// The database cannot be written.
    pub(crate) fn delete(&mut self, sql: &Sql, expected: usize) -> QueryResult<usize> {
        let watched = watch(self, sql)?;
        let count = self.delete_unwatched(sql, expected)?;
        note(self, watched)?;
        Ok(count)
    }

    fn delete_unwatched(&mut self, sql: &Sql, expected: usize) -> QueryResult<usize> {
        let error = match self.write_bookkeeping(sql) {
            Err(error) if !self.transactional => error,
            done => return self.finally(done),
        };
        self.again(error, |db, error| match db.write_bookkeeping(sql) {
            // The interrupted statement has deleted the others, or somebody else did meanwhile.
            Ok(count) if count != expected => Again::Unknown(error),
            done => Again::from(done),
        })
        .and_then(|done| self.finally(Ok(done)))
    }

    /// Checks that a DELETE which has found no row has left none. A MariaDB may answer so, without an error, where the
    /// statement was interrupted (seen on 10.11 with `KILL QUERY`, on InnoDB, MyISAM and Aria).
    ///
    /// # Errors
    /// There is such a row: the statement was interrupted. Or it cannot be looked for.
    pub(super) fn check_found_nothing(&mut self, sql: &Sql) -> QueryResult<()> {
        if self.is_sqlite() {
            return Ok(());
        }
        let Some(query) = sql.row_to_delete() else {
            return Ok(());
        };
        let query = query.sql(self.latest());
        if self.read(query)?.is_empty() {
            return Ok(());
        }
        Err(Error::DatabaseError(
            DatabaseErrorKind::Unknown,
            Box::new("a DELETE was interrupted without an error".to_owned()),
        ))
    }

    /// Runs an INSERT of one row that gets its key from the database; that key. No other row has this value in this column.
    ///
    /// # Errors
    /// The database cannot be written. A unique value that is taken is a unique violation, and so is the end of the keys.
    pub(super) fn insert(
        &mut self,
        insert: &Sql,
        into: Keyed,
        column: &str,
        value: &str,
    ) -> QueryResult<i64> {
        let key = self.insert_unwatched(insert, into, column, value)?;
        note_added(self, insert, into.table, (into.key, key))?;
        Ok(key)
    }

    fn insert_unwatched(
        &mut self,
        insert: &Sql,
        into: Keyed,
        column: &str,
        value: &str,
    ) -> QueryResult<i64> {
        let before = self.known_last_key()?;
        let mut tries = 1..=TRIES;
        loop {
            let error = match self.insert_bookkeeping(insert, into.key) {
                Err(error) if !self.transactional && !is_taken(&error) => error,
                done => return done.inspect(|key| self.has_added(into, vec![*key])),
            };
            match self.left_by_insert(before, into, column, &[value]) {
                Left::Rows(key) => {
                    self.has_added(into, vec![key]);
                    return Ok(key);
                }
                Left::NothingYet if tries.next().is_some() => self.last_key = before,
                Left::Nothing | Left::NothingYet => return Err(error),
                Left::Unknown => {
                    self.writes.is_unknown = true;
                    return Err(error);
                }
            }
        }
    }

    /// Runs an INSERT of many rows that passes over those that are there; key and name of the rows it added. `wanted`
    /// are the names of all, in the statement's order.
    ///
    /// # Errors
    /// The database cannot be written.
    pub(super) fn insert_many(
        &mut self,
        insert: &Sql,
        into: Keyed,
        column: &str,
        wanted: &[&str],
    ) -> QueryResult<Vec<(i64, String)>> {
        let added = self.insert_many_unwatched(insert, into, column, wanted)?;
        note_added_many(self, &added);
        Ok(added)
    }

    fn insert_many_unwatched(
        &mut self,
        insert: &Sql,
        into: Keyed,
        column: &str,
        wanted: &[&str],
    ) -> QueryResult<Vec<(i64, String)>> {
        let (mut rows, mut before) = (Vec::new(), self.known_last_key()?);
        let mut tries = 1..=TRIES;
        loop {
            let error = match self.insert_many_once(insert, into, column, wanted) {
                Err(error) if !self.transactional => error,
                done => {
                    return done.map(|last| {
                        rows.extend(last);
                        self.has_added(into, keys_of(&rows));
                        rows
                    });
                }
            };
            let left = match self.left_by_insert(before, into, column, wanted) {
                Left::Rows(first) => {
                    let more = self.rows_in_a_row(first, into, column, wanted);
                    more.map(|more| (Some(LastKey::of(first, into.key)), more))
                }
                Left::NothingYet => Ok((before, Vec::new())),
                Left::Nothing => {
                    self.has_added(into, keys_of(&rows));
                    return Err(error);
                }
                Left::Unknown => Err(Error::NotFound),
            };
            let Ok((first, more)) = left else {
                self.writes.is_unknown = true;
                return Err(error);
            };
            // As long as it comes forward it goes on.
            let is_over = more.is_empty() && tries.next().is_none();
            rows.extend(more);
            if is_over {
                self.has_added(into, keys_of(&rows));
                return Err(error);
            }
            before = first;
            self.last_key = first;
        }
    }

    fn insert_many_once(
        &mut self,
        insert: &Sql,
        Keyed { table, key }: Keyed,
        column: &str,
        wanted: &[&str],
    ) -> QueryResult<Vec<(i64, String)>> {
        let before = self.last_key.take();
        if self.has_returning() {
            let returning = format!(" RETURNING CAST({key} AS CHAR) AS id, {}", name(column));
            let rows = self.read(insert.clone().sql(&returning))?;
            let rows: Vec<_> = rows
                .into_iter()
                .map(|row| (number(&row, 0), row.text(1).to_owned()))
                .collect();
            let first = rows.iter().map(|(key, _)| *key).min();
            self.last_key = first.map(|first| LastKey::of(first, key)).or(before);
            return Ok(rows);
        }
        if self.write_bookkeeping(insert)? == 0 {
            self.last_key = before;
            return Ok(Vec::new());
        }
        let (first, _) = self.last_insert_id()?;
        self.last_key = Some(LastKey::of(first, key));
        if !self.transactional {
            return self.rows_in_a_row(first, Keyed { table, key }, column, wanted);
        }
        // Rows that others add meanwhile are not seen by this transaction.
        self.rows_from(first, Keyed { table, key }, column, wanted)
    }

    /// The rows of these names from that key on, by their key.
    fn rows_from(
        &mut self,
        first: i64,
        Keyed { table, key }: Keyed,
        column: &str,
        wanted: &[&str],
    ) -> QueryResult<Vec<(i64, String)>> {
        let column = name(column);
        let query = Sql::new(format!(
            "SELECT CAST({key} AS CHAR) AS id, {column} FROM {table} WHERE {key} >= "
        ))
        .bind(first)
        .sql(&format!(" AND {column} IN ("))
        .bind_list(wanted.iter().copied())
        .sql(&format!(") ORDER BY {table}.{key}"));
        let rows = self.read(query)?;
        Ok(rows
            .into_iter()
            .map(|row| (number(&row, 0), row.text(1).to_owned()))
            .collect())
    }

    /// The rows that one statement added to a MyISAM table, from its first key on: it holds the table for itself, so
    /// their keys follow each other, in the order in which it was given them.
    fn rows_in_a_row(
        &mut self,
        first: i64,
        into: Keyed,
        column: &str,
        wanted: &[&str],
    ) -> QueryResult<Vec<(i64, String)>> {
        let (_, step) = self.last_insert_id()?;
        let found = self.rows_from(first, into, column, wanted)?;
        let mut names = wanted.iter();
        let mut expected = first;
        let of_this_statement = found.into_iter().take_while(|(key, found)| {
            let follows = *key == expected && names.any(|name| name == found);
            expected = key + step;
            follows
        });
        Ok(of_this_statement.collect())
    }

    /// The key of the row that this connection added last, to tell whether the next INSERT adds one. Nothing to know where
    /// a statement that fails leaves nothing.
    pub(super) fn known_last_key(&mut self) -> QueryResult<Option<LastKey>> {
        if !self.transactional && self.last_key.is_none() {
            let (key, _) = self.last_insert_id()?;
            let column = None;
            self.last_key = Some(LastKey { key, column });
        }
        Ok(self.last_key)
    }

    /// Whether an INSERT that has failed was given keys, where the last key before it was this one: MariaDB gives a
    /// statement's first key away with its first row.
    pub(super) fn began_insert(&mut self, before: Option<LastKey>, column: &str) -> Began {
        match (before, self.last_insert_id()) {
            (None, _) | (_, Err(_)) => Began::Unknown,
            (Some(before), Ok((key, step))) if key != before.key => Began::With(key, step),
            (Some(before), Ok(_)) if before.column == Some(column) => Began::No,
            (Some(_), Ok((key, step))) => Began::Perhaps(key, step),
        }
    }

    /// What an INSERT of these names that has failed left, where the last key before it was this one.
    fn left_by_insert(
        &mut self,
        before: Option<LastKey>,
        into: Keyed,
        column: &str,
        wanted: &[&str],
    ) -> Left {
        match self.failure() {
            Failure::ChangedNothing => return Left::Nothing,
            Failure::ConnectionLost => return Left::Unknown,
            Failure::Interrupted => {}
        }
        match self.began_insert(before, into.key) {
            Began::No => Left::NothingYet,
            Began::With(key, _) => Left::Rows(key),
            Began::Unknown => Left::Unknown,
            // A row of that key and one of these names may be older, or this statement's.
            Began::Perhaps(key, _) => match self.rows_from(key, into, column, wanted) {
                Ok(rows) if rows.iter().all(|(found, _)| *found != key) => Left::NothingYet,
                Ok(_) | Err(_) => Left::Unknown,
            },
        }
    }

    /// Runs a statement again that failed, as long as it is interrupted; notes where its end is not known.
    fn again<T>(
        &mut self,
        mut error: Error,
        mut run: impl FnMut(&mut Self, Error) -> Again<T>,
    ) -> QueryResult<T> {
        let mut was_interrupted = false;
        for _ in 1..TRIES {
            match self.failure() {
                Failure::ChangedNothing if !was_interrupted => return Err(error),
                Failure::ChangedNothing | Failure::ConnectionLost => break,
                Failure::Interrupted => {}
            }
            was_interrupted = true;
            log_limit::warn!("a statement was interrupted and is looked after: {error}");
            match run(self, error) {
                Again::Done(value) => return Ok(value),
                Again::Failed(again) => error = again,
                Again::Unknown(last) => {
                    error = last;
                    break;
                }
            }
        }
        self.writes.is_unknown = true;
        Err(error)
    }

    /// What the statement that has just failed did.
    fn failure(&mut self) -> Failure {
        match self.error_code() {
            Some(code) if BEFORE_ANY_CHANGE.contains(&code) => Failure::ChangedNothing,
            Some(_) => Failure::Interrupted,
            // Asking for it may have been interrupted itself.
            None if self.ping().is_ok() => Failure::Interrupted,
            None => Failure::ConnectionLost,
        }
    }

    /// Whether the statement that has just failed was in conflict with another transaction, here or on another node of a
    /// cluster: tried again, it may succeed.
    pub(super) fn is_in_conflict(&mut self) -> bool {
        /// The transaction is not there any more, and its savepoint neither.
        const SAVEPOINT_GONE: u32 = 1305;
        const DEADLOCK: u32 = 1213;
        !self.is_sqlite() && matches!(self.error_code(), Some(DEADLOCK | SAVEPOINT_GONE))
    }

    /// MariaDB's number of the error that the last statement ended with; none where it cannot be asked.
    fn error_code(&mut self) -> Option<u32> {
        self.batch("GET DIAGNOSTICS CONDITION 1 @vicishim_error = MYSQL_ERRNO")
            .ok()?;
        let query = Sql::new("SELECT CAST(@vicishim_error AS CHAR) AS code");
        let rows = self.read(query).ok()?;
        Some(rows.first()?.text(0).parse().unwrap_or(0))
    }

    /// Notes a change that cannot be brought back on MyISAM.
    fn finally(&mut self, done: QueryResult<usize>) -> QueryResult<usize> {
        self.changes += u64::from(done.is_ok());
        self.writes.is_final |= done.as_ref().is_ok_and(|count| *count > 0);
        done
    }

    fn has_added(&mut self, Keyed { table, key }: Keyed, keys: Vec<i64>) {
        self.changes += 1;
        if !self.transactional && !keys.is_empty() {
            self.writes.added.push(Added { table, key, keys });
        }
    }

    /// Begins a call on tables that cannot take anything back.
    pub(super) fn begin_unprotected(&mut self) {
        self.writes = Writes::default();
    }

    /// Takes back what a call has done that failed; whether nothing of it is left, for certain.
    pub(super) fn take_back(&mut self) -> bool {
        let Writes {
            added,
            is_final,
            is_unknown,
        } = std::mem::take(&mut self.writes);
        if is_final || is_unknown {
            return false;
        }
        added.into_iter().all(|rows| self.delete_again(&rows))
    }

    fn delete_again(&mut self, Added { table, key, keys }: &Added) -> bool {
        let those = |statement: String| {
            Sql::new(format!("{statement} FROM {table} WHERE {key} IN ("))
                .bind_list(keys.iter().copied())
                .sql(")")
        };
        for _ in 0..TRIES {
            let deleted = self.write_bookkeeping(&those("DELETE".to_owned()));
            let left = self.read(those(format!("SELECT CAST({key} AS CHAR) AS id")));
            match (deleted, left) {
                (Ok(_), Ok(rows)) if rows.is_empty() => {
                    log_limit::warn!("{} rows of {table} were taken back", keys.len());
                    return true;
                }
                _ => {}
            }
        }
        log_limit::error!(
            "{} rows of {table} cannot be taken back, from {key} {:?} on",
            keys.len(),
            keys.first()
        );
        false
    }

    /// Ends an earlier connection to the same server, on which no answer came: it may still be at a statement, and hold
    /// locks. Whether it has certainly ended.
    pub(super) fn end(&mut self, last: &Identity) -> bool {
        if self
            .identity
            .as_ref()
            .is_none_or(|this| this.server != last.server)
        {
            return false;
        }
        for attempt in 0..ENDED_WITHIN {
            // Also by its client, lest it is another one's after a restart of the server.
            let query = Sql::new("SELECT host FROM information_schema.processlist WHERE id = ")
                .bind(last.id)
                .sql(" AND host = ")
                .bind(last.client.as_str());
            match self.read(query) {
                Ok(rows) if rows.is_empty() => return true,
                Ok(_) if attempt == 0 => {
                    // It may end by itself meanwhile.
                    self.batch(&format!("KILL {}", last.id)).ok();
                }
                Ok(_) => std::thread::sleep(PAUSE),
                Err(_) => return false,
            }
        }
        false
    }

    /// Whether this is SQLite, which has one writer.
    pub(super) fn is_sqlite(&self) -> bool {
        matches!(self.connection, Connection::Sqlite(_))
    }
}

/// What became of a statement that was run again.
enum Again<T> {
    /// It is done, now or by the run that was interrupted.
    Done(T),
    /// It failed once more.
    Failed(Error),
    /// It cannot be known.
    Unknown(Error),
}

impl<T> From<QueryResult<T>> for Again<T> {
    fn from(done: QueryResult<T>) -> Self {
        match done {
            Ok(value) => Self::Done(value),
            Err(error) => Self::Failed(error),
        }
    }
}

/// Whether a unique value was taken: the statement has changed nothing.
pub(super) fn is_taken(error: &Error) -> bool {
    matches!(
        error,
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)
    )
}

fn keys_of(rows: &[(i64, String)]) -> Vec<i64> {
    rows.iter().map(|(key, _)| *key).collect()
}
