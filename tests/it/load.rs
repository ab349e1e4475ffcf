//! `vicishim load` and `vicishim dump`: what they ask, what they read, and how much memory they take.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::common::database::{Backend, Database};
use crate::common::server::{run, vicishim};

on_each_database! {
    a_new_row_has_all_of_its_keys
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Loads rows from standard input.
fn load(database: &Database, more: &[&str], rows: &Value) -> Output {
    let mut child = vicishim()
        .args(["load", "-", "--database", &database.url])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("its stdin");
    // It may end before it has read everything.
    stdin.write_all(rows.to_string().as_bytes()).ok();
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

#[test]
fn nothing_is_loaded_into_a_dialers_database_without_a_yes() {
    let rows = json!({
        "vicidial_users": [{"user": "7777", "pass": "x"}],
        "vicidial_inbound_dids": [{"did_pattern": "7275550100"}, {"did_pattern": "7275550101"}],
    });
    let dialer = Database::with_state(Backend::Vicidial);
    let before = dialer.dump(&[]);
    let output = load(&dialer, &[], &rows);
    assert_eq!(output.status.code(), Some(1));
    let message = said(&output);
    for part in [
        "is a dialer's database",
        "\n  vicidial_users        1\n  vicidial_inbound_dids 2\n",
        "Its tables take nothing back",
        "--yes does it without a question; nothing was changed",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert_eq!(dialer.dump(&[]), before);
    let output = load(&dialer, &["--yes"], &rows);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("vicidial_users        1\n"));
    assert_eq!(
        dialer.rows("vicidial_inbound_dids").len(),
        before["vicidial_inbound_dids"].len() + 2
    );

    for backend in [Backend::Sqlite, Backend::Innodb] {
        let ours = Database::with_state(backend);
        let output = load(&ours, &[], &rows);
        assert!(output.status.success(), "{}", said(&output));
        assert!(!said(&output).contains("dialer"), "{}", said(&output));
    }
}

#[test]
fn tables_that_take_nothing_back_say_what_was_loaded() {
    let dialer = Database::with_state(Backend::Vicidial);
    let there = dialer.rows("vicidial_inbound_dids").len();
    let rows = |numbers: [&str; 2]| {
        json!({"vicidial_inbound_dids": [
            {"did_pattern": numbers[0]},
            {"did_id": 900, "did_pattern": numbers[1]},
            {"did_id": 901, "did_pattern": numbers[1]},
        ]})
    };
    let rows = rows(["7275550100", "7275550101"]);
    let output = load(&dialer, &["--yes"], &rows);
    assert_eq!(output.status.code(), Some(1));
    let message = said(&output);
    assert!(
        message.contains("row 3: ")
            && message.contains("; rows before it, which tables without transactions keep: 2\n"),
        "{message}"
    );
    assert_eq!(dialer.rows("vicidial_inbound_dids").len(), there + 2);
    let ours = Database::with_state(Backend::Innodb);
    let message = said(&load(&ours, &[], &rows));
    assert!(message.ends_with("; nothing was loaded\n"), "{message}");
    assert_eq!(ours.rows("vicidial_inbound_dids").len(), there);
}

#[test]
fn what_can_be_read_only_once_is_loaded() {
    let database = Database::fresh(Backend::Sqlite);
    // More than is kept in memory.
    let contents = "x".repeat(10_000);
    let template = |number| json!({"template_id": format!("t{number}"), "template_name": "t", "template_contents": contents});
    let rows = json!({"vicidial_conf_templates": (0..500).map(template).collect::<Vec<_>>()});
    let output = load(&database, &[], &rows);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("500 rows loaded into {}\n", database.address()),
        "{}",
        said(&output)
    );
    // As many as are read at a time.
    assert_eq!(database.rows("vicidial_conf_templates").len(), 500);
    let output = load(&database, &[], &json!({"vicidial_users": [{"usr": "1"}]}));
    assert!(
        said(&output)
            .contains("standard input: table vicidial_users, row 1: there is no column usr"),
        "{}",
        said(&output)
    );
    let piped = std::process::Command::new("bash")
        .args(["-c", r#"echo '{"vicidial_users": [{"user": "1001"}]}' | "$0" load /dev/stdin --database "$1""#])
        .args([env!("CARGO_BIN_EXE_vicishim"), database.url.as_str()])
        .output()
        .expect("bash runs");
    assert!(piped.status.success(), "{}", said(&piped));
    assert_eq!(database.rows("vicidial_users")[0]["user"], "1001");
}

/// A row with the key of none must not become a row without the other one.
fn a_new_row_has_all_of_its_keys(backend: Backend) {
    let database = Database::with_state(backend);
    let before = database.dump(&[]);
    let mut cases = vec![
        (
            json!({"vicidial_inbound_dids": [{"did_id": 4711, "did_description": "whose?"}]}),
            "row 1: there is no row with its key, and a new one needs did_pattern; nothing was loaded",
        ),
        (
            json!({"vicidial_users": [{"user_id": 4711, "full_name": "who?"}]}),
            "a new one needs user; nothing was loaded",
        ),
        (
            json!({"vicidial_api_urls": [{"url": "x"}]}),
            "row 1: has no api_id, which is its key",
        ),
    ];
    if backend != Backend::Vicidial {
        cases.push((
            json!({"vicishim_dids": [{"max_channels": 3}]}),
            "row 1: has no did_id, which is its key",
        ));
    }
    for (rows, part) in cases {
        let output = load(&database, &["--yes"], &rows);
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains(part), "{}", said(&output));
        assert_eq!(database.dump(&[]), before);
    }
}

#[test]
fn what_a_dialer_has_besides_is_neither_dumped_nor_loaded() {
    let dialer = Database::with_state(Backend::Vicidial);
    dialer.run(
        "CREATE TABLE vicidial_list (lead_id INT PRIMARY KEY); INSERT INTO vicidial_list VALUES (1); \
         ALTER TABLE vicidial_inbound_dids ADD COLUMN of_a_later_version VARCHAR(20) DEFAULT 'x'; \
         UPDATE vicidial_users SET last_login_date = '0000-00-00 00:00:00' WHERE user = '6666'",
    );
    let output = run(&["dump", "--database", &dialer.url]);
    assert!(output.status.success(), "{}", said(&output));
    let rows: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let did = rows["vicidial_inbound_dids"][0].as_object().expect("a row");
    assert!(did.contains_key("did_pattern") && !did.contains_key("of_a_later_version"));
    assert!(rows["phones"][0].get("ASTmgrSECRET").is_none());
    assert!(rows.get("vicidial_list").is_none());
    let ours = Database::fresh(Backend::Sqlite);
    let output = load(&ours, &[], &rows);
    assert!(output.status.success(), "{}", said(&output));
    for (table, rows) in rows.as_object().expect("tables") {
        assert_eq!(&json!(ours.rows(table)), rows, "{table}");
    }
    let refused = load(
        &dialer,
        &["--yes"],
        &json!({"vicidial_list": [{"lead_id": 2}]}),
    );
    assert!(
        said(&refused).contains("there is no table vicidial_list"),
        "{}",
        said(&refused)
    );
}

/// The text is larger than the memory that loading it may take.
#[test]
fn a_large_text_is_loaded_in_little_memory() {
    const LIMIT: u64 = 70_000;
    let database = Database::fresh(Backend::Sqlite);
    let mut file = tempfile::NamedTempFile::new_in(crate::common::scratch()).expect("a file");
    let contents = "x".repeat(20_000);
    write!(file, "{{\"vicidial_conf_templates\": [").expect("it is written");
    for number in 0..1200 {
        let comma = if number > 0 { "," } else { "" };
        let row = json!({"template_id": format!("t{number}"), "template_name": "t", "template_contents": contents});
        write!(file, "{comma}{row}").expect("it is written");
    }
    write!(file, "]}}").expect("it is written");
    let mut child = vicishim()
        .args(["load", "--database", &database.url])
        .arg(file.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("it is there").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(child.wait().expect("it ends").success());
    assert_eq!(database.rows("vicidial_conf_templates").len(), 1200);
    assert!((1..LIMIT).contains(&peak), "{peak} kB");
}
