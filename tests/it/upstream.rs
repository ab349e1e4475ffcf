//! What is not answered here is passed on to the upstream, and its answer back: both as they are.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use crate::common::client::Response;
use crate::common::database::{Backend, Database};
use crate::common::dialer::{Dialer, Keep, answer, raw};
use crate::common::server::vicishim;
use crate::common::site::Site;

/// A password that no other text holds.
const PASSWORD: &str = "Geheim4711";

/// A call that is not ours.
const ADD_USER: &str = "source=test&user=6666&pass=Geheim4711&function=add_user&agent_user=2001";

/// A server with an upstream.
fn with_upstream(upstream: &str, arguments: &[&str]) -> Site {
    let database = Database::with_state(Backend::Sqlite);
    Site::on(database, &[&["--upstream", upstream], arguments].concat())
}

fn get(house: &Site, query: &str) -> Response {
    house.server.client().get(query)
}

/// Sends bytes and gives back what comes until the connection is closed, byte for byte.
fn exchange(house: &Site, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(house.server.address).expect("the server listens");
    stream.write_all(bytes).expect("it takes a request");
    let mut all = Vec::new();
    stream.read_to_end(&mut all).ok();
    all
}

/// Waits for a line of the log, and for the password to be in none.
fn has_logged(house: &Site, text: &str) {
    house.logs(text);
    let log = house.server.log();
    for secret in ["pass=", PASSWORD] {
        assert!(!log.contains(secret), "{secret} in the log: {log}");
    }
}

/// An address at which nobody listens.
fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address")
}

fn api_at(address: SocketAddr) -> String {
    format!("http://{address}/vicidial/non_agent_api.php")
}

#[test]
fn a_query_arrives_byte_for_byte_at_the_upstreams_own_path() {
    let dialer = Dialer::saying("SUCCESS: add_user USER HAS BEEN ADDED\n");
    let house = with_upstream(&format!("http://{}/other/api.php", dialer.address), &[]);
    let mut client = house.server.client();
    for query in [
        "function=add_user&x=a+b%20c%2Bd%2b&y=%zz%&&=&z&x=1;2",
        "function=add_user&x='~!$()*,/?:@[]^`{|}\\&../../x&pass=a%26b'",
        "%66unction=add_user",
        "+function=add_user&x=1&",
        "function=add%5Fuser&x=%00%ff%0d%0a",
    ] {
        let response = client.request(
            "GET",
            &format!("/any/prefix/non_agent_api.php?{query}"),
            &[],
            b"",
        );
        assert_eq!(
            response.body, "SUCCESS: add_user USER HAS BEEN ADDED\n",
            "{query}"
        );
        let request = dialer.requests().pop().expect("a request");
        assert_eq!(request.line, format!("GET /other/api.php?{query} HTTP/1.1"));
    }
}

#[test]
fn bytes_that_should_have_been_encoded_arrive_encoded() {
    let dialer = Dialer::saying("SUCCESS: add_user USER HAS BEEN ADDED\n");
    let house = with_upstream(&dialer.url(), &[]);
    let query = b"function=add_user&x=Se\xc3\xb1al \"x\" <y>&y=\xf1";
    let request = [
        b"GET /vicidial/non_agent_api.php?",
        &query[..],
        b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ];
    let answer = exchange(&house, &request.concat());
    assert!(answer.ends_with(b"USER HAS BEEN ADDED\n"));
    assert_eq!(
        dialer.request().query(),
        "function=add_user&x=Se%C3%B1al%20%22x%22%20%3Cy%3E&y=%F1"
    );
}

#[test]
fn headers_go_through_but_those_of_the_connection() {
    let dialer = Dialer::start(|_| {
        let headers = [
            ("Content-Type", "text/html; charset=iso-8859-1"),
            ("Set-Cookie", "a=1"),
            ("Set-Cookie", "b=2"),
            ("Server", "Apache"),
            ("Date", "Mon, 01 Jan 2024 00:00:00 GMT"),
            ("Connection", "X-Gone"),
            ("X-Gone", "1"),
            ("Keep-Alive", "timeout=5"),
        ];
        answer("203 Whatever", &headers, b"text")
    });
    let house = with_upstream(&dialer.url(), &[]);
    let headers = [
        ("User-Agent", "script/1"),
        ("Cookie", "c=3"),
        ("Accept-Encoding", "gzip"),
        ("X-Forwarded-For", "203.0.113.7"),
        ("x-forwarded-for", "10.0.0.1"),
        ("Connection", "keep-alive, x-hop"),
        ("X-Hop", "1"),
        ("Keep-Alive", "timeout=9"),
        ("X-Real-IP", "203.0.113.7"),
        ("X_Real_IP", "203.0.113.7"),
        ("X_Forwarded_For", "203.0.113.7"),
        ("Client-IP", "203.0.113.7"),
        ("Forwarded", "for=203.0.113.7"),
        ("TE", "trailers"),
        ("Proxy-Authorization", "Basic eDp5"),
    ];
    let target = format!("/vicidial/non_agent_api.php?{ADD_USER}");
    let response = house.server.client().request("GET", &target, &headers, b"");

    let request = dialer.request();
    assert_eq!(request.header("host"), [dialer.address.to_string()]);
    assert_eq!(request.header("user-agent"), ["script/1"]);
    assert_eq!(request.header("cookie"), ["c=3"]);
    assert_eq!(request.header("accept-encoding"), ["gzip"]);
    assert_eq!(
        request.header("x-forwarded-for"),
        ["203.0.113.7, 10.0.0.1, 127.0.0.1"]
    );
    assert_eq!(request.header("x-real-ip"), ["127.0.0.1"]);
    for name in [
        "x-hop",
        "x_real_ip",
        "x_forwarded_for",
        "client-ip",
        "forwarded",
        "keep-alive",
        "te",
        "proxy-authorization",
        "content-length",
    ] {
        assert!(request.header(name).is_empty(), "{name}");
    }

    assert_eq!((response.status, response.body.as_str()), (203, "text"));
    let values = |name: &str| -> Vec<&str> {
        let headers = response.headers.iter();
        headers
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect()
    };
    assert_eq!(values("content-type"), ["text/html; charset=iso-8859-1"]);
    assert_eq!(values("set-cookie"), ["a=1", "b=2"]);
    assert_eq!(values("server"), ["Apache"]);
    assert_eq!(values("date"), ["Mon, 01 Jan 2024 00:00:00 GMT"]);
    assert_eq!(values("content-length"), ["4"]);
    for name in [
        "x-gone",
        "keep-alive",
        "x-content-type-options",
        "cache-control",
    ] {
        assert!(values(name).is_empty(), "{name}");
    }
}

#[test]
fn a_client_without_a_proxy_is_named_alone() {
    let dialer = Dialer::saying("text");
    let house = with_upstream(&dialer.url(), &[]);
    get(&house, ADD_USER);
    assert_eq!(dialer.request().header("x-forwarded-for"), ["127.0.0.1"]);
}

#[test]
fn a_form_goes_through_whatever_its_type() {
    let dialer = Dialer::saying("text");
    let house = with_upstream(&dialer.url(), &[]);
    let mut client = house.server.client();
    let form = "user=6666&pass=Geheim4711&function=add_user&x=%zz+%2b'";
    assert_eq!(client.post("", form).body, "text");
    let request = dialer.requests().pop().expect("a request");
    assert_eq!(request.line, "POST /vicidial/non_agent_api.php HTTP/1.1");
    assert_eq!(request.body, form.as_bytes());
    assert_eq!(request.header("content-length"), [form.len().to_string()]);
    assert_eq!(
        request.header("content-type"),
        ["application/x-www-form-urlencoded"]
    );

    let target = "/vicidial/non_agent_api.php?function=add_user";
    let multipart =
        b"--x\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\n6666\r\n--x--\r\n";
    let kind = [("Content-Type", "multipart/form-data; boundary=x")];
    assert_eq!(
        client.request("POST", target, &kind, multipart).body,
        "text"
    );
    let request = dialer.requests().pop().expect("a request");
    assert_eq!(request.body, multipart);
    assert_eq!(request.header("content-type"), [kind[0].1]);

    let ours = client.request("POST", "/vicidial/non_agent_api.php", &kind, multipart);
    assert!(
        ours.body.starts_with("ERROR: Login incorrect"),
        "{}",
        ours.body
    );
    assert_eq!(dialer.requests().len(), 2);
    has_logged(
        &house,
        "function=add_user user=6666 source= status=200 upstream",
    );
}

#[test]
fn the_query_names_the_function_rather_than_the_form() {
    let dialer = Dialer::saying("theirs");
    let house = with_upstream(&dialer.url(), &[]);
    let mut client = house.server.client();
    assert!(
        client
            .post("function=version", "function=add_user")
            .body
            .starts_with("VERSION: ")
    );
    assert_eq!(
        client.post("function=add_user", "function=version").body,
        "theirs"
    );
    // As it is after decoding and filtering, the last of a name.
    for ours in [
        "function=add_user&function=version",
        "function=ver%24s.ion",
        " function=version",
    ] {
        let query = ours.replace(' ', "%20");
        assert!(client.get(&query).body.starts_with("VERSION: "), "{query}");
    }
    for theirs in [
        "function=version&function=add_user",
        "function=Version",
        "function=%76ersion_",
    ] {
        assert_eq!(client.get(theirs).body, "theirs", "{theirs}");
    }
}

#[test]
fn a_call_without_a_function_stays_here() {
    let dialer = Dialer::saying("theirs");
    let house = with_upstream(&dialer.url(), &[]);
    for query in ["", "function=", "function=%24%24"] {
        let unknown = get(&house, &format!("user=6666&pass=wrong&{query}"));
        assert_eq!(
            unknown.body,
            "ERROR: Login incorrect, please try again - 6666|BAD\n"
        );
        let known = get(&house, &format!("user=6666&pass=1234&{query}"));
        assert_eq!(known.body, "ERROR: NO FUNCTION SPECIFIED\n");
    }
    assert!(dialer.requests().is_empty());
}

#[test]
fn a_head_is_answered_without_a_body() {
    let dialer = Dialer::start(|_| {
        raw(
            "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 1234\r\nConnection: close\r\n\r\n",
        )
    });
    let house = with_upstream(&dialer.url(), &[]);
    let mut client = house.server.client();
    let target = format!("/vicidial/non_agent_api.php?{ADD_USER}");
    let response = client.request("HEAD", &target, &[], b"");
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("text/csv"));
    assert_eq!(response.header("content-length"), Some("1234"));
    assert!(
        dialer
            .request()
            .line
            .starts_with("HEAD /vicidial/non_agent_api.php?")
    );
    // The connection is in order after it.
    assert!(client.get("function=version").body.starts_with("VERSION: "));
}

#[test]
fn big_bodies_go_through_both_ways() {
    let big: &'static str = Box::leak("0123456789abcde\n".repeat(5 * 65_536).into_boxed_str());
    let dialer = Dialer::start(move |request| {
        if request.query().contains("chunked") {
            let mut text = String::from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for piece in big.as_bytes().chunks(70_000) {
                text.push_str(&format!("{:x}\r\n", piece.len()));
                text.push_str(std::str::from_utf8(piece).expect("ASCII"));
                text.push_str("\r\n");
            }
            text.push_str("0\r\n\r\n");
            return (text.into_bytes(), Keep::Yes);
        }
        answer("200 OK", &[], big.as_bytes())
    });
    let house = with_upstream(&dialer.url(), &[]);
    let mut client = house.server.client();
    let measured = client.get(ADD_USER);
    assert_eq!(measured.header("content-length"), Some("5242880"));
    assert!(measured.body == big, "{} bytes", measured.body.len());
    let chunked = client.get(&format!("{ADD_USER}&chunked"));
    assert_eq!(chunked.header("transfer-encoding"), Some("chunked"));
    assert!(chunked.body == big, "{} bytes", chunked.body.len());

    let form = format!("x={}", "y".repeat(1024 * 1024 - 2));
    assert!(client.post(ADD_USER, &form).body == big);
    let received = dialer.requests().pop().expect("a request").body;
    assert!(received == form.as_bytes(), "{} bytes", received.len());
    let refused = client.post(ADD_USER, &format!("{form}y"));
    assert_eq!(refused.status, 413);
    assert_eq!(dialer.requests().len(), 3);
}

#[test]
fn an_answer_with_an_encoding_and_a_length_is_passed_on_whole() {
    let dialer = Dialer::start(|_| {
        raw(
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n\
             8\r\nSUCCESS:\r\n5\r\n done\r\n0\r\n\r\n",
        )
    });
    let house = with_upstream(&dialer.url(), &[]);
    let mut client = house.server.client();
    let response = client.get(ADD_USER);
    assert_eq!(response.body, "SUCCESS: done");
    assert_eq!(response.header("content-length"), None);
    assert!(client.get("function=version").body.starts_with("VERSION: "));
}

#[test]
fn only_the_last_status_is_an_answers() {
    let dialer = Dialer::start(|request| {
        let interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
        raw(match request.query().ends_with("switch") {
            true => "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\nSUCCESS".to_owned(),
            false => format!("{interim}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"),
        })
    });
    let house = with_upstream(&dialer.url(), &[]);
    let response = get(&house, ADD_USER);
    assert_eq!((response.status, response.body.as_str()), (200, "done"));
    assert_eq!(response.header("link"), None);
    let response = get(&house, &format!("{ADD_USER}&switch"));
    assert_eq!(response.status, 502);
    has_logged(
        &house,
        "no answer to add_user: its status is that of no answer",
    );
}

#[test]
fn other_scripts_on_the_same_host_are_passed_on() {
    let dialer = Dialer::start(|request| answer("200 OK", &[], request.line.as_bytes()));
    let call =
        "source=test&user=6666&pass=Geheim4711&agent_user=1000&function=external_status&value=A";
    let of = |house: &Site, method: &str, path: &str| {
        let mut client = house.server.client();
        let target = format!("{path}?{call}");
        client.request(method, &target, &[], b"")
    };
    let house = with_upstream(&format!("http://{}/other/api.php", dialer.address), &[]);
    for path in ["/agc/api.php", "/agc/api.php/", "/agc/%61pi%2Ephp"] {
        let line = format!("GET /agc/api.php?{call} HTTP/1.1");
        assert_eq!(of(&house, "GET", path).body, line, "{path}");
    }
    has_logged(
        &house,
        "function=external_status user=6666 source=test status=200 upstream /agc/api.php ",
    );
    assert_eq!(of(&house, "PUT", "/agc/api.php").status, 405);
    // A function's name counts for nothing there.
    let own = house.server.client().post("", "function=version").body;
    assert!(own.starts_with("VERSION: "), "{own}");
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let mut client = house.server.client();
    let theirs = client.request("POST", "/agc/api.php", &kind, b"function=version");
    assert_eq!(theirs.body, "POST /agc/api.php HTTP/1.1");
    for path in [
        "/agc/other.php",
        "/x/agc/api.php",
        "/agc/api.php/x",
        "/agc/../agc/api.php",
    ] {
        assert_eq!(of(&house, "GET", path).status, 404, "{path}");
    }
    let listed = with_upstream(
        &dialer.url(),
        &["--upstream-path", "/agc/other.php, /x.php"],
    );
    let statuses =
        ["/agc/other.php", "/x.php", "/agc/api.php"].map(|path| of(&listed, "GET", path).status);
    assert_eq!(statuses, [200, 200, 404]);
    let none = with_upstream(&dialer.url(), &["--upstream-path", ""]);
    assert_eq!(of(&none, "GET", "/agc/api.php").status, 404);
    let house = with_upstream(&api_at(nobody()), &[]);
    let response = of(&house, "GET", "/agc/api.php");
    assert_eq!(response.status, 502);
    assert_eq!(
        response.body,
        "ERROR: UPSTREAM UNAVAILABLE - 6666|external_status\n"
    );
}

#[test]
fn a_packed_answer_stays_packed() {
    // The gzip of nothing, and bytes that are no text.
    let packed = [
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe,
    ];
    let dialer = Dialer::start(move |_| answer("200 OK", &[("Content-Encoding", "gzip")], &packed));
    let house = with_upstream(&dialer.url(), &[]);
    let request = format!(
        "GET /vicidial/non_agent_api.php?{ADD_USER} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    );
    let all = exchange(&house, request.as_bytes());
    assert!(
        all.ends_with(&packed),
        "{:?}",
        String::from_utf8_lossy(&all)
    );
    let head = String::from_utf8_lossy(&all).to_ascii_lowercase();
    assert!(head.contains("content-encoding: gzip\r\n"), "{head}");
    assert!(head.contains("content-length: 22\r\n"), "{head}");
}

#[test]
fn a_redirect_is_for_the_client_to_follow() {
    let elsewhere = Dialer::saying("elsewhere");
    let location = elsewhere.url();
    let dialer = Dialer::start(move |_| answer("302 Found", &[("Location", &location)], b"moved"));
    let house = with_upstream(&dialer.url(), &[]);
    let response = get(&house, ADD_USER);
    assert_eq!((response.status, response.body.as_str()), (302, "moved"));
    assert_eq!(response.header("location"), Some(elsewhere.url().as_str()));
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn a_status_of_the_upstream_is_its_own() {
    let dialer = Dialer::start(|request| {
        let status = request.query().rsplit_once('=').expect("a status").1;
        answer(&format!("{status} Whatever"), &[], b"body")
    });
    let house = with_upstream(&dialer.url(), &[]);
    for status in [201, 400, 401, 404, 418, 500, 502, 503, 504] {
        let response = get(&house, &format!("{ADD_USER}&status={status}"));
        assert_eq!((response.status, response.body.as_str()), (status, "body"));
    }
}

#[test]
fn an_upstream_that_cannot_be_asked_is_told_in_both_dialects() {
    let unreachable = api_at(nobody());
    let silent = Dialer::start(|_| raw(""));
    let babbling = Dialer::start(|_| raw("this is no HTTP?pass=Geheim4711\r\n\r\n"));
    for (upstream, reason) in [
        (unreachable, "cannot connect: Connection refused"),
        (silent.url(), "it closed the connection unanswered"),
        (babbling.url(), "its answer is not HTTP"),
        (
            "http://name.invalid/vicidial/non_agent_api.php".to_owned(),
            "cannot connect: failed to lookup address information",
        ),
    ] {
        let house = with_upstream(&upstream, &[]);
        let response = get(&house, ADD_USER);
        assert_eq!(response.status, 502, "{reason}");
        assert_eq!(
            response.body,
            "ERROR: UPSTREAM UNAVAILABLE - 6666|add_user\n"
        );
        assert_eq!(
            response.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
        let form = ADD_USER.replace("function=add_user", "x=y");
        assert_eq!(
            house
                .server
                .client()
                .post("function=add_lead", &form)
                .status,
            502
        );
        has_logged(&house, &format!("no answer to add_user: {reason}"));
        has_logged(
            &house,
            "function=add_lead user=6666 source=test status=502 upstream",
        );

        let house = with_upstream(&upstream, &["--dialect", "wire"]);
        let response = get(&house, ADD_USER);
        assert_eq!(response.status, 502, "{reason}");
        assert_eq!(
            response.body,
            "ERROR: UPSTREAM UNAVAILABLE: |6666|add_user\n"
        );
        assert!(
            get(&house, "function=version")
                .body
                .starts_with("VERSION: ")
        );
    }
}

#[test]
fn an_upstream_that_takes_too_long_is_told_in_both_dialects() {
    let dialer = Dialer::start(|_| (Vec::new(), Keep::Yes));
    for (dialect, text) in [
        (
            "documented",
            "ERROR: UPSTREAM UNAVAILABLE - 6666|add_user\n",
        ),
        ("wire", "ERROR: UPSTREAM UNAVAILABLE: |6666|add_user\n"),
    ] {
        let limit = ["--upstream-timeout", "100ms", "--dialect", dialect];
        let house = with_upstream(&dialer.url(), &limit);
        let response = get(&house, ADD_USER);
        assert_eq!((response.status, response.body.as_str()), (504, text));
        has_logged(&house, "no answer to add_user: it took too long");
        has_logged(
            &house,
            "function=add_user user=6666 source=test status=504 upstream",
        );
    }
}

#[test]
fn an_answer_that_breaks_off_is_not_taken_for_a_whole_one() {
    let measured = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nSUCCESS: a";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
    let dialer = Dialer::start(move |request| match request.query().rsplit_once('=') {
        Some((_, "breaks")) => raw(measured),
        Some((_, "stops")) => (measured.as_bytes().to_vec(), Keep::Yes),
        _ => (chunked.as_bytes().to_vec(), Keep::Yes),
    });
    let house = with_upstream(&dialer.url(), &["--upstream-timeout", "200ms"]);
    for (how, end) in [
        ("breaks", "\r\n\r\nSUCCESS: a"),
        ("stops", "\r\n\r\nSUCCESS: a"),
        ("chunked", "3\r\nabc\r\n"),
    ] {
        let target = format!("/vicidial/non_agent_api.php?{ADD_USER}&x={how}");
        let all = exchange(
            &house,
            format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes(),
        );
        let text = String::from_utf8_lossy(&all);
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{how}: {text}");
        assert!(text.ends_with(end), "{how}: {text}");
    }
    has_logged(
        &house,
        "an answer was cut short: it broke off in its answer",
    );
    has_logged(&house, "an answer was cut short: it took too long");
}

#[test]
fn a_password_is_never_logged() {
    let dialer = Dialer::saying("SUCCESS: add_user USER HAS BEEN ADDED\n");
    let house = with_upstream(&dialer.url(), &[]);
    get(&house, ADD_USER);
    has_logged(
        &house,
        "function=add_user user=6666 source=test status=200 upstream ",
    );
    house.server.client().post("", ADD_USER);
    let refused = get(&house, &format!("{ADD_USER}&function=add_did"));
    assert!(refused.body.contains("Login incorrect"), "{}", refused.body);
    has_logged(
        &house,
        "function=add_did user=6666 source=test status=200 ERROR",
    );
}

#[test]
fn functions_go_where_the_operator_sends_them() {
    let theirs = |arguments: &[&str]| -> Vec<&str> {
        let dialer = Dialer::saying("theirs");
        let house = with_upstream(&dialer.url(), arguments);
        ["add_did", "update_did", "version", "add_user"]
            .into_iter()
            .filter(|function| get(&house, &format!("function={function}")).body == "theirs")
            .collect()
    };
    assert_eq!(theirs(&[]), ["add_user"]);
    assert_eq!(
        theirs(&["--upstream-only", "update_did, add_user"]),
        ["update_did", "add_user"]
    );
    assert_eq!(
        theirs(&["--native-only", "add_did,version"]),
        ["update_did", "add_user"]
    );
    assert_eq!(
        theirs(&["--native-only", "add_did", "--upstream-only", "version"]),
        ["update_did", "version", "add_user"]
    );
}

#[test]
fn native_calls_go_on_while_fifty_others_wait_for_the_upstream() {
    const CALLS: usize = 50;
    let (arrive, arrived) = channel();
    let arrive = Mutex::new(arrive);
    let gate = Arc::new(Barrier::new(CALLS + 1));
    let (held, number) = (Arc::clone(&gate), std::sync::atomic::AtomicUsize::new(0));
    let dialer = Dialer::start(move |request| {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if number < CALLS {
            arrive
                .lock()
                .expect("the channel")
                .send(())
                .expect("the test waits");
            held.wait();
        }
        answer("200 OK", &[], request.query().as_bytes())
    });
    let house = with_upstream(&dialer.url(), &[]);
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLS)
            .map(|number| {
                let query = format!("{ADD_USER}&number={number}");
                let mut client = house.server.client();
                scope.spawn(move || (client.get(&query), query))
            })
            .collect();
        for _ in 0..CALLS {
            arrived
                .recv_timeout(Duration::from_secs(60))
                .expect("another call is there");
        }
        let mut client = house.server.client();
        for number in 0..20 {
            let query =
                format!("source=test&user=6666&pass=1234&function=add_did&did_pattern=77{number}");
            let added = client.get(&query).body;
            assert_eq!(
                added,
                format!("SUCCESS: add_did DID HAS BEEN ADDED - 6666|77{number}\n")
            );
        }
        gate.wait();
        for caller in callers {
            let (response, query) = caller.join().expect("an answer");
            assert_eq!((response.status, response.body), (200, query));
        }
    });
    // Connections are kept and used again.
    for number in 0..20 {
        let query = format!("{ADD_USER}&again={number}");
        assert_eq!(get(&house, &query).body, query);
    }
}

#[test]
fn an_upstream_that_leads_back_here_is_not_asked_for_ever() {
    let back: Arc<Mutex<Option<SocketAddr>>> = Arc::default();
    let through = Arc::clone(&back);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let balancer = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.expect("a connection");
            let back = through
                .lock()
                .expect("the address")
                .expect("the server's address");
            let server = TcpStream::connect(back).expect("the server listens");
            for (mut from, mut to) in [
                (
                    stream.try_clone().expect("a clone"),
                    server.try_clone().expect("a clone"),
                ),
                (server, stream),
            ] {
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            }
        }
    });
    let house = with_upstream(&api_at(balancer), &[]);
    *back.lock().expect("the address") = Some(house.server.address);
    let response = get(&house, ADD_USER);
    assert_eq!(response.status, 502);
    assert_eq!(
        response.body,
        "ERROR: UPSTREAM UNAVAILABLE - 6666|add_user\n"
    );
    has_logged(
        &house,
        "no answer to add_user: its address leads back to this server",
    );
}

#[test]
fn a_certificate_is_checked() {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key =
        rustls::pki_types::PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a certificate with its key");
    let config = Arc::new(config);
    let dialer = Dialer::start_over(
        |_| answer("200 OK", &[], b"over TLS"),
        move |stream| {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).expect("TLS");
            rustls::StreamOwned::new(connection, stream)
        },
    );
    let certificates = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(certificates.path(), cert.pem()).expect("it is written");
    let rcgen::CertifiedKey { cert: other, .. } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let others = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(others.path(), other.pem()).expect("it is written");

    let upstream = |host: &str| format!("https://{host}:{}/a.php", dialer.address.port());
    for (trusted, host, status) in [
        (&certificates, "localhost", 200),
        (&others, "localhost", 502),
        (&certificates, "127.0.0.1", 502),
    ] {
        let database = Database::with_state(Backend::Sqlite);
        let trusted = trusted.path().to_str().expect("a path");
        let house = Site::on_with(
            database,
            &[("SSL_CERT_FILE", trusted), ("SSL_CERT_DIR", "")],
            &["--upstream", &upstream(host)],
        );
        let response = get(&house, ADD_USER);
        assert_eq!(response.status, status, "{host}");
        if status == 200 {
            assert_eq!(response.body, "over TLS");
        } else {
            has_logged(
                &house,
                "no answer to add_user: cannot connect: invalid peer certificate",
            );
        }
    }
    assert_eq!(dialer.request().query(), ADD_USER);

    let refused = vicishim()
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(["--database", "/nowhere/at-all.db"])
        .args(["--upstream", "https://localhost/a.php"])
        .envs([
            ("SSL_CERT_FILE", "/nowhere/at-all.pem"),
            ("SSL_CERT_DIR", ""),
        ])
        .output()
        .expect("the command runs");
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{text}");
    assert!(text.contains("no certificates to check it by"), "{text}");
}
