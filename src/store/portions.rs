//! Reading more rows than the memory may hold, for the command line.

use diesel::RunQueryDsl;
use diesel::connection::DefaultLoadingMode;
use diesel::result::Error;

use super::sql::{Sql, TextRow, name};
use super::{Connection, Db, limits};

/// Rows that are read at a time.
const ROWS: usize = 500;

impl Db {
    /// Reads these columns of all rows of a table, every value as text, by one statement: as they are at one moment. `order` ends
    /// it. The rows are passed on some at a time. A MariaDB copies them first, so that a MyISAM table is not locked for longer than
    /// that takes.
    ///
    /// # Errors
    /// The database cannot be read, or who takes the rows takes no more.
    pub(super) fn read_in_portions<'n, E: From<Error>>(
        &mut self,
        table: &str,
        columns: impl Iterator<Item = &'n str>,
        order: &str,
        mut take: impl FnMut(Vec<TextRow>) -> Result<(), E>,
    ) -> Result<(), E> {
        let columns = columns.map(|column| format!("CAST({0} AS CHAR) AS {0}", name(column)));
        let columns = columns.collect::<Vec<_>>().join(", ");
        let rest = format!("{columns} FROM {}{order}", name(table));
        match &mut self.connection {
            Connection::Sqlite(connection) => {
                let query = Sql::new(format!("SELECT {rest}"));
                let found = query.load_iter::<TextRow, DefaultLoadingMode>(connection.as_mut());
                let mut found = found?;
                loop {
                    let portion: Result<Vec<TextRow>, Error> = found.by_ref().take(ROWS).collect();
                    let portion = portion?;
                    // Once it has ended, SQLite would begin it again.
                    let is_last = portion.len() < ROWS;
                    take(portion)?;
                    if is_last {
                        return Ok(());
                    }
                }
            }
            Connection::Mysql(connection) => {
                let query = Sql::new(format!("SELECT SQL_BUFFER_RESULT {rest}"));
                connection.set_limit(limits::COMMAND);
                connection.stream(&query, ROWS, take)
            }
        }
    }
}
