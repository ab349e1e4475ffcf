//! `update_did` with `insert_if_not_found=Y` and `new_did_pattern`.

use serde_json::json;

use crate::common::database::{Backend, state};
use crate::common::site::Site;

on_each_database_and_with_state! {
    what_is_not_there_is_added_by_the_rules_of_an_add
    a_did_gets_another_number
    of_many_that_want_one_number_one_gets_it
    the_wire_knows_neither
}

on_our_own! {
    settings_and_routes_follow_a_number_and_an_undo_brings_it_back
}

fn what_is_not_there_is_added_by_the_rules_of_an_add(backend: Backend) {
    let mut api = Site::start(backend);
    let upsert = "update_did&did_pattern=7275550001&insert_if_not_found=Y";
    let added = "SUCCESS: update_did DID HAS BEEN ADDED - 6666|7275550001\n";
    let patterns = api.patterns();
    api.says(
        &format!("{upsert}&did_description=First+line&dry_run=Y"),
        added,
    );
    assert_eq!(api.patterns(), patterns);
    for off in ["", "&insert_if_not_found=", "&insert_if_not_found=N"] {
        let none = "ERROR: update_did DID DOES NOT EXIST - 6666|7275550001\n";
        let call = format!("update_did&did_pattern=7275550001&did_description=First+line{off}");
        api.says(&call, none);
    }
    for (query, reply) in [
        (
            "&menu_id=nowhere",
            "MENU ID MUST BE A VALID CALL MENU IN THE SYSTEM, THIS IS AN OPTIONAL FIELD - 6666|nowhere",
        ),
        ("&delete_did=Y", "DID DOES NOT EXIST - 6666|7275550001"),
        (
            "&new_did_pattern=7275551114",
            "DID ALREADY EXISTS - 6666|7275551114",
        ),
        (
            "&new_did_pattern=17275551114&strict_numbers=Y",
            "DID DIFFERS FROM ANOTHER ONLY BY A LEADING + OR 1 - 6666|17275551114|7275551114",
        ),
    ] {
        api.says(
            &format!("{upsert}{query}"),
            &format!("ERROR: update_did {reply}\n"),
        );
    }
    assert_eq!(api.patterns(), patterns);
    api.says(&format!("{upsert}&did_description=First+line"), added);
    api.says(
        &format!("{upsert}&did_description=Other+line"),
        "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|7275550001\n",
    );
    let row = api.row("vicidial_inbound_dids", "did_pattern", "7275550001");
    assert_eq!(row["did_description"], "Other line");
    // It is added under its new number.
    api.says(
        "update_did&did_pattern=7275550002&new_did_pattern=7275550003&insert_if_not_found=Y",
        "SUCCESS: update_did DID HAS BEEN ADDED - 6666|7275550003\n",
    );
    assert!(!api.patterns().contains(&"7275550002".to_owned()));
    api.says(
        "update_did&did_pattern=7275550004&insert_if_not_found=yes",
        "ERROR: update_did INSERT IF NOT FOUND MUST BE Y OR N, THIS IS AN OPTIONAL FIELD - 6666|yes\n",
    );
}

fn a_did_gets_another_number(backend: Backend) {
    let mut api = Site::start(backend);
    let before = api.row("vicidial_inbound_dids", "did_pattern", "7275551114");
    let rename = "update_did&did_pattern=7275551114&new_did_pattern=";
    let renamed = "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|7275551114|7275550001\n";
    api.says(&format!("{rename}7275550001&dry_run=Y"), renamed);
    let length = "NEW DID PATTERN MUST BE FROM 2 TO 50 CHARACTERS, THIS IS AN OPTIONAL FIELD";
    for (value, reply) in [
        ("7", format!("{length} - 6666|7")),
        ("%7C%0A", format!("{length} - 6666|")),
        ("DEFAULT", "DID ALREADY EXISTS - 6666|DEFAULT".to_owned()),
        (
            "%252B7275550001&strict_numbers=Y",
            "NEW DID PATTERN HOLDS %2B, A PLUS THAT WAS ENCODED TWICE - 6666|2B7275550001"
                .to_owned(),
        ),
        (
            "7275550001x22&strict_numbers=Y",
            "DID PATTERN HAS MORE IN IT THAN A NUMBER, AS AN EXTENSION - 6666|7275550001x22"
                .to_owned(),
        ),
        (
            "7275550001&active=X",
            "ACTIVE MUST BE Y OR N, THIS IS AN OPTIONAL FIELD - 6666|X".to_owned(),
        ),
    ] {
        api.says(
            &format!("{rename}{value}"),
            &format!("ERROR: update_did {reply}\n"),
        );
    }
    api.says(rename, "NOTICE: update_did NO UPDATES DEFINED - 6666|\n");
    assert_eq!(
        api.row("vicidial_inbound_dids", "did_pattern", "7275551114"),
        before
    );
    api.says(
        &format!("{rename}7275550001&did_description=Renamed+line"),
        renamed,
    );
    let after = api.row("vicidial_inbound_dids", "did_pattern", "7275550001");
    assert_eq!(after["did_id"], before["did_id"]);
    assert_eq!(after["did_description"], "Renamed line");
    assert_eq!(after["group_id"], before["group_id"]);
    let log = api.last("vicidial_admin_log", "admin_log_id");
    assert_eq!(log["event_code"], "ADMIN API UPDATE DID");
    assert_eq!(
        log["event_notes"],
        format!("did: 7275550001 did_id: {}", after["did_id"])
    );
    // A plus more is another form of its own number, and of no other's.
    let answer = api
        .ask("update_did&did_pattern=7275550001&new_did_pattern=%2B17275550001&strict_numbers=Y");
    assert_eq!(
        answer.body,
        "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|7275550001|+17275550001\n"
    );
    assert_eq!(answer.header("x-vicishim-warning"), None);
}

#[test]
fn numbers_are_written_in_the_servers_form_and_found_in_it() {
    let database = crate::common::database::Database::with(Backend::Sqlite, &state());
    let mut api = Site::on(database, &["--number-form", "e164"]);
    let upsert = "update_did&did_pattern=(727)555-0001&insert_if_not_found=Y&did_description=";
    api.says(
        &format!("{upsert}First+line"),
        "SUCCESS: update_did DID HAS BEEN ADDED - 6666|+17275550001\n",
    );
    api.says(
        &format!("{upsert}Other+line"),
        "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|+17275550001\n",
    );
    api.says(
        "update_did&did_pattern=%2B17275550001&new_did_pattern=727-555-0002",
        "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|+17275550001|+17275550002\n",
    );
}

#[test]
fn who_may_not_add_does_not_add_and_who_does_not_see_a_did_does_not_change_it() {
    let mut api = Site::demo(Backend::Sqlite);
    let mut users = api.database.rows("vicidial_users");
    for user in &mut users {
        if user["user"] == "6666" {
            user.insert("api_allowed_functions".to_owned(), json!(" update_did "));
        }
    }
    api.load(json!({ "vicidial_users": users }));
    api.says(
        "update_did&did_pattern=7275550001&insert_if_not_found=Y",
        "ERROR: update_did USER DOES NOT HAVE PERMISSION TO ADD DIDS - 6666\n",
    );
    api.logs("client=127.0.0.1 allowed functions: ");
    let mut dids = api.database.rows("vicidial_inbound_dids");
    dids.retain(|did| did["did_pattern"] == "7275551114");
    dids[0].insert("user_group".to_owned(), json!("ADMIN"));
    api.load(json!({ "vicidial_inbound_dids": dids }));
    let before = api.database.rows("vicidial_inbound_dids");
    assert_eq!(
        api.body_as(
            "1007",
            "update_did&did_pattern=7275551114&insert_if_not_found=Y&active=N"
        ),
        "ERROR: update_did DID ALREADY EXISTS - 1007|7275551114\n"
    );
    assert_eq!(api.database.rows("vicidial_inbound_dids"), before);
}

fn of_many_that_want_one_number_one_gets_it(backend: Backend) {
    let mut api = Site::start(backend);
    let numbers: Vec<String> = (10..18).map(|place| format!("72755500{place}")).collect();
    let list = numbers.join(",");
    api.ask(&format!(
        "copy_did&source_did_pattern=7275551114&new_dids={list}"
    ));
    let mut bodies: Vec<String> = std::thread::scope(|scope| {
        let rename = |number: &String| {
            let query = format!(
                "source=test&user=6666&pass=1234&function=update_did&did_pattern={number}&new_did_pattern=7275550099"
            );
            let mut client = api.server.client();
            scope.spawn(move || client.get(&query).body)
        };
        let calls: Vec<_> = numbers.iter().map(rename).collect();
        calls
            .into_iter()
            .map(|call| call.join().expect("a reply"))
            .collect()
    });
    bodies.sort();
    let taken = "ERROR: update_did DID ALREADY EXISTS - 6666|7275550099\n";
    let (won, lost) = bodies.split_last().expect("replies");
    assert!(won.starts_with("SUCCESS: "), "{bodies:?}");
    assert!(lost.iter().all(|body| body == taken), "{bodies:?}");
    let left = api
        .patterns()
        .into_iter()
        .filter(|pattern| numbers.contains(pattern));
    assert_eq!(left.count(), numbers.len() - 1);
}

fn the_wire_knows_neither(backend: Backend) {
    let mut api = Site::speaking("wire", backend);
    let patterns = api.patterns();
    api.says(
        "update_did&did_pattern=7275550001&insert_if_not_found=Y",
        "ERROR: update_did DID DOES NOT EXIST: |6666|7275550001\n",
    );
    api.says(
        "update_did&did_pattern=7275551114&active=N&new_did_pattern=7275550001",
        "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|7275551114\n",
    );
    assert_eq!(api.patterns(), patterns);
}

fn settings_and_routes_follow_a_number_and_an_undo_brings_it_back(backend: Backend) {
    let mut site = Site::demo(backend);
    let body = json!({
        "number": "+12125550123", "tenant_id": 1, "max_channels": 7, "label": "Line",
        "routes": [{"dest_kind": "queue", "dest_id": "TEST_IN2", "conditions": {"days": ["mon"], "from": "09:00", "to": "17:00"}},
            {"dest_kind": "voicemail", "dest_id": "8301"}],
    });
    let made = site.post("/api/dids", body);
    assert_eq!(made.status, 201, "{}", made.body);
    let path = format!("/api/dids/{}", made.body["id"]);
    let before = site.get(&path).body;
    let call = "update_did&did_pattern=%2B12125550123&new_did_pattern=%2B12125550124";
    let renamed = site.ask(call);
    assert_eq!(
        renamed.body,
        "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|+12125550123|+12125550124\n"
    );
    let after = site.get(&path).body;
    for (field, value) in before.as_object().expect("an object") {
        let is_same = !["number", "e164", "updated_at"].contains(&field.as_str());
        assert_eq!(
            after[field] == *value,
            is_same,
            "{field}: {value}, {}",
            after[field]
        );
    }
    assert_eq!(after["number"], "+12125550124");
    let change = renamed.header("x-vicishim-change").expect("a change");
    let listed = site.body("change_list&did_pattern=%2B12125550124");
    assert!(
        listed.contains("did_pattern: +12125550123 -> +12125550124"),
        "{listed}"
    );
    assert!(
        site.body("change_list&did_pattern=%2B12125550123")
            .contains(&format!("{change}|"))
    );
    let undone = site.body(&format!("change_undo&change_id={change}"));
    assert!(undone.contains("SUCCESS: "), "{undone}");
    assert_eq!(site.get(&path).body, before);
}
