//! What was changed of a DID: each change with what was there before.

use chrono::DateTime;

use super::loaded::{Loaded, page};
use crate::access::changes;
use crate::access::permission::{LIST_CHANGES, Needs};
use crate::console::reading::Reader;
use crate::console::rights::Right;
use crate::console::stop::Stop;
use crate::console::visit::Visit;
use crate::store::history::reading::{self, Entry, Filter};
use crate::store::history::showing::ShownRow;
use crate::store::history::{Values, of_did};
use crate::store::{Db, collation};

/// How many changes a page shows.
const PER_PAGE: u64 = 10;

/// What is shown of a DID's history.
#[derive(Default)]
pub(super) struct History {
    /// Why it is not shown; empty where it is.
    pub(super) why_not: String,
    pub(super) changes: Vec<Change>,
    /// How many there are in all.
    pub(super) total: u64,
    /// The addresses of the newer and the older changes; empty where there are none.
    pub(super) newer: String,
    pub(super) older: String,
}

/// A change.
pub(super) struct Change {
    pub(super) entry: Entry,
    /// When, on the dialer's clock.
    pub(super) at: String,
    /// What it did to this DID's rows.
    pub(super) rows: Vec<Row>,
}

/// What was done to a row.
pub(super) struct Row {
    pub(super) table: String,
    pub(super) done: &'static str,
    pub(super) cells: Vec<Cell>,
}

/// A column, before and after.
pub(super) struct Cell {
    pub(super) column: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

impl Row {
    /// Whether its columns are shown only where somebody asks for them.
    pub(super) fn is_long(&self) -> bool {
        self.cells.len() > 8
    }

    fn of(row: &ShownRow) -> Self {
        let mut columns: Vec<&String> = row.before.keys().chain(row.after.keys()).collect();
        columns.sort();
        columns.dedup();
        let value = |values: &Values, column: &str| {
            let value = values.get(column)?;
            Some(match value.as_deref() {
                None => "NULL".to_owned(),
                Some("") => "(empty)".to_owned(),
                Some(text) => text.to_owned(),
            })
        };
        let cell = |column: &&String| Cell {
            column: (*column).clone(),
            before: value(&row.before, column),
            after: value(&row.after, column),
        };
        Self {
            table: row.table.clone(),
            done: row.done.word(),
            cells: columns.iter().map(cell).collect(),
        }
    }
}

impl History {
    /// That of this DID: the page which the visit asks for.
    ///
    /// # Errors
    /// Nobody is signed in, or the database does not answer.
    pub(super) async fn of(visit: &Visit, did: &Loaded) -> Result<Self, Stop> {
        let number: u64 = visit.query.number("changes").unwrap_or(1);
        let number = number.clamp(1, 1_000_000);
        let subject = of_did(did.number());
        let asks = || Needs::Function(&LIST_CHANGES);
        let reading = move |db: &mut Db, reader: &Reader| {
            let filter = Filter {
                subject: Some(subject.clone()),
                ..Filter::default()
            };
            let filter = changes::seen_by(&reader.user, &reader.scope, filter);
            let total = reading::count(db, &filter)?;
            let offset = (number - 1) * PER_PAGE;
            let entries = reading::list(db, &filter, offset, PER_PAGE)?;
            let changes = entries.into_iter().map(|entry| {
                let at = DateTime::from_timestamp(entry.changed_at, 0).unwrap_or_default();
                Change {
                    at: reader.clock.stamp(at),
                    rows: of_subject(&entry, &subject),
                    entry,
                }
            });
            Ok((changes.collect::<Vec<_>>(), total))
        };
        let address = |number: u64| format!("{}?changes={number}#history", page(visit));
        match visit.read("change_list", asks, reading).await {
            Ok((changes, total)) => Ok(Self {
                changes,
                total,
                newer: match number {
                    1 => String::new(),
                    number => address(number - 1),
                },
                older: match number * PER_PAGE < total {
                    true => address(number + 1),
                    false => String::new(),
                },
                why_not: String::new(),
            }),
            Err(Stop::NotAllowed(_)) => Ok(Self {
                why_not: format!(
                    "The history is not for you: {}.",
                    visit.rights().why_not(Right::ListChanges)
                ),
                ..Self::default()
            }),
            Err(stop) => Err(stop),
        }
    }
}

/// What a change did to the rows of one thing: it may have changed hundreds of others, too.
fn of_subject(entry: &Entry, subject: &str) -> Vec<Row> {
    let is_of_it = |row: &ShownRow| {
        let mut subjects = row.subject.split(" -> ");
        subjects.any(|of| collation::compare(of, subject).is_eq())
    };
    entry
        .shown()
        .filter(is_of_it)
        .map(|row| Row::of(&row))
        .collect()
}
