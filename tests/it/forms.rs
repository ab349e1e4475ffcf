//! Forms: in parts, with too many parameters, and more of them than fit into memory.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::common::client::Response;
use crate::common::database::{Backend, Database};
use crate::common::dialer::Dialer;
use crate::common::site::Site;

const API: &str = "/vicidial/non_agent_api.php";
const KIND: &str = "multipart/form-data; boundary=----formdata-4711";

/// A form in parts, each with what follows its name.
fn parts(fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut form = Vec::new();
    for (name, value) in fields {
        form.extend_from_slice(b"------formdata-4711\r\nContent-Disposition: form-data; name=");
        form.extend_from_slice(name.as_bytes());
        form.extend_from_slice(b"\r\n\r\n");
        form.extend_from_slice(value);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(b"------formdata-4711--\r\n");
    form
}

/// The parameters of 6666's `add_did`, and these.
fn add_did(fields: &[(&'static str, &'static [u8])]) -> Vec<u8> {
    let call: [(&str, &[u8]); 4] = [
        ("\"source\"", b"test"),
        ("\"user\"", b"6666"),
        ("\"pass\"", b"1234"),
        ("\"function\"", b"add_did"),
    ];
    parts(&[&call, fields].concat())
}

fn post(site: &mut Site, target: &str, kind: &str, form: &[u8]) -> Response {
    let kind = [("Content-Type", kind)];
    site.client.request("POST", target, &kind, form)
}

#[test]
fn a_form_in_parts_is_read() {
    let mut site = Site::start(Backend::Sqlite);
    let form = add_did(&[
        ("\"did.pattern\"", b"+17275550100"),
        // Nothing is decoded in it, and a line break is one of its characters.
        ("\"did_description\"", b"A%20b+c\r\nd - e"),
        (
            "\"active\"; filename=\"x.txt\"\r\nContent-Type: text/plain",
            b"N",
        ),
        ("\"active\"; filename=\"\"", b""),
        (
            "record_call\r\nContent-Type: text/plain; charset=utf-8",
            b"Y",
        ),
        ("\"unknown\"", b"z"),
    ]);
    let kinds = [
        KIND,
        "Multipart/Form-Data; boundary=\"----formdata-4711\"; charset=utf-8",
    ];
    let added = "SUCCESS: add_did DID HAS BEEN ADDED - 6666|+17275550100\n";
    let again = "ERROR: add_did DID ALREADY EXISTS - 6666|+17275550100\n";
    for (kind, reply) in kinds.into_iter().zip([added, again]) {
        assert_eq!(post(&mut site, API, kind, &form).body, reply, "{kind}");
    }
    let row = site.row("vicidial_inbound_dids", "did_pattern", "+17275550100");
    assert_eq!(row["did_description"], "A20bcd - e");
    assert_eq!(
        (&row["did_active"], &row["record_call"]),
        (&"Y".into(), &"Y".into())
    );
    // The query wins, and the last of a name.
    let form = add_did(&[
        ("\"did_pattern\"", b"7275550101"),
        ("\"did_pattern\"", b"7275550102"),
    ]);
    let target = format!("{API}?function=update_did&active=N");
    let reply = post(&mut site, &target, KIND, &form).body;
    assert_eq!(
        reply,
        "ERROR: update_did DID DOES NOT EXIST - 6666|7275550102\n"
    );
    let array = add_did(&[("\"did_pattern[]\"", b"7275550101")]);
    assert_eq!(
        post(&mut site, API, KIND, &array).body,
        "ERROR: add_did PARAMETER MUST NOT BE AN ARRAY - 6666|did_pattern[]\n"
    );
}

#[test]
fn a_form_in_parts_may_be_large_and_must_be_whole() {
    let mut site = Site::start(Backend::Sqlite);
    let numbers: Vec<String> = (0..20_000)
        .map(|number| format!("72755{number:05}"))
        .collect();
    let mut numbers = numbers.join(",");
    numbers.truncate(100_000);
    let fields: [(&str, &[u8]); 6] = [
        ("\"source\"", b"test"),
        ("\"user\"", b"6666"),
        ("\"pass\"", b"1234"),
        ("\"function\"", b"copy_did"),
        ("\"source_did_pattern\"", b"default"),
        ("\"new_dids\"", numbers.as_bytes()),
    ];
    let form = parts(&fields);
    let reply = post(&mut site, &format!("{API}?dry_run=Y"), KIND, &form);
    assert_eq!(reply.body.lines().count(), 9_092, "{}", reply.body.len());
    for (kind, form) in [
        (KIND, &form[..form.len() - 4]),
        (KIND, &form[..form.len() / 2]),
        (KIND, b"x"),
        ("multipart/form-data", &form),
        ("multipart/form-data; boundary=", &form),
    ] {
        let refused = post(&mut site, API, kind, form);
        let told = (refused.status, refused.body.as_str());
        assert_eq!(told, (400, "ERROR: FORM CANNOT BE READ\n"), "{kind}");
    }
    site.logs("status=400 refused: FORM CANNOT BE READ");
}

#[test]
fn a_form_in_parts_is_passed_on_as_it_came() {
    let dialer = Dialer::saying("theirs");
    let database = Database::with_state(Backend::Sqlite);
    let mut site = Site::on(database, &["--upstream", &dialer.url()]);
    let form = parts(&[
        ("\"user\"", b"6666"),
        ("\"function\"", b"add_user"),
        ("\"x\"", b"\xff\0"),
    ]);
    assert_eq!(post(&mut site, API, KIND, &form).body, "theirs");
    let request = dialer.request();
    assert_eq!(request.line, format!("POST {API} HTTP/1.1"));
    assert_eq!(request.body, form);
    assert_eq!(request.header("content-type"), [KIND]);
    site.logs("function=add_user user=6666 source= status=200 upstream");
    let form = parts(&[("\"function\"", b"version")]);
    assert!(
        post(&mut site, API, KIND, &form)
            .body
            .starts_with("VERSION: ")
    );
    assert_eq!(dialer.requests().len(), 1);
}

#[test]
fn a_thousand_parameters_are_enough() {
    let mut site = Site::start(Backend::Sqlite);
    let refused = (400, "ERROR: TOO MANY PARAMETERS, AT MOST 1000\n");
    let many = |count: usize| format!("function=version{}", "&a".repeat(count - 1));
    let field: (&str, &[u8]) = ("\"function\"", b"version");
    for (count, is_taken) in [(1_000, true), (1_001, false), (500_000, false)] {
        let query = many(count.min(20_000));
        let kind = "application/x-www-form-urlencoded";
        let answers = [
            site.client.get(&query),
            post(&mut site, API, kind, many(count).as_bytes()),
            post(&mut site, API, KIND, &parts(&vec![field; count.min(8_000)])),
        ];
        for answer in answers {
            let told = (answer.status, answer.body.as_str());
            assert_eq!(told == refused, !is_taken, "{count} {told:?}");
            assert!(
                !is_taken || answer.body.starts_with("VERSION: "),
                "{told:?}"
            );
        }
    }
    site.logs("status=400 refused: TOO MANY PARAMETERS, AT MOST 1000");
}

#[test]
fn large_forms_that_are_never_sent_hold_up_no_small_ones() {
    let mut site = Site::start(Backend::Sqlite);
    let head = format!(
        "POST {API} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Expect: 100-continue\r\nContent-Length: 1048576\r\n\r\n"
    );
    let slow: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(site.server.address).expect("the server listens");
            let limit = Some(Duration::from_secs(60));
            stream.set_read_timeout(limit).expect("a time limit");
            stream.write_all(head.as_bytes()).expect("it is sent");
            let mut answer = [0; 25];
            stream.read_exact(&mut answer).expect("it is to go on");
            stream
        })
        .collect();
    let query = "source=test&user=6666&pass=1234&function=add_did";
    let added = site.client.post(query, "did_pattern=7275550100").body;
    assert_eq!(
        added,
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550100\n"
    );
    // Those who had a place took too long; for the others there was none, or too late.
    let is_refused = |mut stream: TcpStream| {
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("an answer");
        matches!(&answer, b"HTTP/1.1 408" | b"HTTP/1.1 503")
    };
    assert!(slow.into_iter().all(is_refused));
    assert_eq!(site.client.get("function=version").status, 200);
}

#[test]
fn every_refusal_leaves_a_line_in_the_log() {
    let mut site = Site::start(Backend::Sqlite);
    for (method, target, headers, line) in [
        (
            "GET",
            "/elsewhere?pass=Geheim4711",
            &[][..],
            "status=404 refused: NOT FOUND",
        ),
        (
            "PUT",
            "/non_agent_api.php?pass=Geheim4711",
            &[],
            "status=405 refused: METHOD NOT ALLOWED",
        ),
        (
            "DELETE",
            "/healthz",
            &[],
            "status=405 refused: METHOD NOT ALLOWED",
        ),
        (
            "GET",
            "/api/dids",
            &[],
            "function=did_list user= source=json status=401 ",
        ),
        (
            "GET",
            "/api/no_such",
            &[],
            "function= user= source=json status=404 ",
        ),
        (
            "PUT",
            "/api/dids",
            &[],
            "function= user= source=json status=405 ",
        ),
        (
            "GET",
            "/api/dids",
            &[("Authorization", "Basic NjY2Njp3cm9uZw==")],
            "user=6666 source=json status=401 ",
        ),
    ] {
        let answer = site.client.request(method, target, headers, b"");
        assert!((400..500).contains(&answer.status), "{method} {target}");
        assert!(!answer.body.is_empty(), "{method} {target}");
        site.logs(line);
    }
    assert!(!site.server.log().contains("Geheim4711"));
}
