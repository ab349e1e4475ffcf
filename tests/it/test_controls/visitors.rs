//! Where the controls are, and for whom.

use std::process::Stdio;

use super::{on, site};
use crate::common::database::{Backend, Database};
use crate::common::server::{run, vicishim};
use crate::common::site::Site;
use serde_json::{Value, json};

#[test]
fn without_the_option_they_are_unknown_paths() {
    let mut site = Site::demo(Backend::Sqlite);
    let unknown = site.client.request("POST", "/vicishim/unknown", &[], b"");
    for control in ["reset", "calls", "faults", "clock", "nothing"] {
        let path = format!("/vicishim/test/{control}");
        let answer = site.client.request("POST", &path, &[], b"");
        assert_eq!(
            (answer.status, &answer.body),
            (unknown.status, &unknown.body)
        );
        assert_eq!(answer.status, 404);
    }
    assert!(!site.server.prints("listens").contains("TEST CONTROLS"));
}

#[test]
fn the_start_says_that_they_are_on() {
    let site = on(Site::demo_rows(Backend::Sqlite, json!({})));
    site.server.prints(&format!(
        "TEST CONTROLS ARE ON: http://{}/vicishim/test/\n",
        site.server.address
    ));
    site.logs("the test controls are on");
}

#[test]
fn they_are_refused_where_others_reach_the_server() {
    let database = Database::with_state(Backend::Sqlite);
    let serve = ["serve", "--test-controls", "--database", &database.url];
    let refused = |output: std::process::Output| {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(
            message.contains("--test-controls is for loopback only, not for 0.0.0.0:"),
            "{message}"
        );
    };
    refused(run(&[&serve[..], &["--listen", "0.0.0.0:0"]].concat()));
    // A socket that systemd passes is its descriptor 3.
    let socket = std::net::TcpListener::bind("0.0.0.0:0").expect("a socket");
    let mut command = std::process::Command::new("sh");
    for (name, value) in vicishim().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let script = "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"";
    command
        .args(["-c", script, "sh"])
        .arg(vicishim().get_program());
    command
        .args(serve)
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(socket)));
    refused(command.output().expect("it runs"));
}

#[test]
fn a_page_of_another_site_is_refused() {
    let mut site = site();
    let address = site.server.address;
    let own = format!("http://{address}");
    let mut status = |headers: &[(&str, &str)]| {
        let answer = site.send("POST", "/vicishim/test/reset", headers, "");
        answer.status
    };
    assert_eq!(status(&[]), 200);
    assert_eq!(
        status(&[("Origin", &own), ("Sec-Fetch-Site", "same-origin")]),
        200
    );
    assert_eq!(status(&[("Sec-Fetch-Site", "none")]), 200);
    for headers in [
        [("Origin", "https://evil.example")],
        [("Origin", "null")],
        [("Origin", "http://127.0.0.1:1")],
        [("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-site")],
    ] {
        assert_eq!(status(&headers), 403, "{headers:?}");
    }
    // A name of the page's own that leads to this machine.
    let rebound = "POST /vicishim/test/reset HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let answer = site.server.client().raw(rebound.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

#[test]
fn a_proxys_client_is_refused_that_is_elsewhere() {
    let database = Site::demo_rows(Backend::Sqlite, json!({}));
    let mut site = Site::on(database, &["--test-controls", "--trust-proxy", "127.0.0.1"]);
    let headers = [("X-Forwarded-For", "203.0.113.7")];
    assert_eq!(
        site.send("POST", "/vicishim/test/reset", &headers, "")
            .status,
        403
    );
    site.reset();
}

#[test]
fn wrong_addresses_and_methods_are_problems() {
    let mut site = site();
    site.controls("GET", "nothing", Value::Null, 404);
    for (method, control, allow) in [
        ("GET", "reset", "POST"),
        ("POST", "snapshots", "GET"),
        ("PUT", "faults", "GET, POST, DELETE"),
        ("DELETE", "clock", "GET, POST"),
    ] {
        let answer = site.control(method, control, Value::Null);
        assert_eq!(answer.status, 405, "{control}");
        assert_eq!(answer.response.header("allow"), Some(allow));
    }
}
