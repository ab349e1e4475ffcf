//! What cannot be read as HTTP is refused with a reason, our headers, and a line in the log.

use std::io::Write;
use std::net::TcpStream;

use crate::common::client::Client;
use crate::common::database::{Backend, Database};
use crate::common::dialer::{Dialer, raw};
use crate::common::server::Server;
use crate::common::site::Site;

const TARGET: &str = "/vicidial/non_agent_api.php?function=version";

fn server() -> (Database, Server) {
    let database = Database::with_state(Backend::Sqlite);
    let server = Server::start(&["--database", &database.url]);
    (database, server)
}

/// The refusal that an answer ends with must be whole: its status, our headers and this reason.
fn check(answer: &str, status: &str, reason: &str) {
    let place = answer
        .rfind("HTTP/1.1 ")
        .unwrap_or_else(|| panic!("{reason}: {answer}"));
    let refusal = &answer[place..];
    assert!(
        refusal.starts_with(&format!("HTTP/1.1 {status}\r\n")),
        "{refusal}"
    );
    let length = format!(
        "\r\ncontent-length: {}\r\n",
        reason.len() + "ERROR: \n".len()
    );
    for header in [
        &*length,
        "\r\nserver: vicishim/",
        "\r\nx-content-type-options: nosniff\r\n",
        "\r\ncache-control: no-cache, must-revalidate\r\n",
        "\r\ncontent-type: text/plain; charset=utf-8\r\n",
        "\r\nconnection: close\r\n",
        "\r\ndate: ",
    ] {
        assert!(refusal.contains(header), "{header}: {refusal}");
    }
    assert!(
        refusal.ends_with(&format!("\r\n\r\nERROR: {reason}\n")),
        "{refusal}"
    );
}

#[test]
fn what_cannot_be_read_is_refused_with_a_reason() {
    let (_database, server) = server();
    let post = format!("POST {TARGET} HTTP/1.1\r\nHost: x\r\n");
    let many = "X: y\r\n".repeat(96);
    let line = "THE REQUEST LINE CANNOT BE READ";
    let body = "Content-Length AND Transfer-Encoding DO NOT SAY WHERE THE BODY ENDS";
    for (request, reason) in [
        (
            format!("GET {TARGET}&x=\u{1} HTTP/1.1\r\nHost: x\r\n\r\n"),
            line,
        ),
        (format!("GET {TARGET}\r\n\r\n"), line),
        ("\u{16}\u{3}\u{1}\u{2}\r\n\r\n".to_owned(), line),
        (
            format!("GET {TARGET} HTTP/1.1\r\n\r\n"),
            "HEADER Host IS MISSING",
        ),
        (
            format!("GET {TARGET} HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"),
            "HEADER Host IS THERE MORE THAN ONCE",
        ),
        (
            format!("GET {TARGET} HTTP/1.1\r\nHost: x\r\n{many}\r\n"),
            "MORE THAN 96 HEADERS",
        ),
        (
            format!("GET {TARGET} HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n"),
            "A HEADER CANNOT BE READ",
        ),
        (
            format!("POST {TARGET} HTTP/1.0\r\n\r\n"),
            "HEADER Content-Length IS MISSING",
        ),
        (format!("{post}Content-Length: x\r\n\r\n"), body),
        (
            format!("{post}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
            body,
        ),
    ] {
        let status = match reason {
            "MORE THAN 96 HEADERS" => "431 Request Header Fields Too Large",
            _ => "400 Bad Request",
        };
        let alone = server.client().raw(request.as_bytes());
        check(&alone, status, reason);
        // On a connection that was used before, too.
        let mut client = server.client();
        assert_eq!(client.get("function=version").status, 200);
        check(&client.raw(request.as_bytes()), status, reason);
        server.logs("status=400 refused: ");
    }
    let log = server.log();
    assert!(!log.contains(TARGET), "an address in the log: {log}");
}

#[test]
fn a_head_that_is_too_large_is_refused_with_a_reason() {
    let (_database, server) = server();
    let mut stream = TcpStream::connect(server.address).expect("the server listens");
    let head = format!("GET {TARGET} HTTP/1.1\r\nHost: x\r\n");
    let size = 131_072 - head.len();
    stream.write_all(head.as_bytes()).expect("it is sent");
    let header = format!("X: {}", "y".repeat(size - 3));
    stream.write_all(header.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).expect("an answer");
    let reason = "HEADERS TOO LARGE, AT MOST 131072 BYTES WITH THE ADDRESS";
    check(&answer, "431 Request Header Fields Too Large", reason);
}

#[test]
fn an_upstreams_own_refusal_stays_as_it_is() {
    let refusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    let text = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{refusal}",
        refusal.len()
    );
    for (theirs, end) in [(refusal.to_owned(), "\r\n\r\n"), (text, refusal)] {
        let dialer = Dialer::start(move |_| raw(theirs.clone()));
        let database = Database::with_state(Backend::Sqlite);
        let site = Site::on(database, &["--upstream", &dialer.url()]);
        let target = "/vicidial/non_agent_api.php?function=add_user";
        let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = site.server.client().raw(request.as_bytes());
        assert!(
            answer.ends_with(end) && !answer.contains("ERROR"),
            "{answer}"
        );
    }
}

#[test]
fn an_offer_of_another_protocol_is_passed_over_and_the_connection_kept() {
    let (_database, server) = server();
    for offer in [
        [
            ("Connection", "Upgrade, HTTP2-Settings"),
            ("Upgrade", "h2c"),
            ("HTTP2-Settings", "AAMAAABkAAQCAAAAAAIAAAAA"),
        ],
        [
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
        ],
    ] {
        let mut client: Client = server.client();
        for _ in 0..3 {
            let response = client.request("GET", TARGET, &offer, b"");
            assert_eq!(response.status, 200);
            assert!(response.body.starts_with("VERSION: "), "{}", response.body);
            assert_eq!(response.header("connection"), None);
            let form = b"function=version";
            let response = client.request("POST", "/non_agent_api.php", &offer, form);
            assert!(
                response.body.starts_with("ERROR: Login"),
                "{}",
                response.body
            );
        }
    }
}
