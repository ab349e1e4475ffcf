//! `GET /api/dids/lint`: what is wrong with DIDs.

use crate::access::Session;
use crate::access::journal::LogLine;
use crate::access::scope::Scope;
use crate::loading::lint::Lint;
use crate::resources::request::Request;
use crate::resources::response::{self, Answer};
use crate::store::Db;

pub(in crate::resources) fn answer(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let paging = request.query.paging();
    let scope = Scope::of(session)?.user_groups();
    let reading = move |db: &mut Db| {
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
        Ok(paging.page((data, total)))
    };
    let line = LogLine::success("did_lint DIDS LINTED", paging.page.to_string());
    response::read(reading, line)
}
