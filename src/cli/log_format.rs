//! What is written to standard error.

use std::io::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::ValueEnum;
use env_logger::fmt::Formatter;
use log::Record;
use log::kv::{Error, Key, Value, VisitSource};
use serde::Serialize;

use crate::http::request_id;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum LogFormat {
    /// For people: `[2026-11-20T09:00:00Z INFO  vicishim::access] …`
    #[default]
    Text,
    /// For programs: one JSON object a line
    Json,
}

impl LogFormat {
    /// Logs to standard error what `RUST_LOG` names, `info` by default.
    pub(super) fn start(self) {
        env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info"))
            .format(move |out, record| self.write(out, record))
            .init();
    }

    fn write(self, out: &mut Formatter, record: &Record<'_>) -> std::io::Result<()> {
        let (now, request_id) = (crate::now::real(), request_id::current());
        let line = match self {
            Self::Text => text(now, record, request_id.as_deref()),
            Self::Json => object(now, record, request_id.as_deref()),
        };
        writeln!(out, "{line}")
    }
}

/// A line of text; what it says in several lines is indented.
fn text(now: DateTime<Utc>, record: &Record<'_>, request_id: Option<&str>) -> String {
    let time = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut line = format!("[{time} {:<5} {}] ", record.level(), record.target());
    let message = record.args().to_string();
    push(&mut line, &message);
    if let Some(id) = request_id {
        line.push_str(" request_id=");
        line.push_str(id);
    }
    line
}

/// Appends a message. Only a line of the log's own begins with a bracket, and nothing moves a terminal's cursor, whatever a
/// call sends.
fn push(line: &mut String, message: &str) {
    if !message.contains(char::is_control) {
        line.push_str(message);
        return;
    }
    for character in message.chars() {
        match character {
            '\n' => line.push_str("\n    "),
            other if other.is_control() => line.extend(other.escape_default()),
            other => line.push(other),
        }
    }
}

/// A line as an object: what every line has, and what a line of its kind has.
fn object(now: DateTime<Utc>, record: &Record<'_>, request_id: Option<&str>) -> String {
    let mut fields = Fields(String::with_capacity(512));
    let time = now.to_rfc3339_opts(SecondsFormat::Millis, true);
    fields.put("time", &time);
    fields.put("level", &record.level().as_str());
    fields.put("target", &record.target());
    if let Some(id) = request_id {
        fields.put("request_id", &id);
    }
    // Numbers and texts go in without an error.
    record.key_values().visit(&mut fields).ok();
    fields.put("message", &record.args().to_string());
    fields.end()
}

/// The fields of an object, written one after another. Their names need no escaping.
struct Fields(String);

impl Fields {
    fn put(&mut self, name: &str, value: &impl Serialize) {
        let before = if self.0.is_empty() { "{\"" } else { ",\"" };
        // Texts and numbers can always be written.
        let value = serde_json::to_string(value).unwrap_or_default();
        self.0.extend([before, name, "\":", &value]);
    }

    fn end(mut self) -> String {
        self.0.push('}');
        // JSON lets those control characters pass that are not of ASCII's first 32; they stand in texts only.
        match self.0.contains(char::is_control) {
            true => self.0.chars().map(escaped).collect(),
            false => self.0,
        }
    }
}

/// A character of a text of JSON's, escaped where it is a control character.
fn escaped(character: char) -> String {
    match character.is_control() {
        true => format!("\\u{:04x}", u32::from(character)),
        false => character.to_string(),
    }
}

impl<'kvs> VisitSource<'kvs> for Fields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        match (value.to_u64(), value.to_f64()) {
            (Some(number), _) => self.put(key.as_str(), &number),
            // To the microsecond, as times are given.
            (None, Some(number)) => self.put(key.as_str(), &((number * 1000.0).round() / 1000.0)),
            (None, None) => self.put(key.as_str(), &value.to_string()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use log::Level;
    use serde_json::json;

    use super::*;

    fn written(format: LogFormat, message: &str, fields: &[(&str, Value<'_>)]) -> String {
        let now = DateTime::UNIX_EPOCH;
        let mut record = Record::builder();
        record.level(Level::Warn).target("vicishim::x");
        record.key_values(&fields);
        let arguments = format_args!("{message}");
        match format {
            LogFormat::Text => text(now, &record.args(arguments).build(), Some("7")),
            LogFormat::Json => object(now, &record.args(arguments).build(), Some("7")),
        }
    }

    #[test]
    fn a_line_of_text_moves_no_cursor_and_forges_no_line() {
        let message = "user=x\n[2026] y\u{1b}[2Jz\r\u{85}ñ";
        assert_eq!(
            written(LogFormat::Text, message, &[("status", 200.into())]),
            "[1970-01-01T00:00:00Z WARN  vicishim::x] user=x\n    [2026] y\\u{1b}[2Jz\\r\\u{85}ñ request_id=7"
        );
    }

    #[test]
    fn an_object_is_one_line_and_keeps_every_character() {
        let message = "a \"quote\"\nand \u{1b}\u{7f}\u{9b}2Jñ";
        let fields = [
            ("status", 200.into()),
            ("duration_ms", 1.234_567.into()),
            ("user", "x\ny".into()),
        ];
        let line = written(LogFormat::Json, message, &fields);
        assert!(!line.contains(char::is_control), "{line}");
        let object: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        let expected = json!({
            "time": "1970-01-01T00:00:00.000Z", "level": "WARN", "target": "vicishim::x", "request_id": "7",
            "status": 200, "duration_ms": 1.235, "user": "x\ny", "message": message,
        });
        assert_eq!(object, expected);
    }
}
