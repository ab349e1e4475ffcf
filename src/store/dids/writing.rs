//! Changing a DID, its number too: VICIdial's row, and what our tables hold of it.

use super::rows;
use crate::store::interrupted::is_taken;
use crate::store::records::Field;
use crate::store::state::intentions::intend;
use crate::store::state::planned::Planned;
use crate::store::vicishim_tables::settings::DidSettings;
use crate::store::vicishim_tables::storing::put_did;
use crate::store::{Db, QueryResult};

/// A change of a DID that is there.
pub struct DidChange<'a> {
    /// Its key.
    pub did_id: i64,
    /// Its number, before and then.
    pub numbers: [&'a str; 2],
    /// VICIdial's columns that are set, the number among them where it changes; none where the row stays as it is.
    pub fields: &'a [Field],
    /// What our tables are to hold of it; none where they stay as they are. Beside a dialer our rows belong to a key and a
    /// number: they are written again where the number changes.
    pub own: Option<&'a DidSettings>,
}

/// What became of a change.
pub enum Written {
    /// It is made, by these statements.
    Done(Vec<String>),
    /// Another DID has the number: nothing was changed.
    Taken,
    /// The DID was deleted a moment before: nothing was changed.
    Gone,
}

impl DidChange<'_> {
    /// Makes the change.
    ///
    /// # Errors
    /// The database cannot be written, or another call changes the same DID for too long.
    pub fn write(&self, db: &mut Db) -> QueryResult<Written> {
        let mut statements = Vec::new();
        if !self.fields.is_empty() {
            if let Some(own) = self.own {
                let planned = Planned::did(self.did_id, self.numbers, self.fields, own);
                intend(db, &planned)?;
            }
            let update = rows::change(self.did_id, self.fields);
            match db.write(&update) {
                Err(error) if is_taken(&error) => return Ok(Written::Taken),
                Ok(0) => return Ok(Written::Gone),
                written => written?,
            };
            statements.push(update.to_log_text());
        }
        if let Some(own) = self.own {
            let [_, number] = self.numbers;
            statements.extend(put_did(db, self.did_id, number, own)?);
        }
        Ok(Written::Done(statements))
    }
}
