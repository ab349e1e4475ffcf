//! What `--state` names, and what it must not.

use tempfile::TempDir;

use crate::common::database::{Backend, Database};
use crate::common::server::{Server, run};

fn refused(arguments: &[&str]) -> String {
    let output = run(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
    assert!(!output.status.success());
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn what_cannot_be_is_refused_with_a_sentence() {
    let dialer = Database::with_state(Backend::Vicidial);
    let ours = Database::with_state(Backend::Innodb);
    let empty = Database::empty_on_mariadb();
    let other = Database::fresh(Backend::Vicidial);
    let file = Database::fresh(Backend::Sqlite);
    for (database, state, sentence) in [
        (&file, &ours, "--state is for a VICIdial's MariaDB"),
        (&dialer, &dialer, "--state is the dialer's own database"),
        (&ours, &file, "is one of ours: it has our tables itself"),
        (
            &dialer,
            &empty,
            "has none of our tables, so it cannot be the state",
        ),
        (
            &dialer,
            &other,
            "has none of our tables, so it cannot be the state",
        ),
    ] {
        let error = refused(&["--database", &database.url, "--state", &state.url]);
        assert!(error.contains(sentence), "{error}");
    }
    assert_eq!(empty.run("SHOW TABLES"), "");
    let error = refused(&["--database", &dialer.url, "--state", ":memory:"]);
    assert!(
        error.contains(":memory: is no database for vicishim"),
        "{error}"
    );
    let error = refused(&[
        "--database",
        &dialer.url,
        "--state",
        &other.url,
        "--create-tables",
    ]);
    assert!(
        error.contains("is for an empty database of our own"),
        "{error}"
    );
}

#[test]
fn our_tables_are_made_in_the_state_and_never_in_the_dialers_database() {
    let dialer = Database::with_state(Backend::Vicidial);
    let before = dialer.run("SHOW TABLES");
    let state = Database::empty_on_mariadb();
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("state.db");
    for (place, more) in [
        (state.url.as_str(), &["--create-tables"][..]),
        (file.to_str().expect("a path"), &[]),
    ] {
        let arguments = [&["--database", &dialer.url, "--state", place], more].concat();
        let server = Server::start(&arguments);
        let mut client = server.client();
        for _ in 0..2 {
            let added = client.get(
                "source=test&user=6666&pass=1234&function=add_did&did_pattern=7275550001&request_id=r1",
            );
            assert!(
                added.body.starts_with("SUCCESS") || added.body.contains("ALREADY EXISTS"),
                "{}",
                added.body
            );
        }
        assert_eq!(dialer.run("SHOW TABLES"), before);
    }
    assert!(state.run("SHOW TABLES").contains("vicishim_dids"));
    // A password in its address is shown nowhere.
    let server = Server::start(&["--database", &dialer.url, "--state", &state.url]);
    let greeting = server.greeting.clone();
    let log = greeting + &server.stop_and_log();
    assert!(!log.contains("s3cret"), "{log}");
    let variables = [("VICISHIM_STATE", file.to_str().expect("a path"))];
    drop(Server::start_with(&variables, &["--database", &dialer.url]));
}
