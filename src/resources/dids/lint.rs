//! `GET /api/dids/lint`: what is wrong with DIDs.

use serde::Serialize;
use utoipa::ToSchema;

use super::read::Paging;
use crate::access::Session;
use crate::access::journal::LogLine;
use crate::access::scope::Scope;
use crate::loading::lint::Lint;
use crate::resources::input::Query;
use crate::resources::problem::Wrong;
use crate::resources::request::Request;
use crate::resources::task::{Answer, read};
use crate::routing::lint::Finding;

/// A page of findings.
#[derive(Serialize, ToSchema)]
pub(in crate::resources) struct FindingPage {
    /// The findings, by DID.
    data: Vec<Finding>,
    /// Which page this is, from 1 on.
    page: u64,
    /// How many a page holds.
    per_page: u64,
    /// How many there are on all pages.
    total: u64,
}

pub(in crate::resources) fn answer(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut wrong = Wrong::default();
    let query = Query(&request.query);
    query.only(&["page", "per_page"], &mut wrong);
    let paging = Paging::of(&query, &mut wrong);
    wrong.end()?;
    let scope = Scope::of(session)?.user_groups();
    let reading = move |db: &mut crate::store::Db| {
        let mut lint = Lint::new(scope);
        let (first, mut total, mut data) = (paging.offset(), 0, Vec::new());
        while let Some(findings) = lint.next(db)? {
            for finding in findings {
                if (first..first + paging.per_page).contains(&total) {
                    data.push(finding);
                }
                total += 1;
            }
        }
        let page = FindingPage {
            data,
            page: paging.page,
            per_page: paging.per_page,
            total,
        };
        Ok(page)
    };
    let line = LogLine::success("did_lint DIDS LINTED", paging.page.to_string());
    read(reading, line)
}
