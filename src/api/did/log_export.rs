//! `did_log_export`: the calls to a number on a day (fixtures/reference/behaviour.md §6).

use crate::api::export::{Export, Rows};
use crate::api::format::{Field, Format};
use crate::api::{Answer, Dialect, Line, Session};
use crate::store::did_log::{DidCall, DidLogPages};
use crate::store::{Db, Page, QueryResult};

/// `phone_number`: 1 to 20 bytes.
const NUMBER: std::ops::RangeInclusive<usize> = 1..=20;

/// `date`: `YYYY-MM-DD`.
const DATE: usize = 10;

/// The most calls in one answer.
const RECORDS: usize = 100_000;

/// The header, and in the documented dialect the order of the values below it.
const COLUMNS: &[&str] = &[
    "did_number",
    "call_date",
    "caller_id_number",
    "length_in_sec",
];

pub(in crate::api) fn answer(session: &mut Session<'_>) -> Answer {
    let user = session.owned("user");
    let (number, date) = (session.owned("phone_number"), session.owned("date"));
    if !NUMBER.contains(&number.len()) || date.len() != DATE {
        let data = format!("{number}|{date}");
        let logged = format!("{user}|{data}");
        return Err(
            Line::error("did_log_export INVALID SEARCH PARAMETERS", data)
                .colon()
                .logging(logged)
                .into(),
        );
    }
    // The number is missing from the reference's own answer and log, which have two others in its place.
    let (agent, lead) = (session.owned("agent_user"), session.owned("lead_id"));
    let reason = "did_log_export NO RECORDS FOUND";
    let nothing = Line::error(reason, format!("{number}|{date}"))
        .on_the_wire(reason, format!("{agent}|{lead}|{date}"))
        .dashed()
        .logging(format!("{user}|{agent}|{lead}|{date}"));
    let format = match session.parameter("stage") {
        "csv" => Format::Csv,
        "tab" => Format::Tab,
        _ => Format::Pipe,
    };
    let logged = format!("{user}|{agent}|{lead}|{date}|{}", format.name());
    let format = match session.dialect {
        Dialect::Documented => format,
        Dialect::Wire => format.on_the_wire(),
    };
    let rows = Calls {
        pages: DidLogPages::new(&number, &date, RECORDS),
        number,
        dialect: session.dialect,
    };
    let export = Export::new(
        session,
        "did_log_export",
        rows,
        format,
        COLUMNS,
        nothing,
        logged,
    );
    Ok(export.into())
}

/// The calls to the number that was asked for.
#[derive(Debug, Clone)]
struct Calls {
    pages: DidLogPages,
    number: String,
    dialect: Dialect,
}

impl Rows for Calls {
    fn next(&mut self, db: &mut Db) -> QueryResult<Page<Vec<Field>>> {
        let Page { rows, is_last } = self.pages.next(db)?;
        let fields = |call| fields(&self.number, call, self.dialect);
        let rows = rows.into_iter().map(fields).collect();
        Ok(Page { rows, is_last })
    }

    fn count(&self, db: &mut Db) -> QueryResult<usize> {
        self.pages.count(db)
    }

    fn on_the_wire(&self) -> Box<dyn Rows> {
        Box::new(Self {
            dialect: Dialect::Wire,
            ..self.clone()
        })
    }
}

/// A call as its line has it. The wire's line is not in the order of its own header.
fn fields(number: &str, call: DidCall, dialect: Dialect) -> Vec<Field> {
    let number = number.to_owned();
    let seconds = call.seconds.to_string();
    let (second, third) = match dialect {
        Dialect::Documented => (call.call_date, call.caller_id_number),
        Dialect::Wire => (call.caller_id_number, call.call_date),
    };
    [number, second, third, seconds].map(Some).into()
}
