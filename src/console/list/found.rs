//! Reading what the list shows.

use std::collections::HashMap;

use super::asked::Asked;
use crate::access::scope::EVERYBODY;
use crate::console::reading::Reader;
use crate::console::rights::{Right, Rights};
use crate::loading::lint::{Targets, of_rows};
use crate::routing::lint::Finding;
use crate::store::did_log::{self, CallCount};
use crate::store::dids::listing::{From, Listing, Place};
use crate::store::dids::pages::{DidPages, Filter};
use crate::store::records::Record;
use crate::store::sql::Sql;
use crate::store::{Db, QueryResult, collation, lookups};

/// Up to how many numbers are counted.
const COUNTED: usize = 10_000;

/// How many numbers are read at a time where those with findings are looked for.
const STEP: usize = 1000;

/// How many numbers, and how many of their destinations, one page looks at for findings at the most.
const LOOKED_AT: usize = 5000;
const TARGETS: usize = 1000;

/// How many user groups there are to choose from.
const GROUPS: usize = 500;

/// How many numbers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    Exactly(usize),
    MoreThan(usize),
    /// Counting would take longer than the page.
    Unknown,
}

/// A number with what is known of it.
pub(super) struct Row {
    pub(super) record: Record,
    /// None where they were not counted.
    pub(super) calls: Option<CallCount>,
    pub(super) findings: Vec<Finding>,
}

/// A page of the list.
pub(super) struct Found {
    pub(super) rows: Vec<Row>,
    /// The place before the first row, where there are rows before it.
    pub(super) before: Option<Place>,
    /// The place behind the last row, where there may be rows behind it.
    pub(super) behind: Option<Place>,
    pub(super) count: Count,
    /// How many numbers were looked at for findings; none where nobody asked.
    pub(super) looked_at: Option<usize>,
    /// The user groups that there are to choose from.
    pub(super) groups: Vec<String>,
}

/// Rows in the list's order, and the places around them.
#[derive(Default)]
struct Part {
    rows: Vec<(Place, Record)>,
    before: Option<Place>,
    behind: Option<Place>,
    looked_at: Option<usize>,
    /// Whether these are all the rows there are.
    is_whole: bool,
}

impl Found {
    /// Reads what is asked, within the user's scope.
    pub(super) fn read(db: &mut Db, reader: &Reader, asked: &Asked) -> QueryResult<Self> {
        let rights = Rights::of(&reader.user);
        let scope = reader.scope.user_groups();
        let listing = within(&asked.listing, scope);
        let sees = |group: Option<&str>| reader.scope.covers(group);
        let looks = rights.may(Right::ViewDids);
        let mut targets = Targets::default();
        let mut scan = Scan {
            listing: &listing,
            count: asked.per_page,
            targets: &mut targets,
            sees: &sees,
        };
        let part = match asked.has_findings && looks {
            true => scan.with_findings(db, &asked.from)?,
            false => scan.next(db, &asked.from)?,
        };
        let count = count(db, &listing.filter, asked, &part)?;
        let mut calls = None;
        if (asked.shows("today") || asked.shows("month")) && rights.may(Right::ViewCalls) {
            calls = Some(counted(db, reader, &part.rows)?);
        }
        let mut findings: HashMap<i64, Vec<Finding>> = HashMap::new();
        if looks && (asked.has_findings || asked.shows("findings")) {
            let records: Vec<&Record> = part.rows.iter().map(|(_, record)| record).collect();
            for finding in of_rows(db, &records, &mut targets, &sees)? {
                findings.entry(finding.did_id).or_default().push(finding);
            }
        }
        let row = |(place, record): (Place, Record)| Row {
            calls: calls.as_ref().map(|calls| {
                let key = collation::key(record.text("did_pattern"));
                calls.get(&key).copied().unwrap_or_default()
            }),
            findings: findings.remove(&place.did_id).unwrap_or_default(),
            record,
        };
        Ok(Self {
            rows: part.rows.into_iter().map(row).collect(),
            before: part.before,
            behind: part.behind,
            count,
            looked_at: part.looked_at,
            groups: match asked.is_file {
                true => Vec::new(),
                false => groups(db, &sees)?,
            },
        })
    }
}

/// The list within a scope.
fn within(listing: &Listing, scope: Option<Vec<String>>) -> Listing {
    let mut listing = listing.clone();
    listing.filter.user_groups = scope;
    listing
}

/// On its way through a list.
struct Scan<'s> {
    listing: &'s Listing,
    count: usize,
    targets: &'s mut Targets,
    sees: &'s dyn Fn(Option<&str>) -> bool,
}

impl Scan<'_> {
    fn next(&mut self, db: &mut Db, from: &From) -> QueryResult<Part> {
        let page = self.listing.page(db, from, self.count)?;
        if page.is_last && matches!(from, From::Before(_)) {
            // The first page, and a whole one.
            return self.next(db, &From::Begin);
        }
        Ok(part(page.rows, page.is_last, from))
    }

    /// Those with something wrong: of so many rows as may be looked at.
    fn with_findings(&mut self, db: &mut Db, from: &From) -> QueryResult<Part> {
        let is_backward = matches!(from, From::Before(_));
        let (mut found, mut looked_at) = (Vec::new(), 0);
        let mut at = from.clone();
        let mut is_last = false;
        let mut last = None;
        'pages: while !is_last && looked_at < LOOKED_AT && self.targets.count() < TARGETS {
            let page = self.listing.page(db, &at, STEP)?;
            let records: Vec<&Record> = page.rows.iter().map(|(_, record)| record).collect();
            let findings = of_rows(db, &records, self.targets, self.sees)?;
            is_last = page.is_last;
            for (place, record) in page.rows {
                looked_at += 1;
                last = Some(place.clone());
                if findings
                    .iter()
                    .any(|finding| finding.did_id == place.did_id)
                {
                    found.push((place, record));
                }
                if found.len() == self.count {
                    is_last = false;
                    break 'pages;
                }
            }
            at = match (last.clone(), is_backward) {
                (Some(place), true) => From::Before(place),
                (Some(place), false) => From::Behind(place),
                (None, _) => break,
            };
        }
        let mut part = part(found, is_last, from);
        // What was looked at goes further than what was found.
        match is_backward {
            _ if is_last => {}
            true => part.before = last,
            false => part.behind = last,
        }
        part.looked_at = Some(looked_at);
        Ok(part)
    }
}

/// Rows that were read from some place, in the list's order.
fn part(mut rows: Vec<(Place, Record)>, is_last: bool, from: &From) -> Part {
    let is_backward = matches!(from, From::Before(_));
    if is_backward {
        rows.reverse();
    }
    let first = rows.first().map(|(place, _)| place.clone());
    let last = rows.last().map(|(place, _)| place.clone());
    // Where there is no row to say it: where it was come from.
    let (first, last) = match from {
        From::Begin => (None, last),
        From::Behind(place) => (first.or(Some(place.clone())), last),
        From::Before(place) => (first, last.or(Some(place.clone()))),
    };
    Part {
        is_whole: is_last && *from == From::Begin,
        before: first.filter(|_| !is_backward || !is_last),
        behind: last.filter(|_| is_backward || !is_last),
        rows,
        looked_at: None,
    }
}

/// How many numbers there are, where that is known at once.
fn count(db: &mut Db, filter: &Filter, asked: &Asked, part: &Part) -> QueryResult<Count> {
    if part.is_whole {
        return Ok(Count::Exactly(part.rows.len()));
    }
    // A text is looked for in each row.
    if asked.is_file || asked.has_findings || filter.search.is_some() || filter.target.is_some() {
        return Ok(Count::Unknown);
    }
    let counted = DidPages::new(filter.clone(), 0, COUNTED + 1).count(db)?;
    Ok(match counted {
        ..=COUNTED => Count::Exactly(counted),
        _ => Count::MoreThan(COUNTED),
    })
}

/// The calls to these numbers today and in 30 days, today among them.
fn counted(
    db: &mut Db,
    reader: &Reader,
    rows: &[(Place, Record)],
) -> QueryResult<HashMap<collation::Key, CallCount>> {
    let numbers: Vec<&str> = rows
        .iter()
        .map(|(_, record)| record.text("did_pattern"))
        .collect();
    let today = reader.clock.shows(reader.time.utc()).date();
    let month = today - chrono::Duration::days(29);
    let [since, late] = [month, today].map(|day| format!("{day} 00:00:00"));
    did_log::counts(db, &numbers, &since, &late)
}

/// The user groups that the user sees rows of.
fn groups(db: &mut Db, sees: &dyn Fn(Option<&str>) -> bool) -> QueryResult<Vec<String>> {
    let rest = Sql::new(format!(" ORDER BY user_group LIMIT {GROUPS}"));
    let rows = lookups::user_groups(db, rest)?;
    let names = rows.iter().filter_map(|row| row.get("user_group"));
    let seen = names.filter(|name| sees(Some(name)));
    let everybody = std::iter::once(EVERYBODY).filter(|name| sees(Some(name)));
    Ok(everybody.chain(seen).map(str::to_owned).collect())
}
