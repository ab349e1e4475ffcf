//! `/api/extensions`: VICIdial's phones, as LaraCopilot and as SIP.IO see extensions.

pub(super) mod body;
mod checks;
pub(super) mod delete;
mod fields;
pub(super) mod view;
pub(super) mod write;

use serde::Serialize;
use utoipa::ToSchema;

use super::dids::read::{Paging, search, tenant_group};
use super::input::{self, Query};
use super::problem::{Problem, Wrong};
use super::request::Request;
use super::task::{Answer, Fault, Response};
use crate::access::Session;
use crate::access::journal::LogLine;
use crate::access::scope::Scope;
use crate::store::extensions::{self, Filter};
use crate::store::own;
use crate::store::records::Record;
use view::Extension;

/// A page of extensions.
#[derive(Serialize, ToSchema)]
pub(super) struct ExtensionPage {
    /// The extensions, by number.
    data: Vec<Extension>,
    /// Which page this is, from 1 on.
    page: u64,
    /// How many a page holds.
    per_page: u64,
    /// How many there are on all pages.
    total: u64,
}

pub(super) fn list(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut wrong = Wrong::default();
    let query = Query(&request.query);
    query.only(
        &["search", "status", "tenant_id", "page", "per_page"],
        &mut wrong,
    );
    let paging = Paging::of(&query, &mut wrong);
    let filter = Filter {
        search: search(&query, &mut wrong),
        user_group: tenant_group(session, &query, &mut wrong)?,
        active: match query.get("status") {
            None => None,
            Some("active") => Some(true),
            Some("inactive" | "disabled") => Some(false),
            Some(_) => {
                wrong.add("status", "must be active, inactive or disabled");
                None
            }
        },
        scope: Scope::lenient_of(session)?.user_groups(),
    };
    wrong.end()?;
    let (rows, total) = extensions::list(session.db, &filter, paging.offset(), paging.per_page)?;
    let page = ExtensionPage {
        data: view::views(session.db, &rows)?,
        page: paging.page,
        per_page: paging.per_page,
        total,
    };
    let line = LogLine::success("phone_list PHONES LISTED", paging.page.to_string());
    Ok(Response::ok(&page, line).into())
}

pub(super) fn one(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut wrong = Wrong::default();
    Query(&request.query).only(&[], &mut wrong);
    wrong.end()?;
    let row = named(session, request)?;
    let extension = view::view(session.db, &row)?;
    let line = LogLine::success("phone_list PHONE SHOWN", extension.key.clone());
    Ok(Response::shown(200, &extension, line).into())
}

/// The phone that the path names, within the user's scope: by our number, or as `PHONE@SERVER_IP`.
fn named(session: &mut Session<'_>, request: &Request) -> Result<Record, Fault> {
    let scope = Scope::lenient_of(session)?;
    let id = percent_encoding::percent_decode_str(&request.id)
        .decode_utf8_lossy()
        .into_owned();
    let key = match (id.rsplit_once('@'), input::number(&id, "ext_")) {
        (Some((extension, server_ip)), _) => Some((extension.to_owned(), server_ip.to_owned())),
        (None, Some(number)) => own::by_key(session.db, &own::EXTENSIONS, number)?.map(|row| {
            (
                row.text("extension").to_owned(),
                row.text("server_ip").to_owned(),
            )
        }),
        (None, None) => None,
    };
    let is_text = |text: &str| input::text(text, 1, 100).is_ok();
    let row = match key {
        Some((extension, server_ip)) if is_text(&extension) && is_text(&server_ip) => {
            extensions::find(session.db, &extension, &server_ip)?
        }
        _ => None,
    };
    let row = row.filter(|row| scope.covers(row.get("user_group")));
    row.ok_or_else(|| Problem::not_found("extension").into())
}
