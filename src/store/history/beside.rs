//! Writing the entries of changes into the state, beside a dialer's database.

use std::sync::atomic::Ordering;

use diesel::result::Error;

use super::Pending;
use super::pending::{CHANGE_ID, Statement, are_one_statement, first_statement, write};
use crate::log_limit;
use crate::store::{Db, QueryResult};

/// Writes the entries that wait into the state. Where it is away they are lost: the changes themselves are made.
pub(in crate::store) fn flush_beside(db: &mut Db) {
    if !db.has_state() || db.history.pending.is_empty() {
        return;
    }
    let pending = std::mem::take(&mut db.history.pending);
    // One statement is a transaction itself, in a third of the round trips.
    let written = match are_one_statement(&pending) {
        true => db.own().and_then(|own| write(own, &pending)),
        false => db.in_own_transaction(|db| write(db.own()?, &pending)),
    };
    if let Err(error) = written {
        are_lost(&pending, &error);
        db.give_up_own();
    }
}

/// Entries on their way into the state, and the connection that they have for themselves meanwhile.
pub(in crate::store) struct UnderWay {
    own: Box<Db>,
    entries: Vec<Pending>,
}

/// Sends the entries that wait to the state, and does not wait for its answer, where one statement writes them and its
/// database can do that; else as [`flush_beside`].
pub(in crate::store) fn send_beside(db: &mut Db) -> Option<UnderWay> {
    if !db.has_state() || db.history.pending.is_empty() {
        return None;
    }
    let Some(mut own) = db.lend_own() else {
        flush_beside(db);
        return None;
    };
    let entries = std::mem::take(&mut db.history.pending);
    match send(&mut own, &entries) {
        Ok(true) => Some(UnderWay { own, entries }),
        Ok(false) => {
            db.take_own_back(own);
            db.history.pending = entries;
            flush_beside(db);
            None
        }
        Err(error) => {
            are_lost(&entries, &error);
            None
        }
    }
}

impl UnderWay {
    /// Waits until they are written. The connection goes back to the dialer's, where that is still there.
    pub(in crate::store) fn end(mut self, db: Option<&mut Db>) {
        match self.own.receive_keys() {
            Ok(keys) => {
                for (entry, key) in self.entries.iter().zip(keys) {
                    entry.slot.store(key, Ordering::Relaxed);
                }
                if let Some(db) = db {
                    db.take_own_back(self.own);
                }
            }
            Err(error) => are_lost(&self.entries, &error),
        }
    }
}

/// Sends the statement that adds these entries; whether there is one that adds all of them, and it can be sent.
fn send(own: &mut Db, entries: &[Pending]) -> QueryResult<bool> {
    if !own.can_send() || !are_one_statement(entries) {
        return Ok(false);
    }
    let Statement { insert, count, .. } = first_statement(own, entries)?;
    let is_all = count == entries.len();
    if is_all {
        own.send_bookkeeping_rows(insert, CHANGE_ID)?;
    }
    Ok(is_all)
}

/// Notes that the state did not take these entries.
fn are_lost(entries: &[Pending], error: &Error) {
    log_limit::error!(
        target: "vicishim::state",
        "{} changes are made and are not in the history: {error}",
        entries.len()
    );
    for entry in entries {
        entry.slot.store(0, Ordering::Relaxed);
    }
}
