//! `vicidial_filter_phone_groups` and the numbers in them (`vicidial_filter_phone_numbers`).

use diesel::result::{DatabaseErrorKind, Error};

use super::sql::Sql;
use super::{Db, QueryResult};

const NUMBERS: &str = "vicidial_filter_phone_numbers";

/// Whether there is a filter phone group of that name.
///
/// # Errors
/// The database cannot be read.
pub fn exists(db: &mut Db, group: &str) -> QueryResult<bool> {
    let query = Sql::new(
        "SELECT filter_phone_group_id FROM vicidial_filter_phone_groups WHERE filter_phone_group_id = ",
    );
    Ok(!db.read(query.bind(group).sql(" LIMIT 1"))?.is_empty())
}

/// Whether that number is in that group.
///
/// # Errors
/// The database cannot be read.
pub fn has_number(db: &mut Db, group: &str, number: &str) -> QueryResult<bool> {
    let query = Sql::new(format!("SELECT phone_number FROM {NUMBERS}"));
    Ok(!db.read(this_number(query, group, number))?.is_empty())
}

/// The number as its column holds it: cut where it is too long.
pub fn stored<'n>(db: &Db, number: &'n str) -> &'n str {
    db.columns.cut(NUMBERS, "phone_number", number)
}

/// The statement that puts a number into a group.
pub fn insertion(db: &Db, group: &str, number: &str) -> Sql {
    let group = db.columns.cut(NUMBERS, "filter_phone_group_id", group);
    Sql::new(format!(
        "INSERT INTO {NUMBERS} (phone_number, filter_phone_group_id) VALUES ("
    ))
    .bind_list([stored(db, number), group])
    .sql(")")
}

/// Puts a number into a group; false where it is there already.
///
/// # Errors
/// The database cannot be written.
pub fn insert(db: &mut Db, insertion: &Sql) -> QueryResult<bool> {
    match db.write(insertion) {
        Ok(_) => Ok(true),
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The statement that takes a number out of a group.
pub fn deletion(group: &str, number: &str) -> Sql {
    this_number(Sql::new(format!("DELETE FROM {NUMBERS}")), group, number)
}

fn this_number(statement: Sql, group: &str, number: &str) -> Sql {
    statement
        .sql(" WHERE phone_number = ")
        .bind(number)
        .sql(" AND filter_phone_group_id = ")
        .bind(group)
}
