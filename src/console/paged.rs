//! A page of a list of the JSON API, and the ways to the pages around it.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::form::Fields;

/// A page of things.
#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub(super) struct Paged<T> {
    pub(super) data: Vec<T>,
    page: u64,
    per_page: u64,
    pub(super) total: u64,
    /// The query that it was asked with.
    #[serde(skip)]
    query: Fields,
}

impl<T: DeserializeOwned> Paged<T> {
    /// Reads an answer to this query; an empty page where it is none.
    pub(super) fn of(body: Value, query: &Fields) -> Self {
        let read = serde_json::from_value(body).unwrap_or(Self {
            data: Vec::new(),
            page: 1,
            per_page: 1,
            total: 0,
            query: Fields::default(),
        });
        Self {
            query: query.clone(),
            ..read
        }
    }
}

impl<T> Paged<T> {
    /// Which of all are on this page: `1 to 50 of 120`.
    pub(super) fn place(&self) -> String {
        let first = (self.page - 1) * self.per_page + 1;
        let last = first + u64::try_from(self.data.len()).unwrap_or(0) - 1;
        format!("{first} to {last} of {}", self.total)
    }

    /// The query of the page before; empty where there is none.
    pub(super) fn before(&self) -> String {
        match self.page {
            ..=1 => String::new(),
            page => self.query.with("page", &(page - 1).to_string()),
        }
    }

    /// The query of the next page; empty where there is none.
    pub(super) fn next(&self) -> String {
        match self.page * self.per_page < self.total {
            true => self.query.with("page", &(self.page + 1).to_string()),
            false => String::new(),
        }
    }
}
