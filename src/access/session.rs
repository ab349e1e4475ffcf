//! A call that has signed in, and how its work may stop.

use std::sync::Arc;

use chrono_tz::Tz;

use super::gates::{Gate, Refusal};
use super::scope::ScopeRule;
use super::task::Outcome;
use super::{Call, CallTime, Identity};
use crate::routing::clock::Clock;
use crate::store::settings::Settings;
use crate::store::users::User;
use crate::store::{Db, QueryResult, servers};

/// A call that has signed in and may do its work.
pub(crate) struct Session<'a> {
    /// The database, in the transaction of the call.
    pub(crate) db: &'a mut Db,
    /// The call.
    pub(crate) call: &'a Call,
    /// Who sends it, and as what.
    pub(crate) identity: &'a Identity,
    /// The system's settings.
    pub(crate) settings: &'a Settings,
    /// The user's row.
    pub(crate) user: Arc<User>,
    /// How the function reads the user's scope.
    pub(crate) scope_rule: ScopeRule,
}

impl Session<'_> {
    /// The dialer's clock.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) fn dialer_clock(&mut self) -> QueryResult<Clock> {
        dialer_clock(self.db, &self.call.time, self.call.time_zone)
    }
}

/// The dialer's clock, for a request of this time; `time_zone` is the one that the operator names.
///
/// # Errors
/// The database cannot be read.
pub(crate) fn dialer_clock(
    db: &mut Db,
    time: &CallTime,
    time_zone: Option<Tz>,
) -> QueryResult<Clock> {
    let local_gmt = servers::local_gmt(db)?;
    let hours = time.standard_hours();
    Ok(Clock::of(time_zone, local_gmt.as_deref(), hours))
}

/// Why the work of a call stops before its end; `A` is the front end's answer.
#[derive(Debug)]
pub(crate) enum Stop<A> {
    /// With this answer; nothing was changed.
    Answer(A),
    /// With this answer, at this gate; nothing was changed.
    Denied(A, Box<Refusal>),
    /// The database failed.
    Database(diesel::result::Error),
}

impl<A> Stop<A> {
    /// The end of a call that this gate does not let through.
    pub(crate) fn at(gate: &Gate<'_>, answer: A) -> Self {
        Self::Denied(answer, Box::new(gate.refusal()))
    }

    /// What the call came to, with the front end's answer.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) fn into_outcome<B>(self, answer: impl FnOnce(A) -> B) -> QueryResult<Outcome<B>> {
        match self {
            Self::Answer(from) => Ok(Outcome::Done(answer(from))),
            Self::Denied(from, refusal) => Ok(Outcome::Denied(answer(from), refusal)),
            Self::Database(error) => Err(error),
        }
    }
}

impl<A> From<diesel::result::Error> for Stop<A> {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}
