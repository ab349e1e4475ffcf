//! `format=json`: a reply of lines as one JSON object.

use serde::Serialize;

use crate::api::{Answered, Dialect};

/// The content type.
pub(in crate::api) const CONTENT_TYPE: &str = "application/json";

/// The object; its members are in this order.
#[derive(Serialize)]
struct Object<'a> {
    /// SUCCESS, ERROR or NOTICE, of the last line.
    status: &'static str,
    function: &'a str,
    /// The reason of the last line that has one.
    reason: &'a str,
    user: &'a str,
    /// The data behind that reason, in its fields.
    data: Vec<&'a str>,
    /// Every line, as the documented dialect writes it.
    lines: Vec<&'a str>,
}

/// A reply as JSON, ended with a line feed. Rows below a line, as those of a CID group, are among the `lines` only.
pub(in crate::api) fn text(answered: &Answered) -> String {
    let Answered {
        reply,
        user,
        function,
        ..
    } = answered;
    let lines = reply.render(user, Dialect::Documented);
    let with_reason = reply.lines.iter().rfind(|line| !line.reason.is_empty());
    let telling = with_reason.or(reply.lines.last());
    let object = Object {
        status: reply.status().word(),
        function,
        reason: telling.map_or("", |line| &line.reason),
        user,
        data: telling.map_or_else(Vec::new, |line| line.fields()),
        lines: lines.lines().collect(),
    };
    let mut text = serde_json::to_string(&object).unwrap_or_default();
    text.push('\n');
    text
}
