//! Snapshots of all rows, for tests: taken and restored on the writer's connection, between the transactions of calls.
//!
//! They are temporary tables of that connection, which are in memory: no file is left behind, and a snapshot is lost with the
//! connection. Restoring deletes the rows that are not as they were and inserts those that are missing, so that little is
//! written where little was changed; the counters of AUTOINCREMENT come back too. All of it is one transaction, and readers
//! see none of it or all.

use chrono::DateTime;

use diesel::RunQueryDsl;

use super::sql::{Sql, TextRow, name as quoted, names};
use super::worker::Work;
use super::{Connection, Db, QueryResult, Seen};
use crate::now;

/// How many snapshots there may be: each is a copy of all rows in memory.
pub(crate) const MOST: usize = 20;

/// Where it is noted which snapshots there are.
const CONTENTS: &str = "temp.vicishim_snapshots";

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    number: i64,
    /// Its name; none for the rows that the server started with.
    pub(crate) name: Option<String>,
    /// When it was taken, in seconds since 1970.
    pub(crate) taken_at: i64,
    /// How many rows it has.
    pub(crate) rows: i64,
}

/// Why nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The database is no SQLite file: MariaDB cannot set its AUTO_INCREMENT counters back in a transaction.
    NotSqlite,
    /// There is no snapshot of that name.
    NoSuchSnapshot,
    /// The connection that held the snapshots was lost.
    Lost,
    /// There are [`MOST`] already.
    TooMany,
}

/// What is to be done with snapshots.
pub(crate) enum Request {
    /// Takes one of this name, in place of an earlier one; none for the rows that the server starts with.
    Take(Option<String>),
    /// Restores the one of this name; none for the rows that the server started with.
    Restore(Option<String>),
    /// Lists them.
    List,
}

impl Work for Request {
    type Answer = Result<Vec<Snapshot>, Refused>;

    fn run(&mut self, db: &mut Db) -> QueryResult<Self::Answer> {
        if !matches!(db.connection, Connection::Sqlite(_)) {
            return Ok(Err(Refused::NotSqlite));
        }
        // The log rows of calls in the same batch would come after it.
        db.check_alone()?;
        match self {
            Self::Take(name) => take(db, name.as_deref()),
            Self::Restore(name) => restore(db, name.as_deref()),
            Self::List => all(db).map(Ok),
        }
    }
}

/// Takes a snapshot of the rows that a server starts with.
///
/// # Errors
/// The database cannot be read.
pub(crate) fn take_first(db: &mut Db) -> QueryResult<Result<Vec<Snapshot>, Refused>> {
    db.begin()?;
    let taken = Request::Take(None).run(db)?;
    db.commit()?;
    Ok(taken)
}

fn take(db: &mut Db, name: Option<&str>) -> QueryResult<Result<Vec<Snapshot>, Refused>> {
    if name.is_none() {
        db.batch(&format!(
            "CREATE TABLE IF NOT EXISTS {CONTENTS} \
             (number INTEGER PRIMARY KEY, name TEXT UNIQUE, taken_at INTEGER, row_count INTEGER)"
        ))?;
    }
    let known = all(db)?;
    if name.is_some() && !known.iter().any(|one| one.name.is_none()) {
        return Ok(Err(Refused::Lost));
    }
    let before = known.iter().find(|one| one.name.as_deref() == name);
    if before.is_none() && known.len() >= MOST {
        return Ok(Err(Refused::TooMany));
    }
    let tables = tables(db)?;
    if let Some(before) = before {
        for table in &tables {
            db.batch(&format!("DROP TABLE {}", table.copy(before.number)))?;
        }
        db.batch(&format!(
            "DELETE FROM {CONTENTS} WHERE number = {}",
            before.number
        ))?;
    }
    let last = known.iter().map(|one| one.number).max();
    let number = last.unwrap_or(0) + 1;
    let mut rows = 0;
    for table in &tables {
        let copy = table.copy(number);
        db.batch(&format!("CREATE TABLE {copy} {}", table.copied_as()))?;
        db.batch(&format!(
            "INSERT INTO {copy} SELECT {} FROM main.{}",
            table.columns(),
            quoted(&table.name)
        ))?;
        rows += count(db, &copy)?;
    }
    let note = Sql::new(format!(
        "INSERT INTO {CONTENTS} (number, name, taken_at, row_count) VALUES ("
    ));
    let note = note.bind(number).sql(", ").bind(name.map(str::to_owned));
    let note = note.sql(", ").bind(now::real().timestamp());
    db.write_bookkeeping(&note.sql(", ").bind(rows).sql(")"))?;
    all(db).map(Ok)
}

fn restore(db: &mut Db, name: Option<&str>) -> QueryResult<Result<Vec<Snapshot>, Refused>> {
    let known = all(db)?;
    let Some(snapshot) = known.iter().find(|one| one.name.as_deref() == name) else {
        let is_lost = !known.iter().any(|one| one.name.is_none());
        return Ok(Err(match is_lost {
            true => Refused::Lost,
            false => Refused::NoSuchSnapshot,
        }));
    };
    for table in tables(db)? {
        let (copy, main) = (
            table.copy(snapshot.number),
            format!("main.{}", quoted(&table.name)),
        );
        let columns = table.columns();
        if count(db, &copy)? == 0 {
            db.batch(&format!("DELETE FROM {main}"))?;
            continue;
        }
        db.batch(&format!(
            "DELETE FROM {main} AS m WHERE NOT EXISTS (SELECT 1 FROM {copy} AS s WHERE {} AND {})",
            table.same_key(),
            table.same_row(),
        ))?;
        db.batch(&format!(
            "INSERT INTO {main} ({columns}) SELECT * FROM {copy} AS s \
             WHERE NOT EXISTS (SELECT 1 FROM {main} AS m WHERE {})",
            table.same_key(),
        ))?;
    }
    db.seen = Seen::default();
    Ok(Ok(known))
}

/// The snapshots there are, the oldest first.
fn all(db: &mut Db) -> QueryResult<Vec<Snapshot>> {
    let is_there =
        "SELECT CAST(count(*) AS TEXT) FROM temp.sqlite_master WHERE name = 'vicishim_snapshots'";
    if number(&read(db, is_there)?) == 0 {
        return Ok(Vec::new());
    }
    let rows = format!(
        "SELECT CAST(number AS TEXT), name, CAST(taken_at AS TEXT), CAST(row_count AS TEXT) \
         FROM {CONTENTS} ORDER BY taken_at, CAST(number AS INTEGER)"
    );
    let rows = read(db, &rows)?;
    let snapshot = |row: &TextRow| Snapshot {
        number: row.text(0).parse().unwrap_or_default(),
        name: row.value(1).map(str::to_owned),
        taken_at: row.text(2).parse().unwrap_or_default(),
        rows: row.text(3).parse().unwrap_or_default(),
    };
    Ok(rows.iter().map(snapshot).collect())
}

fn count(db: &mut Db, table: &str) -> QueryResult<i64> {
    let rows = read(db, &format!("SELECT CAST(count(*) AS TEXT) FROM {table}"))?;
    Ok(number(&rows))
}

/// Reads rows with a statement that is not kept prepared: these would take the places of those that calls run.
fn read(db: &mut Db, select: &str) -> QueryResult<Vec<TextRow>> {
    match &mut db.connection {
        Connection::Sqlite(connection) => Sql::new(select).load(connection.as_mut()),
        Connection::Mysql(_) => Err(diesel::result::Error::NotInTransaction),
    }
}

fn number(rows: &[TextRow]) -> i64 {
    let first = rows.first().map(|row| row.text(0));
    first.and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// A table that is copied.
struct Table {
    name: String,
    columns: Vec<String>,
    /// The columns of its primary key where it has no rowid.
    key: Option<Vec<String>>,
}

/// The tables with rows, the counters of AUTOINCREMENT among them: those last, as inserting moves them.
fn tables(db: &mut Db) -> QueryResult<Vec<Table>> {
    // What migrations were run is not a matter of rows.
    let listed = "SELECT l.name, CAST(l.wr AS TEXT), c.name, CAST(c.pk AS TEXT) \
                  FROM pragma_table_list AS l JOIN pragma_table_info(l.name, 'main') AS c \
                  WHERE l.schema = 'main' AND l.type = 'table' AND l.name <> '__diesel_schema_migrations' \
                  AND l.name NOT IN ('sqlite_schema', 'sqlite_stat1') \
                  ORDER BY l.name = 'sqlite_sequence', l.name, c.cid";
    let mut tables: Vec<Table> = Vec::new();
    for row in read(db, listed)? {
        let (name, column) = (row.text(0), row.text(2).to_owned());
        if tables.last().is_none_or(|last| last.name != name) {
            tables.push(Table {
                name: name.to_owned(),
                columns: Vec::new(),
                key: (row.text(1) == "1").then(Vec::new),
            });
        }
        if let Some(table) = tables.last_mut() {
            if let Some(key) = table.key.as_mut().filter(|_| row.text(3) != "0") {
                key.push(column.clone());
            }
            table.columns.push(column);
        }
    }
    Ok(tables)
}

impl Table {
    /// The table that holds its rows in a snapshot.
    fn copy(&self, number: i64) -> String {
        format!(
            "temp.{}",
            quoted(&format!("snapshot {number} {}", self.name))
        )
    }

    /// How the rows are kept: without types, so that every value stays what it is, and found by the same key.
    fn copied_as(&self) -> String {
        let columns = names(self.columns.iter().map(String::as_str));
        match &self.key {
            Some(key) => {
                let key = names(key.iter().map(String::as_str));
                format!("({columns}, PRIMARY KEY ({key})) WITHOUT ROWID")
            }
            None => format!("(rowid_of_row INTEGER PRIMARY KEY, {columns})"),
        }
    }

    /// Its columns, with the rowid where it has one: rows that are read without an order come in that one.
    fn columns(&self) -> String {
        let columns = names(self.columns.iter().map(String::as_str));
        match self.key {
            Some(_) => columns,
            None => format!("rowid, {columns}"),
        }
    }

    /// That `s`, of the snapshot, and `m`, of the table, are rows of the same key.
    fn same_key(&self) -> String {
        match &self.key {
            Some(key) => each(key, |name| format!("s.{name} = m.{name}")),
            None => "s.rowid_of_row = m.rowid".to_owned(),
        }
    }

    /// That all their values are the same, to the byte: texts that only compare equal are others.
    fn same_row(&self) -> String {
        each(&self.columns, |name| {
            format!("s.{name} IS m.{name} COLLATE BINARY")
        })
    }
}

fn each(columns: &[String], condition: impl Fn(&str) -> String) -> String {
    let conditions: Vec<String> = columns
        .iter()
        .map(|name| condition(&quoted(name)))
        .collect();
    conditions.join(" AND ")
}

impl Snapshot {
    /// When it was taken, in RFC 3339.
    pub(crate) fn taken(&self) -> String {
        let at = DateTime::from_timestamp(self.taken_at, 0);
        at.map(|at| at.to_rfc3339()).unwrap_or_default()
    }
}
