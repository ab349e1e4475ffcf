//! A change of rows.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::VOLATILE;

/// Columns and their values.
pub type Values = BTreeMap<String, Option<String>>;

/// A change of one row, or of rows that were added or removed alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowChange {
    /// DIDs were added that differ in key and pattern only.
    Added {
        /// Each one's key and pattern.
        keys: Vec<(i64, String)>,
        /// Their other columns: all, or those that do not have the column's default.
        row: Values,
        /// Whether these are all.
        is_whole: bool,
    },
    /// DIDs were removed that differed in key and pattern only.
    Removed {
        /// Each one's key and pattern.
        keys: Vec<(i64, String)>,
        /// All their other columns.
        row: Values,
    },
    /// A row was added, changed or removed.
    Changed {
        /// Its table.
        table: String,
        /// The columns that say which row it is.
        key: Values,
        /// What it is about, such as `did 7275551212`; a change of that names both.
        subjects: Vec<String>,
        /// Before: the columns that differ, all of a row that is removed; none where there was no row.
        before: Option<Values>,
        /// The same after the change.
        after: Option<Values>,
        /// The sum of the whole row before.
        was: Option<String>,
        /// The sum of the whole row after the change.
        is: Option<String>,
    },
}

impl RowChange {
    /// The table of DIDs.
    pub const DIDS: &str = "vicidial_inbound_dids";

    /// Its table.
    pub fn table(&self) -> &str {
        match self {
            Self::Added { .. } | Self::Removed { .. } => super::DIDS,
            Self::Changed { table, .. } => table,
        }
    }

    /// How many rows it is about.
    pub fn count(&self) -> usize {
        match self {
            Self::Added { keys, .. } | Self::Removed { keys, .. } => keys.len(),
            Self::Changed { .. } => 1,
        }
    }

    /// How many subjects it has.
    pub(super) fn subjects(&self) -> usize {
        match self {
            Self::Added { keys, .. } | Self::Removed { keys, .. } => keys.len(),
            Self::Changed { subjects, .. } => subjects.len(),
        }
    }

    /// Whether it added rows.
    pub fn adds(&self) -> bool {
        match self {
            Self::Added { .. } => true,
            Self::Removed { .. } => false,
            Self::Changed { before, .. } => before.is_none(),
        }
    }

    /// Whether it removed rows.
    pub fn removes(&self) -> bool {
        match self {
            Self::Added { .. } => false,
            Self::Removed { .. } => true,
            Self::Changed { after, .. } => after.is_none(),
        }
    }
}

/// A sum of all columns of a row that are compared: rows that are equal have the same.
pub(super) fn sum(row: &Values) -> String {
    let mut bytes = Vec::with_capacity(2048);
    for (column, value) in row {
        if VOLATILE.contains(&column.as_str()) {
            continue;
        }
        bytes.extend_from_slice(column.as_bytes());
        bytes.push(0);
        match value {
            Some(value) => bytes.extend_from_slice(value.as_bytes()),
            None => bytes.push(1),
        }
        bytes.push(0);
    }
    let digest = digest(&SHA256, &bytes);
    let shown = digest.as_ref().iter().take(12);
    shown.map(|byte| format!("{byte:02x}")).collect()
}

/// The columns of a row that are not the same in another one.
pub(super) fn differing(row: &Values, other: &Values) -> Values {
    let differs = |(column, value): &(&String, &Option<String>)| {
        !VOLATILE.contains(&column.as_str()) && other.get(*column) != Some(*value)
    };
    let differing = row.iter().filter(differs);
    differing
        .map(|(column, value)| (column.clone(), value.clone()))
        .collect()
}

/// DIDs that were removed, or added, whole and alike, as one change each.
pub(super) fn together(changes: Vec<RowChange>) -> Vec<RowChange> {
    let mut all: Vec<RowChange> = Vec::with_capacity(changes.len());
    for change in changes {
        let Some((row, key, is_added)) = whole_did(&change) else {
            all.push(change);
            continue;
        };
        match all.last_mut() {
            Some(RowChange::Added {
                keys,
                row: last,
                is_whole: true,
            }) if is_added && *last == row => keys.push(key),
            Some(RowChange::Removed { keys, row: last }) if !is_added && *last == row => {
                keys.push(key);
            }
            _ if is_added => all.push(RowChange::Added {
                keys: vec![key],
                row,
                is_whole: true,
            }),
            _ => all.push(RowChange::Removed {
                keys: vec![key],
                row,
            }),
        }
    }
    all
}

/// The columns of a whole DID that was added or removed, its key and pattern, and whether it was added.
fn whole_did(change: &RowChange) -> Option<(Values, (i64, String), bool)> {
    let RowChange::Changed {
        table,
        before,
        after,
        ..
    } = change
    else {
        return None;
    };
    let (row, is_added) = match (before, after) {
        (None, Some(row)) => (row, true),
        (Some(row), None) => (row, false),
        _ => return None,
    };
    if table != super::DIDS {
        return None;
    }
    let (key, row) = split_did(row.clone())?;
    Some((row, key, is_added))
}

/// A DID's key and pattern, and its other columns.
pub(super) fn split_did(mut row: Values) -> Option<((i64, String), Values)> {
    let did_id = row.remove("did_id")??.parse().ok()?;
    let pattern = row.remove("did_pattern")??;
    for column in VOLATILE {
        row.remove(*column);
    }
    Some(((did_id, pattern), row))
}
