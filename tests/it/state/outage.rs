//! The database with our own tables is away: what needs none of them goes on, and nothing else is said to be done.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::common::client::Client;
use crate::common::database::{Backend, Database, Tables};
use crate::common::eventually;
use crate::common::mariadb;
use crate::common::proxy::Proxy;
use crate::common::server::Server;
use crate::common::site::Site;

const WITHOUT: &str = "ok, BUT STATE DATABASE UNAVAILABLE\n";

fn health(api: &mut Site) -> (u16, String) {
    let response = api.client.request("GET", "/healthz", &[], b"");
    (response.status, response.body)
}

/// What is answered while the state is away.
fn is_answered_without(api: &mut Site, number: &str) {
    assert_eq!(health(api), (200, WITHOUT.to_owned()));
    let added = format!("SUCCESS: add_did DID HAS BEEN ADDED - 6666|{number}\n");
    assert_eq!(api.text("add_did", &format!("did_pattern={number}")), added);
    let updated = api.text("update_did", &format!("did_pattern={number}&active=N"));
    assert!(updated.starts_with("SUCCESS"), "{updated}");
    let listed = api.text("did_list", &format!("did_pattern={number}"));
    assert!(listed.contains(number), "{listed}");
    let before = api.database.run("SELECT * FROM vicidial_inbound_dids");
    let log = "SELECT * FROM vicidial_admin_log";
    let logged = api.database.run(log);
    for (function, query) in [
        ("add_did", "did_pattern=7275558888&request_id=r1".to_owned()),
        (
            "copy_did",
            format!("source_did_pattern={number}&new_dids=7275558888"),
        ),
        ("update_did", format!("did_pattern={number}&delete_did=Y")),
        ("did_route_test", format!("did_pattern={number}")),
        ("did_lint", String::new()),
    ] {
        let body = api.text(function, &query);
        assert_eq!(
            body, "ERROR: DATABASE UNAVAILABLE, NOTHING WAS CHANGED\n",
            "{function}"
        );
    }
    let body = json!({"number": "7275558888", "user_group": "---ALL---", "max_channels": 1});
    assert_eq!(api.post("/api/dids", body).status, 503);
    assert_eq!(api.get("/api/dids").status, 503);
    assert_eq!(api.get("/api/schedules").status, 503);
    assert_eq!(
        api.database.run("SELECT * FROM vicidial_inbound_dids"),
        before
    );
    assert_eq!(api.database.run(log), logged);
    // A phone has no id until this API changes it, which counts for one that is added now.
    let extension = &number[number.len() - 4..];
    let query = format!(
        "source=test&user=6666&pass=1234&function=add_phone&extension=away{extension}&dialplan_number=9{extension}\
         &voicemail_id=9{extension}&phone_login=away{extension}&phone_pass=desk99&server_ip=192.168.198.5&protocol=SIP\
         &registration_password=reg99&phone_full_name=Away&local_gmt=-5.00&outbound_cid=7275550000"
    );
    let phone = api.client.get(&query);
    assert!(phone.body.starts_with("SUCCESS"), "{}", phone.body);
    let warning = phone.header("x-vicishim-warning").expect("a warning");
    assert!(warning.contains("our own tables are away"), "{warning}");
    api.logs("our own tables are away");
}

/// All is as before, once the state is back.
fn is_back(api: &mut Site) {
    eventually("the state is back", || health(api).1 == "ok\n");
    eventually("our own tables are read", || {
        api.get("/api/dids").status == 200
    });
    eventually("they are written", || {
        let changed = api.patch(
            "/api/dids/8",
            json!({"max_channels": 21, "description": "Back again"}),
        );
        changed.status == 200
    });
    // Another writer may find it a little later.
    eventually("every writer reads them", || {
        api.get("/api/dids/8").body["max_channels"] == 21
    });
    eventually("a request is kept", || {
        api.text("add_did", "did_pattern=7275558888&request_id=r1")
            .starts_with("SUCCESS")
    });
}

#[test]
fn a_file_that_is_moved_away() {
    let mut api = Site::demo(Backend::VicidialWithSqlite);
    assert_eq!(health(&mut api), (200, "ok\n".to_owned()));
    assert_eq!(api.get("/api/dids/8").status, 200);
    let file = api.database.state.as_ref().expect("a state").url.clone();
    let moved = format!("{file}.moved");
    std::fs::rename(&file, &moved).expect("it is moved");
    is_answered_without(&mut api, "7275550001");
    assert!(!std::path::Path::new(&file).exists(), "it is not made anew");
    std::fs::rename(&moved, &file).expect("it is moved back");
    is_back(&mut api);
}

/// The rows of the demo.
pub(super) fn demo() -> Tables {
    serde_json::from_str(&crate::common::read_fixture("demo.json")).expect("demo.json")
}

/// A dialer's database, and a state behind a proxy.
pub(super) fn behind_a_proxy() -> (Site, Proxy) {
    let mut database = Database::with(Backend::VicidialWithMariaDb, &demo());
    let proxy = Proxy::to(mariadb::shared().port);
    let state = database.state.as_mut().expect("a state");
    state.url = mariadb::url(proxy.port, state.name());
    (Site::on(database, &[]), proxy)
}

#[test]
fn a_mariadb_that_is_cut_off() {
    let (mut api, proxy) = behind_a_proxy();
    assert_eq!(api.get("/api/dids/8").status, 200);
    proxy.cut();
    is_answered_without(&mut api, "7275550001");
    proxy.restore();
    is_back(&mut api);
}

#[test]
fn a_server_starts_without_its_state() {
    let (api, proxy) = behind_a_proxy();
    proxy.cut();
    let server = Server::start(&api.database.arguments());
    let mut api = Site {
        client: Client::connect(server.address),
        server,
        ..api
    };
    is_answered_without(&mut api, "7275550001");
    proxy.restore();
    is_back(&mut api);
}

#[test]
fn a_dialer_that_is_cut_off_is_no_half_outage() {
    let mut database = Database::with(Backend::VicidialWithSqlite, &demo());
    let proxy = Proxy::to(mariadb::shared().port);
    database.url = mariadb::url(proxy.port, database.name());
    let mut api = Site::on(database, &[]);
    proxy.cut();
    assert_eq!(health(&mut api).0, 503);
    let body = json!({"number": "7275558888", "user_group": "---ALL---", "max_channels": 1});
    assert_eq!(api.post("/api/dids", body.clone()).status, 503);
    proxy.restore();
    eventually("the dialer is back", || {
        api.post("/api/dids", body.clone()).status == 201
    });
    eventually("it is healthy", || {
        health(&mut api) == (200, "ok\n".to_owned())
    });
    assert!(api.database.rows("vicishim_intentions").is_empty());
}

/// The answer to the dialer's commit is lost, and the commit is found to stand: our half, which was not committed yet, is gone
/// with the connection.
#[test]
fn a_commit_whose_answer_is_lost_makes_no_half_a_success() {
    let mut database = Database::with(Backend::VicidialWithSqlite, &demo());
    super::convert_to_innodb(&database);
    let proxy = Proxy::to(mariadb::shared().port);
    database.url = mariadb::url(proxy.port, database.name());
    let mut api = Site::on(database, &[]);
    let (mut made, mut not_made, mut looks) = (Vec::new(), Vec::new(), 0);
    for round in 0..16 {
        let name = format!("schedule {round}");
        let body = json!({"name": name, "time_zone": "UTC", "user_group": "---ALL---"});
        let is_over = AtomicBool::new(false);
        let answer = std::thread::scope(|scope| {
            // Before each second one nothing is cut: every writer has a connection again.
            if round % 2 == 1 {
                proxy.cut_at("COMMIT");
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        proxy.restore();
                    }
                });
            }
            let answer = api.post("/api/schedules", body);
            is_over.store(true, Ordering::Relaxed);
            answer
        });
        match answer.body["detail"].as_str() {
            None => made.push(name),
            Some(detail) if detail.contains("nothing was changed") => not_made.push(name),
            Some(detail) => {
                assert!(detail.contains("look whether"), "{round}: {detail}");
                looks += 1;
            }
        }
    }
    proxy.restore();
    let rows = api.database.rows("vicishim_schedules");
    let is_there = |name: &String| rows.iter().any(|row| row["name"] == name.as_str());
    let lost: Vec<_> = made.iter().filter(|name| !is_there(name)).collect();
    assert!(lost.is_empty(), "{lost:?} of {made:?}");
    assert!(!not_made.iter().any(is_there), "{not_made:?}");
    println!(
        "{} made, {} not, {looks} told to look",
        made.len(),
        not_made.len()
    );
    assert!(!made.is_empty() && looks > 0);
}
