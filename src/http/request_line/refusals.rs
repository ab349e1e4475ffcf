//! The HTTP library's own refusals: known by their bytes, since nothing else tells of them, and replaced.
//!
//! Such a refusal has a status of four, no body, and no header but its length, the date and perhaps the connection's; it is
//! the last thing that is sent on a connection.

use crate::http::OUR_HEADERS;
use crate::http::access_log;

/// A refusal of the library's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    title: &'static str,
    reason: &'static str,
}

const REFUSALS: &[Refusal] = &[
    Refusal::of(400, "Bad Request", "REQUEST CANNOT BE READ AS HTTP"),
    Refusal::LATE,
    Refusal::of(
        431,
        "Request Header Fields Too Large",
        "HEADERS TOO LARGE, AT MOST 131072 BYTES WITH THE ADDRESS",
    ),
    Refusal::of(
        500,
        "Internal Server Error",
        "REQUEST CANNOT BE READ AS HTTP",
    ),
];

/// More than the longest of them.
const LONGEST: usize = 200;

impl Refusal {
    /// A head that took too long.
    pub(super) const LATE: Self =
        Self::of(408, "Request Timeout", "REQUEST DID NOT ARRIVE IN TIME");

    const fn of(status: u16, title: &'static str, reason: &'static str) -> Self {
        Self {
            status,
            title,
            reason,
        }
    }

    /// The refusal that these bytes end with, and where it begins.
    pub(super) fn at_the_end_of(bytes: &[u8]) -> Option<(Self, usize)> {
        let head = bytes.strip_suffix(b"\r\n\r\n")?;
        let before = head.len().saturating_sub(LONGEST);
        let tail = &head[before..];
        let begins = |place: &usize| tail[*place..].starts_with(b"HTTP/1.");
        let place = (0..tail.len()).rev().find(begins)?;
        let text = std::str::from_utf8(&tail[place..]).ok()?;
        let mut lines = text.split("\r\n");
        let status: u16 = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let refusal = REFUSALS.iter().find(|one| one.status == status)?;
        let is_the_librarys = lines.all(|line| {
            let name = line.split(':').next().unwrap_or_default();
            line.eq_ignore_ascii_case("content-length: 0") || is_of_the_connection(name)
        });
        is_the_librarys.then_some((*refusal, before + place))
    }

    /// What is sent in its place, with a reason that is known better; it is logged.
    pub(super) fn response(self, better: Option<&str>) -> Vec<u8> {
        let Self { status, title, .. } = self;
        let reason = better.filter(|_| self != Self::LATE).unwrap_or(self.reason);
        let id = access_log::refused_by_the_library(status, reason);
        let body = format!("ERROR: {reason}\n");
        let date = crate::now::real().format("%a, %d %b %Y %H:%M:%S GMT");
        let length = body.len();
        let mut head = format!(
            "HTTP/1.1 {status} {title}\r\ncontent-length: {length}\r\ndate: {date}\r\n\
             x-request-id: {id}\r\n"
        );
        for (name, value) in OUR_HEADERS {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("content-type: text/plain; charset=utf-8\r\nconnection: close\r\n\r\n");
        (head + &body).into_bytes()
    }
}

/// Whether a head with this status and these headers may be taken for one of the library's.
pub(in crate::http) fn looks_like_one<'a>(
    status: u16,
    mut headers: impl Iterator<Item = &'a str>,
) -> bool {
    let is_refusal = REFUSALS.iter().any(|one| one.status == status);
    is_refusal && headers.all(|name| name == "content-length" || is_of_the_connection(name))
}

fn is_of_the_connection(name: &str) -> bool {
    name.eq_ignore_ascii_case("date") || name.eq_ignore_ascii_case("connection")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &str) -> Option<(u16, usize)> {
        let found = Refusal::at_the_end_of(bytes.as_bytes());
        found.map(|(refusal, place)| (refusal.status, place))
    }

    #[test]
    fn only_the_librarys_own_refusals_are_found() {
        let date = "date: Sat, 21 Nov 2026 19:00:00 GMT\r\n";
        let refused = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n{date}\r\n");
        assert_eq!(found(&refused), Some((400, 0)));
        let ours = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nserver: vicishim\r\n\r\nok\n";
        assert_eq!(found(&format!("{ours}{refused}")), Some((400, ours.len())));
        let closing = refused.replace("date", "connection: close\r\ndate");
        assert_eq!(found(&closing), Some((400, 0)));
        let late = "HTTP/1.0 408 Request Timeout\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(found(late), Some((408, 0)));
        for other in [
            ours.to_owned(),
            refused.replace("400", "404"),
            refused.replace("length: 0", "length: 1"),
            refused.replace("date", "server: x\r\ndate"),
            format!("{refused}x"),
            String::new(),
            "\r\n\r\n".to_owned(),
        ] {
            assert_eq!(found(&other), None, "{other}");
        }
    }
}
