//! Rows that are set back.

use serde_json::{Value, json};

use super::{NEW, on, site};
use crate::common::database::{Backend, Database, Tables};
use crate::common::server::run;
use crate::common::site::Site;

/// Changes something in every way there is; the `did_id` of a new DID.
fn change(site: &mut Site) -> String {
    let added = site.body(&format!("add_did&did_pattern={NEW}&request_id=one"));
    assert!(added.starts_with("SUCCESS"), "{added}");
    let id = site.row("vicidial_inbound_dids", "did_pattern", NEW)["did_id"].clone();
    // The same text to the database, but not the same text.
    site.says(
        "update_did&did_pattern=7275551114&did_description=FRONT+DESK",
        "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|7275551114\n",
    );
    site.says(
        "update_did&did_pattern=7275551113&delete_did=Y",
        "SUCCESS: update_did DID HAS BEEN DELETED - 6666|7275551113|7\n",
    );
    let hours = json!([{"day": "mon", "opens": "09:00", "closes": "17:00"}]);
    let schedule =
        json!({"name": "Late", "time_zone": "UTC", "user_group": "ADMIN", "hours": hours});
    let schedule = site.post("/api/schedules", schedule);
    assert_eq!(schedule.status, 201, "{}", schedule.body);
    let refused = site
        .client
        .get("source=test&user=1002&pass=wrong&function=version_x");
    assert!(refused.body.starts_with("ERROR"), "{}", refused.body);
    id.to_string()
}

fn all(database: &Database) -> Tables {
    database.dump(&[])
}

#[test]
fn a_reset_brings_back_every_row_and_the_next_id() {
    let rows = json!({"vicidial_inbound_dids": [
        {"did_id": 2, "did_pattern": "7275551114", "did_description": "Front desk"},
        {"did_id": 7, "did_pattern": "7275551113", "did_description": "Back office"},
    ]});
    let mut site = on(Site::demo_rows(Backend::Sqlite, rows));
    let before = all(&site.database);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(change(&mut site));
        assert_ne!(all(&site.database), before);
        site.reset();
        assert_eq!(all(&site.database), before);
    }
    assert_eq!(ids, vec![ids[0].clone(); 3]);
}

#[test]
fn what_is_kept_of_rows_in_memory_is_forgotten_with_them() {
    let mut site = site();
    let zone = |site: &mut Site| {
        let version = site.client.get("function=version").body;
        let zone = version.split('|').find(|part| part.starts_with("TZ:"));
        zone.expect("a zone").to_owned()
    };
    assert_eq!(zone(&mut site), "TZ: -5.00");
    let mut servers = site.database.rows("servers");
    for server in &mut servers {
        server.insert("local_gmt".to_owned(), json!("-8.00"));
    }
    site.load(json!({ "servers": servers }));
    crate::common::eventually("the new zone", || zone(&mut site) == "TZ: -8.00");
    site.reset();
    assert_eq!(zone(&mut site), "TZ: -5.00");
}

#[test]
fn a_locked_user_is_unlocked_by_a_reset() {
    let mut site = site();
    for _ in 0..30 {
        site.client
            .get("source=test&user=6666&pass=wrong&function=did_list");
    }
    let locked = site.body("did_list&did_pattern=7275551114");
    assert!(locked.starts_with("ERROR: "), "{locked}");
    site.reset();
    let again = site.body("did_list&did_pattern=7275551114");
    assert!(again.contains("7275551114"), "{again}");
}

#[test]
fn a_snapshot_is_restored_as_often_as_it_is_asked_for() {
    let mut site = site();
    site.body(&format!("add_did&did_pattern={NEW}"));
    site.controls("POST", "snapshot?name=one", Value::Null, 200);
    let one = all(&site.database);
    for _ in 0..2 {
        site.body("add_did&did_pattern=7275550101");
        site.controls("POST", "restore?name=one", Value::Null, 200);
        assert_eq!(all(&site.database), one);
    }
    // The same name: the earlier one is replaced.
    site.body("add_did&did_pattern=7275550102");
    let two = all(&site.database);
    site.controls("POST", "snapshot?name=one", Value::Null, 200);
    site.reset();
    assert_ne!(all(&site.database), two);
    site.controls("POST", "restore?name=one", Value::Null, 200);
    assert_eq!(all(&site.database), two);
    let listed = site.controls("GET", "snapshots", Value::Null, 200);
    let names: Vec<&Value> = listed["snapshots"]
        .as_array()
        .expect("snapshots")
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, [&Value::Null, &json!("one")]);
}

#[test]
fn a_snapshot_that_is_not_there_changes_nothing() {
    let mut site = site();
    site.body(&format!("add_did&did_pattern={NEW}"));
    let before = all(&site.database);
    let missing = site.controls("POST", "restore?name=none", Value::Null, 404);
    assert_eq!(missing["detail"], "there is no such snapshot");
    for wrong in [
        "snapshot?name=",
        "snapshot?name=a%20b",
        "snapshot",
        "restore",
        "reset?keep=rows",
        "reset?x=1",
    ] {
        site.controls("POST", wrong, Value::Null, 422);
    }
    for number in 1..20 {
        let control = format!("snapshot?name=s{number}");
        site.controls("POST", &control, Value::Null, 200);
    }
    site.controls("POST", "snapshot?name=s20", Value::Null, 409);
    site.controls("POST", "snapshot?name=s19", Value::Null, 200);
    assert_eq!(all(&site.database), before);
}

#[test]
fn a_reset_forgets_calls_faults_and_the_clock_but_what_is_kept() {
    let mut site = site();
    let set = |site: &mut Site| {
        site.client.get("function=version");
        site.fault(json!({"function": "add_did", "delay_ms": 0}));
        site.controls("POST", "clock", json!({"shift_seconds": 3600}), 200);
    };
    let state = |site: &mut Site| {
        let clock = site.controls("GET", "clock", Value::Null, 200);
        let faults = site.controls("GET", "faults", Value::Null, 200);
        let faults = faults["faults"].as_array().expect("faults").len();
        (site.calls("").len(), faults, clock.get("real").is_none())
    };
    set(&mut site);
    assert_eq!(state(&mut site), (1, 1, true));
    site.reset();
    assert_eq!(state(&mut site), (0, 0, false));
    set(&mut site);
    site.controls("POST", "reset?keep=faults,clock", Value::Null, 200);
    assert_eq!(state(&mut site), (0, 1, true));
}

#[test]
fn snapshots_are_lost_with_their_file_and_that_is_said() {
    let mut site = site();
    let copy = std::fs::read(&site.database.url).expect("the file");
    std::fs::remove_file(&site.database.url).expect("it is deleted");
    for suffix in ["-wal", "-shm"] {
        std::fs::remove_file(format!("{}{suffix}", site.database.url)).ok();
    }
    assert_eq!(site.control("POST", "reset", Value::Null).status, 503);
    std::fs::write(&site.database.url, copy).expect("another file");
    let lost = site.controls("POST", "reset", Value::Null, 409);
    let detail = lost["detail"].as_str().expect("a detail");
    assert!(detail.starts_with("the snapshots are lost"), "{detail}");
    assert!(detail.ends_with("Start the server again"), "{detail}");
}

#[test]
fn a_mariadb_of_our_own_has_all_controls_but_these() {
    let mut site = on(Site::demo_rows(Backend::Innodb, json!({})));
    site.body(&format!("add_did&did_pattern={NEW}"));
    let before = all(&site.database);
    for (method, control) in [
        ("POST", "reset"),
        ("POST", "snapshot?name=a"),
        ("POST", "restore?name=a"),
        ("GET", "snapshots"),
    ] {
        let refused = site.controls(method, control, Value::Null, 501);
        assert_eq!(refused["title"], "Not Implemented");
    }
    assert_eq!(all(&site.database), before);
    assert_eq!(site.calls("function=add_did").len(), 1);
}

#[test]
fn a_dialers_database_is_never_served_with_them() {
    for backend in [Backend::Vicidial, Backend::VicidialWithSqlite] {
        let database = Database::with_state(backend);
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--test-controls"];
        let output = run(&[&arguments, &database.arguments()[..]].concat());
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(
            message.contains("--test-controls is for a database of our own"),
            "{message}"
        );
    }
}

#[test]
fn recorded_calls_begin_again_with_a_reset() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("calls.json");
    let calls = json!({"calls": [{
        "parameters": {"function": "add_lead"},
        "more_parameters": true,
        "counter": 7,
        "reply": {"template": "lead {counter}\n"},
    }]});
    std::fs::write(&file, calls.to_string()).expect("it is written");
    let database = Site::demo_rows(Backend::Sqlite, json!({}));
    let file = file.to_str().expect("a path");
    let mut site = Site::on(database, &["--test-controls", "--replay", file]);
    for _ in 0..2 {
        site.says("add_lead&phone_number=1", "lead 7\n");
        site.says("add_lead&phone_number=1", "lead 8\n");
        site.reset();
    }
    site.body("add_lead&first_name=Ann");
    let call = &site.calls("function=add_lead")[0];
    assert_eq!(call["parameters"]["first_name"], "Ann");
}
