//! The JSON of tables, `{"table": [{"column": value}]}`, read one row at a time.

use std::fmt;
use std::io::{BufReader, Read};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::LoadError;

/// How many bytes are read at a time.
const BUFFER: usize = 1 << 16;

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
pub struct Place<'p> {
    /// The name of its file.
    pub file: &'p str,
    /// Its table.
    pub table: &'p str,
    /// Its number in the table's list; the first is 1.
    pub row: usize,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, table, row } = self;
        write!(f, "{file}: table {table}, row {row}")
    }
}

/// Who takes the rows that are read.
pub(super) trait Taker {
    /// Whether the rows of this table are to be read.
    fn table(&mut self, file: &str, table: &str) -> Result<bool, LoadError>;

    /// Takes a row.
    fn row(&mut self, place: Place<'_>, values: Map<String, Value>) -> Result<(), LoadError>;
}

/// Reads the rows of a text.
///
/// # Errors
/// It cannot be read, it is not the JSON of tables, or the taker refuses something.
pub(super) fn each_row(
    file: &str,
    text: impl Read,
    taker: &mut impl Taker,
) -> Result<(), LoadError> {
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(BUFFER, text));
    let mut reading = Reading {
        file,
        taker,
        table: None,
        refusal: None,
    };
    let read = Tables(&mut reading)
        .deserialize(&mut json)
        .and_then(|()| json.end());
    let Err(error) = read else { return Ok(()) };
    Err(match (reading.refusal, reading.table, error.classify()) {
        (Some(refusal), ..) => refusal,
        (None, _, Category::Io) => LoadError(format!("cannot read {file}: {error}")),
        (None, Some(table), Category::Data) => {
            LoadError(format!("{file}: table {table} is not a list of rows"))
        }
        _ => LoadError(format!("{file}: not the JSON of tables: {error}")),
    })
}

struct Reading<'r, T> {
    file: &'r str,
    taker: &'r mut T,
    /// The table that is read.
    table: Option<String>,
    /// Why the taker takes no more.
    refusal: Option<LoadError>,
}

impl<T> Reading<'_, T> {
    /// Ends the reading where the taker has refused something.
    fn keep<V, E: Error>(&mut self, taken: Result<V, LoadError>) -> Result<V, E> {
        taken.map_err(|refusal| {
            self.refusal = Some(refusal);
            E::custom("refused")
        })
    }
}

/// The object of tables.
struct Tables<'t, 'r, T>(&'t mut Reading<'r, T>);

impl<'de, T: Taker> DeserializeSeed<'de> for Tables<'_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de, T: Taker> Visitor<'de> for Tables<'_, '_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tables")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut tables: A) -> Result<(), A::Error> {
        while let Some(table) = tables.next_key::<String>()? {
            let taken = self.0.taker.table(self.0.file, &table);
            if self.0.keep(taken)? {
                self.0.table = Some(table);
                tables.next_value_seed(List(self.0))?;
                self.0.table = None;
            } else {
                tables.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// The list of a table's rows.
struct List<'t, 'r, T>(&'t mut Reading<'r, T>);

impl<'de, T: Taker> DeserializeSeed<'de> for List<'_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de, T: Taker> Visitor<'de> for List<'_, '_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        let Reading { file, table, .. } = &self.0;
        let (file, table) = (*file, table.clone().unwrap_or_default());
        let mut row = 0;
        while let Some(value) = rows.next_element()? {
            row += 1;
            let place = Place {
                file,
                table: &table,
                row,
            };
            let taken = match value {
                Value::Object(values) => self.0.taker.row(place, values),
                _ => Err(LoadError(format!("{place}: is not an object of columns"))),
            };
            self.0.keep(taken)?;
        }
        Ok(())
    }
}
