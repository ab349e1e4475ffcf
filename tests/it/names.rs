//! The names of hosts and scripts in the database: who may add one, and how many.

use crate::common::client::Client;
use crate::common::database::Backend;
use crate::common::site::Site;

const API: &str = "/vicidial/non_agent_api.php";
const ADD: &str = "source=test&user=6666&pass=1234&function=add_did&did_pattern=";

on_each_database! {
    only_who_has_signed_in_adds_a_name
}

/// What this path and query are answered under this host.
fn ask(client: Client, host: &str, target: &str) -> String {
    let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    client.raw(request.as_bytes())
}

fn count(site: &Site) -> [usize; 2] {
    ["vicidial_webservers", "vicidial_urls"].map(|table| site.database.rows(table).len())
}

fn only_who_has_signed_in_adds_a_name(backend: Backend) {
    let site = Site::start(backend);
    let before = count(&site);
    for number in 0..5 {
        let client = site.server.client();
        let version = ask(
            client,
            &format!("h{number}.example"),
            &format!("/{number}{API}?function=version"),
        );
        assert!(version.contains("VERSION: "), "{version}");
        let wrong = ADD.replace("1234", "wrong");
        let refused = ask(
            site.server.client(),
            "wrong.example",
            &format!("{API}?{wrong}7275550100"),
        );
        assert!(refused.contains("Login incorrect"), "{refused}");
    }
    let added = ask(
        site.server.client(),
        "dialer.example:8080",
        &format!("{API}?{ADD}7275550100"),
    );
    assert!(added.contains("SUCCESS"), "{added}");
    // The name is there now, for whoever comes under it.
    let version = ask(
        site.server.client(),
        "dialer.example:8080",
        &format!("{API}?function=version"),
    );
    assert!(version.contains("VERSION: "), "{version}");
    // The rows of `version` follow its answer, and those of a later call follow them.
    let added = ask(
        site.server.client(),
        "dialer.example:8080",
        &format!("{API}?{ADD}7275550101"),
    );
    assert!(added.contains("SUCCESS"), "{added}");
    assert_eq!(count(&site), before.map(|count| count + 1));
    let server = site.row("vicidial_webservers", "webserver", "dialer.example");
    let url = site.row(
        "vicidial_urls",
        "url",
        &format!("http://dialer.example:8080{API}"),
    );
    let rows = site.database.rows("vicidial_api_log");
    let of_version: Vec<_> = rows
        .iter()
        .filter(|row| row["function"] == "version")
        .collect();
    assert_eq!(of_version.len(), 6);
    for row in &of_version[..5] {
        let ids = ["webserver", "api_url"].map(|column| row[column].to_string().replace('"', ""));
        assert_eq!(ids, ["0", "0"]);
    }
    for row in rows
        .iter()
        .filter(|row| row["function"] == "add_did")
        .chain(of_version.last().copied())
    {
        let ids = ["webserver", "api_url"].map(|column| row[column].to_string());
        assert_eq!(
            ids,
            [
                server["webserver_id"].to_string(),
                url["url_id"].to_string()
            ]
        );
    }
}

#[test]
fn a_process_adds_so_many_names_and_no_more() {
    let site = Site::start(Backend::Sqlite);
    for number in 0..200 {
        let host = format!("h{number}.example");
        let target = format!("{API}?{ADD}727555{number:04}");
        let added = ask(site.server.client(), &host, &target);
        assert!(added.contains("SUCCESS"), "{added}");
    }
    let [servers, urls] = count(&site);
    assert_eq!(servers + urls, 250);
    site.logs("no name is added to vicidial_");
    assert_eq!(site.database.rows("vicidial_api_log").len(), 200);
}

#[test]
fn what_is_no_host_is_refused() {
    let site = Site::start(Backend::Sqlite);
    for host in [
        "a'b",
        "<script>",
        "a b",
        "a/b",
        "a,b",
        "user@host",
        "\u{f1}",
        "a%20b",
        "a;b",
    ] {
        let problem = ask(site.server.client(), host, "/api/dids");
        assert!(problem.starts_with("HTTP/1.1 400 "), "{host} {problem}");
        assert!(
            problem.contains("\"detail\":\"the header Host names no host\""),
            "{problem}"
        );
        for target in [&*format!("{API}?{ADD}7275550100"), "/healthz"] {
            let refused = ask(site.server.client(), host, target);
            assert!(refused.starts_with("HTTP/1.1 400 "), "{host} {refused}");
            assert!(
                refused.ends_with("\r\n\r\nERROR: HEADER Host NAMES NO HOST\n"),
                "{refused}"
            );
        }
    }
    assert_eq!(count(&site), [0, 0]);
    site.logs("status=400 refused: HEADER Host NAMES NO HOST");
    // HTTP/1.0 needs none; nothing is added for it.
    for (query, said) in [
        ("function=version", "VERSION: "),
        (&format!("{ADD}7275550100"), "SUCCESS: "),
    ] {
        let old = format!("GET {API}?{query} HTTP/1.0\r\n\r\n");
        let answer = site.server.client().raw(old.as_bytes());
        assert!(answer.contains(said), "{answer}");
    }
    assert_eq!(count(&site), [0, 0]);
}
