//! `GET /api/dids`, `GET /api/dids/{id}`

use super::description;
use super::loaded::Loaded;
use crate::access::Session;
use crate::access::journal::LogLine;
use crate::access::scope::Scope;
use crate::resources::number_form;
use crate::resources::request::Request;
use crate::resources::response::{self, Answer};
use crate::resources::sipio;
use crate::resources::tenant_ref::group_of;
use crate::store::dids::rows::{self as did_rows, Filter};
use crate::store::records::equal;
use crate::store::vicishim_tables::{self, bound::bound_dids};
use crate::store::{Db, QueryResult};

pub(in crate::resources) fn list(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let query = &request.query;
    let paging = query.paging();
    let status = query.get("status").map(str::to_owned);
    let server = session.call.number_form;
    let patterns = match query.get("number") {
        Some(number) => {
            // The check of the query has refused what is no number.
            let spellings = number_form::spellings(session.db, number, server)?;
            Some(spellings.unwrap_or_default())
        }
        None => None,
    };
    let is_sip_io = query.is_sip_io();
    let mut filter = Filter {
        search: query.search(),
        patterns,
        user_group: group_of(session.db, query)?,
        scope: Scope::of(session)?.user_groups(),
        ..Filter::default()
    };
    let line = LogLine::success("did_list DIDS LISTED", paging.page.to_string());
    let reading = move |db: &mut Db| {
        if let Some(search) = &filter.search {
            filter.found = described(db, search)?;
        }
        match status.as_deref() {
            None => {}
            Some("active") => filter.active = Some("Y"),
            Some("virtual") => {
                filter.active = Some("N");
                filter.only = Some(virtual_dids(db)?);
            }
            Some(_) => {
                filter.active = Some("N");
                filter.without = virtual_dids(db)?;
            }
        }
        let (rows, total) = did_rows::list(db, &filter, paging.offset(), paging.per_page)?;
        let loaded = Loaded::all(db, &rows)?;
        let dids = loaded.iter().map(Loaded::shown).collect();
        Ok(paging.page((sipio::listed(db, is_sip_io, dids)?, total)))
    };
    response::read(reading, line)
}

/// The DIDs whose description holds a text behind what VICIdial's column holds of it.
fn described(db: &mut Db, search: &str) -> QueryResult<Vec<i64>> {
    let ids = vicishim_tables::dids_described(db, search)?;
    let rows = bound_dids(db, &ids)?;
    let dids = Loaded::all(db, &rows)?;
    let long = dids
        .iter()
        .filter(|did| description::own(&did.model.description).is_some());
    Ok(long.map(|did| did.did_id).collect())
}

fn virtual_dids(db: &mut Db) -> QueryResult<Vec<i64>> {
    let rows = vicishim_tables::select(db, &vicishim_tables::DIDS, equal("status", "virtual"))?;
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.number("did_id")).collect();
    if !db.has_state() {
        return Ok(ids);
    }
    // Beside a dialer, the DID of a row may be gone, or be another one.
    let bound = bound_dids(db, &ids)?;
    Ok(bound
        .iter()
        .filter_map(|row| row.number("did_id"))
        .collect())
}

pub(in crate::resources) fn one(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let did = super::named(session, request)?;
    let shown = did.shown_with_warnings(session.db)?;
    let line = LogLine::success("did_list DID SHOWN", did.model.number);
    Ok(sipio::shown(session, request, 200, shown, line)?.into())
}
