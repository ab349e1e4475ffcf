//! Which calls are listed.

use serde::Deserialize;
use serde_json::Value;

use super::calls::Recorded;
use super::matching::is_path;
use crate::access::time::moment;
use crate::now;
use crate::resources::problem::Problem;

/// How many are listed where no other number is asked for.
const LISTED: usize = 100;

/// What a call must be to be listed; what is left out counts for nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    function: Option<String>,
    status: Option<u16>,
    path: Option<String>,
    contains: Option<String>,
    since: Option<String>,
    limit: Option<usize>,
}

impl Filter {
    /// How many calls are listed at the most.
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(LISTED)
    }

    /// Whether a call is one of those.
    ///
    /// # Errors
    /// `since` is neither a number nor a time.
    pub(super) fn condition(&self) -> Result<impl Fn(&Recorded) -> bool, Problem> {
        let since = self.since.as_deref().map(Since::read).transpose()?;
        Ok(move |call: &Recorded| {
            let request = &call.request;
            let is_of = |function: &String| *function == request.function;
            self.function.as_ref().is_none_or(is_of)
                && self
                    .status
                    .is_none_or(|status| call.reply.status == Some(status))
                && self
                    .path
                    .as_ref()
                    .is_none_or(|path| is_path(path, &request.path))
                && self.contains.as_ref().is_none_or(|text| holds(call, text))
                && since.as_ref().is_none_or(|since| since.is_before(call))
        })
    }
}

/// Whether a text is in what a call has sent or was answered.
fn holds(call: &Recorded, text: &str) -> bool {
    let in_value = |value: &Value| match value {
        Value::String(value) => value.contains(text),
        other => other.to_string().contains(text),
    };
    let Recorded { request, reply, .. } = call;
    request.path.contains(text)
        || request
            .parameters
            .iter()
            .any(|(name, value)| name.contains(text) || in_value(value))
        || reply.text.contains(text)
}

/// Behind what calls are listed.
enum Since {
    Number(u64),
    Time(i64),
}

impl Since {
    fn read(text: &str) -> Result<Self, Problem> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Number(number));
        }
        let time = moment(text, now::real().timestamp());
        let wrong = || {
            Problem::new(
                422,
                "since: must be the number of a call, or a time, such as 2026-11-20 09:00:00 or 10 min",
            )
        };
        time.map(Self::Time).ok_or_else(wrong)
    }

    fn is_before(&self, call: &Recorded) -> bool {
        match self {
            Self::Number(number) => call.number > *number,
            Self::Time(time) => call.at.timestamp() >= *time,
        }
    }
}
