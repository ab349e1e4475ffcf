//! The one way of every call: settings, sign-in, permission, its work, its log rows; on a writer's connection, within one
//! time limit.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::gates::{Gate, Refusal};
use super::hashing::Digest;
use super::journal::{Change, Entry, LogLine};
use super::permission::{self, Needs};
use super::scope::ScopeRule;
use super::sign_in::{self, Attempt, Code, SignInFailure};
use super::{Call, Identity, Session};
use crate::store::history::Slot;
use crate::store::logs::AdminRow;
use crate::store::settings::{Hashing, Settings};
use crate::store::{Db, Performed, QueryResult, Store, Work};

/// How long a call may wait for its answer, from its handing over to the database on.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// Whether a function changes anything but logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It does not.
    Reads,
    /// It does, or may.
    Changes,
}

/// What an operation is, and what it takes.
pub(crate) struct Terms {
    /// The function, as `api_allowed_functions` and the logs name it.
    pub(crate) function: &'static str,
    /// What it asks of its user.
    pub(crate) needs: Needs,
    /// Whether this call of it changes anything.
    pub(crate) effect: Effect,
    /// How it reads the user's scope.
    pub(crate) scope_rule: ScopeRule,
}

/// Why a call does not get to its work. Each front end words it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The user did not sign in.
    SignIn(Code),
    /// There is no such function.
    NoFunction,
    /// The `source` is shorter than 2 characters.
    Source,
    /// The function is not among the user's `api_allowed_functions`.
    Function,
    /// The user has not the function's level, or not its flags.
    Permission,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The database does not answer; nothing was changed.
    NothingChanged,
    /// The database failed in the middle, or the time was over: a change may have been made.
    OutcomeUnknown,
}

/// Rows that are read beside the writers, and the answer that they make.
pub(crate) type Reading<A> = Box<dyn FnOnce(&mut Db) -> QueryResult<A> + Send>;

/// What the work of a call came to.
pub(crate) enum Outcome<A> {
    /// The answer.
    Done(A),
    /// The answer, and the gate that the user did not pass, for the process's log.
    Denied(A, Box<Refusal>),
    /// It takes long: a reader makes the answer, which is logged then.
    Read(Reading<A>),
}

impl<A: 'static> Outcome<A> {
    /// The same with another answer, made of this one.
    pub(crate) fn map<B>(self, answer: impl FnOnce(A) -> B + Send + 'static) -> Outcome<B> {
        match self {
            Self::Done(from) => Outcome::Done(answer(from)),
            Self::Denied(from, refusal) => Outcome::Denied(answer(from), refusal),
            Self::Read(reading) => Outcome::Read(Box::new(move |db| reading(db).map(answer))),
        }
    }
}

/// What a front end asks for: one call of one operation, resolved.
pub(crate) trait Operation: Send + Sync + 'static {
    /// What the front end answers.
    type Answer: Send + 'static;

    /// The call.
    fn call(&self) -> &Call;

    /// What it is and what it takes; none where there is no such function.
    fn terms(&self) -> Option<Terms>;

    /// Does it, for a user who may. It is done again where the database took the first time back.
    ///
    /// # Errors
    /// The database failed.
    fn perform(&self, session: Session<'_>) -> QueryResult<Outcome<Self::Answer>>;

    /// The answer to a call that does not get to its work.
    fn denied(&self, identity: &Identity, denied: Denied) -> Self::Answer;

    /// The answer to a call that has made this change.
    fn changed(answer: Self::Answer, change_id: i64) -> Self::Answer;

    /// What the API's log says of an answer: a row a line.
    fn log_lines(answer: &Self::Answer) -> Vec<LogLine>;
}

/// Has an operation done; the answer comes after its changes and log rows are on disk.
///
/// # Errors
/// There is no answer: why.
pub(crate) async fn carry_out<O: Operation>(
    store: &Store,
    operation: O,
) -> Result<O::Answer, Failure> {
    let end = Instant::now() + ANSWER_TIMEOUT;
    let (operation, mut digest) = (Arc::new(operation), None);
    let Finished {
        outcome,
        entry,
        change,
    } = loop {
        let task = CallTask {
            operation: Arc::clone(&operation),
            digest: digest.take(),
        };
        match store.perform(task, end - Instant::now()).await {
            Performed::Done(Came::ToAnEnd(finished)) => break *finished,
            // Again where the system's key was changed meanwhile.
            Performed::Done(Came::ToAPassword { hashing, password }) => {
                let made = timeout_at(end, Digest::beside(hashing, password)).await;
                digest = Some(made.ok().flatten().ok_or(Failure::NothingChanged)?);
            }
            Performed::NothingChanged => return Err(Failure::NothingChanged),
            Performed::Unknown => return Err(Failure::OutcomeUnknown),
        }
    };
    let number = change.map_or(0, |slot| slot.load(Ordering::Relaxed));
    match outcome {
        Outcome::Done(answer) if number != 0 => Ok(O::changed(answer, number)),
        Outcome::Done(answer) => Ok(answer),
        Outcome::Denied(answer, refusal) => {
            refusal.log(&entry);
            Ok(answer)
        }
        Outcome::Read(reading) => timeout_at(end, read::<O>(store, reading, entry, end))
            .await
            .unwrap_or(Err(Failure::NothingChanged)),
    }
}

/// Reads beside the writers, then logs what was answered. Nothing is changed but the log.
async fn read<O: Operation>(
    store: &Store,
    reading: Reading<O::Answer>,
    entry: Entry,
    end: Instant,
) -> Result<O::Answer, Failure> {
    let answer = store.read_for(entry.user(), reading).await;
    let answer = answer.ok_or(Failure::NothingChanged)?;
    let rows = entry.rows(O::log_lines(&answer));
    if rows.is_empty() {
        return Ok(answer);
    }
    let left = end.saturating_duration_since(Instant::now());
    match store.log_now(rows, left).await {
        true => Ok(answer),
        false => Err(Failure::NothingChanged),
    }
}

/// What a call came to on a writer's connection.
enum Came<A> {
    /// It is done.
    ToAnEnd(Box<Finished<A>>),
    /// Its password is to be hashed first. Nothing is done.
    ToAPassword { hashing: Hashing, password: String },
}

/// A call that is done.
struct Finished<A> {
    /// Its answer, or how that is read.
    outcome: Outcome<A>,
    /// What the logs say of it, whatever is answered.
    entry: Entry,
    /// The number of what it has changed, once that is written.
    change: Option<Slot>,
}

/// Carries a call out on a connection whose transaction is open; its log rows wait there for the end of the batch. A
/// password is hashed here.
///
/// # Errors
/// The database failed: the caller takes the transaction back.
pub(crate) fn perform<O: Operation>(db: &mut Db, operation: &O) -> QueryResult<Outcome<O::Answer>> {
    let mut digest = None;
    loop {
        match advance(db, operation, digest.as_ref())? {
            Came::ToAnEnd(finished) => return Ok(finished.outcome),
            Came::ToAPassword { hashing, password } => {
                digest = Some(Digest::new(hashing, &password));
            }
        }
    }
}

/// Carries a call out, as far as it comes.
///
/// # Errors
/// The database failed: the caller takes the transaction back.
fn advance<O: Operation>(
    db: &mut Db,
    operation: &O,
    digest: Option<&Digest>,
) -> QueryResult<Came<O::Answer>> {
    let call = operation.call();
    let settings = Settings::read(db)?;
    let identity = Identity::of(&call.pairs, settings.non_latin());
    let entry = match call.proof.is_some() && is_read(operation) {
        // Who looks at pages leaves no rows, as in VICIdial's own.
        true => Entry::of(call, &identity).without_rows(),
        false => Entry::of(call, &identity),
    };
    db.begin_noting();
    let (outcome, is_logged) = match admit(db, operation, &settings, &identity, digest)? {
        Ok(session) => (operation.perform(session)?, true),
        Err(Stop::Unhashed(hashing)) => {
            let password = identity.password;
            return Ok(Came::ToAPassword { hashing, password });
        }
        Err(Stop::Denied(denied, refusal)) => {
            let answer = operation.denied(&identity, denied);
            let outcome = match refusal {
                Some(refusal) => Outcome::Denied(answer, Box::new(refusal)),
                None => Outcome::Done(answer),
            };
            // A failed sign-in leaves no row (fixtures/reference/behaviour.md §3).
            (outcome, !matches!(denied, Denied::SignIn(_)))
        }
    };
    if let Outcome::Done(answer) | Outcome::Denied(answer, _) = &outcome
        && is_logged
    {
        for row in entry.clone().rows(O::log_lines(answer)) {
            db.logs.api(row);
        }
    }
    let change = db.end_noting(|| entry.author(call))?;
    Ok(Came::ToAnEnd(Box::new(Finished {
        outcome,
        entry,
        change,
    })))
}

/// Whether an operation changes nothing.
fn is_read(operation: &impl Operation) -> bool {
    let terms = operation.terms();
    terms.is_some_and(|terms| terms.effect == Effect::Reads)
}

/// Why a call comes to no work.
enum Stop {
    Denied(Denied, Option<Refusal>),
    Unhashed(Hashing),
}

/// Sign-in and permission, in their order (fixtures/reference/behaviour.md §3, §4): the session, or
/// why there is none and the gate that the user did not pass.
fn admit<'a, O: Operation>(
    db: &'a mut Db,
    operation: &'a O,
    settings: &'a Settings,
    identity: &'a Identity,
    digest: Option<&Digest>,
) -> QueryResult<Result<Session<'a>, Stop>> {
    let call = operation.call();
    let denied = |denied, refusal| Ok(Err(Stop::Denied(denied, refusal)));
    let user = match sign_in::attempt(db, call, settings, identity, digest)? {
        Attempt::SignedIn(user) => user,
        Attempt::Failed(SignInFailure { code, refusal }) => {
            return denied(Denied::SignIn(code), Some(refusal));
        }
        Attempt::Unhashed(hashing) => return Ok(Err(Stop::Unhashed(hashing))),
    };
    // With `use_non_latin` a name that is not UTF-8 names no function.
    let terms = operation.terms();
    let Some(terms) = terms.filter(|terms| terms.function == identity.function) else {
        return denied(Denied::NoFunction, None);
    };
    let Terms {
        function,
        needs,
        scope_rule,
        ..
    } = terms;
    let permission = needs.permission();
    if permission.is_some_and(|permission| permission.asks_source)
        && identity.source.len() < permission::SHORTEST_SOURCE
    {
        return denied(Denied::Source, None);
    }
    if let Needs::Function(_) = needs {
        let allowed = permission::allowed(function, &user);
        if !allowed.opens() {
            return denied(Denied::Function, Some(allowed.refusal()));
        }
    }
    let closed: Option<Gate<'_>> =
        permission.and_then(|asked| asked.gates(&user).find(|gate| !gate.opens()));
    if let Some(gate) = closed {
        return denied(Denied::Permission, Some(gate.refusal()));
    }
    Ok(Ok(Session {
        db,
        call,
        identity,
        settings,
        user,
        scope_rule,
    }))
}

/// A call on its way to a writer and back.
struct CallTask<O: Operation> {
    operation: Arc<O>,
    /// The digest of its password, where it was asked for.
    digest: Option<Digest>,
}

impl<O: Operation> Work for CallTask<O> {
    type Answer = Came<O::Answer>;

    fn run(&mut self, db: &mut Db) -> QueryResult<Self::Answer> {
        advance(db, &*self.operation, self.digest.as_ref())
    }

    fn announcement(&self) -> Option<AdminRow> {
        let terms = self.operation.terms()?;
        (terms.effect == Effect::Changes)
            .then(|| Change::announcement(self.operation.call(), terms.function))
    }
}
