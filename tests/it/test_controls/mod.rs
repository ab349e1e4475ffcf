//! `serve --test-controls`: what a test asks of the server at `/vicishim/test/`.

mod calls;
mod clock;
mod concurrency;
mod faults;
mod rows;
mod visitors;

use serde_json::Value;

use crate::common::database::{Backend, Database};
use crate::common::json::Answer;
use crate::common::site::Site;

/// A DID that is not there yet.
const NEW: &str = "7275550100";

/// The demo with the controls, on our own file.
fn site() -> Site {
    on(Site::demo_rows(Backend::Sqlite, serde_json::json!({})))
}

fn on(database: Database) -> Site {
    Site::on(database, &["--test-controls"])
}

impl Site {
    /// A request to the controls.
    fn control(&mut self, method: &str, control: &str, body: Value) -> Answer {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        self.send(method, &format!("/vicishim/test/{control}"), &[], &body)
    }

    /// One that must be answered with this status; the answer's body.
    fn controls(&mut self, method: &str, control: &str, body: Value, status: u16) -> Value {
        let answer = self.control(method, control, body);
        assert_eq!(answer.status, status, "{control}: {}", answer.body);
        answer.body
    }

    fn reset(&mut self) {
        self.controls("POST", "reset", Value::Null, 200);
    }

    fn fault(&mut self, fault: Value) -> Value {
        self.controls("POST", "faults", fault, 201)
    }

    /// The calls that fit this query.
    fn calls(&mut self, query: &str) -> Vec<Value> {
        let body = self.controls("GET", &format!("calls?{query}"), Value::Null, 200);
        body["calls"].as_array().expect("calls").clone()
    }
}
