//! The stage ADD: a new entry.

use super::{Request, change};
use crate::api::parameters::EVERY;
use crate::api::{Answer, Line, Session};
use crate::store::cid_groups::{self, Selection, Values};

/// A caller id: 4 bytes or more.
const SHORTEST_CID: usize = 4;

pub(super) fn answer(session: &mut Session<'_>, request: &Request) -> Answer {
    let Request {
        group,
        areacode,
        outbound_cid,
    } = request;
    if areacode == EVERY {
        return Err(Line::error(
            "update_cid_group_entry YOU MUST DEFINE AN AREACODE WHEN ADDING AND ENTRY",
            format!("{group}|{areacode}"),
        )
        .into());
    }
    if outbound_cid.len() < SHORTEST_CID {
        return Err(Line::error(
            "update_cid_group_entry YOU MUST DEFINE A CID NUMBER WHEN ADDING AND ENTRY",
            format!("{group}|{outbound_cid}"),
        )
        .into());
    }
    let sent = Selection {
        group,
        areacode: Some(areacode),
        outbound_cid: Some(outbound_cid),
    };
    // As it would be stored: a long area code is cut, and the entry may then be there already.
    let key = cid_groups::stored(session.db, sent);
    if !cid_groups::entries(session.db, &key)?.is_empty() {
        return Err(already_exists(request).into());
    }
    let active = match session.parameter("active") {
        "Y" => "Y",
        _ => "",
    };
    let values = Values {
        active: Some(active),
        cid_description: Some(session.owned("cid_description")),
    }
    .cut(session.db);
    let change = change("ADD");
    change.begin(session)?;
    let insertion = cid_groups::insertion(&key, &values);
    // Another program may have added it since the check above.
    if !cid_groups::insert(session.db, &insertion)? {
        return Err(already_exists(request).into());
    }
    let notes =
        format!("areacode: {areacode} outbound_cid: {outbound_cid} active: {active} inserted: 1");
    change.done(session, group.clone(), insertion.to_log_text(), notes);
    let reason = "update_cid_group_entry CID GROUP ENTRY HAS BEEN ADDED";
    Ok(Line::success(reason, request.counted(1)).into())
}

fn already_exists(request: &Request) -> Line {
    let Request {
        group,
        areacode,
        outbound_cid,
    } = request;
    Line::error(
        "update_cid_group_entry THIS CID GROUP ENTRY ALREADY EXISTS",
        format!("{group}|{areacode}|{outbound_cid}"),
    )
}
