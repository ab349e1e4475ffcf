//! `GET /api/dids`, `GET /api/dids/{id}`

use serde::Serialize;

use super::view::{self, Did};
use crate::access::Session;
use crate::access::journal::LogLine;
use crate::access::scope::Scope;
use crate::resources::input::{Query, number};
use crate::resources::problem::{Problem, Wrong};
use crate::resources::request::Request;
use crate::resources::task::{self, Answer, Fault, Response};
use crate::store::numbers::{self, Filter};
use crate::store::own;
use crate::store::records::{containing, equal};
use crate::store::sql::Sql;
use utoipa::ToSchema;

/// The most things that a page holds.
const PER_PAGE: u64 = 1000;

/// The last page that can be asked for.
const PAGES: u64 = 1_000_000_000;

/// A page of DIDs.
#[derive(Serialize, ToSchema)]
pub(in crate::resources) struct DidPage {
    /// The DIDs, by id.
    data: Vec<Did>,
    /// Which page this is, from 1 on.
    page: u64,
    /// How many a page holds.
    per_page: u64,
    /// How many there are on all pages.
    total: u64,
}

/// Which page is asked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::resources) struct Paging {
    /// From 1 on.
    pub(in crate::resources) page: u64,
    /// 1 to 1000.
    pub(in crate::resources) per_page: u64,
}

impl Paging {
    /// Of the query.
    pub(in crate::resources) fn of(query: &Query<'_>, wrong: &mut Wrong) -> Self {
        Self {
            page: query.number("page", 1..=PAGES, 1, wrong),
            per_page: query.number("per_page", 1..=PER_PAGE, 100, wrong),
        }
    }

    /// How many things come before it.
    pub(in crate::resources) fn offset(self) -> u64 {
        (self.page - 1) * self.per_page
    }
}

/// A text that is searched for.
pub(in crate::resources) fn search(query: &Query<'_>, wrong: &mut Wrong) -> Option<String> {
    let search = query.get("search").filter(|search| !search.is_empty())?;
    wrong.take("search", crate::resources::input::text(search, 1, 100))
}

/// The user group that the query's `tenant_id` names; an impossible one where there is no such tenant.
pub(in crate::resources) fn tenant_group(
    session: &mut Session<'_>,
    query: &Query<'_>,
    wrong: &mut Wrong,
) -> Result<Option<String>, Fault> {
    let Some(text) = query.get("tenant_id") else {
        return Ok(None);
    };
    let Some(id) = number(text, "acc_") else {
        wrong.add("tenant_id", "must be a number, or acc_ and a number");
        return Ok(None);
    };
    let row = own::by_key(session.db, &own::TENANTS, id)?;
    Ok(Some(row.map_or_else(
        || "\u{1}".to_owned(),
        |row| row.text("user_group").to_owned(),
    )))
}

pub(in crate::resources) fn list(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut wrong = Wrong::default();
    let query = Query(&request.query);
    query.only(
        &["search", "status", "tenant_id", "page", "per_page"],
        &mut wrong,
    );
    let paging = Paging::of(&query, &mut wrong);
    let mut filter = Filter {
        search: search(&query, &mut wrong),
        user_group: tenant_group(session, &query, &mut wrong)?,
        scope: Scope::of(session)?.user_groups(),
        ..Filter::default()
    };
    match query.get("status") {
        None => {}
        Some("active") => filter.active = Some("Y"),
        Some("inactive" | "disabled") => {
            filter.active = Some("N");
            filter.without = virtual_dids(session)?;
        }
        Some("virtual") => {
            filter.active = Some("N");
            filter.only = Some(virtual_dids(session)?);
        }
        Some(_) => wrong.add("status", "must be active, inactive, disabled or virtual"),
    }
    wrong.end()?;
    let line = LogLine::success("did_list DIDS LISTED", paging.page.to_string());
    let reading = move |db: &mut crate::store::Db| {
        let (rows, total) = numbers::list(db, &filter, paging.offset(), paging.per_page)?;
        let page = DidPage {
            data: view::views(db, &rows)?,
            page: paging.page,
            per_page: paging.per_page,
            total,
        };
        Ok(page)
    };
    task::read(reading, line)
}

fn virtual_dids(session: &mut Session<'_>) -> Result<Vec<i64>, Fault> {
    let rows = own::select(session.db, &own::DIDS, equal("status", "virtual"))?;
    Ok(rows.iter().filter_map(|row| row.number("did_id")).collect())
}

pub(in crate::resources) fn one(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut wrong = Wrong::default();
    Query(&request.query).only(&[], &mut wrong);
    wrong.end()?;
    let row = super::named(session, request)?;
    let did = view::view(session.db, &row)?.ok_or_else(|| Problem::not_found("DID"))?;
    let line = LogLine::success("did_list DID SHOWN", did.number.clone());
    Ok(Response::shown(200, &did, line).into())
}

/// The rest of a statement: columns of a table that hold a text.
pub(in crate::resources) fn like(columns: &[&str], text: &str) -> Sql {
    let like = containing(text);
    columns
        .iter()
        .fold(Sql::new("(1 = 0"), |any, column| {
            any.sql(&format!(" OR {column} LIKE "))
                .bind(like.as_str())
                .sql(" ESCAPE '!'")
        })
        .sql(")")
}
