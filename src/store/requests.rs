//! `vicishim_requests`: the answers to calls that brought a request id. A table of our own databases only.

use super::sql::Sql;
use super::{Db, QueryResult};

const TABLE: &str = "vicishim_requests";

/// How many answers that are over one call sweeps away: more than it leaves.
const SWEPT: usize = 4;

/// A request: its user, function and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The user as `vicidial_users` has it.
    pub user: String,
    /// The function.
    pub function: String,
    /// The id, compared exactly.
    pub id: String,
}

/// Whether this database can keep answers, and takes them back with a change that fails.
pub fn are_kept(db: &Db) -> bool {
    db.transactional && !db.columns.of(TABLE).is_empty()
}

/// Takes a request for the one that is answered now. The answer of an earlier one instead, not older than `oldest`. One
/// that is under way on another connection is waited for.
///
/// # Errors
/// The database cannot be written.
pub fn take(db: &mut Db, request: &Request, now: i64, oldest: i64) -> QueryResult<Option<String>> {
    let insert = Sql::new(format!(
        "{} INTO {TABLE} (user, `function`, request_id, answered_at, reply) VALUES (",
        db.insert_ignore()
    ))
    .bind_list([request.user.as_str(), &request.function, &request.id])
    .sql(", ")
    .bind(now)
    .sql(", '')");
    if db.write_bookkeeping(&insert)? > 0 {
        sweep(db, oldest)?;
        return Ok(None);
    }
    let select = Sql::new(format!(
        "SELECT reply, CAST(answered_at AS CHAR) AS at FROM {TABLE}"
    ));
    let rows = db.read(of(select, request).sql(db.latest()))?;
    match rows.first() {
        Some(row) if row.text(1).parse().is_ok_and(|at: i64| at >= oldest) => {
            Ok(Some(row.text(0).to_owned()))
        }
        // It is over: a new one begins. Of two that find it so, the database lets one go on.
        _ => keep(db, request, now, "").map(|()| None),
    }
}

/// Keeps the answer of a request that was taken.
///
/// # Errors
/// The database cannot be written.
pub fn keep(db: &mut Db, request: &Request, now: i64, reply: &str) -> QueryResult<()> {
    let update = Sql::new(format!("UPDATE {TABLE} SET answered_at = "))
        .bind(now)
        .sql(", reply = ")
        .bind(reply);
    db.write_bookkeeping(&of(update, request)).map(drop)
}

fn of(statement: Sql, request: &Request) -> Sql {
    statement
        .sql(" WHERE user = ")
        .bind(request.user.as_str())
        .sql(" AND `function` = ")
        .bind(request.function.as_str())
        .sql(" AND request_id = ")
        .bind(request.id.as_str())
}

/// Deletes some answers that are over. They are looked for first: a DELETE of a span would lock others out of it.
fn sweep(db: &mut Db, oldest: i64) -> QueryResult<()> {
    let query = Sql::new(format!(
        "SELECT user, `function`, request_id FROM {TABLE} WHERE answered_at < "
    ))
    .bind(oldest)
    .sql(&format!(" ORDER BY answered_at LIMIT {SWEPT}"));
    for row in db.read(query)? {
        let over = Request {
            user: row.text(0).to_owned(),
            function: row.text(1).to_owned(),
            id: row.text(2).to_owned(),
        };
        let delete = of(Sql::new(format!("DELETE FROM {TABLE}")), &over);
        db.write_bookkeeping(&delete.sql(" AND answered_at < ").bind(oldest))?;
    }
    Ok(())
}
