//! Storing what our tables hold of DIDs and phones.

use super::client_ids::{COLUMN, free_of_orphan};
use super::settings::DidSettings;
use super::{CHUNK, DIDS, EXTENSIONS, ROUTES, Table, change, count, delete, insert, put, select};
use crate::log_limit;
use crate::store::records::{self, Field};
use crate::store::sql::Sql;
use crate::store::state::must_be_alone;
use crate::store::{Db, QueryResult, dids::rows as did_rows, phones::rows as phone_rows};

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
    if let Some(client_id) = settings.client_id() {
        free_of_orphan(db, &DIDS, client_id)?;
    }
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
    let client_id = fields.iter().find(|(column, _)| *column == COLUMN);
    if let Some((_, Some(client_id))) = client_id {
        free_of_orphan(db, &EXTENSIONS, client_id)?;
    }
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

/// Gives a phone a number among ours, where it has none yet; the phone as it is stored, cut to its columns. Whether it has
/// one then: not where the state is away, as it gets one later.
///
/// # Errors
/// The database cannot be written.
pub fn number_extension(db: &mut Db, extension: &str, server_ip: &str) -> QueryResult<bool> {
    let columns = db.columns();
    let cut = |column, value| columns.cut(phone_rows::TABLE, column, value);
    let (extension, server_ip) = (cut("extension", extension), cut("server_ip", server_ip));
    if !db.has_vicishim_tables() {
        return Ok(true);
    }
    match number(db, extension, server_ip) {
        Err(error) if db.has_state() && !must_be_alone(&error) => {}
        numbered => return numbered.map(|()| true),
    }
    // The phone is there already. The connection may have been closed by its server.
    db.give_up_own();
    Ok(number(db, extension, server_ip)
        .inspect_err(|error| {
            log_limit::warn!(target: "vicishim::state", "{extension}@{server_ip} has no id yet: {error}");
            db.give_up_own();
        })
        .is_ok())
}

fn number(db: &mut Db, extension: &str, server_ip: &str) -> QueryResult<()> {
    let of_phone = phone_rows::of(extension, server_ip);
    if count(db, &EXTENSIONS, of_phone)? > 0 {
        return Ok(());
    }
    let fields = [("extension", extension), ("server_ip", server_ip)]
        .map(|(column, value)| (column, Some(value.to_owned())));
    insert(db, &EXTENSIONS, &fields).map(drop)
}
