//! Where a request's body ends.

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
    pub(super) fn with(self, line: &[u8], is_whole: bool) -> Self {
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

/// The size that the line before a chunk says; none where it says none.
pub(super) fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|&byte| byte == b';').next()?.trim_ascii();
    let text = std::str::from_utf8(digits).ok()?;
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(text, 16).ok().filter(|_| is_hex)
}
