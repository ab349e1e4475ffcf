//! What a request says of its own address: host and path.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use percent_encoding::percent_decode_str;

/// The longest host, with its port.
const LONGEST_HOST: usize = 255;

/// The host that a request names: `dialer`, `dialer:8080`, `[::1]:8080`; empty where it names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Host<'a>(&'a str);

impl<'a> Host<'a> {
    /// That of a request; none where it is no host at all.
    pub(super) fn of(request: &'a HttpRequest) -> Option<Self> {
        match request.headers().get(HOST) {
            Some(host) => Self::parse(host.to_str().ok()?),
            // HTTP/2 says it with the address.
            None => Self::parse(request.uri().authority().map_or("", |host| host.as_str())),
        }
    }

    fn parse(text: &'a str) -> Option<Self> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b".:[]_-".contains(&byte);
        (text.len() <= LONGEST_HOST && text.bytes().all(is_part)).then_some(Self(text))
    }

    /// As it was sent.
    pub(super) fn text(self) -> &'a str {
        self.0
    }

    /// Without its port.
    pub(super) fn name(self) -> &'a str {
        match self.0.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => self.0,
        }
    }
}

/// A path in its plain form: no slash at its end, and letters, digits and `.-_~` as themselves where they were
/// percent-encoded (RFC 3986 §6.2.2.2).
pub(super) fn plain(path: &str) -> Cow<'_, str> {
    let path = match path.trim_end_matches('/') {
        "" => path,
        path => path,
    };
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut parts = path.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let encoded = part.get(..2).map(|digits| format!("%{digits}"));
        let decoded = encoded.and_then(|encoded| {
            let byte = percent_decode_str(&encoded).next()?;
            (byte.is_ascii_alphanumeric() || b".-_~".contains(&byte)).then_some(char::from(byte))
        });
        match decoded {
            Some(letter) => {
                plain.push(letter);
                plain.push_str(&part[2..]);
            }
            None => {
                plain.push('%');
                plain.push_str(part);
            }
        }
    }
    Cow::Owned(plain)
}

/// Whether a plain path is made of nothing but the letters of paths: a script's may be stored.
pub(super) fn is_simple(path: &str) -> bool {
    path.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/.-_~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_letters_digits_and_little_else() {
        for (text, name) in [
            ("dialer", "dialer"),
            ("dialer-1.example_x:8080", "dialer-1.example_x"),
            ("[::1]:8080", "[::1]"),
            ("[::1]", "[::1]"),
            ("127.0.0.1", "127.0.0.1"),
            ("", ""),
        ] {
            assert_eq!(Host::parse(text).map(Host::name), Some(name));
        }
        for text in [
            "a b", "a/b", "a@b", "a'b", "<x>", "a\\b", "a,b", "a%41", "\u{f1}",
        ] {
            assert_eq!(Host::parse(text), None, "{text}");
        }
        assert!(Host::parse(&"x".repeat(LONGEST_HOST)).is_some());
        assert!(Host::parse(&"x".repeat(LONGEST_HOST + 1)).is_none());
    }

    #[test]
    fn a_path_has_one_plain_form() {
        for (path, expected) in [
            ("/vicidial/non_agent_api.php", "/vicidial/non_agent_api.php"),
            (
                "/vicidial/non%5Fagent%5fapi%2Ephp//",
                "/vicidial/non_agent_api.php",
            ),
            ("/%61%2F%25%3C%zz%4", "/a%2F%25%3C%zz%4"),
            ("/%C3%B1%", "/%C3%B1%"),
            ("/%\u{f1}", "/%\u{f1}"),
            ("/", "/"),
            ("", ""),
        ] {
            assert_eq!(plain(path), expected);
        }
        assert!(is_simple("/a-b/c_d.php") && !is_simple("/a%2F") && !is_simple("/a b"));
    }
}
