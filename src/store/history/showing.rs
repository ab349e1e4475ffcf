//! Changes as people read them. No password is shown.

use serde::Serialize;
use utoipa::ToSchema;

use super::reading::Entry;
use super::row::{RowChange, Values};
use super::subject;
use crate::store::phones::is_secret;

/// What was done to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// It was added.
    Added,
    /// It was changed.
    Changed,
    /// It was removed.
    Removed,
}

impl Done {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// A row's change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShownRow {
    /// What it is about: did 7275551212, phone 1001@10.0.0.5.
    pub subject: String,
    /// Its table.
    pub table: String,
    /// The columns that say which row it is.
    pub key: Values,
    /// What was done to it.
    pub done: Done,
    /// The columns that differ, before; all of a row that was removed. A password is `***`.
    pub before: Values,
    /// The same after the change; of a row that was added those that were given.
    pub after: Values,
}

impl Entry {
    /// What was done to each row, in the order in which it was done.
    pub fn shown(&self) -> impl Iterator<Item = ShownRow> {
        self.rows.iter().flat_map(shown)
    }

    /// How many rows were changed.
    pub fn count(&self) -> usize {
        self.rows.iter().map(RowChange::count).sum::<usize>() + self.hidden
    }

    /// What was done, in one line.
    pub fn summary(&self) -> String {
        /// How many columns are named.
        const COLUMNS: usize = 5;
        let Some(row) = self.shown().next() else {
            return match (self.is_broken, self.hidden) {
                (true, _) => "cannot be read".to_owned(),
                (false, 0) => "nothing".to_owned(),
                (false, hidden) => format!("{hidden} rows that you may not list"),
            };
        };
        let mut text = format!("{} {}", row.subject, row.done.word());
        if row.done == Done::Changed {
            let named = row.after.iter().take(COLUMNS).map(|(column, after)| {
                let before = row.before.get(column).cloned().flatten();
                let after = after.as_deref().unwrap_or_default();
                format!("{column}: {} -> {after}", before.unwrap_or_default())
            });
            text.push_str(&format!(" ({})", named.collect::<Vec<_>>().join(", ")));
        }
        match self.count() {
            0 | 1 => {}
            2 => text.push_str(", and 1 more row"),
            count => text.push_str(&format!(", and {} more rows", count - 1)),
        }
        text
    }
}

fn shown(change: &RowChange) -> Box<dyn Iterator<Item = ShownRow> + '_> {
    match change {
        RowChange::Added { keys, row, .. } => {
            Box::new(keys.iter().map(move |key| did(key, row, Done::Added)))
        }
        RowChange::Removed { keys, row } => {
            Box::new(keys.iter().map(move |key| did(key, row, Done::Removed)))
        }
        RowChange::Changed {
            table,
            key,
            subjects,
            before,
            after,
            ..
        } => Box::new(std::iter::once(ShownRow {
            subject: subjects.join(" -> "),
            table: table.clone(),
            key: key.clone(),
            done: match (before, after) {
                (None, _) => Done::Added,
                (_, None) => Done::Removed,
                _ => Done::Changed,
            },
            before: masked(table, before.as_ref()),
            after: masked(table, after.as_ref()),
        })),
    }
}

fn did((did_id, pattern): &(i64, String), row: &Values, done: Done) -> ShownRow {
    let (before, after) = match done {
        Done::Removed => (row.clone(), Values::new()),
        Done::Added | Done::Changed => (Values::new(), row.clone()),
    };
    let key = [
        ("did_id", did_id.to_string()),
        ("did_pattern", pattern.clone()),
    ];
    ShownRow {
        subject: subject::of_did(pattern),
        table: super::DIDS.to_owned(),
        key: key
            .map(|(column, value)| (column.to_owned(), Some(value)))
            .into(),
        done,
        before,
        after,
    }
}

fn masked(table: &str, row: Option<&Values>) -> Values {
    let mut row = row.cloned().unwrap_or_default();
    if table == "phones" {
        for (_, value) in row.iter_mut().filter(|(column, _)| is_secret(column)) {
            *value = value.as_ref().map(|_| "***".to_owned());
        }
    }
    row
}
