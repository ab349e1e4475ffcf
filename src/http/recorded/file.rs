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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reply {
    /// HTTP's status.
    #[serde(default = "ok")]
    pub(super) status: u16,
    /// The headers, but those of one connection or moment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, String>,
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
    pub(super) fn of(status: u16, headers: BTreeMap<String, String>, body: &[u8]) -> Self {
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

/// Reads a file.
///
/// # Errors
/// One sentence with the file's name: it cannot be read, or is no recording.
pub(super) fn read(path: &Path) -> Result<Recording, String> {
    let shown = path.display();
    let text = std::fs::read(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    serde_json::from_slice(&text).map_err(|error| format!("{shown} is no recording: {error}"))
}
