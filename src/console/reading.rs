//! What pages read from the database themselves: signed in and permitted as any call, beside the writers, without rows in
//! the API's log.

use std::any::Any;
use std::sync::Arc;

use super::rights::Rights;
use super::stop::Stop;
use crate::access::journal::LogLine;
use crate::access::permission::Needs;
use crate::access::scope::{Scope, ScopeRule};
use crate::access::task::{self, Denied, Effect, Failure, Operation, Outcome, Terms};
use crate::access::{Call, CallTime, Identity, Proof, Session, dialer_clock};
use crate::routing::clock::Clock;
use crate::store::users::User;
use crate::store::{Db, QueryResult, Store};

/// What a reading is asked for, and by whom.
pub(super) struct Reader {
    /// The user's row.
    pub(super) user: Arc<User>,
    /// The rows that it may see.
    pub(super) scope: Scope,
    /// When it is asked.
    pub(super) time: CallTime,
    /// The dialer's clock.
    pub(super) clock: Clock,
}

/// What a page asks of its user.
pub(super) type Asks = fn() -> Needs;

/// What was read, and what is known of who asked.
pub(super) struct Read<T> {
    pub(super) found: T,
    pub(super) rights: Rights,
    pub(super) clock: Clock,
    /// For the sign-in: what stands for the password from now on.
    pub(super) proof: Option<Proof>,
}

/// Reads for the user of a call.
///
/// # Errors
/// The user does not get there, or the database does not answer.
pub(super) async fn read<T: Send + 'static>(
    store: &Store,
    call: Call,
    (function, asks): (&'static str, Asks),
    reading: impl Fn(&mut Db, &Reader) -> QueryResult<T> + Send + Sync + 'static,
) -> Result<Read<T>, Stop> {
    let reading = move |db: &mut Db, reader: &Reader| -> QueryResult<Found> {
        Ok(Box::new(reading(db, reader)?))
    };
    let operation = Reading {
        call,
        function,
        asks,
        reading: Arc::new(reading),
    };
    let read = match task::carry_out(store, operation).await {
        Ok(Ok(read)) => read,
        Ok(Err(Denied::SignIn(code))) => return Err(Stop::SignIn(code)),
        Ok(Err(_)) => return Err(Stop::NotAllowed(function)),
        Err(Failure::NothingChanged) => return Err(Stop::Unavailable),
        Err(Failure::OutcomeUnknown) => return Err(Stop::Unknown),
    };
    let Ok(found) = read.found.downcast::<T>() else {
        return Err(Stop::Unknown);
    };
    Ok(Read {
        found: *found,
        rights: read.rights,
        clock: read.clock,
        proof: read.proof,
    })
}

/// What was read, whatever it is: so the way of a call is compiled once for all pages, not once for each.
type Found = Box<dyn Any + Send>;

/// What reads it.
type Look = dyn Fn(&mut Db, &Reader) -> QueryResult<Found> + Send + Sync;

struct Reading {
    call: Call,
    function: &'static str,
    asks: Asks,
    reading: Arc<Look>,
}

impl Operation for Reading {
    type Answer = Result<Read<Found>, Denied>;

    fn call(&self) -> &Call {
        &self.call
    }

    fn terms(&self) -> Option<Terms> {
        Some(Terms {
            function: self.function,
            needs: (self.asks)(),
            effect: Effect::Reads,
            scope_rule: ScopeRule::Strict,
        })
    }

    fn perform(&self, mut session: Session<'_>) -> QueryResult<Outcome<Self::Answer>> {
        let scope = Scope::of(&mut session)?;
        let user = Arc::clone(&session.user);
        let (time, zone) = (self.call.time, self.call.time_zone);
        let reading = Arc::clone(&self.reading);
        Ok(Outcome::Read(Box::new(move |db| {
            let clock = dialer_clock(db, &time, zone)?;
            let reader = Reader {
                user,
                scope,
                time,
                clock,
            };
            let found = reading(db, &reader)?;
            Ok(Ok(Read {
                found,
                rights: Rights::of(&reader.user),
                proof: Proof::of(&reader.user),
                clock: reader.clock,
            }))
        })))
    }

    fn denied(&self, _: &Identity, denied: Denied) -> Self::Answer {
        Err(denied)
    }

    fn changed(answer: Self::Answer, _: i64) -> Self::Answer {
        answer
    }

    fn log_lines(_: &Self::Answer) -> Vec<LogLine> {
        Vec::new()
    }
}
