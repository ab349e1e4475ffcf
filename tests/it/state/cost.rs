//! What a state costs a call that needs nothing of it.

use std::time::Instant;

use crate::common::database::{Backend, Database};
use crate::common::mariadb::{MariaDb, vicidial_tables};
use crate::common::server::Server;

/// How many calls are counted.
const CALLS: usize = 50;

/// How often they are: a writer that takes its first call asks a little more.
const ROUNDS: usize = 4;

/// How many statements the dialer's MariaDB was sent for so many add_did, at the least.
fn statements(server: &MariaDb, arguments: &[&str], first: usize) -> i64 {
    let vicishim = Server::start(arguments);
    let mut client = vicishim.client();
    let mut add = |numbers: std::ops::Range<usize>| {
        for number in numbers {
            let query = format!(
                "source=test&user=6666&pass=1234&function=add_did&did_pattern=7275{number:06}&did_description=Counted+one"
            );
            let body = client.get(&query).body;
            assert!(body.starts_with("SUCCESS"), "{body}");
        }
    };
    let count = || -> i64 {
        let row = server.run("asterisk", "SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'");
        let value = row.trim().split('\t').next_back().expect("a value");
        value.parse().expect("a number")
    };
    let rounds = (0..ROUNDS).map(|round| {
        let (before, first) = (count(), first + round * CALLS);
        let since = Instant::now();
        add(first..first + CALLS);
        let took = since.elapsed();
        (count() - before, took)
    });
    let rounds: Vec<_> = rounds.collect();
    let fastest = rounds.iter().map(|(_, took)| *took).min();
    println!(
        "{} arguments: {CALLS} calls in {fastest:?} at the least",
        arguments.len()
    );
    let statements = rounds.iter().map(|(statements, _)| *statements);
    statements.min().expect("a round")
}

#[test]
fn an_add_did_without_a_request_id_sends_no_statement_more() {
    let server = MariaDb::start(&[]);
    server.run("mysql", "CREATE DATABASE asterisk");
    server.run("asterisk", &vicidial_tables(&[]));
    server.run(
        "asterisk",
        "INSERT INTO vicidial_users (user, pass, user_level, vdc_agent_api_access, modify_inbound_dids) \
         VALUES ('6666', '1234', 9, '1', '1'); INSERT INTO system_settings (use_non_latin) VALUES ('0')",
    );
    let dialer = server.url("asterisk");
    let state = Database::fresh(Backend::Sqlite);
    let with_state = ["--database", dialer.as_str(), "--state", state.url.as_str()];
    let alone = statements(&server, &with_state[..2], 0);
    let beside = statements(&server, &with_state, 1000);
    println!("{CALLS} add_did: {alone} statements without a state, {beside} with one");
    assert!(alone >= CALLS as i64, "{alone}");
    // What is read once a second may be read once more; one statement a call would be as many as there are calls.
    assert!(
        (beside - alone).abs() < CALLS as i64 / 5,
        "{beside} {alone}"
    );
}
