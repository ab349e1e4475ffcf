//! What else stands in the way of an undo than a row that was changed again: rows that belong to one that goes, things that
//! point at it, and values that are unique and another row has by now.

use super::super::noting::{equal, whole};
use super::super::row::Values;
use super::super::{DIDS, subject};
use super::{CHANGED_AGAIN, Place, Row, Undo, place_of};
use crate::store::dids::rows as did_rows;
use crate::store::sql::Sql;
use crate::store::vicishim_tables::dids_leading_to;
use crate::store::{Db, QueryResult, records, rows};

/// How many rows one statement looks up.
const CHUNK: usize = 200;

/// Tables whose rows belong to a row of another: the table, its owner's, and the columns that name the owner.
pub(super) const OWNED: &[(&str, &str, &[&str])] = &[
    ("vicishim_did_routes", DIDS, &["did_id"]),
    ("vicishim_dids", DIDS, &["did_id"]),
    ("vicishim_extensions", "phones", &["extension", "server_ip"]),
    ("vicishim_schedule_holidays", SCHEDULES, &["schedule_id"]),
    ("vicishim_schedule_hours", SCHEDULES, &["schedule_id"]),
];

/// Those of them whose rows a change replaces as a whole.
pub(super) const REPLACED: &[&str] = &[
    "vicishim_did_routes",
    "vicishim_schedule_holidays",
    "vicishim_schedule_hours",
];

const SCHEDULES: &str = "vicishim_schedules";

/// The tables whose rows may have a schedule.
const WITH_SCHEDULE: &[&str] = &["vicishim_dids", "vicishim_extensions"];

const TAKEN: &str = "has a number or name that another one has by now";
const POINTED_AT: &str = "has something that points at it by now";
const SCHEDULE_GONE: &str = "had a schedule that is gone";

fn value(row: &Values, column: &str) -> Option<String> {
    row.get(column).cloned().flatten()
}

fn those(row: &Values, columns: &[&str]) -> Vec<Option<String>> {
    columns.iter().map(|column| value(row, column)).collect()
}

/// A row's columns of these names.
fn only(row: &Values, columns: &[&str]) -> Values {
    let named = columns
        .iter()
        .map(|column| ((*column).to_owned(), value(row, column)));
    named.collect()
}

/// The place of a row among those that are looked at.
pub(super) fn place(table: &str, row: &Values) -> Place {
    let key = only(row, rows::key_of(table));
    (table.to_owned(), place_of(&key))
}

impl Undo {
    /// Finds what stands in the way.
    pub(super) fn check(&mut self, db: &mut Db) -> QueryResult<()> {
        self.check_owned(db)?;
        self.check_replaced(db)?;
        self.check_pointing(db)?;
        self.check_unique(db)
    }

    /// A row that is in the way stays, and so do those that belong to it.
    fn block(&mut self, place: &Place, why: &'static str) {
        let Some(row) = self.rows.get(place) else {
            return;
        };
        let Some(shown) = row.shown().cloned() else {
            return;
        };
        let subject = subject::of_row(&place.0, &shown);
        self.conflict(row.change_id, subject, why);
        let owned = OWNED.iter().filter(|(_, owner, _)| *owner == place.0);
        for (table, _, columns) in owned {
            self.leave(table, columns, &shown);
        }
        if let Some(row) = self.rows.get_mut(place) {
            row.to_be = row.is.clone();
        }
    }

    /// Leaves the rows of a table as they are that have these columns in common with this one.
    fn leave(&mut self, table: &str, columns: &[&str], like: &Values) {
        for ((of, _), row) in &mut self.rows {
            if of == table && is_alike(row, columns, like) {
                row.to_be = row.is.clone();
            }
        }
    }

    fn block_all(&mut self, places: Vec<Place>, why: &'static str) {
        for place in places {
            self.block(&place, why);
        }
    }

    /// The rows that go, of one table.
    fn going<'u>(&'u self, table: &'u str) -> impl Iterator<Item = &'u Values> {
        self.rows
            .iter()
            .filter(move |((of, _), row)| of == table && row.to_be.is_none())
            .filter_map(|(_, row)| row.is.as_ref())
    }

    /// Whether a row of the database stays, as this undo leaves it; as it is where that does not touch it.
    pub(super) fn stays<'r>(&'r self, table: &str, row: &'r Values) -> Option<&'r Values> {
        match self.rows.get(&place(table, row)) {
            Some(row) => row.to_be.as_ref(),
            None => Some(row),
        }
    }

    /// A row does not go where rows that belong to it came later.
    fn check_owned(&mut self, db: &mut Db) -> QueryResult<()> {
        if !db.has_vicishim_tables() {
            return Ok(());
        }
        for (table, owner, columns) in OWNED {
            let going = self.going(owner).map(|row| only(row, columns));
            let going: Vec<Values> = going.collect();
            let mut blocked = Vec::new();
            for going in going.chunks(CHUNK) {
                for row in owned_rows(db, table, columns, going)? {
                    let owner_row = going
                        .iter()
                        .find(|owner| those(owner, columns) == those(&row, columns));
                    if let (Some(_), Some(of)) = (self.stays(table, &row), owner_row) {
                        blocked.push(place(owner, of));
                    }
                }
            }
            blocked.dedup();
            self.block_all(blocked, CHANGED_AGAIN);
        }
        Ok(())
    }

    /// What replaces rows as a whole is taken back as a whole: not where others have come, or some have gone.
    fn check_replaced(&mut self, db: &mut Db) -> QueryResult<()> {
        for (table, owner, columns) in OWNED.iter().filter(|(table, ..)| REPLACED.contains(table)) {
            let touched: Vec<(Place, Values)> = self
                .rows
                .iter()
                .filter(|((of, _), row)| of == table && row.is_written())
                .filter_map(|(place, row)| Some((place.clone(), row.shown()?.clone())))
                .collect();
            let mut seen: Vec<Vec<Option<String>>> = Vec::new();
            for (of, row) in touched {
                let key = those(&row, columns);
                if seen.contains(&key) {
                    continue;
                }
                let others = owned_rows(db, table, columns, std::slice::from_ref(&row))?;
                let has_others = others
                    .iter()
                    .any(|other| !self.rows.contains_key(&place(table, other)));
                seen.push(key);
                if has_others {
                    self.block_group(&of, (owner, table, columns), &row);
                }
            }
            let gone = std::mem::take(&mut self.gone);
            let (these, others): (Vec<_>, Vec<_>) =
                gone.into_iter().partition(|(of, _)| of.0 == *table);
            self.gone = others;
            for (of, row) in these {
                if !seen.contains(&those(&row, columns)) || self.is_touched(table, columns, &row) {
                    self.block_group(&of, (owner, table, columns), &row);
                }
            }
        }
        Ok(())
    }

    fn is_touched(&self, table: &str, columns: &[&str], like: &Values) -> bool {
        self.rows
            .iter()
            .any(|((of, _), row)| of == table && row.is_written() && is_alike(row, columns, like))
    }

    /// Leaves the rows of an owner as they are.
    fn block_group(
        &mut self,
        of: &Place,
        (owner, table, columns): (&str, &str, &[&str]),
        like: &Values,
    ) {
        let change_id = self.rows.get(of).map_or(0, |row| row.change_id);
        self.leave(table, columns, like);
        let subject = subject::of_row(if owner == SCHEDULES { owner } else { table }, like);
        let is_told =
            |known: &super::Conflict| known.change_id == change_id && known.subject == subject;
        if !self.conflicts.iter().any(is_told) {
            self.conflict(change_id, subject, CHANGED_AGAIN);
        }
    }

    /// A schedule or a phone does not go where something has come to point at it; nothing comes back with a schedule that is
    /// gone.
    fn check_pointing(&mut self, db: &mut Db) -> QueryResult<()> {
        if db.has_vicishim_tables() {
            let going: Vec<Values> = self.going(SCHEDULES).cloned().collect();
            for schedule in going {
                let id = value(&schedule, "schedule_id");
                let mut is_held = false;
                for table in WITH_SCHEDULE {
                    let condition = equal([("schedule_id".to_owned(), id.clone())]);
                    let holders = whole(db.of_table(table)?, table, condition)?;
                    is_held |= holders.iter().any(|holder| {
                        let stays = self.stays(table, holder);
                        stays.is_some_and(|row| value(row, "schedule_id") == id)
                    });
                }
                if is_held {
                    self.block(&place(SCHEDULES, &schedule), POINTED_AT);
                }
            }
            let mut blocked = Vec::new();
            for ((table, key), row) in &self.rows {
                let Some(to_be) = row
                    .to_be
                    .as_ref()
                    .filter(|_| WITH_SCHEDULE.contains(&table.as_str()))
                else {
                    continue;
                };
                let is_same = row
                    .is
                    .as_ref()
                    .is_some_and(|is| value(is, "schedule_id") == value(to_be, "schedule_id"));
                let Some(id) = value(to_be, "schedule_id").filter(|_| !is_same) else {
                    continue;
                };
                let of = (SCHEDULES.to_owned(), id.clone());
                let is_there = match self.rows.get(&of) {
                    Some(schedule) => schedule.to_be.is_some(),
                    None => {
                        let condition = equal([("schedule_id".to_owned(), Some(id))]);
                        !whole(db.of_table(SCHEDULES)?, SCHEDULES, condition)?.is_empty()
                    }
                };
                if !is_there {
                    blocked.push((table.clone(), key.clone()));
                }
            }
            self.block_all(blocked, SCHEDULE_GONE);
        }
        let phones: Vec<Values> = self.going("phones").cloned().collect();
        for phone in phones {
            let text = |column| value(&phone, column).unwrap_or_default();
            let (extension, server_ip) = (text("extension"), text("server_ip"));
            let dids = did_rows::leading_to_phone(db, &extension, &server_ip, CHUNK as u64)?;
            let leads = |did_id: i64| match self.rows.get(&(DIDS.to_owned(), did_id.to_string())) {
                None => true,
                Some(row) => row.to_be.as_ref().is_some_and(|row| {
                    value(row, "did_route").as_deref() == Some("PHONE")
                        && value(row, "phone").as_deref() == Some(extension.as_str())
                }),
            };
            let is_held = dids
                .iter()
                .any(|did| did.number("did_id").is_some_and(&leads))
                || !dids_leading_to(db, &format!("{extension}@{server_ip}"), 1)?.is_empty();
            if is_held {
                self.block(&place("phones", &phone), POINTED_AT);
            }
        }
        Ok(())
    }

    /// Another row may have a value by now that is there once.
    fn check_unique(&mut self, db: &mut Db) -> QueryResult<()> {
        let tables: Vec<String> = self.rows.keys().map(|(table, _)| table.clone()).collect();
        let mut done: Vec<&str> = Vec::new();
        for table in &tables {
            if done.contains(&table.as_str()) {
                continue;
            }
            done.push(table);
            for unique in rows::unique_of(table) {
                let new: Vec<(Place, Values)> = self
                    .rows
                    .iter()
                    .filter(|((of, _), _)| of == table)
                    .filter_map(|(place, row)| {
                        let to_be = row.to_be.as_ref()?;
                        let is_new = row
                            .is
                            .as_ref()
                            .is_none_or(|is| those(is, unique) != those(to_be, unique));
                        is_new.then(|| (place.clone(), only(to_be, unique)))
                    })
                    .collect();
                for new in new.chunks(CHUNK) {
                    let wanted: Vec<Values> = new.iter().map(|(_, row)| row.clone()).collect();
                    let mut blocked = Vec::new();
                    for holder in owned_rows(db, table, unique, &wanted)? {
                        let Some(stays) = self.stays(table, &holder) else {
                            continue;
                        };
                        let is_it = |row: &Values| is_equal(row, stays, unique);
                        let taken = new
                            .iter()
                            .filter(|(of, row)| *of != place(table, &holder) && is_it(row));
                        blocked.extend(taken.map(|(of, _)| of.clone()));
                    }
                    self.block_all(blocked, TAKEN);
                }
            }
        }
        Ok(())
    }
}

/// Whether a row has these columns in common with this one.
fn is_alike(row: &Row, columns: &[&str], like: &Values) -> bool {
    let shown = row.shown();
    shown.is_some_and(|row| those(row, columns) == those(like, columns))
}

fn is_equal(one: &Values, other: &Values, columns: &[&str]) -> bool {
    columns
        .iter()
        .all(|column| match (value(one, column), value(other, column)) {
            (Some(one), Some(other)) => super::is_same(&one, &other),
            _ => false,
        })
}

/// The rows of a table that have these columns in common with one of these rows.
fn owned_rows(
    db: &mut Db,
    table: &str,
    columns: &[&str],
    like: &[Values],
) -> QueryResult<Vec<Values>> {
    let [column] = columns else {
        let mut all = Vec::new();
        for row in like {
            let condition = equal(only(row, columns));
            all.extend(whole(db.of_table(table)?, table, condition)?);
        }
        return Ok(all);
    };
    let values = like.iter().filter_map(|row| value(row, column));
    let condition: Sql = records::among(column, values);
    whole(db.of_table(table)?, table, condition)
}
