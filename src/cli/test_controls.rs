//! `serve --test-controls`: where it may be used, and what is made ready for it.

use std::net::SocketAddr;

use super::Failure;
use crate::http::test_controls::PATHS;
use crate::store::{Db, snapshots};

/// # Errors
/// Others can reach the server: they could change its rows without a password.
pub(super) fn check_address(listening: SocketAddr) -> Result<(), Failure> {
    match listening.ip().is_loopback() {
        true => Ok(()),
        false => Err(Failure(format!(
            "--test-controls is for loopback only, not for {listening}: whoever reaches it can replace all rows without a password"
        ))),
    }
}

/// Keeps the rows as they are, for resets.
///
/// # Errors
/// The database is a dialer's, or cannot be read.
pub(super) fn prepare(db: &mut Db) -> Result<(), Failure> {
    if !db.has_vicishim_tables() || db.has_state() {
        let message = "--test-controls is for a database of our own: nothing here resets a dialer's, or puts false times into it";
        return Err(Failure(message.to_owned()));
    }
    // A MariaDB has no snapshots; a reset says so.
    let _ = snapshots::take_first(db)?;
    Ok(())
}

/// What is said of it at the start.
pub(super) fn greeting(scheme: &str, listening: SocketAddr) -> String {
    log::warn!(
        "the test controls are on: every program on this machine can replace all rows, and set the clock"
    );
    format!("TEST CONTROLS ARE ON: {scheme}://{listening}{PATHS}\n")
}
