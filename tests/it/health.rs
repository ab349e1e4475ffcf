//! `/healthz` tells whether changes can be made, and a SQLite file that is deleted or replaced is noticed.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::client::Client;
use crate::common::database::{Backend, Database};
use crate::common::eventually;
use crate::common::mariadb;
use crate::common::proxy::Proxy;
use crate::common::server::{Server, vicishim};

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

#[test]
fn a_server_is_ready_until_it_ends() {
    let database = Database::with_state(Backend::Sqlite);
    // As it is logged where nothing is said: what is done only for a line at `debug` is not done.
    let variables = [("VICISHIM_GRACE", "60s"), ("RUST_LOG", "info")];
    let server = Server::start_with(&variables, &["--database", &database.url]);
    let mut client = server.client();
    let ready = |client: &mut Client| {
        let answer = client.request("GET", "/readyz", &[], b"");
        (answer.status, answer.body)
    };
    assert_eq!(ready(&mut client), (200, "ok\n".to_owned()));
    assert_eq!(client.request("POST", "/readyz", &[], b"").status, 405);
    let moved = format!("{}.moved", database.url);
    std::fs::rename(&database.url, &moved).expect("the file is moved");
    let unavailable = (503, "ERROR: DATABASE UNAVAILABLE\n".to_owned());
    assert_eq!(ready(&mut client), unavailable);
    std::fs::rename(&moved, &database.url).expect("the file is back");
    eventually("it is ready again", || ready(&mut client).0 == 200);

    let mut other = server.client();
    assert!(is_well(&mut other));
    server.signal("TERM");
    server.logs("ending: ");
    // It is well, and answers whoever still asks, but nobody else is to be sent here.
    let ending = || {
        let mut client = server.client();
        ready(&mut client)
    };
    eventually("it is not ready any more", || ending().0 == 503);
    assert_eq!(ending(), (503, "ERROR: THE SERVER ENDS\n".to_owned()));
    assert!(is_well(&mut other));
}

#[test]
fn a_database_that_hangs_is_told_of_within_two_seconds() {
    let database = Database::with_state(Backend::Innodb);
    let proxy = Proxy::to(mariadb::shared().port);
    let url = mariadb::url(proxy.port, database.name());
    let server = Server::start(&["--database", &url]);
    let mut client = server.client();
    assert!(is_well(&mut client));
    proxy.freeze();
    // Calls that wait for the database hold up neither check.
    let mut waiting = server.client();
    let call = std::thread::spawn(move || waiting.get(&add("7275550100")).status);
    for path in ["/healthz", "/readyz"] {
        let begun = Instant::now();
        let answer = client.request("GET", path, &[], b"");
        assert_eq!(answer.status, 503, "{path}");
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(4), "{path} took {took:?}");
    }
    proxy.thaw();
    eventually("it is well again", || is_well(&mut client));
    call.join().expect("the call is answered");
}

#[test]
fn a_hangup_ends_no_server_before_or_after_it_is_ready() {
    // A database that takes connections and says nothing: the server tries again and again.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("its address").port();
    let url = format!("mysql://user:pass@127.0.0.1:{port}/none");
    let mut child = vicishim()
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--wait-for-database",
            "10m",
        ])
        .args(["--database", &url])
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let hang_up = |child: &Child| {
        let status = Command::new("kill")
            .args(["-HUP", &child.id().to_string()])
            .status();
        assert!(status.expect("kill runs").success());
    };
    for _ in 0..2 {
        // It asks once more after each.
        drop(silent.accept().expect("it asks"));
        hang_up(&child);
    }
    drop(silent.accept().expect("it goes on"));
    assert!(child.try_wait().expect("its state").is_none());
    child.kill().ok();
    child.wait().ok();

    let database = Database::with_state(Backend::Sqlite);
    let server = Server::start(&["--database", &database.url]);
    for _ in 0..3 {
        server.signal("HUP");
        assert!(is_well(&mut server.client()));
    }
    server.logs("SIGHUP: ");
    assert_eq!(server.stop(), Some(0));
}
