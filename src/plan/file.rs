//! The table of DIDs that is planned from: CSV with a header row, as `export` prints it and spreadsheets write it.

use super::Rules;
use super::text::{Lines, delimiter, without_mark};
use crate::store::dids::pages::COLUMNS;

/// The column of the numbers.
pub(crate) const NUMBER: &str = "did_pattern";

/// A column of `did_list`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name in `did_list`.
    pub(crate) name: &'static str,
    /// The parameter that sets it; none where nothing does.
    pub(crate) parameter: Option<&'static str>,
}

/// A DID as the table has it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line that it begins on.
    pub(crate) line: u64,
    /// Its number as it is written.
    pub(crate) number: String,
    /// A value for each of the table's columns; empty where the row ends before it.
    pub(crate) values: Vec<String>,
}

/// The table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// The columns beside the number's.
    pub(crate) columns: Vec<Column>,
    /// Its rows in their order.
    pub(crate) rows: Vec<Row>,
}

impl Column {
    /// The column of this name: that of `did_list`, or a parameter's.
    fn named(name: &str, rules: &Rules) -> Result<Self, String> {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        let of_parameter = rules.named(name);
        let listed = COLUMNS.iter().copied().find(|known| is(known));
        match (listed, of_parameter) {
            (Some(name), _) => Ok(Self {
                name,
                parameter: rules.parameter_of(name),
            }),
            (None, Some((parameter, column))) if COLUMNS.contains(&column) => Ok(Self {
                name: column,
                parameter: Some(parameter),
            }),
            (None, Some(_)) => Err(format!(
                "did_list does not show {name}, so it cannot be compared: set it with `vicishim bulk update-did`"
            )),
            (None, None) => Err(format!(
                "there is no column {name:?}, there are {}",
                COLUMNS.join(", ")
            )),
        }
    }
}

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// It cannot be understood as a whole.
    pub(crate) fn parse(bytes: &[u8], rules: &Rules) -> Result<Self, String> {
        let bytes = without_mark(bytes)?;
        let mut records = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter(bytes))
            .from_reader(bytes);
        let mut lines = Lines::of(bytes);
        let mut header: Option<(usize, Vec<Option<Column>>)> = None;
        let mut rows = Vec::new();
        let mut record = csv::ByteRecord::new();
        while records
            .read_byte_record(&mut record)
            .map_err(|error| error.to_string())?
        {
            let line = lines.at(record.position().map_or(0, csv::Position::byte));
            let cells: Result<Vec<&str>, _> = record.iter().map(std::str::from_utf8).collect();
            let cells = cells.map_err(|_| format!("line {line}: it is not UTF-8"))?;
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let Some((number, columns)) = &header else {
                header = Some(columns_of(&cells, rules)?);
                continue;
            };
            if cells[columns.len().min(cells.len())..]
                .iter()
                .any(|cell| !cell.trim().is_empty())
            {
                let (cells, columns) = (cells.len(), columns.len());
                return Err(format!(
                    "line {line}: {cells} columns, but {columns} in the header row; a value with a comma must be quoted"
                ));
            }
            let cell = |at: usize| cells.get(at).copied().unwrap_or_default().to_owned();
            let others = (0..columns.len()).filter(|at| at != number);
            rows.push(Row {
                line,
                number: cell(*number),
                values: others.map(cell).collect(),
            });
        }
        match header {
            None => Err(format!(
                "it has no header row, which names the column {NUMBER}"
            )),
            Some((_, columns)) => Ok(Self {
                columns: columns.into_iter().flatten().collect(),
                rows,
            }),
        }
    }
}

/// The columns of a header row, none for the number's, and the place of that one.
fn columns_of(cells: &[&str], rules: &Rules) -> Result<(usize, Vec<Option<Column>>), String> {
    // Spreadsheets write empty columns at the end.
    let last = cells.iter().rposition(|cell| !cell.trim().is_empty());
    let mut columns: Vec<Option<Column>> = Vec::new();
    let mut number = None;
    for (at, cell) in cells[..last.map_or(0, |last| last + 1)].iter().enumerate() {
        let name = cell.trim();
        let column = match name.eq_ignore_ascii_case(NUMBER) {
            true => {
                number.get_or_insert(at);
                None
            }
            false => Some(
                Column::named(name, rules).map_err(|error| format!("the header row: {error}"))?,
            ),
        };
        if columns.contains(&column) {
            return Err(format!("the header row names {name} twice"));
        }
        columns.push(column);
    }
    match number {
        Some(number) => Ok((number, columns)),
        None => Err(format!("the header row has no column {NUMBER}")),
    }
}
