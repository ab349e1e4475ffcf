//! Numbers, descriptions and statuses as people write them, in the JSON API.

use serde_json::json;

use crate::common::database::Backend;
use crate::common::json::Answer;
use crate::common::site::Site;

on_each_database_and_with_state! {
    a_did_is_found_by_its_number_in_any_form
}

fn ids(answer: &Answer) -> Vec<i64> {
    let data = answer.body["data"].as_array().expect("a list");
    data.iter()
        .map(|did| did["id"].as_i64().expect("an id"))
        .collect()
}

fn a_did_is_found_by_its_number_in_any_form(backend: Backend) {
    let mut api = Site::demo(backend);
    for number in [
        "7275551114",
        "17275551114",
        "%2B17275551114",
        "+1-727-555-1114",
        "(727)%20555-1114",
        "727.555.1114",
    ] {
        let found = api.get(&format!("/api/dids?number={number}"));
        assert_eq!(
            (ids(&found), &found.body["total"]),
            (vec![2], &json!(1)),
            "{number}"
        );
    }
    assert_eq!(ids(&api.get("/api/dids?number=17275551112")), [3]);
    assert_eq!(ids(&api.get("/api/dids?number=default")), [1]);
    // Exact: neither a part of one nor one within it, and the other filters count too.
    for nothing in [
        "727555111",
        "72755511140",
        "555-1114",
        "7275551114&status=inactive",
    ] {
        let found = api.get(&format!("/api/dids?number={nothing}"));
        assert_eq!(
            (ids(&found), &found.body["total"]),
            (Vec::new(), &json!(0)),
            "{nothing}"
        );
    }
    for wrong in ["", "7275551114%20ext%205", "7.27556E%2B09"] {
        let refused = api.get(&format!("/api/dids?number={wrong}"));
        assert_eq!(
            (refused.status, refused.wrong()),
            (422, vec!["number".to_owned()]),
            "{wrong}"
        );
    }
    api.user = "1007:1234";
    assert!(ids(&api.get("/api/dids?number=3125559002")).is_empty());
    assert_eq!(ids(&api.get("/api/dids?number=3125559000")), [4]);
}
