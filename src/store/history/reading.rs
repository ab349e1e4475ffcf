//! Reading changes.

use super::row::RowChange;
use super::subject::folded;
use super::{CHANGED, CHANGES};
use crate::store::by_time::ByTime;
use crate::store::records::Conditions;
use crate::store::sql::{Sql, TextRow};
use crate::store::{Db, Page, QueryResult};

/// A change as it is kept.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its number.
    pub change_id: i64,
    /// When it was made, in seconds since 1970.
    pub changed_at: i64,
    /// Who made it.
    pub user: String,
    /// From which address.
    pub client: String,
    /// The parameter `source`.
    pub source: String,
    /// By which function.
    pub function: String,
    /// The call's `request_id`.
    pub request_id: String,
    /// The change that took it back; none where it is in force.
    pub undone_by: Option<i64>,
    /// The changes that it took back.
    pub undoes: Vec<i64>,
    /// What was changed, in its order.
    pub rows: Vec<RowChange>,
    /// Whether that cannot be read.
    pub is_broken: bool,
    /// How many rows were changed that the user may not list.
    pub hidden: usize,
}

/// Which changes are asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// About this, such as `did 7275551212`.
    pub subject: Option<String>,
    /// By this user.
    pub user: Option<String>,
    /// By this function.
    pub function: Option<String>,
    /// Made at this time or later, in seconds since 1970.
    pub since: Option<i64>,
    /// Made before this time.
    pub until: Option<i64>,
    /// With one of these numbers.
    pub change_ids: Vec<i64>,
    /// Only of this user, whoever is asked for.
    pub only: Option<String>,
    /// The tables whose rows are counted, and not shown.
    pub hidden: Vec<&'static str>,
}

/// More changes than there are.
pub const ALL: u64 = i64::MAX as u64;

const COLUMNS: &str = "CAST(change_id AS CHAR) AS c0, CAST(changed_at AS CHAR) AS c1, user AS c2, client AS c3, source AS c4, \
     `function` AS c5, request_id AS c6, CAST(undone_by AS CHAR) AS c7, undoes AS c8, detail AS c9";

/// The changes that a filter lets through, the newest first, after so many of them; at most so many.
///
/// # Errors
/// The database cannot be read.
pub fn list(db: &mut Db, filter: &Filter, offset: u64, count: u64) -> QueryResult<Vec<Entry>> {
    let Some(own) = db.vicishim_tables()? else {
        return Ok(Vec::new());
    };
    let page = Sql::new(format!(
        " ORDER BY {CHANGES}.change_id DESC LIMIT {count} OFFSET {offset}"
    ));
    let mut entries = select(own, conditions(filter).append(page))?;
    for entry in &mut entries {
        entry.hide(&filter.hidden);
    }
    Ok(entries)
}

/// The changes that a filter lets through, held until the end of the transaction: nobody else takes them back meanwhile.
///
/// # Errors
/// The database cannot be read.
pub fn held(db: &mut Db, filter: &Filter) -> QueryResult<Vec<Entry>> {
    if !db.has_vicishim_tables() {
        return Ok(Vec::new());
    }
    let own = db.own_to_write()?;
    let end = format!(" ORDER BY change_id DESC{}", own.for_update());
    select(own, conditions(filter).sql(&end))
}

impl Entry {
    /// Counts the rows of these tables instead of showing them.
    fn hide(&mut self, tables: &[&str]) {
        let (hidden, shown): (Vec<_>, Vec<_>) = std::mem::take(&mut self.rows)
            .into_iter()
            .partition(|change| tables.contains(&change.table()));
        self.hidden = hidden.iter().map(RowChange::count).sum();
        self.rows = shown;
    }
}

/// The numbers of the changes by this user at this time, in seconds since 1970, each with its function; at most so many.
///
/// # Errors
/// The database cannot be read.
pub fn made_at(
    db: &mut Db,
    user: &str,
    changed_at: i64,
    count: usize,
) -> QueryResult<Vec<(i64, String)>> {
    const BY_TIME: ByTime = ByTime {
        table: CHANGES,
        key: "change_id",
        time: "changed_at",
    };
    let Some(own) = db.vicishim_tables()? else {
        return Ok(Vec::new());
    };
    let first = BY_TIME.first_since(own, changed_at)?;
    let query = Sql::new(format!(
        "SELECT CAST(change_id AS CHAR) AS c0, `function` AS c1 FROM {CHANGES}"
    ))
    .append(BY_TIME.around(first))
    .sql(" AND changed_at = ")
    .bind(changed_at)
    .sql(" AND user = ")
    .bind(user)
    .sql(&format!(" ORDER BY change_id LIMIT {count}"));
    let rows = own.read(query)?;
    let change = |row: &TextRow| Some((row.text(0).parse().ok()?, row.text(1).to_owned()));
    Ok(rows.iter().filter_map(change).collect())
}

/// How many changes a filter lets through.
///
/// # Errors
/// The database cannot be read.
pub fn count(db: &mut Db, filter: &Filter) -> QueryResult<u64> {
    match db.vicishim_tables()? {
        Some(own) => crate::store::records::count(own, CHANGES, conditions(filter)),
        None => Ok(0),
    }
}

fn conditions(filter: &Filter) -> Sql {
    let mut all = Conditions::new();
    if let Some(subject) = &filter.subject {
        let subject = folded(subject);
        let of_it = Sql::new(format!(
            "change_id IN (SELECT change_id FROM {CHANGES} WHERE subject = "
        ))
        .bind(subject.as_str())
        .sql(&format!(
            " UNION ALL SELECT change_id FROM {CHANGED} WHERE subject = "
        ))
        .bind(subject)
        .sql(")");
        all = all.and(of_it);
    }
    let texts = [
        ("user", &filter.user),
        ("user", &filter.only),
        ("`function`", &filter.function),
    ];
    for (column, text) in texts {
        if let Some(text) = text {
            all = all.and(Sql::new(format!("{column} = ")).bind(text.as_str()));
        }
    }
    let numbers = [
        ("changed_at >= ", filter.since),
        ("changed_at < ", filter.until),
    ];
    for (condition, number) in numbers {
        if let Some(number) = number {
            all = all.and(Sql::new(condition).bind(number));
        }
    }
    if !filter.change_ids.is_empty() {
        let ids = filter.change_ids.iter().copied();
        all = all.and(Sql::new("change_id IN (").bind_list(ids).sql(")"));
    }
    all.end()
}

/// The changes with what follows the table's name in the statement.
pub(super) fn select(own: &mut Db, rest: Sql) -> QueryResult<Vec<Entry>> {
    let query = Sql::new(format!("SELECT {COLUMNS} FROM {CHANGES}"));
    let rows = own.read(query.append(rest))?;
    Ok(rows.iter().map(entry).collect())
}

fn entry(row: &TextRow) -> Entry {
    let text = |place: usize| row.text(place).to_owned();
    let number = |place: usize| row.text(place).parse().unwrap_or(0);
    let undoes = row.text(8).split(',').filter_map(|id| id.parse().ok());
    let rows: Result<Vec<RowChange>, _> = serde_json::from_str(row.text(9));
    if let Err(error) = &rows {
        log::error!("change {} cannot be read: {error}", row.text(0));
    }
    Entry {
        change_id: number(0),
        changed_at: number(1),
        user: text(2),
        client: text(3),
        source: text(4),
        function: text(5),
        request_id: text(6),
        undone_by: Some(number(7)).filter(|change_id| *change_id != 0),
        undoes: undoes.collect(),
        is_broken: rows.is_err(),
        hidden: 0,
        rows: rows.unwrap_or_default(),
    }
}

/// The changes that a filter lets through, page by page.
#[derive(Debug, Clone)]
pub struct ChangePages {
    filter: Filter,
    offset: u64,
    /// How many are still asked for.
    left: u64,
}

impl ChangePages {
    /// How many one statement reads.
    const ROWS: u64 = 100;

    /// At most so many, after so many of them.
    pub fn new(filter: Filter, offset: usize, records: usize) -> Self {
        Self {
            filter,
            offset: offset as u64,
            left: records as u64,
        }
    }

    /// The next ones.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn next(&mut self, db: &mut Db) -> QueryResult<Page<Entry>> {
        let asked = self.left.min(Self::ROWS);
        let rows = list(db, &self.filter, self.offset, asked)?;
        let count = rows.len() as u64;
        self.offset += count;
        self.left -= count;
        Ok(Page {
            is_last: count < asked || self.left == 0,
            rows,
        })
    }

    /// How many are still to come.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn count(&self, db: &mut Db) -> QueryResult<usize> {
        let all = count(db, &self.filter)?;
        let left = all.saturating_sub(self.offset).min(self.left);
        Ok(usize::try_from(left).unwrap_or(usize::MAX))
    }
}
