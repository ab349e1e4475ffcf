//! Examples of requests and answers for the description of the API. They are what a server with the demo's rows answers: a test
//! sends each of them.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::operations::Endpoint;
use super::problem::Problem;

/// A request and its answer.
#[derive(Deserialize)]
pub(super) struct Example {
    /// The method and the path of its operation.
    operation: String,
    /// What it is an example of.
    pub(super) name: String,
    /// The address that is asked.
    pub(super) path: String,
    /// The body that is sent.
    pub(super) body: Option<Value>,
    /// HTTP's status of the answer.
    pub(super) status: u16,
    /// The answer; null where there is none.
    pub(super) answer: Value,
}

#[derive(Deserialize, Default)]
struct Examples {
    examples: Vec<Example>,
    /// Of what is the same at every address.
    everywhere: Vec<Example>,
}

const TEXT: &str = include_str!("../../fixtures/openapi_examples.json");

fn all() -> &'static Examples {
    static ALL: LazyLock<Examples> = LazyLock::new(|| {
        let read = serde_json::from_str(TEXT);
        debug_assert!(read.is_ok(), "the file of examples cannot be read");
        read.unwrap_or_default()
    });
    &ALL
}

/// The examples of an operation.
pub(super) fn of(operation: &Endpoint) -> impl Iterator<Item = &'static Example> {
    let name = format!("{} {}", operation.method.word(), operation.path);
    let examples = all().examples.iter();
    examples.filter(move |example| example.operation == name)
}

/// Examples as OpenAPI has them, each by its name.
pub(super) fn named<'e>(examples: impl Iterator<Item = (&'e Example, &'e Value)>) -> Option<Value> {
    let one = |(example, value): (&Example, &Value)| {
        let key = example
            .name
            .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        (key, json!({"summary": example.name, "value": value}))
    };
    let named: Map<String, Value> = examples.map(one).collect();
    (!named.is_empty()).then_some(Value::Object(named))
}

/// An example of the problems of a status.
pub(super) fn problem(status: u16) -> Option<Value> {
    let problem = match status {
        408 => Some(Problem::too_slow()),
        503 => Some(Problem::unavailable()),
        _ => None,
    };
    if let Some(problem) = problem {
        return serde_json::to_value(problem).ok();
    }
    let Examples {
        examples,
        everywhere,
    } = all();
    let mut examples = everywhere.iter().chain(examples);
    let found = examples.find(|example| example.status == status)?;
    Some(found.answer.clone())
}
