//! The header row: which column is which parameter.

use crate::cli::bulk::job::{Job, ONLY_LISTED};

/// What each column is.
#[derive(Debug)]
pub(super) struct Header {
    columns: Vec<Column>,
    left_out: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Number,
    Field(&'static str),
    /// Nothing of it is sent.
    LeftOut,
}

/// A row's number, and its values in the order of [`Header::columns`].
pub(super) struct Cells<'a> {
    pub(super) number: &'a str,
    pub(super) values: Vec<String>,
}

impl Header {
    /// A list without a header row: a number on each line.
    pub(super) fn none() -> Self {
        Self {
            columns: vec![Column::Number],
            left_out: Vec::new(),
        }
    }

    /// The header, where the first row is one: where one of its cells is the name of a parameter, or is mapped to one.
    ///
    /// # Errors
    /// It is one, but has a name that the function does not take, a name twice, or no column for the number. Or it
    /// can only be a header, with no name that is known. Or a mapped column is not there.
    pub(super) fn recognize(
        cells: &[&str],
        job: &Job,
        mapping: &[(String, String)],
    ) -> Result<Option<Self>, String> {
        let number_columns = job.number_columns();
        let named = |name: &str| match number_columns
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
        {
            true => Ok(Column::Number),
            false => job.parameter(name).map(Column::Field),
        };
        for (name, parameter) in mapping {
            if !cells.iter().any(|cell| cell.eq_ignore_ascii_case(name)) {
                return Err(format!(
                    "--column {name}={parameter}: the header row has no column {name}"
                ));
            }
        }
        let column = |cell: &str| -> Result<Column, String> {
            let mapped = mapping
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(cell));
            match mapped {
                Some((_, parameter)) if parameter == "-" => Ok(Column::LeftOut),
                Some((name, parameter)) => named(parameter)
                    .map_err(|error| format!("--column {name}={parameter}: {error}")),
                None => named(cell),
            }
        };
        if mapping.is_empty() && cells.iter().all(|cell| column(cell).is_err()) {
            let has_digit = |cell: &&str| cell.bytes().any(|byte| byte.is_ascii_digit());
            return match cells.iter().any(has_digit) {
                true => Ok(None),
                false => Err(format!(
                    "its first line has no number and no known column: a header row names the numbers' column {0}, or \
                     --column NAME={0} does",
                    number_columns[0]
                )),
            };
        }
        // Spreadsheets write empty columns at the end.
        let last = cells.iter().rposition(|cell| !cell.is_empty());
        let mut header = Self {
            columns: Vec::with_capacity(cells.len()),
            left_out: Vec::new(),
        };
        for cell in cells.iter().take(last.map_or(0, |last| last + 1)) {
            match column(cell) {
                Ok(Column::LeftOut) => header.columns.push(Column::LeftOut),
                Ok(column) if header.columns.contains(&column) => {
                    return Err(format!("the header row names {cell} twice"));
                }
                Ok(column) => header.columns.push(column),
                // What `did_list` prints can go back in.
                Err(_) if !matches!(job, Job::Copy { .. }) && ONLY_LISTED.contains(cell) => {
                    header.columns.push(Column::LeftOut);
                    header.left_out.push((*cell).to_owned());
                }
                Err(error) if error.starts_with("--column") => return Err(error),
                Err(_) => {
                    let columns = job.columns();
                    let columns: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
                    return Err(format!(
                        "there is no column {cell:?} in {}, there are {}, {}; --column {cell:?}=NAME says which one it is, \
                         --column {cell:?}=- leaves it out",
                        job.function(),
                        number_columns[0],
                        columns.join(", ")
                    ));
                }
            }
        }
        match header.columns.contains(&Column::Number) {
            true => Ok(Some(header)),
            false => Err(format!(
                "the header row has no column {0}, and no --column NAME={0}",
                number_columns[0]
            )),
        }
    }

    /// The columns of `did_list` that no parameter sets.
    pub(super) fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// The parameters of the columns beside the number's.
    pub(super) fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().filter_map(|column| match column {
            Column::Number | Column::LeftOut => None,
            Column::Field(name) => Some(*name),
        })
    }

    /// Takes a row apart. Columns that it leaves out at its end are empty.
    pub(super) fn split<'a>(&self, cells: &[&'a str]) -> Result<Cells<'a>, String> {
        let (known, columns) = (cells.len().min(self.columns.len()), self.columns.len());
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
        for (at, column) in self.columns.iter().enumerate() {
            let cell = cells.get(at).copied().unwrap_or_default();
            match column {
                Column::Number => row.number = cell,
                Column::Field(_) => row.values.push(cell.to_owned()),
                Column::LeftOut => {}
            }
        }
        Ok(row)
    }
}
