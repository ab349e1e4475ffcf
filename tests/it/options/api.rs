//! A server on a database of its own.

use serde_json::json;

use crate::common::client::{Client, Response};
use crate::common::database::{Backend, Database, Tables};
use crate::common::server::Server;

/// The tables that a call may leave something in, apart from the sign-in's own.
const WRITTEN: &[&str] = &[
    "vicidial_admin_log",
    "vicidial_api_log",
    "vicidial_api_urls",
    "vicidial_inbound_dids",
    "vicidial_urls",
    "vicidial_webservers",
];

pub struct Api {
    pub database: Database,
    pub server: Server,
    client: Client,
}

impl Api {
    pub fn start(backend: Backend, dialect: &str) -> Self {
        let database = Database::with_state(backend);
        let server = Server::start(&["--database", &database.url, "--dialect", dialect]);
        Self {
            client: server.client(),
            database,
            server,
        }
    }

    pub fn documented(backend: Backend) -> Self {
        Self::start(backend, "documented")
    }

    /// Replaces rows.
    pub fn load(&self, tables: serde_json::Value) {
        let tables: Tables = serde_json::from_value(tables).expect("tables");
        self.database.load(&tables);
    }

    /// Lets 6666 delete DIDs.
    pub fn may_delete(&self) {
        let mut users = self.database.rows("vicidial_users");
        for user in &mut users {
            user.insert("delete_inbound_dids".to_owned(), json!("1"));
        }
        self.load(json!({ "vicidial_users": users }));
    }

    /// Asks as 6666.
    pub fn ask(&mut self, query: &str) -> Response {
        self.client
            .get(&format!("source=test&user=6666&pass=1234&function={query}"))
    }

    /// Asks as 6666, with a form.
    pub fn post(&mut self, query: &str, form: &str) -> Response {
        let query = format!("source=test&user=6666&pass=1234&function={query}");
        self.client.post(&query, form)
    }

    pub fn body(&mut self, query: &str) -> String {
        self.ask(query).body
    }

    /// Asks as 6666; the reply must be this one.
    pub fn says(&mut self, query: &str, reply: &str) {
        assert_eq!(self.body(query), reply, "{query}");
    }

    /// All that is stored, the sign-in's counters apart.
    pub fn stored(&self) -> Tables {
        self.database.dump(WRITTEN)
    }

    /// The server's log has this, or will have it when it is read.
    pub fn logs(&self, text: &str) {
        for _ in 0..500 {
            if self.server.log().contains(text) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("{text} is not in {}", self.server.log());
    }

    pub fn patterns(&self) -> Vec<String> {
        let rows = self.database.rows("vicidial_inbound_dids");
        let pattern = |row: &serde_json::Map<_, serde_json::Value>| {
            row["did_pattern"].as_str().expect("a pattern").to_owned()
        };
        rows.iter().map(pattern).collect()
    }
}
