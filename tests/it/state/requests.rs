//! A request, or a change of both databases, whose server has gone in the middle.

use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use serde_json::{Value, json};

use crate::common::database::Backend;
use crate::common::site::Site;

/// Seconds since 1970.
fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("a time").as_secs()
}

fn taken(at: u64, owner: &str) -> Value {
    json!([{
        "user": "6666", "function": "add_did", "request_id": "r1", "answered_at": at, "reply": "", "owner": owner,
    }])
}

#[test]
fn an_interrupted_request_is_not_done_again() {
    for backend in [Backend::VicidialWithSqlite, Backend::VicidialWithMariaDb] {
        let mut api = Site::demo(backend);
        api.load(json!({"vicishim_requests": taken(now() - 60, "vicishim gone")}));
        let call = "add_did&did_pattern=7275550001&request_id=r1";
        for _ in 0..2 {
            let answer = api.ask(call);
            assert_eq!(answer.status, 503);
            assert_eq!(answer.header("x-vicishim-repeated"), Some("1"));
            assert!(
                answer.body.contains("LOOK WHETHER THE CHANGE WAS MADE"),
                "{}",
                answer.body
            );
        }
        assert!(!api.patterns().contains(&"7275550001".to_owned()));
        // Nor is one of which nobody knows whose it was.
        api.load(json!({"vicishim_requests": taken(now() - 60, "")}));
        assert_eq!(api.ask(call).status, 503);
        // After a day it is over.
        api.load(json!({"vicishim_requests": taken(now() - 86_500, "vicishim gone")}));
        api.says(
            call,
            "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550001\n",
        );
        api.says(
            call,
            "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550001\n",
        );
    }
}

/// A writer of another server, as MariaDB sees it: a connection that holds the lock of its name.
struct Writer {
    runtime: tokio::runtime::Runtime,
    connection: mysql_async::Conn,
}

impl Writer {
    fn named(api: &Site, owner: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let url = &api.database.url;
        let mut connection = runtime
            .block_on(mysql_async::Conn::from_url(url))
            .expect("a connection");
        let lock = format!("SELECT GET_LOCK('{owner}', 0)");
        let got: Option<i64> = runtime
            .block_on(connection.query_first(lock))
            .expect("a lock");
        assert_eq!(got, Some(1));
        Self {
            runtime,
            connection,
        }
    }

    fn end(self) {
        let Self {
            runtime,
            connection,
        } = self;
        runtime.block_on(connection.disconnect()).expect("it ends");
    }
}

#[test]
fn a_request_of_a_server_that_is_there_is_waited_for() {
    let api = Site::demo(Backend::VicidialWithSqlite);
    let writer = Writer::named(&api, "vicishim there");
    api.load(json!({"vicishim_requests": taken(now(), "vicishim there")}));
    let address = api.server.address;
    let since = Instant::now();
    let asking = std::thread::spawn(move || {
        let query =
            "source=test&user=6666&pass=1234&function=add_did&did_pattern=7275550001&request_id=r1";
        crate::common::client::Client::connect(address)
            .get(query)
            .body
    });
    std::thread::sleep(Duration::from_millis(300));
    assert!(!asking.is_finished());
    writer.end();
    let body = asking.join().expect("an answer");
    assert!(body.contains("LOOK WHETHER"), "{body}");
    assert!(since.elapsed() < Duration::from_secs(5));
}

/// What a server leaves that is killed after this change of the dialer's rows.
fn left(planned: Value, subject: &str, owner: &str) -> Value {
    json!({
        "vicishim_intentions": [{"intention_id": 7, "owner": owner, "planned": planned.to_string()}],
        "vicishim_intended": [{"subject": subject, "intention_id": 7}],
    })
}

fn renaming(description: &str) -> Value {
    json!({"Did": {
        "did_id": 8, "number": "7275550108", "new_number": "7275550108",
        "evidence": [["did_description", description]],
        "settings": {"row": [["max_channels", "77"]], "routes": []},
    }})
}

#[test]
fn a_change_that_was_left_is_seen_whole_at_once_and_settled_by_the_next_call() {
    for (description, is_made) in [("Described anew", true), ("Never described", false)] {
        let mut api = Site::demo(Backend::VicidialWithSqlite);
        api.database.run(
            "UPDATE vicidial_inbound_dids SET did_description = 'Described anew' WHERE did_id = 8",
        );
        let before = api.get("/api/dids/8").body["max_channels"].clone();
        api.load(left(
            renaming(description),
            "did 7275550108",
            "vicishim gone",
        ));
        let most = if is_made { json!(77) } else { before };
        assert_eq!(api.get("/api/dids/8").body["max_channels"], most);
        let changed = api.patch(
            "/api/dids/8",
            json!({"description": "Later", "fax_mode": "t38"}),
        );
        assert_eq!(changed.status, 200, "{}", changed.body);
        assert_eq!(changed.body["max_channels"], most);
        assert!(api.database.rows("vicishim_intentions").is_empty());
        assert!(api.database.rows("vicishim_intended").is_empty());
    }
}

#[test]
fn a_change_of_a_server_that_is_there_is_waited_for() {
    let mut api = Site::demo(Backend::VicidialWithMariaDb);
    let writer = Writer::named(&api, "vicishim at work");
    api.load(left(
        renaming("Never described"),
        "did 7275550108",
        "vicishim at work",
    ));
    let since = Instant::now();
    let ending = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(400));
        writer.end();
    });
    let changed = api.patch(
        "/api/dids/8",
        json!({"description": "Later", "max_channels": 5}),
    );
    assert_eq!(
        (changed.status, &changed.body["max_channels"]),
        (200, &json!(5))
    );
    assert!(since.elapsed() >= Duration::from_millis(400));
    ending.join().expect("it ends");
    // One that does not come to an end is not waited for longer than 8 seconds.
    let _writer = Writer::named(&api, "vicishim at work");
    api.load(left(
        renaming("Never described"),
        "did 7275550108",
        "vicishim at work",
    ));
    let refused = api.delete("/api/dids/8");
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(
        refused.body["detail"]
            .as_str()
            .expect("a text")
            .contains("nothing was changed")
    );
    assert_eq!(api.get("/api/dids/8").status, 200);
}
