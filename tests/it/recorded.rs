//! Calls that are not answered here are recorded, and answered again without a dialer.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::client::Response;
use crate::common::database::{Backend, Database};
use crate::common::dialer::{Dialer, Received, answer, raw};
use crate::common::server::vicishim;
use crate::common::site::Site;

/// A password that no other text holds.
const PASSWORD: &str = "Geheim4711";

/// A server with these arguments on a database of its own.
fn with(arguments: &[&str]) -> Site {
    Site::on(Database::with_state(Backend::Sqlite), arguments)
}

/// A server that answers from files with these recordings.
fn replaying(folder: &TempDir, recordings: &[Value]) -> Site {
    let mut files = Vec::new();
    for (index, recording) in recordings.iter().enumerate() {
        let file = folder.path().join(format!("{index}.json"));
        std::fs::write(&file, recording.to_string()).expect("a file");
        files.push(text(&file));
    }
    with(&["--replay", &files.join(",")])
}

fn recording_into(file: &Path, dialer: &Dialer, arguments: &[&str]) -> Site {
    let (url, file) = (dialer.url(), text(file));
    let own = ["--upstream", &url, "--record", &file];
    with(&[&own, arguments].concat())
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn calls(file: &PathBuf) -> Vec<Value> {
    let recording = std::fs::read_to_string(file).expect("the recording");
    assert!(!recording.contains(PASSWORD), "{recording}");
    let recording: Value = serde_json::from_str(&recording).expect("JSON");
    recording["calls"].as_array().expect("calls").clone()
}

fn get(site: &Site, query: &str) -> Response {
    site.server.client().get(query)
}

/// Adds leads with a number that is one more each time, tells a password that it was sent, and says how it was asked.
fn dialer() -> Dialer {
    let leads = std::sync::atomic::AtomicU32::new(193_715);
    Dialer::start(move |request: &Received| {
        let sent = format!(
            "{} {}",
            request.line,
            String::from_utf8_lossy(&request.body)
        );
        let headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Date", "Mon, 01 Jan 2024 00:00:00 GMT"),
            ("Set-Cookie", "session=1"),
            ("X-Kept", "yes"),
        ];
        let text = if sent.contains("add_lead") {
            let lead = leads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            format!("SUCCESS: add_lead LEAD HAS BEEN ADDED - 7275550100|{lead}\n")
        } else if sent.contains("add_user") {
            format!("SUCCESS: add_user USER HAS BEEN ADDED - 100|{PASSWORD}|{PASSWORD}1\n")
        } else {
            "NOTICE: same each time\n".to_owned()
        };
        answer("200 OK", &headers, text.as_bytes())
    })
}

#[test]
fn what_the_dialer_answered_is_answered_again_without_it() {
    let folder = folder();
    let file = folder.path().join("calls.json");
    let dialer = dialer();
    let lead =
        format!("source=test&user=6666&pass={PASSWORD}&function=add_lead&phone_number=7275550100");
    let status =
        format!("source=test&user=6666&pass={PASSWORD}&function=agent_status&agent_user=1");
    let user =
        format!("source=test&user=6666&pass={PASSWORD}&function=add_user&agent_pass={PASSWORD}");
    let agent = format!(
        "/agc/api.php?source=test&user=6666&pass={PASSWORD}&function=external_dial&value=1"
    );
    let mut site = recording_into(&file, &dialer, &[]);
    let first = get(&site, &lead).body;
    let second = get(&site, &lead).body;
    assert_ne!(first, second);
    for _ in 0..3 {
        get(&site, &status);
    }
    let form = site.client.post("", &status);
    let of_user = get(&site, &user).body;
    assert!(
        of_user.contains(PASSWORD),
        "it is hidden in the recording only"
    );
    let of_agent = site.client.request("GET", &agent, &[], b"").body;
    let version = get(&site, "function=version").body;
    drop(site);
    // What is answered here is not kept.
    assert_eq!(calls(&file).len(), 8, "{:#?}", calls(&file));

    let mut site = with(&["--replay", &text(&file)]);
    site.server.prints("gets one of 8 recorded answers");
    // In another order, with another password, in a form.
    let turned = "phone_number=7275550100&function=add_lead&pass=other&user=6666&source=test";
    assert_eq!(get(&site, turned).body, first);
    assert_eq!(site.client.post("", turned).body, second);
    assert_eq!(get(&site, turned).body, second, "the last one again");
    let again = get(&site, &status);
    assert_eq!(again.body, form.body);
    assert_eq!(again.header("x-kept"), Some("yes"));
    assert_eq!(
        again.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(again.header("set-cookie"), None);
    assert_eq!(
        get(&site, &user).body,
        of_user.replace(PASSWORD, "*"),
        "a secret in an answer is hidden"
    );
    assert_eq!(site.client.request("GET", &agent, &[], b"").body, of_agent);
    assert_eq!(get(&site, "function=version").body.len(), version.len());
    site.logs("function=add_lead user=6666 source=test status=200 recorded ");
    assert!(!site.server.log().contains(PASSWORD));
}

#[test]
fn what_does_not_fit_is_told_what_comes_nearest() {
    let folder = folder();
    let sent = json!({"function": "add_lead", "user": "6666", "pass": "*", "phone_number": "7275550100", "list_id": "101"});
    let others = json!({"function": "update_lead", "lead_id": "1"});
    let reply = json!({"text": "SUCCESS: 1\n"});
    let site = replaying(
        &folder,
        &[json!({"calls": [
            {"parameters": others, "reply": reply},
            {"parameters": sent, "reply": reply},
        ]})],
    );
    let fitting = "function=add_lead&user=6666&pass=x&phone_number=7275550100&list_id=101";
    assert_eq!(get(&site, fitting).body, "SUCCESS: 1\n");
    for (query, nearest) in [
        (
            "function=add_lead&user=6666&pass=Geheim4711&phone_number=7275550100&list_id=102",
            r#"the nearest is call 2: list_id is "102" and not "101""#,
        ),
        (
            "function=add_lead&user=6666&phone_number=7275550100&list_id=101&comments=x",
            "the nearest is call 2: pass was not sent, comments was sent too",
        ),
        (
            "function=add_user&user=6666&pass=Geheim4711",
            "there are calls of add_lead, update_lead",
        ),
    ] {
        let response = get(&site, query);
        assert_eq!(response.status, 404);
        let (_, function) = query.split_once("function=").expect("a function");
        let (function, _) = function.split_once('&').expect("more");
        let reason = format!("ERROR: NO RECORDED CALL FITS - 6666|{function}|{nearest}\n");
        assert_eq!(response.body, reason);
    }
}

#[test]
fn calls_are_written_by_hand_with_patterns_and_counters() {
    let folder = folder();
    let site = replaying(
        &folder,
        &[
            json!({
                "ignore": ["source"],
                "calls": [
                    {
                        "parameters": {"function": "add_lead", "phone_number": "911"},
                        "more_parameters": true,
                        "reply": {"text": "ERROR: add_lead INVALID PHONE NUMBER - {phone_number}\n", "status": 200},
                    },
                    {
                        "parameters": {"function": "add_lead", "phone_number": {"matches": r"\d{10}"}},
                        "more_parameters": true,
                        "counter": 193_715,
                        "reply": {"template": "SUCCESS: add_lead LEAD HAS BEEN ADDED - {phone_number}|{list_id}|{counter}\n"},
                    },
                    {
                        "parameters": {"function": "agent_status", "user": "6666"},
                        "reply": {"base64": "/w==", "status": 503, "headers": {"retry-after": "1"}},
                    },
                ],
            }),
            json!({"calls": [{"parameters": {"function": "add_lead"}, "more_parameters": true, "reply": {"text": "second file"}}]}),
        ],
    );
    for (query, answered) in [
        (
            "function=add_lead&phone_number=7275550100&list_id=101",
            "SUCCESS: add_lead LEAD HAS BEEN ADDED - 7275550100|101|193715\n",
        ),
        (
            "function=add_lead&phone_number=7275550101",
            "SUCCESS: add_lead LEAD HAS BEEN ADDED - 7275550101||193716\n",
        ),
        (
            "function=add_lead&phone_number=911",
            "ERROR: add_lead INVALID PHONE NUMBER - {phone_number}\n",
        ),
        ("function=add_lead&phone_number=72755501011", "second file"),
    ] {
        assert_eq!(get(&site, query).body, answered, "{query}");
    }
    let asked = "GET /vicidial/non_agent_api.php?function=agent_status&user=6666&source=test HTTP/1.1\r\n\
        Host: x\r\nConnection: close\r\n\r\n";
    let response = site.server.client().raw(asked.as_bytes());
    assert!(response.starts_with("HTTP/1.1 503 "), "{response}");
    assert!(response.contains("\r\nretry-after: 1\r\n"), "{response}");
    assert!(response.ends_with("\r\n\r\n\u{fffd}"), "{response}");
}

#[test]
fn a_recording_is_gone_on_with_and_is_whole_after_each_call() {
    let folder = folder();
    let file = folder.path().join("calls.json");
    // As a person would write it.
    let by_hand = json!({"ignore": ["source"], "calls": [{"parameters": {"function": "x"}, "reply": {"text": "y"}}]});
    let by_hand = serde_json::to_string_pretty(&by_hand).expect("JSON");
    std::fs::write(&file, by_hand).expect("a file");
    let dialer = dialer();
    for round in 0..2 {
        let mut site = recording_into(&file, &dialer, &[]);
        for number in 0..3 {
            get(
                &site,
                &format!("function=add_user&number={round}{number}&pass={PASSWORD}"),
            );
            assert_eq!(calls(&file).len(), 1 + round * 3 + number + 1);
        }
        site.server.child.kill().expect("it is killed");
    }
    let recording: Value =
        serde_json::from_str(&std::fs::read_to_string(&file).expect("it")).expect("JSON");
    assert_eq!(recording["ignore"], json!(["source"]));
    assert_eq!(
        recording["calls"][0],
        json!({"parameters": {"function": "x"}, "reply": {"status": 200, "text": "y"}})
    );
}

#[test]
fn answers_come_in_their_order_with_all_their_headers_and_calls_are_told_apart() {
    let folder = folder();
    let file = folder.path().join("calls.json");
    let asked = std::sync::atomic::AtomicU32::new(0);
    let dialer = Dialer::start(move |request| {
        let turn = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let text = match request.line.contains("poll") {
            true if turn < 2 => "READY\n".to_owned(),
            true => "PAUSED\n".to_owned(),
            false => format!("{turn}\n"),
        };
        let headers = [
            ("X-Several", "a"),
            ("X-Several", "b"),
            ("X-Auth-Token", "c"),
        ];
        answer("799 Odd", &headers, text.as_bytes())
    });
    let others = ["g[]=A&g[]=B", "g[]=X&g[]=B", "name=Jos%e9", "name=Jos%e8"];
    let others = others.map(|others| format!("function=other&{others}"));
    let json = ("POST", "/agc/api.php?function=json");
    let site = recording_into(&file, &dialer, &[]);
    let polled = [(); 3].map(|()| get(&site, "function=poll").body);
    assert_eq!(polled, ["READY\n", "READY\n", "PAUSED\n"]);
    let answered = others.each_ref().map(|query| get(&site, query).body);
    site.server
        .client()
        .request(json.0, json.1, &[], br#"{"a":1}"#);
    drop(site);
    assert_eq!(calls(&file).len(), 7, "a body that is no form is not kept");

    let site = with(&["--replay", &text(&file)]);
    let head = "/vicidial/non_agent_api.php?function=poll";
    site.server.client().request("HEAD", head, &[], b"");
    let response = get(&site, "function=poll");
    assert_eq!(response.status, 799);
    let several = response
        .headers
        .iter()
        .filter(|(name, _)| name == "x-several");
    assert_eq!(several.count(), 2);
    assert_eq!(response.header("x-auth-token"), None);
    let polled = [(); 2].map(|()| get(&site, "function=poll").body);
    assert_eq!(
        [&response.body, &polled[0], &polled[1]],
        ["READY\n", "READY\n", "PAUSED\n"]
    );
    assert_eq!(others.map(|query| get(&site, &query).body), answered);
    let response = site
        .server
        .client()
        .request(json.0, json.1, &[], br#"{"a":1}"#);
    assert_eq!(response.status, 404);
}

#[test]
fn a_recording_whose_last_call_was_cut_short_is_read_without_it() {
    let folder = folder();
    let file = folder.path().join("calls.json");
    let dialer = dialer();
    let site = recording_into(&file, &dialer, &[]);
    for number in 0..3 {
        get(&site, &format!("function=agent_status&number={number}"));
    }
    drop(site);
    let whole = std::fs::read(&file).expect("the recording");
    let last = whole
        .iter()
        .rposition(|&byte| byte == b'{')
        .expect("a call");
    for cut in [last + 1, whole.len() - 5, whole.len() - 30] {
        std::fs::write(&file, &whole[..cut]).expect("a file");
        let site = with(&["--replay", &text(&file)]);
        site.server.prints("gets one of 2 recorded answers");
    }
    let site = recording_into(&file, &dialer, &[]);
    get(&site, "function=agent_status&number=4");
    assert_eq!(calls(&file).len(), 3);
}

#[test]
fn one_process_at_a_time_records_into_a_file() {
    let folder = folder();
    let file = folder.path().join("calls.json");
    let dialer = dialer();
    for _ in 0..2 {
        let mut site = recording_into(&file, &dialer, &[]);
        let second = vicishim()
            .args(["serve", "--listen", "127.0.0.1:0", "--upstream"])
            .args([&dialer.url(), "--record"])
            .arg(&file)
            .output()
            .expect("it runs");
        let error = String::from_utf8_lossy(&second.stderr);
        assert!(error.contains("another process records into"), "{error}");
        get(&site, "function=add_lead");
        site.server.child.kill().expect("it is killed");
        site.server.child.wait().expect("it ends");
    }
    assert_eq!(calls(&file).len(), 2);
}

#[test]
fn what_is_no_whole_answer_is_passed_on_and_not_kept() {
    let folder = folder();
    let file = folder.path().join("calls.json");
    let dialer = Dialer::start(|request| {
        if request.line.contains("cut") {
            return raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
        }
        let large = "x".repeat(4 * 1024 * 1024 + 1);
        answer("200 OK", &[], large.as_bytes())
    });
    let site = recording_into(&file, &dialer, &[]);
    assert_eq!(get(&site, "function=all").body.len(), 4 * 1024 * 1024 + 1);
    let cut = "/vicidial/non_agent_api.php?function=cut";
    assert!(
        site.server
            .client()
            .try_request("GET", cut, &[], b"")
            .is_err()
    );
    let away = recording_into(
        &folder.path().join("away.json"),
        &dialer_that_is_away(),
        &[],
    );
    assert_eq!(get(&away, "function=all").status, 502);
    assert!(calls(&file).is_empty());
    assert!(calls(&folder.path().join("away.json")).is_empty());
}

/// A dialer that closes each connection unanswered.
fn dialer_that_is_away() -> Dialer {
    Dialer::start(|_| raw(Vec::new()))
}

#[test]
fn a_file_that_is_no_recording_is_told_at_the_start() {
    let folder = folder();
    for (recording, reason) in [
        ("{", "is no recording: EOF"),
        (
            r#"{"calls": [{"parameters": {}}]}"#,
            "missing field `reply`",
        ),
        (
            r#"{"calls": [{"parameters": {}, "reply": {}}]}"#,
            "call 1: the reply needs one of text, template and base64",
        ),
        (
            r#"{"calls": [{"parameters": {}, "reply": {"template": "{"}}]}"#,
            "call 1: the template \"{\": a brace stands alone",
        ),
        (
            r#"{"calls": [{"parameters": {"a": {"matches": "("}}, "reply": {"text": ""}}]}"#,
            "call 1: a: regex parse error",
        ),
        (
            r#"{"calls": [{"parameters": {}, "reply": {"text": "", "status": 99}}]}"#,
            "call 1: 99 is no status of an answer",
        ),
        (
            r#"{"calls": [{"parameters": {}, "reply": {"text": "", "headers": {"a b": "x"}}}]}"#,
            "call 1: \"a b: x\" is no header",
        ),
    ] {
        let file = folder.path().join("wrong.json");
        std::fs::write(&file, recording).expect("a file");
        let output = vicishim()
            .args(["serve", "--listen", "127.0.0.1:0", "--replay"])
            .arg(&file)
            .output()
            .expect("it runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(error.contains(reason), "{recording}: {error}");
    }
}
