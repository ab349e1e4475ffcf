//! Follows the requests on a connection, and rewrites the first line of each.

use super::head::{Framing, Head, bare, chunk_size};
use super::output::{Output, skipped};
use super::{CUT, LONGEST_ADDRESS};

/// How much of a line that is too long is read and thrown away, so that the client gets its answer.
const THROWN_AWAY: usize = 4 * 1024 * 1024;

/// How much is kept of a header line: enough for those that say where a request ends.
const LINE: usize = 256;

/// What ends an address in the first line, but for the last digit.
const PROTOCOL: &[u8] = b" HTTP/1.";

/// Why a first line is refused.
const NO_REQUEST_LINE: &str = "THE REQUEST LINE CANNOT BE READ";

/// Where the next byte of a connection belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum At {
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
pub(super) struct Requests {
    pub(super) at: At,
    /// The line that is being read, as far as it matters.
    line: Vec<u8>,
    /// How many bytes of the address were passed on.
    length: usize,
    /// What was held back of the protocol.
    held: Vec<u8>,
    /// The header line is too long to be held back: its beginning was passed on.
    is_long: bool,
    head: Head,
    /// How many requests have begun.
    begun: u64,
    /// Why the HTTP library will refuse a request, as far as that can be seen here.
    refusal: Option<&'static str>,
}

impl Requests {
    /// What is passed on of these bytes; none where that is all of them, as they are.
    pub(super) fn rewrite(&mut self, input: &[u8]) -> Option<Vec<u8>> {
        let mut output = Output::of(input);
        while !output.rest().is_empty() {
            match self.at {
                At::Method => self.method(&mut output),
                At::Address => self.address(&mut output),
                At::Protocol(matched) => self.protocol(matched, &mut output),
                At::TooLong(thrown_away) => self.too_long(thrown_away, &mut output),
                At::Headers => self.header(&mut output),
                At::ChunkSize | At::Trailers => self.line(&mut output),
                At::Body(left) => self.at = skipped(left, &mut output, At::Body, At::Method),
                At::Chunk(left) => self.at = skipped(left, &mut output, At::Chunk, At::ChunkSize),
                At::Unknown => output.keep(output.rest().len()),
                At::Closed => output.skip(output.rest().len()),
            }
        }
        output.changed()
    }

    /// What is still held back when the client sends no more.
    pub(super) fn end(&mut self) -> Option<Vec<u8>> {
        if self.at == At::Headers && !self.is_long {
            self.held.append(&mut self.line);
        }
        self.at = At::Unknown;
        (!self.held.is_empty()).then(|| std::mem::take(&mut self.held))
    }

    /// How many requests have begun, where the head of the last one is not complete.
    pub(super) fn in_head(&self) -> Option<u64> {
        let is_in_head = match self.at {
            At::Method => !self.line.is_empty(),
            At::Address | At::Protocol(_) | At::TooLong(_) | At::Headers => true,
            _ => false,
        };
        is_in_head.then_some(self.begun)
    }

    /// Gives the request up whose head is not complete; what is passed on instead is none, so that it is refused.
    pub(super) fn give_up(&mut self) -> Vec<u8> {
        self.at = At::Closed;
        b"\0\r\n\r\n".to_vec()
    }

    /// Why a request is refused, as far as that can be seen here.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        self.refusal
    }

    /// Leaves it to the HTTP library, for good.
    fn doubt(&mut self, refusal: &'static str) {
        self.at = At::Unknown;
        self.refusal.get_or_insert(refusal);
    }

    fn method(&mut self, output: &mut Output<'_>) {
        let byte = output.rest()[0];
        output.keep(1);
        match byte {
            b'\r' | b'\n' if self.line.is_empty() => {}
            b' ' => {
                // What follows a CONNECT is no request.
                match self.line.as_slice() {
                    b"" | b"CONNECT" => self.doubt(NO_REQUEST_LINE),
                    method => {
                        self.at = At::Address;
                        self.head = Head::of(method);
                    }
                }
                self.line.clear();
                self.length = 0;
            }
            byte if byte.is_ascii_uppercase() && self.line.len() < LINE => {
                self.begun += u64::from(self.line.is_empty());
                self.line.push(byte);
            }
            _ => self.doubt(NO_REQUEST_LINE),
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
            Some(b' ') if self.length == 0 => self.doubt(NO_REQUEST_LINE),
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
            Some(_) => self.doubt(NO_REQUEST_LINE),
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
        self.head.is_old = minor == b'0';
    }

    /// Reads on in a header line. Where its end is still to come it is held back, unless it is long.
    fn header(&mut self, output: &mut Output<'_>) {
        let rest = output.rest();
        let end = rest.iter().position(|&byte| byte == b'\n');
        let count = end.map_or(rest.len(), |end| end + 1);
        if self.line.is_empty() && end.is_some() {
            let line = &rest[..count];
            match self.header_line(&line[..count.min(LINE)]) {
                None => output.keep(count),
                Some(replaced) => {
                    output.skip(count);
                    output.put(&replaced);
                }
            }
            return;
        }
        let room = LINE.saturating_sub(self.line.len());
        let is_long = self.is_long || count > room;
        if is_long && !self.is_long {
            output.put(&self.line);
        }
        self.line.extend_from_slice(&rest[..count.min(room)]);
        match is_long {
            true => output.keep(count),
            false => output.skip(count),
        }
        self.is_long = is_long && end.is_none();
        if end.is_some() {
            let line = std::mem::take(&mut self.line);
            let replaced = self.header_line(&line);
            if !is_long {
                output.put(replaced.as_deref().unwrap_or(&line));
            }
        }
    }

    /// Reads a header line, of which the end may be missing; what is passed on in its place, where that is not the line.
    fn header_line(&mut self, line: &[u8]) -> Option<Vec<u8>> {
        if !bare(line).is_empty() {
            return self.head.read(line, line.len() < LINE);
        }
        if let Some(refusal) = self.head.refusal() {
            self.refusal.get_or_insert(refusal);
        }
        self.at = match self.head.body {
            Framing::None | Framing::Length(0) => At::Method,
            Framing::Length(length) => At::Body(length),
            Framing::Chunked if !self.head.is_old => At::ChunkSize,
            Framing::Chunked | Framing::Unclear => At::Unknown,
        };
        None
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
        match self.at {
            At::Trailers if bare(&line).is_empty() => self.at = At::Method,
            At::Trailers => {}
            _ => {
                let is_line = line.len() < LINE && line.ends_with(b"\r\n");
                match chunk_size(bare(&line)).filter(|_| is_line) {
                    Some(0) => self.at = At::Trailers,
                    // A chunk ends with a line end of its own.
                    Some(size) if size <= u64::MAX - 2 => self.at = At::Chunk(size + 2),
                    _ => self.doubt("A CHUNK OF THE BODY CANNOT BE READ"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
