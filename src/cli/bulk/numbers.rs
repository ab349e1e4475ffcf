//! Reading the list: text or CSV, as spreadsheets write it.

mod header;

use std::io::Read;
use std::path::Path;

use ring::digest::{Context, SHA256};

use super::job::Job;
use super::outcome::{Outcome, Word};
use crate::api::did::clean;
use crate::plan::text::{Lines, delimiter, without_mark};
use crate::routing::number_form::NumberForm;
use header::Header;

/// How a list is read.
pub(super) struct Reading {
    /// How its numbers are written.
    pub(in crate::cli) form: NumberForm,
    /// What the columns of its header row are: a name and a parameter, `-` for a column that is left out.
    pub(in crate::cli) columns: Vec<(String, String)>,
    /// What is set where a row does not say it: a parameter and a value.
    pub(in crate::cli) set: Vec<(String, String)>,
}

/// A number and the fields that its row gives it.
#[derive(Debug)]
pub(in crate::cli) struct Row {
    /// The line that it begins on.
    pub(in crate::cli) line: u64,
    /// The number, without what the server would drop from it.
    pub(in crate::cli) number: String,
    /// A value for each of the list's columns; an empty one is not sent.
    pub(in crate::cli) values: Vec<String>,
}

/// The list as it was read.
#[derive(Debug, Default)]
pub(in crate::cli) struct List {
    /// The parameters of the columns beside the number's.
    pub(in crate::cli) columns: Vec<&'static str>,
    /// The rows, in the list's order.
    pub(in crate::cli) rows: Vec<Row>,
    /// The rows whose number cannot be sent, and why.
    pub(in crate::cli) refused: Vec<Outcome>,
    /// The columns of `did_list` that no parameter sets.
    pub(in crate::cli) left_out: Vec<String>,
}

/// How many characters of what cannot be a number the report shows.
const SHOWN: usize = 60;

impl List {
    /// Reads a file, or stdin where its name is `-`.
    ///
    /// # Errors
    /// It cannot be read, or cannot be understood as a whole: nothing is to be sent then.
    pub(super) fn read(path: &Path, job: &Job, reading: &Reading) -> Result<Self, String> {
        Self::parse(&read_bytes(path)?, job, reading)
    }

    fn parse(bytes: &[u8], job: &Job, reading: &Reading) -> Result<Self, String> {
        let bytes = without_mark(bytes)?;
        let mut records = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .delimiter(delimiter(bytes))
            .from_reader(bytes);
        let mut list = Self::default();
        let mut lines = Lines::of(bytes);
        let mut header: Option<Header> = None;
        let mut record = csv::ByteRecord::new();
        while records
            .read_byte_record(&mut record)
            .map_err(|error| error.to_string())?
        {
            let line = lines.at(record.position().map_or(0, csv::Position::byte));
            let cells = cells(&record).map_err(|problem| format!("line {line}: {problem}"))?;
            if cells.iter().all(|cell| cell.is_empty()) {
                continue;
            }
            match &header {
                Some(header) => list.take(header, line, &cells, reading.form),
                None => match Header::recognize(&cells, job, &reading.columns)? {
                    Some(found) => {
                        list.columns = found.columns().collect();
                        list.left_out = found.left_out().to_vec();
                        header = Some(found);
                        Ok(())
                    }
                    None => list.take(header.insert(Header::none()), line, &cells, reading.form),
                },
            }
            .map_err(|problem| format!("line {line}: {problem}"))?;
        }
        if list.rows.is_empty() && list.refused.is_empty() {
            return Err("there is no number in it".to_owned());
        }
        list.set(job, &reading.set)?;
        if matches!(job, Job::Update) && list.columns.is_empty() {
            return Err("update-did needs a header row, as did_pattern,did_description, and the values to set, or --set".to_owned());
        }
        Ok(list)
    }

    /// Gives these fields to all rows that do not say them.
    fn set(&mut self, job: &Job, fields: &[(String, String)]) -> Result<(), String> {
        for (name, value) in fields {
            let parameter = job
                .parameter(name)
                .map_err(|error| format!("--set {name}: {error}"))?;
            let at = match self.columns.iter().position(|column| *column == parameter) {
                Some(at) => at,
                None => {
                    self.columns.push(parameter);
                    self.rows
                        .iter_mut()
                        .for_each(|row| row.values.push(String::new()));
                    self.columns.len() - 1
                }
            };
            for row in &mut self.rows {
                if row.values[at].is_empty() {
                    row.values[at].clone_from(value);
                }
            }
        }
        Ok(())
    }

    /// What a report keeps of a row, to know it again: a hash of what would be sent.
    pub(in crate::cli) fn hash(&self, job: &Job, row: &Row) -> String {
        let given = self
            .columns
            .iter()
            .zip(&row.values)
            .filter(|(_, value)| !value.is_empty());
        let mut given: Vec<(&str, &str)> =
            given.map(|(name, value)| (*name, value.as_str())).collect();
        given.sort_unstable();
        hash(job, &row.number, &given)
    }

    /// Takes a row.
    fn take(
        &mut self,
        header: &Header,
        line: u64,
        cells: &[&str],
        form: NumberForm,
    ) -> Result<(), String> {
        let row = header.split(cells)?;
        match clean(row.number, form) {
            Ok(number) => self.rows.push(Row {
                line,
                number,
                values: row.values,
            }),
            Err(refusal) => {
                let shown: String = row.number.chars().take(SHOWN).collect();
                let refused = Outcome::because(shown, Word::Refused, refusal);
                self.refused.push(refused.of(line, ""));
            }
        }
        Ok(())
    }
}

/// The first 16 hexadecimal digits of SHA-256 over a job, a number and its fields.
fn hash(job: &Job, number: &str, fields: &[(&str, &str)]) -> String {
    let mut context = Context::new(&SHA256);
    let pairs = fields.iter().flat_map(|(name, value)| [*name, *value]);
    for part in [job.function(), job.source(), number]
        .into_iter()
        .chain(pairs)
    {
        context.update(part.as_bytes());
        // No text of a list holds it.
        context.update(b"\0");
    }
    let bytes = context.finish();
    bytes
        .as_ref()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A file's bytes, or those of stdin where its name is `-`.
///
/// # Errors
/// It cannot be read.
pub(in crate::cli) fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    }
    .map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// A record's cells as text of one line each.
fn cells(record: &csv::ByteRecord) -> Result<Vec<&str>, &'static str> {
    let mut cells = Vec::with_capacity(record.len());
    for cell in record {
        let cell = std::str::from_utf8(cell).map_err(|_| "it is not UTF-8")?;
        if cell.contains(['\n', '\r']) {
            return Err("a quotation mark is not closed");
        }
        cells.push(cell);
    }
    Ok(cells)
}

#[cfg(test)]
mod tests;
