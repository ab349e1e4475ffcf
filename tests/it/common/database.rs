//! A database for one test alone.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Map, Value};
use tempfile::TempDir;
use vicishim::store::{Address, CreateTables, Db, load_dump};

use super::mariadb::{self, MariaDb};

/// Rows by table, as `load` takes and `dump` gives them.
pub type Tables = BTreeMap<String, Vec<Map<String, Value>>>;

/// Which database the test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Our own file.
    Sqlite,
    /// A VICIdial's own tables: MyISAM, all columns.
    Vicidial,
    /// Our own tables on a MariaDB: InnoDB.
    Innodb,
    /// A VICIdial's own tables, and ours beside them in a file.
    VicidialWithSqlite,
    /// A VICIdial's own tables, and ours beside them on the same MariaDB.
    VicidialWithMariaDb,
}

/// All of them.
pub const BACKENDS: [Backend; 3] = [Backend::Sqlite, Backend::Vicidial, Backend::Innodb];

/// A fresh database, which is swept when it is dropped.
pub struct Database {
    pub url: String,
    place: Place,
    /// The database with our own tables, beside a VICIdial's.
    pub state: Option<Box<Database>>,
}

enum Place {
    #[expect(dead_code, reason = "the directory goes when it is dropped")]
    File(TempDir),
    Server(&'static MariaDb, String),
}

impl Database {
    pub fn fresh(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let directory = TempDir::new_in(super::scratch()).expect("a directory");
                let url = directory
                    .path()
                    .join("vicishim.db")
                    .to_str()
                    .expect("a path")
                    .to_owned();
                let database = Self {
                    url,
                    place: Place::File(directory),
                    state: None,
                };
                drop(database.open());
                database
            }
            Backend::Vicidial => {
                let database = Self::empty_on_mariadb();
                database.run(&mariadb::vicidial_tables(&[]));
                database.run("INSERT INTO system_settings (use_non_latin) VALUES ('0')");
                database
            }
            Backend::Innodb => {
                let database = Self::empty_on_mariadb();
                drop(
                    Db::open(&database.address(), CreateTables::Yes).expect("the tables are made"),
                );
                database
            }
            Backend::VicidialWithSqlite => Self::with_state_on(Backend::Sqlite),
            Backend::VicidialWithMariaDb => Self::with_state_on(Backend::Innodb),
        }
    }

    /// A database without tables on the tests' MariaDB.
    pub fn empty_on_mariadb() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = mariadb::shared();
        let name = format!("vicishim_test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        server.run("mysql", &format!("CREATE DATABASE {name}"));
        Self {
            url: server.url(&name),
            place: Place::Server(server, name),
            state: None,
        }
    }

    /// The same with a database of ours beside it.
    fn with_state_on(backend: Backend) -> Self {
        let mut database = Self::fresh(Backend::Vicidial);
        database.state = Some(Box::new(Self::fresh(backend)));
        database
    }

    /// The arguments that name it.
    pub fn arguments(&self) -> Vec<&str> {
        let mut arguments = vec!["--database", self.url.as_str()];
        if let Some(state) = &self.state {
            arguments.extend(["--state", state.url.as_str()]);
        }
        arguments
    }

    /// Its name on the tests' MariaDB.
    pub fn name(&self) -> &str {
        match &self.place {
            Place::Server(_, name) => name,
            Place::File(_) => panic!("a file has no name"),
        }
    }

    /// Runs statements as root, on a MariaDB; what they print.
    pub fn run(&self, statements: &str) -> String {
        match &self.place {
            Place::Server(server, name) => server.run(name, statements),
            Place::File(_) => panic!("not for a file"),
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
        let address: Address = self.url.parse().expect("an address");
        match &self.state {
            Some(state) => address.with_state(state.address()).expect("a MariaDB"),
            None => address,
        }
    }

    pub fn open(&self) -> Db {
        Db::open(&self.address(), CreateTables::No).expect("the database opens")
    }

    /// Replaces the tables that are named.
    pub fn load(&self, tables: &Tables) {
        load_into(&self.address(), tables);
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
        load_dump::dump(&mut db, &tables, &columns, &mut text).expect("a dump");
        serde_json::from_slice(&text).expect("JSON")
    }

    /// The rows of a table.
    pub fn rows(&self, table: &str) -> Vec<Map<String, Value>> {
        self.dump(&[table]).remove(table).expect("the table")
    }
}

/// Replaces the tables that are named in the database of this address.
pub fn load(url: &str, tables: &Tables) {
    load_into(&url.parse().expect("an address"), tables);
}

fn load_into(address: &Address, tables: &Tables) {
    let mut db = Db::open(address, CreateTables::No).expect("the database opens");
    for table in tables.keys() {
        load_dump::clear(&mut db, table).expect("a table is emptied");
    }
    let text = serde_json::to_string(tables).expect("JSON");
    load_dump::load(&mut db, [("test", text.as_str())]).unwrap_or_else(|error| panic!("{error}"));
}

/// The rows that each recorded conversation begins with.
pub fn state() -> Tables {
    serde_json::from_str(&super::read_fixture("golden/state.json")).expect("state.json")
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Place::Server(server, name) = &self.place {
            server.run("mysql", &format!("DROP DATABASE {name}"));
        }
    }
}
