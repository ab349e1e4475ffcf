//! The calls that came since the reset, the newest of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::answers::Answer;
use super::expectation::Expectation;
use super::filter::Filter;
use super::request::Request;
use super::secrets::Secrets;
use crate::now;
use crate::resources::problem::Problem;

/// How many calls are kept.
const MOST: usize = 10_000;

/// How many bytes of them.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// A call that is over.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    /// 1 for the first that was answered since the reset.
    pub(super) number: u64,
    pub(super) request: Request,
    pub(super) at: DateTime<Utc>,
    milliseconds: f64,
    pub(super) reply: Reply,
    /// The fault that it met.
    fault: Option<u64>,
}

/// What it was answered.
#[derive(Debug, Clone, Default)]
pub(super) struct Reply {
    /// None where the connection was closed before there was an answer.
    pub(super) status: Option<u16>,
    pub(super) text: String,
    /// How long the whole text is.
    pub(super) bytes: usize,
}

impl Recorded {
    fn shown(&self) -> Value {
        let Request {
            method,
            path,
            api,
            function,
            user,
            parameters,
        } = &self.request;
        let mut shown = json!({
            "number": self.number,
            "time": self.at.to_rfc3339_opts(SecondsFormat::Millis, true),
            "milliseconds": (self.milliseconds * 10.0).round() / 10.0,
            "api": api,
            "method": method,
            "path": path,
            "function": function,
            "user": user,
            "parameters": parameters,
            "status": self.reply.status,
            "reply": self.reply.text,
            "reply_bytes": self.reply.bytes,
        });
        if let (Some(fault), Value::Object(shown)) = (self.fault, &mut shown) {
            shown.insert("fault".to_owned(), fault.into());
        }
        shown
    }

    fn size(&self) -> usize {
        self.request.size() + self.reply.text.len() + std::mem::size_of::<Self>()
    }
}

/// A call under way. One that is dropped unanswered, as its client is gone, is recorded without a reply.
pub(super) struct Received {
    call: Option<Begun>,
    kept: Arc<Mutex<Kept>>,
}

/// How much of an answer's text is kept.
pub(super) const KEPT: usize = 8 * 1024;

struct Begun {
    request: Request,
    at: DateTime<Utc>,
    since: Instant,
    secrets: Secrets,
    /// The reset that it came after.
    reset: u64,
    fault: Option<u64>,
}

#[derive(Default)]
struct Kept {
    calls: VecDeque<Recorded>,
    bytes: usize,
    /// How many were answered since the reset.
    answered: u64,
    /// How often they were forgotten.
    resets: u64,
}

/// The calls.
#[derive(Default)]
pub(super) struct Calls(Arc<Mutex<Kept>>);

impl Calls {
    /// A call that has come, and the fault that it meets.
    pub(super) fn receive(
        &self,
        (request, secrets): (Request, Secrets),
        fault: Option<u64>,
    ) -> Received {
        let call = Begun {
            request,
            at: now::real(),
            since: Instant::now(),
            secrets,
            reset: lock(&self.0).resets,
            fault,
        };
        Received {
            call: Some(call),
            kept: Arc::clone(&self.0),
        }
    }

    /// How often they were forgotten.
    pub(super) fn resets(&self) -> u64 {
        lock(&self.0).resets
    }

    /// Forgets them; those under way too.
    pub(super) fn forget(&self) -> Answer {
        let mut kept = lock(&self.0);
        *kept = Kept {
            resets: kept.resets + 1,
            ..Kept::default()
        };
        Answer::Done
    }

    /// The newest calls that fit, in the order of their answers.
    ///
    /// # Errors
    /// `since` is neither a number nor a time.
    pub(super) fn list(&self, filter: &Filter) -> Result<Answer, Problem> {
        let kept = lock(&self.0);
        let fits = filter.condition()?;
        let mut count = 0;
        let mut shown: Vec<Value> = Vec::new();
        for call in kept.calls.iter().rev().filter(|call| fits(call)) {
            count += 1;
            if shown.len() < filter.limit() {
                shown.push(call.shown());
            }
        }
        shown.reverse();
        Ok(Answer::Json(
            200,
            json!({
                "answered": kept.answered,
                "dropped": kept.dropped(),
                "found": count,
                "calls": shown,
            }),
        ))
    }

    /// Whether the calls are as expected.
    ///
    /// # Errors
    /// The expectation cannot be read.
    pub(super) fn expect(&self, asked: &Map<String, Value>) -> Result<Answer, Problem> {
        let expectation = Expectation::read(asked)?;
        let kept = lock(&self.0);
        let calls: Vec<&Recorded> = kept.calls.iter().collect();
        Ok(expectation.judge(&calls, kept.dropped()))
    }
}

impl Received {
    /// It was answered so.
    pub(super) fn answered(mut self, reply: Reply) {
        self.end(reply);
    }

    fn end(&mut self, reply: Reply) {
        if let Some(call) = self.call.take() {
            lock(&self.kept).add(call, reply);
        }
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        self.end(Reply::default());
    }
}

impl Kept {
    /// Adds a call, unless it came before the reset.
    fn add(&mut self, call: Begun, mut reply: Reply) {
        if call.reset != self.resets {
            return;
        }
        reply.text = call.secrets.mask_in(reply.text);
        let mut ends = (0..=KEPT.min(reply.text.len())).rev();
        let end = ends.find(|end| reply.text.is_char_boundary(*end));
        reply.text.truncate(end.unwrap_or(0));
        self.answered += 1;
        let call = Recorded {
            number: self.answered,
            milliseconds: call.since.elapsed().as_secs_f64() * 1000.0,
            request: call.request,
            at: call.at,
            reply,
            fault: call.fault,
        };
        self.bytes += call.size();
        self.calls.push_back(call);
        while self.calls.len() > MOST || (self.bytes > MOST_BYTES && self.calls.len() > 1) {
            let oldest = self.calls.pop_front();
            self.bytes -= oldest.map_or(0, |oldest| oldest.size());
        }
    }

    /// How many older ones are kept no more.
    fn dropped(&self) -> u64 {
        let kept = u64::try_from(self.calls.len()).unwrap_or(u64::MAX);
        self.answered.saturating_sub(kept)
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(calls: &Calls, text: &str) {
        let received = calls.receive(Default::default(), None);
        let text = text.to_owned();
        let reply = Reply {
            status: Some(200),
            bytes: text.len(),
            text,
        };
        received.answered(reply);
    }

    #[test]
    fn the_newest_calls_are_kept_and_the_dropped_ones_are_counted() {
        let calls = Calls::default();
        for _ in 0..MOST + 5 {
            answer(&calls, "");
        }
        let kept = lock(&calls.0);
        assert_eq!((kept.calls.len(), kept.dropped()), (MOST, 5));
        assert_eq!(kept.calls.front().map(|call| call.number), Some(6));
    }

    #[test]
    fn long_calls_are_bounded_by_their_bytes() {
        let calls = Calls::default();
        let long = "é".repeat(KEPT);
        let most = MOST_BYTES / KEPT;
        for _ in 0..most + 5 {
            answer(&calls, &long);
        }
        let kept = lock(&calls.0);
        assert!(kept.bytes <= MOST_BYTES);
        // Each takes some bytes more than its text.
        assert!((most / 2..most).contains(&kept.calls.len()));
        assert_eq!(kept.dropped() as usize, most + 5 - kept.calls.len());
        assert!(kept.calls.iter().all(|call| call.reply.text.len() == KEPT));
    }

    #[test]
    fn a_call_that_came_before_the_reset_is_not_recorded() {
        let calls = Calls::default();
        let before = calls.receive(Default::default(), None);
        calls.forget();
        before.answered(Reply::default());
        assert_eq!(lock(&calls.0).answered, 0);
    }
}
