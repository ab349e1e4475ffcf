//! The voicemail boxes: `vicidial_voicemail`, and those of `phones`.

use super::groups::{Listed, listed};
use super::{Db, QueryResult};

/// The active voicemail boxes by their id: id, name, e-mail address.
///
/// # Errors
/// The database cannot be read.
pub fn active_boxes(db: &mut Db) -> QueryResult<Vec<Listed>> {
    let query = "SELECT voicemail_id, fullname, email, user_group FROM vicidial_voicemail \
                 WHERE active = 'Y' ORDER BY voicemail_id";
    listed(db, query)
}

/// The voicemail boxes of active phones by their id: id, `extension - fullname`, e-mail address.
///
/// # Errors
/// The database cannot be read.
pub fn boxes_of_active_phones(db: &mut Db) -> QueryResult<Vec<Listed>> {
    let query = "SELECT voicemail_id, extension, fullname, email, user_group FROM phones \
                 WHERE active = 'Y' ORDER BY voicemail_id, extension, server_ip";
    let mut rows = listed(db, query)?;
    for row in &mut rows {
        let fullname = row.values.remove(2);
        row.values[1].push_str(" - ");
        row.values[1].push_str(&fullname);
    }
    Ok(rows)
}
