//! Taking changes back. First it is found out, row by row, what is to be written and which rows were changed again since;
//! nothing is written while that is not known of all.

mod ids;
mod obstacles;
mod owners;

use std::collections::{BTreeMap, HashMap};

use diesel::result::Error;

use super::noting::{equal, locked, of_key, whole};
use super::reading::Entry;
use super::row::{RowChange, Values, differing, sum};
use super::{DIDS, VOLATILE, subject};
use crate::store::dialect::defaults;
use crate::store::sql::{Bind, Sql, name, names};
use crate::store::{Db, QueryResult, columns::Columns, records, rows, servers};
use obstacles::REPLACED;

/// How many rows one statement reads, deletes or adds.
const CHUNK: usize = 200;

/// What taking some changes back comes to.
#[derive(Debug, Default)]
pub struct Undo {
    rows: BTreeMap<Place, Row>,
    /// Rows that a change added to a table whose rows are replaced as a whole, and that are gone.
    gone: Vec<(Place, Values)>,
    /// What the columns of a DID hold that an add leaves out, once that was needed.
    defaults: Option<Values>,
    /// What stands for a DID by its `did_id`, and for the same by its number.
    numbers: HashMap<String, String>,
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

/// A table, and the key of a row in it.
type Place = (String, String);

/// A row as it is, and as it is to be.
#[derive(Debug)]
struct Row {
    /// The change that was taken back last of those that it is about.
    change_id: i64,
    is: Option<Values>,
    to_be: Option<Values>,
}

impl Row {
    fn new(change_id: i64, is: Option<Values>) -> Self {
        let to_be = is.clone();
        Self {
            change_id,
            is,
            to_be,
        }
    }

    /// The row as it is to be, or as it is where it goes.
    fn shown(&self) -> Option<&Values> {
        self.to_be.as_ref().or(self.is.as_ref())
    }

    /// Whether something is done to it.
    fn is_written(&self) -> bool {
        self.is != self.to_be
    }
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
        undo.check_ids(db)?;
        undo.check(db)?;
        undo.name_dids(db)?;
        Ok(undo)
    }

    /// Finds the numbers of the DIDs that rows of ours belong to.
    fn name_dids(&mut self, db: &mut Db) -> QueryResult<()> {
        let of_rows = self
            .rows
            .iter()
            .filter(|(_, row)| row.is_written())
            .filter_map(|((table, _), row)| Some(subject::of_row(table, row.shown()?)));
        let of_conflicts = self
            .conflicts
            .iter()
            .map(|conflict| conflict.subject.clone());
        let all: Vec<String> = of_rows.chain(of_conflicts).collect();
        for subject in all {
            let Some(did_id) = subject.strip_prefix(subject::DID_ID) else {
                continue;
            };
            let known = self.rows.get(&(DIDS.to_owned(), did_id.to_owned()));
            let row = match known.and_then(Row::shown) {
                Some(row) => Some(row.clone()),
                None => {
                    let key = [("did_id".to_owned(), Some(did_id.to_owned()))];
                    whole(db, DIDS, equal(key))?.pop()
                }
            };
            if let Some(row) = row {
                self.numbers
                    .insert(subject.clone(), subject::of_row(DIDS, &row));
            }
        }
        for conflict in &mut self.conflicts {
            if let Some(named) = self.numbers.get(&conflict.subject) {
                conflict.subject.clone_from(named);
            }
        }
        Ok(())
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
            let subject = subject::of_row(table, row.shown()?);
            let subject = self.numbers.get(&subject).cloned().unwrap_or(subject);
            let subject = match table.strip_prefix("vicishim_") {
                Some(of_ours) => format!("{subject} ({of_ours})"),
                None => subject,
            };
            Some((step, subject))
        })
    }

    fn take_back(&mut self, db: &mut Db, change_id: i64, change: &RowChange) -> QueryResult<()> {
        let columns = db.columns();
        match change {
            RowChange::Added {
                keys,
                row,
                is_whole,
            } => {
                if !is_whole && self.defaults.is_none() {
                    self.defaults = Some(defaults(db, DIDS)?);
                }
                self.load_dids(db, change_id, keys)?;
                for (did_id, pattern) in keys {
                    let place = did_place(*did_id);
                    let defaults = self.defaults.as_ref().filter(|_| !is_whole);
                    let Some(found) = self.rows.get_mut(&place) else {
                        continue;
                    };
                    let is_it = |found: &Values| {
                        is_added(&columns, found, (*did_id, pattern), row, defaults)
                    };
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
                self.load_dids(db, change_id, keys)?;
                for (did_id, pattern) in keys {
                    let Some(found) = self.rows.get_mut(&did_place(*did_id)) else {
                        continue;
                    };
                    match &found.to_be {
                        None => found.to_be = Some(whole_did(*did_id, pattern, row)),
                        Some(now) if is_added(&columns, now, (*did_id, pattern), row, None) => {
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
                let place = self.load(db, change_id, table, key)?;
                let Some(found) = self.rows.get_mut(&place) else {
                    return Ok(());
                };
                let now = found.to_be.as_ref().map(sum);
                if now == *was {
                    let added = after.as_ref().filter(|_| was.is_none());
                    if let Some(added) = added.filter(|_| REPLACED.contains(&table.as_str())) {
                        self.gone.push((place, added.clone()));
                    }
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

    fn load(
        &mut self,
        db: &mut Db,
        change_id: i64,
        table: &str,
        key: &Values,
    ) -> QueryResult<Place> {
        let place = (table.to_owned(), place_of(key));
        match self.rows.get_mut(&place) {
            Some(row) => row.change_id = change_id,
            None => {
                let is = locked(db.of_table(table)?, table, equal(key.clone()))?.pop();
                self.rows.insert(place.clone(), Row::new(change_id, is));
            }
        }
        Ok(place)
    }

    fn load_dids(
        &mut self,
        db: &mut Db,
        change_id: i64,
        keys: &[(i64, String)],
    ) -> QueryResult<()> {
        for keys in keys.chunks(CHUNK) {
            let unknown: Vec<i64> = keys
                .iter()
                .map(|(did_id, _)| *did_id)
                .filter(|did_id| !self.rows.contains_key(&did_place(*did_id)))
                .collect();
            let condition = records::among("did_id", unknown.iter().copied());
            let mut found: HashMap<i64, Values> = HashMap::new();
            for row in locked(db, DIDS, condition)? {
                let did_id = row.get("did_id").cloned().flatten().unwrap_or_default();
                found.insert(did_id.parse().unwrap_or(0), row);
            }
            for did_id in unknown {
                let is = found.remove(&did_id);
                self.rows.insert(did_place(did_id), Row::new(change_id, is));
            }
            for (did_id, _) in keys {
                if let Some(row) = self.rows.get_mut(&did_place(*did_id)) {
                    row.change_id = change_id;
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
            let mut changes: Vec<(&str, &Values, &Values)> = Vec::new();
            for ((table, _), row) in rows() {
                if let (Some(is), Some(to_be)) = (&row.is, &row.to_be) {
                    changes.push((table, is, to_be));
                }
            }
            let given_up = numbers_given_up(&changes);
            for is in &given_up {
                // Another DID gets its number before it gets its own: it has none in between.
                let mut between = (*is).clone();
                between.insert("did_pattern".to_owned(), Some(in_between(is)));
                change(db, DIDS, is, &between, &mut statements)?;
            }
            for (table, is, to_be) in changes {
                let between = given_up.iter().any(|given_up| std::ptr::eq(*given_up, is));
                let mut is = is.clone();
                if between {
                    is.insert("did_pattern".to_owned(), Some(in_between(&is)));
                }
                change(db, table, &is, to_be, &mut statements)?;
            }
            add(db, rows(), &mut statements)?;
        }
        self.rebuild(db)?;
        Ok(statements)
    }

    /// Lets the dialers of the phones that were written write their configuration anew.
    fn rebuild(&self, db: &mut Db) -> QueryResult<()> {
        let written = self
            .rows
            .iter()
            .filter(|((table, _), row)| table == "phones" && row.is_written());
        let server_ip = |row: &Option<Values>| row.as_ref()?.get("server_ip").cloned().flatten();
        let mut servers: Vec<String> = written
            .flat_map(|(_, row)| [server_ip(&row.is), server_ip(&row.to_be)])
            .flatten()
            .collect();
        servers.sort();
        servers.dedup();
        for server_ip in servers {
            servers::rebuild_conf_files(db, &server_ip)?;
        }
        Ok(())
    }

    fn remove<'r>(
        &self,
        db: &mut Db,
        rows: impl Iterator<Item = (&'r Place, &'r Row)>,
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

/// What a DID has for a number between its old and its new one.
fn in_between(did: &Values) -> String {
    let did_id = did.get("did_id").cloned().flatten().unwrap_or_default();
    format!("undo {did_id}")
}

/// The DIDs whose number another one of these gets.
fn numbers_given_up<'v>(changes: &[(&str, &'v Values, &'v Values)]) -> Vec<&'v Values> {
    let number = |row: &Values| {
        row.get("did_pattern")
            .cloned()
            .flatten()
            .unwrap_or_default()
    };
    let moves = || {
        let dids = changes.iter().filter(|(table, ..)| *table == DIDS);
        dids.filter(|(_, is, to_be)| number(is) != number(to_be))
    };
    let wanted: Vec<String> = moves().map(|(_, _, to_be)| number(to_be)).collect();
    moves()
        .map(|(_, is, _)| *is)
        .filter(|is| wanted.iter().any(|wanted| is_same(wanted, &number(is))))
        .collect()
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
    let mut update = update.append(of_key(table, is));
    if !db.is_transactional() && !table.starts_with("vicishim_") {
        // Nothing holds the row between the look at it and this.
        for (column, value) in differing(is, to_be) {
            update.push_sql(&format!(" AND {}", name(&column)));
            match value {
                Some(_) => {
                    update.push_sql(" = ");
                    update.push_bind(bind(table, &column, value));
                }
                None => update.push_sql(" IS NULL"),
            }
        }
    }
    run(db, table, &update, None, statements)
}

fn add<'r>(
    db: &mut Db,
    rows: impl Iterator<Item = (&'r Place, &'r Row)>,
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
        None => {
            let count = db.write(statement)?;
            if count == 0 {
                // Somebody else has changed it since it was looked at.
                return Err(Error::RollbackTransaction);
            }
            count
        }
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
    columns: &Columns,
    found: &Values,
    (did_id, pattern): (i64, &str),
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
                (Some(expected), _) => is_stored(columns, column, expected, value),
                (None, Some(defaults)) => defaults
                    .get(column)
                    .is_none_or(|expected| is_stored(columns, column, expected, value)),
                // A column that the table did not have then.
                (None, None) => true,
            },
        }
    })
}

/// Whether a value that was given is stored so: `007` in a column of numbers is `7`.
fn is_stored(
    columns: &Columns,
    column: &str,
    given: &Option<String>,
    stored: &Option<String>,
) -> bool {
    given == stored
        || match (given, stored) {
            (Some(given), Some(stored)) => columns.kept(DIDS, column, given) == *stored,
            _ => false,
        }
}

fn is_same(one: &str, other: &str) -> bool {
    crate::store::collation::compare(one, other).is_eq()
}
