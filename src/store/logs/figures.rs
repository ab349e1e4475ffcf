//! Counting the calls in the API's log.

use std::collections::HashMap;

use super::super::sql::{Sql, TextRow};
use super::super::{Db, QueryResult, collation};
use super::reading::{CHUNK, Filter, conditions, floor, newest_key};

/// How many keys are counted, from the newest back.
pub const COUNTED: i64 = 50_000;

/// How many users, sources and reasons there are at the most.
const MOST: usize = 15;

/// How many calls there were of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// By minute (`YYYY-MM-DD HH:MM`), function and result.
    pub minutes: Vec<Minute>,
    /// The most frequent reasons of errors: function, reason and count.
    pub errors: Vec<(String, String, u64)>,
    /// By user, those with the most calls.
    pub users: Vec<Caller>,
    /// By `source`, the same.
    pub sources: Vec<Caller>,
    /// The date from which on calls are counted, where older ones were meant, too.
    pub cut_at: Option<String>,
}

/// The calls of one minute that are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minute {
    /// `YYYY-MM-DD HH:MM`
    pub minute: String,
    /// The function.
    pub function: String,
    /// The result.
    pub result: String,
    /// How many.
    pub count: u64,
}

/// The calls of a user or a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// Its name.
    pub name: String,
    /// How many calls.
    pub calls: u64,
    /// How many of them were refused.
    pub errors: u64,
    /// The date of the last one.
    pub last: String,
}

/// Counts the calls that are meant, as far as they are among the newest 50,000.
///
/// # Errors
/// The database cannot be read.
pub fn figures(db: &mut Db, filter: &Filter) -> QueryResult<Figures> {
    let last = newest_key(db)?;
    let floor = floor(db, filter)?;
    let lowest = floor.max(last - COUNTED + 1);
    let mut counts = Counts::default();
    let mut end = last;
    while end >= lowest {
        let first = lowest.max(end - CHUNK + 1);
        let query = Sql::new(COLUMNS).append(conditions(db, filter, (first, end)));
        for row in db.read(query)? {
            counts.count(row);
        }
        end = first - 1;
    }
    let is_cut = lowest > floor;
    let since = filter.since.as_deref().unwrap_or_default();
    let cut_at = match is_cut {
        true => date_at(db, lowest)?.filter(|date| since < date.as_str()),
        false => None,
    };
    Ok(counts.figures(cut_at))
}

/// What is counted of a call. The reason only of errors.
const COLUMNS: &str = "SELECT CAST(api_date AS CHAR) AS c0, user AS c1, `function` AS c2, result AS c3, \
     CASE WHEN result = 'ERROR' THEN result_reason END AS c4, source AS c5 FROM vicidial_api_log";

/// What was counted so far. Names count as they are spelt until the end: comparing them as the database does takes longer.
#[derive(Default)]
struct Counts {
    minutes: HashMap<[String; 3], u64>,
    errors: HashMap<[String; 2], u64>,
    users: HashMap<String, Caller>,
    sources: HashMap<String, Caller>,
}

impl Counts {
    fn count(&mut self, TextRow(values): TextRow) {
        let mut values = values.into_iter().map(Option::unwrap_or_default);
        let mut next = || values.next().unwrap_or_default();
        let [date, user, function, result, reason, source] = [(); 6].map(|()| next());
        let is_error = result.eq_ignore_ascii_case("ERROR");
        for (all, name) in [(&mut self.users, user), (&mut self.sources, source)] {
            let of = all.entry(name).or_default();
            of.calls += 1;
            of.errors += u64::from(is_error);
            if of.last < date {
                of.last.clone_from(&date);
            }
        }
        if is_error {
            *self.errors.entry([function.clone(), reason]).or_default() += 1;
        }
        let minute = date.get(..16).unwrap_or(&date).to_owned();
        *self.minutes.entry([minute, function, result]).or_default() += 1;
    }

    fn figures(self, cut_at: Option<String>) -> Figures {
        let minute = |([minute, function, result], count): ([String; 3], u64)| Minute {
            minute,
            function,
            result,
            count,
        };
        let mut errors: HashMap<collation::Key, (String, String, u64)> = HashMap::new();
        for ([function, reason], count) in self.errors {
            let key = collation::key(&format!("{function}\n{reason}"));
            errors.entry(key).or_insert((function, reason, 0)).2 += count;
        }
        Figures {
            minutes: self.minutes.into_iter().map(minute).collect(),
            errors: most(errors.into_values(), |error| (error.2, &error.1)),
            users: callers(self.users),
            sources: callers(self.sources),
            cut_at,
        }
    }
}

/// Those with the most calls, whatever the case and the accents of their names.
fn callers(counts: HashMap<String, Caller>) -> Vec<Caller> {
    let mut all: HashMap<collation::Key, Caller> = HashMap::new();
    for (name, counted) in counts {
        let of = all.entry(collation::key(&name)).or_default();
        of.calls += counted.calls;
        of.errors += counted.errors;
        of.last = std::mem::take(&mut of.last).max(counted.last);
        of.name = std::mem::take(&mut of.name).max(name);
    }
    most(all.into_values(), |of| (of.calls, &of.name))
}

/// The first ones by their counts, and by their names where these are the same.
fn most<T>(all: impl Iterator<Item = T>, by: impl Fn(&T) -> (u64, &String)) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort_by(|left, right| {
        let ((more, name), (less, other)) = (by(left), by(right));
        less.cmp(&more).then_with(|| name.cmp(other))
    });
    all.truncate(MOST);
    all
}

/// The date of the first call from this key on.
fn date_at(db: &mut Db, first: i64) -> QueryResult<Option<String>> {
    let query =
        Sql::new("SELECT CAST(api_date AS CHAR) AS c0 FROM vicidial_api_log WHERE api_id >= ")
            .bind(first)
            .sql(" ORDER BY api_id LIMIT 1");
    Ok(db.read(query)?.first().map(|row| row.text(0).to_owned()))
}
