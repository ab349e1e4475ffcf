//! Three servers on the three nodes of a Galera cluster: no answer is untrue, whatever happens to a node.
//!
//! The tests take their turns on one cluster (`common/galera.rs`), each with a database of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use crate::common::client::Response;
use crate::common::database::{load, state};
use crate::common::galera::{Cluster, NODES};
use crate::common::ledger::{Answer, Caller, Ledger, Load, Truth};
use crate::common::mariadb;
use crate::common::proxy::Proxy;
use crate::common::server::Server;

/// Clients of each server.
const CLIENTS: usize = 4;

/// A database on the cluster, and a server on each node.
struct Site {
    database: String,
    servers: Vec<Server>,
}

impl Site {
    fn on(cluster: &mut Cluster) -> Self {
        let database = cluster.create_database();
        let serve = |node: usize| {
            let url = cluster.url(node, &database);
            let arguments = ["--database", &url, "--create-tables"];
            Server::start_with(&[("RUST_LOG", "warn")], &arguments)
        };
        let first = serve(0);
        load(&cluster.url(0, &database), &state());
        for node in 1..NODES {
            // It has the tables, and the users, before a server looks.
            let users = "SET SESSION wsrep_sync_wait = 15; SELECT COUNT(*) > 0 FROM vicidial_users";
            assert_eq!(cluster.run(node, &database, users), "1\n");
        }
        let servers = std::iter::once(first).chain((1..NODES).map(serve));
        Self {
            servers: servers.collect(),
            database,
        }
    }

    /// Begins with clients of each server.
    fn load(&self, work: fn(&mut Caller, usize)) -> Load {
        let servers: Vec<SocketAddr> = self.servers.iter().map(|server| server.address).collect();
        Load::begin(CLIENTS * NODES, &servers, work)
    }

    /// Asserts that all nodes have the same, and that every answer is true.
    fn check(self, cluster: &Cluster, ledger: &Ledger, failures: Failures, what: &str) {
        println!("{what}: {}", ledger.summary());
        // The log rows of answered calls are written until then.
        let logs: Vec<String> = self.servers.iter().map(Server::log).collect();
        for server in self.servers {
            assert_eq!(server.stop(), Some(0), "{what}");
        }
        let truth = Truth::read(|query| {
            let synced = format!("SET SESSION wsrep_sync_wait = 15; {query}");
            cluster.run(0, &self.database, &synced)
        });
        let mut lies = ledger.lies(&truth);
        let refused = ledger.count(Answer::NothingChanged) + ledger.count(Answer::Look);
        if failures == Failures::None && refused > 0 {
            lies.found("calls that failed though no node did", ledger.summary());
        }
        for difference in cluster.differences(&self.database) {
            lies.found("a table that is not the same on all nodes", difference);
        }
        lies.assert_none(what, &logs);
    }
}

/// Whether a test makes calls fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failures {
    None,
    OfANode,
}

/// How long the clients go on before, between and after what happens to a node.
fn go_on(seconds: f64) {
    std::thread::sleep(Duration::from_secs_f64(seconds));
}

/// A client's own numbers, and at times numbers that all clients add.
fn mixed(caller: &mut Caller, step: usize) {
    caller.live(step);
    caller.add_shared(&format!("9{step:07}"));
    if step.is_multiple_of(3) {
        let numbers: Vec<String> = (0..3).map(|n| format!("9{:07}", step + n)).collect();
        caller.copy_shared(&numbers);
    }
}

#[test]
fn numbers_that_all_add_are_added_once() {
    let mut cluster = Cluster::whole();
    let site = Site::on(&mut cluster);
    let load = site.load(|caller, step| {
        let number = |place: usize| format!("9{place:07}");
        caller.add_shared(&number(step));
        if step.is_multiple_of(4) {
            let numbers: Vec<String> = (0..4).map(|n| number(step + 2 * n)).collect();
            caller.copy_shared(&numbers);
        }
    });
    go_on(5.0);
    let ledger = load.end();
    site.check(&cluster, &ledger, Failures::None, "shared numbers");
}

#[test]
fn what_each_client_adds_is_on_every_node_with_its_rows() {
    let mut cluster = Cluster::whole();
    let site = Site::on(&mut cluster);
    let load = site.load(Caller::live);
    go_on(6.0);
    let ledger = load.end();
    site.check(&cluster, &ledger, Failures::None, "own numbers");
}

#[test]
fn a_request_that_is_sent_to_all_nodes_at_once_is_done_once() {
    const ROUNDS: usize = 150;
    let mut cluster = Cluster::whole();
    let site = Site::on(&mut cluster);
    let barrier = Arc::new(Barrier::new(NODES));
    let clients: Vec<_> = site
        .servers
        .iter()
        .map(|server| {
            let (mut client, barrier) = (server.client(), Arc::clone(&barrier));
            std::thread::spawn(move || {
                let ask = |round: usize| {
                    let call = match round % 2 {
                        0 => format!("add_did&did_pattern=70{round:08}"),
                        _ => format!(
                            "copy_did&source_did_pattern=default&new_dids=70{round:08},71{round:08}"
                        ),
                    };
                    barrier.wait();
                    client.get(&format!(
                        "source=test&user=6666&pass=1234&function={call}&request_id=round-{round}&tag=r{round}."
                    ))
                };
                (0..ROUNDS).map(ask).collect::<Vec<Response>>()
            })
        })
        .collect();
    let answers: Vec<Vec<Response>> = clients
        .into_iter()
        .map(|client| client.join().expect("a client"))
        .collect();
    let mut wrong: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for round in 0..ROUNDS {
        let of_round: Vec<&Response> = answers.iter().map(|answers| &answers[round]).collect();
        let mut found = |what| wrong.entry(what).or_default().push(format!("{of_round:?}"));
        if of_round
            .iter()
            .any(|answer| answer.body != of_round[0].body)
        {
            found("the answers are not the same");
        }
        if of_round.iter().any(|answer| answer.status != 200) {
            found("a call was not answered");
        }
        if of_round
            .iter()
            .any(|answer| !answer.body.contains("SUCCESS: "))
        {
            found("no SUCCESS");
        }
        let repeated = |answer: &&&Response| answer.header("x-vicishim-repeated") == Some("1");
        if of_round.iter().filter(repeated).count() != NODES - 1 {
            found("not all but one say that they are repeated");
        }
    }
    let count = |what: &str| {
        let synced = format!("SET SESSION wsrep_sync_wait = 15; SELECT COUNT(*) FROM {what}");
        cluster.run(1, &site.database, &synced)
    };
    let (copies, adds) = (ROUNDS / 2, ROUNDS.div_ceil(2));
    for (what, wanted) in [
        ("vicidial_inbound_dids WHERE did_pattern LIKE '70%'", ROUNDS),
        ("vicidial_inbound_dids WHERE did_pattern LIKE '71%'", copies),
        ("vicidial_admin_log", ROUNDS),
        ("vicishim_requests", ROUNDS),
        ("vicidial_api_log WHERE function = 'add_did'", adds),
        (
            "vicidial_api_log l JOIN vicidial_api_urls u ON u.api_id = l.api_id WHERE l.result = 'SUCCESS'",
            ROUNDS,
        ),
    ] {
        if count(what) != format!("{wanted}\n") {
            let found = format!("{} instead of {wanted}", count(what).trim());
            wrong.entry(what).or_default().push(found);
        }
    }
    let wrong: Vec<String> = wrong
        .iter()
        .map(|(what, examples)| format!("{} × {what}, such as {}", examples.len(), examples[0]))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let ledger = Ledger::default();
    site.check(&cluster, &ledger, Failures::None, "requests");
}

#[test]
fn what_was_added_on_one_node_can_be_changed_on_another_at_once() {
    const ROUNDS: usize = 300;
    let mut cluster = Cluster::whole();
    let site = Site::on(&mut cluster);
    // Others write meanwhile, so that the nodes have something to catch up with.
    let load = site.load(|caller, step| {
        caller.live(step);
        go_on(0.05);
    });
    let mut caller = Caller::new(90, site.servers[0].address);
    let mut missing = 0;
    for round in 0..ROUNDS {
        let number = caller.fresh();
        caller.turn_to(site.servers[round % NODES].address);
        if caller.add(&number) != Answer::Success {
            continue;
        }
        caller.turn_to(site.servers[(round + 1) % NODES].address);
        missing += usize::from(caller.update(&number) == Answer::Missing);
        caller.turn_to(site.servers[(round + 2) % NODES].address);
        missing += usize::from(caller.delete(&number) == Answer::Missing);
    }
    let mut ledger = load.end();
    ledger.calls.extend(caller.calls);
    println!(
        "own writes: {missing} of {} calls on another node said DOES NOT EXIST",
        2 * ROUNDS
    );
    site.check(&cluster, &ledger, Failures::None, "own writes");
}

/// A node that aborts a transaction while it sends a statement's rows reports no error. What was written before is gone,
/// and must not be answered with SUCCESS; what comes after must not stay for itself.
#[test]
fn a_transaction_that_a_node_aborts_in_silence_is_made_again() {
    let mut cluster = Cluster::whole();
    let database = cluster.create_database();
    let proxy = Proxy::to(cluster.port(0));
    let url = mariadb::url(proxy.port, &database);
    let server = Server::start_with(&[], &["--database", &url, "--create-tables"]);
    load(&cluster.url(0, &database), &state());
    let count = |from: &str| cluster.run(0, &database, &format!("SELECT COUNT(*) FROM {from}"));
    let mut client = server.client();
    let rows = |text: String| -> usize { text.trim().parse().expect("a count") };
    let (mut place, changes) = (0, rows(count("vicidial_admin_log")));
    for before in [
        // Values of the rows of the three logs: their statements are prepared but once.
        "ADMIN API ",
        "non-agent",
        "non_agent_api.php?",
        "RELEASE SAVEPOINT",
    ] {
        // The rows that it adds, and those that it leaves in the log.
        for (call, added, logged) in [
            ("add_did&did_pattern=", "1\n", "1\n"),
            (
                "copy_did&source_did_pattern=7275551114&new_dids=",
                "1\n",
                "2\n",
            ),
            (
                "update_did&did_pattern=7275551114&did_description=",
                "0\n",
                "1\n",
            ),
        ] {
            place += 1;
            let number = format!("72755580{place:02}");
            proxy.roll_back_before(before);
            let call = format!("source=test&user=6666&pass=1234&function={call}{number}");
            let body = client.get(&call).body;
            assert!(proxy.has_rolled_back(), "{before}: {call}: {body}");
            assert!(body.contains("SUCCESS: "), "{before}: {call}: {body}");
            let dids = count(&format!(
                "vicidial_inbound_dids WHERE did_pattern = '{number}'"
            ));
            assert_eq!(dids, added, "{before}: {call}");
            let changed = rows(count("vicidial_admin_log")) - changes;
            assert_eq!(changed, place, "{before}: {call}");
            let addresses = count(&format!(
                "vicidial_api_log NATURAL JOIN vicidial_api_urls WHERE url LIKE '%{number}%'"
            ));
            assert_eq!(addresses, logged, "{before}: {call}");
        }
    }
}

#[test]
fn three_servers_that_make_the_tables_at_once_all_serve() {
    const ROUNDS: usize = 3;
    let mut cluster = Cluster::whole();
    for _ in 0..ROUNDS {
        let database = cluster.create_database();
        let starting: Vec<_> = (0..NODES)
            .map(|node| {
                let url = cluster.url(node, &database);
                std::thread::spawn(move || {
                    let arguments = ["--database", &url, "--create-tables"];
                    Server::start_with(&[("RUST_LOG", "warn")], &arguments)
                })
            })
            .collect();
        let servers: Vec<Server> = starting
            .into_iter()
            .map(|server| server.join().expect("each of the three starts"))
            .collect();
        load(&cluster.url(0, &database), &state());
        for (node, server) in servers.iter().enumerate() {
            let users = "SET SESSION wsrep_sync_wait = 15; SELECT COUNT(*) > 0 FROM vicidial_users";
            assert_eq!(cluster.run(node, &database, users), "1\n");
            let add = format!(
                "source=test&user=6666&pass=1234&function=add_did&did_pattern=7275550{node}00"
            );
            let body = server.client().get(&add).body;
            assert!(body.starts_with("SUCCESS: "), "{body}");
        }
        let migrations = "SELECT COUNT(*), COUNT(DISTINCT version) FROM __diesel_schema_migrations";
        let counts = cluster.run(0, &database, migrations);
        let counts: Vec<&str> = counts.trim().split('\t').collect();
        assert_eq!(counts[0], counts[1], "a migration was run twice");
        assert_eq!(cluster.differences(&database), Vec::<String>::new());
    }
}

/// Something happens to a node under load, and is mended under load.
fn under_load(what: &str, happen: impl FnOnce(&mut Cluster, &Site)) {
    let mut cluster = Cluster::whole();
    let site = Site::on(&mut cluster);
    let load = site.load(mixed);
    go_on(1.0);
    happen(&mut cluster, &site);
    cluster.mend();
    // Every server serves again, without a restart.
    for server in &site.servers {
        let since = Instant::now();
        let mut client = server.client();
        while client.request("GET", "/healthz", &[], b"").status != 200 {
            assert!(
                since.elapsed() < Duration::from_secs(20),
                "{}",
                server.log()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    let mended = Instant::now();
    go_on(1.0);
    let ledger = load.end();
    let after = ledger.calls.iter().filter(|call| call.at > mended);
    let successes = after.filter(|call| call.answer == Answer::Success).count();
    assert!(successes > 0, "{what}: {}", ledger.summary());
    site.check(&cluster, &ledger, Failures::OfANode, what);
}

/// The status of a server's `/healthz`.
fn health(server: &Server) -> u16 {
    let response = server.client().request("GET", "/healthz", &[], b"");
    response.status
}

#[test]
fn nothing_is_lost_when_a_node_is_killed() {
    under_load("a node is killed", |cluster, site| {
        cluster.kill(2);
        assert_eq!(health(&site.servers[2]), 503);
        go_on(0.5);
    });
}

#[test]
fn nothing_is_lost_when_a_node_is_frozen() {
    under_load("a node is frozen", |cluster, _| {
        cluster.freeze(1);
        go_on(2.0);
    });
}

#[test]
fn nothing_is_lost_when_a_node_is_cut_off() {
    under_load("a node is cut off", |cluster, site| {
        cluster.isolate(0);
        assert_eq!(health(&site.servers[0]), 503);
        go_on(1.0);
    });
}

#[test]
fn nothing_is_lost_when_a_node_leaves_and_comes_back() {
    under_load("a node leaves", |cluster, site| {
        cluster.leave(1);
        assert_eq!(health(&site.servers[1]), 503);
        go_on(0.5);
    });
}
