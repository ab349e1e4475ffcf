//! `change_list` and `change_undo`: what calls have changed, and taking it back. Our own; VICIdial has no such functions, so
//! the wire dialect does not know them.

pub(super) mod list;
pub(super) mod undo;

use super::{Line, Session, Stop};
use crate::access::changes::MOST;
use crate::store::history::DAYS;

/// The numbers of `change_id`.
fn change_ids(session: &Session<'_>, function: &str) -> Result<Vec<i64>, Stop> {
    let sent = session.as_sent("change_id");
    let list = session.parameter("change_id");
    let mut ids = Vec::new();
    for id in list.split(',').filter(|id| !id.is_empty()) {
        let id: Option<i64> = id.parse().ok().filter(|id| *id > 0);
        let Some(id) = id else {
            let reason = format!("{function} CHANGE ID IS NOT A NUMBER");
            return Err(Line::error(reason, list).into());
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.is_empty() && !sent.is_empty() {
        let reason = format!("{function} CHANGE ID IS NOT A NUMBER");
        return Err(Line::error(reason, sent).into());
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
