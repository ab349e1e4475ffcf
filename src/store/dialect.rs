//! Where SQLite and MariaDB differ in their SQL.

use super::history::Values;
use super::interrupted::LastKey;
use super::sql::{Sql, TextRow};
use super::{Connection, Db, QueryResult, Seen};
use crate::now::{self, Clock};

impl Db {
    /// The beginning of an INSERT that passes over rows whose key is taken.
    pub(super) fn insert_ignore(&self) -> &'static str {
        match self.connection {
            Connection::Sqlite(_) => "INSERT OR IGNORE",
            Connection::Mysql(_) => "INSERT IGNORE",
        }
    }

    /// Has a MariaDB take the time that calls see for the stamps which it makes itself. SQLite is given it with each.
    ///
    /// # Errors
    /// The database failed.
    pub(super) fn follow_clock(&mut self) -> QueryResult<()> {
        if !now::is_adjustable() || self.is_sqlite() {
            return Ok(());
        }
        let time = match now::clock() {
            Clock::Real => "DEFAULT".to_owned(),
            Clock::Fixed(_) | Clock::Shifted(_) => now::now().timestamp().to_string(),
        };
        self.batch(&format!("SET timestamp = {time}"))
    }

    /// The end of a SELECT that sees what others have committed meanwhile, and keeps it so until our own end.
    pub(super) fn latest(&self) -> &'static str {
        match self.connection {
            // The one writer has the file for itself.
            Connection::Sqlite(_) => "",
            Connection::Mysql(_) => " LOCK IN SHARE MODE",
        }
    }

    /// The end of a SELECT whose rows the transaction is about to change.
    pub(super) fn for_update(&self) -> &'static str {
        match self.connection {
            // The one writer has the file for itself.
            Connection::Sqlite(_) => "",
            Connection::Mysql(_) => " FOR UPDATE",
        }
    }

    /// Whether an INSERT … SELECT leaves a gap behind the keys it gives: InnoDB reserves them in advance.
    pub(super) fn reserves_keys(&self) -> bool {
        self.transactional && matches!(self.connection, Connection::Mysql(_))
    }

    /// Runs an INSERT of one row of the API's own bookkeeping; the key the database gave it.
    pub(super) fn insert_bookkeeping(
        &mut self,
        insert: &Sql,
        key: &'static str,
    ) -> QueryResult<i64> {
        let keys = self.insert_bookkeeping_rows(insert.clone(), key, 1)?;
        keys.first().copied().ok_or(diesel::result::Error::NotFound)
    }

    /// Runs an INSERT … VALUES of so many rows; the keys the database gave them, in the rows' order.
    pub(super) fn insert_bookkeeping_rows(
        &mut self,
        insert: Sql,
        key: &'static str,
        count: usize,
    ) -> QueryResult<Vec<i64>> {
        self.last_key = None;
        let keys: Vec<i64> = if let Connection::Mysql(_) = self.connection
            && self.returning
        {
            given_keys(&self.read(returning(insert, key))?)
        } else {
            self.write_bookkeeping(&insert)?;
            let (first, step) = match self.connection {
                // RETURNING would make a table for the rows.
                Connection::Sqlite(_) => {
                    let rows =
                        self.read(Sql::new("SELECT CAST(last_insert_rowid() AS CHAR) AS id"))?;
                    let last = rows.first().map_or(0, |row| number(row, 0));
                    (last + 1 - i64::try_from(count).unwrap_or(i64::MAX), 1)
                }
                Connection::Mysql(_) => self.last_insert_id()?,
            };
            (0..)
                .map(|place| first + place * step)
                .take(count)
                .collect()
        };
        self.last_key = keys.first().map(|first| LastKey::of(*first, key));
        Ok(keys)
    }

    /// Whether an INSERT can be under way while other connections are used: [`Db::send_bookkeeping_rows`].
    pub(super) fn can_send(&self) -> bool {
        matches!(self.connection, Connection::Mysql(_)) && self.returning
    }

    /// Sends an INSERT … VALUES of the API's own bookkeeping whose keys are taken later, and does not wait for its end. Until
    /// then this connection is asked nothing else.
    pub(super) fn send_bookkeeping_rows(
        &mut self,
        insert: Sql,
        key: &'static str,
    ) -> QueryResult<()> {
        self.last_key = None;
        let insert = returning(insert, key);
        self.keep(&insert);
        match &mut self.connection {
            Connection::Mysql(connection) => connection.send(insert),
            Connection::Sqlite(_) => Err(diesel::result::Error::NotFound),
        }
    }

    /// Waits for the INSERT that was sent; the keys the database gave its rows, in the rows' order.
    pub(super) fn receive_keys(&mut self) -> QueryResult<Vec<i64>> {
        match &mut self.connection {
            Connection::Mysql(connection) => Ok(given_keys(&connection.receive()?)),
            Connection::Sqlite(_) => Err(diesel::result::Error::NotFound),
        }
    }

    /// MariaDB's first key of the last INSERT on this connection, and the step to the next key.
    pub(super) fn last_insert_id(&mut self) -> QueryResult<(i64, i64)> {
        let rows = self.read(Sql::new(
            "SELECT CAST(LAST_INSERT_ID() AS CHAR) AS id, CAST(@@auto_increment_increment AS CHAR) AS step",
        ))?;
        let row = rows.first().ok_or(diesel::result::Error::NotFound)?;
        Ok((number(row, 0), number(row, 1).max(1)))
    }

    /// How many rows one INSERT of the API's own bookkeeping adds at the most. The statement is kept prepared for each
    /// count.
    pub(super) fn rows_at_once(&self) -> usize {
        match self.connection {
            Connection::Sqlite(_) => 64,
            Connection::Mysql(_) => 512,
        }
    }

    /// Whether INSERT … RETURNING is understood.
    pub(super) fn has_returning(&self) -> bool {
        match self.connection {
            Connection::Sqlite(_) => true,
            Connection::Mysql(_) => self.returning,
        }
    }

    /// Why the server cannot serve, though it answers: it is a node that has lost its cluster, or is behind it.
    pub(super) fn not_ready(&mut self) -> QueryResult<Option<String>> {
        self.ping()?;
        if !self.is_cluster {
            return Ok(None);
        }
        let mut state = |name: &str| -> QueryResult<String> {
            let rows = self.read(Sql::new(format!("SHOW GLOBAL STATUS LIKE '{name}'")))?;
            Ok(rows
                .first()
                .map_or_else(String::new, |row| row.text(1).to_owned()))
        };
        let cluster = state("wsrep_cluster_status")?;
        let node = state("wsrep_local_state_comment")?;
        let is_ready = cluster == "Primary" && node == "Synced";
        Ok((!is_ready).then(|| format!("the node is {node} in a cluster that is {cluster}")))
    }

    /// Writes, and deletes it again: for a health check after a change has failed. A `did_id` and an `admin_log_id` are used
    /// up.
    pub(super) fn try_a_write(&mut self) -> QueryResult<()> {
        if self.transactional {
            self.begin()?;
            let written = self.batch(
                "INSERT INTO vicidial_inbound_dids (did_pattern) VALUES ('vicishim health check')",
            );
            self.roll_back()?;
            written?;
        } else {
            // On MyISAM the DID would be seen: the table is only checked, and read by both of its keys.
            let rows = self.read(Sql::new("CHECK TABLE vicidial_inbound_dids FAST QUICK"))?;
            if let Some(row) = rows
                .iter()
                .find(|row| row.text(2).eq_ignore_ascii_case("error"))
            {
                let error = row.text(3).to_owned();
                return Err(diesel::result::Error::QueryBuilderError(error.into()));
            }
            for key in ["did_id", "did_pattern"] {
                self.read(Sql::new(format!(
                    "SELECT did_pattern FROM vicidial_inbound_dids ORDER BY {key} DESC LIMIT 1"
                )))?;
            }
        }
        // As large as a copy's rows: a disk that has just a page left is full.
        let insert = Sql::new(
            "INSERT INTO vicidial_admin_log (event_date, user, ip_address, event_section, record_id, event_code, event_notes) \
             VALUES (CURRENT_TIMESTAMP, '', '', 'API', '', 'health check', ",
        )
        .bind("-".repeat(HEALTH_BYTES))
        .sql(")");
        let key = self.insert_bookkeeping(&insert, "admin_log_id")?;
        let delete = Sql::new("DELETE FROM vicidial_admin_log WHERE admin_log_id = ").bind(key);
        self.write_bookkeeping(&delete).map(drop)
    }

    /// Begins the transaction of a batch. SQLite takes its write lock at once, so that no later statement waits for it.
    pub(super) fn begin(&mut self) -> QueryResult<()> {
        self.seen = Seen::default();
        self.logs.begin();
        match self.connection {
            Connection::Sqlite(_) => self.batch("BEGIN IMMEDIATE"),
            Connection::Mysql(_) if self.is_cluster => {
                self.batch("SET autocommit = 0")?;
                self.batch("BEGIN")?;
                self.batch("SAVEPOINT vicishim")
            }
            Connection::Mysql(_) => self.batch("BEGIN"),
        }
    }

    /// Whether the transaction is the one that [`Db::begin`] began, to be asked before it is committed. Where a node aborts
    /// a transaction while it sends a statement's rows, it reports no error: the statements after it are a new one's.
    ///
    /// # Errors
    /// It is not, and nothing of what was written is committed. [`Db::is_in_conflict`] is so then.
    pub(super) fn check_is_whole(&mut self) -> QueryResult<()> {
        match self.is_cluster {
            true => self.batch("RELEASE SAVEPOINT vicishim"),
            false => Ok(()),
        }
    }

    /// Commits what [`Db::check_is_whole`] has found whole.
    pub(super) fn commit(&mut self) -> QueryResult<()> {
        self.batch("COMMIT")?;
        self.end_transaction();
        Ok(())
    }

    /// Takes the transaction back.
    pub(super) fn roll_back(&mut self) -> QueryResult<()> {
        self.batch("ROLLBACK")?;
        self.end_transaction();
        Ok(())
    }

    /// What is written from now on needs no commit. Where this fails the connection does, and the next statement says so.
    fn end_transaction(&mut self) {
        if self.is_cluster {
            self.batch("SET autocommit = 1").ok();
        }
    }
}

/// An INSERT that answers with the keys it gave.
fn returning(insert: Sql, key: &str) -> Sql {
    insert.sql(&format!(" RETURNING CAST({key} AS CHAR) AS id"))
}

/// The keys that one has answered with, in the order of its rows.
fn given_keys(rows: &[TextRow]) -> Vec<i64> {
    let mut keys: Vec<i64> = rows.iter().map(|row| number(row, 0)).collect();
    keys.sort_unstable();
    keys
}

/// The defaults of a table's columns, as a row has them that leaves them out; without those that are not fixed.
///
/// # Errors
/// The database cannot be read.
pub(super) fn defaults(db: &mut Db, table: &str) -> QueryResult<Values> {
    let query = match db.connection {
        Connection::Sqlite(_) => {
            Sql::new("SELECT name AS c0, dflt_value AS c1 FROM pragma_table_info(")
                .bind(table)
                .sql(")")
        }
        Connection::Mysql(_) => Sql::new(
            "SELECT CAST(column_name AS CHAR) AS c0, CAST(column_default AS CHAR) AS c1 \
             FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ",
        )
        .bind(table),
    };
    let mut defaults = Values::new();
    for row in db.read(query)? {
        let value = match row.value(1) {
            None | Some("NULL") => None,
            Some(text) if text.contains('(') || text.starts_with("CURRENT") => continue,
            // A MySQL writes no quotes.
            Some(text) => Some(text.trim_matches('\'').replace("''", "'")),
        };
        defaults.insert(row.text(0).to_owned(), value);
    }
    Ok(defaults)
}

/// How many bytes a health check writes.
const HEALTH_BYTES: usize = 256 * 1024;

/// A column that holds a number.
pub(super) fn number(row: &TextRow, column: usize) -> i64 {
    row.text(column).parse().unwrap_or_default()
}

/// Where the texts end that begin with another one, in SQLite's comparison: no character comes after it.
const LAST: char = char::MAX;

/// Where they begin: no character comes before it, and a text counts as if it ended in spaces, which come after it.
const FIRST: char = '\t';

/// How many of [`FIRST`] are more than a text has: the widest of VICIdial's columns that are searched so has 255 letters.
const MANY: usize = 256;

/// The character that takes `%` and `_` their meaning in a LIKE.
const ESCAPE: char = '|';

impl Db {
    /// Adds the condition that a column's text begins with this one, literally, whatever case and accents, and comes
    /// after `after`, which begins so too. It uses the column's index. Letters are compared one by one, as LIKE does.
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
                query.push_sql(&format!("{column} > "));
                query.push_bind(match after {
                    Some(after) => after.to_owned(),
                    None => format!("{text}{}", FIRST.to_string().repeat(MANY)),
                });
                query.push_sql(&format!(" AND {column} < "));
                query.push_bind(format!("{text}{LAST}"));
                query.push_sql(&format!(" AND begins_with({column}, "));
                query.push_bind(text);
                query.push_sql(")");
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

    /// An indexed column as rows are ordered by it that are looked for in the whole table. MariaDB would follow the index from row
    /// to row for a short page, which takes five times as long where few rows fit: an expression has it read the table as it lies.
    pub(super) fn order_in_a_search(&self, column: &str) -> String {
        match self.connection {
            Connection::Sqlite(_) => column.to_owned(),
            Connection::Mysql(_) => format!("COALESCE({column})"),
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
                self.check_is_whole()?;
                self.commit()?;
                Ok(value)
            }
            Err(error) => {
                // What went wrong first is told: where its disk is full, SQLite has rolled back by itself.
                self.roll_back().ok();
                Err(error)
            }
        }
    }
}
