//! The header row: which column is which parameter.

use crate::cli::bulk::job::Job;

/// What each column is.
#[derive(Debug)]
pub(super) struct Header(Vec<Column>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Number,
    Field(&'static str),
}

/// A row's number, and its values in the order of [`Header::columns`].
pub(super) struct Cells<'a> {
    pub(super) number: &'a str,
    pub(super) values: Vec<String>,
}

impl Header {
    /// A list without a header row: a number on each line.
    pub(super) fn none() -> Self {
        Self(vec![Column::Number])
    }

    /// The header, where the first row is one: where one of its cells is the name of a parameter.
    ///
    /// # Errors
    /// It is one, but has a name that the function does not take, a name twice, or no column for the number. Or it
    /// can only be a header, with no name that is known.
    pub(super) fn recognize(cells: &[&str], job: &Job) -> Result<Option<Self>, String> {
        let (number_columns, columns) = (job.number_columns(), job.columns());
        let column = |cell: &str| {
            let is = |name: &str| name.eq_ignore_ascii_case(cell);
            match number_columns.iter().any(|name| is(name)) {
                true => Some(Column::Number),
                false => {
                    let known = columns.iter().find(|(name, _)| is(name));
                    known.map(|(_, parameter)| Column::Field(parameter))
                }
            }
        };
        if cells.iter().all(|cell| column(cell).is_none()) {
            let has_digit = |cell: &&str| cell.bytes().any(|byte| byte.is_ascii_digit());
            return match cells.iter().any(has_digit) {
                true => Ok(None),
                false => Err(format!(
                    "its first line has no number and no known column: a header row names the numbers' column {}",
                    number_columns[0]
                )),
            };
        }
        // Spreadsheets write empty columns at the end.
        let last = cells.iter().rposition(|cell| !cell.is_empty());
        let mut header = Vec::with_capacity(cells.len());
        for cell in cells.iter().take(last.map_or(0, |last| last + 1)) {
            match column(cell) {
                Some(column) if header.contains(&column) => {
                    return Err(format!("the header row names {cell} twice"));
                }
                Some(column) => header.push(column),
                None => {
                    let columns: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
                    return Err(format!(
                        "there is no column {cell:?} in {}, there are {}, {}",
                        job.function(),
                        number_columns[0],
                        columns.join(", ")
                    ));
                }
            }
        }
        match header.contains(&Column::Number) {
            true => Ok(Some(Self(header))),
            false => Err(format!(
                "the header row has no column {}",
                number_columns[0]
            )),
        }
    }

    /// The parameters of the columns beside the number's.
    pub(super) fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().filter_map(|column| match column {
            Column::Number => None,
            Column::Field(name) => Some(*name),
        })
    }

    /// Takes a row apart. Columns that it leaves out at its end are empty.
    pub(super) fn split<'a>(&self, cells: &[&'a str]) -> Result<Cells<'a>, String> {
        let (known, columns) = (cells.len().min(self.0.len()), self.0.len());
        if cells[known..].iter().any(|cell| !cell.is_empty()) {
            return Err(match columns {
                1 => "more than one column, and no header row that names them".to_owned(),
                _ => format!(
                    "{} columns, but {columns} in the header row; a value with a comma must be quoted",
                    cells.len()
                ),
            });
        }
        let mut row = Cells {
            number: "",
            values: Vec::with_capacity(columns - 1),
        };
        for (at, column) in self.0.iter().enumerate() {
            let cell = cells.get(at).copied().unwrap_or_default();
            match column {
                Column::Number => row.number = cell,
                Column::Field(_) => row.values.push(cell.to_owned()),
            }
        }
        Ok(row)
    }
}
