//! `GET /route`: the answer for a dialplan is the one of `did_route_test`, and leaves nothing behind.

use std::time::{Duration, Instant};

use diesel::SqliteConnection;
use diesel::connection::{Connection, SimpleConnection};

use crate::common::database::Backend;
use crate::common::eventually;
use crate::common::mariadb;
use crate::common::proxy::Proxy;
use crate::common::server::Server;
use crate::common::site::Site;
use serde_json::{Value, json};

on_our_own! {
    the_answer_is_that_of_did_route_test
    hours_callers_and_states_count
    json_has_the_steps_and_the_callers_number
}

/// A Friday in New York: in office hours, at the hour of a conditional route, and after both.
const MORNING: &str = "&at=2026-11-20T10:00:00-05:00";
const NOON: &str = "&at=2026-11-20T12:30:00-05:00";
const EVENING: &str = "&at=2026-11-20T18:30:00-05:00";

/// What `did_route_test` says of a number: kind and target, or why it goes nowhere.
fn tested(site: &mut Site, query: &str) -> String {
    let body = site.text("did_route_test", &format!("did_pattern={query}"));
    let line = body.lines().next().expect("a line");
    let fields: Vec<&str> = line.split('|').collect();
    match line.starts_with("SUCCESS") {
        true => format!("{}|{}", fields[3], fields[4].replace('@', "|")),
        false => fields[3].to_ascii_uppercase(),
    }
}

fn the_answer_is_that_of_did_route_test(backend: Backend) {
    let mut site = Site::demo(backend);
    site.load(json!({"vicidial_inbound_dids": [
        {"did_id": 1, "did_pattern": "default", "did_active": "Y", "did_route": "EXTEN"},
        {"did_id": 2, "did_pattern": "1001", "did_active": "Y", "did_route": "IN_GROUP", "group_id": "TEST_IN2"},
        {"did_id": 3, "did_pattern": "+1002", "did_active": "Y", "did_route": "VOICEMAIL", "voicemail_ext": "8301"},
        {"did_id": 4, "did_pattern": "1003", "did_active": "Y", "did_route": "CALLMENU", "menu_id": "main_menu"},
        {"did_id": 5, "did_pattern": "1004", "did_active": "Y", "did_route": "PHONE", "phone": "cc100", "server_ip": "10.0.9.8"},
        {"did_id": 6, "did_pattern": "1005", "did_active": "Y", "did_route": "AGENT", "user": "6666"},
        {"did_id": 7, "did_pattern": "1006", "did_active": "Y", "did_route": "EXTEN", "extension": "8300", "exten_context": "default"},
        {"did_id": 8, "did_pattern": "1007", "did_active": "Y", "did_route": "VMAIL_NO_INST", "voicemail_ext": "8302"},
        {"did_id": 9, "did_pattern": "1008", "did_active": "N", "did_route": "IN_GROUP", "group_id": "TEST_IN2"},
        {"did_id": 10, "did_pattern": "1009", "did_active": "Y", "did_route": "IN_GROUP", "group_id": "a|b"},
    ], "vicishim_dids": []}));
    let key = site.new_key("dialer");
    let logged = site.database.rows("vicidial_api_log").len();
    for (number, line) in [
        ("1001", "IN_GROUP|TEST_IN2"),
        ("%2B1002", "VOICEMAIL|8301"),
        ("1003", "CALLMENU|main_menu"),
        ("1004", "PHONE|cc100|10.0.9.8"),
        ("1005", "AGENT|6666"),
        ("1006", "EXTEN|8300|default"),
        ("1007", "VMAIL_NO_INST|8302"),
        ("1008", "INACTIVE"),
        ("1009", "IN_GROUP|a b"),
        // Nobody has the number: the DID `default` takes it, for which nobody chose a target.
        ("7770001", "EXTEN|9998811112|default"),
    ] {
        assert_eq!(site.line(&key, number), line, "{number}");
        assert_eq!(tested(&mut site, number), line, "{number}");
    }
    // A plus that nobody has encoded is a space then.
    assert_eq!(site.line(&key, "+1002"), "VOICEMAIL|8301");
    let tests = 10;
    let rows = site.database.rows("vicidial_api_log").len();
    assert_eq!(rows, logged + tests, "those of did_route_test alone");

    let head = site.with_key(&key, "HEAD", "/route?number=1001");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    for (method, target, status) in [
        ("PUT", "/route?number=1001", 405),
        ("GET", "/route", 400),
        ("GET", "/route?number=", 400),
        ("GET", "/route?number=1001&format=xml", 400),
        ("GET", "/route?number=1001&at=tomorrow", 400),
        ("GET", "/routes?number=1001", 404),
    ] {
        let response = site.with_key(&key, method, target);
        assert_eq!(response.status, status, "{method} {target}");
        assert!(response.body.starts_with("ERROR: "), "{}", response.body);
        assert_eq!(response.body.lines().count(), 1);
    }
    let long = site.with_key(&key, "GET", &format!("/route?number={}", "1".repeat(51)));
    let message = "ERROR: NUMBER MUST BE FROM 1 TO 50 CHARACTERS\n";
    assert_eq!((long.status, long.body.as_str()), (400, message));

    site.load(json!({"vicidial_inbound_dids": []}));
    assert_eq!(site.line(&key, "1001"), "NOTHING");
}

fn hours_callers_and_states_count(backend: Backend) {
    let mut site = Site::demo(backend);
    let key = site.new_key("dialer");
    for (at, line) in [
        (MORNING, "IN_GROUP|SALESLINE"),
        (NOON, "CALLMENU|main_menu"),
        (EVENING, "VOICEMAIL|8301"),
    ] {
        let query = format!("7275550108{at}");
        assert_eq!(site.line(&key, &query), line);
        assert_eq!(tested(&mut site, &query), line);
    }
    let denied = site.patch("/api/dids/2", json!({"allow_anonymous": false}));
    assert_eq!(denied.status, 200, "{}", denied.body);
    for (caller, line) in [
        ("", "IN_GROUP|TEST_IN2"),
        ("&caller=7275551212", "IN_GROUP|TEST_IN2"),
        ("&caller=", "REJECTED"),
        ("&caller=anonymous", "REJECTED"),
    ] {
        assert_eq!(site.line(&key, &format!("7275551114{caller}")), line);
    }
    let off = site.patch("/api/dids/2", json!({"status": "disabled"}));
    assert_eq!(off.status, 200, "{}", off.body);
    assert_eq!(site.line(&key, "7275551114"), "INACTIVE");
    // A target that is gone is named, with a warning.
    let gone = site.with_key(&key, "GET", "/route?number=7275550109");
    assert_eq!(gone.body, "IN_GROUP|GONE\n");
    let warning = gone.header("x-vicishim-warning").expect("a warning");
    assert!(warning.contains("there is no in-group GONE"), "{warning}");
}

fn json_has_the_steps_and_the_callers_number(backend: Backend) {
    let database = Site::demo_rows(backend, json!({}));
    let mut site = Site::on(database, &["--number-form", "e164"]);
    let key = site.new_key("dialer");
    let mut ask = |query: &str| -> Value {
        let target = format!("/route?format=json&number={query}");
        let response = site.with_key(&key, "GET", &target);
        assert_eq!(response.header("content-type"), Some("application/json"));
        serde_json::from_str(&response.body).expect("JSON")
    };
    let landing = ask(&format!("7275550108{EVENING}&caller=(212)%20555-0103"));
    assert_eq!(landing["dialplan"], "VOICEMAIL|8301");
    assert_eq!(landing["caller"], "(212) 555-0103");
    assert_eq!(landing["caller_cid"], "+12125550103");
    assert_eq!(
        (&landing["did_id"], &landing["dest_kind"]),
        (&json!(8), &json!("voicemail"))
    );
    assert_eq!(landing["steps"][0]["step"], "match");
    assert_eq!(
        ask("7275550108&caller=+442079460018")["caller_cid"],
        "+442079460018"
    );
    assert_eq!(ask("7275550108&caller=alice")["caller_cid"], "alice");
    for withheld in ["", "&caller=", "&caller=Anonymous"] {
        assert_eq!(
            ask(&format!("7275550108{withheld}"))["caller_cid"],
            Value::Null
        );
    }
}

#[test]
fn a_question_waits_for_no_writer() {
    let mut site = Site::demo(Backend::Sqlite);
    let key = site.new_key("dialer");
    let mut writer = SqliteConnection::establish(&site.database.url).expect("the file");
    writer.batch_execute("BEGIN IMMEDIATE").expect("a lock");
    assert_eq!(site.line(&key, "7275551114"), "IN_GROUP|TEST_IN2");
    writer.batch_execute("ROLLBACK").expect("no lock");
}

#[test]
fn an_outage_is_an_error_and_no_answer() {
    let site = Site::demo(Backend::Innodb);
    let key = site.new_key("dialer");
    let proxy = Proxy::to(mariadb::shared().port);
    let url = mariadb::url(proxy.port, site.database.name());
    let server = Server::start(&["--database", &url]);
    let target = format!("/route?number=7275551114&key={key}");
    let ask = || {
        let response = server.client().request("GET", &target, &[], b"");
        (response.status, response.body)
    };
    let answer = (200, "IN_GROUP|TEST_IN2\n".to_owned());
    assert_eq!(ask(), answer);
    proxy.cut();
    assert_eq!(ask(), (503, "ERROR: DATABASE UNAVAILABLE\n".to_owned()));
    proxy.restore();
    eventually("an answer", || ask() == answer);

    // A database that has fallen silent: nobody waits long for it, and no call begins that nobody was told of.
    proxy.freeze();
    let since = Instant::now();
    let begin = format!("/route/calls/1?number=7275551114&key={key}");
    let response = server.client().request("POST", &begin, &[], b"");
    assert_eq!(response.status, 503, "{}", response.body);
    assert!(since.elapsed() < Duration::from_secs(20), "{since:?}");
    proxy.thaw();
    eventually("an answer", || ask() == answer);
    let counted = format!("{target}&format=json");
    let body = server.client().request("GET", &counted, &[], b"").body;
    assert!(body.contains("\"calls\":1,"), "{body}");
}
