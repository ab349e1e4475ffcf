//! What calls have changed is kept, can be read, and can be taken back.

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::database::{Backend, Database, Tables};
use crate::common::server::{Server, run};
use crate::common::site::Site;

on_our_own! {
    what_is_undone_in_reverse_leaves_every_table_as_it_was
    a_row_that_was_changed_again_is_a_conflict
    an_undo_can_be_undone
    a_deleted_did_comes_back_with_everything_it_had
    the_command_line_tells_what_was_changed_and_takes_it_back
    what_is_loaded_can_be_taken_back
    a_password_comes_back_and_is_shown_nowhere
    an_undo_that_is_killed_can_be_done_again
    what_hangs_on_a_row_is_in_the_way
    hours_and_routes_are_taken_back_as_a_whole
    numbers_that_were_swapped_are_swapped_back
    a_dialer_rebuilds_its_configuration
    of_undos_at_once_one_is_done
    an_undo_overwrites_nothing_newer
}

/// The tables that calls change, apart from logs.
const CHANGED: &[&str] = &[
    "phones",
    "phones_alias",
    "vicidial_campaign_cid_areacodes",
    "vicidial_filter_phone_numbers",
    "vicidial_inbound_dids",
    "vicishim_aliases",
    "vicishim_did_routes",
    "vicishim_dids",
    "vicishim_extensions",
    "vicishim_schedule_holidays",
    "vicishim_schedule_hours",
    "vicishim_schedules",
    "vicishim_tenants",
];

impl Site {
    /// 6666 may delete DIDs and phones.
    fn may_delete_all(&self) {
        let mut users = self.database.rows("vicidial_users");
        for user in &mut users {
            user.insert("delete_inbound_dids".to_owned(), json!("1"));
            user.insert("ast_delete_phones".to_owned(), json!("1"));
        }
        self.load(json!({ "vicidial_users": users }));
    }

    /// What calls have changed, in no order, without stamps.
    fn kept(&self) -> BTreeMap<String, Vec<String>> {
        let tables: Tables = self.database.dump(CHANGED);
        tables
            .into_iter()
            .map(|(table, mut rows)| {
                for row in &mut rows {
                    row.remove("modify_stamp");
                }
                let mut rows: Vec<String> = rows
                    .into_iter()
                    .map(|row| Value::Object(row).to_string())
                    .collect();
                rows.sort();
                (table, rows)
            })
            .collect()
    }

    /// The number of the change that the last call has made.
    fn change_of(response: &crate::common::client::Response) -> Option<u64> {
        let id = response.header("x-vicishim-change")?;
        Some(id.parse().expect("a number"))
    }
}

/// The next of a row of numbers that are as good as random, below `most`.
fn next(seed: &mut u64, most: u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % most
}

/// A call that changes something, if what it is about is there.
enum Asks {
    Text(String),
    Json(&'static str, String, Value),
}

fn any_call(seed: &mut u64, place: u64) -> Asks {
    let did = |seed: &mut u64| format!("72755501{:02}", next(seed, 8));
    let phone = |seed: &mut u64| format!("77{}", next(seed, 4));
    match next(seed, 19) {
        0 => Asks::Text(format!(
            "add_did&did_pattern={}&did_description=Number+{place}",
            did(seed)
        )),
        1 => Asks::Text(format!(
            "copy_did&source_did_pattern={}&new_dids={},{},{}",
            did(seed),
            did(seed),
            did(seed),
            did(seed)
        )),
        2 => Asks::Text(format!(
            "update_did&did_pattern={}&did_description=Changed+{place}&did_route=EXTEN&extension={place}",
            did(seed)
        )),
        3 => Asks::Text(format!("update_did&did_pattern={}&delete_did=Y", did(seed))),
        4 | 5 => Asks::Text(format!(
            "add_phone&extension={0}&server_ip=10.0.9.8&dialplan_number={0}&voicemail_id={0}&phone_login={0}&phone_pass=x{place}&protocol=SIP&\
             registration_password=y{place}&phone_full_name=Phone+{place}&local_gmt=-5.00&outbound_cid=7275551212",
            phone(seed)
        )),
        6 => Asks::Text(format!(
            "update_phone&extension={}&server_ip=10.0.9.8&phone_pass=z{place}&phone_full_name=New+{place}",
            phone(seed)
        )),
        7 => Asks::Text(format!(
            "update_phone&extension={}&server_ip=10.0.9.8&delete_phone=Y",
            phone(seed)
        )),
        8 => Asks::Text(format!(
            "add_phone_alias&alias_id=alias{}&alias_name=Name{place}&phone_logins=cc100",
            next(seed, 3)
        )),
        9 => Asks::Text(format!(
            "update_phone_alias&alias_id=alias{}&alias_name=New{place}",
            next(seed, 3)
        )),
        10 => Asks::Text(format!(
            "update_phone_alias&alias_id=alias{}&delete_alias=Y",
            next(seed, 3)
        )),
        11 => Asks::Text(format!(
            "add_fpg_phone&phone_number=72755533{:02}&group=TEST_IN_FILTER",
            next(seed, 4)
        )),
        12 => Asks::Text(format!(
            "delete_fpg_phone&phone_number=72755533{:02}&group=TEST_IN_FILTER",
            next(seed, 4)
        )),
        13 => Asks::Text(format!(
            "update_cid_group_entry&stage=ADD&cid_group_id=testing_here4&areacode=81{}&outbound_cid=8135551212&cid_description=At{place}",
            next(seed, 3)
        )),
        14 => Asks::Text(format!(
            "update_cid_group_entry&stage={}&cid_group_id=testing_here4&areacode=---ALL---&cid_description=All{place}",
            ["UPDATE", "DELETE"][usize::try_from(next(seed, 2)).expect("a place")]
        )),
        15 => Asks::Json(
            "POST",
            "/api/dids".to_owned(),
            json!({
                "number": did(seed), "status": "active", "description": format!("Json {place}"), "max_channels": place, "tenant_id": 1,
                "routes": [{"dest_kind": "queue", "dest_id": "TEST_IN2", "conditions": {"days": ["mon"]}},
                    {"dest_kind": "voicemail", "dest_id": "8301"}],
            }),
        ),
        16 => Asks::Json(
            "PATCH",
            format!("/api/dids/{}", 7 + next(seed, 8)),
            json!({"max_channels": place, "label": format!("Patched {place}")}),
        ),
        17 => Asks::Json(
            "PUT",
            format!("/api/dids/{}/routes", 7 + next(seed, 8)),
            json!({
                "routes": [{"dest_kind": "queue", "dest_id": "TEST_IN2"}],
            }),
        ),
        _ => Asks::Json(
            "POST",
            "/api/schedules".to_owned(),
            json!({
                "name": format!("Hours {place}"), "tenant_id": 1, "time_zone": "America/New_York",
                "hours": [{"day": "mon", "opens": "09:00", "closes": "17:00"}],
            }),
        ),
    }
}

fn what_is_undone_in_reverse_leaves_every_table_as_it_was(backend: Backend) {
    const CALLS: u64 = 60;
    let mut site = Site::demo(backend);
    site.may_delete_all();
    let mut seed = 4711;
    // Each call is followed by a look at all tables.
    let rounds = if backend == Backend::Sqlite { 3 } else { 1 };
    for round in 0..rounds {
        let mut stack = Vec::new();
        for place in 0..CALLS {
            let before = site.kept();
            let (what, response) = match any_call(&mut seed, place) {
                Asks::Text(query) => (query.clone(), site.ask(&query)),
                Asks::Json(method, path, body) => {
                    let answer = site.send(method, &path, &[], &body.to_string());
                    (format!("{method} {path} {body}"), answer.response)
                }
            };
            let has_changed = site.kept() != before;
            let change = Site::change_of(&response);
            assert_eq!(
                change.is_some(),
                has_changed,
                "{round}: {what}: {}",
                response.body
            );
            if let Some(change) = change {
                stack.push((change, before, what));
            }
        }
        assert!(
            stack.len() > 20,
            "only {} calls changed something",
            stack.len()
        );
        // Half of them one by one, the others at once.
        let at_once = stack.split_off(0).into_iter().rev().collect::<Vec<_>>();
        let (singly, together) = at_once.split_at(at_once.len() / 2);
        for (change, before, what) in singly {
            let body = site.body(&format!("change_undo&change_id={change}"));
            assert!(body.contains("SUCCESS: change_undo"), "{what}: {body}");
            assert_eq!(
                &site.kept(),
                before,
                "{round}: after the undo of {what}: {body}"
            );
        }
        let ids: Vec<String> = together
            .iter()
            .map(|(change, ..)| change.to_string())
            .collect();
        let body = site.body(&format!("change_undo&change_id={}", ids.join(",")));
        assert!(body.contains("SUCCESS: change_undo"), "{body}");
        let (_, first, _) = together.last().expect("a change");
        assert_eq!(&site.kept(), first, "{round}: {body}");
    }
}

fn a_row_that_was_changed_again_is_a_conflict(backend: Backend) {
    let mut site = Site::start(backend);
    let copy = site.ask("copy_did&source_did_pattern=7275551114&new_dids=7275550101,7275550102");
    let copy = Site::change_of(&copy).expect("a change");
    site.says(
        "update_did&did_pattern=7275550101&did_description=Somebody+else",
        "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|7275550101\n",
    );
    let before = site.kept();
    let refused = format!(
        "NOTICE: change_undo ROW WAS CHANGED AGAIN SINCE - 6666|{copy}|did 7275550101\n\
         ERROR: change_undo NOTHING WAS UNDONE, ROWS ARE IN THE WAY - 6666|1\n"
    );
    site.says(&format!("change_undo&change_id={copy}"), &refused);
    assert_eq!(site.kept(), before);
    let done = format!(
        "NOTICE: change_undo ROW HAS BEEN REMOVED - 6666|did 7275550102\n\
         NOTICE: change_undo ROW WAS CHANGED AGAIN SINCE - 6666|{copy}|did 7275550101\n\
         SUCCESS: change_undo CHANGES HAVE BEEN UNDONE - 6666|{copy}|1|0|1\n"
    );
    site.says(
        &format!("change_undo&change_id={copy}&partial=Y&dry_run=Y"),
        &done,
    );
    assert_eq!(site.kept(), before);
    site.says(&format!("change_undo&change_id={copy}&partial=Y"), &done);
    let there = site.patterns();
    assert!(there.contains(&"7275550101".to_owned()));
    assert!(!there.contains(&"7275550102".to_owned()));
}

fn an_undo_can_be_undone(backend: Backend) {
    let mut site = Site::start(backend);
    let copy = site.ask("copy_did&source_did_pattern=7275551114&new_dids=7275550101-7275550120");
    let copy = Site::change_of(&copy).expect("a change");
    let copied = site.kept();
    let undo = site.ask(&format!("change_undo&change_id={copy}"));
    let undo = Site::change_of(&undo).unwrap_or_else(|| panic!("{}", undo.body));
    assert_ne!(site.kept(), copied);
    let again = format!("ERROR: change_undo CHANGE WAS UNDONE BEFORE - 6666|{copy}|{undo}\n");
    site.says(&format!("change_undo&change_id={copy}"), &again);
    let redo = site.ask(&format!("change_undo&change_id={undo}"));
    assert!(redo.body.contains("SUCCESS: "), "{}", redo.body);
    assert_eq!(site.kept(), copied);
    // What was taken back is in force again, and can be taken back once more.
    let undo = site.ask(&format!("change_undo&change_id={copy}"));
    assert!(undo.body.contains("SUCCESS: "), "{}", undo.body);
}

fn a_deleted_did_comes_back_with_everything_it_had(backend: Backend) {
    let mut site = Site::demo(backend);
    site.may_delete_all();
    let body = json!({
        "number": "+12125550123", "status": "active", "tenant_id": 1, "max_channels": 7, "label": "Line",
        "routes": [{"dest_kind": "queue", "dest_id": "TEST_IN2", "conditions": {"days": ["mon"], "from": "09:00", "to": "17:00"}},
            {"dest_kind": "voicemail", "dest_id": "8301"}],
    });
    let made = site.post("/api/dids", body);
    assert_eq!(made.status, 201, "{}", made.body);
    let path = format!("/api/dids/{}", made.body["id"]);
    let (shown, rows) = (site.get(&path), site.kept());
    let deleted = site.delete(&path);
    assert_eq!(deleted.status, 204);
    let change = Site::change_of(&deleted.response).expect("a change");
    assert_eq!(site.get(&path).status, 404);
    let undone = site.body(&format!("change_undo&change_id={change}"));
    assert!(undone.contains("SUCCESS: "), "{undone}");
    assert_eq!(site.get(&path).body, shown.body);
    assert_eq!(site.kept(), rows);
}

/// What a command prints, on this database.
fn command(site: &Site, arguments: &[&str]) -> String {
    let output = run(&[arguments, &site.database.arguments()].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let failure = error.split_once("vicishim: ");
    text + failure.map_or("", |(_, failure)| failure)
}

fn the_command_line_tells_what_was_changed_and_takes_it_back(backend: Backend) {
    let mut site = Site::start(backend);
    let before = site.kept();
    let copy = site.ask("copy_did&source_did_pattern=7275551114&new_dids=7275550101,7275550102");
    let copy = Site::change_of(&copy).expect("a change");
    let update = site.ask("update_did&did_pattern=7275550102&did_description=Front+desk");
    let update = Site::change_of(&update).expect("a change");
    let told = command(&site, &["history", "7275550102"]);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with(&format!("{update}  ")), "{told}");
    assert!(
        lines[0].contains("  update_did  by 6666  from 127.0.0.1"),
        "{told}"
    );
    assert_eq!(lines[1], "  ~ did 7275550102");
    assert!(lines[2].starts_with("      did_description: \""), "{told}");
    assert!(lines[2].ends_with(" → \"Front desk\""), "{told}");
    assert!(lines[3].starts_with(&format!("{copy}  ")), "{told}");
    assert_eq!(lines[4..], ["  + did 7275550101", "  + did 7275550102"]);
    let told = command(&site, &["undo", &copy.to_string()]);
    assert!(
        told.contains(&format!(
            "change {copy}: did 7275550102 was changed again since"
        )),
        "{told}"
    );
    let told = command(&site, &["undo", "--since", "1h", "--user", "nobody"]);
    assert_eq!(told, "nothing of this kind was changed\n");
    let dry = command(
        &site,
        &["undo", "--since", "1h", "--user", "6666", "--dry-run"],
    );
    assert_eq!(
        dry,
        "- did 7275550101\n- did 7275550102\n2 rows would be taken back, 0 left alone\n"
    );
    assert_ne!(site.kept(), before);
    let told = command(&site, &["undo", "--since", "1h", "--user", "6666"]);
    let undo = update + 1;
    let expected = format!(
        "- did 7275550101\n- did 7275550102\n2 rows taken back, 0 left alone\nvicishim undo {undo} takes this back\n"
    );
    assert_eq!(told, expected);
    assert_eq!(site.kept(), before);
    let rows = site.database.rows("vicidial_admin_log");
    let logged = rows.last().expect("a row");
    assert_eq!(logged["event_code"], "ADMIN API UNDO CHANGE");
    assert_eq!(logged["record_id"], format!("{update},{copy}"));
}

fn what_is_loaded_can_be_taken_back(backend: Backend) {
    let site = Site::start(backend);
    let before = site.kept();
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("rows.json");
    let rows = json!({
        "vicidial_inbound_dids": [
            {"did_id": 4, "did_description": "Loaded over"},
            {"did_pattern": "7275550177", "did_description": "Loaded"},
        ],
        "vicidial_filter_phone_numbers": [{"phone_number": "7275559999", "filter_phone_group_id": "TEST_IN_FILTER"}],
    });
    std::fs::write(&file, rows.to_string()).expect("a file");
    let told = command(&site, &["load", "--yes", &file.display().to_string()]);
    assert!(told.contains("3 rows loaded"), "{told}");
    assert_ne!(site.kept(), before);
    let told = command(&site, &["history"]);
    assert!(told.contains("  load  by command line\n"), "{told}");
    let told = command(&site, &["undo", "--function", "load"]);
    assert!(told.contains("3 rows taken back"), "{told}");
    assert_eq!(site.kept(), before);
}

fn a_password_comes_back_and_is_shown_nowhere(backend: Backend) {
    let mut site = Site::start(backend);
    site.may_delete_all();
    let add = "add_phone&extension=7700&server_ip=10.0.9.8&dialplan_number=7700&voicemail_id=7700&phone_login=7700&phone_pass=hunter2secret&\
               protocol=SIP&registration_password=hunter3secret&phone_full_name=Desk&local_gmt=-5.00&outbound_cid=7275551212";
    let added = site.ask(add);
    assert!(added.body.contains("SUCCESS"), "{}", added.body);
    let before = site.kept();
    let deleted = site.ask("update_phone&extension=7700&server_ip=10.0.9.8&delete_phone=Y");
    let change = Site::change_of(&deleted).unwrap_or_else(|| panic!("{}", deleted.body));
    let mut shown = site.body("change_list&stage=json");
    shown.push_str(&command(
        &site,
        &["history", "--change", &change.to_string()],
    ));
    assert!(!shown.contains("hunter"), "{shown}");
    let undone = site.body(&format!("change_undo&change_id={change}"));
    assert!(undone.contains("SUCCESS: "), "{undone}");
    assert!(!undone.contains("hunter"), "{undone}");
    assert_eq!(site.kept(), before);
    let rows = site.database.rows("vicidial_admin_log");
    let logged = rows.last().expect("a row")["event_sql"].to_string();
    assert!(logged.contains("INSERT INTO phones"), "{logged}");
    assert!(!logged.contains("hunter"), "{logged}");
}

/// To take back what somebody else has added is to delete it, which takes the delete flag.
#[test]
fn an_undo_takes_what_the_change_took() {
    let mut site = Site::start(Backend::Sqlite);
    let mut users = site.database.rows("vicidial_users");
    let mut other = users
        .iter()
        .find(|user| user["user"] == "6666")
        .expect("6666")
        .clone();
    other.remove("user_id");
    other.insert("user".to_owned(), json!("other"));
    other.insert("delete_inbound_dids".to_owned(), json!("0"));
    users.push(other.clone());
    for (name, column) in [
        ("no_dids", "modify_inbound_dids"),
        ("no_access", "vdc_agent_api_access"),
    ] {
        let mut user = other.clone();
        user.insert("user".to_owned(), json!(name));
        user.insert(column.to_owned(), json!("0"));
        users.push(user);
    }
    let mut undo_only = other.clone();
    undo_only.insert("user".to_owned(), json!("undo_only"));
    undo_only.insert("api_allowed_functions".to_owned(), json!(" change_undo "));
    users.push(undo_only);
    site.load(json!({ "vicidial_users": users }));
    let add = site.ask("add_did&did_pattern=7275550101");
    let add = Site::change_of(&add).expect("a change");
    for (user, why) in [
        ("other", "USER DOES NOT HAVE PERMISSION TO UNDO THIS CHANGE"),
        (
            "no_dids",
            "USER DOES NOT HAVE PERMISSION TO UNDO THIS CHANGE",
        ),
        (
            "undo_only",
            "USER DOES NOT HAVE PERMISSION TO UNDO THIS CHANGE",
        ),
        ("no_access", "USER DOES NOT HAVE PERMISSION TO UNDO CHANGES"),
    ] {
        let body = site.body_as(user, &format!("change_undo&change_id={add}"));
        assert!(
            body.starts_with(&format!("ERROR: change_undo {why}")),
            "{user}: {body}"
        );
    }
    let update = site.ask("update_did&did_pattern=7275550101&did_description=By+6666");
    let update = Site::change_of(&update).expect("a change");
    let body = site.body_as("other", &format!("change_undo&change_id={update}"));
    assert!(body.contains("SUCCESS: change_undo"), "{body}");
    let body = site.body(&format!("change_undo&change_id={add}"));
    assert!(body.contains("SUCCESS: change_undo"), "{body}");
    let body = site.body("change_undo&change_id=999");
    assert_eq!(
        body,
        "ERROR: change_undo CHANGE DOES NOT EXIST - 6666|999\n"
    );
}

/// A user that sees some user groups reads and takes back its own changes only.
#[test]
fn what_others_changed_is_not_seen_by_who_sees_some_groups() {
    let mut site = Site::start(Backend::Sqlite);
    let add = site.ask("add_did&did_pattern=7275550101");
    let add = Site::change_of(&add).expect("a change");
    let mut users = site.database.rows("vicidial_users");
    let mut other = users
        .iter()
        .find(|user| user["user"] == "6666")
        .expect("6666")
        .clone();
    other.remove("user_id");
    other.insert("user".to_owned(), json!("bounded"));
    other.insert("user_group".to_owned(), json!("BOUNDED"));
    users.push(other);
    site.load(json!({
        "vicidial_users": users,
        "vicidial_user_groups": [{"user_group": "BOUNDED", "group_name": "b", "admin_viewable_groups": " SALES ", "allowed_campaigns": " -ALL-CAMPAIGNS- - -"}],
    }));
    let body = site.body_as("bounded", "change_list");
    assert!(
        body.starts_with("NOTICE: change_list NO RECORDS FOUND"),
        "{body}"
    );
    let body = site.body_as("bounded", &format!("change_undo&change_id={add}"));
    assert_eq!(
        body,
        format!("ERROR: change_undo CHANGE DOES NOT EXIST - bounded|{add}\n")
    );
}

/// Changes that are older than they are kept go, a few with each batch.
#[test]
fn old_changes_are_forgotten() {
    let database = Database::with_state(Backend::Sqlite);
    let long_ago = 1_000_000_000;
    let row = |change_id: i64, changed_at: i64| {
        json!({
            "change_id": change_id, "changed_at": changed_at, "user": "6666", "client": "", "source": "", "function": "add_did",
            "request_id": "", "undone_by": 0, "undoes": "",
            "detail": json!([{"added": {"keys": [[change_id, format!("72755501{change_id:02}")]], "row": {}, "is_whole": false}}]).to_string(),
        })
    };
    let changes: Vec<Value> = (1..=40).map(|id| row(id, long_ago)).collect();
    let subjects: Vec<Value> = (1..=40)
        .map(|id| json!({"subject": format!("did 72755501{id:02}"), "change_id": id}))
        .collect();
    let tables = json!({"vicishim_changes": changes, "vicishim_changed": subjects});
    database.load(&serde_json::from_value(tables).expect("tables"));
    let mut site = Site::on(database, &["--history-days", "30"]);
    let mut left = 40;
    for number in 0..10 {
        site.ask(&format!("add_did&did_pattern=72755502{number:02}"));
        left = site
            .database
            .rows("vicishim_changes")
            .iter()
            .filter(|row| row["changed_at"] == json!(long_ago))
            .count();
    }
    assert_eq!(left, 0);
    assert_eq!(site.database.rows("vicishim_changes").len(), 10);
    assert!(site.database.rows("vicishim_changed").is_empty());
}

#[test]
fn nothing_is_kept_where_that_is_asked_for() {
    let database = Database::with_state(Backend::Sqlite);
    let mut site = Site::on(database, &["--history-days", "0"]);
    let added = site.ask("add_did&did_pattern=7275550101");
    assert_eq!(Site::change_of(&added), None);
    assert!(site.database.rows("vicishim_changes").is_empty());
}

/// A VICIdial's own database is given no table: without a state nothing is kept, and the functions say so.
#[test]
fn a_dialer_alone_keeps_no_changes() {
    let mut site = Site::start(Backend::Vicidial);
    let added = site.ask("add_did&did_pattern=7275550101");
    assert_eq!(Site::change_of(&added), None);
    for function in ["change_list", "change_undo&change_id=1"] {
        let body = site.body(function);
        assert!(
            body.contains("THIS DATABASE KEEPS NO CHANGES: START WITH --state"),
            "{body}"
        );
    }
}

/// What a killed undo has done is all or nothing where there are transactions; where there are none, the same undo does the
/// rest.
fn an_undo_that_is_killed_can_be_done_again(backend: Backend) {
    const NUMBERS: usize = 400;
    let database = Database::with_state(backend);
    let before = database.rows("vicidial_inbound_dids").len();
    let start = || Server::start(&database.arguments());
    let list: Vec<String> = (0..NUMBERS).map(|n| format!("73{n:08}")).collect();
    let form = format!("new_dids={}", list.join(","));
    let call = |function: &str| format!("source=test&user=6666&pass=1234&function={function}");
    for round in 0..3_u64 {
        let mut server = start();
        let copy = call("copy_did&source_did_pattern=7275551114");
        let copy = server.client().post(&copy, &form);
        let change = Site::change_of(&copy).expect("a change");
        let undo = call(&format!("change_undo&change_id={change}"));
        let target = format!("/vicidial/non_agent_api.php?{undo}");
        let mut client = server.client();
        let undoing =
            std::thread::spawn(move || client.try_request("GET", &target, &[], b"").is_ok());
        std::thread::sleep(Duration::from_millis(8 * (round + 1)));
        server.signal("KILL");
        server.child.wait().expect("it is dead");
        undoing.join().expect("the client");
        let left = database.rows("vicidial_inbound_dids").len() - before;
        if [Backend::Sqlite, Backend::Innodb].contains(&backend) {
            assert!(left == 0 || left == NUMBERS, "{left} of {NUMBERS} are left");
        }
        let server = start();
        let again = server.client().get(&undo).body;
        let is_done = again.contains("SUCCESS: change_undo")
            || again.starts_with("ERROR: change_undo CHANGE WAS UNDONE BEFORE");
        assert!(is_done, "round {round}, {left} were left: {again}");
        assert_eq!(
            database.rows("vicidial_inbound_dids").len(),
            before,
            "round {round}"
        );
    }
}

/// The number of the change that this answer has made.
fn changed(answer: &crate::common::json::Answer) -> u64 {
    Site::change_of(&answer.response).unwrap_or_else(|| panic!("{}", answer.body))
}

/// An undo of this change is refused, with this reason.
fn is_refused(site: &mut Site, change: u64, subject: &str, why: &str) {
    let before = site.kept();
    let expected = format!(
        "NOTICE: change_undo ROW {why} - 6666|{change}|{subject}\n\
         ERROR: change_undo NOTHING WAS UNDONE, ROWS ARE IN THE WAY - 6666|1\n"
    );
    site.says(&format!("change_undo&change_id={change}"), &expected);
    assert_eq!(site.kept(), before);
}

fn what_hangs_on_a_row_is_in_the_way(backend: Backend) {
    let mut site = Site::demo(backend);
    site.may_delete_all();
    // Settings of ours that came after the DID.
    let add = site.ask("add_did&did_pattern=7275550101");
    let add = Site::change_of(&add).expect("a change");
    let dids = site.get("/api/dids?number=7275550101");
    let path = format!("/api/dids/{}", dids.body["data"][0]["did_id"]);
    assert_eq!(site.patch(&path, json!({"max_channels": 3})).status, 200);
    is_refused(&mut site, add, "did 7275550101", "WAS CHANGED AGAIN SINCE");
    // A schedule that something has come to have, and one whose hours were changed.
    let hours = json!([{"day": "mon", "opens": "09:00", "closes": "17:00"}]);
    let schedule = json!({"name": "Late", "tenant_id": 1, "time_zone": "UTC", "hours": hours});
    let made = site.post("/api/schedules", schedule.clone());
    let (id, made) = (made.body["id"].clone(), changed(&made));
    let patched = site.patch("/api/dids/8", json!({"schedule_id": id}));
    assert_eq!(patched.status, 200, "{}", patched.body);
    is_refused(
        &mut site,
        made,
        &format!("schedule {id}"),
        "HAS SOMETHING THAT POINTS AT IT BY NOW",
    );
    let made = site.post("/api/schedules", schedule);
    let (id, made) = (made.body["id"].clone(), changed(&made));
    let hours = json!([{"day": "tue", "opens": "10:00", "closes": "16:00"}]);
    let patched = site.patch(&format!("/api/schedules/{id}"), json!({"hours": hours}));
    assert_eq!(patched.status, 200, "{}", patched.body);
    is_refused(
        &mut site,
        made,
        &format!("schedule {id}"),
        "WAS CHANGED AGAIN SINCE",
    );
    // A DID that comes back finds its number taken.
    let delete = site.ask("update_did&did_pattern=7275551114&delete_did=Y");
    let delete = Site::change_of(&delete).unwrap_or_else(|| panic!("{}", delete.body));
    let again = site.ask("add_did&did_pattern=7275551114");
    assert!(again.body.contains("SUCCESS"), "{}", again.body);
    is_refused(
        &mut site,
        delete,
        "did 7275551114",
        "HAS A NUMBER OR NAME THAT ANOTHER ONE HAS BY NOW",
    );
    // `00100` is not `100` in a column of texts.
    let add = site.ask("add_did&did_pattern=7275550102&did_route=EXTEN&extension=00100");
    let add = Site::change_of(&add).expect("a change");
    site.ask("update_did&did_pattern=7275550102&extension=100");
    is_refused(&mut site, add, "did 7275550102", "WAS CHANGED AGAIN SINCE");
}

fn hours_and_routes_are_taken_back_as_a_whole(backend: Backend) {
    let mut site = Site::demo(backend);
    let route = |day: &str| {
        json!({"routes": [
            {"dest_kind": "queue", "dest_id": "TEST_IN2", "conditions": {"days": [day]}},
            {"dest_kind": "voicemail", "dest_id": "8301"},
        ]})
    };
    let routes = "/api/dids/8/routes";
    assert_eq!(site.put(routes, route("mon")).status, 200);
    let tuesday = site.put(routes, route("tue"));
    let tuesday = changed(&tuesday);
    let wednesday = site.put(routes, route("wed"));
    let wednesday = changed(&wednesday);
    is_refused(
        &mut site,
        tuesday,
        "did 7275550108",
        "WAS CHANGED AGAIN SINCE",
    );
    let undone = site.body(&format!("change_undo&change_id={tuesday},{wednesday}"));
    assert!(undone.contains("SUCCESS: "), "{undone}");
    let shown = site.get(routes).body.to_string();
    assert!(
        shown.contains("mon") && !shown.contains("tue") && !shown.contains("wed"),
        "{shown}"
    );
}

fn numbers_that_were_swapped_are_swapped_back(backend: Backend) {
    let mut site = Site::demo(backend);
    let before = site.kept();
    let mut changes = Vec::new();
    let rows = site.database.rows("vicidial_inbound_dids");
    let id_of = |number: &str| {
        let row = rows
            .iter()
            .find(|row| row["did_pattern"] == number)
            .expect("a DID");
        format!("/api/dids/{}", row["did_id"])
    };
    let (one, other) = (id_of("3125559000"), id_of("3125559001"));
    for (path, number) in [
        (&one, "3125550000"),
        (&other, "3125559000"),
        (&one, "3125559001"),
    ] {
        let answer = site.patch(path, json!({"number": number}));
        assert_eq!(answer.status, 200, "{}", answer.body);
        changes.push(changed(&answer).to_string());
    }
    let undone = site.body(&format!("change_undo&change_id={}", changes.join(",")));
    assert!(undone.contains("SUCCESS: "), "{undone}");
    assert_eq!(site.kept(), before);
}

fn a_dialer_rebuilds_its_configuration(backend: Backend) {
    let mut site = Site::start(backend);
    let servers = |site: &Site, to: &str| {
        let mut servers = site.database.rows("servers");
        for server in &mut servers {
            server.insert("rebuild_conf_files".to_owned(), json!(to));
            server.insert("generate_vicidial_conf".to_owned(), json!("Y"));
            server.insert("active_asterisk_server".to_owned(), json!("Y"));
        }
        site.load(json!({ "servers": servers }));
    };
    let add = "add_phone&extension=7700&server_ip=192.168.198.5&dialplan_number=7700&voicemail_id=7700&phone_login=7700&phone_pass=a&\
               protocol=SIP&registration_password=b&phone_full_name=Desk&local_gmt=-5.00&outbound_cid=7275551212";
    let added = site.ask(add);
    let change = Site::change_of(&added).unwrap_or_else(|| panic!("{}", added.body));
    servers(&site, "N");
    let undone = site.body(&format!("change_undo&change_id={change}"));
    assert!(undone.contains("SUCCESS: "), "{undone}");
    let rows = site.database.rows("servers");
    let server = rows.iter().find(|row| row["server_ip"] == "192.168.198.5");
    assert_eq!(server.expect("the dialer")["rebuild_conf_files"], "Y");
}

fn of_undos_at_once_one_is_done(backend: Backend) {
    const ROUNDS: usize = 6;
    let mut site = Site::start(backend);
    for round in 0..ROUNDS {
        let copy = format!(
            "copy_did&source_did_pattern=7275551114&new_dids=72755501{round:02},72755502{round:02}"
        );
        let copy = site.ask(&copy);
        let change = Site::change_of(&copy).expect("a change");
        let query =
            format!("source=test&user=6666&pass=1234&function=change_undo&change_id={change}");
        let undoing: Vec<_> = (0..6)
            .map(|_| {
                let (mut client, query) = (site.server.client(), query.clone());
                std::thread::spawn(move || client.get(&query).body)
            })
            .collect();
        let bodies: Vec<String> = undoing
            .into_iter()
            .map(|client| client.join().expect("a client"))
            .collect();
        let done = bodies
            .iter()
            .filter(|body| body.contains("SUCCESS: "))
            .count();
        let before = bodies
            .iter()
            .filter(|body| body.contains("CHANGE WAS UNDONE BEFORE"))
            .count();
        assert_eq!((done, before), (1, 5), "{bodies:?}");
    }
}

/// What was taken back, put in force, taken back and put in force again says so.
#[test]
fn undos_of_undos_are_marked() {
    let mut site = Site::start(Backend::Sqlite);
    let add = site.ask("add_did&did_pattern=7275550101");
    let mut chain = vec![Site::change_of(&add).expect("a change")];
    for length in 1..=4 {
        let last = chain[length - 1];
        let undo = site.ask(&format!("change_undo&change_id={last}"));
        chain.push(Site::change_of(&undo).unwrap_or_else(|| panic!("{}", undo.body)));
        // The last is in force, the one before not, and so on.
        let marks: Vec<bool> = site
            .database
            .rows("vicishim_changes")
            .iter()
            .map(|row| row["undone_by"] == 0)
            .collect();
        let expected: Vec<bool> = (0..=length)
            .map(|place| (length - place).is_multiple_of(2))
            .collect();
        assert_eq!(marks, expected, "{length}");
        let is_there = site.patterns().contains(&"7275550101".to_owned());
        assert_eq!(is_there, length % 2 == 0);
    }
}

/// Rows outside of a user's groups are not written by an undo of its own change.
#[test]
fn an_undo_stays_within_the_users_groups() {
    let mut site = Site::demo(Backend::Sqlite);
    let groups = site.database.rows("vicidial_user_groups");
    assert!(groups.iter().any(|group| group["user_group"] == "SALES"));
    let mut users = site.database.rows("vicidial_users");
    let mut other = users
        .iter()
        .find(|user| user["user"] == "6666")
        .expect("6666")
        .clone();
    other.remove("user_id");
    other.insert("user".to_owned(), json!("bounded"));
    other.insert("user_group".to_owned(), json!("BOUNDED"));
    users.push(other);
    site.load(json!({
        "vicidial_users": users,
        "vicidial_user_groups": [{"user_group": "BOUNDED", "group_name": "b", "admin_viewable_groups": " SALES ", "allowed_campaigns": " -ALL-CAMPAIGNS- - -"}],
    }));
    site.user = "bounded:1234";
    let patched = site.patch("/api/dids/8", json!({"max_channels": 3}));
    assert_eq!(patched.status, 200, "{}", patched.body);
    let change = changed(&patched);
    let undo = format!("change_undo&change_id={change}");
    let dry = site.body_as("bounded", &format!("{undo}&dry_run=Y"));
    assert!(dry.contains("SUCCESS: "), "{dry}");
    // Somebody who sees all takes the DID out of its groups.
    site.load(json!({"vicidial_inbound_dids": [{"did_id": 8, "did_pattern": "7275550108", "user_group": "OFFICE"}]}));
    let refused = format!("ERROR: change_undo CHANGE DOES NOT EXIST - bounded|{change}\n");
    assert_eq!(site.body_as("bounded", &undo), refused);
}

/// Who may not list phones sees that some were changed, and nothing of them.
#[test]
fn phones_are_shown_to_who_may_list_them() {
    let mut site = Site::start(Backend::Sqlite);
    let mut users = site.database.rows("vicidial_users");
    let mut other = users
        .iter()
        .find(|user| user["user"] == "6666")
        .expect("6666")
        .clone();
    other.remove("user_id");
    other.insert("user".to_owned(), json!("no_phones"));
    other.insert("ast_admin_access".to_owned(), json!("0"));
    users.push(other);
    site.load(json!({ "vicidial_users": users }));
    let add = "add_phone&extension=7700&server_ip=192.168.198.5&dialplan_number=7701&voicemail_id=7702&phone_login=7703&phone_pass=a&\
               protocol=SIP&registration_password=b&phone_full_name=Desk&local_gmt=-5.00&outbound_cid=7275551212";
    let added = site.ask(add);
    let change = Site::change_of(&added).unwrap_or_else(|| panic!("{}", added.body));
    let listed = site.body_as("no_phones", "change_list");
    assert!(listed.contains("rows that you may not list"), "{listed}");
    site.user = "no_phones:1234";
    let shown = site.get(&format!("/api/changes/{change}")).body;
    assert_eq!(shown["rows"], json!([]), "{shown}");
    for secret in ["7700", "7701", "7702", "7703"] {
        assert!(
            !listed.contains(secret) && !shown.to_string().contains(secret),
            "{listed} {shown}"
        );
    }
}

/// Only `serve` forgets old changes: a command does not know for how long they are to be kept.
#[test]
fn a_command_forgets_no_changes() {
    let database = Database::with_state(Backend::Sqlite);
    let detail = json!([{"added": {"keys": [[99, "7275550199"]], "row": {}, "is_whole": false}}]);
    let row = json!({
        "change_id": 1, "changed_at": 1_000_000_000, "user": "6666", "client": "", "source": "", "function": "add_did", "request_id": "",
        "undone_by": 0, "undoes": "", "subject": "did 7275550199", "detail": detail.to_string(),
    });
    let tables = json!({ "vicishim_changes": [row] });
    database.load(&serde_json::from_value(tables).expect("tables"));
    run(&["undo", "1", "--dry-run", "--database", &database.url]);
    run(&["undo", "1", "--database", &database.url]);
    assert!(
        database
            .rows("vicishim_changes")
            .iter()
            .any(|row| row["change_id"] == 1)
    );
}

/// A call that fails in the middle on tables that take nothing back leaves what it has changed in the history.
#[test]
fn what_fails_in_the_middle_is_kept() {
    let mut site = Site::start(Backend::VicidialWithMariaDb);
    let list: Vec<String> = (0..600).map(|n| format!("74{n:08}")).collect();
    let form = format!("new_dids={}", list.join(","));
    let copy = site.form("copy_did&source_did_pattern=7275551114", &form);
    let change = Site::change_of(&copy).expect("a change");
    site.database.run(
        "CREATE TRIGGER fails BEFORE DELETE ON vicidial_inbound_dids FOR EACH ROW \
         SET @fails = IF(OLD.did_pattern = '7400000450', (SELECT 1 UNION SELECT 2), 0)",
    );
    let undo = format!("change_undo&change_id={change}");
    let failed = site.body(&undo);
    assert!(failed.contains("LOOK WHETHER"), "{failed}");
    site.database.run("DROP TRIGGER fails");
    let done = site.body(&undo);
    assert!(done.contains("SUCCESS: "), "{done}");
    let removed: usize = site
        .database
        .rows("vicishim_changes")
        .iter()
        .filter(|row| row["function"] == "change_undo")
        .map(|row| {
            row["detail"]
                .as_str()
                .expect("a text")
                .matches("\"74")
                .count()
        })
        .sum();
    // A statement that failed may have deleted some rows itself.
    assert!(removed >= 400, "{removed} of 600 are in the history");
}

/// A change that is made while an older one is taken back stands, whichever comes first.
fn an_undo_overwrites_nothing_newer(backend: Backend) {
    const ROUNDS: usize = 25;
    let mut site = Site::start(backend);
    for round in 0..ROUNDS {
        let number = format!("72755501{round:02}");
        site.ask(&format!(
            "add_did&did_pattern={number}&did_description=First+one"
        ));
        let update = site.ask(&format!(
            "update_did&did_pattern={number}&did_description=Second+one"
        ));
        let change = Site::change_of(&update).expect("a change");
        let barrier = Arc::new(Barrier::new(2));
        let calls = [
            format!("change_undo&change_id={change}"),
            format!("update_did&did_pattern={number}&did_description=Newer+one"),
        ];
        let at_once: Vec<_> = calls
            .into_iter()
            .map(|call| {
                let (mut client, barrier) = (site.server.client(), Arc::clone(&barrier));
                std::thread::spawn(move || {
                    barrier.wait();
                    let query = format!("source=test&user=6666&pass=1234&function={call}");
                    client.get(&query).body
                })
            })
            .collect();
        let bodies: Vec<String> = at_once
            .into_iter()
            .map(|client| client.join().expect("a client"))
            .collect();
        assert!(bodies[1].contains("SUCCESS: "), "{bodies:?}");
        let row = site.row("vicidial_inbound_dids", "did_pattern", &number);
        assert_eq!(row["did_description"], "Newer one", "{round}: {bodies:?}");
    }
}

/// Of `1-3` nothing is filtered away: change 13 is not meant.
#[test]
fn a_change_id_is_taken_as_it_is_sent() {
    let mut site = Site::start(Backend::Sqlite);
    for number in 0..13 {
        site.ask(&format!("add_did&did_pattern=72755501{number:02}"));
    }
    let before = site.kept();
    for (id, shown) in [
        ("1-3", "1-3"),
        ("1+3", "13"),
        ("-1", "-1"),
        ("1;3", "13"),
        ("0", "0"),
    ] {
        let line = format!("ERROR: change_undo CHANGE ID IS NOT A NUMBER - 6666|{shown}\n");
        site.says(&format!("change_undo&change_id={id}"), &line);
        let line = format!("ERROR: change_list CHANGE ID IS NOT A NUMBER - 6666|{shown}\n");
        site.says(&format!("change_list&change_id={id}"), &line);
    }
    let line = "ERROR: change_undo CHANGE ID IS NOT A NUMBER - 6666|x\n";
    site.says("change_undo&change_id=x", line);
    let line = "ERROR: change_list THE VALUE HAS NO VALID CHARACTERS, THIS IS AN OPTIONAL FIELD - 6666|change_id\n";
    site.says("change_list&change_id=x", line);
    assert_eq!(site.kept(), before);
}
