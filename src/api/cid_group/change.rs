//! The stages DELETE and UPDATE: the entries that match are deleted, or given new values.

use super::{Request, change, listing, matching, no_entries};
use crate::api::{Answer, Line, Session};
use crate::store::cid_groups::{self, Entry, Values};

pub(super) fn delete(session: &mut Session<'_>, request: &Request) -> Answer {
    let entries = matching(session, request)?;
    let change = change("DELETE");
    change.begin(session)?;
    let deletion = cid_groups::deletion(&request.selection());
    let count = session.db.delete(&deletion, entries.len())?;
    if count == 0 {
        return Err(no_entries(request).into());
    }
    let notes = notes(request, "deleted", count, &entries);
    change.done(
        session,
        request.group.clone(),
        deletion.to_log_text(),
        notes,
    );
    let reason = "update_cid_group_entry CID GROUP ENTRIES HAVE BEEN DELETED";
    Ok(Line::success(reason, request.counted(count)).into())
}

pub(super) fn update(session: &mut Session<'_>, request: &Request) -> Answer {
    let entries = matching(session, request)?;
    let (active, description) = (session.owned("active"), session.owned("cid_description"));
    let values = Values {
        active: match active.as_str() {
            "Y" => Some("Y"),
            "N" => Some(""),
            _ => None,
        },
        cid_description: Some(description.clone()).filter(|text| !text.is_empty()),
    }
    .cut(session.db);
    if values.active.is_none() && values.cid_description.is_none() {
        let Request {
            group,
            areacode,
            outbound_cid,
        } = request;
        return Err(Line::error(
            "update_cid_group_entry NO UPDATES WERE DEFINED",
            format!("{group}|{areacode}|{outbound_cid}|{active}|{description}"),
        )
        .into());
    }
    let change = change("MODIFY");
    change.begin(session)?;
    let update = cid_groups::change(&request.selection(), &values);
    if session.db.write(&update)? == 0 {
        return Err(no_entries(request).into());
    }
    let count = entries.iter().filter(|entry| values.change(entry)).count();
    let notes = notes(request, "modified", count, &entries);
    change.done(session, request.group.clone(), update.to_log_text(), notes);
    let reason = "update_cid_group_entry CID GROUP ENTRIES HAVE BEEN UPDATED";
    Ok(Line::success(reason, request.counted(count)).into())
}

/// What the admin log keeps: the entries as they were before.
fn notes(request: &Request, done: &str, count: usize, before: &[Entry]) -> String {
    let Request {
        areacode,
        outbound_cid,
        ..
    } = request;
    let before = listing(before, str::to_owned);
    format!("areacode: {areacode} outbound_cid: {outbound_cid} {done}: {count}\n{before}")
}
