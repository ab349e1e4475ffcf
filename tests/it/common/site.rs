//! A server on a database of its own: what most tests begin with.

use serde_json::{Map, Value, json};

use super::client::{Client, Response};
use super::database::{Backend, Database, Tables, state};
use super::server::Server;

/// The tables that a call may leave something in, apart from the sign-in's own.
const WRITTEN: &[&str] = &[
    "vicidial_admin_log",
    "vicidial_api_log",
    "vicidial_api_urls",
    "vicidial_inbound_dids",
    "vicidial_urls",
    "vicidial_webservers",
];

/// A server, its database, and a client that is connected to it.
pub struct Site {
    pub server: Server,
    pub client: Client,
    pub database: Database,
    /// Who calls the JSON API: user and password, a colon between them.
    pub user: &'static str,
}

impl Site {
    /// The documented dialect, on the rows that each recorded conversation begins with.
    pub fn start(backend: Backend) -> Self {
        Self::speaking("documented", backend)
    }

    /// The same rows in this dialect.
    pub fn speaking(dialect: &str, backend: Backend) -> Self {
        Self::with(dialect, backend, json!({}))
    }

    /// The same with these tables in place of theirs.
    pub fn with(dialect: &str, backend: Backend, changes: Value) -> Self {
        let mut tables = state();
        let changes: Tables = serde_json::from_value(changes).expect("tables");
        tables.extend(changes);
        Self::on(Database::with(backend, &tables), &["--dialect", dialect])
    }

    /// A server with these arguments on this database.
    pub fn on(database: Database, arguments: &[&str]) -> Self {
        Self::on_with(database, &[], arguments)
    }

    /// The same with environment variables.
    pub fn on_with(database: Database, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let arguments = [database.arguments(), arguments.to_vec()].concat();
        let server = Server::start_with(variables, &arguments);
        Self {
            client: server.client(),
            server,
            database,
            user: "6666:1234",
        }
    }

    /// Replaces rows while the server runs.
    pub fn load(&self, tables: Value) {
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

    /// A call of the text API by this user. The query begins with the function's name.
    pub fn ask_as(&mut self, user: &str, query: &str) -> Response {
        let query = format!("source=test&user={user}&pass=1234&function={query}");
        self.client.get(&query)
    }

    /// A call by 6666.
    pub fn ask(&mut self, query: &str) -> Response {
        self.ask_as("6666", query)
    }

    /// What a call by this user is answered.
    pub fn body_as(&mut self, user: &str, query: &str) -> String {
        self.ask_as(user, query).body
    }

    /// What a call by 6666 is answered.
    pub fn body(&mut self, query: &str) -> String {
        self.ask(query).body
    }

    /// A call by 6666 with a form.
    pub fn form(&mut self, query: &str, form: &str) -> Response {
        let query = format!("source=test&user=6666&pass=1234&function={query}");
        self.client.post(&query, form)
    }

    /// A call by 6666 must be answered so.
    pub fn says(&mut self, query: &str, reply: &str) {
        assert_eq!(self.body(query), reply, "{query}");
    }

    /// The server's log has this, or will have it when it is read.
    pub fn logs(&self, text: &str) {
        self.server.logs(text);
    }

    /// The one row with this value in a column.
    pub fn row(&self, table: &str, column: &str, value: &str) -> Map<String, Value> {
        let mut rows = self.database.rows(table);
        rows.retain(|row| row[column] == value);
        assert_eq!(rows.len(), 1, "{table} {column} {value}");
        rows.remove(0)
    }

    /// The row with the highest key.
    pub fn last(&self, table: &str, key: &str) -> Map<String, Value> {
        let rows = self.database.rows(table);
        let last = rows.into_iter().max_by_key(|row| row[key].as_i64());
        last.unwrap_or_else(|| panic!("{table} is empty"))
    }

    /// All DID patterns.
    pub fn patterns(&self) -> Vec<String> {
        let rows = self.database.rows("vicidial_inbound_dids");
        let pattern =
            |row: &Map<_, Value>| row["did_pattern"].as_str().expect("a pattern").to_owned();
        rows.iter().map(pattern).collect()
    }

    /// All that calls have stored, the sign-in's counters apart.
    pub fn stored(&self) -> Tables {
        self.database.dump(WRITTEN)
    }
}
