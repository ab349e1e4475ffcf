//! How the rows of a list are written: the `stage` of the functions that list.

use serde_json::{Map, Value};

/// A value of a row; none where the database has none.
pub(super) type Field = Option<String>;

/// A way of writing rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Values with `|` between them. A `|` or a line break within a value, which only a row that was not stored through
    /// the API can have, is written as a space: no value looks like two.
    Pipe,
    /// Values with tabs between them. A tab or a line break within a value is written as a space.
    Tab,
    /// RFC 4180, but lines end with a line feed: a value with a comma, a quote or a line break stands in quotes.
    Csv,
    /// An array of objects, a row a line.
    Json,
    /// Values as they are with this between them: so the wire sends them, whatever they hold.
    Raw(&'static str),
}

impl Format {
    /// The format of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "pipe" => Some(Self::Pipe),
            "tab" => Some(Self::Tab),
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// Its content type.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Pipe | Self::Tab | Self::Raw(_) => "text/plain; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pipe => "pipe",
            Self::Tab => "tab",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Raw(_) => "raw",
        }
    }

    /// The same as the wire writes it.
    pub(super) fn on_the_wire(self) -> Self {
        match self {
            Self::Pipe => Self::Raw("|"),
            Self::Tab => Self::Raw("\t"),
            Self::Csv => Self::Raw(","),
            Self::Json | Self::Raw(_) => self,
        }
    }

    /// Writes what comes before the first row: the columns' names where they are asked for.
    pub(super) fn begin(self, out: &mut Vec<u8>, columns: Option<&[&str]>) {
        match (self, columns) {
            (Self::Json, _) => out.push(b'['),
            (_, None) => {}
            (Self::Csv, Some(columns)) => csv(out, [columns.iter().copied()]),
            (Self::Pipe, Some(columns)) => line(out, b"|", columns.iter().copied()),
            (Self::Tab, Some(columns)) => line(out, b"\t", columns.iter().copied()),
            (Self::Raw(between), Some(columns)) => {
                line(out, between.as_bytes(), columns.iter().copied());
            }
        }
    }

    /// Writes rows; `are_first` where none was written before.
    pub(super) fn rows(
        self,
        out: &mut Vec<u8>,
        columns: &[&str],
        rows: &[Vec<Field>],
        are_first: bool,
    ) {
        match self {
            Self::Csv => csv(out, rows.iter().map(|row| texts(row))),
            Self::Pipe | Self::Tab => {
                let separator = if self == Self::Pipe { '|' } else { '\t' };
                for row in rows {
                    let values = texts(row).map(|value| one_field(value, separator));
                    line(out, &[separator as u8], values);
                }
            }
            Self::Raw(between) => {
                for row in rows {
                    line(out, between.as_bytes(), texts(row));
                }
            }
            Self::Json => {
                for (index, row) in rows.iter().enumerate() {
                    let comma = !(are_first && index == 0);
                    out.extend_from_slice(if comma { b",\n" } else { b"\n" });
                    let object: Map<String, Value> = columns
                        .iter()
                        .zip(row)
                        .map(|(column, value)| ((*column).to_owned(), json(column, value)))
                        .collect();
                    out.extend_from_slice(Value::Object(object).to_string().as_bytes());
                }
            }
        }
    }

    /// Writes what comes behind the last row.
    pub(super) fn end(self, out: &mut Vec<u8>) {
        if self == Self::Json {
            out.extend_from_slice(b"\n]\n");
        }
    }
}

fn texts(row: &[Field]) -> impl Iterator<Item = &str> {
    row.iter().map(|value| value.as_deref().unwrap_or_default())
}

fn line<V: AsRef<str>>(out: &mut Vec<u8>, separator: &[u8], values: impl Iterator<Item = V>) {
    for (index, value) in values.enumerate() {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        out.extend_from_slice(value.as_ref().as_bytes());
    }
    out.push(b'\n');
}

/// A value that cannot break out of its field: a space for the separator, and for whatever may end a line.
pub(super) fn one_field(value: &str, separator: char) -> String {
    let ends_something =
        |c: char| c == separator || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    value.replace(ends_something, " ")
}

fn csv<'v, R: IntoIterator<Item = &'v str>>(
    out: &mut Vec<u8>,
    records: impl IntoIterator<Item = R>,
) {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::Any(b'\n'))
        .from_writer(out);
    for record in records {
        let written = writer.write_record(record);
        debug_assert!(written.is_ok(), "a Vec takes every record");
    }
    let flushed = writer.flush();
    debug_assert!(flushed.is_ok(), "a Vec takes everything");
}

/// A key is a number; all other columns are texts.
fn json(column: &str, value: &Field) -> Value {
    match value {
        None => Value::Null,
        Some(text) if column == "did_id" => text
            .parse::<i64>()
            .map_or_else(|_| Value::from(text.as_str()), Value::from),
        Some(text) => Value::from(text.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COLUMNS: &[&str] = &["did_pattern", "did_description"];

    fn written(format: Format, rows: &[Vec<Field>]) -> String {
        let mut out = Vec::new();
        format.begin(&mut out, Some(COLUMNS));
        let (first, others) = rows.split_at(rows.len().min(1));
        format.rows(&mut out, COLUMNS, first, true);
        format.rows(&mut out, COLUMNS, others, false);
        format.end(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    proptest! {
        #[test]
        fn no_value_makes_a_field_or_a_line_of_its_own(rows in proptest::collection::vec([any::<String>(), any::<String>()], 0..4)) {
            let rows: Vec<Vec<Field>> = rows.into_iter().map(|row| row.into_iter().map(Some).collect()).collect();
            for (format, separator) in [(Format::Pipe, '|'), (Format::Tab, '\t')] {
                let text = written(format, &rows);
                prop_assert_eq!(text.lines().count(), rows.len() + 1);
                for line in text.lines() {
                    prop_assert_eq!(line.matches(separator).count(), 1, "{:?}", line);
                }
            }
        }

        #[test]
        fn csv_and_json_are_read_back_as_they_were(rows in proptest::collection::vec([any::<String>(), any::<String>()], 0..4)) {
            let fields: Vec<Vec<Field>> = rows.iter().map(|row| row.iter().cloned().map(Some).collect()).collect();
            let text = written(Format::Csv, &fields);
            let read: Vec<Vec<String>> = csv::Reader::from_reader(text.as_bytes())
                .records()
                .map(|record| record.expect("a record").iter().map(str::to_owned).collect())
                .collect();
            prop_assert_eq!(&read, &rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>());
            let text = written(Format::Json, &fields);
            let read: Vec<std::collections::BTreeMap<String, String>> = serde_json::from_str(&text).expect("JSON");
            let read: Vec<Vec<String>> = read.into_iter().map(|mut row| COLUMNS.iter().map(|column| row.remove(*column).expect("a column")).collect()).collect();
            prop_assert_eq!(read, rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>());
        }
    }
}
