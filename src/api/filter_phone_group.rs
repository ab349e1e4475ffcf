//! `add_fpg_phone`, `delete_fpg_phone`: the numbers of a filter phone group (fixtures/reference/behaviour.md §6).

use super::{Answer, Line, Session, Stop};
use crate::access::journal::Change;
use crate::store::filter_phone_groups as groups;

/// A number in `phone_number`: 6 bytes or more.
const SHORTEST_NUMBER: usize = 6;

/// Puts a number into a filter phone group.
pub(super) fn add(session: &mut Session<'_>) -> Answer {
    let (number, group) = number_and_group(session, "add_fpg_phone")?;
    // As it would be stored: a number that is too long is cut, and may then be there already.
    let stored = groups::stored(session.db, &number).to_owned();
    if groups::has_number(session.db, &group, &stored)? {
        return Err(already_exists(&number, &group).into());
    }
    let change = Change {
        section: "FILTERPHONEGROUPS",
        kind: "ADD",
        code: format!("ADMIN API ADD NUMBER TO FILTER PHONE GROUP {group}"),
    };
    change.begin(session)?;
    let insertion = groups::insertion(session.db, &group, &number);
    // Another program may have added it since the check above.
    if !groups::insert(session.db, &insertion)? {
        return Err(already_exists(&number, &group).into());
    }
    let notes = format!("{number}|{group}|1");
    change.done(session, number.clone(), insertion.to_log_text(), notes);
    let reason = "add_fpg_phone FILTER PHONE GROUP NUMBER HAS BEEN ADDED";
    Ok(Line::success(reason, format!("{number}|{group}")).into())
}

/// Takes a number out of a filter phone group.
pub(super) fn delete(session: &mut Session<'_>) -> Answer {
    let (number, group) = number_and_group(session, "delete_fpg_phone")?;
    if !groups::has_number(session.db, &group, &number)? {
        return Err(does_not_exist(&number, &group).into());
    }
    let change = Change {
        section: "FILTERPHONEGROUPS",
        kind: "DELETE",
        code: format!("ADMIN API DELETE NUMBER FROM FILTER PHONE GROUP {group}"),
    };
    change.begin(session)?;
    let deletion = groups::deletion(&group, &number);
    // Another call may have taken it out since the check above.
    if session.db.delete(&deletion, 1)? == 0 {
        return Err(does_not_exist(&number, &group).into());
    }
    let notes = format!("{number}|{group}|1");
    change.done(session, number.clone(), deletion.to_log_text(), notes);
    let reason = "delete_fpg_phone FILTER PHONE GROUP NUMBER HAS BEEN DELETED";
    Ok(Line::success(reason, format!("{number}|{group}")).into())
}

/// What both functions ask for: a number, and a filter phone group that exists.
fn number_and_group(session: &mut Session<'_>, function: &str) -> Result<(String, String), Stop> {
    let (number, group) = (session.owned("phone_number"), session.owned("group"));
    if number.len() < SHORTEST_NUMBER || group.is_empty() {
        let reason = format!("{function} YOU MUST USE ALL REQUIRED FIELDS");
        return Err(Line::error(reason, format!("{number}|{group}")).into());
    }
    if !groups::exists(session.db, &group)? {
        let reason = format!("{function} FILTER PHONE GROUP DOES NOT EXIST");
        return Err(Line::error(reason, group).into());
    }
    Ok((number, group))
}

fn does_not_exist(number: &str, group: &str) -> Line {
    let reason = "delete_fpg_phone FILTER PHONE GROUP NUMBER DOES NOT EXIST";
    Line::error(reason, format!("{number}|{group}"))
}

fn already_exists(number: &str, group: &str) -> Line {
    let reason = "add_fpg_phone FILTER PHONE GROUP NUMBER ALREADY EXISTS";
    Line::error(reason, format!("{number}|{group}"))
}
