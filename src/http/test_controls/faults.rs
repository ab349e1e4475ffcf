//! What is to go wrong: for which requests, how often, and how.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answers::Answer;
use super::matching::Target;
use super::request::Request;
use crate::resources::problem::Problem;

/// How many faults there may be.
const MOST: usize = 1_000;

/// The longest delay.
const LONGEST: u64 = 10 * 60 * 1000;

/// A fault as it is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    function: Option<String>,
    path: Option<String>,
    all: Option<bool>,
    times: Option<u64>,
    probability: Option<f64>,
    seed: Option<u64>,
    delay_ms: Option<u64>,
    reply: Option<AskedReply>,
    database_unavailable: Option<bool>,
    connection_lost: Option<Lost>,
    cut_body: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedReply {
    status: Option<u16>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    headers: Map<String, Value>,
}

/// When the connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Lost {
    /// Before the call is carried out, which it never is.
    Before,
    /// After that, before a byte of the answer.
    After,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Effect {
    /// It waits before it is carried out.
    Delay(Duration),
    /// It is not carried out, and answered so.
    Reply(Reply),
    /// It is answered as when the database cannot be reached.
    DatabaseUnavailable,
    /// Its connection is closed.
    ConnectionLost(Lost),
    /// Its connection is closed behind so many bytes of the body.
    CutBody(usize),
}

/// A reply that stands for the real one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) text: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

/// How often a fault happens.
enum Often {
    Always,
    /// So many times more.
    Times(u64),
    /// To each call with this probability.
    Probability(f64, fastrand::Rng),
}

struct Fault {
    number: u64,
    target: Target,
    often: Often,
    effect: Effect,
    used: u64,
}

#[derive(Default)]
struct Planned {
    faults: Vec<Fault>,
    /// The number of the last one.
    last: u64,
}

/// The faults that are planned.
#[derive(Default)]
pub(super) struct Faults(Mutex<Planned>);

impl Faults {
    /// Plans one.
    ///
    /// # Errors
    /// A field is wrong, or there are too many.
    pub(super) fn add(&self, asked: Asked) -> Result<Answer, Problem> {
        let (target, often, effect) = (asked.target()?, asked.often()?, asked.effect()?);
        let mut planned = self.lock();
        if planned.faults.len() >= MOST {
            return Err(Problem::new(
                409,
                format!("there are {MOST} faults already: DELETE them"),
            ));
        }
        planned.last += 1;
        let fault = Fault {
            number: planned.last,
            target,
            often,
            effect,
            used: 0,
        };
        let shown = fault.shown();
        planned.faults.push(fault);
        Ok(Answer::Json(201, shown))
    }

    /// All of them, in the order in which they were planned.
    pub(super) fn list(&self) -> Answer {
        let shown: Vec<Value> = self.lock().faults.iter().map(Fault::shown).collect();
        Answer::Json(200, json!({ "faults": shown }))
    }

    /// Forgets them.
    pub(super) fn forget(&self) -> Answer {
        self.lock().faults.clear();
        Answer::Done
    }

    /// What happens to a call, with the fault's number: of those planned for it, and not used up, the first that happens.
    pub(super) fn meet(&self, request: &Request) -> Option<(u64, Effect)> {
        let mut planned = self.lock();
        let mut of_it = planned.faults.iter_mut();
        let fault = loop {
            let fault = of_it.next()?;
            if fault.target.is_of(request) && fault.often.happens() {
                break fault;
            }
        };
        fault.used += 1;
        Some((fault.number, fault.effect.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, Planned> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Often {
    /// Whether it happens this time.
    fn happens(&mut self) -> bool {
        match self {
            Self::Always => true,
            Self::Times(left) => {
                let happens = *left > 0;
                *left = left.saturating_sub(1);
                happens
            }
            Self::Probability(probability, random) => random.f64() < *probability,
        }
    }
}

impl Fault {
    fn shown(&self) -> Value {
        let (target, wanted) = match &self.target {
            Target::Function(function) => ("function", function.as_str().into()),
            Target::Path(path) => ("path", path.as_str().into()),
            Target::All => ("all", Value::Bool(true)),
        };
        let mut shown = json!({ "fault": self.number, target: wanted, "used": self.used });
        let (effect, value) = match &self.effect {
            Effect::Delay(time) => (
                "delay_ms",
                u64::try_from(time.as_millis()).unwrap_or(LONGEST).into(),
            ),
            Effect::Reply(reply) => (
                "reply",
                json!({ "status": reply.status.as_u16(), "text": reply.text }),
            ),
            Effect::DatabaseUnavailable => ("database_unavailable", true.into()),
            Effect::ConnectionLost(Lost::Before) => ("connection_lost", "before".into()),
            Effect::ConnectionLost(Lost::After) => ("connection_lost", "after".into()),
            Effect::CutBody(bytes) => ("cut_body", (*bytes).into()),
        };
        shown[effect] = value;
        match &self.often {
            Often::Always => {}
            Often::Times(left) => shown["left"] = (*left).into(),
            Often::Probability(probability, _) => shown["probability"] = (*probability).into(),
        }
        shown
    }
}

impl Asked {
    fn target(&self) -> Result<Target, Problem> {
        match (&self.function, &self.path, self.all) {
            (Some(function), None, None) => Ok(Target::Function(function.clone())),
            (None, Some(path), None) => Ok(Target::Path(path.clone())),
            (None, None, Some(true)) => Ok(Target::All),
            _ => Err(wrong("give one of function, path and \"all\": true")),
        }
    }

    fn often(&self) -> Result<Often, Problem> {
        match (self.times, self.probability, self.seed) {
            (None, None, None) => Ok(Often::Always),
            (Some(0), _, _) => Err(wrong("times: must be at least 1")),
            (Some(times), None, None) => Ok(Often::Times(times)),
            (None, Some(probability), seed) if (0.0..=1.0).contains(&probability) => {
                let random = seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
                Ok(Often::Probability(probability, random))
            }
            (None, Some(_), _) => Err(wrong("probability: must be 0 to 1")),
            (Some(_), Some(_), _) => Err(wrong("give times or probability, not both")),
            (_, None, Some(_)) => Err(wrong("seed: is for a probability")),
        }
    }

    fn effect(self) -> Result<Effect, Problem> {
        let is_right =
            |flag: Option<bool>| flag.map(|flag| flag.then_some(Effect::DatabaseUnavailable));
        let effects = [
            self.delay_ms
                .map(|time| Ok(Effect::Delay(Duration::from_millis(time)))),
            self.reply.map(|reply| reply.read().map(Effect::Reply)),
            is_right(self.database_unavailable)
                .map(|effect| effect.ok_or_else(|| wrong("database_unavailable: must be true"))),
            self.connection_lost
                .map(|lost| Ok(Effect::ConnectionLost(lost))),
            self.cut_body.map(|bytes| Ok(Effect::CutBody(bytes))),
        ];
        let mut effects = effects.into_iter().flatten();
        let one = "give one of delay_ms, reply, database_unavailable, connection_lost and cut_body";
        let (Some(effect), None) = (effects.next(), effects.next()) else {
            return Err(wrong(one));
        };
        match effect? {
            Effect::Delay(time) if time > Duration::from_millis(LONGEST) => {
                Err(wrong(&format!("delay_ms: must be at most {LONGEST}")))
            }
            effect => Ok(effect),
        }
    }
}

impl AskedReply {
    fn read(self) -> Result<Reply, Problem> {
        let status = self.status.unwrap_or(200);
        let status = StatusCode::from_u16(status)
            .ok()
            .filter(|status| !status.is_informational());
        let status = status.ok_or_else(|| wrong("reply.status: must be 200 to 999"))?;
        let header = |(name, value): (String, Value)| {
            let parsed = value.as_str().and_then(|value| {
                let name = HeaderName::try_from(name.as_str()).ok()?;
                Some((name, HeaderValue::from_str(value).ok()?))
            });
            parsed.ok_or_else(|| wrong(&format!("reply.headers.{name}: is no header")))
        };
        let headers: Result<Vec<_>, Problem> = self.headers.into_iter().map(header).collect();
        Ok(Reply {
            status,
            text: self.text,
            headers: headers?,
        })
    }
}

fn wrong(why: &str) -> Problem {
    Problem::new(422, why)
}
