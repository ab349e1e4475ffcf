//! What is passed on, in whichever pieces bytes come.

use proptest::prelude::*;

use super::*;

/// What is passed on of bytes that come in pieces of this size.
fn passed_on(bytes: &[u8], size: usize) -> Vec<u8> {
    let mut requests = Requests::default();
    let mut all = Vec::new();
    for piece in bytes.chunks(size.max(1)) {
        let passed = requests.rewrite(piece);
        all.extend_from_slice(passed.as_deref().unwrap_or(piece));
    }
    all.extend(requests.end().unwrap_or_default());
    all
}

fn check(bytes: &[u8], expected: &[u8]) {
    for size in (1..40).chain([bytes.len()]) {
        let passed = passed_on(bytes, size);
        assert_eq!(
            String::from_utf8_lossy(&passed),
            String::from_utf8_lossy(expected),
            "in pieces of {size}"
        );
    }
}

#[test]
fn bytes_that_should_have_been_encoded_are() {
    for (address, encoded) in [
        ("/a?b=c".as_bytes(), "/a?b=c"),
        (
            "/a?b=Señal \"x\" <y>".as_bytes(),
            "/a?b=Se%C3%B1al%20%22x%22%20%3Cy%3E",
        ),
        (b"/a?b=Se\xf1al", "/a?b=Se%F1al"),
        (b"/a?b=c HTTP/1.1", "/a?b=c%20HTTP/1.1"),
        (b"/a?b=c HTTP/1. d", "/a?b=c%20HTTP/1.%20d"),
        (b"/a?b=c  ", "/a?b=c%20%20"),
        (b"/a?b=%20+'`{|}^\\[]#~", "/a?b=%20+'`{|}^\\[]#~"),
    ] {
        for (version, end) in [("1.1", "\r\n"), ("1.0", "\r\n"), ("1.1", "\n")] {
            let tail = format!(" HTTP/{version}{end}Host: \u{f1} <x>{end}{end}");
            let request = [b"GET ", address, tail.as_bytes()].concat();
            let expected = format!("GET {encoded}{tail}");
            check(&request, expected.as_bytes());
            // And in each of several requests on a connection.
            let twice = [&*request, b"\r\n", &*request].concat();
            check(&twice, format!("{expected}\r\n{expected}").as_bytes());
        }
    }
}

#[test]
fn a_body_stays_as_it_is() {
    let line = "GET /a?\u{f1} HTTP/1.1\r\n";
    let encoded = "GET /a?%C3%B1 HTTP/1.1\r\n";
    let length = line.len();
    for body in [
        format!("Content-Length: {length}\r\n\r\n{line}"),
        format!("content-length:{length} \r\nX: y\r\n\r\n{line}"),
        format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{line}\r\n0\r\n\r\n"),
        format!(
            "Transfer-Encoding: Chunked\r\n\r\n{length:X};x=\u{f1}\r\n{line}\r\n1\r\n\n\r\n0\r\nX: \u{f1}\r\n\r\n"
        ),
    ] {
        let request = format!("POST /b HTTP/1.1\r\n{body}{line}\r\n");
        let expected = format!("POST /b HTTP/1.1\r\n{body}{encoded}\r\n");
        check(request.as_bytes(), expected.as_bytes());
    }
    // Where it is not clear where a body ends, nothing is changed any more.
    for headers in [
        "Content-Length: 1\r\nContent-Length: 1\r\n",
        "Content-Length: +1\r\n",
        "Content-Length: \r\n",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "X: y\r\n Content-Length: 1\r\n",
        "no header\r\n",
        &format!("Content-Length: {}1\r\n", "0".repeat(300)),
    ] {
        let request = format!("POST /b HTTP/1.1\r\n{headers}\r\n{line}{line}\r\n");
        check(request.as_bytes(), request.as_bytes());
    }
    let chunked = "POST /b HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    check(
        format!("{chunked}{line}").as_bytes(),
        format!("{chunked}{line}").as_bytes(),
    );
}

#[test]
fn an_offer_of_another_protocol_is_taken_out() {
    for (headers, kept) in [
        (
            "Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
            "Host: x\r\nConnection: HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n",
        ),
        ("connection:upgrade\r\nupgrade: websocket\r\n", ""),
        ("Connection: close , Upgrade\r\n", "Connection:close \r\n"),
        ("Connection: keep-alive\r\n", "Connection: keep-alive\r\n"),
        ("X-Upgrade: Upgrade\r\n", "X-Upgrade: Upgrade\r\n"),
    ] {
        let request = |headers: &str| format!("GET /?\u{f1} HTTP/1.1\r\n{headers}\r\n");
        let sent = request(headers).repeat(2);
        let expected = request(kept).replace('\u{f1}', "%C3%B1").repeat(2);
        check(sent.as_bytes(), expected.as_bytes());
    }
    let long = format!("Cookie: {}\r\n", "x".repeat(1000));
    let request = format!("GET / HTTP/1.1\r\n{long}\r\n");
    check(request.as_bytes(), request.as_bytes());
}

#[test]
fn what_is_no_request_stays_as_it_is() {
    for bytes in [
        &b"\x16\x03\x01\x02\x00"[..],
        b"GET\xf1 / HTTP/1.1\r\n",
        b"GET  /\xf1 HTTP/1.1\r\n",
        b"GET /\0\xf1 HTTP/1.1\r\n",
        b"GET /\t\xf1 HTTP/1.1\r\n",
        b"GET /\r\xf1 HTTP/1.1\r\n",
        b"GET /x\r\n\xf1",
        b"GET /x HTTP/1.1\r\xf1",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n\xf1",
        b" /\xf1 HTTP/1.1\r\n",
        b"GET /x HTT",
    ] {
        let expected = match bytes {
            // Only here the space can be nothing but a part of the address.
            b"GET /x HTTP/1.1\r\xf1" => &b"GET /x%20HTTP/1.1\r\xf1"[..],
            bytes => bytes,
        };
        check(bytes, expected);
    }
}

#[test]
fn an_address_that_is_too_long_is_cut_and_marked() {
    let request = |address: &str| format!("GET {address} HTTP/1.1\r\nHost: x\r\n\r\n");
    let longest = format!("/{}", "x".repeat(LONGEST_ADDRESS - 1));
    let cut = |address: &str| format!("GET {address} HTTP/1.1\r\n{CUT}: 1\r\nHost: x\r\n\r\n");
    let all_but = |count: usize| &longest[..LONGEST_ADDRESS - count];
    let ending = |count: usize, end: &str| format!("{}{end}", all_but(count));
    for (sent, expected) in [
        (request(&longest), request(&longest)),
        (request(&ending(0, "y")), cut(&longest)),
        (request(&longest.repeat(3)), cut(&longest)),
        (request(&ending(3, " y")), cut(&ending(3, "%20"))),
        (request(&ending(2, " y")), cut(all_but(2))),
        (request(&ending(6, "ñ")), request(&ending(6, "%C3%B1"))),
        (request(&ending(5, "ñ")), cut(&ending(5, "%C3"))),
    ] {
        for size in [1, 1000, sent.len()] {
            // The next request is found again.
            let next = request("/y?\u{f1}");
            let passed = passed_on(format!("{sent}{next}").as_bytes(), size);
            let expected = format!("{expected}{}", request("/y?%C3%B1"));
            assert!(
                passed == expected.as_bytes(),
                "{} bytes in pieces of {size}",
                sent.len()
            );
        }
    }
    let mut requests = Requests::default();
    requests.rewrite(b"GET /");
    let piece = [b'x'; 64 * 1024];
    let pieces = (0..).take_while(|_| {
        requests.rewrite(&piece);
        requests.at != At::Closed
    });
    assert!(pieces.count() <= THROWN_AWAY / piece.len() + 2);
}

proptest! {
    #[test]
    fn it_does_not_matter_in_which_pieces_bytes_come(
        parts in prop::collection::vec(
            prop_oneof![
                Just("GET /".to_owned()), Just("POST /a?b=".to_owned()), Just(" HTTP/1.1\r\n".to_owned()),
                Just("\r\n".to_owned()), Just("Content-Length: 7\r\n".to_owned()),
                Just("Transfer-Encoding: chunked\r\n".to_owned()), Just("5\r\nabcde\r\n".to_owned()),
                Just("0\r\n\r\n".to_owned()), Just("Connection: x, Upgrade\r\n".to_owned()),
                Just("Upgrade: h2c\r\n".to_owned()), Just("y".repeat(300)), Just(" HTTP/1.0\r\n".to_owned()), "[ -~ñ\r\n]{0,9}",
            ],
            0..24,
        ),
        sizes in prop::collection::vec(1_usize..9, 1..9),
    ) {
        let bytes = parts.concat().into_bytes();
        let whole = passed_on(&bytes, bytes.len());
        let mut requests = Requests::default();
        let (mut rest, mut all) = (bytes.as_slice(), Vec::new());
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at(rest.len().min(*size));
            let passed = requests.rewrite(piece);
            all.extend_from_slice(passed.as_deref().unwrap_or(piece));
            rest = after;
        }
        all.extend(requests.end().unwrap_or_default());
        prop_assert_eq!(all, whole);
    }
}
