//! `format=json`: the lines of a reply as one object.

use serde_json::{Value, json};

use crate::common::client::Response;
use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database_and_with_state! {
    a_reply_of_lines_is_an_object
    another_format_means_what_it_means_on_the_wire
    what_has_a_format_of_its_own_keeps_it
    the_wire_dialect_knows_no_json
}

fn object(response: &Response) -> Value {
    assert_eq!(response.header("content-type"), Some("application/json"));
    serde_json::from_str(&response.body).expect("JSON")
}

fn a_reply_of_lines_is_an_object(backend: Backend) {
    let mut api = Site::start(backend);
    let response = api.ask("add_did&did_pattern=7275550001&format=json");
    assert_eq!(
        (response.status, response.body.as_str()),
        (
            200,
            "{\"status\":\"SUCCESS\",\"function\":\"add_did\",\"reason\":\"add_did DID HAS BEEN ADDED\",\
             \"user\":\"6666\",\"data\":[\"7275550001\"],\
             \"lines\":[\"SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550001\"]}\n"
        )
    );
    let copy = "copy_did&source_did_pattern=default&new_dids=7275550001,7275550002&format=json";
    let copied = object(&api.ask(copy));
    assert_eq!(copied["reason"], "copy_did DIDS HAVE BEEN ADDED");
    assert_eq!(copied["data"], json!(["default", "1", "1"]));
    assert_eq!(copied["lines"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        copied["lines"][0],
        "NOTICE: copy_did DID ALREADY EXISTS - 6666|7275550001"
    );
    for (query, status, reason, data) in [
        (
            "update_did&did_pattern=7275550001",
            "NOTICE",
            "update_did NO UPDATES DEFINED",
            json!([]),
        ),
        (
            "nothing_of_that_name",
            "ERROR",
            "NO FUNCTION SPECIFIED",
            json!([]),
        ),
        (
            "copy_did&source_did_pattern=x",
            "ERROR",
            "copy_did YOU MUST USE ALL REQUIRED FIELDS",
            json!(["x", ""]),
        ),
        (
            "did_log_export&phone_number=1&date=2026-01-01",
            "ERROR",
            "did_log_export NO RECORDS FOUND",
            json!(["1", "2026-01-01"]),
        ),
    ] {
        let answer = object(&api.ask(&format!("{query}&format=json")));
        assert_eq!(
            [&answer["status"], &answer["reason"], &answer["data"]],
            [&json!(status), &json!(reason), &data],
            "{query}"
        );
    }
    let cid_group = "update_cid_group_entry&cid_group_id=AREACODES&stage=INFO&areacode=---ALL---";
    let lines = api.body(cid_group);
    let info = object(&api.ask(&format!("{cid_group}&format=json")));
    assert_eq!(info["lines"], json!(lines.lines().collect::<Vec<_>>()));
    assert_eq!(info["function"], "update_cid_group_entry");
    let signed_out = api
        .server
        .client()
        .get("source=test&user=6666&pass=x&function=add_did&format=json");
    assert_eq!(object(&signed_out)["data"], json!(["BAD"]));
    let coffee = api.ask("coffee&format=json");
    assert_eq!(
        (coffee.status, &object(&coffee)["status"]),
        (418, &json!("ERROR"))
    );
}

fn another_format_means_what_it_means_on_the_wire(backend: Backend) {
    let mut api = Site::start(backend);
    for format in ["xml", "text", "link", "selectframe", "JSON", ""] {
        let query = format!("add_did&did_pattern=7275550900x{format}&format={format}");
        let reply = format!("SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550900x{format}\n");
        api.says(&query, &reply);
    }
    // The manual's own example.
    let chooser = api.body("vm_list&format=selectframe&comments=fieldname&stage=date");
    assert!(chooser.starts_with("<!DOCTYPE html>"), "{chooser}");
}

fn what_has_a_format_of_its_own_keeps_it(backend: Backend) {
    let mut api = Site::start(backend);
    for query in [
        "did_list",
        "did_list&stage=json",
        "vm_list",
        "vm_list&stage=csv",
    ] {
        let plain = api.ask(query);
        let asked = api.ask(&format!("{query}&format=json"));
        assert_eq!(asked.body, plain.body, "{query}");
        assert_eq!(
            asked.header("content-type"),
            plain.header("content-type"),
            "{query}"
        );
    }
}

fn the_wire_dialect_knows_no_json(backend: Backend) {
    let mut api = Site::speaking("wire", backend);
    for format in ["json", "xml"] {
        let query = format!("update_did&did_pattern=default&format={format}");
        let response = api.ask(&query);
        assert_eq!(
            response.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(
            response.body,
            "NOTICE: update_did NO UPDATES DEFINED: |6666|\n"
        );
    }
}
