//! What an operation of the JSON API answers.

use serde::Serialize;
use serde_json::Value;

use super::problem::Problem;
use super::request::{IfMatch, Request};
use crate::access::journal::LogLine;
use crate::access::task::Outcome;
use crate::access::{Session, Stop, warning};
use crate::store::{Db, QueryResult};

/// Why a request stops before its end.
pub(super) type Fault = Stop<Problem>;

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Answer(problem)
    }
}

/// What an operation comes to.
pub(super) type Answer = Result<Outcome<Response>, Fault>;

/// What was done.
pub(crate) struct Response {
    /// HTTP's status.
    pub(crate) status: u16,
    /// The body; none for 204.
    pub(crate) body: Option<Value>,
    /// The tag of the state that the body shows, without quotes.
    pub(crate) etag: Option<String>,
    /// Where a new thing is.
    pub(crate) location: Option<String>,
    /// The body's `warnings` in one line.
    pub(crate) warning: Option<String>,
    /// The number of what it has changed, in the history.
    pub(crate) change_id: Option<i64>,
    /// What the API's log says of it.
    line: LogLine,
}

impl From<Response> for Outcome<Response> {
    fn from(response: Response) -> Self {
        Self::Done(response)
    }
}

impl Response {
    /// A state that is shown, and its tag.
    pub(super) fn shown(status: u16, view: &impl Serialize, line: LogLine) -> Self {
        let shown = Self::plain(status, view, line);
        Self {
            etag: shown.body.as_ref().map(tag),
            ..shown
        }
    }

    fn plain(status: u16, view: &impl Serialize, line: LogLine) -> Self {
        let body = serde_json::to_value(view).unwrap_or_default();
        Self {
            status,
            etag: None,
            warning: warning_of(&body),
            change_id: None,
            body: Some(body),
            location: None,
            line,
        }
    }

    /// This state in another shape: its tag stays.
    #[must_use]
    pub(super) fn in_shape(mut self, body: Value) -> Self {
        self.warning = warning_of(&body);
        self.body = Some(body);
        self
    }

    /// An answer that is not the state of a thing.
    pub(super) fn ok(view: &impl Serialize, line: LogLine) -> Self {
        Self::plain(200, view, line)
    }

    /// Something that was deleted.
    pub(super) fn no_content(line: LogLine) -> Self {
        Self {
            status: 204,
            body: None,
            etag: None,
            location: None,
            warning: None,
            change_id: None,
            line,
        }
    }

    /// This, with a part of the state as the body; the tag stays the whole state's.
    #[must_use]
    pub(super) fn showing(mut self, part: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_value(part).unwrap_or_default());
        self
    }

    /// This without its body.
    #[must_use]
    pub(super) fn without_body(self) -> Self {
        Self {
            status: 204,
            body: None,
            etag: None,
            ..self
        }
    }

    /// What the API's log says of it.
    pub(super) fn log_line(&self) -> LogLine {
        self.line.clone()
    }

    /// This, with a warning more.
    #[must_use]
    pub(super) fn warning(mut self, text: Option<&str>) -> Self {
        let (Some(text), Some(Value::Object(body))) = (text, &mut self.body) else {
            return self;
        };
        let warnings = body
            .entry("warnings")
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Some(warnings) = warnings.as_array_mut() {
            warnings.push(Value::from(text));
        }
        self.warning = self.body.as_ref().and_then(warning_of);
        self
    }

    /// This, at a new address.
    #[must_use]
    pub(super) fn at(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }
}

/// An answer that is read beside the writers.
pub(super) fn read<V: Serialize>(
    reading: impl FnOnce(&mut Db) -> QueryResult<V> + Send + 'static,
    line: LogLine,
) -> Answer {
    Ok(Outcome::Read(Box::new(move |db| {
        Ok(Response::ok(&reading(db)?, line))
    })))
}

fn warning_of(body: &Value) -> Option<String> {
    let warnings = body.get("warnings")?.as_array()?;
    let texts: Vec<&str> = warnings.iter().filter_map(Value::as_str).collect();
    warning::line(&texts)
}

/// The tag of a state: FNV-1a over its fields, the same in every release. What is only said about it counts for nothing.
fn tag(body: &Value) -> String {
    let mut state = body.clone();
    if let Value::Object(fields) = &mut state {
        fields.shift_remove("warnings");
    }
    let hash = state
        .to_string()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    format!("{hash:016x}")
}

/// Refuses a change to a state that is not the one the client has seen.
///
/// # Errors
/// 412
pub(super) fn unchanged(request: &Request, view: &impl Serialize) -> Result<(), Problem> {
    let IfMatch::Tags(tags) = &request.if_match else {
        return Ok(());
    };
    let current = tag(&serde_json::to_value(view).unwrap_or_default());
    match tags.contains(&current) {
        true => Ok(()),
        false => Err(Problem::new(
            412,
            "it was changed meanwhile: If-Match does not name its present ETag",
        )),
    }
}

/// The work of an endpoint, once its user has signed in.
pub(super) type Perform = fn(&mut Session<'_>, &Request) -> Answer;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tag_is_the_same_in_every_release_and_has_no_warnings_in_it() {
        let state = json!({"id": 10, "number": "+12125550100", "warnings": ["no route"]});
        assert_eq!(tag(&state), "e719c90b391c3977");
        assert_eq!(
            tag(&state),
            tag(&json!({"id": 10, "number": "+12125550100"}))
        );
        assert_ne!(
            tag(&state),
            tag(&json!({"id": 10, "number": "12125550100"}))
        );
    }
}
