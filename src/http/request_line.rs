//! The first line of each request, before the HTTP library parses it. That library refuses an address with bytes that should
//! have been percent-encoded (UTF-8, Latin-1, a quote, a space), and one that is too long, both with an empty answer. Here
//! such bytes are encoded, and a long address is cut and marked, so that our own code answers.
//!
//! This is why the server is put together from actix-http's service: actix-web's `HttpServer` lets nothing between the
//! connection and its parser.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connections::Open;

/// The longest path with its query, in bytes as they are passed on; a longer one is refused (414). The HTTP library takes no
/// more.
pub(super) const LONGEST_ADDRESS: usize = 65_534;

/// The header that marks a request whose address was longer.
pub(super) const CUT: &str = "x-vicishim-address-cut";

/// How much of a line that is too long is read and thrown away, so that the client gets its answer.
const THROWN_AWAY: usize = 4 * 1024 * 1024;

/// How much is kept of a header line: enough for those that say where a request ends.
const LINE: usize = 256;

/// What ends an address in the first line, but for the last digit.
const PROTOCOL: &[u8] = b" HTTP/1.";

/// A connection whose first lines are rewritten.
pub(super) struct RequestLines<S> {
    stream: S,
    requests: Requests,
    /// Rewritten bytes that are still to be read, from this place on.
    rewritten: (Vec<u8>, usize),
    _open: Open,
}

impl<S> RequestLines<S> {
    pub(super) fn new(stream: S, open: Open) -> Self {
        Self {
            stream,
            requests: Requests::default(),
            rewritten: (Vec::new(), 0),
            _open: open,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RequestLines<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            let (bytes, place) = &mut this.rewritten;
            if *place < bytes.len() {
                let count = buffer.remaining().min(bytes.len() - *place);
                buffer.put_slice(&bytes[*place..*place + count]);
                *place += count;
                return Poll::Ready(Ok(()));
            }
            if this.requests.at == At::Closed {
                return Poll::Ready(Ok(()));
            }
            let before = buffer.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
            let read = &buffer.filled()[before..];
            let rewritten = match read.is_empty() {
                true => this.requests.end(),
                false => this.requests.rewrite(read),
            };
            let Some(rewritten) = rewritten else {
                return Poll::Ready(Ok(()));
            };
            buffer.set_filled(before);
            this.rewritten = (rewritten, 0);
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RequestLines<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// Where the next byte of a connection belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    /// In a method, or in line ends before it.
    #[default]
    Method,
    /// In an address.
    Address,
    /// In what may be the protocol behind an address: so many bytes of it, which are held back.
    Protocol(usize),
    /// In an address that was too long, of which so many bytes were thrown away.
    TooLong(usize),
    /// In a header line.
    Headers,
    /// In a body that has so many bytes more.
    Body(u64),
    /// In the line that begins a chunk of a body.
    ChunkSize,
    /// In a chunk that has so many bytes more, with its line end.
    Chunk(u64),
    /// In a line behind the last chunk.
    Trailers,
    /// In something that the HTTP library is to judge alone: from here on nothing is changed.
    Unknown,
    /// The client sends too much; nothing more is read.
    Closed,
}

/// Follows the requests on a connection. Where one begins is only known while it is clear where the one before ends: with
/// any doubt nothing is changed any more.
#[derive(Default)]
struct Requests {
    at: At,
    /// The line that is being read, as far as it matters.
    line: Vec<u8>,
    /// How many bytes of the address were passed on.
    length: usize,
    /// What was held back of the protocol.
    held: Vec<u8>,
    /// The protocol is HTTP/1.0, which knows no chunks.
    is_old: bool,
    body: Framing,
}

/// What the headers say of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Framing {
    #[default]
    None,
    Length(u64),
    Chunked,
    Unclear,
}

/// Bytes that stay as they are until the first one that does not.
struct Output<'a> {
    input: &'a [u8],
    place: usize,
    changed: Option<Vec<u8>>,
}

impl Output<'_> {
    fn rest(&self) -> &[u8] {
        &self.input[self.place..]
    }

    /// Passes so many bytes on.
    fn keep(&mut self, count: usize) {
        if let Some(changed) = &mut self.changed {
            changed.extend_from_slice(&self.input[self.place..self.place + count]);
        }
        self.place += count;
    }

    /// Takes so many bytes out.
    fn skip(&mut self, count: usize) {
        self.put(b"");
        self.place += count;
    }

    /// Puts bytes in.
    fn put(&mut self, bytes: &[u8]) {
        let changed = self
            .changed
            .get_or_insert_with(|| self.input[..self.place].to_vec());
        changed.extend_from_slice(bytes);
    }
}

impl Requests {
    /// What is passed on of these bytes; none where that is all of them, as they are.
    fn rewrite(&mut self, input: &[u8]) -> Option<Vec<u8>> {
        let mut output = Output {
            input,
            place: 0,
            changed: None,
        };
        while !output.rest().is_empty() {
            match self.at {
                At::Method => self.method(&mut output),
                At::Address => self.address(&mut output),
                At::Protocol(matched) => self.protocol(matched, &mut output),
                At::TooLong(thrown_away) => self.too_long(thrown_away, &mut output),
                At::Headers | At::ChunkSize | At::Trailers => self.line(&mut output),
                At::Body(left) => self.at = skipped(left, &mut output, At::Body, At::Method),
                At::Chunk(left) => self.at = skipped(left, &mut output, At::Chunk, At::ChunkSize),
                At::Unknown => output.keep(output.rest().len()),
                At::Closed => output.skip(output.rest().len()),
            }
        }
        output.changed
    }

    /// What is still held back when the client sends no more.
    fn end(&mut self) -> Option<Vec<u8>> {
        self.at = At::Unknown;
        (!self.held.is_empty()).then(|| std::mem::take(&mut self.held))
    }

    fn method(&mut self, output: &mut Output<'_>) {
        let byte = output.rest()[0];
        output.keep(1);
        match byte {
            b'\r' | b'\n' if self.line.is_empty() => {}
            b' ' => {
                // What follows a CONNECT is no request.
                self.at = match self.line.as_slice() {
                    b"" | b"CONNECT" => At::Unknown,
                    _ => At::Address,
                };
                self.line.clear();
                self.length = 0;
            }
            byte if byte.is_ascii_uppercase() && self.line.len() < LINE => self.line.push(byte),
            _ => self.at = At::Unknown,
        }
    }

    fn address(&mut self, output: &mut Output<'_>) {
        let stays = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>');
        let rest = output.rest();
        let count = rest.iter().take_while(|byte| stays(byte)).count();
        let fits = LONGEST_ADDRESS - self.length;
        if count > fits {
            output.keep(fits);
            self.at = At::TooLong(0);
            return;
        }
        let next = rest.get(count).copied();
        output.keep(count);
        self.length += count;
        match next {
            None => {}
            Some(b' ') if self.length == 0 => self.at = At::Unknown,
            Some(b' ') => {
                let end = output.rest();
                let usual = [b" HTTP/1.1\r\n", b" HTTP/1.0\r\n"];
                if usual.iter().any(|usual| end.starts_with(*usual)) {
                    self.begin_headers(end[usual[0].len() - 3]);
                    output.keep(usual[0].len());
                } else {
                    self.at = At::Protocol(0);
                }
            }
            Some(byte @ (b'"' | b'<' | b'>' | 0x80..)) => {
                output.skip(1);
                self.encode(byte, output);
            }
            // A control character, or the end of a line without a protocol.
            Some(_) => self.at = At::Unknown,
        }
    }

    fn encode(&mut self, byte: u8, output: &mut Output<'_>) {
        if self.length + 3 > LONGEST_ADDRESS {
            self.at = At::TooLong(0);
            return;
        }
        output.put(format!("%{byte:02X}").as_bytes());
        self.length += 3;
    }

    /// Holds back what follows a space until it is clear whether the address ends there.
    fn protocol(&mut self, matched: usize, output: &mut Output<'_>) {
        let byte = output.rest()[0];
        let digit = PROTOCOL.len();
        let fits = match matched {
            matched if matched < digit => byte == PROTOCOL[matched],
            matched if matched == digit => matches!(byte, b'0' | b'1'),
            _ => match self.held.last() {
                Some(b'\r') => byte == b'\n',
                _ => matches!(byte, b'\r' | b'\n'),
            },
        };
        if fits {
            output.skip(1);
            self.held.push(byte);
            self.at = At::Protocol(matched + 1);
            if byte == b'\n' {
                self.begin_headers(self.held[digit]);
                output.put(&std::mem::take(&mut self.held));
            }
            return;
        }
        // The space belongs to the address, and what follows it too.
        let held = std::mem::take(&mut self.held);
        self.at = At::Address;
        self.encode(b' ', output);
        if let (At::Address, Some(again)) = (self.at, held.get(1..)) {
            let passed = self.rewrite(again);
            output.put(passed.as_deref().unwrap_or(again));
        }
    }

    fn too_long(&mut self, thrown_away: usize, output: &mut Output<'_>) {
        let rest = output.rest();
        let end = rest.iter().position(|&byte| byte == b'\n');
        let count = end.map_or(rest.len(), |end| end + 1);
        output.skip(count);
        if end.is_some() {
            output.put(format!(" HTTP/1.1\r\n{CUT}: 1\r\n").as_bytes());
            self.begin_headers(b'1');
        } else if thrown_away + count > THROWN_AWAY {
            self.at = At::Closed;
        } else {
            self.at = At::TooLong(thrown_away + count);
        }
    }

    /// The first line has ended; `minor` is the protocol's last digit.
    fn begin_headers(&mut self, minor: u8) {
        self.at = At::Headers;
        self.is_old = minor == b'0';
        self.body = Framing::None;
    }

    /// Reads on in a line that stays as it is.
    fn line(&mut self, output: &mut Output<'_>) {
        let rest = output.rest();
        let end = rest.iter().position(|&byte| byte == b'\n');
        let count = end.map_or(rest.len(), |end| end + 1);
        let room = LINE.saturating_sub(self.line.len());
        self.line.extend_from_slice(&rest[..count.min(room)]);
        output.keep(count);
        if end.is_none() {
            return;
        }
        let line = std::mem::take(&mut self.line);
        let is_whole = line.len() < LINE;
        let bare = line.strip_suffix(b"\n").unwrap_or(&line);
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        self.at = match self.at {
            At::ChunkSize if is_whole && line.ends_with(b"\r\n") => match chunk_size(bare) {
                Some(0) => At::Trailers,
                // A chunk ends with a line end of its own.
                Some(size) => size.checked_add(2).map_or(At::Unknown, At::Chunk),
                None => At::Unknown,
            },
            At::Trailers if bare.is_empty() => At::Method,
            At::Trailers => At::Trailers,
            At::Headers if bare.is_empty() => match self.body {
                Framing::None | Framing::Length(0) => At::Method,
                Framing::Length(length) => At::Body(length),
                Framing::Chunked if !self.is_old => At::ChunkSize,
                Framing::Chunked | Framing::Unclear => At::Unknown,
            },
            At::Headers => {
                self.body = self.body.with(bare, is_whole);
                At::Headers
            }
            _ => At::Unknown,
        };
    }
}

/// Passes a body on; where the connection is then.
fn skipped(left: u64, output: &mut Output<'_>, within: fn(u64) -> At, behind: At) -> At {
    let count =
        usize::try_from(left).map_or(output.rest().len(), |left| left.min(output.rest().len()));
    output.keep(count);
    match left - count as u64 {
        0 => behind,
        left => within(left),
    }
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|&byte| byte == b';').next()?.trim_ascii();
    let text = std::str::from_utf8(digits).ok()?;
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(text, 16).ok().filter(|_| is_hex)
}

impl Framing {
    /// The same after one more header line, of which the end may be missing.
    fn with(self, line: &[u8], is_whole: bool) -> Self {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            return Self::Unclear;
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        let is = |known: &str| name.trim_ascii().eq_ignore_ascii_case(known.as_bytes());
        if line.starts_with(b" ") || line.starts_with(b"\t") || is("upgrade") {
            return Self::Unclear;
        }
        let said = if is("content-length") {
            let text = std::str::from_utf8(value).unwrap_or_default();
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            match text.parse().ok().filter(|_| is_number && is_whole) {
                Some(length) => Self::Length(length),
                None => Self::Unclear,
            }
        } else if is("transfer-encoding") {
            match is_whole && value.eq_ignore_ascii_case(b"chunked") {
                true => Self::Chunked,
                false => Self::Unclear,
            }
        } else {
            return self;
        };
        match self {
            Self::None => said,
            // Said twice.
            _ => Self::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
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
            "Upgrade: websocket\r\n",
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
                    Just("0\r\n\r\n".to_owned()), Just(" HTTP/1.0\r\n".to_owned()), "[ -~ñ\r\n]{0,9}",
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
}
