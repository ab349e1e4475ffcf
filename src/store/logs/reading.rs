//! Reading the API's log, which may have millions of rows and an index for its key and its date alone: every reading is bounded
//! by its keys, from the newest call back.

use super::super::sql::{Sql, TextRow};
use super::super::{Db, QueryResult};

/// How many keys one statement looks through.
pub(super) const CHUNK: i64 = 5_000;

/// How many keys are looked through for a page of calls.
const LOOKED_THROUGH: i64 = 50_000;

/// By how many keys rows may have come in another order than that of their dates: calls that were under way together.
const ASIDE: i64 = 1_000;

/// The results of calls.
pub const RESULTS: [&str; 3] = ["SUCCESS", "ERROR", "NOTICE"];

const COLUMNS: &str = "CAST(api_id AS CHAR) AS c0, CAST(api_date AS CHAR) AS c1, user AS c2, `function` AS c3, \
     agent_user AS c4, result AS c5, result_reason AS c6, source AS c7, data AS c8, run_time AS c9, api_script AS c10";

/// A call as the log has it. What it has in `value` is left out: VICIdial writes passwords there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedRow {
    /// Its key.
    pub api_id: i64,
    /// `YYYY-MM-DD HH:MM:SS`, on this machine's clock.
    pub api_date: String,
    /// The user as sent.
    pub user: String,
    /// The function as sent.
    pub function: String,
    /// The agent for whom it was.
    pub agent_user: String,
    /// SUCCESS, ERROR or NOTICE.
    pub result: String,
    /// The reason.
    pub reason: String,
    /// The parameter `source`.
    pub source: String,
    /// The data; none where it may hold a password.
    pub data: Option<String>,
    /// Seconds, with decimals.
    pub run_time: String,
    /// `non-agent`, or another script's name.
    pub script: String,
}

/// Which calls are meant; what is not set lets every one through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this function.
    pub function: Option<String>,
    /// With this result.
    pub result: Option<String>,
    /// By this user.
    pub user: Option<String>,
    /// With this `source`.
    pub source: Option<String>,
    /// With this text in the reason or in the data that is shown.
    pub text: Option<String>,
    /// From this date on.
    pub since: Option<String>,
    /// Of this user, and of the users of these groups.
    pub only: Option<(String, Vec<String>)>,
}

/// Calls, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// The calls.
    pub rows: Vec<LoggedRow>,
    /// The key before which to go on; none where no older call is meant.
    pub next: Option<i64>,
}

/// Functions whose data may hold passwords: VICIdial's own for users, and the addresses of web phones.
const WITH_PASSWORDS: [&str; 2] = ["user", "webphone"];

/// Functions some of whose data does: that of these reasons.
const OF_PHONES: (&str, [&str; 2]) = ("phone", ["PASS", "REQUIRED FIELDS"]);

impl From<&TextRow> for LoggedRow {
    fn from(row: &TextRow) -> Self {
        let text = |column| row.text(column).to_owned();
        let (function, reason) = (text(3), text(6));
        Self {
            api_id: row.text(0).parse().unwrap_or(0),
            api_date: text(1),
            user: text(2),
            agent_user: text(4),
            result: text(5),
            source: text(7),
            data: (!may_hold_a_password(&function, &reason)).then(|| text(8)),
            run_time: text(9),
            script: text(10),
            function,
            reason,
        }
    }
}

fn may_hold_a_password(function: &str, reason: &str) -> bool {
    let (function, reason) = (function.to_ascii_lowercase(), reason.to_ascii_uppercase());
    let (phone, reasons) = OF_PHONES;
    WITH_PASSWORDS.iter().any(|with| function.contains(with))
        || function.contains(phone) && reasons.iter().any(|with| reason.contains(with))
}

/// The calls that are meant, the newest first: at most so many, and only those before this key where there is one. Where it
/// takes long to find so many, there are fewer, and still a key to go on before.
///
/// # Errors
/// The database cannot be read.
pub fn calls(
    db: &mut Db,
    filter: &Filter,
    before: Option<i64>,
    count: usize,
) -> QueryResult<Calls> {
    let floor = floor(db, filter)?;
    let mut calls = Calls::default();
    let mut end = before.unwrap_or(i64::MAX);
    let mut looked_through = 0;
    loop {
        let last = newest(db, end)?.filter(|last| *last >= floor);
        let Some(last) = last else {
            return Ok(calls);
        };
        calls.next = Some(end);
        let left = count - calls.rows.len();
        if left == 0 || looked_through >= LOOKED_THROUGH {
            return Ok(calls);
        }
        let first = floor.max(last - CHUNK + 1);
        let rows = read(db, filter, (first, last), left)?;
        end = match rows.last() {
            Some(oldest) if rows.len() == left => oldest.api_id,
            _ => first,
        };
        calls.rows.extend(rows);
        calls.next = None;
        looked_through += CHUNK;
    }
}

/// The calls that are meant with keys from `first` on, the newest first; at most so many.
///
/// # Errors
/// The database cannot be read.
pub fn calls_from(
    db: &mut Db,
    filter: &Filter,
    first: i64,
    count: usize,
) -> QueryResult<Vec<LoggedRow>> {
    read(db, filter, (first, i64::MAX), count)
}

/// The call with this key, where it is meant.
///
/// # Errors
/// The database cannot be read.
pub fn call(db: &mut Db, filter: &Filter, api_id: i64) -> QueryResult<Option<LoggedRow>> {
    Ok(read(db, filter, (api_id, api_id), 1)?.pop())
}

/// The highest key; 0 where there is none.
///
/// # Errors
/// The database cannot be read.
pub fn newest_key(db: &mut Db) -> QueryResult<i64> {
    Ok(newest(db, i64::MAX)?.unwrap_or(0))
}

fn newest(db: &mut Db, before: i64) -> QueryResult<Option<i64>> {
    let query =
        Sql::new("SELECT CAST(MAX(api_id) AS CHAR) AS c0 FROM vicidial_api_log WHERE api_id < ");
    let rows = db.read(query.bind(before))?;
    Ok(rows.first().and_then(|row| row.text(0).parse().ok()))
}

/// The lowest key that may be meant.
pub(super) fn floor(db: &mut Db, filter: &Filter) -> QueryResult<i64> {
    let Some(since) = &filter.since else {
        return Ok(0);
    };
    let query =
        Sql::new("SELECT CAST(api_id AS CHAR) AS c0 FROM vicidial_api_log WHERE api_date >= ")
            .bind(since.as_str())
            .sql(" ORDER BY api_date LIMIT 1");
    let rows = db.read(query)?;
    let first = rows.first().and_then(|row| row.text(0).parse::<i64>().ok());
    Ok(first.map_or(i64::MAX, |first| first.saturating_sub(ASIDE).max(0)))
}

fn read(
    db: &mut Db,
    filter: &Filter,
    (first, last): (i64, i64),
    count: usize,
) -> QueryResult<Vec<LoggedRow>> {
    let query = Sql::new(format!("SELECT {COLUMNS} FROM vicidial_api_log"))
        .append(conditions(db, filter, (first, last)))
        .sql(" ORDER BY api_id DESC LIMIT ")
        .bind(super::super::page::number(count));
    Ok(db.read(query)?.iter().map(LoggedRow::from).collect())
}

/// From ` WHERE` on.
pub(super) fn conditions(db: &Db, filter: &Filter, (first, last): (i64, i64)) -> Sql {
    let mut all = Sql::new(" WHERE api_id >= ")
        .bind(first)
        .sql(" AND api_id <= ")
        .bind(last);
    let texts = [
        ("`function` = ", &filter.function),
        ("result = ", &filter.result),
        ("user = ", &filter.user),
        ("source = ", &filter.source),
        // The `+` keeps SQLite to the keys.
        ("+api_date >= ", &filter.since),
    ];
    for (condition, text) in texts {
        if let Some(text) = text {
            all.push_sql(" AND ");
            all.push_sql(condition);
            all.push_bind(text.as_str());
        }
    }
    if let Some(text) = &filter.text {
        all.push_sql(" AND (");
        db.push_holds(&mut all, "result_reason", text);
        all.push_sql(" OR (");
        db.push_holds(&mut all, "data", text);
        // What is not shown is not found either.
        for name in WITH_PASSWORDS.iter().chain([&OF_PHONES.0]) {
            all.push_sql(" AND NOT (");
            db.push_holds(&mut all, "`function`", name);
            all.push_sql(")");
        }
        all.push_sql("))");
    }
    if let Some((user, groups)) = &filter.only {
        all.push_sql(" AND (user = ");
        all.push_bind(user.as_str());
        if !groups.is_empty() {
            all = all
                .sql(" OR user IN (SELECT u.user FROM vicidial_users u WHERE u.user_group IN (")
                .bind_list(groups.iter().map(String::as_str))
                .sql("))");
        }
        all.push_sql(")");
    }
    all
}
