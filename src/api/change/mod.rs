//! `change_list` and `change_undo`: what calls have changed, and taking it back. Our own; VICIdial has no such functions, so
//! the wire dialect does not know them.

pub(super) mod list;
pub(super) mod undo;

use super::options::sent;
use super::{Line, Session, Stop};
use crate::access::changes::MOST;
use crate::store::history::DAYS;

/// The numbers of `change_id`. Nothing of it is filtered away: `1-3` would be change 13.
fn change_ids(session: &Session<'_>, function: &str) -> Result<Vec<i64>, Stop> {
    let list = session.parameter("change_id");
    let not_a_number = || {
        let reason = format!("{function} CHANGE ID IS NOT A NUMBER");
        Stop::from(Line::error(reason, session.as_sent("change_id")))
    };
    if list.as_bytes() != sent(session.call, "change_id") {
        return Err(not_a_number());
    }
    let mut ids = Vec::new();
    for id in list.split(',').filter(|id| !id.is_empty()) {
        let id = id.parse().ok().filter(|id: &i64| *id > 0);
        let id = id.ok_or_else(not_a_number)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.len() > MOST {
        let reason = format!("{function} AT MOST {MOST} CHANGES AT ONCE");
        return Err(Line::error(reason, ids.len().to_string()).into());
    }
    Ok(ids)
}

/// Refuses a call where nothing is kept.
fn check_is_kept(session: &Session<'_>, function: &str) -> Result<(), Stop> {
    match session.db.has_history() {
        true => Ok(()),
        false => {
            let reason = format!("{function} THIS DATABASE KEEPS NO CHANGES: START WITH --state");
            Err(Line::error(reason, format!("{DAYS} DAYS")).into())
        }
    }
}
