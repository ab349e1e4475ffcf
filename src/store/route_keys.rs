//! `vicishim_route_keys`: the keys with which a dialplan asks where a call goes. A table of our own databases only.

use super::records::{Record, equal};
use super::sql::Sql;
use super::vicishim_tables::{ROUTE_KEYS, count, delete, insert, select};
use super::{Db, QueryResult};

/// A key as it is stored.
pub struct StoredKey {
    /// Its number.
    pub key_id: i64,
    /// Its name.
    pub name: String,
    /// The networks that it is taken from, a comma between them.
    pub networks: String,
    /// When it was made, in seconds since 1970.
    pub made_at: i64,
}

impl From<&Record> for StoredKey {
    fn from(row: &Record) -> Self {
        Self {
            key_id: row.number("key_id").unwrap_or(0),
            name: row.text("name").to_owned(),
            networks: row.text("networks").to_owned(),
            made_at: row.number("made_at").unwrap_or(0),
        }
    }
}

/// The key of that digest.
///
/// # Errors
/// The database cannot be read.
pub fn of_digest(db: &mut Db, digest: &str) -> QueryResult<Option<StoredKey>> {
    let rows = select(db, &ROUTE_KEYS, equal("digest", digest))?;
    Ok(rows.first().map(StoredKey::from))
}

/// All keys, by their names.
///
/// # Errors
/// The database cannot be read.
pub fn all(db: &mut Db) -> QueryResult<Vec<StoredKey>> {
    let rows = select(db, &ROUTE_KEYS, Sql::new(" ORDER BY name"))?;
    Ok(rows.iter().map(StoredKey::from).collect())
}

/// Adds a key; whether its name was free.
///
/// # Errors
/// The database cannot be written, or there are no tables of ours.
pub fn add(
    db: &mut Db,
    name: &str,
    digest: &str,
    networks: &str,
    made_at: i64,
) -> QueryResult<bool> {
    db.in_own_transaction(|db| {
        if count(db, &ROUTE_KEYS, equal("name", name))? > 0 {
            return Ok(false);
        }
        let fields = [
            ("name", Some(name.to_owned())),
            ("digest", Some(digest.to_owned())),
            ("networks", Some(networks.to_owned())),
            ("made_at", Some(made_at.to_string())),
        ];
        insert(db, &ROUTE_KEYS, &fields)?;
        Ok(true)
    })
}

/// Removes the key of that name; whether there was one.
///
/// # Errors
/// The database cannot be written, or there are no tables of ours.
pub fn remove(db: &mut Db, name: &str) -> QueryResult<bool> {
    db.in_own_transaction(|db| {
        let is_there = count(db, &ROUTE_KEYS, equal("name", name))? > 0;
        if is_there {
            delete(db, &ROUTE_KEYS, equal("name", name))?;
        }
        Ok(is_there)
    })
}
