//! `did_lint`: what is wrong with DIDs, as the text API lists it.

use serde_json::{Value, json};

use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database! {
    findings_of_several_pages_are_counted
    each_format_has_its_content_type
}

fn findings_of_several_pages_are_counted(backend: Backend) {
    // More than two of the pages in which they are read.
    let dids: Vec<Value> = (0..2100)
        .map(|n| json!({"did_pattern": format!("7{n:09}"), "did_route": "IN_GROUP", "group_id": "GONE"}))
        .collect();
    let dids = json!({ "vicidial_inbound_dids": dids });
    let mut api = Site::with("documented", backend, dids);
    let body = api.body("did_lint&records=5000");
    assert_eq!(body.lines().count(), 2100);
    let last = "2100|7000002099|target_missing|there is no in-group GONE";
    assert_eq!(body.lines().last(), Some(last));
    let log = api.last("vicidial_api_log", "api_id");
    assert_eq!(log["result_reason"], "did_lint RECORDS FOUND: 2100");
}

fn each_format_has_its_content_type(backend: Backend) {
    let mut api = Site::start(backend);
    for (stage, content_type) in [
        ("pipe", "text/plain; charset=utf-8"),
        ("tab", "text/plain; charset=utf-8"),
        ("csv", "text/csv; charset=utf-8"),
        ("json", "application/json"),
    ] {
        let response = api.ask(&format!("did_lint&stage={stage}"));
        assert_eq!(
            response.header("content-type"),
            Some(content_type),
            "{stage}"
        );
    }
}

/// Counted as not sent, it would give more rows than were asked for.
#[test]
fn a_value_of_which_nothing_is_left_is_refused() {
    let mut api = Site::start(Backend::Sqlite);
    for function in ["did_lint", "did_list", "change_list"] {
        let line = format!(
            "ERROR: {function} THE VALUE HAS NO VALID CHARACTERS, THIS IS AN OPTIONAL FIELD - 6666|records\n"
        );
        api.says(&format!("{function}&records=%21"), &line);
    }
}
