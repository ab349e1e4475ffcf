//! Looking DIDs through for what is wrong with them: all of them, a page at a time, so that no statement runs long whatever
//! their count; or some rows.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Sees, existence, route};
use crate::routing::decide::Existence;
use crate::routing::lint::{Finding, Problem, of_pattern, of_target};
use crate::routing::number_form::{common_part, variants};
use crate::routing::target::Route;
use crate::store::records::Record;
use crate::store::state::orphans::{self, Orphan};
use crate::store::{Db, Page, QueryResult, collation, dids::rows as did_rows};

/// DIDs that are read at a time.
const PAGE: usize = 1000;

/// Destinations that are remembered.
const REMEMBERED: usize = 20_000;

/// A lint on its way through the DIDs. Of each DID it keeps two numbers, for finding those that are alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lint {
    scope: Option<Vec<String>>,
    after: i64,
    has_ended: bool,
    /// The last DID whose settings were looked at; none before the last page of DIDs, and for who does not see every row.
    orphans_after: Option<i64>,
    numbers: HashMap<u64, i64>,
    descriptions: HashMap<u64, i64>,
    targets: Targets,
}

/// What is known of destinations that were looked at already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets(HashMap<(String, String), Existence>);

impl Lint {
    /// Of the DIDs of these user groups; of all, where there is no list.
    pub fn new(scope: Option<Vec<String>>) -> Self {
        Self {
            scope,
            ..Self::default()
        }
    }

    /// What is wrong with the next DIDs, by their id; none where there are no more.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn next(&mut self, db: &mut Db) -> QueryResult<Option<Vec<Finding>>> {
        if self.has_ended {
            return self.next_orphans(db);
        }
        if self.after == 0 {
            // Not in the middle of a long answer is it found that they are away.
            db.vicishim_tables()?;
        }
        let rows = did_rows::after(db, self.after, self.scope.as_deref(), PAGE)?;
        self.has_ended = rows.len() < PAGE;
        // Nobody knows whose they were.
        self.orphans_after = (self.has_ended && self.scope.is_none()).then_some(0);
        let mut findings = Vec::new();
        for row in &rows {
            self.after = row.number("did_id").unwrap_or(i64::MAX);
            self.look_at(db, row, &mut findings)?;
        }
        Ok(Some(findings))
    }

    /// Settings of ours to which no DID belongs any more.
    fn next_orphans(&mut self, db: &mut Db) -> QueryResult<Option<Vec<Finding>>> {
        let Some(after) = self.orphans_after else {
            return Ok(None);
        };
        let Some((page, last)) = orphans::of_dids(db, after)? else {
            self.orphans_after = None;
            return Ok(None);
        };
        self.orphans_after = Some(last);
        let findings = page.into_iter().filter_map(|orphan| match orphan {
            Orphan::Did(did_id, did_pattern) => Some(Finding {
                did_id,
                did_pattern,
                finding: Problem::SettingsWithoutDid,
                detail: "our own settings, whose DID was deleted or renumbered: vicishim orphans --remove"
                    .to_owned(),
            }),
            Orphan::Phone(..) => None,
        });
        Ok(Some(findings.collect()))
    }

    fn look_at(
        &mut self,
        db: &mut Db,
        row: &Record,
        findings: &mut Vec<Finding>,
    ) -> QueryResult<()> {
        findings.extend(self.targets.findings(db, row)?);
        let did_id = self.after;
        let pattern = row.text("did_pattern");
        let mut found = |finding, detail| {
            findings.push(Finding {
                did_id,
                did_pattern: pattern.to_owned(),
                finding,
                detail,
            });
        };
        if let Some(number) = common_part(pattern)
            && let Some(first) = first(&mut self.numbers, number, did_id)
        {
            found(Problem::SameNumber, same_number(first));
        }
        let description = row.text("did_description");
        if !description.is_empty()
            && let Some(first) = first(&mut self.descriptions, collation::key(description), did_id)
        {
            let detail = format!("the description of DID {first}, left as it was copied");
            found(Problem::CopiedDescription, detail);
        }
        Ok(())
    }
}

fn same_number(first: i64) -> String {
    format!("the number of DID {first}, but for a + or a leading 1")
}

impl Targets {
    /// How many destinations were looked at.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// What is wrong with a DID by itself: with its target, and with how its number is written.
    fn findings(&mut self, db: &mut Db, row: &Record) -> QueryResult<Vec<Finding>> {
        let route = route(row);
        let chosen = route.target(None).is_some();
        let existence = match chosen {
            true => self.existence(db, &route)?,
            false => Existence::Untold,
        };
        let pattern = row.text("did_pattern");
        let of_target = of_target(row.text("did_active") == "Y", chosen, &route, existence);
        let found = of_target.into_iter().chain(of_pattern(pattern));
        Ok(found
            .map(|(finding, detail)| Finding {
                did_id: row.number("did_id").unwrap_or(0),
                did_pattern: pattern.to_owned(),
                finding,
                detail,
            })
            .collect())
    }

    fn existence(&mut self, db: &mut Db, route: &Route) -> QueryResult<Existence> {
        let key = (route.route.clone(), route.words());
        if let Some(known) = self.0.get(&key) {
            return Ok(*known);
        }
        let found = existence(db, route)?;
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        self.0.insert(key, found);
        Ok(found)
    }
}

/// What is wrong with these DIDs, as [`Lint`] finds it, but for descriptions that were copied: those are found only by a look
/// at all DIDs.
///
/// # Errors
/// The database cannot be read.
pub fn of_rows(
    db: &mut Db,
    rows: &[&Record],
    targets: &mut Targets,
    sees: Sees<'_>,
) -> QueryResult<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut others = Vec::new();
    for row in rows {
        findings.extend(targets.findings(db, row)?);
        if let Some(number) = common_part(row.text("did_pattern")) {
            others.push(number.to_owned());
            others.extend(variants(number));
        }
    }
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let mut first_of: HashMap<String, i64> = HashMap::new();
    for others in others.chunks(PAGE) {
        for other in did_rows::by_patterns(db, others)? {
            let number = common_part(other.text("did_pattern"));
            if let (Some(number), Some(did_id)) = (number, other.number("did_id"))
                && sees(other.get("user_group"))
            {
                let first = first_of.entry(number.to_owned()).or_insert(did_id);
                *first = did_id.min(*first);
            }
        }
    }
    for row in rows {
        let pattern = row.text("did_pattern");
        let first = common_part(pattern).and_then(|number| first_of.get(number));
        if let (Some(first), Some(did_id)) = (first, row.number("did_id"))
            && *first < did_id
        {
            findings.push(Finding {
                did_id,
                did_pattern: pattern.to_owned(),
                finding: Problem::SameNumber,
                detail: same_number(*first),
            });
        }
    }
    Ok(findings)
}

/// The DID that was the first with this, where that was another one.
fn first(seen: &mut HashMap<u64, i64>, what: impl Hash, did_id: i64) -> Option<i64> {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    let first = *seen.entry(hasher.finish()).or_insert(did_id);
    (first != did_id).then_some(first)
}

/// Findings behind an offset, up to a number of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    lint: Lint,
    offset: usize,
    left: usize,
    waiting: VecDeque<Finding>,
}

impl Findings {
    /// At most so many findings, behind an offset.
    pub fn new(lint: Lint, offset: usize, records: usize) -> Self {
        Self {
            lint,
            offset,
            left: records,
            waiting: VecDeque::new(),
        }
    }

    /// The next findings; a page without any only at the end.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn next(&mut self, db: &mut Db) -> QueryResult<Page<Finding>> {
        let mut ended = false;
        while self.waiting.len() < self.left.min(PAGE) && !ended {
            match self.lint.next(db)? {
                Some(findings) => {
                    let passed = self.offset.min(findings.len());
                    self.offset -= passed;
                    self.waiting.extend(findings.into_iter().skip(passed));
                }
                None => ended = true,
            }
        }
        let count = self.waiting.len().min(self.left).min(PAGE);
        let rows: Vec<Finding> = self.waiting.drain(..count).collect();
        self.left -= count;
        let is_last = self.left == 0 || (ended && self.waiting.is_empty());
        Ok(Page { rows, is_last })
    }

    /// How many findings are still to come: the rest is looked through for it.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn count(&self, db: &mut Db) -> QueryResult<usize> {
        let mut rest = self.clone();
        let mut count = 0;
        loop {
            let page = rest.next(db)?;
            count += page.rows.len();
            if page.is_last {
                return Ok(count);
            }
        }
    }
}
