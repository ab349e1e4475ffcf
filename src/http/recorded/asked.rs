//! What a call asks for, whatever the order of its parameters.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_json::Value;

use crate::http::form::{self, Wrong};
use crate::http::query;

/// What stands for a value that is not to be kept.
pub(in crate::http) const HIDDEN: &str = "*";

/// How long a secret must be for it to be looked for in an answer.
pub(in crate::http) const SHORTEST_SECRET: usize = 4;

fn text(value: Vec<u8>) -> String {
    String::from_utf8(value)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

/// A call as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) struct Asked {
    /// The other script that was called; none where it was the API.
    pub(super) path: Option<String>,
    /// All parameters, each once. A value that is no UTF-8 is taken for Latin-1.
    pub(super) parameters: BTreeMap<String, String>,
}

impl Asked {
    /// What a request asks for.
    ///
    /// # Errors
    /// It has too many parameters, or its form cannot be read.
    pub(in crate::http) async fn of(
        request: &HttpRequest,
        body: &Bytes,
        script: Option<&str>,
    ) -> Result<Self, Wrong> {
        let mut parameters = BTreeMap::new();
        for (mut name, value) in form::all_parameters(request, body).await? {
            if let Some(array) = name.strip_suffix("[]") {
                let free = (0..).map(|index| format!("{array}[{index}]"));
                let mut free = free.filter(|name| !parameters.contains_key(name));
                name = free.next().unwrap_or_default();
            }
            parameters.insert(name, text(value));
        }
        Ok(Self {
            path: script.map(str::to_owned),
            parameters,
        })
    }

    /// A parameter's value; empty where it was not sent.
    pub(super) fn value(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// The parameters with [`HIDDEN`] for every secret.
    pub(super) fn without_secrets(&self) -> BTreeMap<String, String> {
        let hide = |(name, value): (&String, &String)| match query::may_be_secret(name) {
            true => (name.clone(), HIDDEN.to_owned()),
            false => (name.clone(), value.clone()),
        };
        self.parameters.iter().map(hide).collect()
    }

    /// A text with [`HIDDEN`] for the secrets in it; for `1234` only where it is no part of a longer number or word.
    pub(super) fn hide_secrets(&self, text: &[u8]) -> Vec<u8> {
        let sent = self.parameters.iter();
        let secrets = sent.filter(|(name, _)| query::may_be_secret(name));
        let mut text = text.to_vec();
        for (_, secret) in secrets.filter(|(_, secret)| secret.len() >= SHORTEST_SECRET) {
            for written in written(secret) {
                text = hide(&text, written.as_bytes());
            }
        }
        text
    }
}

/// The ways in which an answer may write a secret: as it is, as in an address, and as in JSON.
fn written(secret: &str) -> Vec<String> {
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~');
    let encoded = percent_encode(secret.as_bytes(), ENCODED).to_string();
    let mut digits = 0;
    let lower = encoded.chars().map(|c| match (c, digits) {
        ('%', _) => {
            digits = 2;
            c
        }
        (_, 0) => c,
        _ => {
            digits -= 1;
            c.to_ascii_lowercase()
        }
    });
    let lower = lower.collect();
    let json = Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    vec![secret.to_owned(), encoded, lower, json]
}

/// A text with [`HIDDEN`] for a word in it; for a number only where it is no part of a longer number or word.
pub(in crate::http) fn hide(text: &[u8], word: &[u8]) -> Vec<u8> {
    let is_number = word.iter().all(u8::is_ascii_digit);
    // A byte of a letter that is not ASCII is one of a word too.
    let is_of_word = |byte: Option<&u8>| {
        is_number && byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii())
    };
    let (mut hidden, mut at) = (Vec::with_capacity(text.len()), 0);
    while at < text.len() {
        let behind = text[at..].strip_prefix(word);
        match behind {
            Some(behind) if !is_of_word(text[..at].last()) && !is_of_word(behind.first()) => {
                hidden.extend_from_slice(HIDDEN.as_bytes());
                at += word.len();
            }
            _ => {
                hidden.push(text[at]);
                at += 1;
            }
        }
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_and_a_number_that_holds_one_is_not() {
        let asked = Asked {
            path: None,
            parameters: [
                ("pass", "1234"),
                ("phone_pass", "abc"),
                ("api_token", "Se&c/\"x"),
                ("key", "a.b1"),
                ("user", "6666"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        };
        for (text, hidden) in [
            ("6666|1234|BAD", "6666|*|BAD"),
            ("1234", "*"),
            ("72755512345 - 1234", "72755512345 - *"),
            ("xa.b12", "x*2"),
            ("a=Se%26c%2F%22x&b=Se%26c%2f%22x", "a=*&b=*"),
            (r#"{"a":"Se&c/\"x"}"#, r#"{"a":"*"}"#),
            ("abc|12341234|1234\n", "abc|12341234|*\n"),
            ("é1234 1234é 1234", "é1234 1234é *"),
        ] {
            let kept = asked.hide_secrets(text.as_bytes());
            assert_eq!(String::from_utf8_lossy(&kept), hidden);
        }
        let kept = asked.without_secrets();
        assert_eq!(kept["pass"], "*");
        assert_eq!(kept["phone_pass"], "*");
        assert_eq!(kept["user"], "6666");
    }
}
