//! What is logged while the database is away: enough to see what happens, and never so much that a disk fills up.

use std::time::{Duration, Instant};

use crate::common::client::Client;
use crate::common::database::{Backend, Database};
use crate::common::mariadb;
use crate::common::proxy::Proxy;
use crate::common::server::Server;

/// How many lines of the log each of these stands for.
fn counted<'a>(lines: impl Iterator<Item = &'a str>) -> usize {
    let count = |line: &str| {
        let (_, more) = line
            .strip_suffix(" more in the last second)")?
            .rsplit_once('(')?;
        Some(1 + more.replace(',', "").parse::<usize>().expect("a number"))
    };
    lines.map(|line| count(line).unwrap_or(1)).sum()
}

#[test]
fn an_outage_is_a_line_a_second_and_no_call_is_missing_in_the_count() {
    let database = Database::with_state(Backend::Innodb);
    let proxy = Proxy::to(mariadb::shared().port);
    let url = mariadb::url(proxy.port, database.name());
    let server = Server::start_with(&[("RUST_LOG", "info")], &["--database", &url]);
    let address = server.address;
    let add = |number: &str| {
        format!("source=test&user=6666&pass=1234&function=add_did&did_pattern={number}")
    };
    let before = server.client().get(&add("7275550100"));
    assert_eq!(before.status, 200, "{}", before.body);
    proxy.cut();
    let begun = Instant::now();
    let clients: Vec<_> = (0..16)
        .map(|client| {
            std::thread::spawn(move || {
                let mut connection = Client::connect(address);
                let mut calls = 0;
                while begun.elapsed() < Duration::from_secs(3) {
                    let answer = connection.get(&add(&format!("72755501{client:02}")));
                    assert_eq!(answer.status, 503, "{}", answer.body);
                    calls += 1;
                }
                calls
            })
        })
        .collect();
    let calls: usize = clients
        .into_iter()
        .map(|client| client.join().expect("a client"))
        .sum();
    assert!(calls >= 1000, "{calls} calls");
    proxy.restore();
    // The first to come with a new connection may still find the old one.
    let mut client = server.client();
    let end = Instant::now() + Duration::from_secs(30);
    let mut failed_after = 0;
    while client.get(&add("7275550199")).status != 200 {
        assert!(Instant::now() < end, "{}", server.log());
        failed_after += 1;
    }
    let seconds = usize::try_from(begun.elapsed().as_secs()).expect("seconds") + 2;
    let log = server.stop_and_log();
    let failed: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("vicishim::access") && line.contains(" status=503 "))
        .collect();
    assert_eq!(
        counted(failed.iter().copied()),
        calls + failed_after,
        "{log}"
    );
    assert!(
        failed.len() <= seconds,
        "{} lines in {seconds} s",
        failed.len()
    );
    // What the database's threads say of each call is held back too.
    assert!(
        log.len() < 4096 * seconds,
        "{} bytes in {seconds} s",
        log.len()
    );
    // Answers are never left out.
    let answered = log.lines().filter(|line| line.contains(" status=200 "));
    assert_eq!(answered.count(), 2, "{log}");
}
