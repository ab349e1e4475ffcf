//! Forgetting changes that are too old, a few with each batch, so that no writer is held up.

use super::reading::{self, Entry};
use super::{CHANGED, CHANGES, subject};
use crate::store::sql::Sql;
use crate::store::{Db, QueryResult};

/// How many changes are forgotten at a time.
const FORGOTTEN: u64 = 16;

/// Forgets some changes that were made before this time; how many.
///
/// # Errors
/// The database cannot be written.
pub(in crate::store) fn prune(db: &mut Db, before: i64) -> QueryResult<usize> {
    let Some(own) = db.vicishim_tables()? else {
        return Ok(0);
    };
    let old = Sql::new(" WHERE changed_at < ")
        .bind(before)
        .sql(&format!(" ORDER BY change_id LIMIT {FORGOTTEN}"));
    let entries = reading::select(own, old)?;
    for Entry {
        change_id, rows, ..
    } in &entries
    {
        for subjects in subject::of_changes(rows).chunks(250) {
            let delete = Sql::new(format!("DELETE FROM {CHANGED} WHERE subject IN ("))
                .bind_list(subjects.iter().map(String::as_str))
                .sql(") AND change_id = ")
                .bind(*change_id);
            own.write_bookkeeping(&delete)?;
        }
        let delete = Sql::new(format!("DELETE FROM {CHANGES} WHERE change_id = ")).bind(*change_id);
        own.write_bookkeeping(&delete)?;
    }
    Ok(entries.len())
}
