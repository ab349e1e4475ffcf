//! `/api/extensions`: VICIdial's phones, as LaraCopilot and as SIP.IO see extensions.

mod checks;
pub(super) mod delete;
mod fields;
pub(super) mod loaded;
mod numbering;
pub(super) mod preview;
pub(super) mod sipio;
pub(super) mod tenancy;
pub(super) mod write;

use super::body::{number, text};
use super::client_id::EXTENSIONS;
use super::problem::Problem;
use super::request::Request;
use super::response::{self, Answer, Fault};
use super::tenant_ref::group_of;
use crate::access::Session;
use crate::access::journal::LogLine;
use crate::access::scope::Scope;
use crate::store::choices::{self, Filter};
use crate::store::{Db, vicishim_tables};
use loaded::Loaded;

pub(super) fn list(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let query = &request.query;
    let paging = query.paging();
    let filter = Filter {
        search: query.search(),
        user_group: group_of(session.db, query)?,
        active: query.get("status").map(|status| status == "active"),
        scope: Scope::lenient_of(session)?.user_groups(),
    };
    let is_sip_io = query.is_sip_io();
    let line = LogLine::success("phone_list PHONES LISTED", paging.page.to_string());
    let reading = move |db: &mut Db| {
        let (rows, total) = choices::list(
            db,
            &choices::PHONES,
            &filter,
            paging.offset(),
            paging.per_page,
        )?;
        let loaded = Loaded::all(db, rows)?;
        let shown = loaded.iter().map(Loaded::shown).collect();
        Ok(paging.page((super::sipio::listed(db, is_sip_io, shown)?, total)))
    };
    response::read(reading, line)
}

pub(super) fn one(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let extension = named(session, request)?;
    let line = LogLine::success("phone_list PHONE SHOWN", extension.key());
    Ok(super::sipio::shown(session, request, 200, extension.shown(), line)?.into())
}

/// The phone that the path names, within the user's scope: by our number, a client's id, or as `PHONE@SERVER_IP`.
fn named(session: &mut Session<'_>, request: &Request) -> Result<Loaded, Fault> {
    let scope = Scope::lenient_of(session)?;
    let id = request.id.as_str();
    let own = match number(id, EXTENSIONS.prefix) {
        Some(number) => vicishim_tables::by_key(session.db, &vicishim_tables::EXTENSIONS, number)?,
        None => EXTENSIONS.find(session.db, id)?,
    };
    let key = match (id.rsplit_once('@'), own) {
        (Some((extension, server_ip)), _) => Some((extension.to_owned(), server_ip.to_owned())),
        (None, own) => own.map(|row| {
            let text = |column| row.text(column).to_owned();
            (text("extension"), text("server_ip"))
        }),
    };
    let is_text = |value: &str| text(value, 1, 100).is_ok();
    let extension = match key {
        Some((extension, server_ip)) if is_text(&extension) && is_text(&server_ip) => {
            Loaded::find(session.db, &extension, &server_ip)?
        }
        _ => None,
    };
    let extension = extension.filter(|found| scope.covers(found.row.get("user_group")));
    extension.ok_or_else(|| Problem::not_found("extension").into())
}
