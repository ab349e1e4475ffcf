//! The access log: a line for every request, with the id that is in the answer's header; as text and as JSON.

use serde_json::Value;

use crate::common::client::Response;
use crate::common::database::{Backend, Database};
use crate::common::eventually;
use crate::common::server::Server;
use crate::common::site::Site;

/// A server that logs JSON at the default level.
fn site() -> Site {
    let variables = [("VICISHIM_LOG_FORMAT", "json"), ("RUST_LOG", "info")];
    Site::on_with(Database::with_state(Backend::Sqlite), &variables, &[])
}

/// Its lines of this target.
fn lines(server: &Server, target: &str) -> Vec<Value> {
    let log = server.log();
    // The last line may still be on its way.
    let whole = log.lines().filter(|line| line.ends_with('}'));
    let lines = whole.map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")));
    lines
        .filter(|line: &Value| line["target"] == target)
        .collect()
}

/// The one line of the access log about this request.
fn line(server: &Server, id: &str) -> Value {
    let of_it = || {
        let mut lines = lines(server, "vicishim::access");
        lines.retain(|line| line["request_id"] == id);
        lines
    };
    eventually("its line", || !of_it().is_empty());
    let mut lines = of_it();
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

fn id(answer: &Response) -> String {
    let id = answer.header("x-request-id");
    let id = id.unwrap_or_else(|| panic!("{answer:?}"));
    assert!((1..=64).contains(&id.len()), "{id}");
    id.to_owned()
}

#[test]
fn every_request_has_a_line_with_the_id_that_is_in_its_answer() {
    let mut site = site();
    let basic = [("Authorization", "Basic NjY2NjoxMjM0")];
    let api = "/vicidial/non_agent_api.php";
    let add =
        format!("{api}?source=test&user=6666&pass=1234&function=add_did&did_pattern=7275550100");
    let no_route = [("X-Vicishim-Test", "1")];
    for (method, target, headers, body, status) in [
        ("GET", add.as_str(), &no_route[..], "", 200),
        (
            "GET",
            &format!("{api}?user=6666&pass=Geheim4711&function=add_did"),
            &[],
            "",
            200,
        ),
        ("GET", "/elsewhere?pass=Geheim4711", &[], "", 404),
        ("PUT", api, &[], "", 405),
        ("GET", "/api/dids", &[], "", 401),
        ("GET", "/api/no_such", &basic, "", 404),
        ("PUT", "/api/dids", &basic, "", 405),
        ("POST", "/api/dids", &basic, "x=1", 415),
        (
            "POST",
            api,
            &[("Content-Type", "multipart/form-data")],
            "x",
            400,
        ),
        ("GET", "/route?number=1", &[], "", 403),
        ("GET", "/sign-in", &[], "", 200),
        ("GET", "/changes", &[], "", 303),
    ] {
        let answer = site
            .client
            .request(method, target, headers, body.as_bytes());
        assert_eq!(answer.status, status, "{method} {target} {}", answer.body);
        let line = line(&site.server, &id(&answer));
        assert_eq!(line["status"], status, "{line}");
        assert_eq!(line["method"], method, "{line}");
        assert_eq!(
            line["path"],
            target.split('?').next().expect("a path"),
            "{line}"
        );
        assert_eq!(line["client"], "127.0.0.1", "{line}");
        assert_eq!(line["level"], "INFO", "{line}");
        assert!(line["duration_ms"].is_number(), "{line}");
        let time = line["time"].as_str().expect("a time");
        assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok(), "{time}");
    }
    let added = &lines(&site.server, "vicishim::access")[0];
    for (name, value) in [
        ("function", "add_did"),
        ("user", "6666"),
        ("source", "test"),
        ("result", "SUCCESS"),
    ] {
        assert_eq!(added[name], value, "{added}");
    }
    // What else is logged of a request has its id too.
    let refused = lines(&site.server, "vicishim::refused");
    let denied = &lines(&site.server, "vicishim::access")[1];
    assert_eq!(
        refused[0]["request_id"], denied["request_id"],
        "{refused:?}"
    );
    assert!(!site.server.log().contains("Geheim4711"));
}

#[test]
fn what_the_http_library_refuses_by_itself_has_a_line_and_an_id() {
    let site = site();
    for (sent, status) in [
        (
            "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: y\r\n\r\n",
            400,
        ),
        ("nonsense\r\n\r\n", 400),
    ] {
        let answer = site.server.client().raw(sent.as_bytes());
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        let id = answer
            .lines()
            .find_map(|line| line.strip_prefix("x-request-id: "));
        let line = line(&site.server, id.expect("an id"));
        assert_eq!(line["status"], status, "{line}");
        assert!(
            line["message"]
                .as_str()
                .expect("text")
                .contains("refused: "),
            "{line}"
        );
    }
}

#[test]
fn a_clients_id_is_taken_where_it_is_well_formed() {
    let mut site = site();
    let mut answered = |sent: &str| {
        let headers = [("X-Request-Id", sent)];
        let target = "/vicidial/non_agent_api.php?function=version";
        let answer = site.client.request("GET", target, &headers, b"");
        id(&answer)
    };
    for sent in ["a", "9f.b_C:-7", "0123456789abcdef0123456789abcdef"] {
        assert_eq!(answered(sent), sent);
    }
    let long = "x".repeat(65);
    for sent in ["", "a b", "a\"b", "{a}", &long] {
        assert_ne!(answered(sent), sent);
    }
    assert_ne!(answered(""), answered(""));
    line(&site.server, "9f.b_C:-7");
}

#[test]
fn values_are_cut_and_forge_nothing() {
    let mut site = site();
    let forged = "%0A%7B%22target%22:%22vicishim::access%22%7D%1B[2J";
    let long = "x".repeat(300);
    let query = format!("function={long}&user={long}{forged}&source={long}&pass=1234");
    let answer = site.client.get(&query);
    let line = line(&site.server, &id(&answer));
    for (name, length) in [("function", 40), ("user", 20), ("source", 20)] {
        let value = line[name].as_str().expect("text");
        assert_eq!(value, format!("{}…", "x".repeat(length)));
    }
    let answer = site.client.request("GET", &format!("/{long}"), &[], b"");
    let line = self::line(&site.server, &id(&answer));
    assert_eq!(line["path"], format!("/{}…", "x".repeat(199)));
    // A user of the JSON API may have any name; it is written as it is.
    let basic = [("Authorization", "Basic w7FhbgowYpt4OjEyMzQ=")];
    let answer = site.client.request("GET", "/api/dids", &basic, b"");
    let line = self::line(&site.server, &id(&answer));
    assert_eq!(line["user"], "ñan\n0b\u{fffd}x");
    let message = line["message"].as_str().expect("text");
    assert!(
        message.contains("user=ñan\\n0b\u{fffd}x source"),
        "{message}"
    );
    // Each line is an object of its own, and none has a control character.
    let log = site.server.stop_and_log();
    for line in log.lines() {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(
            object["time"].is_string() && object["message"].is_string(),
            "{line}"
        );
        assert!(!line.contains(char::is_control), "{line}");
    }
}

#[test]
fn a_line_of_text_ends_with_the_id() {
    let mut site = Site::start(Backend::Sqlite);
    let id = id(&site.ask("add_did&did_pattern=7275550100"));
    site.logs(&format!(" request_id={id}\n"));
    let log = site.server.log();
    let line = log
        .lines()
        .find(|line| line.ends_with(&format!("request_id={id}")));
    let line = line.expect("its line");
    let words = "vicishim::access] function=add_did user=6666 source=test status=200 SUCCESS ";
    assert!(line.contains(words), "{line}");
}

#[test]
fn a_request_that_its_client_gives_up_has_a_line() {
    use std::io::Write;
    let site = site();
    let mut stream = std::net::TcpStream::connect(site.server.address).expect("it listens");
    let head = "POST /vicidial/non_agent_api.php HTTP/1.1\r\nHost: x\r\nX-Request-Id: gone\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("it reads");
    let mut go_on = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    std::io::Read::read_exact(&mut stream, &mut go_on).expect("it waits for the body");
    drop(stream);
    let line = line(&site.server, "gone");
    assert_eq!(line["path"], "/vicidial/non_agent_api.php", "{line}");
}

#[test]
fn health_checks_are_logged_where_debugging_is_on_or_they_fail() {
    let mut site = site();
    for path in ["/healthz", "/readyz"] {
        let answer = site.client.request("GET", path, &[], b"");
        assert_eq!((answer.status, id(&answer).len()), (200, 16));
    }
    std::fs::rename(&site.database.url, format!("{}.moved", site.database.url)).expect("moved");
    let answer = site.client.request("GET", "/readyz", &[], b"");
    assert_eq!(answer.status, 503);
    let line = line(&site.server, &id(&answer));
    assert_eq!(line["path"], "/readyz");
    assert_eq!(lines(&site.server, "vicishim::access").len(), 1);
}
