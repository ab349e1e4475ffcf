//! Giving recorded answers again.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;

use super::asked::{Asked, HIDDEN};
use super::file::{self, Expected, Recorded, Reply};
use super::template::Template;
use crate::http::query;

/// How many differences and functions are named to who asks for what is not recorded.
const NAMED: usize = 10;

/// How much of a value is shown.
const SHOWN: usize = 60;

/// What is answered without a dialer.
#[derive(Default)]
pub struct Replay {
    calls: Vec<Call>,
    /// How many answers there are.
    count: usize,
}

/// A call, with all that it is answered one time after another.
struct Call {
    /// Its place among the recorded calls, from 1 on.
    number: usize,
    wanted: Wanted,
    answers: Vec<Answer>,
    /// How often it was asked.
    asked: AtomicUsize,
    /// What the next template gets.
    counter: AtomicU64,
    /// What the first one got.
    first: u64,
}

/// What fits a call.
struct Wanted {
    written: Written,
    values: BTreeMap<String, Value>,
}

/// The same as it is written in the file: what is written alike is one call.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Written {
    path: Option<String>,
    parameters: BTreeMap<String, Expected>,
    more_parameters: bool,
    ignore: Vec<String>,
}

/// What fits a parameter.
enum Value {
    Any,
    Text(String),
    /// The expression as it is written, and for a whole value.
    Matches(String, Regex),
}

/// What is answered.
pub(in crate::http) struct Answer {
    pub(in crate::http) status: StatusCode,
    pub(in crate::http) headers: Vec<(HeaderName, HeaderValue)>,
    body: Body,
}

enum Body {
    Bytes(Vec<u8>),
    Template(Template),
}

impl Replay {
    /// Reads recordings; the first call that fits is to win.
    ///
    /// # Errors
    /// One sentence: what is wrong in which call of which file.
    pub fn read<P: AsRef<Path>>(files: impl IntoIterator<Item = P>) -> Result<Self, String> {
        let (mut replay, mut known) = (Self::default(), HashMap::new());
        for path in files {
            let path = path.as_ref();
            let recording = file::read(path)?;
            for (index, call) in recording.calls.into_iter().enumerate() {
                replay
                    .add(call, &recording.ignore, &mut known)
                    .map_err(|why| format!("{}, call {}: {why}", path.display(), index + 1))?;
            }
        }
        Ok(replay)
    }

    /// Adds a call; `known` has the places of those that are there.
    fn add(
        &mut self,
        call: Recorded,
        ignore: &[String],
        known: &mut HashMap<Written, usize>,
    ) -> Result<(), String> {
        let answer = Answer::try_from(call.reply)?;
        let written = Written {
            path: call.path,
            parameters: call.parameters,
            more_parameters: call.more_parameters,
            ignore: ignore.to_vec(),
        };
        self.count += 1;
        let place = *known.entry(written.clone()).or_insert(self.calls.len());
        if let Some(known) = self.calls.get_mut(place) {
            known.answers.push(answer);
            return Ok(());
        }
        let values = written
            .parameters
            .iter()
            .map(|(name, expected)| Ok((name.clone(), Value::of(name, expected)?)));
        let first = call.counter.unwrap_or(1);
        self.calls.push(Call {
            number: self.count,
            wanted: Wanted {
                values: values.collect::<Result<_, String>>()?,
                written,
            },
            answers: vec![answer],
            asked: AtomicUsize::new(0),
            counter: AtomicU64::new(first),
            first,
        });
        Ok(())
    }

    /// Begins again: with the first answer of each call, and with its first counter.
    pub(in crate::http) fn begin_again(&self) {
        for call in &self.calls {
            call.asked.store(0, Ordering::Relaxed);
            call.counter.store(call.first, Ordering::Relaxed);
        }
    }

    /// How many answers there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The answer to a call, and its body: of one that was made several times each answer in its turn, then the last one; a
    /// call that takes no turn gets the next one too.
    ///
    /// # Errors
    /// Nothing fits: what comes nearest, without secrets.
    pub(in crate::http) fn answer(
        &self,
        asked: &Asked,
        takes_turn: bool,
    ) -> Result<(&Answer, Vec<u8>), String> {
        let fitting = self.calls.iter().find(|call| call.wanted.fits(asked));
        let call = fitting.ok_or_else(|| self.nearest(asked))?;
        let step = u64::from(takes_turn);
        let turn = call
            .asked
            .fetch_add(usize::from(takes_turn), Ordering::Relaxed);
        let last = call.answers.len() - 1;
        let answer = &call.answers[turn.min(last)];
        let body = match &answer.body {
            Body::Bytes(bytes) => bytes.clone(),
            Body::Template(template) => {
                let counter = call.counter.fetch_add(step, Ordering::Relaxed);
                template.fill(asked, counter).into_bytes()
            }
        };
        Ok((answer, body))
    }

    fn nearest(&self, asked: &Asked) -> String {
        let of_function = |call: &&Call| {
            call.wanted.written.path == asked.path && call.wanted.fits_in("function", asked)
        };
        let calls = self.calls.iter().filter(of_function);
        let compared = calls.map(|call| (call.number, call.wanted.differences(asked)));
        match compared.min_by_key(|(_, differences)| differences.len()) {
            Some((number, differences)) => {
                format!("the nearest is call {number}: {}", few(&differences))
            }
            None => {
                let functions = self.calls.iter().map(|call| call.wanted.function());
                let mut functions: Vec<String> = functions.collect();
                functions.sort_unstable();
                functions.dedup();
                format!("there are calls of {}", few(&functions))
            }
        }
    }
}

/// The first of some, and how many more there are.
fn few(all: &[String]) -> String {
    let first = all[..all.len().min(NAMED)].join(", ");
    match all.len().saturating_sub(NAMED) {
        0 if all.is_empty() => "nothing".to_owned(),
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

impl Wanted {
    fn function(&self) -> String {
        match self.written.parameters.get("function") {
            Some(Expected::Text(text)) => text.clone(),
            Some(Expected::Pattern { matches }) => format!("/{matches}/"),
            None => self.written.path.clone().unwrap_or_default(),
        }
    }

    fn fits(&self, asked: &Asked) -> bool {
        self.written.path == asked.path
            && self.counted().all(|name| self.fits_in(name, asked))
            && self.unknown(asked).next().is_none()
    }

    /// Whether a parameter is as it is wanted.
    fn fits_in(&self, name: &str, asked: &Asked) -> bool {
        match (self.values.get(name), asked.parameters.get(name)) {
            (Some(value), Some(sent)) => value.fits(sent),
            (wanted, sent) => wanted.is_none() && sent.is_none(),
        }
    }

    /// The names that are wanted and count.
    fn counted(&self) -> impl Iterator<Item = &String> {
        let names = self.values.keys();
        names.filter(|name| !self.written.ignore.contains(name))
    }

    /// The names that were sent and are not wanted.
    fn unknown<'a>(&'a self, asked: &'a Asked) -> impl Iterator<Item = &'a String> {
        let sent = asked
            .parameters
            .keys()
            .filter(|_| !self.written.more_parameters);
        sent.filter(|&name| !self.values.contains_key(name) && !self.written.ignore.contains(name))
    }

    /// In what a call differs, a few words each.
    fn differences(&self, asked: &Asked) -> Vec<String> {
        let wrong = self.counted().filter(|name| !self.fits_in(name, asked));
        let wrong = wrong.map(|name| {
            let wanted = match self.values.get(name) {
                Some(Value::Text(text)) if !query::may_be_secret(name) => format!("{text:?}"),
                Some(Value::Matches(pattern, _)) => format!("/{pattern}/"),
                _ => "a value".to_owned(),
            };
            match asked.parameters.get(name) {
                None => format!("{name} was not sent"),
                Some(_) if query::may_be_secret(name) => format!("{name} is another"),
                Some(sent) => {
                    let begins: String = sent.chars().take(SHOWN).collect();
                    let dots = if begins.len() < sent.len() { "…" } else { "" };
                    format!("{name} is {begins:?}{dots} and not {wanted}")
                }
            }
        });
        let unknown = self.unknown(asked);
        let unknown = unknown.map(|name| format!("{name} was sent too"));
        wrong.chain(unknown).collect()
    }
}

impl Value {
    fn of(name: &str, expected: &Expected) -> Result<Self, String> {
        match expected {
            Expected::Text(text) if text == HIDDEN && query::may_be_secret(name) => Ok(Self::Any),
            Expected::Text(text) => Ok(Self::Text(text.clone())),
            Expected::Pattern { matches } => match Regex::new(&format!("^(?:{matches})$")) {
                Ok(whole) => Ok(Self::Matches(matches.clone(), whole)),
                Err(error) => Err(format!("{name}: {error}")),
            },
        }
    }

    fn fits(&self, sent: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Text(text) => text == sent,
            Self::Matches(_, whole) => whole.is_match(sent),
        }
    }
}

impl TryFrom<Reply> for Answer {
    type Error = String;

    fn try_from(reply: Reply) -> Result<Self, String> {
        let body = match (reply.text, reply.template, reply.base64) {
            (Some(text), None, None) => Body::Bytes(text.into_bytes()),
            (None, Some(template), None) => Body::Template(Template::read(&template)?),
            (None, None, Some(base64)) => {
                let bytes = STANDARD.decode(base64);
                Body::Bytes(bytes.map_err(|error| format!("base64: {error}"))?)
            }
            _ => return Err("the reply needs one of text, template and base64".to_owned()),
        };
        let status = Some(reply.status).filter(|status| *status >= 200);
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        let headers = reply.headers.iter();
        let headers =
            headers.flat_map(|(name, values)| values.all().iter().map(move |value| (name, value)));
        let headers = headers.map(|(name, value)| {
            let header = (HeaderName::try_from(name), HeaderValue::try_from(value));
            match header {
                (Ok(name), Ok(value)) => Ok((name, value)),
                _ => Err(format!("\"{name}: {value}\" is no header")),
            }
        });
        Ok(Self {
            status: status.ok_or_else(|| format!("{} is no status of an answer", reply.status))?,
            headers: headers.collect::<Result<_, _>>()?,
            body,
        })
    }
}
