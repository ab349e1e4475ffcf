//! The way of a call: its function and its options are found once and carried; then the function answers, without a sign-in
//! or through one.

use std::num::NonZeroI64;
use std::sync::Arc;

use tokio::time::timeout;

use super::function::{Function, OpenAnswer};
use super::options::{Options, json, requests};
use super::parameters::{self, Parameters};
use super::registry::function;
use super::session::Session;
use super::stop::Stop;
use super::{Call, Dialect, Effect, Line, Reply, denial, phone};
use crate::access::journal::{Entry, LogLine};
use crate::access::permission::Needs;
use crate::access::task::{self, ANSWER_TIMEOUT, Denied, Failure, Operation, Outcome, Terms};
use crate::access::{self, Identity, identity};
use crate::store::{Db, QueryResult, Store};

/// An answer and what the access log says of it.
#[derive(Debug)]
pub struct Answered {
    /// The answer.
    pub reply: Reply,
    /// The user as sent, after filtering.
    pub user: String,
    /// The function as sent, after filtering.
    pub function: String,
    /// The source as sent, after filtering.
    pub source: String,
}

impl Answered {
    /// A reply to the call of this sender.
    pub(super) fn of(reply: Reply, identity: &Identity) -> Self {
        Self {
            reply,
            user: identity.user.clone(),
            function: identity.function.clone(),
            source: identity.source.clone(),
        }
    }

    /// The text of an answer that is not an export.
    pub fn text(&self, dialect: Dialect) -> String {
        if self.reply.is_json() {
            return json::text(self);
        }
        self.reply.render(&self.user, dialect)
    }
}

/// A call with its function and its options.
struct TextCall {
    call: Arc<Call>,
    dialect: Dialect,
    /// The function that it names; none where this dialect knows none of that name.
    function: Option<&'static Function>,
    options: Arc<Options>,
}

impl TextCall {
    fn new(call: Call, dialect: Dialect) -> Self {
        let name = identity::one(&call.pairs, identity::FUNCTION, false);
        Self {
            function: function(&name).filter(|function| function.is_known_in(dialect)),
            options: Arc::new(Options::of(&call, dialect)),
            call: Arc::new(call),
            dialect,
        }
    }

    /// Whether the reply alone is asked for.
    fn is_dry_run(&self) -> bool {
        self.function
            .is_some_and(|function| self.options.is_dry_run_of(function))
    }

    /// What to say of a `source` that the API's log cuts, in the documented dialect.
    fn long_source(&self, db: &Db, identity: &Identity) -> Option<String> {
        if self.dialect == Dialect::Wire {
            return None;
        }
        let source = identity.source.as_str();
        let kept = db.columns().cut("vicidial_api_log", "source", source);
        let length = kept.chars().count();
        (kept.len() < source.len())
            .then(|| format!("source is cut to {length} characters in vicidial_api_log"))
    }

    fn finished(&self, mut reply: Reply, identity: &Identity) -> Answered {
        reply.facts.is_dry_run = self.is_dry_run();
        reply.facts.is_json = self.options.json;
        Answered::of(reply, identity)
    }

    /// Runs the function; an answer to a request that was sent before is given again.
    fn respond(&self, session: access::Session<'_>) -> Result<Reply, Stop> {
        let Some((function, signed_in)) = self
            .function
            .and_then(|function| Some((function, function.signed_in()?)))
        else {
            return Ok(Reply::no_function());
        };
        let (call, identity) = (session.call, session.identity);
        if let Some(name) = parameters::array(&call.pairs, self.dialect) {
            let reason = format!("{} PARAMETER MUST NOT BE AN ARRAY", function.name());
            return Err(Line::error(reason, format!("{name}[]")).into());
        }
        let non_latin = session.settings.non_latin();
        let mut parameters = Parameters::filter(&call.pairs, non_latin);
        if self.dialect == Dialect::Documented {
            phone::fields::take_blanks(&mut parameters, &call.pairs);
            self.options.check(function, call, &parameters)?;
        }
        let user = &session.user;
        let request = self
            .options
            .request(session.db, call, function, user, &parameters)?;
        if let Some(request) = &request
            && let Some(reply) = requests::take(session.db, request, call)?
        {
            return Ok(reply);
        }
        let mut session = Session {
            access: session,
            parameters,
            dialect: self.dialect,
            options: Options::clone(&self.options),
            warnings: Vec::new(),
        };
        let mut reply = match (signed_in.answer)(&mut session) {
            Ok(reply) | Err(Stop::Answer(reply)) => reply,
            Err(stop) => return Err(stop),
        };
        let mut warnings = std::mem::take(&mut session.warnings);
        if !warnings.is_empty() {
            let (name, user, warning) = (function.name(), &identity.user, warnings.join("; "));
            log::warn!(target: "vicishim::numbers", "function={name} user={user} {warning}");
        }
        warnings.extend(self.long_source(session.db, identity));
        warnings.append(&mut reply.facts.warnings);
        reply.facts.warnings = warnings;
        let Some(request) = request else {
            return Ok(reply);
        };
        reply.facts.is_json = self.options.json;
        let answered = Answered::of(reply, identity);
        requests::keep(session.access.db, &request, call, &answered)?;
        Ok(answered.reply)
    }
}

impl Operation for TextCall {
    type Answer = Answered;

    fn call(&self) -> &Call {
        &self.call
    }

    fn terms(&self) -> Option<Terms> {
        let function = self.function?;
        let signed_in = function.signed_in()?;
        Some(Terms {
            function: function.name(),
            needs: Needs::Function(signed_in.permission),
            effect: match self.is_dry_run() {
                true => Effect::Reads,
                false => signed_in.effect,
            },
            scope_rule: function.scope_rule,
        })
    }

    fn perform(&self, session: access::Session<'_>) -> QueryResult<Outcome<Answered>> {
        let identity = session.identity;
        let mut answered = match self.respond(session) {
            Ok(reply) => self.finished(reply, identity),
            Err(stop) => return stop.into_outcome(|reply| self.finished(reply, identity)),
        };
        let Some(export) = answered.reply.export.take() else {
            return Ok(Outcome::Done(answered));
        };
        Ok(Outcome::Read(Box::new(move |db: &mut Db| {
            let reply = export.open(answered.reply.content_type, db)?;
            // Rows have a format of their own; what is answered in their place has not.
            let facts = match reply.export {
                Some(_) => reply.facts,
                None => answered.reply.facts,
            };
            Ok(Answered {
                reply: Reply { facts, ..reply },
                ..answered
            })
        })))
    }

    fn denied(&self, identity: &Identity, denied: Denied) -> Answered {
        let signed_in = self.function.and_then(Function::signed_in);
        let denial = signed_in.map(|signed_in| &signed_in.denial);
        let reply = denial::reply(denied, denial, identity, &self.call.client);
        self.finished(reply, identity)
    }

    fn changed(mut answered: Answered, change_id: i64) -> Answered {
        answered.reply.facts.change_id = NonZeroI64::new(change_id);
        answered
    }

    fn log_lines(answered: &Answered) -> Vec<LogLine> {
        log_lines(&answered.reply)
    }
}

/// The lines that the API's log keeps of a reply: none of a dry run.
fn log_lines(reply: &Reply) -> Vec<LogLine> {
    if reply.facts.is_dry_run {
        return Vec::new();
    }
    let lines = reply.lines.iter().filter_map(|line| {
        let (reason, data) = line.logged()?;
        Some(LogLine {
            result: line.wire_status().word(),
            reason: reason.to_owned(),
            data: data.to_owned(),
        })
    });
    lines.collect()
}

/// Answers a call; the answer comes after its changes and log rows are on disk. Of an answer of many rows the first page
/// is read then.
pub async fn ask(store: &Store, call: Call, dialect: Dialect) -> Answered {
    let call = TextCall::new(call, dialect);
    if let Some(answer) = call.function.and_then(Function::open_answer)
        && let Some(answered) = open(store, &call, answer).await
    {
        return answered;
    }
    let (sent, options) = (Arc::clone(&call.call), Arc::clone(&call.options));
    match task::carry_out(store, call).await {
        Ok(answered) => answered,
        Err(failure) => failed(&sent, &options, failure),
    }
}

/// Answers a call of a function without a sign-in. It changes nothing, so it does not wait for those that do; its row in
/// the API's log is written after its answer. None where its name is not valid under the system's settings.
async fn open(store: &Store, text_call: &TextCall, answer: OpenAnswer) -> Option<Answered> {
    let TextCall { call, options, .. } = text_call;
    let Ok(Some(system)) = timeout(ANSWER_TIMEOUT, store.system()).await else {
        return Some(failed(call, options, Failure::NothingChanged));
    };
    let non_latin = system.settings.non_latin();
    let identity = Identity::of(&call.pairs, non_latin);
    if identity.function.is_empty() {
        return None;
    }
    let mut reply = answer(&system, call, &Parameters::filter(&call.pairs, non_latin));
    reply.facts.is_json = options.json;
    let rows = Entry::of_anyone(call, &identity).rows(log_lines(&reply));
    store.log(rows).await;
    Some(Answered::of(reply, &identity))
}

/// The answer to a call that the database could not answer.
fn failed(call: &Call, options: &Options, failure: Failure) -> Answered {
    let mut reply = match failure {
        Failure::NothingChanged => Reply::database_unavailable(),
        Failure::OutcomeUnknown => Reply::outcome_unknown(),
    };
    reply.facts.is_json = options.json;
    Answered::of(reply, &Identity::of(&call.pairs, false))
}

/// Answers a call on a connection whose transaction is open; its log rows wait there for the end of the batch.
///
/// # Errors
/// The database failed: the caller takes the transaction back.
pub fn answer(db: &mut Db, call: &Call, dialect: Dialect) -> QueryResult<Answered> {
    let call = TextCall::new(call.clone(), dialect);
    match task::perform(db, &call)? {
        Outcome::Done(answered) | Outcome::Denied(answered, _) => Ok(answered),
        Outcome::Read(reading) => reading(db),
    }
}
