//! The examples of the API's description (`fixtures/openapi_examples.json`) are what a server with the demo's rows answers.
//! `VICISHIM_RECORD_EXAMPLES=1` writes its answers into the file.

use serde_json::{Map, Value, json};

use crate::common::database::Backend;
use crate::common::json::Answer;
use crate::common::site::Site;
use crate::common::{fixture, read_fixture};

fn site() -> Site {
    let database = Site::demo_rows(Backend::Sqlite, json!({}));
    Site::on(database, &["--time-zone", "America/New_York"])
}

/// Sends an example's request.
fn send(api: &mut Site, example: &Map<String, Value>) -> Answer {
    let text = |field: &str| example.get(field).and_then(Value::as_str);
    let (method, _) = text("operation")
        .and_then(|operation| operation.split_once(' '))
        .expect("a method and a path");
    let body = match (example.get("body"), example.get("padding")) {
        (Some(body), _) => body.to_string(),
        (None, Some(bytes)) => " ".repeat(
            bytes
                .as_u64()
                .and_then(|bytes| bytes.try_into().ok())
                .expect("a count"),
        ),
        (None, None) => text("raw").unwrap_or_default().to_owned(),
    };
    let headers = example.get("headers").and_then(Value::as_object);
    let headers: Vec<(&str, &str)> = headers
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value.as_str().expect("a header")))
        .collect();
    api.user = match text("user") {
        None => "6666:1234",
        Some("6666:wrong") => "6666:wrong",
        Some("1003:1234") => "1003:1234",
        Some(other) => panic!("a user {other}"),
    };
    api.send(method, text("path").expect("a path"), &headers, &body)
}

/// Puts one time in the place of that of each change.
fn settle(answer: &mut Value) {
    match answer {
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "changed_at" => *value = json!("2026-11-20T09:00:00Z"),
                    _ => settle(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(settle),
        _ => {}
    }
}

#[test]
fn every_example_is_what_a_server_answers() {
    let mut file: Value =
        serde_json::from_str(&read_fixture("openapi_examples.json")).expect("JSON");
    let is_recording = std::env::var_os("VICISHIM_RECORD_EXAMPLES").is_some();
    let mut api = site();
    let mut count = 0;
    for list in ["examples", "everywhere"] {
        for example in file[list].as_array_mut().expect("a list") {
            let example = example.as_object_mut().expect("an example");
            let before = example.get("before").and_then(Value::as_array);
            for step in before.into_iter().flatten() {
                let text = |field: &str| step[field].as_str().expect("a text");
                let body = step["body"].to_string();
                api.user = "6666:1234";
                let answer = api.send(text("method"), text("path"), &[], &body);
                assert!(answer.status < 300, "{step}: {}", answer.body);
            }
            let mut answer = send(&mut api, example);
            settle(&mut answer.body);
            let was_changed = before.is_some()
                || answer.status < 300
                    && example["operation"]
                        .as_str()
                        .is_some_and(|one| !one.starts_with("GET "));
            if was_changed {
                api = site();
            }
            if is_recording {
                example.insert("status".to_owned(), json!(answer.status));
                example.insert("answer".to_owned(), answer.body);
                continue;
            }
            let name = format!("{} {}", example["operation"], example["name"]);
            assert_eq!(
                json!(answer.status),
                example["status"],
                "{name} {}",
                answer.body
            );
            assert_eq!(answer.body, example["answer"], "{name}");
            count += 1;
        }
    }
    if is_recording {
        let text = serde_json::to_string_pretty(&file).expect("JSON");
        std::fs::write(fixture("openapi_examples.json"), text + "\n").expect("the file is written");
    }
    assert!(is_recording || count > 40, "{count}");
}
