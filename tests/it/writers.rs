//! Many writers at once, and a server that is killed: every number once, every SUCCESS on disk.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use crate::common::client::Client;
use crate::common::database::{Backend, Database};
use crate::common::eventually;
use crate::common::server::Server;
use crate::common::site::Site;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::json;

fn add(number: &str) -> String {
    format!("source=test&user=6666&pass=1234&function=add_did&did_pattern={number}")
}

#[test]
fn sixty_four_clients_add_each_number_once() {
    let database = Database::with_state(Backend::Sqlite);
    let server = Server::start(&["--database", &database.url]);
    let (address, barrier) = (server.address, Arc::new(Barrier::new(64)));
    let clients: Vec<_> = (0..64)
        .map(|client| {
            let barrier = Arc::clone(&barrier);
            std::thread::spawn(move || {
                let mut connection = Client::connect(address);
                barrier.wait();
                let mut won = Vec::new();
                for step in 0..50 {
                    let number = format!("9005550{:03}", (client * 3 + step) % 100);
                    let response = connection.get(&add(&number));
                    assert_eq!(response.status, 200, "{}", response.body);
                    if response.body
                        == format!("SUCCESS: add_did DID HAS BEEN ADDED - 6666|{number}\n")
                    {
                        won.push(number);
                    } else {
                        assert_eq!(
                            response.body,
                            format!("ERROR: add_did DID ALREADY EXISTS - 6666|{number}\n")
                        );
                    }
                }
                won
            })
        })
        .collect();
    let won: Vec<String> = clients
        .into_iter()
        .flat_map(|client| client.join().expect("a client"))
        .collect();
    assert_eq!(won.len(), 100);
    assert_eq!(won.iter().collect::<HashSet<_>>().len(), 100);
    assert_eq!(database.rows("vicidial_inbound_dids").len(), 106);
    assert_eq!(database.rows("vicidial_api_log").len(), 64 * 50);
    assert_eq!(database.rows("vicidial_admin_log").len(), 100);
}

#[test]
fn two_processes_share_one_file() {
    let database = Database::with_state(Backend::Sqlite);
    let servers = [
        Server::start(&["--database", &database.url]),
        Server::start(&["--database", &database.url]),
    ];
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let address = servers[client % 2].address;
            std::thread::spawn(move || {
                let mut connection = Client::connect(address);
                let mut won = 0;
                for step in 0..50 {
                    let response =
                        connection.get(&add(&format!("9005550{:03}", (client * 3 + step) % 80)));
                    assert_eq!(response.status, 200, "{}", response.body);
                    won += usize::from(response.body.starts_with("SUCCESS"));
                }
                won
            })
        })
        .collect();
    let won: usize = clients
        .into_iter()
        .map(|client| client.join().expect("a client"))
        .sum();
    assert_eq!(database.rows("vicidial_inbound_dids").len(), 6 + won);
    assert!(
        servers
            .iter()
            .all(|server| !server.log().contains("locked"))
    );
}

#[test]
fn what_was_answered_before_a_kill_is_there_after_it() {
    let database = Database::with_state(Backend::Sqlite);
    let mut all = Vec::new();
    for round in 0..3 {
        let mut server = Server::start(&["--database", &database.url]);
        let address = server.address;
        let answered = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = (0..8)
            .map(|client| {
                let answered = Arc::clone(&answered);
                std::thread::spawn(move || {
                    let mut connection = Client::connect(address);
                    let mut added = Vec::new();
                    for step in 0..100_000 {
                        let number = format!("{round}{client}{step:06}");
                        let copy = format!("{number}x,{number}y");
                        let queries = [
                            add(&number),
                            format!("source=test&user=6666&pass=1234&function=copy_did&source_did_pattern=default&new_dids={copy}"),
                        ];
                        for (query, numbers) in queries.iter().zip([number.as_str(), &copy]) {
                            let target = format!("/vicidial/non_agent_api.php?{query}");
                            match connection.try_request("GET", &target, &[], b"") {
                                Ok(response) if response.body.contains("SUCCESS") => {
                                    added.extend(numbers.split(',').map(str::to_owned));
                                    answered.fetch_add(1, Ordering::Relaxed);
                                }
                                Ok(response) => panic!("{}", response.body),
                                Err(_) => return added,
                            }
                        }
                    }
                    added
                })
            })
            .collect();
        eventually("many calls are answered", || {
            answered.load(Ordering::Relaxed) >= 200 + round * 75
        });
        server.signal("KILL");
        server.child.wait().expect("it is dead");
        all.extend(
            clients
                .into_iter()
                .flat_map(|client| client.join().expect("a client")),
        );
    }
    assert!(all.len() > 100, "only {} were added", all.len());
    let mut connection = SqliteConnection::establish(&database.url).expect("the file");
    // Its comparison is registered by the program; the check needs one that orders likewise.
    vicishim::store::collation::register(&mut connection).expect("a collation");
    connection
        .batch_execute("PRAGMA query_only = ON")
        .expect("a pragma");
    let check = diesel::dsl::sql::<diesel::sql_types::Text>(
        "(SELECT group_concat(integrity_check, ' ') FROM pragma_integrity_check)",
    );
    assert_eq!(
        diesel::select(check).get_result::<String>(&mut connection),
        Ok("ok".to_owned())
    );
    let there: HashSet<String> = database
        .rows("vicidial_inbound_dids")
        .iter()
        .map(|did| did["did_pattern"].as_str().expect("a pattern").to_owned())
        .collect();
    let lost: Vec<_> = all
        .iter()
        .filter(|number| !there.contains(*number))
        .collect();
    assert!(
        lost.is_empty(),
        "{} of {} were lost: {lost:?}",
        lost.len(),
        all.len()
    );
    // Each has its rows in the logs, too.
    let log = serde_json::to_string(&database.rows("vicidial_admin_log")).expect("JSON");
    assert!(
        all.iter()
            .filter(|number| number.len() == 8)
            .all(|number| log.contains(&format!("did: {number} did_id: ")))
    );
}

/// Of two who delete the same schedule at once, one is told that it is gone.
#[test]
fn what_two_delete_at_once_is_deleted_once() {
    const ROUNDS: usize = 40;
    let mut site = Site::demo(Backend::Innodb);
    site.may_delete();
    let schedule =
        json!({"name": "Office", "tenant_id": 1, "time_zone": "America/New_York", "hours": []});
    for round in 0..ROUNDS {
        let made = site.post("/api/schedules", schedule.clone());
        assert_eq!(made.status, 201, "{}", made.body);
        let path = format!("/api/schedules/{}", made.body["id"]);
        let barrier = Arc::new(Barrier::new(2));
        let deleting: Vec<_> = (0..2)
            .map(|_| {
                let (mut client, path, barrier) =
                    (site.server.client(), path.clone(), Arc::clone(&barrier));
                std::thread::spawn(move || {
                    barrier.wait();
                    let authorization = [("Authorization", "Basic NjY2NjoxMjM0")];
                    client.request("DELETE", &path, &authorization, b"").status
                })
            })
            .collect();
        let mut statuses: Vec<u16> = deleting
            .into_iter()
            .map(|client| client.join().expect("a client"))
            .collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 404], "round {round}");
    }
    let rows = site.database.rows("vicidial_admin_log");
    let deletes = rows.iter().filter(|row| row["event_type"] == "DELETE");
    assert_eq!(deletes.count(), ROUNDS);
}
