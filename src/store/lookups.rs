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

/// The user group of the first such row; none where there is none, or it has none.
///
/// # Errors
/// The database cannot be read.
pub fn user_group_of(db: &mut Db, table: &str, condition: Sql) -> QueryResult<Option<String>> {
    if db.columns().of(table).is_empty() {
        return Ok(None);
    }
    let rows = records::select(db, table, &["user_group"], condition.sql(" LIMIT 1"))?;
    let group = rows.first().and_then(|row| row.get("user_group"));
    Ok(group.map(str::to_owned))
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

/// Whether one of these filter phone groups has a number. None where there is no such table.
///
/// # Errors
/// The database cannot be read.
pub fn in_filter_phone_groups(
    db: &mut Db,
    groups: &[String],
    number: &str,
) -> QueryResult<Option<bool>> {
    let groups = groups.iter().map(String::as_str);
    let condition = records::among("filter_phone_group_id", groups)
        .sql(" AND phone_number = ")
        .bind(number);
    holds(db, "vicidial_filter_phone_numbers", condition)
}

/// Whether the do-not-call list of a campaign has a number. None where there is no such table.
///
/// # Errors
/// The database cannot be read.
pub fn in_campaign_dnc(db: &mut Db, campaign: &str, number: &str) -> QueryResult<Option<bool>> {
    let condition = records::equal("phone_number", number)
        .sql(" AND campaign_id = ")
        .bind(campaign);
    holds(db, "vicidial_campaign_dnc", condition)
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
