//! What our own tables hold of a DID goes with it: copied, deleted, renumbered, dumped and loaded.

use serde_json::{Value, json};

use crate::common::database::{Backend, Tables};
use crate::common::server::run;
use crate::common::site::Site;

on_our_own! {
    a_copy_has_the_settings_of_its_source
    a_copy_of_all_or_none_has_them_too
    a_copy_of_a_did_without_settings_leaves_none
    a_deleted_did_takes_its_settings_along
    a_deleted_phone_takes_its_settings_along
    settings_go_with_a_new_number
    what_is_dumped_can_be_loaded
}

/// The number of the demo's DID that has settings of ours.
const SOURCE: &str = "7275550108";

/// Settings that VICIdial's tables have no column for.
fn settings() -> Value {
    json!({
        "max_channels": 12, "fax_mode": "t38", "allow_anonymous": 0, "schedule_id": 1,
        "closed_dest_kind": "voicemail", "closed_dest_id": "8301",
        "holiday_dest_kind": "user", "holiday_dest_id": "1001",
        "routes": [
            {"dest_kind": "queue", "dest_id": "TEST_IN2", "dest_xform": {"a": 1},
             "conditions": {"days": ["sat", "sun"]}},
            {"dest_kind": "flow", "dest_id": "main_menu", "conditions": {"days": [], "from": "12:00", "to": "13:00"}},
            {"dest_kind": "queue", "dest_id": "TEST_IN2", "dest_xform": {"b": "two"}},
        ],
    })
}

/// What is shown of a DID, but for what is its own.
fn shown(api: &mut Site, number: &str) -> Value {
    let list = api.get(&format!("/api/dids?search={number}")).body;
    let dids = list["data"].as_array().expect("data");
    let did = dids.iter().find(|did| did["number"] == number);
    let mut did = did.unwrap_or_else(|| panic!("{number}: {list}")).clone();
    for field in ["id", "did_id", "number", "e164", "description", "label"] {
        did.as_object_mut().expect("a DID").remove(field);
    }
    did
}

/// The demo, its one DID with settings given all that there are.
fn site(backend: Backend) -> Site {
    let mut api = Site::demo(backend);
    let changed = api.patch("/api/dids/8", settings());
    assert_eq!(changed.status, 200, "{}", changed.body);
    for (field, value) in settings().as_object().expect("an object") {
        if field != "routes" {
            assert_eq!(changed.body[field], *value, "{field}");
        }
    }
    assert_eq!(changed.body["routes"][0]["dest_xform"], json!({"a": 1}));
    api
}

fn a_copy_has_the_settings_of_its_source(backend: Backend) {
    let mut api = site(backend);
    let source = shown(&mut api, SOURCE);
    let query = "source_did_pattern=7275550108&new_dids=7275559001,7275551114,7275559002";
    let body = api.text("copy_did", query);
    assert!(
        body.ends_with("SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|7275550108|2|1\n"),
        "{body}"
    );
    for number in ["7275559001", "7275559002"] {
        assert_eq!(shown(&mut api, number), source, "{number}");
    }
    // Each has settings of its own from then on.
    let id = api.get("/api/dids?search=7275559001").body["data"][0]["id"].clone();
    let changed = api.patch(&format!("/api/dids/{id}"), json!({"max_channels": 1}));
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(shown(&mut api, "7275559002"), source);
    assert_eq!(shown(&mut api, SOURCE), source);
    // More than one statement takes.
    let body = api.text(
        "copy_did",
        "source_did_pattern=7275550108&new_dids=7275560001-7275560300",
    );
    assert!(body.ends_with("|7275550108|300|0\n"), "{body}");
    let rows = api.database.rows("vicishim_dids");
    let routes = api.database.rows("vicishim_did_routes");
    assert_eq!((rows.len(), routes.len()), (303, 606));
    assert_eq!(shown(&mut api, "7275560300"), source);
    let dry = api.text(
        "copy_did",
        "source_did_pattern=7275550108&new_dids=7275570001&dry_run=Y",
    );
    assert!(dry.contains("|7275550108|1|0\n"), "{dry}");
    assert_eq!(api.database.rows("vicishim_dids").len(), 303);
}

fn a_copy_of_all_or_none_has_them_too(backend: Backend) {
    let mut api = site(backend);
    let source = shown(&mut api, SOURCE);
    let copy =
        "source_did_pattern=7275550108&atomic=Y&did_description=Another+one&new_dids=7275559001";
    let refused = api.text("copy_did", &format!("{copy},7275551114"));
    assert!(refused.contains("|7275550108|0|2\n"), "{refused}");
    assert_eq!(api.database.rows("vicishim_dids").len(), 1);
    let copied = api.text("copy_did", &format!("{copy},7275559002"));
    assert!(copied.ends_with("|7275550108|2|0\n"), "{copied}");
    for number in ["7275559001", "7275559002"] {
        assert_eq!(shown(&mut api, number), source, "{number}");
    }
}

fn a_copy_of_a_did_without_settings_leaves_none(backend: Backend) {
    let mut api = Site::demo(backend);
    let before = api.database.rows("vicishim_dids");
    let body = api.text(
        "copy_did",
        "source_did_pattern=7275551114&new_dids=7275559001",
    );
    assert!(body.ends_with("|7275551114|1|0\n"), "{body}");
    assert_eq!(api.database.rows("vicishim_dids"), before);
}

fn a_deleted_did_takes_its_settings_along(backend: Backend) {
    let mut api = site(backend);
    let copies = "source_did_pattern=7275550108&new_dids=7275559001,7275559002";
    api.text("copy_did", copies);
    let deleted = api.text("update_did", "did_pattern=7275559001&delete_did=Y");
    assert!(deleted.starts_with("SUCCESS"), "{deleted}");
    let id = api.get("/api/dids?search=7275559002").body["data"][0]["id"].clone();
    assert_eq!(api.delete(&format!("/api/dids/{id}")).status, 204);
    assert_eq!(api.database.rows("vicishim_dids").len(), 1);
    assert_eq!(api.database.rows("vicishim_did_routes").len(), 2);
    // Made again, it begins anew.
    api.text("add_did", "did_pattern=7275559001");
    let again = shown(&mut api, "7275559001");
    assert_eq!(
        (&again["max_channels"], &again["routes"]),
        (&Value::Null, &json!([]))
    );
}

fn a_deleted_phone_takes_its_settings_along(backend: Backend) {
    let mut api = Site::demo(backend);
    let changed = api.patch(
        "/api/extensions/41",
        json!({"schedule_id": 1, "dest_kind": "queue", "dest_id": "X"}),
    );
    assert_eq!(changed.status, 200, "{}", changed.body);
    let query = "extension=sup200&server_ip=192.168.198.5&delete_phone=Y";
    let deleted = api.text("update_phone", query);
    assert!(deleted.starts_with("SUCCESS"), "{deleted}");
    assert_eq!(api.database.rows("vicishim_extensions").len(), 2);
}

fn settings_go_with_a_new_number(backend: Backend) {
    let mut api = site(backend);
    let before = shown(&mut api, SOURCE);
    let changed = api.patch("/api/dids/8", json!({"number": "7275550999"}));
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(shown(&mut api, "7275550999"), before);
    let row = &api.database.rows("vicishim_dids")[0];
    assert_eq!(row["did_pattern"], "7275550999");
}

fn what_is_dumped_can_be_loaded(backend: Backend) {
    let mut api = site(backend);
    api.text(
        "copy_did",
        "source_did_pattern=7275550108&new_dids=7275559001&request_id=r1",
    );
    let dump = |site: &Site| {
        let mut command = vec!["dump"];
        command.extend(site.database.arguments());
        let output = run(&command);
        assert!(output.status.success());
        output.stdout
    };
    let rows = dump(&api);
    let tables: Tables = serde_json::from_slice(&rows).expect("JSON");
    assert_eq!(tables["vicishim_dids"].len(), 2);
    let mut fresh = Site::with("documented", backend, json!({}));
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), &rows).expect("it is written");
    for table in tables.keys() {
        fresh.load(json!({ table: [] }));
    }
    for _ in 0..2 {
        let mut command = vec!["load", "--yes", file.path().to_str().expect("a path")];
        command.extend(fresh.database.arguments());
        let output = run(&command);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{error}");
    }
    let without_time = |rows: &[u8]| {
        let mut tables: Tables = serde_json::from_slice(rows).expect("JSON");
        // Rows without a key come again where they are loaded again.
        tables.retain(|table, _| table.starts_with("vicishim_"));
        tables
    };
    assert_eq!(without_time(&dump(&fresh)), without_time(&rows));
    // Meanwhile their connections were idle.
    for site in [&mut fresh, &mut api] {
        site.client = site.server.client();
    }
    assert_eq!(shown(&mut fresh, "7275559001"), shown(&mut api, SOURCE));
}
