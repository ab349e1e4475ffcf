//! The calls of the API as they come.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::pages::Pages;
use crate::common::database::Backend;
use crate::common::server::Server;
use crate::common::site::Site;

on_each_database! {
    calls_are_sent_as_they_come_until_the_session_ends
}

/// A client of the events.
struct Watch(BufReader<TcpStream>);

impl Watch {
    fn begin(server: &Server, pages: &Pages, query: &str) -> Self {
        let mut stream = TcpStream::connect(server.address).expect("a connection");
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("a time limit");
        let head = format!(
            "GET /activity/tail?{query} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nCookie: {}\r\n\r\n",
            pages.cookie
        );
        stream.write_all(head.as_bytes()).expect("it is sent");
        Self(BufReader::new(stream))
    }

    /// The next line that begins so; none where the server closes before.
    fn line(&mut self, beginning: &str) -> Option<String> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.0.read_line(&mut line).expect("in time") == 0 {
                return None;
            }
            if let Some(rest) = line.strip_prefix(beginning) {
                return Some(rest.trim_end().to_owned());
            }
        }
    }

    /// The next calls.
    fn calls(&mut self) -> Vec<Value> {
        let data = self.line("data: ").expect("an event");
        let data: Value = serde_json::from_str(&data).expect("JSON");
        data["calls"].as_array().expect("calls").clone()
    }
}

fn calls_are_sent_as_they_come_until_the_session_ends(backend: Backend) {
    let mut site = Site::start(backend);
    site.body("add_did&did_pattern=7275550100&did_description=Before+it");
    let mut pages = Pages::of_6666(&site.server);
    let mut watch = Watch::begin(&site.server, &pages, "result=ERROR");
    assert_eq!(
        watch.line("content-type: ").as_deref(),
        Some("text/event-stream")
    );
    assert!(watch.line(": connected").is_some());
    site.body("add_did&did_pattern=7275550101&did_description=Not+an+error");
    site.body("add_did&did_pattern=7275550100&did_description=%3Cb%3E+again");
    let calls = watch.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0]["reason"], "add_did DID ALREADY EXISTS");
    assert_eq!(
        (&calls[0]["user"], &calls[0]["class"]),
        (&json!("6666"), &json!("bad"))
    );
    site.body("add_did&did_pattern=7275550101&did_description=Once+more");
    assert_eq!(watch.calls().len(), 1, "none comes twice");
    assert_eq!(pages.post("/sign-out", &[]).status, 303);
    assert!(watch.line("event: end").is_some());
    assert_eq!(
        watch.line("data: ").as_deref(),
        Some("Your session has ended.")
    );
    assert_eq!(
        watch.line("0").as_deref(),
        Some(""),
        "the end of the answer"
    );
}

#[test]
fn a_changed_password_and_the_end_of_the_server_end_it() {
    let site = Site::start(Backend::Sqlite);
    let pages = Pages::of_6666(&site.server);
    let other = Pages::signed_in(&site.server, "1001", "1234");
    let mut watch = Watch::begin(&site.server, &pages, "");
    let mut goes_on = Watch::begin(&site.server, &other, "");
    assert!(watch.line(": connected").is_some() && goes_on.line(": connected").is_some());
    let mut users = site.database.rows("vicidial_users");
    for user in &mut users {
        if user["user"] == "6666" {
            user.insert("pass".to_owned(), json!("another"));
        }
    }
    site.load(json!({ "vicidial_users": users }));
    assert!(watch.line("event: end").is_some());
    site.server.signal("TERM");
    assert_eq!(
        goes_on.line("event: end"),
        None,
        "the browser is to ask the next server"
    );
    assert_eq!(site.server.wait(), Some(0));
}

#[test]
fn a_user_sees_only_what_it_may_there_too() {
    let mut site = Site::start(Backend::Sqlite);
    let limited = Pages::signed_in(&site.server, "1007", "1234");
    let mut watch = Watch::begin(&site.server, &limited, "");
    assert!(watch.line(": connected").is_some());
    site.body("did_lint&did_pattern=7275551114");
    site.body_as("1007", "did_lint&did_pattern=7275551114");
    let calls = watch.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0]["user"], "1007");
    let mut barred = Pages::signed_in(&site.server, "1003", "1234");
    assert_eq!(barred.get("/activity/tail").status, 403);
}

#[test]
fn at_most_32_watch_at_a_time() {
    let site = Site::start(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    let mut watching: Vec<Watch> = (0..32)
        .map(|_| Watch::begin(&site.server, &pages, ""))
        .collect();
    for watch in &mut watching {
        assert!(watch.line(": connected").is_some());
    }
    assert_eq!(pages.get("/activity/tail").status, 503);
    drop(watching);
    // Whoever has gone is noticed.
    crate::common::eventually("a place", || {
        let mut watch = Watch::begin(&site.server, &pages, "");
        let status = watch.line("HTTP/1.1 ").expect("an answer");
        status.starts_with("200")
    });
}
