//! Counting the calls in the API's log.

use super::super::sql::{Sql, TextRow};
use super::super::{Db, QueryResult};
use super::reading::{Filter, conditions, floor, newest_key};

/// How many keys are counted, from the newest back.
pub const COUNTED: i64 = 50_000;

/// How many users, sources and reasons there are at the most.
const MOST: usize = 15;

/// How many calls there were of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// By minute (`YYYY-MM-DD HH:MM`), function and result.
    pub minutes: Vec<Minute>,
    /// The most frequent reasons of errors: function, reason and count.
    pub errors: Vec<(String, String, u64)>,
    /// By user, those with the most calls.
    pub users: Vec<Caller>,
    /// By `source`, the same.
    pub sources: Vec<Caller>,
    /// The date from which on calls are counted, where older ones were meant, too.
    pub cut_at: Option<String>,
}

/// The calls of one minute that are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minute {
    /// `YYYY-MM-DD HH:MM`
    pub minute: String,
    /// The function.
    pub function: String,
    /// The result.
    pub result: String,
    /// How many.
    pub count: u64,
}

/// The calls of a user or a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its name.
    pub name: String,
    /// How many calls.
    pub calls: u64,
    /// How many of them were refused.
    pub errors: u64,
    /// The date of the last one.
    pub last: String,
}

/// Counts the calls that are meant, as far as they are among the newest 50,000.
///
/// # Errors
/// The database cannot be read.
pub fn figures(db: &mut Db, filter: &Filter) -> QueryResult<Figures> {
    let last = newest_key(db)?;
    let floor = floor(db, filter)?;
    let first = floor.max(last - COUNTED + 1);
    let meant = conditions(db, filter, (first, last));
    let cut_at = match first > floor {
        true => date_at(db, first)?
            .filter(|date| filter.since.as_ref().is_none_or(|since| since < date)),
        false => None,
    };
    Ok(Figures {
        minutes: minutes(db, &meant)?,
        errors: errors(db, &meant)?,
        users: callers(db, "user", &meant)?,
        sources: callers(db, "source", &meant)?,
        cut_at,
    })
}

fn minutes(db: &mut Db, meant: &Sql) -> QueryResult<Vec<Minute>> {
    let query = Sql::new(
        "SELECT SUBSTR(CAST(api_date AS CHAR), 1, 16) AS c0, `function` AS c1, result AS c2, \
         CAST(COUNT(*) AS CHAR) AS c3 FROM vicidial_api_log",
    );
    let rows = db.read(query.append(meant.clone()).sql(" GROUP BY c0, c1, c2"))?;
    let minute = |row: &TextRow| Minute {
        minute: row.text(0).to_owned(),
        function: row.text(1).to_owned(),
        result: row.text(2).to_owned(),
        count: count(row, 3),
    };
    Ok(rows.iter().map(minute).collect())
}

fn errors(db: &mut Db, meant: &Sql) -> QueryResult<Vec<(String, String, u64)>> {
    let query = Sql::new(
        "SELECT `function` AS c0, result_reason AS c1, CAST(COUNT(*) AS CHAR) AS c2 FROM vicidial_api_log",
    )
    .append(meant.clone())
    .sql(&format!(
        " AND result = 'ERROR' GROUP BY c0, c1 ORDER BY COUNT(*) DESC, c0, c1 LIMIT {MOST}"
    ));
    let rows = db.read(query)?;
    let error = |row: &TextRow| {
        (
            row.text(0).to_owned(),
            row.text(1).to_owned(),
            count(row, 2),
        )
    };
    Ok(rows.iter().map(error).collect())
}

fn callers(db: &mut Db, column: &str, meant: &Sql) -> QueryResult<Vec<Caller>> {
    let query = Sql::new(format!(
        "SELECT {column} AS c0, CAST(COUNT(*) AS CHAR) AS c1, \
         CAST(SUM(CASE WHEN result = 'ERROR' THEN 1 ELSE 0 END) AS CHAR) AS c2, CAST(MAX(api_date) AS CHAR) AS c3 \
         FROM vicidial_api_log"
    ))
    .append(meant.clone())
    .sql(&format!(
        " GROUP BY c0 ORDER BY COUNT(*) DESC, c0 LIMIT {MOST}"
    ));
    let rows = db.read(query)?;
    let caller = |row: &TextRow| Caller {
        name: row.text(0).to_owned(),
        calls: count(row, 1),
        errors: count(row, 2),
        last: row.text(3).to_owned(),
    };
    Ok(rows.iter().map(caller).collect())
}

/// The date of the first call from this key on.
fn date_at(db: &mut Db, first: i64) -> QueryResult<Option<String>> {
    let query =
        Sql::new("SELECT CAST(api_date AS CHAR) AS c0 FROM vicidial_api_log WHERE api_id >= ")
            .bind(first)
            .sql(" ORDER BY api_id LIMIT 1");
    Ok(db.read(query)?.first().map(|row| row.text(0).to_owned()))
}

fn count(row: &TextRow, column: usize) -> u64 {
    row.text(column).parse().unwrap_or(0)
}
