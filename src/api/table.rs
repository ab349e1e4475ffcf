//! Tables: as text lines for programs, as a page for people, or as a chooser in a frame of another page.

use std::fmt::Write;
use std::sync::LazyLock;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use super::Reply;
use super::format::{Field, Format};

/// How a page looks.
const STYLE: &str = include_str!("templates/table.css");

/// What a chooser does when a row is chosen.
const SCRIPT: &str = include_str!("templates/chooser.js");

/// The Content-Security-Policy of a page: it is shown by pages of its own origin only, loads nothing, and runs no script
/// but ours. The links of a chooser name the function as VICIdial's do; the script takes the click, so that no text of a
/// row, whatever it holds, is ever run.
pub(super) fn policy() -> &'static str {
    static POLICY: LazyLock<String> = LazyLock::new(|| {
        let hash = |text: &str| STANDARD.encode(digest(&SHA256, text.as_bytes()));
        format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'self'",
            hash(STYLE),
            hash(SCRIPT)
        )
    });
    &POLICY
}

/// A table with its columns and rows, and what people read above it.
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
            return self.page(None);
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

    /// The reply that the dialer's admin pages put into a frame: each row is a link that fills this field of theirs with
    /// the row's key.
    pub(super) fn chooser(&self, field: &str) -> Reply {
        self.page(Some(field))
    }

    fn page(&self, field: Option<&str>) -> Reply {
        let page = Page { table: self, field }.render();
        debug_assert!(page.is_ok(), "a String takes every text");
        let mut reply = Reply::body("text/html; charset=utf-8", page.unwrap_or_default());
        reply.facts.is_page = true;
        reply
    }
}

/// A table as a page.
#[derive(Template)]
#[template(path = "table.html", config = "src/api/askama.toml")]
struct Page<'a> {
    table: &'a Table,
    /// The field that a row is chosen for.
    field: Option<&'a str>,
}

impl Page<'_> {
    const STYLE: &'static str = STYLE;
    const SCRIPT: &'static str = SCRIPT;

    /// The link of a row.
    fn link(&self, key: &str) -> Option<String> {
        let field = self.field?;
        Some(format!(
            "javascript:choose_file('{}','{}');",
            in_script(key),
            in_script(field)
        ))
    }
}

/// A text as it stands between the quotes of a script in an address: nothing of it ends the one or the other.
fn in_script(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
            escaped.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let written = write!(escaped, "\\u{unit:04X}");
            debug_assert!(written.is_ok(), "a String takes every text");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_quotes_in_a_link() {
        assert_eq!(in_script("TEST_IN2-a.b"), "TEST_IN2-a.b");
        assert_eq!(in_script("a'b%27\\"), r"a\u0027b\u002527\u005C");
        assert_eq!(in_script("é😀\n"), r"\u00E9\uD83D\uDE00\u000A");
    }
}
