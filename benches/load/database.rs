//! The database that is measured.

use serde_json::{Map, Value};
use tempfile::TempDir;
use vicishim::store::{Address, CreateTables, Db, load_dump};

use crate::mariadb;

/// The database that is measured.
pub struct Database {
    pub url: String,
    pub shown: String,
    /// Goes when this does.
    _directory: Option<TempDir>,
}

impl Database {
    /// `sqlite`, a file of its own; `mariadb`, a server of its own with a VICIdial's tables; or one that is there.
    pub fn of(named: &str) -> Self {
        match named {
            "sqlite" => {
                let directory = TempDir::new().expect("a directory");
                let file = directory.path().join("load.db");
                Self {
                    url: file.to_str().expect("a path").to_owned(),
                    shown: "SQLite (WAL, synchronous=FULL)".to_owned(),
                    _directory: Some(directory),
                }
            }
            "mariadb" => {
                let server = mariadb::shared();
                server.run("mysql", "CREATE DATABASE asterisk");
                server.run("asterisk", &mariadb::vicidial_tables(&[]));
                server.run(
                    "asterisk",
                    "INSERT INTO system_settings (use_non_latin) VALUES ('0')",
                );
                Self {
                    url: server.url("asterisk"),
                    shown: "MariaDB (a VICIdial's tables, MyISAM)".to_owned(),
                    _directory: None,
                }
            }
            url => {
                let address: Address = url.parse().unwrap_or_else(|error| panic!("{error}"));
                Self {
                    url: url.to_owned(),
                    shown: address.to_string(),
                    _directory: None,
                }
            }
        }
    }

    /// Stores the rows that the calls need: a user, an in-group, a DID to copy. The columns that a copy takes over.
    pub fn prepare(&self) -> String {
        let address = self.url.parse().expect("an address");
        let mut db = Db::open(&address, CreateTables::Yes)
            .or_else(|_| Db::open(&address, CreateTables::No))
            .unwrap_or_else(|error| panic!("{error}"));
        let mut demo: Map<String, Value> =
            serde_json::from_str(include_str!("../../fixtures/demo.json")).expect("JSON");
        // A VICIdial has none of our own tables.
        demo.retain(|table, _| !table.starts_with("vicishim_"));
        let demo = Value::from(demo).to_string();
        load_dump::load(&mut db, [("demo.json", demo.as_str())])
            .unwrap_or_else(|error| panic!("{error}"));
        let columns = db.columns();
        let names = columns
            .of("vicidial_inbound_dids")
            .iter()
            .map(|column| column.name.as_str());
        let copied: Vec<_> = names
            .filter(|name| !matches!(*name, "did_id" | "did_pattern"))
            .collect();
        copied.join(", ")
    }
}
