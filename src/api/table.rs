//! Tables: as text lines for programs, or as a page for people.

use askama::Template;

use super::Reply;

/// How the columns of a text line are set apart: `stage=pipe`, `csv` or `tab`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separated {
    /// By `|`.
    Pipe,
    /// By commas, quoted where needed.
    Csv,
    /// By tabs.
    Tab,
}

impl Separated {
    /// The form that a `stage` names; none for any other word.
    pub(super) fn named(stage: &str) -> Option<Self> {
        match stage {
            "pipe" => Some(Self::Pipe),
            "csv" => Some(Self::Csv),
            "tab" => Some(Self::Tab),
            _ => None,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Pipe | Self::Tab => "text/plain; charset=utf-8",
        }
    }

    /// One line. CSV keeps every value as it is; the others have no quoting, so that what would break the line becomes a
    /// space.
    fn line(self, values: &[&str]) -> String {
        let separator = match self {
            Self::Pipe => '|',
            Self::Tab => '\t',
            Self::Csv => return csv_line(values),
        };
        let values: Vec<String> = values.iter().map(|v| one_field(v, separator)).collect();
        values.join(&separator.to_string()) + "\n"
    }
}

fn csv_line(values: &[&str]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(values);
    debug_assert!(written.is_ok(), "a Vec takes every record");
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A value that cannot break out of its field: a space for the separator and for control characters.
pub(super) fn one_field(value: &str, separator: char) -> String {
    value.replace(|c: char| c == separator || c.is_control(), " ")
}

/// A table with its columns and rows, and what people read above it.
#[derive(Template)]
#[template(path = "table.html", config = "src/api/askama.toml")]
pub(super) struct Table {
    /// The page's title.
    pub(super) title: &'static str,
    /// What the table shows.
    pub(super) caption: &'static str,
    /// Each column's name for programs, and its heading for people; the first is the rows' key.
    pub(super) columns: &'static [(&'static str, &'static str)],
    /// The rows, each with a value for every column.
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    /// The reply: text lines where they are asked for, after the columns' names with `header`; else a page.
    pub(super) fn reply(&self, separated: Option<Separated>, header: bool) -> Reply {
        let Some(separated) = separated else {
            return Reply::body("text/html; charset=utf-8", self.page());
        };
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let mut text = if header {
            separated.line(&names)
        } else {
            String::new()
        };
        for row in &self.rows {
            let values: Vec<&str> = row.iter().map(String::as_str).collect();
            text.push_str(&separated.line(&values));
        }
        Reply::body(separated.content_type(), text)
    }

    fn page(&self) -> String {
        let page = self.render();
        debug_assert!(page.is_ok(), "a String takes every text");
        page.unwrap_or_default()
    }
}
