//! `vicishim_requests`: the answers to calls that brought a request id. A table of our own databases only.

use std::time::{Duration, Instant};

use super::sql::Sql;
use super::state::intentions::in_use;
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

/// What is found when a request is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is the first: it is to be answered now.
    First,
    /// It was answered before: the answer.
    Answered(String),
    /// It was begun before and has no answer: nobody knows how far it came.
    Interrupted,
}

/// How long a call waits for the first one of the same request, which is under way on another connection.
const WAIT: Duration = Duration::from_secs(8);

/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Whether answers can be kept: in a database that takes them back with a change that fails, or in the state.
pub fn are_kept(db: &Db) -> bool {
    (db.transactional || db.has_state()) && !db.columns.of(TABLE).is_empty()
}

/// Takes a request for the one that is answered now. The answer of an earlier one instead, not older than `oldest`. One
/// that is under way on another connection is waited for.
///
/// # Errors
/// The database cannot be written, or the other one takes too long.
pub fn take(db: &mut Db, request: &Request, now: i64, oldest: i64) -> QueryResult<Taken> {
    if db.has_state() {
        return take_beside(db, request, now, oldest);
    }
    if db.write_bookkeeping(&insertion(db, request, now, ""))? > 0 {
        sweep(db, oldest)?;
        return Ok(Taken::First);
    }
    match stored(db, request)? {
        Some(stored) if stored.at >= oldest => Ok(Taken::Answered(stored.reply)),
        // It is over: a new one begins. Of two that find it so, the database lets one go on.
        _ => {
            let update = answering(now, "");
            db.write_bookkeeping(&of(update, request))?;
            Ok(Taken::First)
        }
    }
}

/// The same where the answers are not in the database of the changes: the request is committed before them, with the name of
/// the connection that is at it.
fn take_beside(db: &mut Db, request: &Request, now: i64, oldest: i64) -> QueryResult<Taken> {
    db.check_alone()?;
    let owner = db.owner()?;
    // Before it is taken: of a statement whose answer is lost it is not known whether it was.
    db.note_request(Some(request), false);
    let taken = take_as(db, request, [now, oldest], &owner)?;
    if taken != Taken::First {
        db.note_request(None, false);
    }
    Ok(taken)
}

fn take_as(
    db: &mut Db,
    request: &Request,
    [now, oldest]: [i64; 2],
    owner: &str,
) -> QueryResult<Taken> {
    let since = Instant::now();
    loop {
        let own = db.own()?;
        if own.write_bookkeeping(&insertion(own, request, now, owner))? > 0 {
            sweep(own, oldest)?;
            return Ok(Taken::First);
        }
        let Some(stored) = stored(own, request)? else {
            continue;
        };
        if stored.at < oldest {
            // It is over: of two that find it so, one begins a new one.
            let update = answering(now, "").sql(", owner = ").bind(owner);
            let update = of(update, request)
                .sql(" AND answered_at = ")
                .bind(stored.at);
            if own.write_bookkeeping(&update)? > 0 {
                return Ok(Taken::First);
            }
            continue;
        }
        if !stored.reply.is_empty() {
            return Ok(Taken::Answered(stored.reply));
        }
        if !db.is_connected(&stored.owner)? {
            // It may have been answered since it was read.
            let again = self::stored(db.own()?, request)?;
            return Ok(match again {
                Some(again) if again.reply.is_empty() => Taken::Interrupted,
                Some(again) => Taken::Answered(again.reply),
                None => continue,
            });
        }
        if since.elapsed() > WAIT {
            return Err(in_use("another call of the same request takes too long"));
        }
        std::thread::sleep(PAUSE);
    }
}

fn insertion(own: &Db, request: &Request, now: i64, owner: &str) -> Sql {
    Sql::new(format!(
        "{} INTO {TABLE} (user, `function`, request_id, answered_at, reply, owner) VALUES (",
        own.insert_ignore()
    ))
    .bind_list([request.user.as_str(), &request.function, &request.id])
    .sql(", ")
    .bind(now)
    .sql(", '', ")
    .bind(owner)
    .sql(")")
}

fn answering(now: i64, reply: &str) -> Sql {
    Sql::new(format!("UPDATE {TABLE} SET answered_at = "))
        .bind(now)
        .sql(", reply = ")
        .bind(reply)
}

/// A request as it is stored.
struct Stored {
    reply: String,
    at: i64,
    owner: String,
}

fn stored(own: &mut Db, request: &Request) -> QueryResult<Option<Stored>> {
    let select = Sql::new(format!(
        "SELECT reply, CAST(answered_at AS CHAR) AS at, owner FROM {TABLE}"
    ));
    let rows = own.read(of(select, request).sql(own.latest()))?;
    Ok(rows.first().map(|row| Stored {
        reply: row.text(0).to_owned(),
        at: row.text(1).parse().unwrap_or(0),
        owner: row.text(2).to_owned(),
    }))
}

/// Keeps the answer of a request that was taken.
///
/// # Errors
/// The database cannot be written.
pub fn keep(db: &mut Db, request: &Request, now: i64, reply: &str) -> QueryResult<()> {
    let update = of(answering(now, reply), request);
    db.own_to_write()?.write_bookkeeping(&update)?;
    db.note_request(Some(request), true);
    Ok(())
}

/// Forgets a request that this owner has taken, and that has come to nothing.
pub(super) fn forget(own: &mut Db, request: &Request, owner: &str) -> QueryResult<()> {
    let delete = of(Sql::new(format!("DELETE FROM {TABLE}")), request)
        .sql(" AND reply = '' AND owner = ")
        .bind(owner);
    own.write_bookkeeping(&delete).map(drop)
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
