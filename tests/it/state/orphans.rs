//! What is done to DIDs in VICIdial's own pages: our settings belong to a DID by key and number, never to another one.

use serde_json::{Value, json};

use crate::common::database::{Backend, Database};
use crate::common::server::run;
use crate::common::site::Site;

// Beside a VICIdial's database, with our tables in a file and on a MariaDB.
on_each! {
    { with_sqlite: super::Backend::VicidialWithSqlite, with_mariadb: super::Backend::VicidialWithMariaDb, }
    a_did_that_is_made_again_inherits_nothing
    another_did_with_the_key_inherits_nothing
    a_did_renumbered_there_has_no_settings_until_it_is_back
    orphans_are_shown_to_those_who_see_every_row
    rows_without_a_number_are_bound_when_they_are_loaded
}

fn orphans(api: &Site, arguments: &[&str]) -> String {
    let mut command = vec!["orphans"];
    command.extend(arguments);
    command.extend(api.database.arguments());
    let output = run(&command);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout).expect("text")
}

fn did(api: &mut Site, number: &str) -> Value {
    let list = api.get(&format!("/api/dids?search={number}")).body;
    list["data"][0].clone()
}

fn has_settings(did: &Value) -> bool {
    let of_demo = did["max_channels"] == 10 && did["schedule_id"] == 1;
    let has_none = did["max_channels"].is_null()
        && did["schedule_id"].is_null()
        && did["closed_dest_kind"].is_null();
    assert!(of_demo || has_none, "{did}");
    let routes = did["routes"].as_array().expect("routes");
    let conditional = routes.iter().any(|route| !route["conditions"].is_null());
    assert_eq!(conditional, of_demo, "{did}");
    of_demo
}

fn a_did_that_is_made_again_inherits_nothing(backend: Backend) {
    let mut api = Site::demo(backend);
    assert!(has_settings(&did(&mut api, "7275550108")));
    assert_eq!(orphans(&api, &[]), "0 orphans found\n");
    let by_hand = "DELETE FROM vicidial_inbound_dids WHERE did_id = 8; \
                   INSERT INTO vicidial_inbound_dids (did_pattern) VALUES ('7275550108');";
    api.database.run(by_hand);
    let again = did(&mut api, "7275550108");
    assert_ne!(again["id"], 8);
    assert!(!has_settings(&again));
    let route = api.text(
        "did_route_test",
        "did_pattern=7275550108&at=2026-11-20T12:30:00-05:00",
    );
    assert!(!route.contains("main_menu"), "{route}");
    let lint = api.text("did_lint", "");
    assert!(
        lint.contains("8|7275550108|settings_without_did|"),
        "{lint}"
    );
    assert_eq!(orphans(&api, &[]), "did 8 7275550108\n1 orphan found\n");
    assert_eq!(
        orphans(&api, &["--remove"]),
        "did 8 7275550108\n1 orphan removed\n"
    );
    assert_eq!(orphans(&api, &["--remove"]), "0 orphans removed\n");
    assert!(api.database.rows("vicishim_dids").is_empty());
    assert!(api.database.rows("vicishim_did_routes").is_empty());
    let lint = api.text("did_lint", "");
    assert!(!lint.contains("settings_without_did"), "{lint}");
    // A phone, too.
    api.database
        .run("DELETE FROM phones WHERE extension = 'sup200'");
    let phone = "extension 41 sup200@192.168.198.5\n1 orphan";
    assert_eq!(orphans(&api, &["--remove"]), format!("{phone} removed\n"));
    assert_eq!(api.database.rows("vicishim_extensions").len(), 2);
}

fn another_did_with_the_key_inherits_nothing(backend: Backend) {
    let mut api = Site::demo(backend);
    api.database.run(
        "DELETE FROM vicidial_inbound_dids WHERE did_id = 8; \
         INSERT INTO vicidial_inbound_dids (did_id, did_pattern) VALUES (8, '7275550888');",
    );
    assert!(!has_settings(&did(&mut api, "7275550888")));
    assert_eq!(api.get("/api/schedules/1").status, 200);
    // What points at things names no stranger either.
    let refused = api.delete("/api/schedules/1");
    assert_eq!(refused.status, 204, "{}", refused.body);
    let copied = api.text(
        "copy_did",
        "source_did_pattern=7275550888&new_dids=7275550889",
    );
    assert!(copied.ends_with("|7275550888|1|0\n"), "{copied}");
    assert!(!has_settings(&did(&mut api, "7275550889")));
    // Its own settings take their place.
    let changed = api.patch("/api/dids/8", json!({"max_channels": 3}));
    assert_eq!(changed.body["max_channels"], 3, "{}", changed.body);
    assert_eq!(changed.body["routes"], json!([]), "{}", changed.body);
    assert_eq!(orphans(&api, &[]), "0 orphans found\n");
    assert!(api.database.rows("vicishim_did_routes").is_empty());
}

fn a_did_renumbered_there_has_no_settings_until_it_is_back(backend: Backend) {
    let mut api = Site::demo(backend);
    let renumber = |number: &str| {
        format!("UPDATE vicidial_inbound_dids SET did_pattern = '{number}' WHERE did_id = 8")
    };
    api.database.run(&renumber("7275550777"));
    assert!(!has_settings(&did(&mut api, "7275550777")));
    assert_eq!(orphans(&api, &[]), "did 8 7275550108\n1 orphan found\n");
    api.database.run(&renumber("7275550108"));
    assert!(has_settings(&did(&mut api, "7275550108")));
    assert_eq!(orphans(&api, &["--remove"]), "0 orphans removed\n");
}

fn orphans_are_shown_to_those_who_see_every_row(backend: Backend) {
    let mut api = Site::demo(backend);
    api.database
        .run("DELETE FROM vicidial_inbound_dids WHERE did_id = 8");
    let found = api.get("/api/dids/lint?per_page=100").body;
    let of_ours = |found: &Value| {
        let data = found["data"].as_array().expect("data");
        let ours = data
            .iter()
            .filter(|one| one["finding"] == "settings_without_did");
        ours.count()
    };
    assert_eq!(of_ours(&found), 1, "{found}");
    // 1007 sees the rows of some user groups only: nobody knows whose these were.
    api.user = "1007:1234";
    let found = api.get("/api/dids/lint?per_page=100").body;
    assert_eq!(of_ours(&found), 0, "{found}");
}

#[test]
fn a_database_of_ours_has_orphans_only_where_others_delete() {
    let mut api = Site::demo(Backend::Innodb);
    api.database
        .run("DELETE FROM vicidial_inbound_dids WHERE did_id = 8");
    assert!(
        api.text("did_lint", "")
            .contains("8|7275550108|settings_without_did|")
    );
    assert_eq!(
        orphans(&api, &["--remove"]),
        "did 8 7275550108\n1 orphan removed\n"
    );
    assert_eq!(orphans(&api, &[]), "0 orphans found\n");
    let dialer = Database::with_state(Backend::Vicidial);
    let output = run(&["orphans", "--database", &dialer.url]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("has no tables of ours"), "{error}");
}

fn rows_without_a_number_are_bound_when_they_are_loaded(backend: Backend) {
    let api = Site::demo(backend);
    let row = &api.database.rows("vicishim_dids")[0];
    assert_eq!(row["did_pattern"], "7275550108");
    let load = |rows: Value| {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), rows.to_string()).expect("it is written");
        let mut command = vec!["load", "--yes", file.path().to_str().expect("a path")];
        command.extend(api.database.arguments());
        let output = run(&command);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), error)
    };
    let of_none = json!({
        "vicidial_inbound_dids": [{"did_pattern": "7275550555"}],
        "vicishim_dids": [{"did_id": 3, "max_channels": 3}, {"did_id": 4000, "max_channels": 3}],
    });
    let (is_loaded, error) = load(of_none);
    assert!(!is_loaded);
    let said = "the dialer has no DID of this did_id; nothing was loaded into our own tables; rows of the dialer's tables \
                in the same files were";
    assert!(error.contains(said), "{error}");
    assert_eq!(api.database.rows("vicishim_dids").len(), 1);
    assert!(api.patterns().contains(&"7275550555".to_owned()));
    let routes = json!({
        "vicishim_did_routes": [{"did_id": 3, "position": 1, "days": "mon", "dest_kind": "queue", "dest_id": "X"}],
    });
    assert!(load(routes).0);
    let dids = api.database.rows("vicidial_inbound_dids");
    let bound = dids.iter().find(|did| did["did_id"] == 3).expect("DID 3");
    let rows = api.database.rows("vicishim_dids");
    assert_eq!(rows[0]["did_pattern"], bound["did_pattern"]);
}
