//! What goes wrong because a test asked for it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{NEW, site};
use crate::common::client::{Client, Response};
use crate::common::server::run;
use crate::common::site::Site;

fn add() -> String {
    format!("add_did&did_pattern={NEW}")
}

fn is_there(site: &Site) -> bool {
    site.patterns().iter().any(|pattern| pattern == NEW)
}

/// What a client sees of an answer, whenever it comes.
fn seen(response: Response) -> (u16, Vec<(String, String)>, String) {
    let mut headers = response.headers;
    headers.retain(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
    headers.sort();
    (response.status, headers, response.body)
}

#[test]
fn an_unavailable_database_is_answered_word_for_word_as_when_it_is_away() {
    let mut site = site();
    let made = run(&[
        "route-key",
        "add",
        "asterisk",
        "--database",
        &site.database.url,
    ]);
    let key = String::from_utf8(made.stdout).expect("a key");
    let route = format!("/route?number=7275551114&key={}", key.trim());
    let route_in_json = format!("{route}&format=json");
    let text = |function: &str| {
        format!("/vicidial/non_agent_api.php?source=test&user=6666&pass=1234&function={function}")
    };
    let requests = [
        ("GET", text(&add()), ""),
        ("GET", text(&format!("{}&format=json", add())), ""),
        ("GET", text("did_list"), ""),
        ("GET", text("version"), ""),
        ("GET", text("no_such_function"), ""),
        ("GET", "/api/dids".to_owned(), ""),
        ("GET", "/api/dids/2".to_owned(), ""),
        ("POST", "/api/tenants".to_owned(), r#"{"name":"Acme"}"#),
        ("GET", route, ""),
        ("GET", route_in_json, ""),
    ];
    let all = |site: &mut Site| -> Vec<_> {
        let basic = "Basic NjY2NjoxMjM0";
        let headers = [
            ("Authorization", basic),
            ("Content-Type", "application/json"),
        ];
        requests
            .iter()
            .map(|(method, target, body)| {
                // The key is in the address there.
                let headers = if target.starts_with("/route") {
                    &[][..]
                } else {
                    &headers[..]
                };
                seen(
                    site.client
                        .request(method, target, headers, body.as_bytes()),
                )
            })
            .collect()
    };
    site.fault(json!({"all": true, "database_unavailable": true}));
    let before = site.database.dump(&[]);
    let planned = all(&mut site);
    assert_eq!(site.database.dump(&[]), before);
    site.controls("DELETE", "faults", Value::Null, 204);
    std::fs::remove_file(&site.database.url).expect("the database goes");
    // What was read a second ago may still be known.
    crate::common::eventually("the outage is seen", || {
        site.client.get("function=version").status == 503
    });
    let real = all(&mut site);
    for ((planned, real), (_, target, _)) in planned.iter().zip(&real).zip(&requests) {
        assert_eq!(planned, real, "{target}");
        assert_eq!(planned.0, 503, "{target}");
    }
}

#[test]
fn a_fault_happens_so_many_times_and_to_what_it_was_planned_for() {
    let mut site = site();
    site.fault(
        json!({"function": "add_did", "times": 2, "reply": {"status": 500, "text": "broken"}}),
    );
    assert_eq!(site.ask("did_list").status, 200);
    for status in [500, 500, 200] {
        assert_eq!(site.ask(&add()).status, status);
    }
    let faults = site.controls("GET", "faults", Value::Null, 200);
    let shown = &faults["faults"][0];
    assert_eq!(
        (&shown["used"], &shown["left"]),
        (&json!(2), &json!(0)),
        "{shown}"
    );
    site.fault(json!({"path": "/api/*", "reply": {"status": 404}}));
    assert_eq!(site.client.request("GET", "/healthz", &[], b"").status, 200);
    assert_eq!(
        site.client.request("GET", "/api/dids", &[], b"").status,
        404
    );
    assert_eq!(site.ask("did_list").status, 200);
}

#[test]
fn a_reply_stands_for_the_real_one_and_nothing_is_done() {
    let mut site = site();
    site.fault(json!({"function": "add_did", "reply": {
        "status": 200, "text": "SUCCESS: add_did - €", "headers": {"Content-Type": "text/html", "X-Own": "1"},
    }}));
    let answer = site.ask(&add());
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, "SUCCESS: add_did - €")
    );
    assert_eq!(answer.header("content-type"), Some("text/html"));
    assert_eq!(answer.header("x-own"), Some("1"));
    assert!(!is_there(&site));
    // A JSON call is one of the same function.
    let json = site.client.request("POST", "/api/dids", &[], b"{}");
    assert_eq!(json.body, "SUCCESS: add_did - €");
}

#[test]
fn a_probability_with_a_seed_is_the_same_each_time() {
    let mut site = site();
    let mut draw = || -> Vec<u16> {
        site.controls("DELETE", "faults", Value::Null, 204);
        site.fault(
            json!({"function": "version", "probability": 0.5, "seed": 7, "reply": {"status": 500}}),
        );
        (0..40)
            .map(|_| site.client.get("function=version").status)
            .collect()
    };
    let first = draw();
    assert_eq!(draw(), first);
    let failed = first.iter().filter(|status| **status == 500).count();
    assert!((5..35).contains(&failed), "{failed}");
}

#[test]
fn a_delayed_call_waits_and_is_carried_out() {
    let mut site = site();
    site.fault(json!({"function": "add_did", "times": 1, "delay_ms": 300}));
    let since = Instant::now();
    assert!(site.body(&add()).starts_with("SUCCESS"));
    assert!(since.elapsed() >= Duration::from_millis(300));
    // Whose client gives up is not carried out, and was received all the same.
    site.fault(json!({"function": "version", "times": 1, "delay_ms": 60_000}));
    let mut client = Client::patient(site.server.address, Duration::from_millis(200));
    assert!(
        client
            .try_request("GET", "/non_agent_api.php?function=version", &[], b"")
            .is_err()
    );
    drop(client);
    crate::common::eventually("the call is recorded", || {
        site.calls("function=version").len() == 1
    });
    assert_eq!(site.calls("function=version")[0]["status"], Value::Null);
}

#[test]
fn a_lost_connection_is_closed_without_a_byte_before_or_after_the_change() {
    for (lost, is_done) in [("before", false), ("after", true)] {
        let mut site = site();
        site.fault(json!({"function": "add_did", "times": 1, "connection_lost": lost}));
        let query = format!(
            "GET /non_agent_api.php?source=test&user=6666&pass=1234&function={} HTTP/1.1\r\nHost: x\r\n\r\n",
            add()
        );
        let client = site.server.client();
        assert_eq!(client.raw(query.as_bytes()), "");
        assert_eq!(is_there(&site), is_done, "{lost}");
        let call = &site.calls("")[0];
        let status = if is_done { json!(200) } else { Value::Null };
        assert_eq!(
            (&call["status"], &call["fault"]),
            (&status, &json!(1)),
            "{call}"
        );
        let again = site.body(&add());
        assert_eq!(
            again.starts_with("ERROR: add_did DID ALREADY EXISTS"),
            is_done,
            "{again}"
        );
    }
}

#[test]
fn a_cut_body_is_shorter_than_its_head_says() {
    let mut site = site();
    site.fault(json!({"function": "version", "cut_body": 7}));
    for function in ["version", "version&format=json"] {
        let query =
            format!("GET /non_agent_api.php?function={function} HTTP/1.1\r\nHost: x\r\n\r\n");
        let answer = site.server.client().raw(query.as_bytes());
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert_eq!(body.len(), 7, "{answer}");
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        assert!(
            length
                .expect("a length")
                .parse::<usize>()
                .expect("a number")
                > 7
        );
    }
}

#[test]
fn a_cut_list_ends_without_its_end() {
    let mut site = site();
    for number in 0..3 {
        let list: Vec<String> = (0..900).map(|at| format!("8{number}{at:08}")).collect();
        let list = list.join(",");
        let form = format!("source_did_pattern=7275551114&new_dids={list}");
        site.form("copy_did", &form);
    }
    site.fault(json!({"function": "did_list", "cut_body": 100_000}));
    let query = "GET /non_agent_api.php?source=test&user=6666&pass=1234&function=did_list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let all = site.server.client().raw(query.as_bytes());
    assert!((100_000..110_000).contains(&all.len()), "{}", all.len());
    assert!(!all.ends_with("0\r\n\r\n"));
}

#[test]
fn a_fault_that_cannot_be_is_refused() {
    let mut site = site();
    for (wrong, why) in [
        (json!({}), "give one of function, path and \"all\": true"),
        (
            json!({"all": false, "delay_ms": 1}),
            "give one of function, path and \"all\": true",
        ),
        (
            json!({"all": true, "path": "/", "delay_ms": 1}),
            "give one of function, path and \"all\": true",
        ),
        (
            json!({"all": true}),
            "give one of delay_ms, reply, database_unavailable, connection_lost and cut_body",
        ),
        (
            json!({"all": true, "delay_ms": 1, "cut_body": 1}),
            "give one of delay_ms, reply, database_unavailable, connection_lost and cut_body",
        ),
        (
            json!({"all": true, "delay_ms": 600_001}),
            "delay_ms: must be at most 600000",
        ),
        (
            json!({"all": true, "delay_ms": 1, "times": 0}),
            "times: must be at least 1",
        ),
        (
            json!({"all": true, "delay_ms": 1, "times": 1, "probability": 0.5}),
            "give times or probability, not both",
        ),
        (
            json!({"all": true, "delay_ms": 1, "probability": 1.5}),
            "probability: must be 0 to 1",
        ),
        (
            json!({"all": true, "delay_ms": 1, "seed": 1}),
            "seed: is for a probability",
        ),
        (
            json!({"all": true, "database_unavailable": false}),
            "database_unavailable: must be true",
        ),
        (
            json!({"all": true, "reply": {"status": 100}}),
            "reply.status: must be 200 to 999",
        ),
        (
            json!({"all": true, "reply": {"headers": {"a b": "c"}}}),
            "reply.headers.a b: is no header",
        ),
    ] {
        let refused = site.controls("POST", "faults", wrong, 422);
        assert_eq!(refused["detail"], why);
    }
    site.controls(
        "POST",
        "faults",
        json!({"all": true, "connection_lost": "never"}),
        422,
    );
    let broken = site.send("POST", "/vicishim/test/faults", &[], "{");
    assert_eq!(broken.status, 400);
    let faults = site.controls("GET", "faults", Value::Null, 200);
    assert_eq!(faults, json!({"faults": []}));
}
