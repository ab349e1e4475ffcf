//! What a user who sees some user groups only can do through the JSON API: nothing outside of them, and nothing to its own cap.

use serde_json::{Value, json};

use crate::common::database::Backend;
use crate::common::site::Site;

/// A level 8 user of SALES, with all flags, who sees SALES and SUPPORT.
const TENANTS_USER: &str = "1007:1234";

on_each_database! {
    a_thing_stays_within_the_user_groups_of_who_changes_it
    a_target_outside_the_scope_is_not_there
    what_leads_to_a_phone_is_counted_not_named
    who_takes_a_call_is_told_only_within_the_scope
}

on_our_own! {
    a_cap_is_set_for_a_tenant_not_by_it
    an_extension_is_found_by_its_id_within_the_scope_only
    what_has_a_schedule_is_counted_not_named
}

fn wrong(answer: (u16, Vec<String>)) -> String {
    assert_eq!(answer.0, 422, "{:?}", answer.1);
    answer.1.join(",")
}

fn a_thing_stays_within_the_user_groups_of_who_changes_it(backend: Backend) {
    let mut api = Site::demo(backend);
    api.user = TENANTS_USER;
    let mut patch = |path: &str, body: Value| {
        let answer = api.patch(path, body);
        (answer.status, answer.wrong())
    };
    // A shared DID is not taken, and one's own is not given away: neither to everybody nor to no user group.
    assert_eq!(
        wrong(patch("/api/dids/2", json!({"user_group": "SALES"}))),
        "user_group"
    );
    assert_eq!(
        wrong(patch("/api/dids/4", json!({"user_group": "---ALL---"}))),
        "user_group"
    );
    assert_eq!(
        wrong(patch("/api/dids/4", json!({"user_group": null}))),
        "user_group"
    );
    assert_eq!(
        wrong(patch("/api/dids/4", json!({"user_group": ""}))),
        "user_group"
    );
    assert_eq!(
        wrong(patch("/api/dids/4", json!({"tenant_id": null}))),
        "tenant_id"
    );
    let phone = "/api/extensions/cc101@10.0.9.8";
    assert_eq!(
        wrong(patch(phone, json!({"user_group": "---ALL---"}))),
        "user_group"
    );
    let shared = "/api/extensions/cc100@10.0.9.8";
    assert_eq!(
        wrong(patch(shared, json!({"user_group": "SALES"}))),
        "user_group"
    );
    // What says nothing new is no change.
    assert_eq!(
        patch("/api/dids/4", json!({"user_group": "SALES", "label": "x"})).0,
        200
    );
    assert_eq!(
        patch(
            "/api/dids/2",
            json!({"user_group": "---ALL---", "label": "x"})
        )
        .0,
        200
    );
    // What it makes is of its own user group where it names none, and never everybody's.
    let made = api.post(
        "/api/dids",
        json!({"e164": "7275550700", "dest_kind": "hangup"}),
    );
    assert_eq!(
        (made.status, &made.body["user_group"]),
        (201, &json!("SALES")),
        "{}",
        made.body
    );
    let body = json!({"digits": "3009", "server_ip": "10.0.9.8"});
    let made = api.post("/api/extensions", body);
    assert_eq!(
        (made.status, &made.body["user_group"]),
        (201, &json!("SALES")),
        "{}",
        made.body
    );
    let body = json!({"number": "7275550701", "user_group": "---ALL---"});
    let refused = api.post("/api/dids", body.clone());
    assert_eq!(wrong((refused.status, refused.wrong())), "user_group");
    // Who sees all may.
    api.user = "6666:1234";
    assert_eq!(api.post("/api/dids", body).status, 201);
    assert_eq!(
        api.patch("/api/dids/2", json!({"user_group": "SALES"}))
            .status,
        200
    );
}

fn a_cap_is_set_for_a_tenant_not_by_it(backend: Backend) {
    let mut api = Site::demo(backend);
    api.user = TENANTS_USER;
    assert_eq!(api.get("/api/tenants/1").body["max_extensions"], 5);
    for answer in [
        api.patch("/api/tenants/1", json!({"max_extensions": null})),
        api.put(
            "/api/tenants/1",
            json!({"user_group": "SALES", "max_extensions": 9}),
        ),
        api.delete("/api/tenants/1"),
        api.post("/api/tenants", json!({"user_group": "SUPPORT"})),
    ] {
        assert_eq!(answer.status, 403, "{}", answer.body);
    }
    assert_eq!(api.patch("/api/tenants/2", json!({})).status, 404);
    api.user = "6666:1234";
    let lifted = api.patch("/api/tenants/1", json!({"max_extensions": 9}));
    assert_eq!(
        (lifted.status, &lifted.body["max_extensions"]),
        (200, &json!(9))
    );
}

/// Changes DID 4 to lead to this extension; the status, and what is wrong.
fn lead_to(api: &mut Site, extension: &str) -> (u16, Vec<String>) {
    let body = json!({"dest_kind": "extension", "dest_id": extension});
    let answer = api.patch("/api/dids/4", body);
    (answer.status, answer.wrong())
}

fn a_target_outside_the_scope_is_not_there(backend: Backend) {
    let mut api = Site::demo(backend);
    api.user = TENANTS_USER;
    // sup200 is another user group's.
    for hidden in ["200", "sup200", "sup200@192.168.198.5"] {
        assert_eq!(wrong(lead_to(&mut api, hidden)), "dest_id", "{hidden}");
    }
    for seen in ["101", "cc101@10.0.9.8", "100", "not-yet@10.0.9.8"] {
        assert_eq!(lead_to(&mut api, seen), (200, vec![]), "{seen}");
    }
    // What another user has set stays.
    api.user = "6666:1234";
    assert_eq!(lead_to(&mut api, "200").0, 200);
    api.user = TENANTS_USER;
    assert_eq!(lead_to(&mut api, "sup200@192.168.198.5"), (200, vec![]));
}

fn an_extension_is_found_by_its_id_within_the_scope_only(backend: Backend) {
    let mut api = Site::demo(backend);
    let hidden = api.get("/api/extensions/sup200@192.168.198.5").body["id"].to_string();
    let seen = api.get("/api/extensions/cc101@10.0.9.8").body["id"].to_string();
    api.user = TENANTS_USER;
    assert_eq!(
        wrong(lead_to(&mut api, &format!("ext_{hidden}"))),
        "dest_id"
    );
    assert_eq!(lead_to(&mut api, &format!("ext_{seen}")), (200, vec![]));
}

fn what_leads_to_a_phone_is_counted_not_named(backend: Backend) {
    let mut api = Site::demo(backend);
    for did in ["2", "6"] {
        let body = json!({"dest_kind": "extension", "dest_id": "cc101@10.0.9.8"});
        assert_eq!(api.patch(&format!("/api/dids/{did}"), body).status, 200);
    }
    // DID 6 is of EXEC.
    api.user = TENANTS_USER;
    let refused = api.delete("/api/extensions/cc101@10.0.9.8");
    assert_eq!(refused.status, 409);
    let named: Vec<&Value> = refused.body["pointing"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|pointer| &pointer["name"])
        .collect();
    assert_eq!(named, [&json!("7275551114")]);
    let detail = refused.body["detail"].as_str().expect("a text");
    assert!(detail.contains("1 of them"), "{detail}");
    api.user = "6666:1234";
    let refused = api.delete("/api/extensions/cc101@10.0.9.8").body;
    assert_eq!(refused["pointing"].as_array().map(Vec::len), Some(2));
}

fn what_has_a_schedule_is_counted_not_named(backend: Backend) {
    let mut api = Site::demo(backend);
    let schedule = api.get("/api/schedules").body["data"][0]["id"].to_string();
    let given = api.patch("/api/dids/6", json!({"schedule_id": schedule}));
    assert_eq!(given.status, 200, "{}", given.body);
    api.user = TENANTS_USER;
    let refused = api.delete(&format!("/api/schedules/{schedule}"));
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(
        !refused.body.to_string().contains("3125559002"),
        "{}",
        refused.body
    );
    let detail = refused.body["detail"].as_str().expect("a text");
    assert!(detail.contains("1 of them"), "{detail}");
}

fn who_takes_a_call_is_told_only_within_the_scope(backend: Backend) {
    let mut api = Site::demo(backend);
    let asked = "did_pattern=4045550000";
    let shown = api.text("did_route_test", asked);
    assert!(shown.contains("|default|"), "{shown}");
    // Now the DID that takes all others is another user group's.
    assert_eq!(
        api.patch("/api/dids/1", json!({"user_group": "ADMIN"}))
            .status,
        200
    );
    api.user = TENANTS_USER;
    let hidden = api.text("did_route_test", asked);
    assert_eq!(
        hidden,
        "NOTICE: did_route_test NO ROUTE - 1007|4045550000||HIDDEN||the DID that takes it is of a user group that you do not see\n"
    );
    // Also where its own DID is not active.
    assert_eq!(
        api.patch("/api/dids/4", json!({"status": "disabled"}))
            .status,
        200
    );
    let hidden = api.text("did_route_test", "did_pattern=3125559000");
    let detail =
        "a dialer passes its calls on to the DID default, of a user group that you do not see";
    assert!(hidden.contains("|inactive||"), "{hidden}");
    assert!(
        hidden.ends_with(&format!("\n3|dialer||{detail}\n")),
        "{hidden}"
    );
    let landing = api.get("/api/dids/4/route").body;
    let dialer = json!({"did_route": null, "target": null, "detail": detail});
    assert_eq!(
        (&landing["outcome"], &landing["dialer"]),
        (&json!("inactive"), &dialer)
    );
}
