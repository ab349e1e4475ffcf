//! The phone functions (fixtures/reference/behaviour.md §6).

pub(super) mod add;
pub(super) mod add_alias;
pub(super) mod fields;
pub(super) mod update;
pub(super) mod update_alias;

use std::collections::HashSet;

use super::{Line, Session, Stop};
use crate::store::phones;

/// A phone's extension or an alias's name: at least so many bytes.
const SHORTEST: usize = 2;

/// Checks that every login of a comma-separated list is some phone's.
///
/// # Errors
/// The reply that names the first one that is not.
fn check_logins(session: &mut Session<'_>, function: &str, logins: &str) -> Result<(), Stop> {
    let mut found = HashSet::new();
    for login in logins.split(',').filter(|login| found.insert(*login)) {
        if !phones::login_exists(session.db, login)? {
            return Err(Line::error(format!("{function} PHONE DOES NOT EXIST"), login).into());
        }
    }
    Ok(())
}
