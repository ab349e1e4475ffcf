//! What becomes of each number of a list on a server that answers.

use std::io::Write;
use std::process::Stdio;

use super::bench::{Bench, PASSWORD, USER, counted, counts, ended, never, numbers, run};
use super::gate::start;
use crate::common::database::Backend;
use crate::common::dialer::{Dialer, answer};
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
        assert!(report.contains("\n1,+17275550100,added,,7,"), "{report}");
        assert!(
            report.contains("\n4,7275551114,there already,,,"),
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

#[test]
fn a_dry_run_asks_the_server_where_that_changes_nothing() {
    let list =
        "did_pattern,did_route,group\n7275551114,,\n727.555.0100,,\n7275550101,IN_GROUP,NOSUCH\n";
    for dialect in ["documented", "wire"] {
        let bench = Bench::new(Backend::Sqlite, dialect);
        let front = Scripted::start(bench.site.server.address, never, |_| Act::Pass);
        let dids = bench.dids("modify_stamp");
        let mut command = bench.reported(front.address, "add-did", list);
        let (code, out, err) = run(command.arg("--dry-run"));
        assert_eq!(code, Some(i32::from(dialect == "documented")), "{out}{err}");
        assert_eq!(bench.dids("modify_stamp"), dids);
        assert!(!bench.file("report.csv").exists());
        let sent = front.requests(|request| {
            assert_eq!(request.parameter("dry_run"), "Y");
            request.parameter("did_pattern").to_owned()
        });
        if dialect == "documented" {
            assert_eq!(sent[0], "", "a call that can do nothing comes first");
            assert_eq!(sent.len(), 4);
            for (word, count) in [("added", 1), ("there already", 1), ("refused", 1)] {
                assert_eq!(counted(&out, word), Some(count), "{word} in {out}");
            }
            assert!(
                out.contains("GROUP ID MUST BE A VALID INBOUND GROUP"),
                "{out}"
            );
            assert!(
                out.ends_with(
                    "nothing was changed: this is what the server says that it would do\n"
                ),
                "{out}"
            );
        } else {
            assert_eq!(sent, [""]);
            assert!(
                err.contains("the server knows no dry run: it is not asked"),
                "{err}"
            );
            assert_eq!(counted(&out, "would be sent"), Some(3), "{out}");
        }
    }
}

#[test]
fn a_server_that_forgets_the_dry_run_stops_it() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    // The front loses all headers but those of the first answer.
    let front = Dialer::start(|request| {
        let headers: &[(&str, &str)] =
            match request.body.windows(11).any(|part| part == b"did_pattern") {
                true => &[],
                false => &[("X-Vicishim-Dry-Run", "1")],
            };
        answer(
            "200 OK",
            headers,
            b"ERROR: add_did DID ALREADY EXISTS - apiuser|1\n",
        )
    });
    let mut command = bench.bulk(front.address, "add-did", "81600\n81601\n81602\n");
    let (code, out, err) = run(command.arg("--dry-run"));
    assert_eq!(
        (code, counted(&out, "unknown")),
        (Some(1), Some(1)),
        "{out}{err}"
    );
    assert!(err.contains("look whether it changed something"), "{err}");
    assert_eq!(front.requests().len(), 2);
}

#[test]
fn a_changed_row_is_not_done_before() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    let list = "did_pattern,active\n7275551114,N\n+17275551112,N\n";
    let address = bench.site.server.address;
    let (code, ..) = run(&mut bench.reported(address, "update-did", list));
    assert_eq!(code, Some(0));
    // A new first row moves the others; the last one is changed.
    let changed = "active,did_pattern\nN,default\nN,727-555-1114\nY,+17275551112\n";
    for done_before in [1, 3] {
        let (code, out, _) = run(&mut bench.reported(address, "update-did", changed));
        assert_eq!(
            (code, counted(&out, "done before")),
            (Some(0), Some(done_before)),
            "{out}"
        );
    }
    let active = bench.dids("did_active");
    assert_eq!(
        [
            &active["default"],
            &active["7275551114"],
            &active["+17275551112"]
        ],
        ["N", "N", "Y"]
    );
    // And back again: what counts is what was done last.
    let (_, out, _) = run(&mut bench.reported(address, "update-did", list));
    assert_eq!(
        (counted(&out, "done before"), counted(&out, "updated")),
        (Some(1), Some(1)),
        "{out}"
    );
    assert_eq!(bench.dids("did_active")["+17275551112"], "N");
}

#[test]
fn what_did_list_prints_is_added_and_updated_as_it_is() {
    let mut bench = Bench::new(Backend::Sqlite, "documented");
    let all = |bench: &mut Bench| {
        let listed = bench.site.body("did_list&stage=csv&header=YES");
        let mut rows: Vec<Vec<String>> = csv::Reader::from_reader(listed.as_bytes())
            .records()
            .map(|row| row.expect("a row").iter().map(str::to_owned).collect())
            .collect();
        // What no parameter sets comes last.
        rows.iter_mut().for_each(|row| row.truncate(13));
        (listed, rows)
    };
    let (listed, before) = all(&mut bench);
    let address = bench.site.server.address;
    let (code, _, err) = run(&mut bench.bulk(address, "update-did", &listed));
    assert_eq!(code, Some(0), "{err}");
    assert!(
        err.contains("no parameter of the API sets user_group, did_carrier_description, did_id, modify_stamp: left out"),
        "{err}"
    );
    assert_eq!(all(&mut bench).1, before);
    bench.site.may_delete();
    let numbers: Vec<&str> = before.iter().map(|row| row[0].as_str()).collect();
    let (code, out, err) = run(&mut bench.bulk(
        address,
        "update-did --set delete_did=Y",
        &numbers.join("\n"),
    ));
    assert_eq!(
        (code, counted(&out, "deleted")),
        (Some(0), Some(numbers.len())),
        "{out}{err}"
    );
    let (code, out, err) = run(&mut bench.bulk(address, "add-did", &listed));
    assert_eq!(
        (code, counted(&out, "added")),
        (Some(0), Some(numbers.len())),
        "{out}{err}"
    );
    assert_eq!(all(&mut bench).1, before);
}
