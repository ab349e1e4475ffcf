//! A database for one test alone.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tempfile::TempDir;
use vicishim::store::{Address, CreateTables, Db, json};

/// Rows by table, as `load` takes and `dump` gives them.
pub type Tables = BTreeMap<String, Vec<Map<String, Value>>>;

/// Which database the test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
}

/// A fresh database, which is swept when it is dropped.
pub struct Database {
    pub url: String,
    directory: Option<TempDir>,
}

impl Database {
    pub fn fresh(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let directory = TempDir::new().expect("a directory");
                let url = directory
                    .path()
                    .join("vicishim.db")
                    .to_str()
                    .expect("a path")
                    .to_owned();
                let database = Self {
                    url,
                    directory: Some(directory),
                };
                drop(database.open());
                database
            }
        }
    }

    /// A fresh database with these rows.
    pub fn with(backend: Backend, tables: &Tables) -> Self {
        let database = Self::fresh(backend);
        database.load(tables);
        database
    }

    /// A fresh database with the rows that each recorded conversation begins with.
    pub fn with_state(backend: Backend) -> Self {
        Self::with(backend, &state())
    }

    pub fn address(&self) -> Address {
        self.url.parse().expect("an address")
    }

    pub fn open(&self) -> Db {
        Db::open(&self.address(), CreateTables::No).expect("the database opens")
    }

    /// Replaces the tables that are named.
    pub fn load(&self, tables: &Tables) {
        let mut db = self.open();
        for table in tables.keys() {
            json::clear(&mut db, table).expect("a table is emptied");
        }
        let text = serde_json::to_string(tables).expect("JSON");
        json::load(&mut db, [("test", text.as_str())]).unwrap_or_else(|error| panic!("{error}"));
    }

    /// All rows of these tables; of all tables where none is named.
    pub fn dump(&self, tables: &[&str]) -> Tables {
        let mut db = Db::open_reader(&self.address()).expect("the database opens");
        let columns = db.columns();
        let tables: Vec<&str> = if tables.is_empty() {
            columns.tables().collect()
        } else {
            tables.to_vec()
        };
        let mut text = Vec::new();
        json::dump(&mut db, &tables, &mut text).expect("a dump");
        serde_json::from_slice(&text).expect("JSON")
    }

    /// The rows of a table.
    pub fn rows(&self, table: &str) -> Vec<Map<String, Value>> {
        self.dump(&[table]).remove(table).expect("the table")
    }
}

/// The rows that each recorded conversation begins with.
pub fn state() -> Tables {
    serde_json::from_str(&super::read_fixture("golden/state.json")).expect("state.json")
}
