//! A change of both databases: what our rows become, and by what the dialer's half is recognised.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::store::records::{Field, Record};
use crate::store::vicishim_tables::settings::{DidSettings, Values, client_id, values};
use crate::store::{Db, QueryResult, collation, dids, phones};

/// A change of both databases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Planned {
    /// DIDs are added, each with these settings.
    NewDids {
        /// Their numbers.
        numbers: Vec<String>,
        /// The highest `did_id` before.
        after: i64,
        /// Columns of the dialer's rows.
        evidence: Values,
        /// What our tables are to hold of each.
        settings: DidSettings,
    },
    /// A DID is changed.
    Did {
        /// Its `did_id`.
        did_id: i64,
        /// Its number before.
        number: String,
        /// Its number then.
        new_number: String,
        /// The dialer's columns that are changed.
        evidence: Values,
        /// What our tables are to hold of it.
        settings: DidSettings,
    },
    /// A DID is deleted.
    DidGone {
        /// Its `did_id`.
        did_id: i64,
        /// Its number.
        number: String,
    },
    /// A phone is added or changed.
    Phone {
        /// The phone.
        extension: String,
        /// Its dialer.
        server_ip: String,
        /// The dialer's columns that are set.
        evidence: Values,
        /// The columns of our row.
        own: Values,
    },
    /// A phone is deleted.
    PhoneGone {
        /// The phone.
        extension: String,
        /// Its dialer.
        server_ip: String,
    },
}

impl Planned {
    /// New DIDs with these columns, and settings of ours.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn new_dids(
        db: &mut Db,
        numbers: &[&str],
        columns: &[Field],
        settings: &DidSettings,
    ) -> QueryResult<Self> {
        let after = match db.has_state() {
            true => dids::rows::last_id(db)?,
            false => 0,
        };
        Ok(Self::NewDids {
            numbers: numbers.iter().map(|&number| number.to_owned()).collect(),
            after,
            evidence: evidence(columns, dids::rows::COLUMNS),
            settings: settings.clone(),
        })
    }

    /// Copies of a DID, with another description where one is given, and the settings of ours.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn copies(
        db: &mut Db,
        source: i64,
        numbers: &[&str],
        description: Option<&str>,
        settings: &DidSettings,
    ) -> QueryResult<Self> {
        const NOT_COPIED: [&str; 2] = ["did_id", "did_pattern"];
        let row = match db.has_state() {
            true => dids::rows::by_id(db, source)?,
            false => None,
        };
        let columns = dids::rows::COLUMNS.iter().copied();
        let columns = columns.filter(|column| !NOT_COPIED.contains(column));
        let value = |column| match (column, description) {
            ("did_description", Some(description)) => Some(description.to_owned()),
            _ => row.as_ref()?.get(column).map(str::to_owned),
        };
        let columns: Vec<Field> = columns.map(|column| (column, value(column))).collect();
        Self::new_dids(db, numbers, &columns, settings)
    }

    /// A DID with these columns, its number before and then, and settings of ours.
    pub fn did(did_id: i64, numbers: [&str; 2], columns: &[Field], settings: &DidSettings) -> Self {
        let [number, new_number] = numbers.map(str::to_owned);
        Self::Did {
            did_id,
            number,
            new_number,
            evidence: evidence(columns, dids::rows::COLUMNS),
            settings: settings.clone(),
        }
    }

    /// A phone with these columns of the dialer's and of ours.
    pub fn phone(extension: &str, server_ip: &str, columns: &[Field], own: &[Field]) -> Self {
        Self::Phone {
            extension: extension.to_owned(),
            server_ip: server_ip.to_owned(),
            evidence: evidence(columns, phones::rows::COLUMNS),
            own: values(own),
        }
    }

    /// The DID that is there already and is changed or deleted.
    pub(in crate::store) fn did_id(&self) -> Option<i64> {
        match self {
            Self::Did { did_id, .. } | Self::DidGone { did_id, .. } => Some(*did_id),
            Self::NewDids { .. } | Self::Phone { .. } | Self::PhoneGone { .. } => None,
        }
    }

    /// The numbers and phones that no other call may change at the same time.
    pub(super) fn subjects(&self) -> Vec<String> {
        let of_phone = |extension, server_ip| vec![format!("phone {extension}@{server_ip}")];
        let mut subjects = match self {
            Self::NewDids { numbers, .. } => numbers
                .iter()
                .map(|number| format!("did {number}"))
                .collect(),
            Self::Did {
                number, new_number, ..
            } => {
                vec![format!("did {number}"), format!("did {new_number}")]
            }
            Self::DidGone { number, .. } => vec![format!("did {number}")],
            Self::Phone {
                extension,
                server_ip,
                ..
            } => of_phone(extension, server_ip),
            Self::PhoneGone {
                extension,
                server_ip,
            } => of_phone(extension, server_ip),
        };
        // An id that a client gives is given once.
        subjects.extend(match self {
            Self::NewDids { settings, .. } | Self::Did { settings, .. } => {
                settings.client_id().map(|id| format!("did id {id}"))
            }
            Self::Phone { own, .. } => client_id(own).map(|id| format!("extension id {id}")),
            Self::DidGone { .. } | Self::PhoneGone { .. } => None,
        });
        // Each once, as the column compares; in one order, so that two calls do not wait for each other.
        let mut seen = HashSet::new();
        subjects.retain(|subject| seen.insert(collation::key(subject)));
        subjects.sort_unstable();
        subjects
    }

    /// What our tables are to hold of this DID, where the dialer's half of a change is made and shows in this row.
    pub(in crate::store) fn settings_of(&self, row: &Record) -> Option<&DidSettings> {
        match self {
            Self::NewDids {
                numbers,
                after,
                evidence,
                settings,
            } => {
                let is_one = row.number("did_id").is_some_and(|did_id| did_id > *after)
                    && numbers.iter().any(|number| is_number(row, number));
                (is_one && shows(row, evidence)).then_some(settings)
            }
            Self::Did {
                did_id,
                new_number,
                evidence,
                settings,
                ..
            } => {
                let is_it = row.number("did_id") == Some(*did_id) && is_number(row, new_number);
                (is_it && shows(row, evidence)).then_some(settings)
            }
            Self::DidGone { .. } | Self::Phone { .. } | Self::PhoneGone { .. } => None,
        }
    }

    /// The columns of our row of this phone, where the dialer's half of a change is made and shows in this row.
    pub(in crate::store) fn columns_of(&self, row: &Record) -> Option<&Values> {
        match self {
            Self::Phone {
                extension,
                server_ip,
                evidence,
                own,
            } => (is_phone(row, extension, server_ip) && shows(row, evidence)).then_some(own),
            _ => None,
        }
    }
}

/// The columns that a change sets, of those that are read back: no password is among these.
fn evidence(columns: &[Field], read: &[&str]) -> Values {
    let shown = columns.iter().filter(|(column, _)| read.contains(column));
    shown
        .map(|(column, value)| ((*column).to_owned(), value.clone()))
        .collect()
}

/// Whether a row has these values. Without any it cannot be said: then it has not.
fn shows(row: &Record, evidence: &Values) -> bool {
    !evidence.is_empty()
        && evidence
            .iter()
            .all(|(column, value)| row.text(column) == value.as_deref().unwrap_or_default())
}

pub(super) fn is_number(row: &Record, number: &str) -> bool {
    collation::compare(row.text("did_pattern"), number).is_eq()
}

fn is_phone(row: &Record, extension: &str, server_ip: &str) -> bool {
    collation::compare(row.text("extension"), extension).is_eq()
        && collation::compare(row.text("server_ip"), server_ip).is_eq()
}

/// The settings of these DIDs as changes that are under way make them, where the dialer's half is made.
pub(in crate::store) fn overlaid<'p>(
    pending: &'p [Planned],
    rows: &[Record],
) -> HashMap<i64, &'p DidSettings> {
    let mut overlaid = HashMap::new();
    for planned in pending {
        for row in rows {
            if let (Some(settings), Some(did_id)) = (planned.settings_of(row), row.number("did_id"))
            {
                overlaid.insert(did_id, settings);
            }
        }
    }
    overlaid
}
