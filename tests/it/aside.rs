//! Functions without a sign-in are answered beside the writers; their log rows follow.

use std::sync::mpsc::{TryRecvError, channel};

use crate::common::database::{Backend, Database};
use crate::common::server::Server;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::{Map, Value};

on_each_database! {
    a_clients_calls_stand_in_the_log_in_their_order
    what_was_sent_is_logged_as_it_is
}

const ADD: &str = "source=test&user=6666&pass=1234&function=add_did&did_pattern=";

fn text<'r>(row: &'r Map<String, Value>, column: &str) -> &'r str {
    row[column].as_str().unwrap_or_else(|| panic!("{row:?}"))
}

fn a_clients_calls_stand_in_the_log_in_their_order(backend: Backend) {
    let database = Database::with_state(backend);
    let server = Server::start(&["--database", &database.url]);
    let mut client = server.client();
    let mut expected = Vec::new();
    for round in 0..20 {
        for (function, query) in [
            ("version", "function=version".to_owned()),
            ("add_did", format!("{ADD}72755502{round:02}")),
            ("coffee", "function=coffee".to_owned()),
            ("version", "function=version".to_owned()),
        ] {
            client.get(&query);
            expected.push(function);
        }
    }
    assert_eq!(server.stop(), Some(0));
    let mut rows = database.rows("vicidial_api_log");
    rows.sort_by_key(|row| row["api_id"].as_i64());
    let logged: Vec<&str> = rows.iter().map(|row| text(row, "function")).collect();
    assert_eq!(logged, expected);
}

fn what_was_sent_is_logged_as_it_is(backend: Backend) {
    let database = Database::with_state(backend);
    let server = Server::start(&["--database", &database.url]);
    let mut client = server.client();
    let queries = [
        r"function=version&a='",
        r"function=version&a=\",
        r"function=version&a=\'&b=\\'",
        r"function=version&a=\&b='');DELETE+FROM+vicidial_users;--+",
        r"function=version&a=%00%0a%27%5C?&b=`@@version`",
    ];
    for query in queries {
        assert!(client.get(query).body.starts_with("VERSION: "), "{query}");
    }
    assert_eq!(
        client.get(&format!("{ADD}7275550300&x='\\")).body,
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550300\n"
    );
    assert_eq!(server.stop(), Some(0));
    let mut rows = database.rows("vicidial_api_urls");
    rows.sort_by_key(|row| row["api_id"].as_i64());
    let sent: Vec<&str> = rows
        .iter()
        .map(|row| {
            text(row, "url")
                .split_once('?')
                .map_or("", |(_, query)| query)
        })
        .collect();
    assert_eq!(sent[..queries.len()], queries);
    assert!(sent[queries.len()].ends_with("&x='\\"), "{sent:?}");
}

#[test]
fn version_does_not_wait_for_a_writer() {
    let database = Database::with_state(Backend::Sqlite);
    let server = Server::start(&["--database", &database.url]);
    let mut other = SqliteConnection::establish(&database.url).expect("the file");
    other.batch_execute("BEGIN IMMEDIATE").expect("the lock");
    let (answered, answers) = channel();
    let mut adding = server.client();
    let thread = std::thread::spawn(move || {
        answered
            .send(adding.get(&format!("{ADD}7275550400")).body)
            .expect("a receiver");
    });
    let mut client = server.client();
    for _ in 0..100 {
        assert!(client.get("function=version").body.starts_with("VERSION: "));
    }
    assert_eq!(answers.try_recv(), Err(TryRecvError::Empty));
    other.batch_execute("COMMIT").expect("the end");
    thread.join().expect("an answer");
    assert_eq!(
        answers.recv().expect("an answer"),
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550400\n"
    );
    assert_eq!(server.stop(), Some(0));
    assert_eq!(database.rows("vicidial_api_log").len(), 101);
}
