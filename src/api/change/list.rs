//! `change_list`: what calls have changed, the newest first.

use super::{change_ids, check_is_kept};
use crate::access::changes;
use crate::access::time::{moment, stamp_of};
use crate::api::did::page;
use crate::api::export::{Export, Rows};
use crate::api::format::Field;
use crate::api::{Answer, Line, Reply, Session, Stop};
use crate::store::history::of_did;
use crate::store::history::reading::{ChangePages, Entry, Filter};
use crate::store::{Db, Page, QueryResult};

const NAME: &str = "change_list";

/// What a change is made of.
const COLUMNS: &[&str] = &[
    "change_id",
    "changed_at",
    "user",
    "client",
    "source",
    "function",
    "request_id",
    "undone_by",
    "undoes",
    "rows",
    "summary",
];

/// Every parameter.
const PARAMETERS: &[&str] = &[
    "stage",
    "header",
    "did_pattern",
    "by_user",
    "by_function",
    "since",
    "until",
    "change_id",
    "records",
    "offset",
];

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    check_is_kept(session, NAME)?;
    page::check_values(session, NAME, PARAMETERS)?;
    let format = page::format(session, NAME)?;
    let (records, offset) = page::bounds(session, NAME)?;
    let given = |name| Some(session.owned(name)).filter(|value| !value.is_empty());
    let filter = Filter {
        subject: given("did_pattern").map(|pattern| of_did(&pattern)),
        user: given("by_user"),
        function: given("by_function"),
        since: time(session, "since")?,
        until: time(session, "until")?,
        change_ids: change_ids(session, NAME)?,
        ..Filter::default()
    };
    let filter = changes::within(session, filter)?;
    let asked = [
        "did_pattern",
        "by_user",
        "by_function",
        "since",
        "until",
        "change_id",
    ]
    .map(|name| session.parameter(name))
    .join("|");
    let nothing = Line::notice("change_list NO RECORDS FOUND", asked.clone());
    let logged = format!("{asked}|{}", format.name());
    let rows = ChangePages::new(filter, offset, records);
    let export = Export::new(session, NAME, rows, format, COLUMNS, nothing, logged);
    Ok(Reply {
        content_type: Some(format.content_type()),
        ..export.into()
    })
}

fn time(session: &Session<'_>, name: &str) -> Result<Option<i64>, Stop> {
    let text = session.parameter(name);
    if text.is_empty() {
        return Ok(None);
    }
    match moment(text, session.call.time.epoch()) {
        Some(time) => Ok(Some(time)),
        None => {
            let reason = format!(
                "{} MUST BE A TIME LIKE 2026-11-20 09:00:00 OR 10 min",
                name.to_uppercase()
            );
            Err(page::refused(NAME, &reason, text).into())
        }
    }
}

/// A change as its line has it.
fn fields(entry: &Entry) -> Vec<Field> {
    let undoes: Vec<String> = entry.undoes.iter().map(i64::to_string).collect();
    vec![
        Some(entry.change_id.to_string()),
        Some(stamp_of(entry.changed_at)),
        Some(entry.user.clone()),
        Some(entry.client.clone()),
        Some(entry.source.clone()),
        Some(entry.function.clone()),
        Some(entry.request_id.clone()),
        entry.undone_by.map(|id| id.to_string()),
        Some(undoes.join(",")),
        Some(entry.count().to_string()),
        Some(entry.summary()),
    ]
}

impl Rows for ChangePages {
    fn next(&mut self, db: &mut Db) -> QueryResult<Page<Vec<Field>>> {
        let Page { rows, is_last } = ChangePages::next(self, db)?;
        let rows = rows.iter().map(fields).collect();
        Ok(Page { rows, is_last })
    }

    fn count(&self, db: &mut Db) -> QueryResult<usize> {
        ChangePages::count(self, db)
    }

    fn on_the_wire(&self) -> Box<dyn Rows> {
        Box::new(self.clone())
    }
}
