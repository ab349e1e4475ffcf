//! Lists are packed for clients that take gzip, and stay streams; short answers stay as they are.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use flate2::read::GzDecoder;

use crate::common::database::{Backend, Database};
use crate::common::json::Answer;
use crate::common::site::Site;

const LIST: &str = "/vicidial/non_agent_api.php?source=test&user=6666&pass=1234&function=did_list";

/// The head, and the body without its chunks, of an answer to this request; none where it breaks off.
fn exchange(site: &Site, target: &str, accept: &str) -> (String, Option<Vec<u8>>) {
    let mut stream = TcpStream::connect(site.server.address).expect("the server listens");
    let limit = Some(Duration::from_secs(60));
    stream.set_read_timeout(limit).expect("a time limit");
    let head = format!("GET {target} HTTP/1.1\r\nHost: x\r\n{accept}Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it is sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    let end = answer
        .windows(4)
        .position(|part| part == b"\r\n\r\n")
        .expect("a head");
    let head = String::from_utf8(answer[..end + 2].to_vec()).expect("ASCII");
    let body = &answer[end + 4..];
    if !head.contains("transfer-encoding: chunked\r\n") {
        return (head, Some(body.to_vec()));
    }
    (head, unchunked(body))
}

fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|part| part == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).expect("ASCII");
        let size = usize::from_str_radix(size, 16).expect("a size");
        let chunk = rest.get(end + 2..end + 2 + size)?;
        body.extend_from_slice(chunk);
        rest = &rest[end + 4 + size..];
        if size == 0 {
            return Some(body);
        }
    }
}

fn unpacked(packed: &[u8]) -> String {
    let mut text = String::new();
    let mut decoder = GzDecoder::new(packed);
    decoder.read_to_string(&mut text).expect("gzip");
    text
}

/// Adds so many DIDs.
fn fill(site: &mut Site, count: usize) {
    let numbers: Vec<String> = (0..count)
        .map(|number| format!("72755{number:05}"))
        .collect();
    let reply = site.form(
        "copy_did&source_did_pattern=default",
        &format!("new_dids={}", numbers.join(",")),
    );
    assert!(reply.body.contains("SUCCESS: copy_did"), "{}", reply.body);
}

#[test]
fn a_list_is_packed_for_who_takes_it() {
    let mut site = Site::start(Backend::Sqlite);
    fill(&mut site, 5_000);
    let long = format!("{LIST}&records=100000");
    let (plain_head, plain) = exchange(&site, &long, "");
    let plain = plain.expect("it is whole");
    assert!(!plain_head.contains("content-encoding"), "{plain_head}");
    assert!(
        plain_head.contains("vary: accept-encoding\r\n"),
        "{plain_head}"
    );
    for accept in [
        "gzip",
        "gzip, deflate, br, zstd",
        "br;q=1.0, gzip;q=0.8, *;q=0.1",
    ] {
        let accept = format!("Accept-Encoding: {accept}\r\n");
        let (head, packed) = exchange(&site, &long, &accept);
        assert!(head.contains("content-encoding: gzip\r\n"), "{head}");
        assert!(head.contains("vary: accept-encoding\r\n"), "{head}");
        assert!(head.contains("transfer-encoding: chunked\r\n"), "{head}");
        let packed = packed.expect("it is whole");
        assert!(
            packed.len() * 5 < plain.len(),
            "{} of {}",
            packed.len(),
            plain.len()
        );
        assert!(unpacked(&packed).as_bytes() == plain);
    }
    for accept in ["identity", "gzip;q=0", "br", "nonsense;;q"] {
        let accept = format!("Accept-Encoding: {accept}\r\n");
        let (head, body) = exchange(&site, &long, &accept);
        assert!(!head.contains("content-encoding"), "{accept} {head}");
        assert!(body.as_deref() == Some(&plain));
    }
}

#[test]
fn short_answers_stay_as_they_are() {
    let mut site = Site::demo(Backend::Sqlite);
    let gzip = "Accept-Encoding: gzip\r\n";
    let (head, body) = exchange(&site, &format!("{LIST}&records=1"), gzip);
    assert!(
        !head.contains("content-encoding") && !head.contains("vary"),
        "{head}"
    );
    assert!(head.contains(&format!(
        "content-length: {}\r\n",
        body.expect("a body").len()
    )));
    let packed = [("Accept-Encoding", "gzip")];
    let Answer { response, body, .. } = site.send("GET", "/api/dids/1", &packed, "");
    assert!(response.header("etag").is_some() && response.header("content-encoding").is_none());
    assert_eq!(body["did_id"], 1, "{body}");
}

#[test]
fn a_json_list_is_packed_and_so_is_the_description() {
    let mut site = Site::demo(Backend::Sqlite);
    fill(&mut site, 50);
    let accept = "Authorization: Basic NjY2NjoxMjM0\r\nAccept-Encoding: gzip\r\n";
    for target in ["/api/dids", "/api/openapi.json"] {
        let (head, packed) = exchange(&site, target, accept);
        assert!(head.contains("content-encoding: gzip\r\n"), "{head}");
        let text = unpacked(&packed.expect("it is whole"));
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert!(json.is_object());
    }
}

#[test]
fn a_packed_list_that_breaks_off_has_no_end() {
    let database = Database::with_state(Backend::Innodb);
    database.run(
        "INSERT INTO vicidial_inbound_dids (did_pattern, did_carrier_description) \
         SELECT 2000000000 + seq, SHA2(seq, 512) FROM seq_1_to_200000",
    );
    let site = Site::on(database, &[]);
    let mut stream = TcpStream::connect(site.server.address).expect("the server listens");
    let limit = Some(Duration::from_secs(60));
    stream.set_read_timeout(limit).expect("a time limit");
    let target = format!("{LIST}&records=100000");
    let head = format!("GET {target} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it is sent");
    let mut answer = vec![0; 4096];
    stream.read_exact(&mut answer).expect("a beginning");
    site.database
        .run("RENAME TABLE vicidial_inbound_dids TO gone");
    stream.read_to_end(&mut answer).ok();
    let end = answer
        .windows(4)
        .position(|part| part == b"\r\n\r\n")
        .expect("a head");
    assert!(String::from_utf8_lossy(&answer[..end]).contains("content-encoding: gzip"));
    assert_eq!(
        unchunked(&answer[end + 4..]),
        None,
        "it was taken for whole"
    );
}
