//! Tables as JSON, `{"table": [{"column": value}]}`: checked and stored, or written. Both take a row at a time: a text may be
//! larger than the memory.

mod checking;
mod dump;
mod reading;
mod source;
mod storing;

use serde_json::{Map, Value};

use super::columns::Columns;
pub use super::rows::Row;
use super::{Db, QueryResult, history};
pub use dump::{DumpError, dump};
pub use reading::Place;
use reading::Taker;
pub use source::Source;
pub(super) use storing::Storing;

/// Why rows are not stored: a sentence that names file, table, row and column.
#[derive(Debug)]
pub struct LoadError(pub(super) String);

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LoadError {}

impl From<diesel::result::Error> for LoadError {
    fn from(error: diesel::result::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<String> for LoadError {
    fn from(message: String) -> Self {
        Self(message)
    }
}

/// Looks at a row that fits its table before it is stored, and may change it; what there is to say of it.
pub trait Mend {
    /// Mends a row.
    ///
    /// # Errors
    /// The row cannot be stored.
    fn mend(&self, place: Place<'_>, row: &mut Row) -> Result<Option<String>, LoadError>;
}

/// Leaves every row as it is.
pub struct AsItIs;

impl Mend for AsItIs {
    fn mend(&self, _: Place<'_>, _: &mut Row) -> Result<Option<String>, LoadError> {
        Ok(None)
    }
}

/// Texts whose rows all fit their tables. They are read twice: to check all of them before anything is stored, and to store them.
pub struct Load<'m, M> {
    sources: Vec<Source>,
    mend: &'m M,
    counts: Vec<(String, usize)>,
    notes: Vec<String>,
}

impl<'m, M: Mend> Load<'m, M> {
    /// Checks the rows of some texts.
    ///
    /// # Errors
    /// Broken JSON, an unknown table or column, a value that does not fit.
    pub fn check(db: &Db, sources: Vec<Source>, mend: &'m M) -> Result<Self, LoadError> {
        let mut load = Self {
            sources,
            mend,
            counts: Vec::new(),
            notes: Vec::new(),
        };
        let (mut counts, mut notes) = (Vec::new(), Vec::new());
        load.each(&db.columns(), Which::All, |place, _, note| {
            match counts.iter_mut().find(|(table, _)| table == place.table) {
                Some((_, count)) => *count += 1,
                None => counts.push((place.table.to_owned(), 1)),
            }
            notes.extend(note);
            Ok(())
        })?;
        load.counts = counts;
        load.notes = notes;
        Ok(load)
    }

    /// How many rows there are for each table, in the order in which the tables come.
    pub fn counts(&self) -> &[(String, usize)] {
        &self.counts
    }

    /// What there is to say of some rows.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Stores them in one transaction, all or none; how many there are. Beside a dialer's database, rows of our own are stored in a
    /// second one. Tables that have no transactions keep what was stored before an error, which says so.
    ///
    /// # Errors
    /// The database cannot be written, or a text is no longer what was checked.
    pub fn store(&mut self, db: &mut Db) -> Result<usize, LoadError> {
        db.begin_noting();
        if !db.has_state() {
            return db.in_transaction(|db| {
                let storing = self.upsert(db, Which::All, "")?;
                storing.bind(db)?;
                storing.keep_change(db)?;
                Ok(storing.count())
            });
        }
        // The dialer's first: what is ours belongs to its rows.
        let (mut count, mut before) = (0, "");
        if self.has(Which::OfADialer) {
            db.in_transaction(|db| {
                let storing = self.upsert(db, Which::OfADialer, before)?;
                count += storing.count();
                Ok::<_, LoadError>(storing)
            })?
            .keep_change(db)?;
            history::flush_beside(db);
            before = " into our own tables; rows of the dialer's tables in the same files were";
        }
        if self.has(Which::OfOurs) {
            db.in_own_transaction(|db| {
                let storing = self.upsert(db, Which::OfOurs, before)?;
                count += storing.count();
                if let Some(place) = storing.bind(db)? {
                    return Err(LoadError(format!(
                        "{place}: the dialer has no DID of this did_id; nothing was loaded{before}"
                    )));
                }
                Ok(storing)
            })?
            .keep_change(db)?;
            history::flush_beside(db);
        }
        Ok(count)
    }

    fn has(&self, which: Which) -> bool {
        self.counts.iter().any(|(table, _)| which.has(table))
    }

    /// Stores the rows of some tables. `before` says what else there is to say where nothing of them was.
    fn upsert(&mut self, db: &mut Db, which: Which, before: &str) -> Result<Storing, LoadError> {
        let mut storing = Storing::begin("load");
        let takes_back = match which {
            Which::All | Which::OfADialer => db.is_transactional(),
            Which::OfOurs => true,
        };
        let columns = db.columns();
        let stored = self.each(&columns, which, |place, row, _| {
            storing.upsert(db, place.table, row, place)
        });
        match stored {
            Ok(()) => Ok(storing),
            Err(LoadError(why)) => Err(LoadError(match (takes_back, storing.count()) {
                (true, _) | (false, 0) => format!("{why}; nothing was loaded{before}"),
                (false, count) => {
                    format!(
                        "{why}; rows before it, which tables without transactions keep: {count}"
                    )
                }
            })),
        }
    }

    /// Reads the rows of some tables.
    fn each(
        &mut self,
        columns: &Columns,
        which: Which,
        take: impl FnMut(Place<'_>, &Row, Option<String>) -> Result<(), LoadError>,
    ) -> Result<(), LoadError> {
        let mut checking = Checking {
            columns,
            which,
            mend: self.mend,
            take,
        };
        for source in &mut self.sources {
            let rewound = source.rewound();
            let (name, text) =
                rewound.map_err(|error| format!("cannot read a file again: {error}"))?;
            reading::each_row(name, text, &mut checking)?;
        }
        Ok(())
    }
}

/// The tables whose rows are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    OfADialer,
    OfOurs,
}

impl Which {
    fn has(self, table: &str) -> bool {
        match self {
            Self::All => true,
            Self::OfADialer => !table.starts_with("vicishim_"),
            Self::OfOurs => table.starts_with("vicishim_"),
        }
    }
}

/// Checks the rows that are read, mends them, and passes them on.
struct Checking<'c, M, F> {
    columns: &'c Columns,
    which: Which,
    mend: &'c M,
    take: F,
}

impl<M, F> Taker for Checking<'_, M, F>
where
    M: Mend,
    F: FnMut(Place<'_>, &Row, Option<String>) -> Result<(), LoadError>,
{
    fn table(&mut self, file: &str, table: &str) -> Result<bool, LoadError> {
        checking::check_table(self.columns, file, table)?;
        Ok(self.which.has(table))
    }

    fn row(&mut self, place: Place<'_>, values: Map<String, Value>) -> Result<(), LoadError> {
        let mut row = checking::checked(self.columns, place, values)?;
        let note = self.mend.mend(place, &mut row)?;
        (self.take)(place, &row, note)
    }
}

/// Stores the rows of some texts, each with the name of its file, in one transaction: all or none.
///
/// # Errors
/// Broken JSON, an unknown table or column, a value that does not fit; the database cannot be written.
pub fn load<'t>(
    db: &mut Db,
    texts: impl IntoIterator<Item = (&'t str, &'t str)>,
) -> Result<usize, LoadError> {
    let sources = texts.into_iter();
    let sources = sources.map(|(file, text)| Source::of_text(file, text));
    Load::check(db, sources.collect(), &AsItIs)?.store(db)
}

/// Empties a table.
///
/// # Errors
/// The database cannot be written.
pub fn clear(db: &mut Db, table: &str) -> QueryResult<()> {
    let delete = super::sql::Sql::new(format!("DELETE FROM {}", super::sql::name(table)));
    db.of_table(table)?.write(&delete).map(drop)
}
