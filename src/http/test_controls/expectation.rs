//! What a test expects of the calls that came, and what it is told where they are others.

use regex::Regex;
use serde_json::{Map, Value, json};

use super::answers::Answer;
use super::calls::Recorded;
use super::matching::is_path;
use crate::resources::problem::Problem;

/// How many of the nearest calls are shown.
const NEAREST: usize = 3;

/// How many parameters' differences are shown of a call.
const DIFFERENCES: usize = 20;

/// What is expected.
pub(super) struct Expectation {
    conditions: Vec<Condition>,
    count: Count,
}

/// What a call must have.
struct Condition {
    what: String,
    wanted: Wanted,
}

enum Wanted {
    /// This text, or this JSON.
    Exactly(Value),
    /// A text in which this is found.
    Matches(Regex),
    /// Nothing of this name.
    Absent,
    /// This path, or one that begins so.
    Path(String),
}

#[derive(Clone, Copy)]
enum Count {
    Exactly(u64),
    AtLeast(u64),
    AtMost(u64),
}

impl Expectation {
    /// # Errors
    /// A field that is unknown or wrong.
    pub(super) fn read(asked: &Map<String, Value>) -> Result<Self, Problem> {
        let wrong = |field: &str, why: &str| Problem::new(422, format!("{field}: {why}"));
        let (mut conditions, mut count) = (Vec::new(), None);
        for (field, value) in asked {
            match field.as_str() {
                "function" | "method" | "path" => {
                    let Some(text) = value.as_str() else {
                        return Err(wrong(field, "must be a text"));
                    };
                    let wanted = match field.as_str() {
                        "path" => Wanted::Path(text.to_owned()),
                        "method" => Wanted::Exactly(text.to_ascii_uppercase().into()),
                        _ => Wanted::Exactly(text.into()),
                    };
                    let what = field.clone();
                    conditions.push(Condition { what, wanted });
                }
                "parameters" => {
                    let Some(parameters) = value.as_object() else {
                        return Err(wrong(field, "must be an object"));
                    };
                    for (name, value) in parameters {
                        let what = format!("parameters.{name}");
                        let wanted = Wanted::read(value).map_err(|why| wrong(&what, &why))?;
                        conditions.push(Condition { what, wanted });
                    }
                }
                "count" | "at_least" | "at_most" => {
                    let Some(number) = value.as_u64() else {
                        return Err(wrong(field, "must be a number from 0 on"));
                    };
                    let given = match field.as_str() {
                        "count" => Count::Exactly(number),
                        "at_least" => Count::AtLeast(number),
                        _ => Count::AtMost(number),
                    };
                    if count.replace(given).is_some() {
                        return Err(wrong(field, "give one of count, at_least and at_most"));
                    }
                }
                _ => {
                    return Err(wrong(
                        field,
                        "is none of function, path, method, parameters, count, at_least and at_most",
                    ));
                }
            }
        }
        let count = count.unwrap_or(Count::AtLeast(1));
        Ok(Self { conditions, count })
    }

    /// 200 where the calls are as expected, 417 where they are not, with the calls that come nearest; `dropped` are those
    /// that are not kept any more.
    pub(super) fn judge(&self, calls: &[&Recorded], dropped: u64) -> Answer {
        let mut differing: Vec<(Vec<Value>, &Recorded)> = calls
            .iter()
            .map(|call| (self.differences(call), *call))
            .collect();
        let matching: Vec<u64> = differing
            .iter()
            .filter(|(differences, _)| differences.is_empty())
            .map(|(_, call)| call.number)
            .collect();
        let found = u64::try_from(matching.len()).unwrap_or(u64::MAX);
        if self.count.is_met(found) && dropped == 0
            || matches!(self.count, Count::AtLeast(least) if found >= least)
        {
            return Answer::Json(200, json!({ "found": found }));
        }
        let mut detail = format!("{} expected, {} came", self.count.words(), plural(found));
        if dropped > 0 {
            detail.push_str(&format!("; {dropped} older ones are not kept any more, so that nobody can tell: DELETE calls, or reset, earlier"));
        }
        differing.retain(|(differences, _)| !differences.is_empty());
        // The newest of those that differ alike.
        differing.reverse();
        differing.sort_by_key(|(differences, _)| differences.len());
        let nearest: Vec<Value> = differing
            .into_iter()
            .take(NEAREST)
            .map(|(differences, call)| {
                let shown: Vec<Value> = differences.into_iter().take(DIFFERENCES).collect();
                json!({
                    "number": call.number,
                    "method": call.request.method,
                    "path": call.request.path,
                    "function": call.request.function,
                    "status": call.reply.status,
                    "differs": shown,
                })
            })
            .collect();
        let mut more = Map::new();
        more.insert("found".to_owned(), found.into());
        more.insert("matching".to_owned(), matching.into());
        more.insert("nearest".to_owned(), nearest.into());
        Answer::Unmet(Problem::new(417, detail), more)
    }

    /// Where a call is not what is expected.
    fn differences(&self, call: &Recorded) -> Vec<Value> {
        let request = &call.request;
        let differs = |condition: &Condition| {
            let Condition { what, wanted } = condition;
            let came = match what.as_str() {
                "function" => Some(Value::from(request.function.as_str())),
                "method" => Some(request.method.as_str().into()),
                "path" => Some(request.path.as_str().into()),
                _ => {
                    let name = what.strip_prefix("parameters.").unwrap_or(what);
                    request.parameters.get(name).cloned()
                }
            };
            let is_wanted = wanted.is(came.as_ref());
            (!is_wanted).then(|| json!({ "what": what, "expected": wanted.shown(), "came": came }))
        };
        self.conditions.iter().filter_map(differs).collect()
    }
}

impl Wanted {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(Self::Absent),
            Value::Object(members) => {
                let pattern = members.get("matches").and_then(Value::as_str);
                let Some(pattern) = pattern.filter(|_| members.len() == 1) else {
                    return Err("must be a value, null for none, or {\"matches\": \"a regular expression\"}".to_owned());
                };
                let pattern = Regex::new(pattern);
                pattern
                    .map(Self::Matches)
                    .map_err(|error| format!("is no regular expression: {error}"))
            }
            exactly => Ok(Self::Exactly(exactly.clone())),
        }
    }

    fn is(&self, came: Option<&Value>) -> bool {
        match (self, came) {
            (Self::Absent, came) => came.is_none(),
            (_, None) => false,
            (Self::Exactly(wanted), Some(came)) => came == wanted || text(came) == text(wanted),
            (Self::Matches(pattern), Some(came)) => pattern.is_match(&text(came)),
            (Self::Path(pattern), Some(came)) => is_path(pattern, &text(came)),
        }
    }

    fn shown(&self) -> Value {
        match self {
            Self::Exactly(value) => value.clone(),
            Self::Matches(pattern) => json!({ "matches": pattern.as_str() }),
            Self::Absent => Value::Null,
            Self::Path(path) => path.as_str().into(),
        }
    }
}

/// A value as the text API sends it: 101 and "101" are the same.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Count {
    fn is_met(self, found: u64) -> bool {
        match self {
            Self::Exactly(count) => found == count,
            Self::AtLeast(least) => found >= least,
            Self::AtMost(most) => found <= most,
        }
    }

    fn words(self) -> String {
        match self {
            Self::Exactly(count) => plural(count),
            Self::AtLeast(least) => format!("at least {}", plural(least)),
            Self::AtMost(most) => format!("at most {}", plural(most)),
        }
    }
}

fn plural(count: u64) -> String {
    match count {
        1 => "1 such call".to_owned(),
        count => format!("{count} such calls"),
    }
}
