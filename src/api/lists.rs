//! `ingroup_list`, `callmenu_list`, `vm_list`: what a DID can be pointed at (fixtures/reference/behaviour.md §6), as a page for
//! people; with `stage=pipe`, `csv` or `tab` as text lines for programs, with `header=YES` below the columns' names; with
//! `format=selectframe` as a chooser for the field of another page that `comments` names.

use super::format::Format;
use super::table::Table;
use super::{Answer, Session};
use crate::access::scope::Scope;
use crate::store::groups::Listed;
use crate::store::{groups, voicemail};

/// Active in-groups.
pub(super) fn in_groups(session: &mut Session<'_>) -> Answer {
    let listed = groups::active_inbound_groups(session.db)?;
    let table = Table {
        title: "In-groups",
        caption: "Active in-groups",
        columns: &[
            ("group_id", "In-group"),
            ("group_name", "Name"),
            ("group_color", "Color"),
        ],
        rows: within_scope(session, listed)?,
    };
    answer(session, &table)
}

/// Call menus.
pub(super) fn call_menus(session: &mut Session<'_>) -> Answer {
    let listed = groups::call_menus(session.db)?;
    let table = Table {
        title: "Call menus",
        caption: "Call menus",
        columns: &[("menu_id", "Call menu"), ("menu_name", "Name")],
        rows: within_scope(session, listed)?,
    };
    answer(session, &table)
}

/// Active voicemail boxes, then those of active phones.
pub(super) fn voicemail_boxes(session: &mut Session<'_>) -> Answer {
    let mut listed = voicemail::active_boxes(session.db)?;
    listed.extend(voicemail::boxes_of_active_phones(session.db)?);
    let table = Table {
        title: "Voicemail boxes",
        caption: "Active voicemail boxes, then those of active phones",
        columns: &[
            ("voicemail_id", "Voicemail box"),
            ("fullname", "Name"),
            ("email", "Email"),
        ],
        rows: within_scope(session, listed)?,
    };
    answer(session, &table)
}

fn within_scope(
    session: &mut Session<'_>,
    listed: Vec<Listed>,
) -> crate::store::QueryResult<Vec<Vec<String>>> {
    let scope = Scope::of(session)?;
    Ok(listed
        .into_iter()
        .filter(|row| scope.covers(row.user_group.as_deref()))
        .map(|row| row.values)
        .collect())
}

fn answer(session: &Session<'_>, table: &Table) -> Answer {
    if session.parameter("format") == "selectframe" {
        return Ok(table.chooser(session.parameter("comments")));
    }
    let format = Format::named(session.parameter("stage")).filter(|format| *format != Format::Json);
    Ok(table.reply(format, session.parameter("header") == "YES"))
}
