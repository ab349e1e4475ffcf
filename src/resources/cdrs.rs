//! `GET /api/cdrs`: the calls to DIDs on a day.

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;
use utoipa::ToSchema;

use super::number_form;
use super::request::Request;
use super::response::{self, Answer};
use crate::access::Session;
use crate::access::journal::LogLine;
use crate::access::scope::Scope;
use crate::store::Db;
use crate::store::calls::{self, CallRows, Filter, Place};

/// A call to a DID.
#[derive(Serialize, ToSchema)]
pub(super) struct Cdr {
    /// Asterisk's `uniqueid` of the call: 1291395601.1.
    id: String,
    /// When it came in, on the dialer's clock: 2010-12-03 12:00:01.
    started_at: String,
    /// The number that was dialled.
    number: String,
    /// The DID that took it; null where none did.
    did_id: Option<i64>,
    /// The caller's number; empty where it is not known.
    caller: String,
    /// The caller's name.
    caller_name: String,
    /// Where VICIdial sent it: IN_GROUP.
    did_route: String,
    /// The dialer that took it.
    server_ip: String,
    /// The in-group of its last part; null where it was in none.
    queue: Option<String>,
    /// The user who took that part.
    user: Option<String>,
    /// How that part ended, in VICIdial's words: SALE.
    status: Option<String>,
    /// How long that part took, in seconds.
    seconds: Option<i64>,
}

/// Some of the calls of a day, in the order of their time.
#[derive(Serialize, ToSchema)]
pub(super) struct CdrPage {
    /// The calls.
    data: Vec<Cdr>,
    /// How many a page holds: 1 to 1000.
    per_page: u64,
    /// How many there are on that day.
    total: u64,
    /// What `after` must be for the next page; null where there is none.
    next: Option<String>,
}

impl Cdr {
    fn of(rows: &CallRows) -> Self {
        let CallRows { call, part } = rows;
        let text = |column| call.text(column).to_owned();
        let of_part = |column| {
            let part = part.as_ref()?;
            part.get(column).map(str::to_owned)
        };
        Self {
            id: text("uniqueid"),
            started_at: text("call_date"),
            number: text("extension"),
            did_id: call.number("did_id").filter(|did_id| *did_id > 0),
            caller: text("caller_id_number"),
            caller_name: text("caller_id_name"),
            did_route: text("did_route"),
            server_ip: text("server_ip"),
            queue: of_part("campaign_id"),
            user: of_part("user"),
            status: of_part("status"),
            seconds: part.as_ref().and_then(|part| part.number("length_in_sec")),
        }
    }
}

/// How a place is written: the second, and how many calls of it come before.
const SECOND: &str = "%Y-%m-%dT%H:%M:%S";

fn written(place: &Place) -> String {
    format!("{}.{}", place.second.replace(' ', "T"), place.skip)
}

fn place(written: &str) -> Option<(NaiveDate, Place)> {
    let (second, skip) = written.split_once('.')?;
    let at = NaiveDateTime::parse_from_str(second, SECOND).ok()?;
    let place = Place {
        second: at.format("%Y-%m-%d %H:%M:%S").to_string(),
        skip: skip.parse().ok()?,
    };
    Some((at.date(), place))
}

pub(super) fn list(session: &mut Session<'_>, request: &Request) -> Answer {
    let query = &request.query;
    let mut errors = request.errors();
    let date = query.get("date").map(|date| {
        let date = NaiveDate::parse_from_str(date, "%Y-%m-%d");
        errors.check(
            "date",
            date.map_err(|_| "must be a day: YYYY-MM-DD".to_owned()),
        )
    });
    let after = query.get("after").map(|after| {
        let place = place(after).ok_or_else(|| "must be the `next` of an answer".to_owned());
        errors.check("after", place)
    });
    let (date, after) = (date.flatten(), after.flatten());
    if let (Some(date), Some((day, _))) = (date, &after)
        && date != *day
    {
        errors.add("after", "is of another day");
    }
    errors.into_result()?;
    let day = match (date, &after) {
        (Some(date), _) => date,
        (None, Some((day, _))) => *day,
        (None, None) => {
            let now = session.call.time.utc();
            session.dialer_clock()?.shows(now).date()
        }
    };
    let server = session.call.number_form;
    let numbers = match query.get("number") {
        // The check of the query has refused what is no number.
        Some(number) => {
            Some(number_form::spellings(session.db, number, server)?.unwrap_or_default())
        }
        None => None,
    };
    let filter = Filter {
        day,
        numbers,
        search: query.search(),
        scope: Scope::of(session)?.user_groups(),
    };
    let per_page = query.per_page();
    let place = after.map(|(_, place)| place);
    let line = LogLine::success("did_log_export CALLS LISTED", day.to_string());
    let reading = move |db: &mut Db| {
        let total = calls::count(db, &filter)?;
        let (rows, next) = calls::page(db, &filter, place.as_ref(), per_page)?;
        Ok(CdrPage {
            data: rows.iter().map(Cdr::of).collect(),
            per_page,
            total,
            next: next.as_ref().map(written),
        })
    };
    response::read(reading, line)
}
