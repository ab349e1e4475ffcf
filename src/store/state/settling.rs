//! What writers that are gone have left: our half of a change is completed where the dialer's is made, else it is dropped. The
//! dialer's half is never made later.

use super::noted::{INTENTIONS, forget, parse};
use super::planned::{Planned, is_number};
use super::transaction::for_update;
use crate::log_limit;
use crate::store::records::Record;
use crate::store::sql::Sql;
use crate::store::vicishim_tables::settings::fields_of;
use crate::store::vicishim_tables::storing::{put_did, put_phone};
use crate::store::vicishim_tables::{EXTENSIONS, forget_did, forget_phone};
use crate::store::{Db, QueryResult, dids, phones};

/// How many numbers one statement looks up.
const NUMBERS: usize = 250;

/// Settles what writers that are gone have left: at the start, and whenever a writer connects anew.
pub(in crate::store) fn settle_left(db: &mut Db) {
    let Some(state) = &db.state else { return };
    let address = state.address.clone();
    let settled = ids(db).and_then(|ids| {
        let mut count = 0;
        for id in ids {
            count += usize::from(settle(db, id)?);
        }
        Ok(count)
    });
    match settled {
        Ok(0) => {}
        Ok(count) => log::warn!(
            target: "vicishim::state",
            "{count} changes that were interrupted are settled in {address}"
        ),
        Err(error) => log_limit::warn!(
            target: "vicishim::state",
            "changes that were interrupted cannot be settled now: {error}"
        ),
    }
}

fn ids(db: &mut Db) -> QueryResult<Vec<i64>> {
    let query =
        format!("SELECT CAST(intention_id AS CHAR) AS id FROM {INTENTIONS} ORDER BY intention_id");
    let rows = db.own()?.read(Sql::new(query))?;
    Ok(rows
        .iter()
        .filter_map(|row| row.text(0).parse().ok())
        .collect())
}

/// Settles an intention, unless its writer is there; whether nothing of it is left. What is decided, done and deleted is
/// one transaction, so that of two processes one settles it.
pub(super) fn settle(db: &mut Db, id: i64) -> QueryResult<bool> {
    let of_it = || {
        Sql::new(format!(
            "SELECT owner, planned FROM {INTENTIONS} WHERE intention_id = "
        ))
        .bind(id)
    };
    let rows = db.own()?.read(of_it())?;
    let Some(owner) = rows.first().map(|row| row.text(0).to_owned()) else {
        return Ok(true);
    };
    if db.is_connected(&owner)? {
        return Ok(false);
    }
    db.in_own_transaction(|db| settle_in_transaction(db, id, of_it()))?;
    Ok(true)
}

fn settle_in_transaction(db: &mut Db, id: i64, of_it: Sql) -> QueryResult<()> {
    let own = db.own()?;
    let query = for_update(own, of_it);
    let rows = own.read(query)?;
    let planned = rows.first().map(|row| parse(row.text(1)));
    let Some(planned) = planned else {
        return Ok(());
    };
    let what = match planned {
        Some(planned) => complete(db, &planned)?,
        None => "dropped: it cannot be read",
    };
    log::warn!(target: "vicishim::state", "change {id} was interrupted and is {what}");
    forget(db.own()?, id).map(drop)
}

/// Makes our half where the dialer's is made; what was done.
fn complete(db: &mut Db, planned: &Planned) -> QueryResult<&'static str> {
    let is_made = match planned {
        Planned::NewDids { numbers, .. } => {
            let mut is_made = false;
            for numbers in numbers.chunks(NUMBERS) {
                let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
                for row in dids::rows::by_patterns(db, &numbers)? {
                    is_made |= complete_did(db, planned, &row)?;
                }
            }
            is_made
        }
        Planned::Did { did_id, .. } => match dids::rows::by_id(db, *did_id)? {
            Some(row) => complete_did(db, planned, &row)?,
            None => false,
        },
        Planned::DidGone { did_id, number } => {
            let row = dids::rows::by_id(db, *did_id)?;
            let is_gone = !row.is_some_and(|row| is_number(&row, number));
            if is_gone {
                forget_did(db, *did_id)?;
            }
            is_gone
        }
        Planned::Phone {
            extension,
            server_ip,
            own,
            ..
        } => {
            let row = phones::rows::find(db, extension, server_ip)?;
            let is_made = row.is_some_and(|row| planned.columns_of(&row).is_some());
            if is_made {
                let fields = fields_of(&EXTENSIONS, own);
                put_phone(db, extension, server_ip, &fields)?;
            }
            is_made
        }
        Planned::PhoneGone {
            extension,
            server_ip,
        } => {
            let is_gone = phones::rows::find(db, extension, server_ip)?.is_none();
            if is_gone {
                forget_phone(db, extension, server_ip)?;
            }
            is_gone
        }
    };
    Ok(match is_made {
        true => "completed",
        false => "dropped: the dialer's half was not made",
    })
}

fn complete_did(db: &mut Db, planned: &Planned, row: &Record) -> QueryResult<bool> {
    match (planned.settings_of(row), row.number("did_id")) {
        (Some(settings), Some(did_id)) => {
            put_did(db, did_id, row.text("did_pattern"), settings)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}
