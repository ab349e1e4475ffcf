//! Single routes of a DID: `/api/dids/{id}/routes` and `/api/dids/{id}/routes/{n}`.

use serde_json::{Value, json};

use crate::common::database::Backend;
use crate::common::site::Site;

on_our_own! {
    a_route_is_added_shown_replaced_and_deleted
    a_route_is_not_put_where_it_would_never_apply
}

on_each_database_and_with_state! {
    the_only_route_needs_no_table_of_ours
}

fn ids(routes: &Value) -> Vec<&str> {
    let routes = routes["routes"].as_array().expect("routes");
    routes
        .iter()
        .map(|route| route["dest_id"].as_str().expect("an id"))
        .collect()
}

fn a_route_is_added_shown_replaced_and_deleted(backend: Backend) {
    let mut api = Site::demo(backend);
    let all = "/api/dids/2/routes";
    let main = json!({"dest_kind": "queue", "dest_id": "TEST_IN2"});
    api.put(all, json!({ "routes": [main] }));
    // Before the one that always applies, or at its position.
    let weekend = json!({"dest_kind": "voicemail", "dest_id": "8301", "conditions": {"days": ["sat", "sun"]}});
    let made = api.post(all, weekend);
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(
        made.response.header("location"),
        Some("/api/dids/2/routes/1")
    );
    assert_eq!(
        (&made.body["position"], &made.body["dest_id"]),
        (&json!(1), &json!("8301"))
    );
    let menu = json!({"dest_kind": "ivr", "dest_id": "main_menu", "conditions": {"days": ["mon"]}, "position": 1});
    let made = api.post(all, menu);
    assert_eq!(
        (made.status, &made.body["position"]),
        (201, &json!(1)),
        "{}",
        made.body
    );
    let listed = api.get(all);
    assert_eq!(ids(&listed.body), ["main_menu", "8301", "TEST_IN2"]);
    let did = api.get("/api/dids/2");
    assert_eq!(did.body["routes"], listed.body["routes"]);
    let second = api.get("/api/dids/did_2/routes/2");
    assert_eq!(second.body["conditions"]["days"], json!(["sat", "sun"]));
    // The tag is that of the DID, whichever part of it is shown.
    assert_eq!(
        [made.etag(), listed.etag(), second.etag()],
        [did.etag(), did.etag(), did.etag()]
    );

    // What was read is written back, with a change.
    let mut changed = second.body.clone();
    changed["dest_id"] = json!("8302");
    let headers = [("If-Match", did.etag())];
    let headers = headers.each_ref().map(|(name, tag)| (*name, tag.as_str()));
    let path = "/api/dids/2/routes/2";
    let put = api.send("PUT", path, &headers, &changed.to_string());
    assert_eq!(
        (put.status, &put.body["dest_id"]),
        (200, &json!("8302")),
        "{}",
        put.body
    );
    let stale = api.send("DELETE", path, &headers, "");
    assert_eq!(stale.status, 412);
    assert_eq!(api.delete(path).status, 204);
    assert_eq!(ids(&api.get(all).body), ["main_menu", "TEST_IN2"]);
    let deleted = api.delete(path);
    assert_eq!(deleted.status, 204);
    let warning = deleted.response.header("x-vicishim-warning");
    assert!(warning.is_some_and(|text| text.starts_with("it has no route")));
    assert_eq!(ids(&api.get(all).body), ["main_menu"]);
    // What a dialer obeys is gone too.
    let number = did.body["number"].as_str().expect("a number");
    let row = api.row("vicidial_inbound_dids", "did_pattern", number);
    assert_eq!(row["extension"], "9998811112");
}

fn a_route_is_not_put_where_it_would_never_apply(backend: Backend) {
    let mut api = Site::demo(backend);
    let main = json!({"dest_kind": "queue", "dest_id": "TEST_IN2"});
    let weekend =
        json!({"dest_kind": "voicemail", "dest_id": "8301", "conditions": {"days": ["sat"]}});
    let both = json!({ "routes": [weekend, main] });
    api.put("/api/dids/2/routes", both.clone());
    let with = |route: &Value, field: &str, value: Value| {
        let mut route = route.clone();
        route[field] = value;
        route
    };
    for (method, path, body, wrong) in [
        ("POST", "", main.clone(), "conditions"),
        ("POST", "", with(&weekend, "position", json!(3)), "position"),
        ("POST", "", with(&weekend, "position", json!(0)), "position"),
        (
            "POST",
            "",
            with(&weekend, "dest_kind", json!(null)),
            "dest_kind",
        ),
        ("POST", "", with(&weekend, "what", json!(1)), "what"),
        ("PUT", "/1", main.clone(), "conditions"),
        ("PUT", "/2", with(&main, "position", json!(1)), "position"),
        ("PUT", "/2", with(&main, "dest_id", json!("")), "dest_id"),
        (
            "PUT",
            "/2",
            with(&weekend, "conditions", json!({"from": "9"})),
            "conditions",
        ),
    ] {
        let path = format!("/api/dids/2/routes{path}");
        let answer = api.send(method, &path, &[], &body.to_string());
        assert_eq!(
            (answer.status, answer.wrong()),
            (422, vec![wrong.to_owned()]),
            "{method} {path} {body}"
        );
    }
    for path in ["0", "3", "999999", "x", "+1", ""] {
        let path = format!("/api/dids/2/routes/{path}");
        assert_eq!(api.get(&path).status, 404, "{path}");
        assert_eq!(api.delete(&path).status, 404, "{path}");
    }
    assert_eq!(
        ids(&api.get("/api/dids/2/routes").body),
        ["8301", "TEST_IN2"]
    );
    // Conditions for the last one leave the DID without one that always applies, and it may have one again.
    assert_eq!(api.put("/api/dids/2/routes/2", weekend).status, 200);
    let made = api.post("/api/dids/2/routes", main);
    assert_eq!((made.status, &made.body["position"]), (201, &json!(3)));
}

fn the_only_route_needs_no_table_of_ours(backend: Backend) {
    let mut api = Site::demo(backend);
    let made = api.post(
        "/api/dids",
        json!({"user_group": "SALES", "number": "2125550100"}),
    );
    let routes = format!("/api/dids/{}/routes", made.body["id"]);
    let added = api.post(&routes, json!({"dest_kind": "user", "dest_id": "6666"}));
    assert_eq!(added.status, 201, "{}", added.body);
    let row = api.row("vicidial_inbound_dids", "did_pattern", "2125550100");
    assert_eq!(
        (&row["did_route"], &row["user"]),
        (&json!("AGENT"), &json!("6666"))
    );
    assert_eq!(api.delete(&format!("{routes}/1")).status, 204);
    assert_eq!(api.get(&routes).body, json!({"routes": []}));
}

#[test]
fn without_tables_of_ours_a_condition_is_refused_by_its_name() {
    let mut api = Site::demo(Backend::Vicidial);
    let body =
        json!({"dest_kind": "voicemail", "dest_id": "8301", "conditions": {"days": ["sat"]}});
    for (method, path) in [
        ("POST", "/api/dids/2/routes"),
        ("PUT", "/api/dids/2/routes/1"),
    ] {
        let answer = api.send(method, path, &[], &body.to_string());
        assert_eq!(
            (answer.status, answer.wrong()),
            (422, vec!["conditions".to_owned()]),
            "{}",
            answer.body
        );
    }
    assert_eq!(ids(&api.get("/api/dids/2/routes").body), ["TEST_IN2"]);
}
