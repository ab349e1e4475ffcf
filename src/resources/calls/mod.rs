//! `/route`: where a call goes now, for a dialplan, and which calls are under way. It is signed in by a key of its own, and
//! leaves no row in the API's log: it is a question of the dialer's, not a call of the API.

mod asked;
mod channels;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;

pub(crate) use asked::{Asked, Begun};
pub use channels::Channels;
use channels::{CallId, Full, Reserved};

use super::landing::{About, Landing};
use crate::access::route_key::{NotAllowed, RouteKey, admit};
use crate::access::{dialer_clock, warning};
use crate::loading::Candidates;
use crate::routing::caller::Caller;
use crate::routing::decide::{Decision, Question};
use crate::routing::time::parse_at;
use crate::store::{Db, QueryResult, Store};

/// How long an answer may take: a caller hears nothing meanwhile.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The key is none, or not for that address.
    Key(NotAllowed),
    /// What is wrong with the question.
    Wrong(&'static str),
    /// The database cannot be read, or not in time.
    Away,
    /// There are too many calls at once.
    Full,
    /// The call that is to end is not under way.
    NoSuchCall,
}

/// Where a call goes: the answer.
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

/// Says where a call goes; one that begins is counted where it is connected. Reads beside the writers.
///
/// # Errors
/// There is no answer, and no call has begun: why.
pub(crate) async fn route(
    store: &Store,
    channels: &Arc<Channels>,
    asked: Asked,
) -> Result<Routed, Refused> {
    let channels = Arc::clone(channels);
    let (routed, reserved) = glance(store, move |db| answer(db, &channels, asked)).await?;
    // Only now: whoever no longer waits for the answer has no call.
    if let Some(reserved) = reserved {
        reserved.keep();
    }
    Ok(routed)
}

/// Ends a call; the name of the key that asked.
///
/// # Errors
/// It is not ended: why.
pub(crate) async fn end(
    store: &Store,
    channels: &Channels,
    (key, client): (String, String),
    id: String,
) -> Result<String, Refused> {
    let admitted = move |db: &mut Db| Ok(admit(db, &key, &client)?.map_err(Refused::Key));
    let RouteKey { id: key, name } = glance(store, admitted).await?;
    match channels.end(&CallId { key, id }) {
        true => Ok(name),
        false => Err(Refused::NoSuchCall),
    }
}

/// Reads beside the writers, no longer than a caller may wait.
async fn glance<T: Send + 'static>(
    store: &Store,
    reading: impl FnOnce(&mut Db) -> QueryResult<Result<T, Refused>> + Send + 'static,
) -> Result<T, Refused> {
    match timeout(ANSWER_TIME, store.glance(reading)).await {
        Ok(Some(answer)) => answer,
        Ok(None) | Err(_) => Err(Refused::Away),
    }
}

/// The answer, and the place of the call that begins with it.
type Answer = Result<(Routed, Option<Reserved>), Refused>;

fn answer(db: &mut Db, channels: &Arc<Channels>, mut asked: Asked) -> QueryResult<Answer> {
    let key = match admit(db, &asked.key, &asked.client)? {
        Ok(key) => key,
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
    let begun = match asked.begun.take().map(|begun| begun.call(key.id)) {
        Some(Err(wrong)) => return Ok(Err(Refused::Wrong(wrong))),
        Some(Ok(begun)) => Some(begun),
        None => None,
    };
    let mut question = Question {
        asked: asked.number.clone(),
        at,
        dialer,
        caller: Caller::parse(asked.caller.as_deref()),
        calls: None,
    };
    // A dialer asks about every number.
    let candidates = Candidates::of(db, &question.asked, &|_| true)?;
    let did_id = candidates.answering().map(|number| number.did_id);
    let mut reserved = None;
    if let Some(did_id) = did_id {
        let Ok(counted) = count(channels, did_id, begun) else {
            return Ok(Err(Refused::Full));
        };
        (question.calls, reserved) = counted;
    }
    let decision = candidates.decided(db, &question, &|_| true)?;
    let reserved = reserved.filter(|_| decision.is_connected());
    let line = decision.line();
    let warning = warning::line(&decision.warnings);
    let json = asked
        .is_json
        .then(|| shown(asked, did_id, line.clone(), question, decision));
    let routed = Routed {
        key: key.name,
        line,
        warning,
        json,
    };
    Ok(Ok((routed, reserved)))
}

/// How many calls a DID has with the one that is asked about, and the place of that one where it begins.
type Counted = (Option<u32>, Option<Reserved>);

fn count(
    channels: &Arc<Channels>,
    did_id: i64,
    begun: Option<(CallId, Duration)>,
) -> Result<Counted, Full> {
    let Some((call, time)) = begun else {
        return Ok((Some(channels.count(did_id).saturating_add(1)), None));
    };
    let reserved = channels.reserve(call, did_id, time)?;
    // One that is under way is not refused, whatever the cap is by now.
    let calls = (!reserved.is_known).then_some(reserved.count);
    Ok((calls, Some(reserved)))
}

fn shown(
    asked: Asked,
    did_id: Option<i64>,
    dialplan: String,
    question: Question,
    decision: Decision,
) -> Value {
    let caller_cid = match &question.caller {
        Caller::Number(number) => Some(match asked.number_form.number(number) {
            Ok(Some(formed)) => formed,
            Ok(None) | Err(_) => number.clone(),
        }),
        Caller::Anonymous | Caller::NotSaid => None,
    };
    let about = did_id.map_or(About::Nothing, About::Did);
    let shown = Shown {
        dialplan,
        caller_cid,
        landing: Landing::of(about, asked.caller, question, decision),
    };
    serde_json::to_value(shown).unwrap_or_default()
}
