//! Tables: as text lines for programs, or as a page for people.

use askama::Template;

use super::Reply;
use super::format::{Field, Format};

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
    pub(super) fn reply(&self, format: Option<Format>, header: bool) -> Reply {
        let Some(format) = format else {
            return Reply::body("text/html; charset=utf-8", self.page());
        };
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let row = |values: &Vec<String>| values.iter().cloned().map(Some).collect();
        let rows: Vec<Vec<Field>> = self.rows.iter().map(row).collect();
        let mut text = Vec::new();
        format.begin(&mut text, header.then_some(&names));
        format.rows(&mut text, &names, &rows, true);
        format.end(&mut text);
        Reply::body(
            format.content_type(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    }

    fn page(&self) -> String {
        let page = self.render();
        debug_assert!(page.is_ok(), "a String takes every text");
        page.unwrap_or_default()
    }
}
