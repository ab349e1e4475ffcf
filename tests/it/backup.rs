//! `vicishim backup`: a copy of the file while it is served.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::common::database::{Backend, Database};
use crate::common::server::{Server, run};
use crate::common::site::Site;

const SIGNED_IN: &str = "source=test&user=6666&pass=1234";

#[test]
fn a_copy_has_all_that_was_answered_before_it_and_can_be_served() {
    let site = Site::start(Backend::Sqlite);
    let directory = tempfile::tempdir().expect("a directory");
    let copy = directory.path().join("copy.db");
    let copy = copy.to_str().expect("a path");
    let add = |client: &mut crate::common::client::Client, number: usize| {
        let query = format!("{SIGNED_IN}&function=add_did&did_pattern=72755{number:05}");
        assert!(client.get(&query).body.starts_with("SUCCESS"));
    };
    let is_over = AtomicBool::new(false);
    let (mut client, mut added) = (site.server.client(), 0);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut client = site.server.client();
            let mut count = 50_000;
            while !is_over.load(Ordering::Relaxed) {
                add(&mut client, count);
                count += 1;
            }
            count - 50_000
        });
        while added < 200 {
            add(&mut client, added);
            added += 1;
        }
        let output = run(&["backup", copy, "--database", &site.database.url]);
        assert!(output.status.success(), "{output:?}");
        is_over.store(true, Ordering::Relaxed);
        assert!(writing.join().expect("it writes") > 0);
    });
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(copy).expect("a copy"));
    assert_eq!(mode & 0o777, 0o600);
    let server = Server::start(&["--database", copy]);
    let mut client = server.client();
    for number in 0..added {
        let query = format!("{SIGNED_IN}&function=add_did&did_pattern=72755{number:05}");
        let answer = client.get(&query).body;
        assert!(
            answer.starts_with("ERROR: add_did DID ALREADY EXISTS"),
            "{answer}"
        );
    }
}

#[test]
fn nothing_is_overwritten_and_nothing_is_left_of_a_copy_that_fails() {
    let database = Database::with_state(Backend::Sqlite);
    let directory = tempfile::tempdir().expect("a directory");
    let there = directory.path().join("there");
    std::fs::write(&there, "mine").expect("it is written");
    let there = there.to_str().expect("a path");
    let output = run(&["backup", there, "--database", &database.url]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.ends_with("there is there already\n"), "{message}");
    assert_eq!(std::fs::read_to_string(there).expect("it is there"), "mine");
    let missing = directory.path().join("none/copy.db");
    let output = run(&[
        "backup",
        missing.to_str().expect("a path"),
        "--database",
        &database.url,
    ]);
    assert_eq!(output.status.code(), Some(1));
    let nowhere = directory.path().join("nowhere.db");
    let nowhere = nowhere.to_str().expect("a path");
    let copy = directory.path().join("copy.db");
    let output = run(&[
        "backup",
        copy.to_str().expect("a path"),
        "--database",
        nowhere,
    ]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("there is no database"), "{message}");
    let left = std::fs::read_dir(directory.path())
        .expect("a directory")
        .count();
    assert_eq!(left, 1);
    assert!(!Path::new(nowhere).exists());
}

#[test]
fn a_mariadb_is_copied_with_its_own_tools() {
    let database = Database::with_state(Backend::Innodb);
    let output = run(&[
        "backup",
        "/nonexistent/copy.db",
        "--database",
        &database.url,
    ]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        message.contains("mariadb-dump --single-transaction"),
        "{message}"
    );
}
