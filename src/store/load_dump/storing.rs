//! Storing rows that fit, within a transaction that somebody else begins and ends.

use std::collections::BTreeMap;

use super::LoadError;
use crate::now;
use crate::store::history::{self, Author};
use crate::store::rows::{self, Row};
use crate::store::vicishim_tables::storing;
use crate::store::{Db, QueryResult};

/// How many rows are one change of the history.
const OF_A_CHANGE: usize = 500;

/// What was stored, and what is still to be done for it.
pub(in crate::store) struct Storing {
    /// The function that the history names.
    function: &'static str,
    count: usize,
    /// The DIDs of which rows of settings were stored, each with the place of one of them.
    settings: BTreeMap<i64, String>,
}

impl Storing {
    pub(in crate::store) fn begin(function: &'static str) -> Self {
        Self {
            function,
            count: 0,
            settings: BTreeMap::new(),
        }
    }

    /// How many rows were stored.
    pub(in crate::store) fn count(&self) -> usize {
        self.count
    }

    /// Changes the row of the same key, or adds it.
    pub(in crate::store) fn upsert(
        &mut self,
        db: &mut Db,
        table: &str,
        row: &Row,
        place: impl std::fmt::Display,
    ) -> Result<(), LoadError> {
        self.note(db, table, row, &place)?;
        let stored = db
            .of_table(table)
            .and_then(|db| rows::upsert(db, table, row));
        stored.map_err(|error| LoadError(format!("{place}: {error}")))?;
        self.count += 1;
        Ok(())
    }

    /// Adds the row, to a table that was empty.
    pub(in crate::store) fn insert(
        &mut self,
        db: &mut Db,
        table: &str,
        row: &Row,
        place: impl std::fmt::Display,
    ) -> Result<(), LoadError> {
        self.note(db, table, row, &place)?;
        rows::insert(db, table, row).map_err(|error| LoadError(format!("{place}: {error}")))?;
        self.count += 1;
        Ok(())
    }

    fn note(
        &mut self,
        db: &mut Db,
        table: &str,
        row: &Row,
        place: &impl std::fmt::Display,
    ) -> QueryResult<()> {
        if self.count % OF_A_CHANGE == OF_A_CHANGE - 1 {
            self.keep_change(db)?;
        }
        if matches!(table, "vicishim_dids" | "vicishim_did_routes") {
            let did_id = row.iter().find(|(column, _)| column == "did_id");
            let did_id = did_id.and_then(|(_, value)| value.as_deref()?.parse().ok());
            let place = || place.to_string();
            self.settings
                .entry(did_id.unwrap_or_default())
                .or_insert_with(place);
        }
        Ok(())
    }

    /// Binds rows of settings that name no number to the DID of their `did_id`, once it is stored; the place of one that has none.
    pub(in crate::store) fn bind(&self, db: &mut Db) -> QueryResult<Option<&str>> {
        let mut unbound = None;
        for (did_id, place) in &self.settings {
            if !storing::bind(db, *did_id)? {
                unbound = unbound.or(Some(place.as_str()));
            }
        }
        Ok(unbound)
    }

    /// Keeps what was stored since the last time as a change of its own.
    pub(in crate::store) fn keep_change(&self, db: &mut Db) -> QueryResult<()> {
        let author = || Author {
            changed_at: now::now().timestamp(),
            user: "command line".to_owned(),
            function: self.function.to_owned(),
            ..Author::default()
        };
        db.end_noting(author)?;
        history::flush(db)
    }
}
