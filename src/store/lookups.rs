//! Whether the things exist that a DID can point at or look callers up in.

use super::records::{self, Record};
use super::sql::Sql;
use super::{Db, QueryResult};

/// Whether a row is there, and whether it is active: none where it is not there.
///
/// # Errors
/// The database cannot be read.
pub fn is_active(db: &mut Db, table: &str, condition: Sql) -> QueryResult<Option<bool>> {
    let rows = records::select(db, table, &["active"], condition.sql(" LIMIT 1"))?;
    Ok(rows.first().map(|row| row.text("active") == "Y"))
}

/// Whether a table, where this database has it, holds such a row. None where there is no such table.
///
/// # Errors
/// The database cannot be read.
pub fn holds(db: &mut Db, table: &str, condition: Sql) -> QueryResult<Option<bool>> {
    if db.columns().of(table).is_empty() {
        return Ok(None);
    }
    Ok(Some(records::count(db, table, condition)? > 0))
}

/// A user group's name as it is stored, and its title.
///
/// # Errors
/// The database cannot be read.
pub fn user_groups(db: &mut Db, rest: Sql) -> QueryResult<Vec<Record>> {
    records::select(
        db,
        "vicidial_user_groups",
        &["user_group", "group_name"],
        rest,
    )
}
