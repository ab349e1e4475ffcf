//! A server that fails: what is asked again, and what never is.

use std::collections::BTreeSet;
use std::net::TcpListener;

use super::bench::{Bench, counted, counts, never, numbers, run};
use super::gate::gate;
use crate::common::database::Backend;
use crate::common::dialer::Dialer;
use crate::common::scripted::{Act, Scripted};

#[test]
fn calls_that_did_nothing_are_made_again() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    let front = Scripted::start(bench.site.server.address, never, |request| {
        match request.at {
            0 => Act::Answer(503, "ERROR: DATABASE UNAVAILABLE, NOTHING WAS CHANGED\n"),
            2 => Act::Answer(502, "bad gateway"),
            3 => Act::Answer(504, ""),
            _ => Act::Pass,
        }
    });
    let list = numbers(6);
    let (code, out, err) = run(&mut bench.reported(front.address, "add-did", &list.join("\n")));
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(
        err.contains(
            "HTTP 503: ERROR: DATABASE UNAVAILABLE, NOTHING WAS CHANGED; trying again in 0.5 s"
        ),
        "{err}"
    );
    assert_eq!(bench.results(), counts(&[("added", 6)]));
    assert_eq!(front.count(), 9);
    assert_eq!(bench.dids("did_active").len(), 12);
}

#[test]
fn a_server_that_stays_away_stops_the_run_and_a_second_one_goes_on() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    let away = Scripted::start(bench.site.server.address, never, |request| {
        match request.at {
            0..4 => Act::Pass,
            _ => Act::Answer(503, "away"),
        }
    });
    let list = numbers(10);
    let mut command = bench.reported(away.address, "add-did", &list.join("\n"));
    let (code, out, err) = run(command.args(["--retries", "1", "--parallel", "1"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("stopped: HTTP 503: away"), "{err}");
    assert_eq!(counted(&out, "left to do"), Some(6), "{out}");
    assert_eq!(bench.results(), counts(&[("added", 4)]));
    let front = Scripted::start(bench.site.server.address, never, |_| Act::Pass);
    let (code, out, _) = run(&mut bench.reported(front.address, "add-did", &list.join("\n")));
    assert_eq!(
        (code, counted(&out, "done before")),
        (Some(0), Some(4)),
        "{out}"
    );
    assert_eq!(
        front.numbers().into_iter().collect::<BTreeSet<_>>(),
        list[4..].iter().cloned().collect()
    );
    assert_eq!(bench.results(), counts(&[("added", 10)]));
}

#[test]
fn an_answer_that_is_lost_is_not_asked_for_again_until_the_next_run() {
    const UNKNOWN: &str =
        "ERROR: DATABASE CONNECTION LOST, LOOK WHETHER THE CHANGE WAS MADE BEFORE YOU TRY AGAIN\n";
    for lost in [
        "after it was read",
        "an outcome that is unknown",
        "an empty 500",
    ] {
        let bench = Bench::new(Backend::Sqlite, "documented");
        let front = Scripted::start(bench.site.server.address, never, move |request| {
            match (request.at, lost) {
                (1, "after it was read") => Act::PassAndDrop,
                (1, "an empty 500") => Act::Answer(500, ""),
                (1, _) => Act::Answer(503, UNKNOWN),
                _ => Act::Pass,
            }
        });
        let list = numbers(400);
        let text = list.join("\n");
        let mut command = bench.reported(front.address, "copy-did", &text);
        let (code, out, _) = run(command.args(["--parallel", "1"]));
        assert_eq!(code, Some(1), "{lost}");
        let asked = front.requests(|request| request.numbers().len());
        assert_eq!(asked.iter().sum::<usize>(), 400, "{lost}: {asked:?}");
        assert_eq!(counted(&out, "unknown"), Some(asked[1]), "{lost}: {out}");
        assert_eq!(
            bench.results(),
            counts(&[("added", 400 - asked[1]), ("unknown", asked[1])])
        );

        let (code, out, _) = run(&mut bench.reported(front.address, "copy-did", &text));
        assert_eq!(code, Some(0), "{lost}: {out}");
        assert_eq!(front.numbers().len(), 400 + asked[1], "{lost}");
        let again = if lost == "after it was read" {
            "there already"
        } else {
            "added"
        };
        assert_eq!(counted(&out, again), Some(asked[1]), "{lost}: {out}");
        assert_eq!(bench.report().0.len(), 400);
        assert_eq!(bench.dids("did_active").len(), 406);
    }
}

#[test]
fn a_connection_that_breaks_before_the_request_is_read_does_nothing_twice() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    let front = Scripted::start(bench.site.server.address, |at| at == 1, |_| Act::Pass);
    let list = numbers(8);
    let (code, _, err) = run(&mut bench.reported(front.address, "add-did", &list.join("\n")));
    let asked = front.numbers();
    assert_eq!(
        asked.iter().collect::<BTreeSet<_>>().len(),
        asked.len(),
        "asked twice: {err}"
    );
    assert_eq!(code, Some(1), "{err}");
    assert_eq!(bench.results(), counts(&[("added", 7), ("unknown", 1)]));
    let (code, ..) = run(&mut bench.reported(front.address, "add-did", &list.join("\n")));
    assert_eq!(code, Some(0));
    assert_eq!(bench.results(), counts(&[("added", 8)]));
}

#[test]
fn an_answer_that_comes_too_late_is_unknown() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    let (gate, script) = gate(1);
    let front = Scripted::start(bench.site.server.address, never, script);
    let mut command = bench.reported(front.address, "add-did", &numbers(3).join("\n"));
    let (code, out, _) = run(command.args(["--timeout", "1"]));
    gate.open();
    assert_eq!(code, Some(1));
    assert_eq!(front.count(), 3, "nothing was asked for twice");
    assert!(out.contains("no answer: it took too long"), "{out}");
    assert_eq!(bench.results(), counts(&[("added", 1), ("unknown", 2)]));
}

#[test]
fn a_server_that_never_answers_is_left_alone_after_a_while() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    let front = Scripted::start(bench.site.server.address, never, |_| {
        Act::Answer(200, "<h1>Please sign in</h1>")
    });
    let (code, out, _) = run(&mut bench.reported(front.address, "add-did", &numbers(3).join("\n")));
    assert_eq!(
        (code, counted(&out, "unknown")),
        (Some(1), Some(3)),
        "{out}"
    );
    assert!(
        out.contains("cannot be understood: <h1>Please sign in</h1>"),
        "{out}"
    );
    let front = Scripted::start(bench.site.server.address, never, |_| Act::Drop);
    let (code, out, err) = run(&mut bench.bulk(front.address, "add-did", &numbers(500).join("\n")));
    assert_eq!(
        (code, counted(&out, "unknown")),
        (Some(1), Some(10)),
        "{out}"
    );
    assert!(err.contains("the last 10 calls had no answer"), "{err}");
}

#[test]
fn where_no_encryption_is_agreed_on_nothing_was_done() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    // It takes connections, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let rcgen::CertifiedKey { cert, .. } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let certificates = bench.file("certificates.pem");
    std::fs::write(&certificates, cert.pem()).expect("it is written");
    let url = format!("https://{}", silent.local_addr().expect("its address"));
    let mut command = bench.bulk_at(&url, "add-did", "81600\n");
    command
        .args(["--timeout", "2", "--retries", "0"])
        .env("SSL_CERT_FILE", certificates);
    let (code, out, err) = run(&mut command);
    assert_eq!((code, counted(&out, "left to do")), (Some(1), Some(1)));
    assert!(
        err.contains("stopped: cannot connect: it took too long"),
        "{err}"
    );
}

#[test]
fn a_sign_in_of_http_itself_is_sent_and_not_shown() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    let dialer = Dialer::saying("SUCCESS: add_did DID HAS BEEN ADDED - apiuser|81600\n");
    let url = format!("http://Web:S%3Aecret@{}/x/api.php", dialer.address);
    let mut dry_run = bench.bulk_at(&url, "add-did --dry-run", "81600\n");
    let (code, out, err) = run(dry_run.env_remove("VICISHIM_PASS"));
    assert_eq!(code, Some(0), "{err}");
    let shown = format!("POST http://Web:*@{}/x/api.php source=", dialer.address);
    assert!(out.starts_with(&shown), "{out}");
    let (code, out, err) = run(&mut bench.bulk_at(&url, "add-did", "81600\n"));
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(!format!("{out}{err}").contains("ecret"), "{out}{err}");
    let request = dialer.request();
    // Web:S:ecret
    assert_eq!(request.header("authorization"), ["Basic V2ViOlM6ZWNyZXQ="]);
    assert_eq!(request.line, "POST /x/api.php HTTP/1.1");
    assert_eq!(request.header("host"), [dialer.address.to_string()]);
}

#[test]
fn control_characters_of_a_server_are_not_shown() {
    const HOSTILE: &str =
        "ERROR: add_did \u{1b}]0;title\u{7}\u{9b}2J\u{202e}gnihton - 6666|x\r\u{8}";
    let bench = Bench::new(Backend::Sqlite, "documented");
    for status in [200, 400, 503] {
        let front = Scripted::start(bench.site.server.address, never, move |_| {
            Act::Answer(status, HOSTILE)
        });
        let mut command = bench.reported(front.address, "add-did", "7275550501");
        let (code, out, err) = run(command.args(["--retries", "0"]));
        assert_ne!(code, Some(0), "{out}{err}");
        let report = std::fs::read_to_string(bench.file("report.csv")).unwrap_or_default();
        let shown = format!("{out}{err}{report}");
        assert!(shown.contains("gnihton"), "{shown}");
        let is_obeyed =
            |letter: &char| (letter.is_control() && *letter != '\n') || *letter == '\u{202e}';
        assert_eq!(shown.chars().find(is_obeyed), None, "{shown:?}");
    }
}

#[test]
fn only_its_owner_reads_a_report() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new(Backend::Sqlite, "documented");
    let (code, out, err) =
        run(&mut bench.reported(bench.site.server.address, "add-did", "7275550502"));
    assert_eq!(code, Some(0), "{out}{err}");
    let metadata = std::fs::metadata(bench.file("report.csv")).expect("a report");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}
