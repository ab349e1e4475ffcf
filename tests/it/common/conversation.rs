//! The recorded conversations of `fixtures/golden`.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::client::{Client, Response};
use super::database::{Backend, Database, Tables, state};
use super::server::Server;

/// A recorded conversation.
#[derive(Deserialize)]
pub struct Conversation {
    state: Tables,
    steps: Vec<Step>,
    rows_after: Tables,
}

/// A request and its recorded answer.
#[derive(Deserialize)]
struct Step {
    method: String,
    query: String,
    form: Option<String>,
    status: u16,
    reply: String,
}

impl Conversation {
    pub fn read(name: &str) -> Self {
        serde_json::from_str(&super::read_fixture(&format!("golden/{name}.json")))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A database with the rows that the conversation begins with.
    pub fn database(&self, backend: Backend) -> Database {
        let mut tables = state();
        tables.extend(self.state.clone());
        Database::with(backend, &tables)
    }

    /// Holds it with a spawned server; every reply and every row left must be those recorded.
    pub fn hold_with_the_binary(&self, backend: Backend) {
        let database = self.database(backend);
        let server = Server::start(&["--database", &database.url, "--dialect", "wire"]);
        let mut client = server.client();
        self.compare_replies(|step| step.send(&mut client));
        assert!(!server.log().contains("pass="), "a password in the log");
        assert_eq!(server.stop(), Some(0));
        self.compare_rows(&database);
    }

    fn compare_replies(&self, mut send: impl FnMut(&Step) -> Response) {
        for (index, step) in self.steps.iter().enumerate() {
            let response = send(step);
            let body = without_version(&response.body);
            assert_eq!(
                (response.status, body.as_str()),
                (step.status, step.reply.as_str()),
                "step {}: {}",
                index + 1,
                step.query
            );
        }
    }

    /// Compares the columns that were recorded. A POST's form is no part of our `value`.
    pub fn compare_rows(&self, database: &Database) {
        let has_post = self.steps.iter().any(|step| step.method == "POST");
        let tables: Vec<&str> = self.rows_after.keys().map(String::as_str).collect();
        let mut left = database.dump(&tables);
        for (table, expected) in &self.rows_after {
            let mut rows = left.remove(table).expect("the table");
            let known: Vec<&String> = expected.iter().flat_map(Map::keys).collect();
            for row in &mut rows {
                row.retain(|column, _| known.is_empty() || known.contains(&column));
                if let Some(Value::String(data)) = row.get_mut("data") {
                    *data = without_version(data);
                }
            }
            let mut expected = expected.clone();
            for row in rows
                .iter_mut()
                .chain(&mut expected)
                .filter(|_| has_post && table == "vicidial_api_log")
            {
                row.remove("value");
            }
            let (rows, expected) = (sorted(rows), sorted(expected));
            for (row, expected) in rows.iter().zip(&expected) {
                assert_eq!(row, expected, "table {table}");
            }
            assert_eq!(rows.len(), expected.len(), "rows of {table}");
        }
    }
}

impl Step {
    fn send(&self, client: &mut Client) -> Response {
        // A fragment is not sent.
        let query = self.query.split('#').next().unwrap_or_default();
        match self.method.as_str() {
            "POST" => client.post(query, self.form.as_deref().unwrap_or_default()),
            _ => client.get(query),
        }
    }
}

/// Version lines vary.
fn without_version(text: &str) -> String {
    match text.strip_suffix('\n') {
        Some(line) if line.starts_with("VERSION: ") => "VERSION: <varies>\n".to_owned(),
        None if text.starts_with("VERSION: ") => "VERSION: <varies>".to_owned(),
        _ => text.to_owned(),
    }
}

/// Rows in an order of their own, by their first columns' numbers and texts.
fn sorted(rows: Vec<Map<String, Value>>) -> Vec<Map<String, Value>> {
    const KEYS: &[&str] = &["api_id", "admin_log_id", "did_id"];
    let mut rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let number = KEYS
                .iter()
                .find_map(|key| row.get(*key)?.as_i64())
                .unwrap_or(0);
            let columns: std::collections::BTreeMap<&String, String> =
                row.iter().map(|(k, v)| (k, v.to_string())).collect();
            (number, format!("{columns:?}"), row)
        })
        .collect();
    rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    rows.into_iter().map(|(_, _, row)| row).collect()
}
