//! What a DID can point at: in-groups and call menus.

use super::sql::{Sql, TextRow};
use super::{Db, QueryResult};

/// Whether there is an in-group of that name, active or not.
///
/// # Errors
/// The database cannot be read.
pub fn inbound_group_exists(db: &mut Db, group_id: &str) -> QueryResult<bool> {
    db.is_there("vicidial_inbound_groups", "group_id", group_id)
}

/// Whether there is a call menu of that name.
///
/// # Errors
/// The database cannot be read.
pub fn call_menu_exists(db: &mut Db, menu_id: &str) -> QueryResult<bool> {
    db.is_there("vicidial_call_menu", "menu_id", menu_id)
}

/// A row of a list, and whose it is.
#[derive(Debug, Clone)]
pub struct Listed {
    /// What is shown of it, empty where it is NULL.
    pub values: Vec<String>,
    /// The user group that it belongs to.
    pub user_group: Option<String>,
}

impl From<TextRow> for Listed {
    /// Takes the last column for the user group.
    fn from(TextRow(mut values): TextRow) -> Self {
        let user_group = values.pop().flatten();
        Self {
            values: values.into_iter().map(Option::unwrap_or_default).collect(),
            user_group,
        }
    }
}

/// The active in-groups by their id: id, name, color.
///
/// # Errors
/// The database cannot be read.
pub fn active_inbound_groups(db: &mut Db) -> QueryResult<Vec<Listed>> {
    let query = "SELECT group_id, group_name, group_color, user_group FROM vicidial_inbound_groups \
                 WHERE active = 'Y' ORDER BY group_id";
    listed(db, query)
}

/// The call menus by their id: id, name.
///
/// # Errors
/// The database cannot be read.
pub fn call_menus(db: &mut Db) -> QueryResult<Vec<Listed>> {
    let query = "SELECT menu_id, menu_name, user_group FROM vicidial_call_menu ORDER BY menu_id";
    listed(db, query)
}

/// The rows of a query without values, whose last column is the user group.
pub(super) fn listed(db: &mut Db, query: &str) -> QueryResult<Vec<Listed>> {
    let rows = db.read(Sql::new(query))?;
    Ok(rows.into_iter().map(Listed::from).collect())
}
