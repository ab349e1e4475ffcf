//! Ids that clients gave, when rows come back: another thing may have one of them by now.

use super::super::noting::{equal, whole};
use super::super::row::Values;
use super::super::subject;
use super::{Place, Undo, obstacles};
use crate::store::vicishim_tables::client_ids::COLUMN;
use crate::store::{Db, QueryResult};

const GIVEN_AGAIN: &str = "has an id that was given again since";

/// The table whose rows are nothing without their id.
const ALIASES: &str = "vicishim_aliases";

fn id_of(row: &Option<Values>) -> Option<String> {
    row.as_ref()?.get(COLUMN).cloned().flatten()
}

impl Undo {
    /// Finds ids that others have by now: what comes back comes without, where it comes at all.
    pub(super) fn check_ids(&mut self, db: &mut Db) -> QueryResult<()> {
        let new: Vec<(Place, String)> = self
            .rows
            .iter()
            .filter(|(_, row)| id_of(&row.is) != id_of(&row.to_be))
            .filter_map(|(place, row)| Some((place.clone(), id_of(&row.to_be)?)))
            .collect();
        for (place, id) in new {
            let table = place.0.as_str();
            let key = Values::from_iter([(COLUMN.to_owned(), Some(id.clone()))]);
            let holders = whole(db.of_table(table)?, table, equal(key))?;
            let has_it = |holder: &Values| {
                let stays = self.stays(table, holder);
                let keeps = stays.is_some_and(|row| row.get(COLUMN) == Some(&Some(id.clone())));
                obstacles::place(table, holder) != place && keeps
            };
            if !holders.iter().any(has_it) {
                continue;
            }
            let Some(row) = self.rows.get_mut(&place) else {
                continue;
            };
            let Some(to_be) = &mut row.to_be else {
                continue;
            };
            let change_id = row.change_id;
            let subject = match to_be.get("did_pattern").cloned().flatten() {
                Some(pattern) => subject::of_did(&pattern),
                None => subject::of_row(table, to_be),
            };
            match table {
                ALIASES => row.to_be = row.is.clone(),
                _ => {
                    to_be.insert(COLUMN.to_owned(), None);
                }
            }
            self.conflict(change_id, subject, GIVEN_AGAIN);
        }
        Ok(())
    }
}
