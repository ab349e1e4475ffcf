//! Extensions as routing looks at them, and calls that go from one to the next.

use super::{Sees, schedule_of, target, with_existence};
use crate::routing::decide::{Decision, Question};
use crate::routing::extension::Extension;
use crate::store::phones::rows as phone_rows;
use crate::store::records::Record;
use crate::store::vicishim_tables::bound;
use crate::store::{Db, QueryResult, collation};

/// An extension with everything that routing looks at, from its phone's row.
///
/// # Errors
/// The database cannot be read.
fn extension(db: &mut Db, row: &Record) -> QueryResult<Extension> {
    let (phone, server_ip) = (row.text("extension"), row.text("server_ip"));
    let own = bound::of_phones(db, std::slice::from_ref(row))?;
    let extra = own.get(&bound::phone_key(row));
    let of_extra = |kind, id, xform| extra.and_then(|extra| target(extra, kind, id, xform));
    Ok(Extension {
        key: format!("{phone}@{server_ip}"),
        is_active: row.text("active") == "Y",
        target: of_extra("dest_kind", "dest_id", "dest_xform"),
        schedule: schedule_of(db, extra)?,
        closed: of_extra("closed_dest_kind", "closed_dest_id", "closed_dest_xform"),
        holiday: of_extra("holiday_dest_kind", "holiday_dest_id", "holiday_dest_xform"),
    })
}

/// Where a call to this extension would land.
///
/// # Errors
/// The database cannot be read.
pub fn preview(
    db: &mut Db,
    question: &Question,
    row: &Record,
    sees: Sees<'_>,
) -> QueryResult<Decision> {
    let decision = Decision::of_extension(&extension(db, row)?);
    let decision = followed(db, question, decision, sees)?;
    with_existence(db, decision)
}

/// The decision about a call, followed through the extensions that it reaches, from each to where its hours or its own
/// target send it. One that it comes back to rings.
///
/// # Errors
/// The database cannot be read.
pub(super) fn followed(
    db: &mut Db,
    question: &Question,
    mut decision: Decision,
    sees: Sees<'_>,
) -> QueryResult<Decision> {
    // Without tables of ours no extension has a target or hours.
    if !db.has_vicishim_tables() {
        return Ok(decision);
    }
    let mut passed: Vec<collation::Key> = Vec::new();
    while let Some((phone, server_ip)) = decision.phone() {
        let key = format!("{phone}@{server_ip}");
        let place = collation::key(&key);
        if passed.last() == Some(&place) {
            break;
        }
        if passed.contains(&place) {
            return Ok(decision.back_at(&key));
        }
        let Some(row) = phone_rows::find(db, phone, server_ip)? else {
            break;
        };
        if !sees(row.get("user_group")) {
            return Ok(decision.hidden_behind(&key));
        }
        passed.push(place);
        decision = decision.followed(question, &extension(db, &row)?);
    }
    Ok(decision)
}
