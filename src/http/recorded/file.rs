//! The file of recorded calls: JSON, written by a recording or by hand.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// What the file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recording {
    /// The parameters that do not count when a call is looked up.
    #[serde(default)]
    pub(super) ignore: Vec<String>,
    /// The calls, in the order in which they were made.
    pub(super) calls: Vec<Recorded>,
}

/// A call, and what was answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recorded {
    /// The path of another script; the API where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    /// What is to be sent, the function included.
    pub(super) parameters: BTreeMap<String, Expected>,
    /// Whether more than that may be sent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) more_parameters: bool,
    /// What `{counter}` of a template begins with [default: 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) counter: Option<u64>,
    /// What is answered.
    pub(super) reply: Reply,
}

/// What a parameter's value is to be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Expected {
    /// This; `*` for a secret is any.
    Text(String),
    /// All of it is to match this regular expression.
    Pattern {
        /// The expression.
        matches: String,
    },
}

/// An answer; it has one of `text`, `template` and `base64`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reply {
    /// HTTP's status.
    #[serde(default = "ok")]
    pub(super) status: u16,
    /// The headers, but those of one connection or moment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, Values>,
    /// The body as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    /// The body, with the values of parameters where their names stand in braces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) template: Option<String>,
    /// The body where it is no UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) base64: Option<String>,
}

/// The value of a header, or all values of one that comes several times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Values {
    One(String),
    Several(Vec<String>),
}

impl Values {
    /// With one more.
    pub(super) fn and(self, value: String) -> Self {
        match self {
            Self::One(first) => Self::Several(vec![first, value]),
            Self::Several(mut values) => {
                values.push(value);
                Self::Several(values)
            }
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Several(values) => values,
        }
    }
}

fn ok() -> u16 {
    200
}

/// What serde asks of a field that is left out.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !value
}

impl Reply {
    /// An answer with this body.
    pub(super) fn of(status: u16, headers: BTreeMap<String, Values>, body: &[u8]) -> Self {
        let text = std::str::from_utf8(body).ok().map(str::to_owned);
        let base64 = text.is_none().then(|| STANDARD.encode(body));
        Self {
            status,
            headers,
            text,
            template: None,
            base64,
        }
    }
}

/// What a recording ends with.
pub(super) const END: &str = "\n]}\n";

/// Reads a file. A last line that was not written to its end, by a process that was killed, is left out.
///
/// # Errors
/// One sentence with the file's name: it cannot be read, or is no recording.
pub(super) fn read(path: &Path) -> Result<Recording, String> {
    let shown = path.display();
    let text = std::fs::read(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    parse(&text)
        .or_else(|error| without_the_last_line(&text).ok_or(error))
        .map_err(|error| format!("{shown} is no recording: {error}"))
}

fn parse(text: &[u8]) -> serde_json::Result<Recording> {
    serde_json::from_slice(text)
}

fn without_the_last_line(text: &[u8]) -> Option<Recording> {
    let end = text.iter().rposition(|&byte| byte == b'\n')?;
    let whole = text[..end].strip_suffix(b",").unwrap_or(&text[..end]);
    let recording = parse(&[whole, END.as_bytes()].concat()).ok()?;
    log::warn!(target: "vicishim::recording", "a recording's last call is not whole: it is left out");
    Some(recording)
}
