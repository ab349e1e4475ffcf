//! `vicidial_did_log`: the calls that came in, and from `vicidial_closer_log` how long they took.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::page::number;
use super::sql::{Sql, TextRow};
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
    /// From the call's arrival to the end of its last part in an in-group; 0 where it has been in none. Where it is not known
    /// when that part began, the negative seconds from 1970 to the arrival.
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
    /// At most so many calls to the number on a day, `YYYY-MM-DD` or as MariaDB reads it else.
    pub fn new(extension: &str, date: &str, records: usize) -> Self {
        Self {
            extension: extension.to_owned(),
            day: day(date).map(|day| (format!("{day} 00:00:00"), format!("{day} 23:59:59"))),
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
            "SELECT uniqueid, CAST(call_date AS CHAR) AS came, caller_id_number, \
             CAST(UNIX_TIMESTAMP(call_date) AS CHAR) AS began FROM vicidial_did_log WHERE extension = ",
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
                seconds: match ends.get(&collation::key(row.text(0))) {
                    Some(end) => end - seconds(row, 3),
                    None => 0,
                },
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

/// How many calls came to a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallCount {
    /// From the beginning of the later time on.
    pub late: u64,
    /// From the beginning of the earlier time on.
    pub all: u64,
}

/// The calls to these numbers since two times on the dialer's clock, `YYYY-MM-DD HH:MM:SS`, by [`collation::key`] of the
/// number; a number without calls is not there. One statement, by the index of the numbers: it takes as long as these numbers have
/// calls in the log.
///
/// # Errors
/// The database cannot be read.
pub fn counts(
    db: &mut Db,
    numbers: &[&str],
    since: &str,
    late: &str,
) -> QueryResult<HashMap<collation::Key, CallCount>> {
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let query = Sql::new("SELECT MIN(extension) AS number, CAST(SUM(call_date >= ")
        .bind(late)
        .sql(") AS CHAR) AS late, CAST(COUNT(*) AS CHAR) AS total FROM vicidial_did_log WHERE extension IN (")
        .bind_list(numbers.iter().copied())
        .sql(") AND call_date >= ")
        .bind(since)
        .sql(" GROUP BY extension");
    let count = |row: &TextRow, column| row.text(column).parse().unwrap_or(0);
    let of_number = |row: &TextRow| {
        let counted = CallCount {
            late: count(row, 1),
            all: count(row, 2),
        };
        (collation::key(row.text(0)), counted)
    };
    Ok(db.read(query)?.iter().map(of_number).collect())
}

/// The day of a date as MariaDB reads it: three numbers with a `-` between them, however many digits each has. A year of two
/// digits is one from 1970 to 2069.
fn day(date: &str) -> Option<NaiveDate> {
    let numbers: Vec<&str> = date.split('-').collect();
    let [year, month, day] = numbers[..] else {
        return None;
    };
    let is_short = year.len() == 2;
    let year = match year.parse().ok()? {
        year @ 0..70 if is_short => 2000 + year,
        year @ 70..100 if is_short => 1900 + year,
        year @ 0..=9999 => year,
        _ => return None,
    };
    NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?)
}

/// When the calls ended that have been in an in-group, in seconds since 1970, by [`collation::key`] of their `uniqueid`: of the
/// rows of one call the one with the highest `closecallid` counts. 0 where that has no time.
fn ends(db: &mut Db, ids: &[&str]) -> QueryResult<HashMap<collation::Key, i64>> {
    let mut ends = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let query = Sql::new(
            "SELECT c.uniqueid, CAST(UNIX_TIMESTAMP(c.call_date) AS CHAR) AS began, CAST(c.length_in_sec AS CHAR) AS seconds \
             FROM (SELECT MAX(closecallid) AS id FROM vicidial_closer_log WHERE uniqueid IN (",
        )
        .bind_list(ids.iter().copied())
        .sql(") GROUP BY uniqueid) last JOIN vicidial_closer_log c ON c.closecallid = last.id");
        for row in db.read(query)? {
            let end = match row.value(1) {
                Some(_) => seconds(&row, 1) + seconds(&row, 2),
                None => 0,
            };
            ends.insert(collation::key(row.text(0)), end);
        }
    }
    Ok(ends)
}

/// A column of seconds; 0 where it is NULL.
fn seconds(row: &TextRow, column: usize) -> i64 {
    row.text(column).parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn a_day_may_have_more_or_fewer_digits() {
        for (date, read) in [
            ("2010-12-03", Some("2010-12-03")),
            ("2010-012-3", Some("2010-12-03")),
            ("02010-12-3", Some("2010-12-03")),
            ("10-12-0003", Some("2010-12-03")),
            ("69-12-0003", Some("2069-12-03")),
            ("70-12-0003", Some("1970-12-03")),
            ("201-12-003", Some("0201-12-03")),
            ("000-12-003", Some("0000-12-03")),
            ("2012-02-29", Some("2012-02-29")),
            ("2011-02-29", None),
            ("99999-12-3", None),
            ("2010-12-00", None),
            ("2010-13-03", None),
            ("2010120300", None),
            ("2010--12-3", None),
            ("-2010-12-3", None),
            ("2010-12003", None),
            ("10-2-3-4-5", None),
            ("----------", None),
        ] {
            let day = day(date).map(|day| day.to_string());
            assert_eq!(day.as_deref(), read, "{date}");
        }
    }
}
