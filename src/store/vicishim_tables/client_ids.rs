//! The ids that clients gave to things: rows of ours by them.

use super::bound::bound_dids;
use super::{ALIASES, CHUNK, DIDS, EXTENSIONS, Table, change, select};
use crate::store::records::{self, Record, equal};
use crate::store::sql::Sql;
use crate::store::{Db, QueryResult, phones::rows as phone_rows};

/// The column of a client's id.
pub const COLUMN: &str = "client_id";

/// The row of ours to which a client gave that id; none where there is none, or its DID or phone is gone.
///
/// # Errors
/// The database cannot be read.
pub fn find(db: &mut Db, table: &Table, client_id: &str) -> QueryResult<Option<Record>> {
    let Some(row) = select(db, table, equal(COLUMN, client_id))?.pop() else {
        return Ok(None);
    };
    Ok(is_in_use(db, table, &row)?.then_some(row))
}

/// Whether a row of ours is about something that is there: beside a dialer its DID or phone may be gone, or be another one.
fn is_in_use(db: &mut Db, table: &Table, row: &Record) -> QueryResult<bool> {
    if !db.has_state() {
        return Ok(true);
    }
    if table.name == DIDS.name {
        let did_id = row.number("did_id").unwrap_or(0);
        return Ok(!bound_dids(db, &[did_id])?.is_empty());
    }
    if table.name == EXTENSIONS.name {
        let phone = phone_rows::find(db, row.text("extension"), row.text("server_ip"))?;
        return Ok(phone.is_some());
    }
    Ok(true)
}

/// The ids that clients gave to these rows, by the table's key.
///
/// # Errors
/// The database cannot be read.
pub fn of_keys(db: &mut Db, table: &Table, keys: &[i64]) -> QueryResult<Vec<(i64, String)>> {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys.dedup();
    let rows = super::with_numbers(db, table, table.key, &keys)?;
    let id = |row: &Record| Some((row.number(table.key)?, row.get(COLUMN)?.to_owned()));
    Ok(rows.iter().filter_map(id).collect())
}

/// The aliases of these names of VICIdial's, of whatever kind.
///
/// # Errors
/// The database cannot be read.
pub fn aliases_of(db: &mut Db, names: &[&str]) -> QueryResult<Vec<Record>> {
    let mut aliases = Vec::new();
    for names in names.chunks(CHUNK) {
        let rest = records::among("name", names.iter().copied());
        aliases.extend(select(db, &ALIASES, rest)?);
    }
    Ok(aliases)
}

/// Our rows of the phones of these names, on whatever dialer.
///
/// # Errors
/// The database cannot be read.
pub fn extensions_of(db: &mut Db, phones: &[&str]) -> QueryResult<Vec<Record>> {
    let mut rows = Vec::new();
    for phones in phones.chunks(CHUNK) {
        let rest = records::among("extension", phones.iter().copied());
        rows.extend(select(db, &EXTENSIONS, rest)?);
    }
    Ok(rows)
}

/// A page of aliases by their number, and how many there are in all: those of a kind, and those that hold a text in their id or
/// name.
///
/// # Errors
/// The database cannot be read.
pub fn aliases(
    db: &mut Db,
    kind: Option<&str>,
    search: Option<&str>,
    (offset, count): (u64, u64),
) -> QueryResult<(Vec<Record>, u64)> {
    let Some(own) = db.vicishim_tables()? else {
        return Ok((Vec::new(), 0));
    };
    let mut all = records::Conditions::new();
    if let Some(kind) = kind {
        all = all.and(Sql::new("kind = ").bind(kind));
    }
    if let Some(search) = search {
        let columns = [COLUMN, "name"];
        all = all.and(records::any_holds(own, ALIASES.name, &columns, search));
    }
    let condition = all.end();
    let total = super::count(db, &ALIASES, condition.clone())?;
    let page = condition.append(records::page(ALIASES.key, offset, count));
    Ok((select(db, &ALIASES, page)?, total))
}

/// Takes an id from a row of ours whose DID or phone is gone, so that another one can have it.
///
/// # Errors
/// The database cannot be read or written.
pub(super) fn free_of_orphan(db: &mut Db, table: &Table, client_id: &str) -> QueryResult<()> {
    if !db.has_state() {
        return Ok(());
    }
    let Some(row) = select(db, table, equal(COLUMN, client_id))?.pop() else {
        return Ok(());
    };
    if is_in_use(db, table, &row)? {
        return Ok(());
    }
    let of_row = equal(table.key, row.number(table.key).unwrap_or(0));
    change(db, table, &[(COLUMN, None)], of_row).map(drop)
}
