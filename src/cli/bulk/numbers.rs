//! Reading the list: text or CSV, as spreadsheets write it.

mod clean;
mod header;

use std::io::Read;
use std::path::Path;

use super::job::Job;
use super::outcome::{Outcome, Word};
use crate::routing::number_form::NumberForm;
pub(super) use clean::clean;
use header::Header;

/// A number and the fields that its row gives it.
#[derive(Debug)]
pub(super) struct Row {
    /// The number, without what the server would drop from it.
    pub(super) number: String,
    /// A value for each of the list's columns; an empty one is not sent.
    pub(super) values: Vec<String>,
}

/// The list as it was read.
#[derive(Debug, Default)]
pub(super) struct List {
    /// The parameters of the columns beside the number's.
    pub(super) columns: Vec<&'static str>,
    /// The rows, in the list's order.
    pub(super) rows: Vec<Row>,
    /// The rows whose number cannot be sent, and why.
    pub(super) refused: Vec<Outcome>,
}

/// How many characters of what cannot be a number the report shows.
const SHOWN: usize = 60;

impl List {
    /// Reads a file, or stdin where its name is `-`.
    ///
    /// # Errors
    /// It cannot be read, or cannot be understood as a whole: nothing is to be sent then.
    pub(super) fn read(path: &Path, job: &Job, form: NumberForm) -> Result<Self, String> {
        let mut bytes = Vec::new();
        if path == Path::new("-") {
            std::io::stdin().lock().read_to_end(&mut bytes)
        } else {
            std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
        }
        .map_err(|error| error.to_string())?;
        Self::parse(&bytes, job, form)
    }

    fn parse(bytes: &[u8], job: &Job, form: NumberForm) -> Result<Self, String> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        if bytes.contains(&0) {
            return Err("it is no text; save a spreadsheet as CSV UTF-8".to_owned());
        }
        let mut records = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .delimiter(delimiter(bytes))
            .from_reader(bytes);
        let mut list = Self::default();
        let mut header: Option<Header> = None;
        let mut record = csv::ByteRecord::new();
        while records
            .read_byte_record(&mut record)
            .map_err(|error| error.to_string())?
        {
            let line = record.position().map_or(0, csv::Position::line);
            let cells = cells(&record).map_err(|problem| format!("line {line}: {problem}"))?;
            if cells.iter().all(|cell| cell.is_empty()) {
                continue;
            }
            match &header {
                Some(header) => list.take(header, &cells, form),
                None => match Header::recognize(&cells, job)? {
                    Some(found) => {
                        list.columns = found.columns().collect();
                        header = Some(found);
                        Ok(())
                    }
                    None => list.take(header.insert(Header::none()), &cells, form),
                },
            }
            .map_err(|problem| format!("line {line}: {problem}"))?;
        }
        if list.rows.is_empty() && list.refused.is_empty() {
            return Err("there is no number in it".to_owned());
        }
        if matches!(job, Job::Update) && list.columns.is_empty() {
            return Err("update-did needs a header row, as did_pattern,did_description, and the values to set".to_owned());
        }
        Ok(list)
    }

    /// Takes a row.
    fn take(&mut self, header: &Header, cells: &[&str], form: NumberForm) -> Result<(), String> {
        let row = header.split(cells)?;
        match clean(row.number, form) {
            Ok(number) => self.rows.push(Row {
                number,
                values: row.values,
            }),
            Err(refusal) => {
                let shown: String = row.number.chars().take(SHOWN).collect();
                self.refused
                    .push(Outcome::because(shown, Word::Refused, refusal));
            }
        }
        Ok(())
    }
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

/// What separates the columns: what the first line has most of. Spreadsheets of half the world write semicolons.
fn delimiter(bytes: &[u8]) -> u8 {
    let first = bytes
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .find(|line| !line.trim_ascii().is_empty())
        .unwrap_or_default();
    let count = |delimiter| first.iter().filter(|&&byte| byte == delimiter).count();
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|&delimiter| count(delimiter))
        .unwrap_or(b',')
}

#[cfg(test)]
mod tests;
