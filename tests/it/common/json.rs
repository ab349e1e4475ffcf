//! The JSON API over the demo's rows.

use base64::Engine;
use serde_json::Value;

use super::client::Response;
use super::database::{Backend, Database, Tables};
use super::site::Site;

/// An answer.
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub response: Response,
}

impl Answer {
    /// Its ETag.
    pub fn etag(&self) -> String {
        self.response.header("etag").expect("an ETag").to_owned()
    }

    /// The names of the fields that it says are wrong, in alphabetical order.
    pub fn wrong(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let mut fields: Vec<String> = errors
            .iter()
            .map(|error| error["field"].as_str().expect("a field").to_owned())
            .collect();
        fields.sort();
        fields
    }
}

impl Site {
    /// A server with the demo's rows.
    pub fn demo(backend: Backend) -> Self {
        Self::demo_with(backend, serde_json::json!({}))
    }

    /// With these tables instead of the demo's.
    pub fn demo_with(backend: Backend, changes: Value) -> Self {
        Self::on(Self::demo_rows(backend, changes), &[])
    }

    /// A database with the demo's rows, and these tables instead of the demo's.
    pub fn demo_rows(backend: Backend, changes: Value) -> Database {
        let mut tables: Tables =
            serde_json::from_str(&super::read_fixture("demo.json")).expect("demo.json");
        let changes: Tables = serde_json::from_value(changes).expect("tables");
        tables.extend(changes);
        tables.retain(|table, _| backend != Backend::Vicidial || !table.starts_with("vicishim_"));
        Database::with(backend, &tables)
    }

    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let user = base64::engine::general_purpose::STANDARD.encode(self.user);
        let authorization = format!("Basic {user}");
        let mut all = vec![("Authorization", authorization.as_str())];
        if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "Content-Type") {
            all.push(("Content-Type", "application/json"));
        }
        all.extend(headers);
        let response = self.client.request(method, path, &all, body.as_bytes());
        let body = match response.body.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}")),
        };
        if response.status >= 400 {
            assert_eq!(
                response.header("content-type"),
                Some("application/problem+json"),
                "{body}"
            );
            assert_eq!(body["status"], response.status, "{body}");
            assert_eq!(body["type"], "about:blank");
        }
        Answer {
            status: response.status,
            body,
            response,
        }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    pub fn put(&mut self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, &[], &body.to_string())
    }

    pub fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[], &body.to_string())
    }

    pub fn patch(&mut self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, &[], &body.to_string())
    }

    pub fn delete(&mut self, path: &str) -> Answer {
        self.send("DELETE", path, &[], "")
    }

    /// The text API's reply.
    pub fn text(&mut self, function: &str, query: &str) -> String {
        let (user, pass) = self.user.split_once(':').expect("a password");
        let query = format!("source=test&user={user}&pass={pass}&function={function}&{query}");
        self.client.get(&query).body
    }
}
