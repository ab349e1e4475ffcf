//! Behind a proxy: whose address counts for IP lists and logs.

use crate::common::database::{Backend, Database, Tables, state};
use crate::common::dialer::{Dialer, answer};
use crate::common::server::{Server, run};
use serde_json::json;

const TARGET: &str =
    "/vicidial/non_agent_api.php?source=test&user=1011&pass=1234&function=add_did&did_pattern=";
const BLOCKED: &str = "ERROR: Your IP Address is not allowed - 1011|IPBLOCK|";

/// IP lists are on, and 1011 may come from 198.51.100.x only.
fn database() -> Database {
    let mut tables = state();
    let settings = tables.get_mut("system_settings").expect("settings");
    settings[0].insert("allow_ip_lists".to_owned(), json!("1"));
    let entries = json!({"vicidial_ip_list_entries": [
        {"ip_list_id": "OFFICEIPS", "ip_address": "198.51.100.x"},
    ]});
    let entries: Tables = serde_json::from_value(entries).expect("tables");
    tables.extend(entries);
    Database::with(Backend::Sqlite, &tables)
}

/// Adds a DID with these headers; what is answered.
fn add(server: &Server, pattern: &str, headers: &[(&str, &str)]) -> String {
    let target = format!("{TARGET}{pattern}");
    server.client().request("GET", &target, headers, b"").body
}

#[test]
fn a_trusted_proxy_names_its_client() {
    let database = database();
    let arguments = [
        "--database",
        &database.url,
        "--trust-proxy",
        "127.0.0.1,10.0.0.1",
    ];
    let server = Server::start(&arguments);
    let forwarded = |list| ("X-Forwarded-For", list);
    let added = |pattern: &str| format!("SUCCESS: add_did DID HAS BEEN ADDED - 1011|{pattern}\n");
    assert_eq!(
        add(&server, "7275550100", &[forwarded("198.51.100.7")]),
        added("7275550100")
    );
    let through_two = [
        forwarded("203.0.113.9, 198.51.100.8"),
        forwarded("10.0.0.1"),
    ];
    assert_eq!(
        add(&server, "7275550101", &through_two),
        added("7275550101")
    );
    for (headers, client) in [
        (&[forwarded("203.0.113.9")][..], "203.0.113.9"),
        // The client's own word for itself stands first.
        (&[forwarded("198.51.100.7, 203.0.113.9")], "203.0.113.9"),
        // Malformed: it is the proxy's own request.
        (&[forwarded("198.51.100.7, unknown")], "127.0.0.1"),
        (
            &[forwarded("198.51.100.7"), forwarded("\u{e9}")],
            "127.0.0.1",
        ),
        (&[], "127.0.0.1"),
    ] {
        let reply = add(&server, "7275550102", headers);
        assert_eq!(reply, format!("{BLOCKED}{client}\n"), "{headers:?}");
    }
    assert_eq!(server.stop(), Some(0));
    let urls = database.rows("vicidial_api_urls");
    let logged: Vec<_> = urls.iter().map(|row| row["remote_ip"].clone()).collect();
    assert_eq!(logged, [json!("198.51.100.7"), json!("198.51.100.8")]);
    let changes = database.rows("vicidial_admin_log");
    assert_eq!(changes[0]["ip_address"], "198.51.100.7");
}

#[test]
fn nobody_else_is_believed() {
    for arguments in [
        &[][..],
        &["--trust-proxy", "192.0.2.1"],
        &["--trust-proxy", ""],
    ] {
        let database = database();
        let server = Server::start(&[&["--database", &database.url], arguments].concat());
        let reply = add(
            &server,
            "7275550100",
            &[("X-Forwarded-For", "198.51.100.7")],
        );
        assert_eq!(reply, format!("{BLOCKED}127.0.0.1\n"), "{arguments:?}");
    }
}

#[test]
fn the_variable_counts_too_and_a_wrong_address_is_refused() {
    let database = database();
    let variables = [("VICISHIM_TRUST_PROXY", "192.0.2.1, 127.0.0.1")];
    let server = Server::start_with(&variables, &["--database", &database.url]);
    let reply = add(
        &server,
        "7275550100",
        &[("X-Forwarded-For", "198.51.100.7")],
    );
    assert!(reply.starts_with("SUCCESS: "), "{reply}");
    let output = run(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--trust-proxy",
        "localhost",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "vicishim: --trust-proxy: \"localhost\" is no IP address\n"
    );
}

#[test]
fn an_upstream_is_told_the_whole_way_whoever_is_trusted() {
    let database = database();
    let target = "/vicidial/non_agent_api.php?source=test&user=1011&pass=1234&function=add_user";
    for trusted in [&[][..], &["--trust-proxy", "127.0.0.1"]] {
        let dialer = Dialer::start(|_| answer("200 OK", &[], b"done"));
        let upstream = ["--database", &database.url, "--upstream", &dialer.url()];
        let server = Server::start(&[&upstream, trusted].concat());
        let headers = [("X-Forwarded-For", "198.51.100.7")];
        let reply = server.client().request("GET", target, &headers, b"");
        assert_eq!(reply.body, "done");
        let request = dialer.request();
        // The client, then whom it came from: the proxy.
        let told = request.header("x-forwarded-for");
        assert_eq!(told, ["198.51.100.7, 127.0.0.1"], "{trusted:?}");
        let client = if trusted.is_empty() {
            "127.0.0.1"
        } else {
            "198.51.100.7"
        };
        assert_eq!(request.header("x-real-ip"), [client]);
    }
}
