//! Our own tables beside a dialer's database, in one of our own (`--state`): the second connection, and its transaction.
//!
//! A VICIdial's database is never given a table, so what only ours can hold is elsewhere, and no transaction spans both. A
//! call that changes both first commits an intention there ([`intentions`]), then changes the dialer's rows, and then
//! completes our half: our rows, the intention's end and the reply of its `request_id` are one transaction
//! ([`Db::complete_own`]). Where our tables are in the same database nothing of this is done: one transaction has it all.

pub mod intentions;
pub mod orphans;
mod owner;

use std::time::{Duration, Instant};

use diesel::result::{DatabaseErrorKind, Error};

use super::requests::Request;
use super::sql::Sql;
use super::{Address, CreateTables, Db, OpenError, QueryResult, limits, sqlite};
use crate::log_limit;

/// How long after a connection could not be made calls that need one are refused without another try: a state that does
/// not answer must not hold up those that need nothing of it.
const PAUSE: Duration = Duration::from_secs(3);

/// What a connection to the state is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The command line's.
    Command,
    /// A writer's.
    Writer,
    /// A reader's.
    Reader,
    /// A health check's.
    Health,
}

/// What a call has left in the state that must not stay there when nothing of the call is left.
#[derive(Debug, Default)]
struct Open {
    /// Its intentions.
    intentions: Vec<i64>,
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

/// The database with our own tables, beside a dialer's.
pub(super) struct State {
    address: Address,
    purpose: Purpose,
    /// The connection, once one was needed.
    db: Option<Box<Db>>,
    /// Since when it cannot be reached, and why.
    away: Option<(Instant, String)>,
    /// The name under which the writer's connection to the dialer is known: see [`owner`].
    owner: Option<String>,
    /// Whether the call's transaction is open.
    is_begun: bool,
    open: Open,
    /// Something was left that only the end of the owner makes harmless.
    has_leftovers: bool,
}

impl State {
    pub(super) fn new(address: Address, purpose: Purpose) -> Self {
        Self {
            address,
            purpose,
            db: None,
            away: None,
            owner: None,
            is_begun: false,
            open: Open::default(),
            has_leftovers: false,
        }
    }

    /// The connection; made where there is none, or its file was deleted or replaced.
    fn connection(&mut self) -> QueryResult<&mut Db> {
        let kept = self.db.take().filter(|db| db.is_in_place());
        let db = match kept {
            Some(db) => db,
            None if self.is_begun => return Err(self.is_away("its file was replaced")),
            None => Box::new(self.connect()?),
        };
        Ok(self.db.insert(db))
    }

    fn connect(&mut self) -> QueryResult<Db> {
        if let Some((since, why)) = &self.away
            && since.elapsed() < PAUSE
        {
            return Err(self.is_away(why));
        }
        match self.opened() {
            Ok(db) => {
                self.away = None;
                Ok(db)
            }
            Err(OpenError { message, .. }) => {
                log_limit::warn!(target: "vicishim::state", "our own tables are away: {message}");
                self.away = Some((Instant::now(), message.clone()));
                Err(self.is_away(&message))
            }
        }
    }

    fn opened(&self) -> Result<Db, OpenError> {
        let address = &self.address;
        let db = match self.purpose {
            Purpose::Command => Db::open(address, CreateTables::No)?,
            Purpose::Reader => Db::open_reader(address)?,
            Purpose::Writer | Purpose::Health => {
                let mode = sqlite::Mode::Existing;
                let mut db = Db::open_as(address, mode, CreateTables::No, limits::STATE_CONNECT)?;
                db.read_committed().map_err(|error| {
                    OpenError::unreachable(format!("cannot set {address} up: {error}"))
                })?;
                db.set_limit(match self.purpose {
                    Purpose::Health => limits::HEALTH,
                    _ => limits::WRITER,
                });
                db
            }
        };
        match db.has_vicishim_tables() {
            true => Ok(db),
            false => Err(OpenError::final_(format!(
                "{address} has none of our tables, so it cannot be the state (an empty database of our own: --create-tables)"
            ))),
        }
    }

    fn is_away(&self, why: &str) -> Error {
        let message = format!("our own tables in {} are away: {why}", self.address);
        Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand, Box::new(message))
    }
}

/// How the completion of our half failed.
#[derive(Debug)]
pub(super) enum Incomplete {
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
    /// Connects to the state now, where there is one: to find at the start what is wrong with it.
    ///
    /// # Errors
    /// A sentence.
    pub fn open_state(&mut self) -> Result<(), OpenError> {
        let Some(state) = &mut self.state else {
            return Ok(());
        };
        let db = state.opened()?;
        state.db = Some(Box::new(db));
        Ok(())
    }

    /// Whether our own tables are in another database than this one.
    pub fn has_state(&self) -> bool {
        self.state.is_some()
    }

    /// Whether there are tables of our own: in this database, or in the state.
    pub fn has_vicishim_tables(&self) -> bool {
        !self.columns.of("vicishim_dids").is_empty()
    }

    /// The database that holds our own tables, those whose names begin with `vicishim_`: this one, where it is ours, else
    /// the state. None on a VICIdial's own database without one.
    ///
    /// # Errors
    /// The state is away.
    pub fn vicishim_tables(&mut self) -> QueryResult<Option<&mut Self>> {
        if self.state.is_none() {
            return Ok(self.has_vicishim_tables().then_some(self));
        }
        self.state.as_mut().map(State::connection).transpose()
    }

    /// The database of a table.
    ///
    /// # Errors
    /// It is one of our own, and the state is away.
    pub(super) fn of_table(&mut self, table: &str) -> QueryResult<&mut Self> {
        match table.starts_with("vicishim_") {
            true => self.own(),
            false => Ok(self),
        }
    }

    /// The database that holds our own tables, to be read.
    pub(super) fn own(&mut self) -> QueryResult<&mut Self> {
        self.vicishim_tables()?.ok_or(Error::NotFound)
    }

    /// The database that holds our own tables, to be changed: in the call's transaction there, which ends the call's
    /// intentions.
    pub(super) fn own_to_write(&mut self) -> QueryResult<&mut Self> {
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
                if !intentions::forget(self.own()?, intention)? {
                    // It was settled meanwhile, as if this call were dead, and others may have changed its rows since.
                    return Err(Error::RollbackTransaction);
                }
            }
        }
        self.own()
    }

    /// Refuses to change both databases in a batch of several calls: their transactions could not end together.
    pub(super) fn check_alone(&self) -> QueryResult<()> {
        match self.transactional && !self.is_alone {
            true => Err(Error::QueryBuilderError(Box::new(MustBeAlone))),
            false => Ok(()),
        }
    }

    fn begin_own(&mut self) -> QueryResult<()> {
        self.own()?.begin()?;
        if let Some(state) = &mut self.state {
            state.is_begun = true;
        }
        Ok(())
    }

    fn commit_own(&mut self) -> QueryResult<()> {
        self.own()?.batch("COMMIT")?;
        if let Some(state) = &mut self.state {
            state.is_begun = false;
        }
        Ok(())
    }

    /// Takes the state's transaction back, where one is open; gives the connection up where that fails.
    pub(super) fn roll_back_own(&mut self) {
        let Some(state) = &mut self.state else { return };
        if !std::mem::take(&mut state.is_begun) {
            return;
        }
        let is_rolled_back = state
            .db
            .as_mut()
            .is_some_and(|db| db.batch("ROLLBACK").is_ok());
        if !is_rolled_back {
            state.db = None;
        }
    }

    /// Runs changes of our own tables in a transaction of their own; taken back where they fail.
    pub(super) fn in_own_transaction<T, E: From<Error>>(
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
    pub(super) fn complete_own(&mut self) -> Result<(), Incomplete> {
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
            super::requests::forget(self.own()?, &request, &owner)?;
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
    pub(super) fn abandon_own(&mut self, nothing_is_left: bool) {
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
            intentions::forget(self.own()?, *intention)?;
        }
        match &open.request {
            Some(request) => super::requests::forget(self.own()?, request, &open.owner),
            None => Ok(()),
        }
    }

    /// Whether the call under way has left something in the state.
    pub(super) fn has_own_open(&self) -> bool {
        self.state
            .as_ref()
            .is_some_and(|state| !state.open.is_empty() || state.is_begun)
    }

    /// Whether something was left in the state that counts as under way as long as this connection is there.
    pub(super) fn has_leftovers(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.has_leftovers)
    }

    /// Notes the request that the call takes, and later that its reply is kept with its changes.
    pub(super) fn note_request(&mut self, request: Option<&Request>, has_reply: bool) {
        if let Some(state) = &mut self.state {
            state.open.request = request.cloned();
            state.open.has_reply = has_reply;
            state.open.owner = state.owner.clone().unwrap_or_default();
        }
    }

    /// Takes over what the call under way has left, from the connection before this one.
    pub(super) fn take_open_from(&mut self, last: &mut Self) {
        if let (Some(state), Some(last)) = (&mut self.state, &mut last.state) {
            state.open = std::mem::take(&mut last.open);
            state.has_leftovers = last.has_leftovers;
        }
    }

    /// Makes the state's connection one for this purpose.
    pub(super) fn use_state_for(&mut self, purpose: Purpose) {
        if let Some(state) = &mut self.state {
            state.purpose = purpose;
            state.db = None;
        }
    }

    /// Gives up a connection to the state that does not answer any more.
    pub(super) fn check_state(&mut self) {
        if let Some(state) = &mut self.state
            && !state.is_begun
            && state.db.as_mut().is_some_and(|db| db.ping().is_err())
        {
            state.db = None;
        }
    }

    /// Locks rows without the gaps between them, on a MariaDB: else two calls that replace the routes of two DIDs would lock
    /// each other out.
    fn read_committed(&mut self) -> QueryResult<()> {
        match self.is_sqlite() {
            true => Ok(()),
            false => self.batch("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"),
        }
    }

    /// Why the state cannot serve, where there is one: for a health check.
    pub(super) fn state_is_away(&mut self) -> Option<String> {
        self.check_state();
        let state = self.state.as_mut()?;
        let looked = state.connection().and_then(Db::not_ready);
        looked.unwrap_or_else(|error| Some(error.to_string()))
    }

    /// Takes the state's transaction back, and gives its connection up.
    pub(super) fn give_up_own(&mut self) {
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
pub(super) fn must_be_alone(error: &Error) -> bool {
    matches!(error, Error::QueryBuilderError(why) if why.is::<MustBeAlone>())
}

/// The statement's end that holds a row until the transaction's end.
fn for_update(own: &Db, query: Sql) -> Sql {
    match own.is_sqlite() {
        true => query,
        false => query.sql(" FOR UPDATE"),
    }
}
