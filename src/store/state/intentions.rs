//! Changes of both databases that are under way, as the state knows them, from before the dialer's half is made until ours is.

use std::time::{Duration, Instant};

use diesel::result::{DatabaseErrorKind, Error};

use super::noted::{holder, insert};
use super::planned::Planned;
use super::settling::settle;
use crate::store::interrupted::is_taken;
use crate::store::vicishim_tables::has_rows;
use crate::store::{Db, QueryResult};

/// How long a call waits for another one that changes the same DID or phone.
const WAIT: Duration = Duration::from_secs(8);

/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Notes a change of both databases before the dialer's half is made; waits for others of the same DID or phone. Nothing to
/// do where one transaction makes both halves.
///
/// # Errors
/// The state is away, or another change of the same thing takes too long.
pub fn intend(db: &mut Db, planned: &Planned) -> QueryResult<()> {
    if !db.has_state() {
        return Ok(());
    }
    db.check_alone()?;
    let owner = db.owner()?;
    let subjects = planned.subjects();
    let since = Instant::now();
    loop {
        let Some(other) = note(db, &owner, planned, &subjects)? else {
            return Ok(());
        };
        if since.elapsed() > WAIT {
            return Err(in_use("another call changes the same DID or phone"));
        }
        if !settle(db, other)? {
            std::thread::sleep(PAUSE);
        }
    }
}

/// Notes that a DID is deleted, before it is, where our tables hold something of it; whether they do.
///
/// # Errors
/// As [`intend`].
pub fn intend_deletion(db: &mut Db, did_id: i64, number: &str) -> QueryResult<bool> {
    if !db.has_vicishim_tables() {
        return Ok(false);
    }
    if !db.has_state() {
        // The rows are looked for when they are deleted.
        return Ok(true);
    }
    let subject = format!("did {number}");
    let own = db.own()?;
    let is_changing = holder(own, std::slice::from_ref(&subject))? != 0;
    if !is_changing && !has_rows(db, did_id)? {
        return Ok(false);
    }
    let number = number.to_owned();
    intend(db, &Planned::DidGone { did_id, number })?;
    Ok(true)
}

/// The same of a phone.
///
/// # Errors
/// As [`intend`].
pub fn intend_phone_deletion(db: &mut Db, extension: &str, server_ip: &str) -> QueryResult<bool> {
    if !db.has_vicishim_tables() {
        return Ok(false);
    }
    let planned = Planned::PhoneGone {
        extension: extension.to_owned(),
        server_ip: server_ip.to_owned(),
    };
    intend(db, &planned)?;
    Ok(true)
}

/// A call that was waited for in vain.
pub(in crate::store) fn in_use(what: &str) -> Error {
    Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(what.to_owned()))
}

/// Commits an intention; the one that is in its way, where there is one.
fn note(
    db: &mut Db,
    owner: &str,
    planned: &Planned,
    subjects: &[String],
) -> QueryResult<Option<i64>> {
    db.begin_own()?;
    let noted = insert(db.own()?, owner, planned, subjects);
    let id = match noted {
        Ok(id) => id,
        Err(error) => {
            db.roll_back_own();
            return match is_taken(&error) {
                true => holder(db.own()?, subjects).map(Some),
                false => Err(error),
            };
        }
    };
    if let Some(state) = &mut db.state {
        state.open.intentions.push(id);
    }
    db.commit_own().map(|()| None)
}
