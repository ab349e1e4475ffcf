//! Extensions belong to their tenant: two tenants may have the same number.

use crate::common::database::Backend;
use crate::common::site::Site;
use serde_json::{Value, json};

on_our_own! {
    two_tenants_have_the_same_number
    what_points_at_a_number_stays_within_its_tenant
    a_number_that_changes_or_moves_stays_the_tenants
    a_number_that_does_not_fit_is_refused
}

const SERVER: &str = "192.168.198.5";

fn extension(tenant: u32, number: &str) -> Value {
    json!({
        "tenant_id": tenant,
        "extension_number": number,
        "secret": "s3cur3p@ss",
        "voicemail_enabled": true
    })
}

/// What VICIdial has a phone under: dialplan number, login, voicemail box.
fn stored(api: &Site, phone: &str) -> Value {
    let row = api.row("phones", "extension", phone);
    json!([row["dialplan_number"], row["login"], row["voicemail_id"]])
}

/// The demo, where tenants 1 and 2 have extension 1001 each.
fn with_two(backend: Backend) -> Site {
    let mut api = Site::demo(backend);
    for tenant in [1, 2] {
        let made = api.post("/api/extensions", extension(tenant, "1001"));
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(made.body["extension_number"], "1001");
        assert_eq!(made.body["digits"], "1001");
        assert_eq!(made.body["tenant_id"], tenant);
    }
    api
}

fn two_tenants_have_the_same_number(backend: Backend) {
    let mut api = with_two(backend);
    assert_eq!(stored(&api, "1001"), json!(["1001", "1001", "1001"]));
    assert_eq!(
        stored(&api, "2_1001"),
        json!(["2*1001", "2_1001", "2x1001"])
    );
    let second = api.get(&format!("/api/extensions/2_1001@{SERVER}")).body;
    assert_eq!(second["extension_number"], "1001");
    assert_eq!(second["key"], format!("2_1001@{SERVER}"));
    // Each once within its tenant.
    for tenant in [1, 2] {
        let again = api.post("/api/extensions", extension(tenant, "1001"));
        assert_eq!(
            (again.status, again.wrong()),
            (409, vec!["extension_number".to_owned()])
        );
        let path = format!("/api/extensions?tenant_id={tenant}&search=1001");
        let found = api.get(&path).body;
        assert_eq!(found["total"], 1, "{found}");
        assert_eq!(found["data"][0]["tenant_id"], tenant);
    }
    // A number that everybody's extension has is of every tenant, and nobody but a tenant has one behind its own.
    let mut taken = extension(1, "100");
    taken["server_ip"] = json!("10.0.9.8");
    assert_eq!(api.post("/api/extensions", taken).status, 409);
    let everybody = json!({"digits": "1001", "dest_kind": "hangup"});
    assert_eq!(api.post("/api/extensions", everybody).status, 409);
    let reads_so = api.post("/api/extensions", extension(2, "2*1002"));
    assert_eq!(
        (reads_so.status, reads_so.wrong()),
        (422, vec!["extension_number".to_owned()])
    );
    // What was read can be written back, and changed.
    let path = format!("/api/extensions/2_1001@{SERVER}");
    let written = api.put(&path, second.clone());
    assert_eq!((written.status, &written.body), (200, &second));
    assert_eq!(
        stored(&api, "2_1001"),
        json!(["2*1001", "2_1001", "2x1001"])
    );
    // The cap counts the tenant's own.
    api.patch("/api/tenants/2", json!({"max_extensions": 1}));
    let over = api.post("/api/extensions", extension(2, "1005"));
    assert_eq!(
        (over.status, over.wrong()),
        (409, vec!["tenant_id".to_owned()])
    );
    assert_eq!(
        api.post("/api/extensions", extension(1, "1005")).status,
        201
    );
}

fn what_points_at_a_number_stays_within_its_tenant(backend: Backend) {
    let mut api = with_two(backend);
    let mut points = |tenant: Value, e164: &str, id: &str| {
        let body =
            json!({"account_id": tenant, "e164": e164, "dest_kind": "extension", "dest_id": id});
        let did = api.post("/api/dids", body);
        match did.status {
            201 => did.body["dest_id"].as_str().expect("a target").to_owned(),
            status => format!("{status} {}", did.body["errors"][0]["message"]),
        }
    };
    let (first, second) = (format!("1001@{SERVER}"), format!("2_1001@{SERVER}"));
    assert_eq!(points(json!("acc_1"), "12025550101", "1001"), first);
    assert_eq!(points(json!("acc_2"), "12025550102", "1001"), second);
    let others = "422 \"is an extension of another tenant\"";
    assert_eq!(points(json!("acc_1"), "12025550103", &second), others);
    assert_eq!(points(json!("acc_2"), "12025550104", &first), others);
    let several = points(Value::Null, "12025550105", "1001");
    assert!(several.contains("of several tenants"), "{several}");
    assert_eq!(points(Value::Null, "12025550106", &second), second);
    // What everybody sees is of every tenant.
    assert_eq!(
        points(json!("acc_2"), "12025550107", "100"),
        "cc100@10.0.9.8"
    );
    // Of one that another tenant alone has, a tenant knows nothing.
    let mut made = api.post("/api/extensions", extension(1, "1007")).body;
    let id = made["id"].take();
    let id = format!("ext_{id}");
    for id in ["1007", &id] {
        let body = json!({"account_id": "acc_2", "e164": "12025550108", "dest_kind": "extension", "dest_id": id});
        let refused = api.post("/api/dids", body);
        assert_eq!(
            (refused.status, refused.wrong()),
            (422, vec!["dest_id".to_owned()])
        );
    }
    // In routes, and of extensions, as well.
    let routes = json!({"routes": [{"dest_kind": "extension", "dest_id": "1001"}]});
    let dids = api.get("/api/dids?search=12025550107").body;
    let path = format!("/api/dids/{}/routes", dids["data"][0]["id"]);
    assert_eq!(api.put(&path, routes).body["dest_id"], json!(second));
    let mut next = extension(2, "1008");
    next["dest_kind"] = json!("extension");
    next["dest_id"] = json!("1001");
    assert_eq!(
        api.post("/api/extensions", next).body["dest_id"],
        json!(second)
    );
    // An in-group that leads to 1001 leads to the first one's.
    let mut groups = json!(api.database.rows("vicidial_inbound_groups"));
    groups[0]["after_hours_action"] = json!("EXTENSION");
    groups[0]["after_hours_exten"] = json!("1001");
    api.load(json!({"vicidial_inbound_groups": groups}));
    for (phone, kind) in [("1001", true), ("2_1001", false)] {
        let answer = api.delete(&format!("/api/extensions/{phone}@{SERVER}"));
        let pointing = answer.body["pointing"].to_string();
        assert_eq!(answer.status, 409);
        assert_eq!(pointing.contains("in_group"), kind, "{phone} {pointing}");
    }
}

fn a_number_that_changes_or_moves_stays_the_tenants(backend: Backend) {
    let mut api = with_two(backend);
    let path = format!("/api/extensions/2_1001@{SERVER}");
    let moved = api.patch(&path, json!({"tenant_id": 1}));
    assert_eq!(
        (moved.status, moved.wrong()),
        (409, vec!["extension_number".to_owned()])
    );
    let changed = api.patch(&path, json!({"extension_number": "1002"}));
    assert_eq!(changed.body["extension_number"], "1002", "{}", changed.body);
    assert_eq!(stored(&api, "2_1001"), json!(["1002", "2_1001", "1002"]));
    let back = api.patch(&path, json!({"extension_number": "1001"})).body;
    assert_eq!(back["key"], format!("2_1001@{SERVER}"));
    assert_eq!(
        stored(&api, "2_1001"),
        json!(["2*1001", "2_1001", "2x1001"])
    );
    // The first one goes: the second keeps what VICIdial knows it by.
    let first = format!("/api/extensions/1001@{SERVER}");
    assert_eq!(api.delete(&first).status, 204);
    assert_eq!(api.get(&path).body, back);
    let again = api.post("/api/extensions", extension(2, "1001"));
    assert_eq!(again.status, 409);
    let moved = api.patch(&path, json!({"tenant_id": 1}));
    assert_eq!(
        (moved.status, &moved.body["extension_number"]),
        (200, &json!("1001"))
    );
    assert_eq!(stored(&api, "2_1001"), json!(["1001", "2_1001", "1001"]));
}

fn a_number_that_does_not_fit_is_refused(backend: Backend) {
    let mut api = Site::demo(backend);
    let long = "12345678901234567890";
    let mut body = extension(1, long);
    body["voicemail_enabled"] = json!(false);
    assert_eq!(api.post("/api/extensions", body.clone()).status, 201);
    body["tenant_id"] = json!(2);
    let refused = api.post("/api/extensions", body);
    assert_eq!(refused.status, 409);
    let message = refused.body["errors"][0]["message"].to_string();
    assert!(
        message.contains("no room for 2*12345678901234567890"),
        "{message}"
    );
    // A box has 10 characters.
    assert_eq!(
        api.post("/api/extensions", extension(1, "123456789"))
            .status,
        201
    );
    let refused = api.post("/api/extensions", extension(2, "123456789"));
    assert_eq!(
        (refused.status, refused.wrong()),
        (422, vec!["voicemail_enabled".to_owned()])
    );
}
