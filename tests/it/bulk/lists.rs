//! What becomes of each number of a list on a server that answers.

use std::io::Write;
use std::process::Stdio;

use super::bench::{Bench, PASSWORD, USER, counted, counts, ended, never, numbers, run};
use super::gate::start;
use crate::common::database::Backend;
use crate::common::scripted::{Act, Scripted};
use crate::common::server::vicishim;

#[test]
fn copies_a_list_as_spreadsheets_write_it_in_both_dialects() {
    let list =
        "\u{FEFF}+1 (727) 555-0100\r\n727-555-0101\r\n\r\n7275551114\r\n 7275550101\r\n7\r\n";
    for (backend, dialect, method) in [
        (Backend::Sqlite, "documented", "POST"),
        (Backend::Vicidial, "wire", "POST"),
        (Backend::Innodb, "documented", "GET"),
    ] {
        let bench = Bench::new(backend, dialect);
        let front = Scripted::start(bench.site.server.address, never, |_| Act::Pass);
        let mut command = bench.reported(front.address, "copy-did", list);
        if method == "GET" {
            command.arg("--get");
        }
        let (code, out, _) = run(&mut command);
        assert_eq!(code, Some(1), "{out}");
        for (word, count) in [
            ("added", 2),
            ("there already", 1),
            ("refused", 1),
            ("unknown", 0),
            ("duplicate", 1),
        ] {
            assert_eq!(counted(&out, word), Some(count), "{word} in {out}");
        }
        assert!(
            out.contains("DID PATTERN MUST BE FROM 2 TO 50 CHARACTERS: 7\n"),
            "{out}"
        );
        let dids = bench.dids("group_id");
        assert_eq!(dids["+17275550100"], "TEST_IN2");
        assert_eq!(dids["7275550101"], "TEST_IN2");
        let report = std::fs::read_to_string(bench.file("report.csv")).expect("the report");
        assert!(report.contains("\n+17275550100,added,,7\n"), "{report}");
        assert!(
            report.contains("\n7275551114,there already,,\n"),
            "{report}"
        );
        assert!(!report.contains(PASSWORD));
        let sent = front.requests(|request| {
            let has_pass = request.target.contains("pass=");
            (
                request.method.clone(),
                has_pass,
                request.parameter("source").to_owned(),
            )
        });
        assert_eq!(
            sent,
            [(method.to_owned(), method == "GET", "vicishim".to_owned())]
        );
    }
}

#[test]
fn adds_numbers_with_the_fields_of_their_rows_in_both_dialects() {
    let list = "did_pattern;did_description;did_route;group\n\
        +17275550100;\"Main; first & best\";IN_GROUP;TEST_IN2\n\
        7275550101;;;\n\
        7275550102;Ok line;IN_GROUP;NOSUCH\n\
        7275551114;Ok line;;\n";
    for dialect in ["documented", "wire"] {
        let bench = Bench::new(Backend::Sqlite, dialect);
        let (code, out, _) = run(&mut bench.reported(bench.site.server.address, "add-did", list));
        assert_eq!(code, Some(1), "{out}");
        let expected = counts(&[("added", 2), ("refused", 1), ("there already", 1)]);
        assert_eq!(bench.results(), expected);
        let reason = &bench.report().1["7275550102"];
        assert_eq!(
            reason,
            "GROUP ID MUST BE A VALID INBOUND GROUP IN THE SYSTEM, THIS IS AN OPTIONAL FIELD (NOSUCH)"
        );
        let dids = bench.dids("did_description");
        // The server's filter keeps neither.
        assert_eq!(dids["+17275550100"], "Main first  best");
        assert_eq!(dids["7275550101"], "");
        assert!(!dids.contains_key("7275550102"));
    }
}

#[test]
fn updates_and_deletes_in_both_dialects() {
    let list = "did_pattern,did_active,delete_did\n7275551114,N,\n+17275551112,,Y\n7275559999,N,\ndefault,,\n";
    for dialect in ["documented", "wire"] {
        let bench = Bench::new(Backend::Sqlite, dialect);
        let (code, out, _) =
            run(&mut bench.reported(bench.site.server.address, "update-did", list));
        assert_eq!(code, Some(1), "{out}");
        assert_eq!(
            bench.results(),
            counts(&[("updated", 1), ("deleted", 1), ("refused", 2)])
        );
        let reasons = bench.report().1;
        assert_eq!(reasons["7275559999"], "DID DOES NOT EXIST");
        assert_eq!(reasons["default"], "NO UPDATES DEFINED");
        let dids = bench.dids("did_active");
        assert_eq!(dids["7275551114"], "N");
        assert!(!dids.contains_key("+17275551112"));
        // What is done is not asked for again; what was refused is, and is done now.
        let list = list
            .replace("default,,", "default,N,")
            .replace("7275559999", "3125559000");
        let (code, out, _) =
            run(&mut bench.reported(bench.site.server.address, "update-did", &list));
        assert_eq!(code, Some(0), "{out}");
        assert_eq!(counted(&out, "done before"), Some(2), "{out}");
        assert_eq!(bench.dids("did_active")["default"], "N");
    }
}

#[test]
fn descriptions_go_with_their_numbers() {
    let bench = Bench::new(Backend::Sqlite, "wire");
    let front = Scripted::start(bench.site.server.address, never, |_| Act::Pass);
    let list = "new_did,did_description\n8161,First line\n8162,Second line\n8163,First line\n8164,\n8165,012\n8166,012\n";
    let (code, out, _) = run(&mut bench.reported(front.address, "copy-did", list));
    assert_eq!(code, Some(1), "{out}");
    assert_eq!(counted(&out, "added"), Some(4), "{out}");
    assert_eq!(counted(&out, "refused"), Some(2), "{out}");
    assert_eq!(front.count(), 4);
    let dids = bench.dids("did_description");
    let expected = [
        ("8161", "First line"),
        ("8162", "Second line"),
        ("8163", "First line"),
        ("8164", "Clearwater main"),
    ];
    for (did, description) in expected {
        assert_eq!(dids[did], description);
    }
}

#[test]
fn a_dry_run_of_200000_numbers_from_stdin_shows_every_call_and_sends_nothing() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    let front = Scripted::start(bench.site.server.address, never, |_| Act::Pass);
    let list: Vec<String> = numbers(200_000);
    let mut command = vicishim();
    command
        .args([
            "bulk",
            "copy-did",
            "-",
            "--source-did",
            "7275551114",
            "--user",
            USER,
            "--dry-run",
        ])
        .args(["--url", &format!("http://{}", front.address)])
        .arg("--report")
        .arg(bench.file("report.csv"))
        .stdin(Stdio::piped());
    let mut child = start(&mut command);
    let mut stdin = child.stdin.take().expect("its stdin");
    let text = list.join("\r\n");
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let (code, out, _) = ended(child.wait_with_output().expect("it ends"));
    writer.join().expect("the writer").expect("all is read");
    assert_eq!(code, Some(0));
    let mut asked = Vec::new();
    for line in out.lines().filter(|line| line.starts_with("POST ")) {
        assert!(line.contains("&pass=*&"), "{line}");
        let (_, dids) = line.split_once("&new_dids=").expect("new_dids");
        let dids = dids.replace("%2B", "+");
        assert!(dids.len() < 2000);
        asked.extend(dids.split(',').map(str::to_owned));
    }
    assert_eq!(asked, list);
    assert_eq!(counted(&out, "would be sent"), Some(200_000));
    assert_eq!(front.count(), 0);
    assert!(!bench.file("report.csv").exists());
}

#[test]
fn the_password_comes_from_a_file_and_is_missed_before_anything_is_sent() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    std::fs::write(bench.file("pass"), format!("{PASSWORD}\r\n")).expect("a file");
    let mut command = bench.bulk(bench.site.server.address, "add-did", "81600\n");
    command
        .env_remove("VICISHIM_PASS")
        .arg("--pass-file")
        .arg(bench.file("pass"));
    let (code, out, err) = run(&mut command);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(!bench.site.server.log().contains(PASSWORD));

    let mut command = bench.reported(bench.site.server.address, "add-did", "81601\n");
    let (code, _, err) = run(command.env_remove("VICISHIM_PASS"));
    assert_eq!(code, Some(1));
    assert!(err.contains("no password: set VICISHIM_PASS"), "{err}");
    assert!(!bench.file("report.csv").exists());
    assert!(!bench.dids("did_active").contains_key("81601"));
}

#[test]
fn a_list_or_a_report_that_is_wrong_is_said_before_anything_is_sent() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    let front = Scripted::start(bench.site.server.address, never, |_| Act::Pass);
    let (code, _, err) = run(&mut bench.bulk(
        front.address,
        "add-did",
        "did_pattern,did_rout\n81600,EXTEN\n",
    ));
    assert_eq!(code, Some(1));
    assert!(err.contains("no column \"did_rout\""), "{err}");
    std::fs::write(bench.file("report.csv"), "81600\n81601\n").expect("a file");
    let (code, _, err) = run(&mut bench.reported(front.address, "add-did", "81600\n"));
    assert_eq!(code, Some(1));
    assert!(err.contains("no report of `vicishim bulk`"), "{err}");
    let kept = std::fs::read_to_string(bench.file("report.csv")).expect("the file");
    assert_eq!(kept, "81600\n81601\n");
    let mut command = bench.bulk(front.address, "add-did", "81600\n");
    let (code, ..) = run(command.args(["--parallel", "0"]));
    assert_eq!(code, Some(2));
    assert_eq!(front.count(), 0);
}
