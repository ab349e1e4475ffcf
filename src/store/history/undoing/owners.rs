//! Whose the rows are that an undo writes: the user groups that its user must see.

use super::super::noting::{equal, whole};
use super::super::row::Values;
use super::Undo;
use super::obstacles::OWNED;
use crate::store::{Db, QueryResult};

impl Undo {
    /// The user groups of the rows that are written, and of those that they belong to; none for a row that has none.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn user_groups(&self, db: &mut Db) -> QueryResult<Vec<Option<String>>> {
        let group = |row: &Values| row.get("user_group").cloned();
        let mut groups: Vec<Option<String>> = Vec::new();
        for ((table, _), row) in &self.rows {
            if !row.is_written() {
                continue;
            }
            let owned = OWNED.iter().find(|(of, ..)| of == table);
            for shown in [&row.is, &row.to_be].into_iter().flatten() {
                if let Some(group) = group(shown) {
                    groups.push(group);
                    continue;
                }
                let Some((_, owner, columns)) = owned else {
                    groups.push(None);
                    continue;
                };
                let key = columns
                    .iter()
                    .map(|column| ((*column).to_owned(), shown.get(*column).cloned().flatten()));
                let stored = whole(db.of_table(owner)?, owner, equal(key.clone()))?;
                let key: Values = key.collect();
                let comes_back = self
                    .rows
                    .iter()
                    .filter(|((of, _), _)| of == owner)
                    .filter_map(|(_, row)| row.to_be.as_ref())
                    .filter(|row| {
                        key.iter()
                            .all(|(column, value)| row.get(column) == Some(value))
                    });
                let of_owner: Vec<_> = stored.iter().chain(comes_back).filter_map(group).collect();
                match of_owner.is_empty() {
                    true => groups.push(None),
                    false => groups.extend(of_owner),
                }
            }
        }
        groups.sort();
        groups.dedup();
        Ok(groups)
    }
}
