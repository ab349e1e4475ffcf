//! `vicidial_did_log`: the calls that came in, and from `vicidial_closer_log` how long they took.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

use super::page::number;
use super::sql::Sql;
use super::{Db, Page, QueryResult, collation};

/// Rows that are read at a time. Larger than other pages: neither database has an index for both number and time.
const PAGE: usize = 5000;

/// How many calls one statement looks up.
const CHUNK: usize = 250;

/// A call to a DID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DidCall {
    /// `YYYY-MM-DD HH:MM:SS`
    pub call_date: String,
    /// The caller's number; empty where it is not known.
    pub caller_id_number: String,
    /// From the call's arrival to the end of its last part in an in-group; 0 where it has been in none.
    pub seconds: i64,
}

/// The calls to one number on one day in the order of their time, page by page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DidLogPages {
    extension: String,
    /// The first and the last second of the day; none where there is no such day.
    day: Option<(String, String)>,
    left: usize,
    /// How many calls of the first second that is still to be read were in the pages before.
    skip: usize,
}

impl DidLogPages {
    /// At most so many calls to the number on the day `YYYY-MM-DD`.
    pub fn new(extension: &str, date: &str, records: usize) -> Self {
        let day = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok();
        Self {
            extension: extension.to_owned(),
            day: day
                .filter(|day| day.to_string() == date)
                .map(|_| (format!("{date} 00:00:00"), format!("{date} 23:59:59"))),
            left: records,
            skip: 0,
        }
    }

    /// The next page. A call that comes in meanwhile is in the list or not.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn next(&mut self, db: &mut Db) -> QueryResult<Page<DidCall>> {
        let Some((from, to)) = &self.day else {
            return Ok(Page::of(Vec::new(), 1, 0));
        };
        let asked = self.left.min(PAGE);
        let among_equals = db.order_among_equals("uniqueid, channel, caller_id_number");
        let query = Sql::new(
            "SELECT uniqueid, CAST(call_date AS CHAR) AS came, caller_id_number FROM vicidial_did_log WHERE extension = ",
        )
        .bind(self.extension.as_str())
        .sql(" AND call_date >= ")
        .bind(from.as_str())
        .sql(" AND call_date <= ")
        .bind(to.as_str())
        .sql(&format!(
            " ORDER BY call_date, {among_equals} LIMIT "
        ))
        .bind(number(asked))
        .sql(" OFFSET ")
        .bind(number(self.skip));
        let rows = db.read(query)?;
        let ids: Vec<&str> = rows.iter().map(|row| row.text(0)).collect();
        let ends = ends(db, &ids)?;
        let calls: Vec<DidCall> = rows
            .iter()
            .map(|row| DidCall {
                call_date: row.text(1).to_owned(),
                caller_id_number: row.text(2).to_owned(),
                seconds: ends
                    .get(&collation::key(row.text(0)))
                    .and_then(|end| Some((*end - time(row.text(1))?).num_seconds()))
                    .unwrap_or(0),
            })
            .collect();
        self.left -= calls.len().min(asked);
        self.go_on_after(&calls);
        Ok(Page::of(calls, asked, self.left))
    }

    /// How many calls are still to come.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn count(&self, db: &mut Db) -> QueryResult<usize> {
        let Some((from, to)) = &self.day else {
            return Ok(0);
        };
        let query = Sql::new(
            "SELECT CAST(count(*) AS CHAR) AS n FROM (SELECT call_date FROM vicidial_did_log WHERE extension = ",
        )
        .bind(self.extension.as_str())
        .sql(" AND call_date >= ")
        .bind(from.as_str())
        .sql(" AND call_date <= ")
        .bind(to.as_str())
        .sql(" LIMIT ")
        .bind(number(self.left))
        .sql(" OFFSET ")
        .bind(number(self.skip))
        .sql(") found");
        let rows = db.read(query)?;
        Ok(rows
            .first()
            .and_then(|row| row.text(0).parse().ok())
            .unwrap_or(0))
    }

    /// The table has no key: the next page begins with the second at which this one ends, past the calls of that second
    /// that were in it.
    fn go_on_after(&mut self, calls: &[DidCall]) {
        let (Some(last), Some((from, _))) = (calls.last(), &mut self.day) else {
            return;
        };
        let of_last_second = calls
            .iter()
            .rev()
            .take_while(|call| call.call_date == last.call_date)
            .count();
        if *from == last.call_date {
            self.skip += of_last_second;
        } else {
            from.clone_from(&last.call_date);
            self.skip = of_last_second;
        }
    }
}

/// When the calls ended that have been in an in-group, by [`collation::key`] of their `uniqueid`: of the rows of one call
/// the one with the highest `closecallid` counts.
fn ends(db: &mut Db, ids: &[&str]) -> QueryResult<HashMap<collation::Key, NaiveDateTime>> {
    let mut ends = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let query = Sql::new(
            "SELECT c.uniqueid, CAST(c.call_date AS CHAR) AS began, CAST(c.length_in_sec AS CHAR) AS seconds \
             FROM (SELECT MAX(closecallid) AS id FROM vicidial_closer_log WHERE uniqueid IN (",
        )
        .bind_list(ids.iter().copied())
        .sql(") GROUP BY uniqueid) last JOIN vicidial_closer_log c ON c.closecallid = last.id");
        for row in db.read(query)? {
            let length = TimeDelta::try_seconds(row.text(2).parse().unwrap_or(0));
            let end = time(row.text(1)).and_then(|began| began.checked_add_signed(length?));
            if let Some(end) = end {
                ends.insert(collation::key(row.text(0)), end);
            }
        }
    }
    Ok(ends)
}

fn time(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok()
}
