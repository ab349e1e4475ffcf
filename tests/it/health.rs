//! `/healthz` tells whether changes can be made, and a SQLite file that is deleted or replaced is noticed.

use crate::common::client::Client;
use crate::common::database::{Backend, Database};
use crate::common::eventually;
use crate::common::mariadb;
use crate::common::server::Server;

const UNAVAILABLE: &str = "ERROR: DATABASE UNAVAILABLE, NOTHING WAS CHANGED\n";

fn add(number: &str) -> String {
    format!("source=test&user=6666&pass=1234&function=add_did&did_pattern={number}")
}

fn health(client: &mut Client) -> (u16, String) {
    let response = client.request("GET", "/healthz", &[], b"");
    (response.status, response.body)
}

fn is_well(client: &mut Client) -> bool {
    health(client) == (200, "ok\n".to_owned())
}

fn is_ill(client: &mut Client) -> bool {
    health(client) == (503, "ERROR: DATABASE UNAVAILABLE\n".to_owned())
}

#[test]
fn a_file_that_is_deleted_or_replaced_is_noticed_before_the_next_success() {
    let database = Database::with_state(Backend::Sqlite);
    let other = Database::with_state(Backend::Sqlite);
    let server = Server::start(&["--database", &database.url]);
    let mut client = server.client();
    assert!(client.get(&add("7275550100")).body.starts_with("SUCCESS"));
    assert!(is_well(&mut client));

    let moved = format!("{}.moved", database.url);
    std::fs::rename(&database.url, &moved).expect("the file is moved");
    assert_eq!(client.get(&add("7275550101")).body, UNAVAILABLE);
    assert!(is_ill(&mut client));
    let list = client.get("source=test&user=6666&pass=1234&function=did_list");
    assert_eq!(list.status, 503, "{}", list.body);
    // It is not created again, nor taken for the database where somebody else creates it.
    assert!(!std::path::Path::new(&database.url).exists());
    std::fs::write(&database.url, b"").expect("an empty file");
    assert_eq!(client.get(&add("7275550101")).body, UNAVAILABLE);
    assert!(is_ill(&mut client));
    assert_eq!(std::fs::metadata(&database.url).expect("the file").len(), 0);

    // A backup that is put in its place is served.
    drop(other.open());
    std::fs::remove_file(&database.url).expect("the empty file is removed");
    std::fs::copy(&other.url, &database.url).expect("a backup is put in its place");
    assert!(client.get(&add("7275550101")).body.starts_with("SUCCESS"));
    assert!(is_well(&mut client));
    let there: Vec<_> = database
        .rows("vicidial_inbound_dids")
        .into_iter()
        .map(|did| did["did_pattern"].clone())
        .collect();
    assert!(there.contains(&"7275550101".into()) && !there.contains(&"7275550100".into()));
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// A database that takes no change of DIDs: the trigger stands for a full disk or a damaged index.
fn every_change_fails(backend: Backend) {
    let database = Database::with_state(backend);
    let server = Server::start(&["--database", &database.url]);
    let mut client = server.client();
    assert!(client.get(&add("7275550100")).body.starts_with("SUCCESS"));
    database.run(
        "CREATE TRIGGER fails BEFORE INSERT ON vicidial_inbound_dids FOR EACH ROW \
         SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no space left'",
    );
    assert!(is_well(&mut client), "nothing has failed yet");
    assert_eq!(client.get(&add("7275550101")).body, UNAVAILABLE);
    if backend == Backend::Innodb {
        assert!(is_ill(&mut client));
    }
    database.run("DROP TRIGGER fails");
    eventually("it is well again without a change", || is_well(&mut client));
    assert!(client.get(&add("7275550101")).body.starts_with("SUCCESS"));
    assert!(is_well(&mut client));
    let checks = "SELECT COUNT(*) FROM vicidial_admin_log WHERE event_code LIKE 'health%'";
    assert_eq!(database.run(checks), "0\n");
    let checks = "SELECT COUNT(*) FROM vicidial_inbound_dids WHERE did_pattern LIKE '%health%'";
    assert_eq!(database.run(checks), "0\n");
}

#[test]
fn it_is_ill_while_every_change_fails_on_innodb() {
    every_change_fails(Backend::Innodb);
}

#[test]
fn it_is_well_again_after_changes_failed_on_myisam() {
    every_change_fails(Backend::Vicidial);
}

#[test]
fn a_damaged_myisam_table_is_seen() {
    let server = mariadb::MariaDb::start(&[]);
    server.run("mysql", "CREATE DATABASE asterisk");
    server.run("asterisk", &mariadb::vicidial_tables(&[]));
    server.run(
        "asterisk",
        "INSERT INTO vicidial_users (user, pass, user_level, vdc_agent_api_access, modify_inbound_dids) \
         VALUES ('6666', '1234', 9, '1', '1'); INSERT INTO system_settings (use_non_latin) VALUES ('0')",
    );
    let vicishim = Server::start(&["--database", &server.url("asterisk")]);
    let mut client = vicishim.client();
    for number in 100..140 {
        let body = client.get(&add(&format!("7275550{number}"))).body;
        assert!(body.starts_with("SUCCESS"), "{body}");
    }
    server.run("asterisk", "FLUSH TABLES vicidial_inbound_dids");
    let data = server.run("mysql", "SELECT @@datadir");
    let index = std::path::Path::new(data.trim()).join("asterisk/vicidial_inbound_dids.MYI");
    let whole = std::fs::read(&index).expect("the index");
    std::fs::write(&index, &whole[..whole.len() / 2]).expect("half of the index");
    server.run("asterisk", "FLUSH TABLES vicidial_inbound_dids");
    let response = client.get(&add("7275550199"));
    assert_eq!(response.status, 503, "{}", response.body);
    assert!(is_ill(&mut client));
    std::fs::write(&index, &whole).expect("the whole index");
    server.run(
        "asterisk",
        "FLUSH TABLES vicidial_inbound_dids; REPAIR TABLE vicidial_inbound_dids",
    );
    eventually("it is well again", || is_well(&mut client));
    let body = client.get(&add("7275550199")).body;
    assert!(body.starts_with("SUCCESS"), "{body}");
}
