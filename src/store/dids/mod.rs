//! `vicidial_inbound_dids`: the inbound numbers.

pub mod listing;
pub mod pages;
pub mod rows;
pub mod writing;

use std::collections::{HashMap, HashSet};

use diesel::result::{DatabaseErrorKind, Error};

use super::interrupted::{Keyed, is_taken};
use super::sql::{Sql, name, names};
use super::{Db, QueryResult, collation};

const TABLE: &str = "vicidial_inbound_dids";

const DIDS: Keyed = Keyed {
    table: TABLE,
    key: "did_id",
};

/// Columns that a copy does not take over: its own key and pattern, and those that start at their default
/// (fixtures/reference/behaviour.md §5, copy_did).
const NOT_COPIED: &[&str] = &[
    "did_id",
    "did_pattern",
    "modify_stamp",
    "inbound_route_answer",
    "pre_filter_recent_call",
    "pre_filter_recent_extension",
];

/// How many DIDs there are.
///
/// # Errors
/// The database cannot be read.
pub fn count(db: &mut Db) -> QueryResult<i64> {
    let query = format!("SELECT CAST(count(*) AS CHAR) AS n FROM {TABLE}");
    let rows = db.read(Sql::new(query))?;
    let count = rows.first().and_then(|row| row.text(0).parse().ok());
    Ok(count.unwrap_or(0))
}

/// How many numbers one statement looks up or copies: SQLite joins 500 SELECTs at the most.
const CHUNK: usize = 250;

/// A DID, as far as the checks need it.
#[derive(Debug, Clone)]
pub struct Did {
    /// Its key.
    pub did_id: i64,
    /// Its pattern as it is stored.
    pub did_pattern: String,
    /// The user group that it belongs to.
    pub user_group: Option<String>,
}

/// A column and its new value.
pub type Field = (&'static str, String);

/// The DID of that pattern, whatever its case and accents.
///
/// # Errors
/// The database cannot be read.
pub fn find(db: &mut Db, pattern: &str) -> QueryResult<Option<Did>> {
    let query = Sql::new(format!(
        "SELECT CAST(did_id AS CHAR) AS id, did_pattern, user_group FROM {TABLE} WHERE did_pattern = "
    ));
    let rows = db.read(query.bind(pattern).sql(" LIMIT 1"))?;
    Ok(rows.first().map(|row| Did {
        did_id: row.text(0).parse().unwrap_or(0),
        did_pattern: row.text(1).to_owned(),
        user_group: row.value(2).map(str::to_owned),
    }))
}

/// The first of these columns that this database's table does not have: VICIdial versions differ.
pub fn missing_column(db: &Db, fields: &[Field]) -> Option<&'static str> {
    fields
        .iter()
        .map(|(column, _)| *column)
        .find(|column| db.columns.find(TABLE, column).is_none())
}

/// The statement that adds a DID.
pub fn insertion(pattern: &str, fields: &[Field]) -> Sql {
    let columns = std::iter::once("did_pattern").chain(fields.iter().map(|(column, _)| *column));
    let values = std::iter::once(pattern).chain(fields.iter().map(|(_, value)| value.as_str()));
    Sql::new(format!("INSERT INTO {TABLE} ({}) VALUES (", names(columns)))
        .bind_list(values)
        .sql(")")
}

/// Adds a DID with this pattern; its `did_id`, or none where another one has that pattern.
///
/// # Errors
/// The database cannot be written, or has no key left.
pub fn insert(db: &mut Db, insertion: &Sql, pattern: &str) -> QueryResult<Option<i64>> {
    match db.insert(insertion, DIDS, "did_pattern", pattern) {
        Ok(did_id) => Ok(Some(did_id)),
        // Where the pattern is not there, it was the key that was taken: the table is full.
        Err(error) if is_taken(&error) => match known(db, &[pattern], db.latest())?.is_empty() {
            true => Err(error),
            false => Ok(None),
        },
        Err(error) => Err(error),
    }
}

/// The statement that deletes a DID.
pub fn deletion(did_id: i64) -> Sql {
    Sql::new(format!("DELETE FROM {TABLE} WHERE did_id = ")).bind(did_id)
}

/// The columns that a copy takes over.
fn copied_columns(db: &Db, description: Option<&str>) -> Vec<String> {
    let columns = db
        .columns
        .of(TABLE)
        .iter()
        .map(|column| column.name.as_str());
    columns
        .filter(|column| !NOT_COPIED.contains(column))
        .filter(|column| description.is_none() || *column != "did_description")
        .map(str::to_owned)
        .collect()
}

/// The statement that copies a DID's row under new patterns, with another description where one is given.
pub fn copying(db: &Db, source: i64, patterns: &[&str], description: Option<&str>) -> Sql {
    let copied = copied_columns(db, description);
    let described = if description.is_some() {
        "did_description, "
    } else {
        ""
    };
    let mut copy = Sql::new(format!(
        "{} INTO {TABLE} (did_pattern, {described}{}) SELECT numbers.pattern, ",
        db.insert_ignore(),
        names(copied.iter().map(String::as_str))
    ));
    if let Some(description) = description {
        copy.push_bind(description);
        copy.push_sql(", ");
    }
    let columns: Vec<String> = copied
        .iter()
        .map(|column| format!("source.{}", name(column)))
        .collect();
    copy.push_sql(&format!("{} FROM {TABLE} source, (", columns.join(", ")));
    for (index, pattern) in patterns.iter().enumerate() {
        if index == 0 {
            copy = copy
                .sql("SELECT 0 AS place, ")
                .bind(*pattern)
                .sql(" AS pattern");
        } else {
            copy = copy
                .sql(&format!(" UNION ALL SELECT {index}, "))
                .bind(*pattern);
        }
    }
    copy.sql(") numbers WHERE source.did_id = ")
        .bind(source)
        .sql(" ORDER BY numbers.place")
}

/// Copies a DID's row under new patterns, in their order, with a bounded number of statements; the new `did_id` by
/// [`collation::key`] of the pattern. A pattern that is missing from the answer was there already, added by another
/// program a moment before.
///
/// # Errors
/// The database cannot be written.
pub fn copy(
    db: &mut Db,
    source: i64,
    patterns: &[&str],
    description: Option<&str>,
) -> QueryResult<HashMap<collation::Key, i64>> {
    let mut added = HashMap::new();
    for patterns in patterns.chunks(CHUNK) {
        let rows = if db.reserves_keys() {
            copy_in_two_steps(db, source, patterns, description)?
        } else {
            let statement = copying(db, source, patterns, description);
            db.insert_many(&statement, DIDS, "did_pattern", patterns)?
        };
        check_the_others(db, patterns, &rows)?;
        added.extend(
            rows.into_iter()
                .map(|(did_id, pattern)| (collation::key(&pattern), did_id)),
        );
    }
    Ok(added)
}

/// Whether the patterns that an INSERT IGNORE passed over are there. It passes over those, too, for which there is no key
/// left, or that a damaged table does not take.
fn check_the_others(db: &mut Db, patterns: &[&str], added: &[(i64, String)]) -> QueryResult<()> {
    if added.len() == patterns.len() {
        return Ok(());
    }
    let added: HashSet<_> = added.iter().map(|(_, name)| collation::key(name)).collect();
    let others: Vec<&str> = patterns
        .iter()
        .copied()
        .filter(|pattern| !added.contains(&collation::key(pattern)))
        .collect();
    let there = known(db, &others, db.latest())?;
    match others
        .iter()
        .find(|other| !there.contains_key(&collation::key(other)))
    {
        None => Ok(()),
        Some(other) => Err(Error::DatabaseError(
            DatabaseErrorKind::Unknown,
            Box::new(format!(
                "the table did not take the DID {other}, and does not have it"
            )),
        )),
    }
}

/// On InnoDB an INSERT … SELECT reserves more keys than it uses, and the next `did_id` would leave a gap. So the rows are
/// added with their patterns first and then filled, in one transaction.
fn copy_in_two_steps(
    db: &mut Db,
    source: i64,
    patterns: &[&str],
    description: Option<&str>,
) -> QueryResult<Vec<(i64, String)>> {
    let mut insert = Sql::new(format!(
        "{} INTO {TABLE} (did_pattern) VALUES ",
        db.insert_ignore()
    ));
    for (index, pattern) in patterns.iter().enumerate() {
        insert = insert
            .sql(if index > 0 { ", (" } else { "(" })
            .bind(*pattern)
            .sql(")");
    }
    let rows = db.insert_many(&insert, DIDS, "did_pattern", patterns)?;
    if rows.is_empty() {
        return Ok(rows);
    }
    let columns: Vec<String> = copied_columns(db, description)
        .iter()
        .map(|column| format!("copy.{0} = source.{0}", name(column)))
        .collect();
    let mut fill = Sql::new(format!(
        "UPDATE {TABLE} copy JOIN {TABLE} source SET {}",
        columns.join(", ")
    ));
    if let Some(description) = description {
        fill = fill.sql(", copy.did_description = ").bind(description);
    }
    let fill = fill
        .sql(" WHERE source.did_id = ")
        .bind(source)
        .sql(" AND copy.did_id IN (");
    db.write(
        &fill
            .bind_list(rows.iter().map(|(did_id, _)| *did_id))
            .sql(")"),
    )?;
    Ok(rows)
}

/// Deletes these DIDs again.
///
/// # Errors
/// The database cannot be written.
pub fn delete(db: &mut Db, ids: &[i64]) -> QueryResult<()> {
    for ids in ids.chunks(CHUNK) {
        let delete = Sql::new(format!("DELETE FROM {TABLE} WHERE did_id IN ("));
        db.delete(&delete.bind_list(ids.iter().copied()).sql(")"), ids.len())?;
    }
    Ok(())
}

/// Patterns that are there already, whatever their case and accents.
pub struct ExistingDids(HashMap<collation::Key, i64>);

impl ExistingDids {
    /// The `did_id` of the pattern that compares equal to this one.
    pub fn id_of(&self, pattern: &str) -> Option<i64> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&collation::key(pattern)).copied()
    }

    /// The same without this DID.
    #[must_use]
    pub fn without(mut self, did_id: i64) -> Self {
        self.0.retain(|_, known| *known != did_id);
        self
    }

    /// Whether there is one that compares equal to none of these: what the database has found of the other patterns that
    /// were asked for.
    pub fn contains_other_than<'p>(&self, patterns: impl Iterator<Item = &'p str>) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let known: Vec<_> = patterns.map(collation::key).collect();
        self.0.keys().any(|key| !known.contains(key))
    }

    /// Whether a pattern with this [`collation::key`] is there.
    pub fn has(&self, key: &collation::Key) -> bool {
        self.0.contains_key(key)
    }
}

/// Which of these patterns are there.
///
/// # Errors
/// The database cannot be read.
pub fn existing<'p>(
    db: &mut Db,
    patterns: impl IntoIterator<Item = &'p str>,
) -> QueryResult<ExistingDids> {
    let patterns: Vec<&str> = patterns.into_iter().collect();
    known(db, &patterns, "").map(ExistingDids)
}

/// Those of these patterns that are there, with their `did_id`, by [`collation::key`].
fn known(db: &mut Db, patterns: &[&str], end: &str) -> QueryResult<HashMap<collation::Key, i64>> {
    let mut found = HashMap::new();
    for patterns in patterns.chunks(CHUNK) {
        let query = Sql::new(format!(
            "SELECT CAST(did_id AS CHAR) AS id, did_pattern FROM {TABLE} WHERE did_pattern IN ("
        ))
        .bind_list(patterns.iter().copied())
        .sql(")")
        .sql(end);
        for row in db.read(query)? {
            found.insert(
                collation::key(row.text(1)),
                row.text(0).parse().unwrap_or(0),
            );
        }
    }
    Ok(found)
}
