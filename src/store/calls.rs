//! The calls of a day: `vicidial_did_log`, and of `vicidial_closer_log` the last part that each had in an in-group.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::records::{self, Conditions, Record, any_holds};
use super::sql::{Sql, TextRow};
use super::{Db, QueryResult, collation};

const CALLS: &str = "vicidial_did_log";

/// The columns of a call.
const COLUMNS: &[&str] = &[
    "uniqueid",
    "call_date",
    "extension",
    "caller_id_number",
    "caller_id_name",
    "did_id",
    "did_route",
    "server_ip",
];

/// The columns of its part in an in-group.
const PART_COLUMNS: &[&str] = &["uniqueid", "campaign_id", "user", "status", "length_in_sec"];

/// How many calls one statement looks up.
const CHUNK: usize = 250;

/// Which calls are asked for.
#[derive(Debug, Clone)]
pub struct Filter {
    /// On this day of the dialer's clock.
    pub day: NaiveDate,
    /// To one of these numbers.
    pub numbers: Option<Vec<String>>,
    /// In the caller's number or name.
    pub search: Option<String>,
    /// Only to DIDs of these user groups; every group where there is no list.
    pub scope: Option<Vec<String>>,
}

/// Where a page begins. The table has no key: at a second, behind so many calls of that second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `YYYY-MM-DD HH:MM:SS`
    pub second: String,
    /// How many calls of that second come before.
    pub skip: u32,
}

/// A call, and its last part in an in-group, where it had one.
#[derive(Debug, Clone)]
pub struct CallRows {
    /// The call.
    pub call: Record,
    /// That part.
    pub part: Option<Record>,
}

impl Filter {
    /// The condition of the calls from a second on.
    fn sql(&self, db: &Db, from: &str) -> Sql {
        let last = format!("{} 23:59:59", self.day);
        let mut all = Conditions::new()
            .and(Sql::new("call_date >= ").bind(from))
            .and(Sql::new("call_date <= ").bind(last));
        if let Some(numbers) = &self.numbers {
            let numbers = numbers.iter().map(String::as_str);
            all = all.and(Sql::new("extension IN (").bind_list(numbers).sql(")"));
        }
        if let Some(search) = &self.search {
            let columns = ["caller_id_number", "caller_id_name"];
            all = all.and(any_holds(db, CALLS, &columns, search));
        }
        if let Some(scope) = &self.scope {
            let groups = scope.iter().map(String::as_str);
            all = all.and(
                Sql::new("extension IN (SELECT did_pattern FROM vicidial_inbound_dids WHERE user_group IN (")
                    .bind_list(groups)
                    .sql("))"),
            );
        }
        all.end()
    }

    fn first_second(&self) -> String {
        format!("{} 00:00:00", self.day)
    }
}

/// How many calls there are.
///
/// # Errors
/// The database cannot be read.
pub fn count(db: &mut Db, filter: &Filter) -> QueryResult<u64> {
    let condition = filter.sql(db, &filter.first_second());
    records::count(db, CALLS, condition)
}

/// How many calls to a number there were on each day, `YYYY-MM-DD`, from the first of these days to the last; days without
/// calls are left out. None where there is no such table, or where there are more calls than `most`: nothing is counted
/// without end.
///
/// # Errors
/// The database cannot be read.
pub fn by_day(
    db: &mut Db,
    number: &str,
    (first, last): (NaiveDate, NaiveDate),
    most: u32,
) -> QueryResult<Option<Vec<(String, u64)>>> {
    if db.columns().of(CALLS).is_empty() {
        return Ok(None);
    }
    let query = Sql::new(format!(
        "SELECT called_on, CAST(COUNT(*) AS CHAR) AS calls FROM \
         (SELECT SUBSTR(call_date, 1, 10) AS called_on FROM {CALLS} WHERE extension = "
    ))
    .bind(number)
    .sql(" AND call_date >= ")
    .bind(format!("{first} 00:00:00"))
    .sql(" AND call_date <= ")
    .bind(format!("{last} 23:59:59"))
    .sql(&format!(
        " LIMIT {}) found GROUP BY called_on ORDER BY called_on",
        u64::from(most) + 1
    ));
    let rows = db.read(query)?;
    let day = |row: &TextRow| (row.text(0).to_owned(), row.text(1).parse().unwrap_or(0));
    let days: Vec<(String, u64)> = rows.iter().map(day).collect();
    let all: u64 = days.iter().map(|(_, calls)| calls).sum();
    Ok((all <= u64::from(most)).then_some(days))
}

/// So many calls in the order of their time, from a place on, and the place where the next ones begin; none at the end.
///
/// # Errors
/// The database cannot be read.
pub fn page(
    db: &mut Db,
    filter: &Filter,
    from: Option<&Place>,
    count: u64,
) -> QueryResult<(Vec<CallRows>, Option<Place>)> {
    let first_second = filter.first_second();
    let (second, skip) = from.map_or((first_second.as_str(), 0), |place| {
        (place.second.as_str(), place.skip)
    });
    let order = format!(
        "call_date, {}",
        db.order_among_equals("uniqueid, channel, caller_id_number")
    );
    let page = records::page(&order, u64::from(skip), count + 1);
    let rest = filter.sql(db, second).append(page);
    let mut calls = records::select(db, CALLS, COLUMNS, rest)?;
    let size = usize::try_from(count).unwrap_or(usize::MAX);
    let next = (calls.len() > size).then(|| {
        calls.truncate(size);
        let last = calls.last().map_or("", |call| call.text("call_date"));
        let of_last = calls.iter().rev();
        let of_last = of_last
            .take_while(|call| call.text("call_date") == last)
            .count();
        let of_last = u32::try_from(of_last).unwrap_or(u32::MAX);
        Place {
            second: last.to_owned(),
            skip: of_last + if last == second { skip } else { 0 },
        }
    });
    let parts = parts(db, &calls)?;
    let with_part = |call: Record| CallRows {
        part: parts.get(&collation::key(call.text("uniqueid"))).cloned(),
        call,
    };
    Ok((calls.into_iter().map(with_part).collect(), next))
}

/// The last part of each call in an in-group: of its rows the one with the highest `closecallid`.
fn parts(db: &mut Db, calls: &[Record]) -> QueryResult<HashMap<collation::Key, Record>> {
    let mut parts = HashMap::new();
    for calls in calls.chunks(CHUNK) {
        let ids = calls.iter().map(|call| call.text("uniqueid"));
        let rest = records::among("uniqueid", ids).sql(" ORDER BY closecallid");
        for row in records::select(db, "vicidial_closer_log", PART_COLUMNS, rest)? {
            parts.insert(collation::key(row.text("uniqueid")), row);
        }
    }
    Ok(parts)
}
