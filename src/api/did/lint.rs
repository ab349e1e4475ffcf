//! `did_lint`: what is wrong with the inbound numbers within the user's scope. Our own; VICIdial has no such function, so
//! the wire dialect does not know it.

use super::page;
use crate::access::scope::Scope;
use crate::api::export::{Export, Rows};
use crate::api::format::Field;
use crate::api::{Answer, Line, Reply, Session};
use crate::loading::lint::{Findings, Lint};
use crate::routing::lint::Finding;
use crate::store::{Db, Page, QueryResult};

const NAME: &str = "did_lint";

/// What a finding is made of.
const COLUMNS: &[&str] = &["did_id", "did_pattern", "finding", "detail"];

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    page::check_values(session, NAME, &["stage", "header", "records", "offset"])?;
    let format = page::format(session, NAME)?;
    let (records, offset) = page::bounds(session, NAME)?;
    let lint = Lint::new(Scope::of(session)?.user_groups());
    let rows = Findings::new(lint, offset, records);
    let nothing = Line::notice("did_lint NO RECORDS FOUND", "");
    let logged = format.name().to_owned();
    let export = Export::new(session, NAME, rows, format, COLUMNS, nothing, logged);
    Ok(Reply {
        content_type: Some(format.content_type()),
        ..export.into()
    })
}

/// A finding as its line has it.
fn fields(finding: Finding) -> Vec<Field> {
    vec![
        Some(finding.did_id.to_string()),
        Some(finding.did_pattern),
        Some(finding.finding.word().to_owned()),
        Some(finding.detail),
    ]
}

impl Rows for Findings {
    fn next(&mut self, db: &mut Db) -> QueryResult<Page<Vec<Field>>> {
        let Page { rows, is_last } = Findings::next(self, db)?;
        let rows = rows.into_iter().map(fields).collect();
        Ok(Page { rows, is_last })
    }

    fn count(&self, db: &mut Db) -> QueryResult<usize> {
        Findings::count(self, db)
    }

    fn on_the_wire(&self) -> Box<dyn Rows> {
        Box::new(self.clone())
    }
}
