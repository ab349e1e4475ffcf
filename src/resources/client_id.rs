//! Ids: the number that the database gives to a thing, and the id that a client may give to it when it is made.

mod taken;

use std::collections::HashMap;

use super::body::{Body, Id, number};
use super::problem::FieldErrors;
use super::tenant_ref::NO_COLUMN;
use crate::access::Session;
use crate::store::records::{Field, Record};
use crate::store::vicishim_tables::{self, Table, client_ids};
use crate::store::{Db, QueryResult};

/// The most characters that a client's id has.
pub(super) const LONGEST: usize = 64;

/// What stands in an address where an id does: no thing could be found by it.
pub(super) const RESERVED: &[&str] = &["lint"];

/// A kind of thing that has ids.
pub(super) struct Ids {
    /// What stands before its number: `did_10`.
    pub(super) prefix: &'static str,
    /// The word for it, as problems have it.
    kind: &'static str,
    /// The table of ours with its ids.
    table: &'static Table,
}

const fn ids(prefix: &'static str, kind: &'static str, table: &'static Table) -> Ids {
    Ids {
        prefix,
        kind,
        table,
    }
}

/// Of DIDs.
pub(super) const DIDS: Ids = ids("did_", "did", &vicishim_tables::DIDS);
/// Of extensions.
pub(super) const EXTENSIONS: Ids = ids("ext_", "extension", &vicishim_tables::EXTENSIONS);
/// Of schedules.
pub(super) const SCHEDULES: Ids = ids("sch_", "schedule", &vicishim_tables::SCHEDULES);
/// Of tenants.
pub(super) const TENANTS: Ids = ids("acc_", "tenant", &vicishim_tables::TENANTS);
/// Of aliases.
pub(super) const ALIASES: Ids = ids("alias_", "alias", &vicishim_tables::ALIASES);

/// The thing that a body is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of<'i> {
    /// A new one.
    New,
    /// The one of this number, where it has one, and this id of a client's.
    Stored(Option<i64>, Option<&'i str>),
}

/// Whether a text can be a client's id: 1 to 64 of `A-Z a-z 0-9 _ -`.
pub(super) fn is_client_id(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

impl Ids {
    /// What is said of an id that names nothing readable.
    fn must_be(&self) -> String {
        format!(
            "must be a number, {} and a number, or 1 to {LONGEST} of 0-9 A-Z a-z _ -",
            self.prefix
        )
    }

    /// Whether a text is, or reads like, a number that the database gives: no client's id may, as it would hide one, or
    /// be hidden by it.
    fn is_number(&self, text: &str) -> bool {
        let digits = text.strip_prefix(self.prefix).unwrap_or(text);
        digits.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Checks the ids of a body: the first of these fields, `id`, may give a new thing its id; in a change they may be there
    /// as they are. The client's id of a new thing.
    pub(super) fn check(
        &self,
        session: &Session<'_>,
        body: &mut Body,
        fields: &[&'static str],
        of: Of<'_>,
        errors: &mut FieldErrors,
    ) -> Option<String> {
        let mut new = None;
        for (index, field) in fields.iter().enumerate() {
            let Some(id) = body.given::<Id>(field, errors).flatten() else {
                continue;
            };
            match (of, id) {
                (Of::Stored(key, client_id), id) => {
                    let is_number = key.is_some() && id.number(self.prefix).ok() == key;
                    let is_client_id =
                        matches!(&id, Id::Text(text) if Some(text.as_str()) == client_id);
                    if !is_number && !is_client_id {
                        let name = self.name();
                        errors.add(field, format!("is that of another {name}"));
                    }
                }
                (Of::New, Id::Text(text)) if index == 0 && !self.is_number(&text) => {
                    if !is_client_id(&text) {
                        let message = format!("must be 1 to {LONGEST} of 0-9 A-Z a-z _ -");
                        errors.add(field, message);
                    } else if RESERVED.contains(&text.as_str()) {
                        errors.add(field, "has a meaning of its own in addresses");
                    } else if !session.db.has_vicishim_tables() {
                        errors.add(field, NO_COLUMN);
                    } else {
                        new = Some(text);
                    }
                }
                (Of::New, Id::Text(_)) if index == 0 => errors.add(
                    field,
                    format!(
                        "is given by the database: an id of your own is no number, with {} before it or not",
                        self.prefix
                    ),
                ),
                (Of::New, _) => errors.add(field, "is given by the database"),
            }
        }
        new
    }

    /// The number of the thing that an id names, be it there or not: its own number, or by the id that a client gave.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn key(&self, db: &mut Db, id: &str) -> QueryResult<Option<i64>> {
        if let Some(number) = number(id, self.prefix) {
            return Ok(Some(number));
        }
        let row = self.find(db, id)?;
        Ok(row.and_then(|row| row.number(self.table.key)))
    }

    /// The row to which a client gave that id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn find(&self, db: &mut Db, id: &str) -> QueryResult<Option<Record>> {
        match is_client_id(id) && !self.is_number(id) {
            true => client_ids::find(db, self.table, id),
            false => Ok(None),
        }
    }

    /// The ids that clients gave to those of these numbers.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn given(
        &self,
        db: &mut Db,
        keys: impl Iterator<Item = i64>,
    ) -> QueryResult<HashMap<i64, String>> {
        let keys: Vec<i64> = keys.collect();
        Ok(client_ids::of_keys(db, self.table, &keys)?
            .into_iter()
            .collect())
    }

    /// The number of the thing that a field of a body refers to; 0, which no thing has, where a client gave no thing that id.
    /// None, and the field among the errors, where it can be no id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn referred(
        &self,
        db: &mut Db,
        field: &str,
        id: &Id,
        errors: &mut FieldErrors,
    ) -> QueryResult<Option<i64>> {
        if let Ok(number) = id.number(self.prefix) {
            return Ok(Some(number));
        }
        match id {
            Id::Text(text) if is_client_id(text) => Ok(self.key(db, text)?.or(Some(0))),
            _ => {
                errors.add(field, self.must_be());
                Ok(None)
            }
        }
    }
}

/// The column of ours that holds a client's id.
pub(super) fn column(client_id: Option<String>) -> Field {
    (client_ids::COLUMN, client_id)
}

/// A client's id among the columns of our row.
pub(super) fn given_in(fields: &[Field]) -> Option<&str> {
    let field = fields
        .iter()
        .find(|(column, _)| *column == client_ids::COLUMN);
    field.and_then(|(_, id)| id.as_deref())
}

/// An id as SIP.IO writes it: as the client gave it, else the number behind this prefix.
pub(super) fn text(prefix: &str, id: &Id) -> String {
    match id {
        Id::Number(number) => format!("{prefix}{number}"),
        Id::Text(text) => text.clone(),
    }
}

/// How an id is shown: as the client gave it, else the number.
pub(super) fn shown(number: i64, client_id: Option<&str>) -> Id {
    match client_id {
        Some(id) => Id::Text(id.to_owned()),
        None => match u32::try_from(number) {
            Ok(number) => Id::Number(number),
            Err(_) => Id::Text(number.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_id_reads_like_no_number_of_ours() {
        for id in ["did_01j3sarpfcz8gdnnabykstr6fw", "x", "a-B_9", "acc_10"] {
            assert!(is_client_id(id) && !DIDS.is_number(id), "{id}");
        }
        for id in [
            "10",
            "did_10",
            "00000000000010",
            "did_99999999999999",
            "did_",
        ] {
            assert!(DIDS.is_number(id), "{id}");
        }
        for id in ["", "a.b", "a b", "a@b", "ä", &"x".repeat(65)] {
            assert!(!is_client_id(id), "{id}");
        }
    }
}
