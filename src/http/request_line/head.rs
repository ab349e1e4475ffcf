//! A request's head, line by line: where its body ends, what the HTTP library will refuse, and offers of another protocol,
//! which are taken out. (RFC 9110 §7.8: a server may ignore them.)

/// The most header lines that the HTTP library takes.
const MOST_LINES: usize = 96;

/// What is known of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Head {
    /// The protocol is HTTP/1.0, which knows no chunks.
    pub(super) is_old: bool,
    is_post: bool,
    pub(super) body: Framing,
    lines: usize,
    hosts: usize,
    is_broken: bool,
}

impl Head {
    /// One whose method is known.
    pub(super) fn of(method: &[u8]) -> Self {
        Self {
            is_post: method == b"POST",
            ..Self::default()
        }
    }

    /// Reads one more line, of which the end may be missing; what is passed on in its place, where that is not the line.
    pub(super) fn read(&mut self, line: &[u8], is_whole: bool) -> Option<Vec<u8>> {
        self.lines += 1;
        self.body = self.body.with(bare(line), is_whole);
        let Some((name, value)) = split(bare(line)) else {
            self.is_broken = true;
            return None;
        };
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        self.hosts += usize::from(is("host"));
        if is("upgrade") {
            return Some(Vec::new());
        }
        if !is_whole || !is("connection") {
            return None;
        }
        let is_offer = |option: &&[u8]| option.trim_ascii().eq_ignore_ascii_case(b"upgrade");
        let options = || value.split(|&byte| byte == b',');
        if !options().any(|option| is_offer(&option)) {
            return None;
        }
        let kept: Vec<&[u8]> = options().filter(|option| !is_offer(option)).collect();
        Some(match kept.is_empty() {
            true => Vec::new(),
            false => [b"Connection:", &*kept.join(&b','), b"\r\n"].concat(),
        })
    }

    /// Why the HTTP library refuses it, as far as that can be seen here.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        Some(match self {
            Self {
                is_broken: true, ..
            } => "A HEADER CANNOT BE READ",
            Self { lines, .. } if *lines > MOST_LINES => "MORE THAN 96 HEADERS",
            Self { hosts: 2.., .. } => "HEADER Host IS THERE MORE THAN ONCE",
            Self {
                hosts: 0,
                is_old: false,
                ..
            } => "HEADER Host IS MISSING",
            Self {
                is_old: true,
                is_post: true,
                body: Framing::None,
                ..
            } => "HEADER Content-Length IS MISSING",
            Self {
                body: Framing::Unclear,
                ..
            } => "Content-Length AND Transfer-Encoding DO NOT SAY WHERE THE BODY ENDS",
            _ => return None,
        })
    }
}

/// A line without its end.
pub(super) fn bare(line: &[u8]) -> &[u8] {
    let bare = line.strip_suffix(b"\n").unwrap_or(line);
    bare.strip_suffix(b"\r").unwrap_or(bare)
}

/// A header's name and its value.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
    (!line.starts_with(b" ") && !line.starts_with(b"\t")).then_some((name.trim_ascii(), value))
}

/// What the headers say of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Framing {
    #[default]
    None,
    Length(u64),
    Chunked,
    Unclear,
}

impl Framing {
    /// The same after one more header line, of which the end may be missing.
    fn with(self, line: &[u8], is_whole: bool) -> Self {
        let Some((name, value)) = split(line) else {
            return Self::Unclear;
        };
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
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

/// The size that the line before a chunk says; none where it says none.
pub(super) fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|&byte| byte == b';').next()?.trim_ascii();
    let text = std::str::from_utf8(digits).ok()?;
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(text, 16).ok().filter(|_| is_hex)
}
