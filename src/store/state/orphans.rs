//! Rows of ours whose DID or phone is gone: deleted, or given another number, in the dialer's own pages. They belong to
//! nothing, and nothing shows them.

use super::noted::pending;
use super::transaction::for_update;
use crate::store::records::{Record, equal};
use crate::store::sql::Sql;
use crate::store::vicishim_tables::bound::is_bound;
use crate::store::vicishim_tables::{DIDS, EXTENSIONS, Table, forget_did, forget_phone, select};
use crate::store::{Db, QueryResult, dids::rows as did_rows, phones::rows as phone_rows};

/// Rows that are read at a time.
const PAGE: usize = 250;

/// A row of ours without its DID or phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Orphan {
    /// Settings of a DID: its `did_id`, and the number that it had.
    Did(i64, String),
    /// What a phone had: our number of it, the phone and its dialer.
    Phone(i64, String, String),
}

/// The orphans of a page of rows, and the key of its last row.
pub type OrphanPage = Option<(Vec<Orphan>, i64)>;

/// The orphans among the settings of DIDs, from those behind this `did_id` on; none where no rows are left.
///
/// # Errors
/// The database cannot be read.
pub fn of_dids(db: &mut Db, after: i64) -> QueryResult<OrphanPage> {
    let rows = behind(db, &DIDS, after)?;
    let last = rows.last().and_then(|row| row.number(DIDS.key));
    let orphans = dids_among(db, &rows)?;
    Ok(last.map(|last| (orphans, last)))
}

/// The orphans among our rows of phones, in the same way by our number of each.
///
/// # Errors
/// The database cannot be read.
pub fn of_phones(db: &mut Db, after: i64) -> QueryResult<OrphanPage> {
    let rows = behind(db, &EXTENSIONS, after)?;
    let last = rows.last().and_then(|row| row.number(EXTENSIONS.key));
    let orphans = phones_among(db, &rows)?;
    Ok(last.map(|last| (orphans, last)))
}

fn behind(db: &mut Db, table: &Table, after: i64) -> QueryResult<Vec<Record>> {
    let key = table.key;
    let rest = Sql::new(format!(" WHERE {key} > "))
        .bind(after)
        .sql(&format!(" ORDER BY {key} LIMIT {PAGE}"));
    select(db, table, rest)
}

fn dids_among(db: &mut Db, rows: &[Record]) -> QueryResult<Vec<Orphan>> {
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.number("did_id")).collect();
    let there = did_rows::by_ids(db, &ids)?;
    // Of a DID that a call changes just now, the two rows may not have the same number for a moment.
    let changing: Vec<i64> = pending(db)?
        .iter()
        .filter_map(|planned| planned.did_id())
        .collect();
    let has_state = db.has_state();
    let orphan = |own: &Record| {
        let did_id = own.number("did_id")?;
        let did = there
            .iter()
            .find(|did| did.number("did_id") == Some(did_id));
        let belongs = did.is_some_and(|did| !has_state || is_bound(own, did));
        let is_orphan = !belongs && !changing.contains(&did_id);
        is_orphan.then(|| Orphan::Did(did_id, own.text("did_pattern").to_owned()))
    };
    Ok(rows.iter().filter_map(orphan).collect())
}

fn phones_among(db: &mut Db, rows: &[Record]) -> QueryResult<Vec<Orphan>> {
    let mut orphans = Vec::new();
    for row in rows {
        let (extension, server_ip) = (row.text("extension"), row.text("server_ip"));
        if let Some(id) = row.number(EXTENSIONS.key)
            && phone_rows::find(db, extension, server_ip)?.is_none()
        {
            orphans.push(Orphan::Phone(
                id,
                extension.to_owned(),
                server_ip.to_owned(),
            ));
        }
    }
    Ok(orphans)
}

/// Removes an orphan, unless its DID or phone is there again; whether it was removed.
///
/// # Errors
/// The database cannot be read or written.
pub fn remove(db: &mut Db, orphan: &Orphan) -> QueryResult<bool> {
    db.in_own_transaction(|db| {
        let (table, key) = match orphan {
            Orphan::Did(did_id, _) => (&DIDS, *did_id),
            Orphan::Phone(id, ..) => (&EXTENSIONS, *id),
        };
        let of_it = for_update(db.own()?, equal(table.key, key));
        let rows = select(db, table, of_it)?;
        let still = match orphan {
            Orphan::Did(..) => dids_among(db, &rows)?,
            Orphan::Phone(..) => phones_among(db, &rows)?,
        };
        if !still.contains(orphan) {
            return Ok(false);
        }
        match orphan {
            Orphan::Did(did_id, _) => forget_did(db, *did_id).map(drop)?,
            Orphan::Phone(_, extension, server_ip) => {
                forget_phone(db, extension, server_ip).map(drop)?;
            }
        }
        Ok(true)
    })
}
