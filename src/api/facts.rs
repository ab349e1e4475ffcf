//! What a program can know of a call without reading its lines; HTTP sends it as headers.

use std::num::NonZeroI64;

use super::table;
use crate::access::{changes, warning};

/// What is said of a call beside its reply's lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether nothing was changed nor logged: the reply is that of the same call without `dry_run=Y`.
    pub is_dry_run: bool,
    /// Whether nothing was done: it is the first answer to a request that was repeated.
    pub is_replay: bool,
    /// Whether its lines are to be sent as JSON.
    pub is_json: bool,
    /// What the caller should look at, though it was done.
    pub warnings: Vec<String>,
    /// What became of the numbers of a copy.
    pub copies: Option<Copies>,
    /// The number of what it has changed, in the history.
    pub change_id: Option<NonZeroI64>,
    /// Whether it is a page for a browser, which has a Content-Security-Policy.
    pub is_page: bool,
}

/// How many numbers a copy added and how many it did not: the two counts of its last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copies {
    /// Those that were added.
    pub added: u32,
    /// Those that were not.
    pub refused: u32,
}

impl Facts {
    /// Their names and values, as headers have them.
    pub fn named(&self) -> Vec<(&'static str, String)> {
        let mut named = Vec::new();
        if self.is_dry_run {
            named.push(("X-Vicishim-Dry-Run", "1".to_owned()));
        }
        if self.is_replay {
            named.push(("X-Vicishim-Repeated", "1".to_owned()));
        }
        if let Some(text) = warning::line(&self.warnings) {
            named.push((warning::HEADER, text));
        }
        if let Some(Copies { added, refused }) = self.copies {
            named.push(("X-Vicishim-Added", added.to_string()));
            named.push(("X-Vicishim-Refused", refused.to_string()));
        }
        if let Some(change_id) = self.change_id {
            named.push((changes::HEADER, change_id.to_string()));
        }
        if self.is_page {
            named.push(("Content-Security-Policy", table::policy().to_owned()));
        }
        named
    }
}
