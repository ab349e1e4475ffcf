//! Secrets in what is recorded: masked where they are named, and where a reply repeats one.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value};

use crate::http::query::may_be_secret;
use crate::http::recorded::{HIDDEN, SHORTEST_SECRET, hide};

/// The secrets that a request has brought and its reply may repeat, as the refusal of a phone's password does.
#[derive(Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Adds one.
    pub(super) fn add(&mut self, secret: String) {
        if secret.len() >= SHORTEST_SECRET {
            self.0.push(secret);
        }
    }

    /// A reply with these masked.
    pub(super) fn mask_in(&self, text: String) -> String {
        let hide_in = |text: Vec<u8>, secret: &String| hide(&text, secret.as_bytes());
        let hidden = self.0.iter().fold(text.into_bytes(), hide_in);
        String::from_utf8_lossy(&hidden).into_owned()
    }
}

/// Masks the secrets among the members of an object, at any depth.
pub(super) fn mask_members(members: &mut Map<String, Value>) {
    for (name, value) in members {
        match may_be_secret(name) && !value.is_null() {
            true => *value = HIDDEN.into(),
            false => mask(value),
        }
    }
}

/// Masks the secrets in JSON, at any depth.
fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => mask_members(members),
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

/// A member of JSON: its name, and its value where that is a text, a number or a word. It is looked for in the text, which may
/// be only the beginning of one.
static MEMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#""([^"\\]{1,100})"(\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s"{\[,}\]]+)"#).ok()
});

/// A reply's text with the secrets masked that JSON in it names.
pub(super) fn masked(text: &str, is_json: bool) -> String {
    let Some(member) = MEMBER.as_ref().filter(|_| is_json) else {
        return text.to_owned();
    };
    let masked = member.replace_all(text, |member: &Captures<'_>| {
        match may_be_secret(&member[1]) && &member[3] != "null" {
            true => format!("\"{}\"{}\"{HIDDEN}\"", &member[1], &member[2]),
            false => member[0].to_owned(),
        }
    });
    masked.into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_in_json_are_masked_at_any_depth() {
        let mut value =
            json!({"a": [{"sip_password": "x", "b": {"Secret": 1, "c": "d"}}], "key": null});
        mask(&mut value);
        let masked =
            json!({"a": [{"sip_password": "*", "b": {"Secret": "*", "c": "d"}}], "key": null});
        assert_eq!(value, masked);
    }

    #[test]
    fn secrets_in_the_text_of_json_are_masked_also_where_it_is_cut() {
        for (text, expected) in [
            (
                r#"{"pass": "a\"b", "x":"pass"}"#,
                r#"{"pass": "*", "x":"pass"}"#,
            ),
            (
                r#"[{"secret":12,"key":null,"a":1.5}]"#,
                r#"[{"secret":"*","key":null,"a":1.5}]"#,
            ),
            (r#"{"a":[{"my_token":"cut of"#, r#"{"a":[{"my_token":"*""#),
            (r#"{"password":{"a":"b"}}"#, r#"{"password":{"a":"b"}}"#),
        ] {
            assert_eq!(masked(text, true), expected);
            assert_eq!(masked(text, false), text);
        }
    }

    #[test]
    fn a_secret_that_a_reply_repeats_is_masked_where_it_is_a_value() {
        let mut secrets = Secrets::default();
        secrets.add("7777".to_owned());
        let reply = "ERROR: 7777|x7777|1234|77770\n7777".to_owned();
        assert_eq!(secrets.mask_in(reply), "ERROR: *|x7777|1234|77770\n*");
    }
}
