//! HTTP itself: paths, methods, bounds, time limits, headers, and what is never logged.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::common::client::Client;
use crate::common::database::{Backend, Database};
use crate::common::eventually;
use crate::common::server::Server;

const VERSION: &str = "/vicidial/non_agent_api.php?function=version";

fn server() -> (Database, Server) {
    let database = Database::with_state(Backend::Sqlite);
    let server = Server::start(&["--database", &database.url]);
    (database, server)
}

#[test]
fn the_api_is_at_any_path_that_ends_with_its_script() {
    let (_database, server) = server();
    let mut client = server.client();
    for path in [
        "/vicidial/non_agent_api.php",
        "/non_agent_api.php",
        "/x5/api/non_agent_api.php",
        "/vicidial/non_agent_api.php/",
        "/vicidial/non%5Fagent_api.php",
        "/vicidial/%6eon%5fagent%5Fapi%2Ephp//",
    ] {
        let response = client.request("GET", &format!("{path}?function=version"), &[], b"");
        assert!(
            response.status == 200
                && response
                    .body
                    .starts_with("VERSION: 2.14-202|BUILD: 250720-1841|DATE: "),
            "{path}"
        );
    }
    for path in [
        "/vicidial/",
        "/non_agent_api.phpx",
        "/non_agent_api.php/x",
        "/%2Fnon_agent_api.php",
        "/a,b/non_agent_api.php",
        "/vicidial/xnon_agent_api.php",
        "/healthzz",
    ] {
        let response = client.request("GET", path, &[], b"");
        assert_eq!(
            (response.status, response.header("x-content-type-options")),
            (404, Some("nosniff")),
            "{path}"
        );
    }
}

#[test]
fn get_head_and_post_are_answered_and_nothing_else() {
    let (_database, server) = server();
    let mut client = server.client();
    let head = client.request("HEAD", VERSION, &[], b"");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert!(
        head.header("content-length")
            .is_some_and(|length| length != "0")
    );
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let response = client.request(method, VERSION, &[], b"");
        assert_eq!(
            (response.status, response.header("allow")),
            (405, Some("GET, HEAD, POST")),
            "{method}"
        );
    }
    assert_eq!(client.request("POST", "/healthz", &[], b"").status, 405);
}

#[test]
fn types_do_not_change_the_answer() {
    let (_database, server) = server();
    let mut client = server.client();
    let headers = [
        ("Content-Type", "application/json"),
        ("Accept", "application/json"),
    ];
    let response = client.request("GET", VERSION, &headers, b"");
    assert_eq!(
        (response.status, response.header("content-type")),
        (200, Some("text/plain; charset=utf-8"))
    );
    // The reference reads no form from a body of another type.
    let query = "/vicidial/non_agent_api.php?source=test&user=6666&pass=1234&function=add_did";
    let json = [("Content-Type", "application/json")];
    let response = client.request("POST", query, &json, b"did_pattern=7275550100");
    assert_eq!(
        response.body,
        "ERROR: add_did YOU MUST USE ALL REQUIRED FIELDS - 6666|\n"
    );
}

#[test]
fn every_reply_says_that_it_is_not_to_be_kept() {
    let (_database, server) = server();
    let response = server.client().request("GET", VERSION, &[], b"");
    assert_eq!(
        response.header("cache-control"),
        Some("no-cache, must-revalidate")
    );
    assert_eq!(response.header("pragma"), Some("no-cache"));
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        response.header("server"),
        Some(concat!("vicishim/", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn the_wire_dialect_calls_its_text_html() {
    let database = Database::with_state(Backend::Sqlite);
    let server = Server::start(&["--database", &database.url, "--dialect", "wire"]);
    let response = server.client().request("GET", VERSION, &[], b"");
    assert_eq!(
        response.header("content-type"),
        Some("text/html; charset=utf-8")
    );
}

#[test]
fn an_address_may_be_long_but_not_too_long() {
    let (_database, server) = server();
    let target = |length: usize| {
        format!(
            "{VERSION}&x={}",
            "a".repeat(length - VERSION.len() - "&x=".len())
        )
    };
    let mut client = server.client();
    for length in [60_000, 65_534] {
        assert_eq!(
            client.request("GET", &target(length), &[], b"").status,
            200,
            "{length}"
        );
    }
    for length in [65_535, 65_600, 100_000, 200_000, 1_000_000] {
        let response = server.client().request("GET", &target(length), &[], b"");
        assert_eq!(response.status, 414, "{length}");
        assert_eq!(
            response.body,
            "ERROR: REQUEST ADDRESS TOO LONG, AT MOST 65534 BYTES\n"
        );
    }
    // On a connection that was used before, too.
    assert_eq!(
        client.request("GET", &target(100_000), &[], b"").status,
        414
    );
}

#[test]
fn bytes_that_should_have_been_encoded_are_taken_as_if_they_were() {
    let (database, server) = server();
    let add = |number: &str, description: &[u8]| {
        let head = format!(
            "GET /vicidial/non_agent_api.php?source=test&user=6666&pass=1234&function=add_did&did_pattern={number}\
             &did_description="
        );
        let tail = b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let answer = server
            .client()
            .raw(&[head.as_bytes(), description, tail].concat());
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let added = format!("\r\n\r\nSUCCESS: add_did DID HAS BEEN ADDED - 6666|{number}\n");
        assert!(answer.ends_with(&added), "{answer}");
        let mut rows = database.rows("vicidial_inbound_dids");
        let row = rows.iter_mut().find(|row| row["did_pattern"] == number);
        row.expect("the DID")["did_description"].take()
    };
    for (number, (raw, encoded)) in [
        (
            "Señal \"x\" <y>".as_bytes(),
            "Se%C3%B1al%20%22x%22%20%3Cy%3E",
        ),
        (b"Se\xf1alizado", "Se%F1alizado"),
        (
            "Müller und `{}^\\ Söhne".as_bytes(),
            "M%C3%BCller%20und%20%60%7B%7D%5E%5C%20S%C3%B6hne",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let raw = add(&format!("72755501{number}0"), raw);
        let encoded = add(&format!("72755501{number}1"), encoded.as_bytes());
        assert_eq!(raw, encoded);
        assert!(raw.as_str().is_some_and(|raw| !raw.is_empty()), "{raw}");
    }
    // Each of several requests that are sent together, behind a body that looks like one.
    let form = "GET /ñ HTTP/1.1\r\n\r\n";
    let post = format!(
        "POST {VERSION} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let get = format!("GET {VERSION}&x=ñ HTTP/1.1\r\nHost: x\r\n");
    let all = format!("{post}{get}\r\n{post}{get}Connection: close\r\n\r\n");
    let answers = server.client().raw(all.as_bytes());
    assert_eq!(
        answers.matches("HTTP/1.1 200 OK\r\n").count(),
        4,
        "{answers}"
    );
    assert_eq!(answers.matches("VERSION: ").count(), 4, "{answers}");
    // What cannot be an address is refused still.
    let refused = server
        .client()
        .raw(format!("GET {VERSION}&x=\x01 HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
    assert!(refused.starts_with("HTTP/1.1 400 "), "{refused}");
}

#[test]
fn a_form_may_be_large_but_not_too_large() {
    let (_database, server) = server();
    let mut client = server.client();
    let form = |size: usize| {
        let fields = "source=test&user=6666&pass=1234&function=add_did&did_pattern=7275550100&x=";
        format!("{fields}{}", "a".repeat(size - fields.len()))
    };
    assert_eq!(
        client.post("", &form(1_048_576)).body,
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550100\n"
    );
    let response = server.client().post("", &form(1_048_577));
    assert_eq!(
        (response.status, response.body.as_str()),
        (413, "ERROR: FORM TOO LARGE, AT MOST 1048576 BYTES\n")
    );
}

#[test]
fn a_form_announced_with_expect_is_read() {
    let (_database, server) = server();
    let form = format!("function=version&x={}", "a".repeat(200_000));
    let head = format!(
        "POST /non_agent_api.php HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let answer = server.client().raw(head.as_bytes());
    assert!(
        answer.starts_with("HTTP/1.1 100 Continue") && answer.contains("HTTP/1.1 200 OK"),
        "{answer}"
    );
}

#[test]
fn a_half_sent_request_does_not_stay() {
    let (_database, server) = server();
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    stream
        .write_all(b"GET /vicidial/non_agent_api.php?func")
        .expect("half a request");
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("a time limit");
    let mut answer = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut answer).expect("the server closes");
    assert!(
        answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

#[test]
fn health_is_that_of_the_database() {
    let (_database, server) = server();
    let response = server.client().request("GET", "/healthz", &[], b"");
    assert_eq!((response.status, response.body.as_str()), (200, "ok\n"));
}

#[test]
fn no_password_is_ever_logged() {
    let (database, server) = server();
    let mut client = server.client();
    let secret = "Sec-ret_77";
    for query in [
        format!("source=test&user=6666&pass={secret}&function=add_did&did_pattern=7275550100"),
        format!("source=test&user=nobody&p%61ss={secret}&function=add_did"),
        format!("source=test&user=6666&pass=1234&function=version&+pass={secret}"),
        format!("source=x&user=6666&pass=1234&pass={secret}&function=no_such"),
        format!("function=version&phone_pass={secret}&registration_password={secret}"),
    ] {
        client.get(&query);
        client.request("GET", &format!("/elsewhere?{query}"), &[], b"");
        client.request("PUT", &format!("/non_agent_api.php?{query}"), &[], b"");
        client.post("", &query);
    }
    server
        .client()
        .raw(format!("GET /non_agent_api.php?pass={secret} BROKEN\r\n\r\n").as_bytes());
    let log = server.log();
    assert!(
        log.contains("function=version user="),
        "there is no access log: {log}"
    );
    assert!(!log.contains(secret) && !log.contains("pass=1234"), "{log}");
    // Log rows of `version` follow its answer.
    server.stop();
    let logged = database.rows("vicidial_api_urls");
    assert_eq!(logged.len(), 4, "each version asked for");
    let text = serde_json::to_string(&database.dump(&[
        "vicidial_api_urls",
        "vicidial_api_log",
        "vicidial_admin_log",
    ]))
    .expect("JSON");
    assert!(
        !text.contains(secret) && !text.contains("pass=1234"),
        "{text}"
    );
    assert!(text.contains("pass=*"));
}

#[test]
fn no_call_forges_a_line_of_the_log() {
    let (_database, server) = server();
    let forged = "[2026-11-20T09:00:00Z INFO  vicishim::access] function=add_did";
    let query = "function=version&user=x%0A[2026-11-20T09:00:00Z%20INFO%20%20vicishim::access]%20function=add_did";
    assert_eq!(server.client().get(query).status, 200);
    let log = server.stop_and_log();
    assert!(
        log.contains("vicishim::access] function=version user=x"),
        "{log}"
    );
    // What goes on in a further line is indented.
    for line in log.lines() {
        let time = line
            .strip_prefix('[')
            .and_then(|line| line.split_once("Z "));
        let is_time = time.is_some_and(|(time, _)| time.len() == "2026-11-20T09:00:00".len());
        assert!(is_time || line.starts_with("    "), "{line}");
        assert!(!line.starts_with(forged), "{line}");
    }
}

#[test]
fn requests_under_way_are_finished_at_the_end() {
    let (database, server) = server();
    let address = server.address;
    let answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let answered = Arc::clone(&answered);
            std::thread::spawn(move || {
                let mut successes = 0;
                let mut connection = Client::connect(address);
                for number in 0..5000 {
                    let query = format!("source=test&user=6666&pass=1234&function=add_did&did_pattern=9{client}{number:06}");
                    let target = format!("/vicidial/non_agent_api.php?{query}");
                    match connection.try_request("GET", &target, &[], b"") {
                        Ok(response) => {
                            assert!(response.body.starts_with("SUCCESS"), "{}", response.body);
                            successes += 1;
                            answered.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(_) => break,
                    }
                }
                successes
            })
        })
        .collect();
    eventually("calls are under way on every connection", || {
        answered.load(Ordering::Relaxed) >= 200
    });
    assert_eq!(server.stop(), Some(0));
    let successes: usize = clients
        .into_iter()
        .map(|client| client.join().expect("a client"))
        .sum();
    assert!(successes > 0);
    assert_eq!(database.rows("vicidial_inbound_dids").len(), 6 + successes);
}
