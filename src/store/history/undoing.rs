//! Taking changes back. First it is found out, row by row, what is to be written and which rows were changed again since;
//! nothing is written while that is not known of all.

mod ids;

use std::collections::{BTreeMap, HashMap};

use super::noting::{equal, of_key, whole};
use super::reading::Entry;
use super::row::{RowChange, Values, differing, sum};
use super::{DIDS, VOLATILE, subject};
use crate::store::dialect::defaults;
use crate::store::sql::{Bind, Sql, name, names};
use crate::store::{Db, QueryResult, records, rows};

/// How many rows one statement reads, deletes or adds.
const CHUNK: usize = 200;

/// What taking some changes back comes to.
#[derive(Debug, Default)]
pub struct Undo {
    rows: BTreeMap<(String, String), Row>,
    /// What was changed again since, and is left as it is.
    pub conflicts: Vec<Conflict>,
    /// How many rows are as they were already.
    pub unchanged: usize,
}

/// A row that was changed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The change that would be taken back.
    pub change_id: i64,
    /// What it is about, such as `did 7275551212`.
    pub subject: String,
    /// Why it is not.
    pub why: &'static str,
}

/// A row as it is, and as it is to be.
#[derive(Debug)]
struct Row {
    is: Option<Values>,
    to_be: Option<Values>,
}

/// What is done to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is removed.
    Removes,
    /// It is changed.
    Changes,
    /// It is added again.
    Adds,
}

impl Step {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Removes => "REMOVED",
            Self::Changes => "CHANGED BACK",
            Self::Adds => "ADDED AGAIN",
        }
    }
}

const CHANGED_AGAIN: &str = "was changed again since";
const TAKEN: &str = "is another DID's number by now";

impl Undo {
    /// Finds out what taking these changes back comes to; the newest is taken back first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn of(db: &mut Db, entries: &[Entry]) -> QueryResult<Self> {
        let mut undo = Self::default();
        let mut entries: Vec<&Entry> = entries.iter().collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.change_id));
        for entry in entries {
            for change in entry.rows.iter().rev() {
                undo.take_back(db, entry.change_id, change)?;
            }
        }
        undo.check_numbers(db, 0)?;
        undo.check_ids(db, 0)?;
        Ok(undo)
    }

    /// Each row that is written: what is done to it, and what it is about.
    pub fn steps(&self) -> impl Iterator<Item = (Step, String)> {
        self.rows.iter().filter_map(|((table, _), row)| {
            let step = match (&row.is, &row.to_be) {
                (Some(_), None) => Step::Removes,
                (None, Some(_)) => Step::Adds,
                (Some(is), Some(to_be)) if is != to_be => Step::Changes,
                _ => return None,
            };
            let row = row.to_be.as_ref().or(row.is.as_ref())?;
            Some((step, subject::of_row(table, row)))
        })
    }

    /// Whether a row of this table would be removed, or one of any.
    pub fn removes(&self, table: Option<&str>) -> bool {
        self.rows.iter().any(|((of, _), row)| {
            table.is_none_or(|table| table == of) && row.is.is_some() && row.to_be.is_none()
        })
    }

    fn take_back(&mut self, db: &mut Db, change_id: i64, change: &RowChange) -> QueryResult<()> {
        match change {
            RowChange::Added {
                keys,
                row,
                is_whole,
            } => {
                let defaults = match is_whole {
                    true => None,
                    false => Some(defaults(db, DIDS)?),
                };
                self.load_dids(db, keys)?;
                for (did_id, pattern) in keys {
                    let place = did_place(*did_id);
                    let Some(found) = self.rows.get_mut(&place) else {
                        continue;
                    };
                    let is_it =
                        |found: &Values| is_added(found, *did_id, pattern, row, defaults.as_ref());
                    match &found.to_be {
                        None => self.unchanged += 1,
                        Some(now) if is_it(now) => found.to_be = None,
                        Some(_) => {
                            self.conflict(change_id, subject::of_did(pattern), CHANGED_AGAIN)
                        }
                    }
                }
            }
            RowChange::Removed { keys, row } => {
                self.load_dids(db, keys)?;
                for (did_id, pattern) in keys {
                    let Some(found) = self.rows.get_mut(&did_place(*did_id)) else {
                        continue;
                    };
                    match &found.to_be {
                        None => found.to_be = Some(whole_did(*did_id, pattern, row)),
                        Some(now) if is_added(now, *did_id, pattern, row, None) => {
                            self.unchanged += 1;
                        }
                        Some(_) => {
                            self.conflict(change_id, subject::of_did(pattern), CHANGED_AGAIN)
                        }
                    }
                }
            }
            RowChange::Changed {
                table,
                key,
                subjects,
                before,
                after,
                was,
                is,
            } => {
                let place = self.load(db, table, key)?;
                let Some(found) = self.rows.get_mut(&place) else {
                    return Ok(());
                };
                let now = found.to_be.as_ref().map(sum);
                if now == *was {
                    self.unchanged += 1;
                } else if now == *is {
                    found.to_be = match (before, after, found.to_be.take()) {
                        (Some(before), Some(_), Some(mut row)) => {
                            row.extend(before.clone());
                            Some(row)
                        }
                        (before, ..) => before.clone(),
                    };
                } else {
                    let subject = subjects.last().cloned().unwrap_or_default();
                    self.conflict(change_id, subject, CHANGED_AGAIN);
                }
            }
        }
        Ok(())
    }

    fn conflict(&mut self, change_id: i64, subject: String, why: &'static str) {
        self.conflicts.push(Conflict {
            change_id,
            subject,
            why,
        });
    }

    fn load(&mut self, db: &mut Db, table: &str, key: &Values) -> QueryResult<(String, String)> {
        let place = (table.to_owned(), place_of(key));
        if !self.rows.contains_key(&place) {
            let row = whole(db.of_table(table)?, table, equal(key.clone()))?.pop();
            let to_be = row.clone();
            self.rows.insert(place.clone(), Row { is: row, to_be });
        }
        Ok(place)
    }

    fn load_dids(&mut self, db: &mut Db, keys: &[(i64, String)]) -> QueryResult<()> {
        for keys in keys.chunks(CHUNK) {
            let unknown: Vec<i64> = keys
                .iter()
                .map(|(did_id, _)| *did_id)
                .filter(|did_id| !self.rows.contains_key(&did_place(*did_id)))
                .collect();
            let condition = records::among("did_id", unknown.iter().copied());
            let mut found: HashMap<i64, Values> = HashMap::new();
            for row in whole(db, DIDS, condition)? {
                let did_id = row.get("did_id").cloned().flatten().unwrap_or_default();
                found.insert(did_id.parse().unwrap_or(0), row);
            }
            for did_id in unknown {
                let row = found.remove(&did_id);
                let to_be = row.clone();
                self.rows.insert(did_place(did_id), Row { is: row, to_be });
            }
        }
        Ok(())
    }

    /// Finds numbers that others have by now.
    fn check_numbers(&mut self, db: &mut Db, change_id: i64) -> QueryResult<()> {
        let number = |row: &Option<Values>| row.as_ref()?.get("did_pattern").cloned().flatten();
        let new: Vec<(String, String)> = self
            .rows
            .iter()
            .filter(|((table, _), row)| table == DIDS && number(&row.is) != number(&row.to_be))
            .filter_map(|((_, place), row)| Some((number(&row.to_be)?, place.clone())))
            .collect();
        for new in new.chunks(CHUNK) {
            let patterns = new.iter().map(|(pattern, _)| pattern.as_str());
            let taken = whole(db, DIDS, records::among("did_pattern", patterns))?;
            for row in taken {
                let text = |column: &str| row.get(column).cloned().flatten().unwrap_or_default();
                let place = did_place(text("did_id").parse().unwrap_or(0));
                let pattern = text("did_pattern");
                let stays = self.rows.get(&place).is_none_or(|row| {
                    number(&row.to_be).is_some_and(|number| is_same(&number, &pattern))
                });
                let wanted = new.iter().find(|(number, _)| is_same(number, &pattern));
                if let (true, Some((pattern, of))) = (stays, wanted)
                    && *of != place.1
                {
                    self.conflict(change_id, subject::of_did(pattern), TAKEN);
                    let place = (DIDS.to_owned(), of.clone());
                    if let Some(row) = self.rows.get_mut(&place) {
                        row.to_be = row.is.clone();
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes it; the statements. VICIdial's rows come first: what is ours belongs to them.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn write(&self, db: &mut Db) -> QueryResult<Vec<String>> {
        let mut statements = Vec::new();
        for is_ours in [false, true] {
            let rows = || {
                self.rows
                    .iter()
                    .filter(move |((table, _), _)| table.starts_with("vicishim_") == is_ours)
            };
            self.remove(db, rows(), &mut statements)?;
            for ((table, _), row) in rows() {
                if let (Some(is), Some(to_be)) = (&row.is, &row.to_be) {
                    change(db, table, is, to_be, &mut statements)?;
                }
            }
            add(db, rows(), &mut statements)?;
        }
        Ok(statements)
    }

    fn remove<'r>(
        &self,
        db: &mut Db,
        rows: impl Iterator<Item = (&'r (String, String), &'r Row)>,
        statements: &mut Vec<String>,
    ) -> QueryResult<()> {
        let mut by_table: BTreeMap<&str, Vec<&Values>> = BTreeMap::new();
        for ((table, _), row) in rows {
            if let (Some(is), None) = (&row.is, &row.to_be) {
                by_table.entry(table).or_default().push(is);
            }
        }
        for (table, removed) in by_table {
            let keys = rows::key_of(table);
            let [key] = keys else {
                for row in removed {
                    let delete =
                        Sql::new(format!("DELETE FROM {table}")).append(of_key(table, row));
                    run(db, table, &delete, Some(1), statements)?;
                }
                continue;
            };
            for removed in removed.chunks(CHUNK) {
                let values = removed
                    .iter()
                    .filter_map(|row| row.get(*key).cloned().flatten());
                let delete =
                    Sql::new(format!("DELETE FROM {table}")).append(records::among(key, values));
                run(db, table, &delete, Some(removed.len()), statements)?;
            }
        }
        Ok(())
    }
}

fn change(
    db: &mut Db,
    table: &str,
    is: &Values,
    to_be: &Values,
    statements: &mut Vec<String>,
) -> QueryResult<()> {
    let fields = differing(to_be, is);
    if fields.is_empty() {
        return Ok(());
    }
    let mut update = Sql::new(format!("UPDATE {table} SET "));
    for (place, (column, value)) in fields.into_iter().enumerate() {
        let comma = if place > 0 { ", " } else { "" };
        update.push_sql(&format!("{comma}{} = ", name(&column)));
        update.push_bind(bind(table, &column, value));
    }
    let update = update.append(of_key(table, is));
    run(db, table, &update, None, statements)
}

fn add<'r>(
    db: &mut Db,
    rows: impl Iterator<Item = (&'r (String, String), &'r Row)>,
    statements: &mut Vec<String>,
) -> QueryResult<()> {
    let mut alike: BTreeMap<(&str, Vec<&String>), Vec<&Values>> = BTreeMap::new();
    for ((table, _), row) in rows {
        if let (None, Some(to_be)) = (&row.is, &row.to_be) {
            let columns = to_be.keys().collect();
            alike.entry((table, columns)).or_default().push(to_be);
        }
    }
    for ((table, columns), added) in alike {
        for added in added.chunks(CHUNK) {
            let all = names(columns.iter().map(|column| column.as_str()));
            let mut insert = Sql::new(format!("INSERT INTO {table} ({all}) VALUES "));
            for (place, row) in added.iter().enumerate() {
                let values = row
                    .iter()
                    .map(|(column, value)| bind(table, column, value.clone()));
                insert = insert
                    .sql(if place > 0 { ", (" } else { "(" })
                    .bind_list(values)
                    .sql(")");
            }
            run(db, table, &insert, None, statements)?;
        }
    }
    Ok(())
}

fn run(
    db: &mut Db,
    table: &str,
    statement: &Sql,
    deletes: Option<usize>,
    statements: &mut Vec<String>,
) -> QueryResult<()> {
    let db = match table.starts_with("vicishim_") {
        true => db.own_to_write()?,
        false => db,
    };
    match deletes {
        Some(expected) => db.delete(statement, expected)?,
        None => db.write(statement)?,
    };
    statements.push(statement.to_log_text());
    Ok(())
}

/// A value, a password as one that no log shows.
fn bind(table: &str, column: &str, value: Option<String>) -> Bind {
    let is_secret = table.starts_with("phones") && crate::store::phones::is_secret(column);
    match value {
        Some(value) if is_secret => crate::store::sql::Secret::from(value.as_str()).into(),
        value => Bind::Text(value),
    }
}

fn did_place(did_id: i64) -> (String, String) {
    (DIDS.to_owned(), did_id.to_string())
}

fn place_of(key: &Values) -> String {
    let values = key.values().map(|value| value.as_deref().unwrap_or("\0"));
    values.collect::<Vec<_>>().join("\u{1}")
}

fn whole_did(did_id: i64, pattern: &str, row: &Values) -> Values {
    let mut whole = row.clone();
    whole.insert("did_id".to_owned(), Some(did_id.to_string()));
    whole.insert("did_pattern".to_owned(), Some(pattern.to_owned()));
    whole
}

/// Whether a DID is as it was added: with these columns, and the others at their default.
fn is_added(
    found: &Values,
    did_id: i64,
    pattern: &str,
    row: &Values,
    defaults: Option<&Values>,
) -> bool {
    found.iter().all(|(column, value)| {
        if VOLATILE.contains(&column.as_str()) {
            return true;
        }
        match column.as_str() {
            "did_id" => value.as_deref() == Some(did_id.to_string().as_str()),
            "did_pattern" => value
                .as_deref()
                .is_some_and(|value| is_same(value, pattern)),
            _ => match (row.get(column), defaults) {
                (Some(expected), _) => is_stored(expected, value),
                (None, Some(defaults)) => defaults
                    .get(column)
                    .is_none_or(|expected| is_stored(expected, value)),
                // A column that the table did not have then.
                (None, None) => true,
            },
        }
    })
}

/// Whether a value that was given is stored so: `007` in a column of numbers is `7`.
fn is_stored(given: &Option<String>, stored: &Option<String>) -> bool {
    let number = |value: &Option<String>| value.as_deref()?.trim().parse::<f64>().ok();
    given == stored
        || match (given, stored) {
            (Some(given), Some(stored)) if given.is_empty() => stored == "0",
            _ => number(given).is_some() && number(given) == number(stored),
        }
}

fn is_same(one: &str, other: &str) -> bool {
    crate::store::collation::compare(one, other).is_eq()
}
