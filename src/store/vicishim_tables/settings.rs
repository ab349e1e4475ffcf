//! What our tables hold of a DID or phone beside VICIdial's row, to which it is bound: in a database of ours by the key; beside
//! a dialer's by the key and the number, as a DID may be deleted there, and made again, without us.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    CHUNK, DIDS, EXTENSIONS, ROUTES, Table, change, delete, insert, put, select, with_numbers,
};
use crate::store::records::{self, Field, Record};
use crate::store::sql::Sql;
use crate::store::state::intentions::{overlaid, pending};
use crate::store::{
    Db, QueryResult, collation, dids::rows as did_rows, phones::rows as phone_rows,
};

/// Columns and their values.
pub type Values = Vec<(String, Option<String>)>;

/// What our tables hold of a DID: its row, without the key and the number, and its conditional routes in their order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DidSettings {
    row: Values,
    routes: Vec<Values>,
}

/// The columns of a DID's row that say which DID it is.
const OF_DID: &[&str] = &["did_id", "did_pattern"];

/// The columns of a route's row that say whose it is, and which.
const OF_ROUTE: &[&str] = &["route_id", "did_id", "position"];

impl DidSettings {
    /// Of a row's columns and those of its routes.
    pub fn new(row: &[Field], routes: impl IntoIterator<Item = Vec<Field>>) -> Self {
        Self {
            row: values(row),
            routes: routes.into_iter().map(|route| values(&route)).collect(),
        }
    }

    fn of_rows(row: &Record, routes: &[Record]) -> Self {
        let without = |table: &Table, row: &Record, those: &[&str]| {
            let columns = table
                .columns
                .iter()
                .filter(|column| !those.contains(column));
            columns
                .map(|column| ((*column).to_owned(), row.get(column).map(str::to_owned)))
                .collect()
        };
        Self {
            row: without(&DIDS, row, OF_DID),
            routes: routes
                .iter()
                .map(|route| without(&ROUTES, route, OF_ROUTE))
                .collect(),
        }
    }

    /// The columns of the DID's row.
    fn row_of(&self, did_id: i64, number: &str) -> Vec<Field> {
        let mut fields = vec![
            ("did_id", Some(did_id.to_string())),
            ("did_pattern", Some(number.to_owned())),
        ];
        fields.extend(fields_of(&DIDS, &self.row));
        fields
    }

    /// The columns of each route's row.
    fn routes_of(&self, did_id: i64) -> Vec<Vec<Field>> {
        let one = |(index, route): (usize, &Values)| {
            let mut fields = vec![
                ("did_id", Some(did_id.to_string())),
                ("position", Some((index + 1).to_string())),
            ];
            fields.extend(fields_of(&ROUTES, route));
            fields
        };
        self.routes.iter().enumerate().map(one).collect()
    }
}

/// Columns and their values, to be kept.
pub(in crate::store) fn values(fields: &[Field]) -> Values {
    let fields = fields.iter();
    fields
        .map(|(column, value)| ((*column).to_owned(), value.clone()))
        .collect()
}

/// The same as a statement takes them: those that the table has.
pub(in crate::store) fn fields_of(table: &Table, values: &Values) -> Vec<Field> {
    let field = |(name, value): &(String, Option<String>)| {
        let column = table.columns.iter().find(|column| *column == name)?;
        Some((*column, value.clone()))
    };
    values.iter().filter_map(field).collect()
}

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

/// Binds our rows of a DID that name no number to the dialer's DID; whether there is one, or they name a number.
pub(in crate::store) fn bind(db: &mut Db, did_id: i64) -> QueryResult<bool> {
    let of_did = || records::equal("did_id", did_id);
    let own = select(db, &DIDS, of_did())?.pop();
    if own
        .as_ref()
        .is_some_and(|row| !row.text("did_pattern").is_empty())
    {
        return Ok(true);
    }
    let Some(did) = did_rows::by_id(db, did_id)? else {
        return Ok(false);
    };
    let number = [("did_pattern", Some(did.text("did_pattern").to_owned()))];
    match own {
        Some(_) => change(db, &DIDS, &number, of_did()).map(drop)?,
        None => put(db, &DIDS, did_id, &number).map(drop)?,
    }
    Ok(true)
}

/// Stores what our tables are to hold of a DID; the statements.
///
/// # Errors
/// The database cannot be written, or there are no tables of ours.
pub fn put_did(
    db: &mut Db,
    did_id: i64,
    number: &str,
    settings: &DidSettings,
) -> QueryResult<Vec<String>> {
    let row = settings.row_of(did_id, number);
    let mut statements = vec![put(db, &DIDS, did_id, &row[1..])?];
    statements.push(delete(db, &ROUTES, records::equal("did_id", did_id))?);
    for route in settings.routes_of(did_id) {
        statements.push(insert(db, &ROUTES, &route)?.1);
    }
    Ok(statements)
}

/// Stores the same settings for many new DIDs, by `did_id` and number: a bounded number of statements.
///
/// # Errors
/// The database cannot be written, or there are no tables of ours.
pub fn put_new_dids(db: &mut Db, new: &[(i64, &str)], settings: &DidSettings) -> QueryResult<()> {
    for new in new.chunks(CHUNK) {
        let ids = new.iter().map(|(did_id, _)| *did_id);
        if db.has_state() {
            // Another DID may have had that key, without us.
            delete(db, &DIDS, records::among("did_id", ids.clone()))?;
            delete(db, &ROUTES, records::among("did_id", ids))?;
        }
        let rows = new
            .iter()
            .map(|(did_id, number)| settings.row_of(*did_id, number));
        insert_rows(db, &DIDS, rows)?;
        let routes = new
            .iter()
            .flat_map(|(did_id, _)| settings.routes_of(*did_id));
        let routes: Vec<_> = routes.collect();
        for routes in routes.chunks(CHUNK) {
            insert_rows(db, &ROUTES, routes.iter().cloned())?;
        }
    }
    Ok(())
}

/// Adds rows that all have the same columns.
fn insert_rows(
    db: &mut Db,
    table: &Table,
    rows: impl Iterator<Item = Vec<Field>>,
) -> QueryResult<()> {
    let own = db.own_to_write()?;
    let mut all: Option<Sql> = None;
    for row in rows {
        let values = Sql::new("(")
            .bind_list(row.iter().map(|(_, value)| value.clone()))
            .sql(")");
        all = Some(match all {
            Some(all) => all.sql(", ").append(values),
            None => {
                let columns = crate::store::sql::names(row.iter().map(|(column, _)| *column));
                Sql::new(format!("INSERT INTO {} ({columns}) VALUES ", table.name)).append(values)
            }
        });
    }
    match all {
        Some(all) => own.write(&all).map(drop),
        None => Ok(()),
    }
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

/// Stores our columns of a phone; the statement.
///
/// # Errors
/// The database cannot be written, or there are no tables of ours.
pub fn put_phone(
    db: &mut Db,
    extension: &str,
    server_ip: &str,
    fields: &[Field],
) -> QueryResult<String> {
    let condition = phone_rows::of(extension, server_ip);
    if !select(db, &EXTENSIONS, condition.clone())?.is_empty() {
        return change(db, &EXTENSIONS, fields, condition);
    }
    let mut all = vec![
        ("extension", Some(extension.to_owned())),
        ("server_ip", Some(server_ip.to_owned())),
    ];
    all.extend(fields.iter().cloned());
    Ok(insert(db, &EXTENSIONS, &all)?.1)
}
