//! Changes of both databases that are under way, as the state knows them: what our rows are to become, and by what the
//! dialer's half is recognised. One that was left by a writer that is gone is settled: our half is completed where the
//! dialer's is made, else dropped. The dialer's half is never made later.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use diesel::result::{DatabaseErrorKind, Error};
use serde::{Deserialize, Serialize};

use super::for_update;
use crate::log_limit;
use crate::store::interrupted::is_taken;
use crate::store::records::{Field, Record};
use crate::store::sql::Sql;
use crate::store::vicishim_tables::settings::{
    DidSettings, Values, fields_of, put_did, put_phone, values,
};
use crate::store::vicishim_tables::{EXTENSIONS, forget_did, forget_phone, has_rows};
use crate::store::{Db, QueryResult, collation, dids, phones};

const INTENTIONS: &str = "vicishim_intentions";
const SUBJECTS: &str = "vicishim_intended";

/// How long a call waits for another one that changes the same DID or phone.
const WAIT: Duration = Duration::from_secs(8);

/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// How many subjects one statement adds.
const CHUNK: usize = 250;

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
    fn subjects(&self) -> Vec<String> {
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

fn is_number(row: &Record, number: &str) -> bool {
    collation::compare(row.text("did_pattern"), number).is_eq()
}

fn is_phone(row: &Record, extension: &str, server_ip: &str) -> bool {
    collation::compare(row.text("extension"), extension).is_eq()
        && collation::compare(row.text("server_ip"), server_ip).is_eq()
}

/// Notes a change of both databases before the dialer's half is made; waits for others of the same DID or phone. Nothing to
/// do where one transaction makes both halves.
///
/// # Errors
/// The state is away, or another change of the same thing takes too long.
pub fn intend(db: &mut Db, planned: &Planned) -> QueryResult<()> {
    if !db.has_state() {
        return Ok(());
    }
    db.check_alone()?;
    let owner = db.owner()?;
    let subjects = planned.subjects();
    let since = Instant::now();
    loop {
        let Some(other) = note(db, &owner, planned, &subjects)? else {
            return Ok(());
        };
        if since.elapsed() > WAIT {
            return Err(in_use("another call changes the same DID or phone"));
        }
        if !settle(db, other)? {
            std::thread::sleep(PAUSE);
        }
    }
}

/// Notes that a DID is deleted, before it is, where our tables hold something of it; whether they do.
///
/// # Errors
/// As [`intend`].
pub fn intend_deletion(db: &mut Db, did_id: i64, number: &str) -> QueryResult<bool> {
    if !db.has_vicishim_tables() {
        return Ok(false);
    }
    if !db.has_state() {
        // The rows are looked for when they are deleted.
        return Ok(true);
    }
    let subject = format!("did {number}");
    let own = db.own()?;
    let is_changing = holder(own, std::slice::from_ref(&subject))? != 0;
    if !is_changing && !has_rows(db, did_id)? {
        return Ok(false);
    }
    let number = number.to_owned();
    intend(db, &Planned::DidGone { did_id, number })?;
    Ok(true)
}

/// The same of a phone.
///
/// # Errors
/// As [`intend`].
pub fn intend_phone_deletion(db: &mut Db, extension: &str, server_ip: &str) -> QueryResult<bool> {
    if !db.has_vicishim_tables() {
        return Ok(false);
    }
    let planned = Planned::PhoneGone {
        extension: extension.to_owned(),
        server_ip: server_ip.to_owned(),
    };
    intend(db, &planned)?;
    Ok(true)
}

/// A call that was waited for in vain.
pub(in crate::store) fn in_use(what: &str) -> Error {
    Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(what.to_owned()))
}

/// Commits an intention; the one that is in its way, where there is one.
fn note(
    db: &mut Db,
    owner: &str,
    planned: &Planned,
    subjects: &[String],
) -> QueryResult<Option<i64>> {
    db.begin_own()?;
    let noted = insert(db.own()?, owner, planned, subjects);
    let id = match noted {
        Ok(id) => id,
        Err(error) => {
            db.roll_back_own();
            return match is_taken(&error) {
                true => holder(db.own()?, subjects).map(Some),
                false => Err(error),
            };
        }
    };
    if let Some(state) = &mut db.state {
        state.open.intentions.push(id);
    }
    db.commit_own().map(|()| None)
}

fn insert(own: &mut Db, owner: &str, planned: &Planned, subjects: &[String]) -> QueryResult<i64> {
    let text = serde_json::to_string(planned)
        .map_err(|error| Error::SerializationError(Box::new(error)))?;
    let insert = Sql::new(format!(
        "INSERT INTO {INTENTIONS} (owner, planned) VALUES ("
    ))
    .bind(owner)
    .sql(", ")
    .bind(text)
    .sql(")");
    let key = "intention_id";
    let id = own.insert_bookkeeping(&insert, key)?;
    for subjects in subjects.chunks(CHUNK) {
        let mut insert = Sql::new(format!("INSERT INTO {SUBJECTS} (subject, {key}) VALUES "));
        for (index, subject) in subjects.iter().enumerate() {
            let comma = if index > 0 { ", (" } else { "(" };
            insert = insert
                .sql(comma)
                .bind(subject.as_str())
                .sql(", ")
                .bind(id)
                .sql(")");
        }
        own.write_bookkeeping(&insert)?;
    }
    Ok(id)
}

/// The intention that has one of these subjects; 0 where it has just ended.
fn holder(own: &mut Db, subjects: &[String]) -> QueryResult<i64> {
    for subjects in subjects.chunks(CHUNK) {
        let query = Sql::new(format!(
            "SELECT CAST(intention_id AS CHAR) AS id FROM {SUBJECTS} WHERE subject IN ("
        ))
        .bind_list(subjects.iter().map(String::as_str))
        .sql(") LIMIT 1");
        if let Some(row) = own.read(query)?.first() {
            return Ok(row.text(0).parse().unwrap_or(0));
        }
    }
    Ok(0)
}

/// Ends an intention; whether it was there.
pub(super) fn forget(own: &mut Db, id: i64) -> QueryResult<bool> {
    let of = |table| Sql::new(format!("DELETE FROM {table} WHERE intention_id = ")).bind(id);
    let was_there = own.write_bookkeeping(&of(INTENTIONS))? > 0;
    own.write_bookkeeping(&of(SUBJECTS))?;
    Ok(was_there)
}

/// All changes that are under way, and those that were left; none where one transaction makes both halves.
pub(in crate::store) fn pending(db: &mut Db) -> QueryResult<Vec<Planned>> {
    if !db.has_state() {
        return Ok(Vec::new());
    }
    let query = format!("SELECT planned FROM {INTENTIONS} ORDER BY intention_id");
    let rows = db.own()?.read(Sql::new(query))?;
    let planned = rows.iter().map(|row| parse(row.text(0)));
    Ok(planned.flatten().collect())
}

fn parse(text: &str) -> Option<Planned> {
    serde_json::from_str(text)
        .inspect_err(|error| log_limit::error!("an intention cannot be read: {error}"))
        .ok()
}

/// Settles what writers that are gone have left: at the start, and whenever a writer connects anew.
pub(in crate::store) fn settle_left(db: &mut Db) {
    let Some(state) = &db.state else { return };
    let address = state.address.clone();
    let settled = ids(db).and_then(|ids| {
        let mut count = 0;
        for id in ids {
            count += usize::from(settle(db, id)?);
        }
        Ok(count)
    });
    match settled {
        Ok(0) => {}
        Ok(count) => log::warn!(
            target: "vicishim::state",
            "{count} changes that were interrupted are settled in {address}"
        ),
        Err(error) => log_limit::warn!(
            target: "vicishim::state",
            "changes that were interrupted cannot be settled now: {error}"
        ),
    }
}

fn ids(db: &mut Db) -> QueryResult<Vec<i64>> {
    let query =
        format!("SELECT CAST(intention_id AS CHAR) AS id FROM {INTENTIONS} ORDER BY intention_id");
    let rows = db.own()?.read(Sql::new(query))?;
    Ok(rows
        .iter()
        .filter_map(|row| row.text(0).parse().ok())
        .collect())
}

/// Settles an intention, unless its writer is there; whether nothing of it is left. What is decided, done and deleted is
/// one transaction, so that of two processes one settles it.
fn settle(db: &mut Db, id: i64) -> QueryResult<bool> {
    let of_it = || {
        Sql::new(format!(
            "SELECT owner, planned FROM {INTENTIONS} WHERE intention_id = "
        ))
        .bind(id)
    };
    let rows = db.own()?.read(of_it())?;
    let Some(owner) = rows.first().map(|row| row.text(0).to_owned()) else {
        return Ok(true);
    };
    if db.is_connected(&owner)? {
        return Ok(false);
    }
    db.in_own_transaction(|db| settle_in_transaction(db, id, of_it()))?;
    Ok(true)
}

fn settle_in_transaction(db: &mut Db, id: i64, of_it: Sql) -> QueryResult<()> {
    let own = db.own()?;
    let query = for_update(own, of_it);
    let rows = own.read(query)?;
    let planned = rows.first().map(|row| parse(row.text(1)));
    let Some(planned) = planned else {
        return Ok(());
    };
    let what = match planned {
        Some(planned) => complete(db, &planned)?,
        None => "dropped: it cannot be read",
    };
    log::warn!(target: "vicishim::state", "change {id} was interrupted and is {what}");
    forget(db.own()?, id).map(drop)
}

/// Makes our half where the dialer's is made; what was done.
fn complete(db: &mut Db, planned: &Planned) -> QueryResult<&'static str> {
    let is_made = match planned {
        Planned::NewDids { numbers, .. } => {
            let mut is_made = false;
            for numbers in numbers.chunks(CHUNK) {
                let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
                for row in dids::rows::by_patterns(db, &numbers)? {
                    is_made |= complete_did(db, planned, &row)?;
                }
            }
            is_made
        }
        Planned::Did { did_id, .. } => match dids::rows::by_id(db, *did_id)? {
            Some(row) => complete_did(db, planned, &row)?,
            None => false,
        },
        Planned::DidGone { did_id, number } => {
            let row = dids::rows::by_id(db, *did_id)?;
            let is_gone = !row.is_some_and(|row| is_number(&row, number));
            if is_gone {
                forget_did(db, *did_id)?;
            }
            is_gone
        }
        Planned::Phone {
            extension,
            server_ip,
            own,
            ..
        } => {
            let row = phones::rows::find(db, extension, server_ip)?;
            let is_made = row.is_some_and(|row| planned.columns_of(&row).is_some());
            if is_made {
                let fields = fields_of(&EXTENSIONS, own);
                put_phone(db, extension, server_ip, &fields)?;
            }
            is_made
        }
        Planned::PhoneGone {
            extension,
            server_ip,
        } => {
            let is_gone = phones::rows::find(db, extension, server_ip)?.is_none();
            if is_gone {
                forget_phone(db, extension, server_ip)?;
            }
            is_gone
        }
    };
    Ok(match is_made {
        true => "completed",
        false => "dropped: the dialer's half was not made",
    })
}

fn complete_did(db: &mut Db, planned: &Planned, row: &Record) -> QueryResult<bool> {
    match (planned.settings_of(row), row.number("did_id")) {
        (Some(settings), Some(did_id)) => {
            put_did(db, did_id, row.text("did_pattern"), settings)?;
            Ok(true)
        }
        _ => Ok(false),
    }
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
