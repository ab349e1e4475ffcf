//! Which rows of ours belong to a DID or phone: in a database of ours those of its key; beside a dialer's those of its key and
//! its number, as a DID may be deleted there, and made again, without us.

use std::collections::HashMap;

use super::settings::{DidSettings, fields_of};
use super::{CHUNK, DIDS, EXTENSIONS, ROUTES, select, with_numbers};
use crate::store::records::{self, Record};
use crate::store::state::noted::pending;
use crate::store::state::planned::overlaid;
use crate::store::{Db, QueryResult, collation, dids::rows as did_rows};

/// The rows of ours that belong to some DIDs.
#[derive(Debug, Default)]
pub struct OfDids {
    /// Each DID's own row.
    pub dids: HashMap<i64, Record>,
    /// Each DID's conditional routes in their order.
    pub routes: HashMap<i64, Vec<Record>>,
}

/// The rows of ours that belong to these rows of VICIdial's table, as changes that are under way leave them: of such a change
/// both halves are seen, or none.
///
/// # Errors
/// The database cannot be read.
pub fn of_dids(db: &mut Db, rows: &[Record]) -> QueryResult<OfDids> {
    // Before our rows: what ends meanwhile is among them then.
    let pending = pending(db)?;
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.number("did_id")).collect();
    let mut of = OfDids::default();
    for row in with_numbers(db, &DIDS, "did_id", &ids)? {
        of.dids.insert(row.number("did_id").unwrap_or(0), row);
    }
    for row in with_numbers(db, &ROUTES, "did_id", &ids)? {
        let did_id = row.number("did_id").unwrap_or(0);
        of.routes.entry(did_id).or_default().push(row);
    }
    for routes in of.routes.values_mut() {
        routes.sort_by_key(|route| route.number("position"));
    }
    if !db.has_state() {
        return Ok(of);
    }
    for row in rows {
        let did_id = row.number("did_id").unwrap_or(0);
        if !of.dids.get(&did_id).is_some_and(|own| is_bound(own, row)) {
            of.dids.remove(&did_id);
            of.routes.remove(&did_id);
        }
    }
    let numbers: HashMap<i64, &str> = rows
        .iter()
        .filter_map(|row| Some((row.number("did_id")?, row.text("did_pattern"))))
        .collect();
    for (did_id, settings) in overlaid(&pending, rows) {
        let number = numbers.get(&did_id).copied().unwrap_or_default();
        let row = Record::of(DIDS.columns, settings.row_of(did_id, number));
        of.dids.insert(did_id, row);
        let routes = settings.routes_of(did_id).into_iter();
        let routes = routes.map(|route| Record::of(ROUTES.columns, route));
        of.routes.insert(did_id, routes.collect());
    }
    Ok(of)
}

/// Whether our row belongs to this DID.
pub(in crate::store) fn is_bound(own: &Record, did: &Record) -> bool {
    collation::compare(own.text("did_pattern"), did.text("did_pattern")).is_eq()
}

/// What our tables hold of a DID; none where they hold nothing.
///
/// # Errors
/// The database cannot be read.
pub fn of_did(db: &mut Db, did_id: i64) -> QueryResult<Option<DidSettings>> {
    if !db.has_state() {
        // The row is always there where routes are, but for those that were loaded.
        let rows = with_numbers(db, &DIDS, "did_id", &[did_id])?;
        let routes = of_routes(db, did_id)?;
        return Ok(match rows.first() {
            Some(row) => Some(DidSettings::of_rows(row, &routes)),
            None if routes.is_empty() => None,
            None => Some(DidSettings::of_rows(
                &Record::of(DIDS.columns, Vec::new()),
                &routes,
            )),
        });
    }
    let Some(row) = did_rows::by_id(db, did_id)? else {
        return Ok(None);
    };
    let of = of_dids(db, &[row])?;
    let routes = of.routes.get(&did_id).map_or(&[][..], Vec::as_slice);
    Ok(of
        .dids
        .get(&did_id)
        .map(|row| DidSettings::of_rows(row, routes)))
}

fn of_routes(db: &mut Db, did_id: i64) -> QueryResult<Vec<Record>> {
    let rest = records::equal("did_id", did_id).sql(" ORDER BY position");
    select(db, &ROUTES, rest)
}

/// The DIDs of these ids to which our rows are bound.
///
/// # Errors
/// The database cannot be read.
pub fn bound_dids(db: &mut Db, ids: &[i64]) -> QueryResult<Vec<Record>> {
    let mut bound = Vec::new();
    for ids in ids.chunks(CHUNK) {
        let rows = did_rows::by_ids(db, ids)?;
        if !db.has_state() {
            bound.extend(rows);
            continue;
        }
        let of = of_dids(db, &rows)?;
        let is_bound = |row: &Record| {
            let did_id = row.number("did_id").unwrap_or(0);
            of.dids.contains_key(&did_id)
        };
        bound.extend(rows.into_iter().filter(is_bound));
    }
    Ok(bound)
}

/// A phone as [`of_phones`] knows it: extension and dialer, as the collation compares them.
pub type PhoneKey = (collation::Key, collation::Key);

/// The key of a phone, of VICIdial's row or of ours.
pub fn phone_key(row: &Record) -> PhoneKey {
    let key = |column| collation::key(row.text(column));
    (key("extension"), key("server_ip"))
}

/// Our rows of these phones, as changes that are under way leave them.
///
/// # Errors
/// The database cannot be read.
pub fn of_phones(db: &mut Db, rows: &[Record]) -> QueryResult<HashMap<PhoneKey, Record>> {
    let pending = pending(db)?;
    let mut own = HashMap::new();
    for rows in rows.chunks(CHUNK) {
        let names = rows.iter().map(|row| row.text("extension"));
        let known = records::among("extension", names);
        for row in select(db, &EXTENSIONS, known)? {
            own.insert(phone_key(&row), row);
        }
    }
    for planned in &pending {
        for row in rows {
            let Some(columns) = planned.columns_of(row) else {
                continue;
            };
            let key = phone_key(row);
            let mut fields = vec![
                ("extension", Some(row.text("extension").to_owned())),
                ("server_ip", Some(row.text("server_ip").to_owned())),
            ];
            let id = own.get(&key).and_then(|own| own.get("extension_id"));
            fields.push(("extension_id", id.map(str::to_owned)));
            fields.extend(fields_of(&EXTENSIONS, columns));
            own.insert(key, Record::of(EXTENSIONS.columns, fields));
        }
    }
    Ok(own)
}
