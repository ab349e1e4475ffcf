//! Calls that begin and end: `max_channels` counts those that are under way.

use std::sync::Barrier;

use crate::common::client::Client;
use crate::common::database::Backend;
use crate::common::eventually;
use crate::common::server::Server;
use crate::common::site::Site;
use serde_json::{Value, json};

use super::NOT_ALLOWED;

on_our_own! {
    the_eleventh_call_of_ten_is_busy
}

/// The demo's number with ten channels, whatever the hour.
const NUMBER: &str = "7275550108";

/// The demo, where it has no hours.
fn site(backend: Backend) -> (Site, String) {
    let site = Site::demo(backend);
    site.load(json!({
        "vicishim_dids": [{"did_id": 8, "did_pattern": NUMBER, "max_channels": 10}],
        "vicishim_did_routes": [],
    }));
    let key = site.new_key("dialer");
    (site, key)
}

impl Site {
    /// A call begins: status and line.
    fn begin(&mut self, key: &str, id: &str, query: &str) -> (u16, String) {
        let target = format!("/route/calls/{id}?number={query}");
        let response = self.with_key(key, "POST", &target);
        (response.status, response.body)
    }

    /// A call ends: status and line.
    fn end(&mut self, key: &str, id: &str) -> (u16, String) {
        let response = self.with_key(key, "DELETE", &format!("/route/calls/{id}"));
        (response.status, response.body)
    }

    /// How many calls the number would have with one more.
    fn counted(&mut self, key: &str) -> Value {
        let target = format!("/route?format=json&number={NUMBER}");
        let body = self.with_key(key, "GET", &target).body;
        let answer: Value = serde_json::from_str(&body).expect("JSON");
        answer["calls"].clone()
    }
}

fn sales() -> (u16, String) {
    (200, "IN_GROUP|SALESLINE\n".to_owned())
}

fn busy() -> (u16, String) {
    (200, "BUSY\n".to_owned())
}

fn ended() -> (u16, String) {
    (200, "ENDED\n".to_owned())
}

fn no_such_call() -> (u16, String) {
    (404, "ERROR: NO SUCH CALL IS UNDER WAY\n".to_owned())
}

fn the_eleventh_call_of_ten_is_busy(backend: Backend) {
    let (mut site, key) = site(backend);
    let before = site.stored();
    for call in 1..=10 {
        assert_eq!(site.counted(&key), json!(call));
        assert_eq!(site.begin(&key, &format!("call-{call}"), NUMBER), sales());
    }
    assert_eq!(site.line(&key, NUMBER), "BUSY");
    assert_eq!(site.begin(&key, "call-11", NUMBER), busy());
    // It has not begun, and one that has is not refused when it is told again.
    assert_eq!(site.end(&key, "call-11"), no_such_call());
    assert_eq!(site.begin(&key, "call-10", NUMBER), sales());
    assert_eq!(site.counted(&key), json!(11));
    // Another number has channels of its own.
    assert_eq!(
        site.begin(&key, "call-11", "7275551114"),
        (200, "IN_GROUP|TEST_IN2\n".to_owned())
    );
    assert_eq!(site.begin(&key, "call-11", NUMBER), busy());
    assert_eq!(site.end(&key, "call-11"), ended());

    assert_eq!(site.end(&key, "call-3"), ended());
    assert_eq!(site.end(&key, "call-3"), no_such_call());
    assert_eq!(site.begin(&key, "call-11", NUMBER), sales());
    assert_eq!(site.begin(&key, "call-12", NUMBER), busy());
    // Nothing of all that is written down.
    assert_eq!(site.stored(), before);
}

#[test]
fn calls_that_come_at_once_are_not_more_than_there_are_channels() {
    let (mut site, key) = site(Backend::Sqlite);
    let address = site.server.address;
    const AT_ONCE: usize = 16;
    for _ in 0..5 {
        let start = Barrier::new(AT_ONCE);
        let begin = |call: usize| {
            let mut client = Client::connect(address);
            start.wait();
            let target = format!("/route/calls/{call}?number={NUMBER}&key={key}");
            client.request("POST", &target, &[], b"").body
        };
        let lines: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..AT_ONCE)
                .map(|call| scope.spawn(move || begin(call)))
                .collect();
            let threads = threads.into_iter();
            threads
                .map(|thread| thread.join().expect("a call"))
                .collect()
        });
        let count = |line: &str| lines.iter().filter(|found| *found == line).count();
        assert_eq!(
            (count("IN_GROUP|SALESLINE\n"), count("BUSY\n")),
            (10, AT_ONCE - 10),
            "{lines:?}"
        );
        let ends = (0..AT_ONCE).filter(|call| site.end(&key, &call.to_string()) == ended());
        assert_eq!(ends.count(), 10);
    }
}

#[test]
fn a_call_that_nobody_ends_counts_for_its_time() {
    let (mut site, key) = site(Backend::Sqlite);
    for call in 1..=10 {
        let query = format!("{NUMBER}&expires=2");
        assert_eq!(site.begin(&key, &call.to_string(), &query), sales());
    }
    // Told again it counts for longer.
    assert_eq!(
        site.begin(&key, "1", &format!("{NUMBER}&expires=60")),
        sales()
    );
    eventually("the others' time is over", || {
        site.counted(&key) == json!(2)
    });
    assert_eq!(site.end(&key, "2"), no_such_call());
    assert_eq!(site.end(&key, "1"), ended());
    for wrong in ["0", "86401", "-1", "4h", "99999999999999999999"] {
        let (status, line) = site.begin(&key, "1", &format!("{NUMBER}&expires={wrong}"));
        let expected = "ERROR: EXPIRES MUST BE FROM 1 TO 86400 SECONDS\n";
        assert_eq!((status, line.as_str()), (400, expected), "{wrong}");
    }
    assert_eq!(site.counted(&key), json!(1));
}

#[test]
fn only_calls_that_are_connected_count() {
    let (mut site, key) = site(Backend::Sqlite);
    for (number, line) in [
        ("7275551114&caller=", "REJECTED\n"),
        ("%2B17275551112", "INACTIVE\n"),
    ] {
        let denied = site.patch("/api/dids/2", json!({"allow_anonymous": false}));
        assert_eq!(denied.status, 200, "{}", denied.body);
        assert_eq!(site.begin(&key, "a", number), (200, line.to_owned()));
        assert_eq!(site.end(&key, "a"), no_such_call(), "{number}");
    }
    // Nobody has the number: it is a call of the DID `default`.
    let default = (200, "EXTEN|9998811112|default\n".to_owned());
    assert_eq!(site.begin(&key, "a", "7770001"), default);
    assert_eq!(site.end(&key, "a"), ended());
}

#[test]
fn ids_are_the_keys_own_and_may_be_any_text() {
    let (mut site, key) = site(Backend::Sqlite);
    let other = site.new_key("other");
    let id = "a84b4c76e66710%40pc33.example%2Fx%20%C3%B1";
    assert_eq!(site.begin(&key, id, NUMBER), sales());
    assert_eq!(site.end(&other, id), no_such_call());
    assert_eq!(site.begin(&other, id, NUMBER), sales());
    assert_eq!(site.counted(&key), json!(3));
    assert_eq!(site.end(&key, id), ended());
    // Asterisk knows no DELETE, and sends no type of a form.
    let target = format!("/route/calls/{id}/end");
    let form = format!("key={other}");
    let response = site.client.request("POST", &target, &[], form.as_bytes());
    assert_eq!((response.status, response.body), ended());
    assert_eq!(site.counted(&key), json!(1));
    let form = format!("number={NUMBER}&key={key}&format=json");
    let begun = site
        .client
        .request("POST", "/route/calls/x", &[], form.as_bytes());
    let begun: Value = serde_json::from_str(&begun.body).expect("JSON");
    assert_eq!(
        (&begun["dialplan"], &begun["calls"]),
        (&json!("IN_GROUP|SALESLINE"), &json!(1))
    );
    let response = site.with_key(&key, "DELETE", "/route/calls/x?format=json");
    assert_eq!(response.body, r#"{"ended":true}"#);

    for (method, target, status) in [
        ("GET", "/route/calls/1", 405),
        ("DELETE", "/route/calls/1/end", 405),
        ("POST", "/route/calls/", 404),
        ("POST", "/route/calls/a/b", 404),
        ("POST", "/route/calls/%FF", 404),
        ("POST", "/route/calls/1", 400),
        ("POST", "/route/calls/1?number=7275550108&at=now", 400),
    ] {
        let response = site.with_key(&key, method, target);
        assert_eq!(response.status, status, "{method} {target}");
        assert!(response.body.starts_with("ERROR: "), "{}", response.body);
    }
    let long = "x".repeat(256);
    assert_eq!(site.begin(&key, &long, NUMBER).0, 400);
    assert_eq!(site.begin(&key, &long[1..], NUMBER), sales());
    for method in ["POST", "DELETE"] {
        let refused = site.with_key("vrk_", method, "/route/calls/1?number=7275550108");
        assert_eq!((refused.status, refused.body.as_str()), (403, NOT_ALLOWED));
    }
}

#[test]
fn a_server_that_begins_anew_counts_anew() {
    let (mut site, key) = site(Backend::Sqlite);
    for call in 1..=10 {
        assert_eq!(site.begin(&key, &call.to_string(), NUMBER), sales());
    }
    site.server = Server::start(&site.database.arguments());
    site.client = site.server.client();
    // A call that is told again counts again.
    assert_eq!(site.counted(&key), json!(1));
    assert_eq!(site.begin(&key, "7", NUMBER), sales());
    assert_eq!(site.counted(&key), json!(2));
}
