//! The DIDs that a server has, as its `did_list` prints them.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::file::NUMBER;
use crate::store::collation;
use crate::store::dids::pages::COLUMNS;

/// A column that the server itself changes: it is compared with nothing.
pub(crate) const STAMP: &str = "modify_stamp";

/// The values of a DID by their columns, without its number and its stamp.
pub(crate) type Values = BTreeMap<String, String>;

/// A DID that the server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its number as it is stored.
    pub(crate) number: String,
    /// Its values.
    pub(crate) values: Values,
}

impl Listed {
    /// A column's value; empty where there is none.
    pub(crate) fn value(&self, column: &str) -> &str {
        self.values.get(column).map_or("", String::as_str)
    }
}

/// The DIDs that the server has, in the order of its list.
#[derive(Debug, Default)]
pub(crate) struct Dids {
    all: Vec<Listed>,
    places: HashMap<collation::Key, usize>,
}

impl Dids {
    pub(crate) fn of(listed: Vec<Listed>) -> Self {
        let mut dids = Self::default();
        for did in listed {
            // One that moved between two pages of the list is in both.
            if let Entry::Vacant(place) = dids.places.entry(collation::key(&did.number)) {
                place.insert(dids.all.len());
                dids.all.push(did);
            }
        }
        dids
    }

    /// The DID that the database takes for this number: `abc` is `ABC`.
    pub(crate) fn find(&self, number: &str) -> Option<&Listed> {
        let place = self.places.get(&collation::key(number))?;
        self.all.get(*place)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Listed> {
        self.all.iter()
    }

    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// The keys of all numbers.
    pub(crate) fn keys(&self) -> HashSet<collation::Key> {
        self.places.keys().cloned().collect()
    }
}

/// DIDs as the CSV that `did_list` prints, with a header row; a row has its values in the order of the list's columns.
///
/// # Errors
/// None that texts can cause.
pub(crate) fn csv(rows: &[Vec<Option<String>>]) -> Result<String, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in rows {
        writer.write_record(row.iter().map(|value| value.as_deref().unwrap_or_default()))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The DIDs of a list.
pub(crate) fn rows(text: &str) -> Result<Vec<Listed>, String> {
    let broken = |error: csv::Error| format!("the server's list cannot be read: {error}");
    let mut records = csv::Reader::from_reader(text.as_bytes());
    let names = records.headers().map_err(broken)?.clone();
    let mut all = Vec::new();
    for record in records.records() {
        let record = record.map_err(broken)?;
        let mut values: Values = names
            .iter()
            .zip(&record)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        values.remove(STAMP);
        all.push(Listed {
            number: values.remove(NUMBER).unwrap_or_default(),
            values,
        });
    }
    Ok(all)
}
