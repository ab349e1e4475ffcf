//! The transaction of a call's half in the state, and what the call leaves there until its end.

use diesel::result::Error;

use super::noted;
use crate::store::history;
use crate::store::requests::{self, Request};
use crate::store::sql::Sql;
use crate::store::{Db, QueryResult};

/// What a call has left in the state that must not stay there when nothing of the call is left.
#[derive(Debug, Default)]
pub(super) struct Open {
    /// Its intentions.
    pub(super) intentions: Vec<i64>,
    /// The request that it has taken.
    request: Option<Request>,
    /// The name under which it has taken it.
    owner: String,
    /// Whether the request's reply is among what the transaction holds.
    has_reply: bool,
}

impl Open {
    fn is_empty(&self) -> bool {
        self.intentions.is_empty() && self.request.is_none()
    }
}

/// How the completion of our half failed.
#[derive(Debug)]
pub(in crate::store) enum Incomplete {
    /// Nothing of it is there.
    NotCommitted(Error),
    /// It is there or not.
    Unknown(Error),
}

impl From<Error> for Incomplete {
    fn from(error: Error) -> Self {
        Self::NotCommitted(error)
    }
}

impl Db {
    /// The database that holds our own tables, to be changed: in the call's transaction there, which ends the call's
    /// intentions.
    pub(in crate::store) fn own_to_write(&mut self) -> QueryResult<&mut Self> {
        if self.state.is_none() {
            return self.own();
        }
        self.check_alone()?;
        let is_begun = self.state.as_ref().is_some_and(|state| state.is_begun);
        if !is_begun {
            self.begin_own()?;
            let open = self
                .state
                .as_ref()
                .map(|state| state.open.intentions.clone());
            for intention in open.unwrap_or_default() {
                if !noted::forget(self.own()?, intention)? {
                    // It was settled meanwhile, as if this call were dead, and others may have changed its rows since.
                    return Err(Error::RollbackTransaction);
                }
            }
        }
        self.own()
    }

    /// Refuses to change both databases in a batch of several calls: their transactions could not end together.
    pub(in crate::store) fn check_alone(&self) -> QueryResult<()> {
        match self.transactional && !self.is_alone {
            true => Err(Error::QueryBuilderError(Box::new(MustBeAlone))),
            false => Ok(()),
        }
    }

    pub(super) fn begin_own(&mut self) -> QueryResult<()> {
        self.own()?.begin()?;
        if let Some(state) = &mut self.state {
            state.is_begun = true;
        }
        Ok(())
    }

    pub(super) fn commit_own(&mut self) -> QueryResult<()> {
        let own = self.own()?;
        own.check_is_whole()?;
        own.commit()?;
        if let Some(state) = &mut self.state {
            state.is_begun = false;
        }
        Ok(())
    }

    /// Takes the state's transaction back, where one is open; gives the connection up where that fails.
    pub(in crate::store) fn roll_back_own(&mut self) {
        let Some(state) = &mut self.state else { return };
        if !std::mem::take(&mut state.is_begun) {
            return;
        }
        let is_rolled_back = state.db.as_mut().is_some_and(|db| db.roll_back().is_ok());
        if !is_rolled_back {
            state.db = None;
        }
    }

    /// Runs changes of our own tables in a transaction of their own; taken back where they fail.
    pub(in crate::store) fn in_own_transaction<T, E: From<Error>>(
        &mut self,
        changes: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.state.is_none() {
            return self.in_transaction(changes);
        }
        self.begin_own()?;
        let changed = changes(self).and_then(|changed| {
            self.commit_own()?;
            Ok(changed)
        });
        if changed.is_err() {
            self.roll_back_own();
        }
        changed
    }

    /// Completes a call's half in the state, once the dialer's half is made. Nothing to do where it has left nothing there.
    pub(in crate::store) fn complete_own(&mut self) -> Result<(), Incomplete> {
        let Some(state) = &self.state else {
            return Ok(());
        };
        if state.open.is_empty() && !state.is_begun {
            return Ok(());
        }
        if !state.open.intentions.is_empty() || state.open.request.is_some() {
            self.own_to_write()?;
        }
        let unanswered = match &self.state {
            Some(state) if !state.open.has_reply => state.open.request.clone(),
            _ => None,
        };
        if let Some(request) = unanswered {
            let owner = self.owner()?;
            requests::forget(self.own()?, &request, &owner)?;
        }
        if self.state.as_ref().is_some_and(|state| state.is_begun) {
            history::flush_in_own(self)?;
        }
        let is_sqlite = self.own()?.is_sqlite();
        if let Err(error) = self.commit_own() {
            return Err(match is_sqlite {
                true => Incomplete::NotCommitted(error),
                false => Incomplete::Unknown(error),
            });
        }
        let Some(state) = &mut self.state else {
            return Ok(());
        };
        state.open = Open::default();
        if state.db.as_ref().is_some_and(|db| !db.is_in_place()) {
            return Err(Incomplete::Unknown(
                state.is_away("its file was replaced while it was written"),
            ));
        }
        Ok(())
    }

    /// Ends a call that has failed: what it has written to the state is taken back, its intentions and its request too where
    /// nothing of it is left in the dialer's database. Else they stay for who settles them.
    pub(in crate::store) fn abandon_own(&mut self, nothing_is_left: bool) {
        self.roll_back_own();
        let Some(state) = &mut self.state else { return };
        let open = std::mem::take(&mut state.open);
        if open.is_empty() {
            return;
        }
        let is_withdrawn = nothing_is_left && self.withdraw(&open).is_ok();
        if let Some(state) = &mut self.state {
            state.has_leftovers |= !is_withdrawn;
        }
    }

    fn withdraw(&mut self, open: &Open) -> QueryResult<()> {
        for intention in &open.intentions {
            noted::forget(self.own()?, *intention)?;
        }
        match &open.request {
            Some(request) => requests::forget(self.own()?, request, &open.owner),
            None => Ok(()),
        }
    }

    /// Whether the call under way has left something in the state.
    pub(in crate::store) fn has_own_open(&self) -> bool {
        self.state
            .as_ref()
            .is_some_and(|state| !state.open.is_empty() || state.is_begun)
    }

    /// Notes the request that the call takes, and later that its reply is kept with its changes.
    pub(in crate::store) fn note_request(&mut self, request: Option<&Request>, has_reply: bool) {
        if let Some(state) = &mut self.state {
            state.open.request = request.cloned();
            state.open.has_reply = has_reply;
            state.open.owner = state.owner.clone().unwrap_or_default();
        }
    }

    /// Takes over what the call under way has left, from the connection before this one.
    pub(in crate::store) fn take_open_from(&mut self, last: &mut Self) {
        if let (Some(state), Some(last)) = (&mut self.state, &mut last.state) {
            state.open = std::mem::take(&mut last.open);
            state.has_leftovers = last.has_leftovers;
        }
    }

    /// Lends the state's connection, unless it is away or a transaction is open on it. Who needs one meanwhile makes another.
    pub(in crate::store) fn lend_own(&mut self) -> Option<Box<Self>> {
        let state = self.state.as_mut().filter(|state| !state.is_begun)?;
        state.connection().ok()?;
        state.db.take()
    }

    /// Takes the connection back that was lent, unless there is another one by now.
    pub(in crate::store) fn take_own_back(&mut self, own: Box<Self>) {
        if let Some(state) = &mut self.state {
            state.db.get_or_insert(own);
        }
    }

    /// Takes the state's transaction back, and gives its connection up.
    pub(in crate::store) fn give_up_own(&mut self) {
        self.roll_back_own();
        if let Some(state) = &mut self.state {
            state.db = None;
        }
    }
}

/// A call wants to change our tables in the state, and others are in its batch.
#[derive(Debug)]
struct MustBeAlone;

impl std::fmt::Display for MustBeAlone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a call that changes our own tables too is run by itself")
    }
}

impl std::error::Error for MustBeAlone {}

/// Whether a call failed only because others were in its batch.
pub(in crate::store) fn must_be_alone(error: &Error) -> bool {
    matches!(error, Error::QueryBuilderError(why) if why.is::<MustBeAlone>())
}

/// The statement's end that holds a row until the transaction's end.
pub(super) fn for_update(own: &Db, query: Sql) -> Sql {
    query.sql(own.for_update())
}
