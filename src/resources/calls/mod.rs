//! `/route`: where a call goes now, for a dialplan. It is signed in by a key of its own, and leaves no row in the API's log:
//! it is a question of the dialer's, not a call of the API.

use std::time::Duration;

use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;

use super::landing::{About, Landing};
use crate::access::route_key::{NotAllowed, RouteKey, admit};
use crate::access::{CallTime, dialer_clock, warning};
use crate::loading::Candidates;
use crate::routing::caller::Caller;
use crate::routing::decide::{Decision, Question};
use crate::routing::number_form::NumberForm;
use crate::routing::time::parse_at;
use crate::store::{Db, QueryResult, Store};

/// How long an answer may take: a caller hears nothing meanwhile.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// The most characters of a number: those of `did_pattern`.
const LONGEST_NUMBER: usize = 50;

/// The most characters of a caller's number.
const LONGEST_CALLER: usize = 100;

/// Where a call goes: the question.
pub(crate) struct Asked {
    /// The key that was sent; empty where none was.
    pub(crate) key: String,
    /// The client's address.
    pub(crate) client: String,
    /// The number that is called.
    pub(crate) number: String,
    /// Who calls; none where that is not said.
    pub(crate) caller: Option<String>,
    /// When the call comes, in the words of `did_route_test`; empty for now.
    pub(crate) at: String,
    /// Now.
    pub(crate) time: CallTime,
    /// The dialer's time zone, where the operator names it.
    pub(crate) time_zone: Option<Tz>,
    /// How the caller's number is written.
    pub(crate) number_form: NumberForm,
    /// Whether the answer is JSON.
    pub(crate) is_json: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The key is none, or not for that address.
    Key(NotAllowed),
    /// What is wrong with the question.
    Wrong(&'static str),
    /// The database cannot be read, or not in time.
    Away,
}

/// Where a call goes: the answer.
#[derive(Debug)]
pub(crate) struct Routed {
    /// The name of the key that asked.
    pub(crate) key: String,
    /// The line for a dialplan.
    pub(crate) line: String,
    /// What is wrong with what the call comes through.
    pub(crate) warning: Option<String>,
    /// The same as JSON, where that was asked for.
    pub(crate) json: Option<Value>,
}

/// The answer as JSON.
#[derive(Serialize)]
struct Shown {
    /// The line for a dialplan.
    dialplan: String,
    /// The caller's number in the form that the server writes numbers in; as it was sent where it is none of a telephone,
    /// null where it is withheld or not said.
    caller_cid: Option<String>,
    #[serde(flatten)]
    landing: Landing,
}

/// Says where a call goes. Reads beside the writers.
///
/// # Errors
/// There is no answer: why.
pub(crate) async fn route(store: &Store, asked: Asked) -> Result<Routed, Refused> {
    let reading = store.glance(move |db: &mut Db| answer(db, asked));
    match timeout(ANSWER_TIME, reading).await {
        Ok(Some(answer)) => answer,
        Ok(None) | Err(_) => Err(Refused::Away),
    }
}

fn answer(db: &mut Db, mut asked: Asked) -> QueryResult<Result<Routed, Refused>> {
    let key = match admit(db, &asked.key, &asked.client)? {
        Ok(RouteKey { name, .. }) => name,
        Err(why) => return Ok(Err(Refused::Key(why))),
    };
    if let Some(wrong) = asked.mend() {
        return Ok(Err(Refused::Wrong(wrong)));
    }
    let dialer = dialer_clock(db, &asked.time, asked.time_zone)?;
    let Some(at) = parse_at(&asked.at, asked.time.utc(), &dialer) else {
        let wrong = "AT MUST BE A DATE AND TIME SUCH AS 2026-11-20T18:30:00-05:00";
        return Ok(Err(Refused::Wrong(wrong)));
    };
    let question = Question {
        asked: asked.number.clone(),
        at,
        dialer,
        caller: Caller::parse(asked.caller.as_deref()),
        calls: None,
    };
    // A dialer asks about every number.
    let candidates = Candidates::of(db, &question.asked, &|_| true)?;
    let decision = candidates.decided(db, &question, &|_| true)?;
    let did_id = candidates.answering().map(|number| number.did_id);
    let line = decision.line();
    let warning = warning::line(&decision.warnings);
    let json = asked
        .is_json
        .then(|| asked.shown(did_id, line.clone(), question, decision));
    Ok(Ok(Routed {
        key,
        line,
        warning,
        json,
    }))
}

impl Asked {
    /// Puts back the plus that a decoded query has lost; what is wrong with the question.
    fn mend(&mut self) -> Option<&'static str> {
        for number in [Some(&mut self.number), self.caller.as_mut()] {
            // Neither begins with a space.
            if let Some(number) = number
                && let Some(rest) = number.strip_prefix(' ')
            {
                *number = format!("+{}", rest.trim_start());
            }
        }
        let length = self.number.chars().count();
        if !(1..=LONGEST_NUMBER).contains(&length) {
            return Some("NUMBER MUST BE FROM 1 TO 50 CHARACTERS");
        }
        let caller = self.caller.as_deref().unwrap_or_default();
        (caller.chars().count() > LONGEST_CALLER).then_some("CALLER MUST BE AT MOST 100 CHARACTERS")
    }

    fn shown(
        self,
        did_id: Option<i64>,
        dialplan: String,
        question: Question,
        decision: Decision,
    ) -> Value {
        let caller_cid = match &question.caller {
            Caller::Number(number) => Some(match self.number_form.number(number) {
                Ok(Some(formed)) => formed,
                Ok(None) | Err(_) => number.clone(),
            }),
            Caller::Anonymous | Caller::NotSaid => None,
        };
        let about = did_id.map_or(About::Nothing, About::Did);
        let shown = Shown {
            dialplan,
            caller_cid,
            landing: Landing::of(about, self.caller, question, decision),
        };
        serde_json::to_value(shown).unwrap_or_default()
    }
}
