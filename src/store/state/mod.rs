//! Our own tables beside a dialer's database, in one of our own (`--state`): the second connection, and its transaction.
//!
//! A VICIdial's database is never given a table, so what only ours can hold is elsewhere, and no transaction spans both. A
//! call that changes both first commits an intention there ([`intentions`]), then changes the dialer's rows, and then
//! completes our half: our rows, the intention's end and the reply of its `request_id` are one transaction
//! (`Db::complete_own`). Where our tables are in the same database nothing of this is done: one transaction has it all.

pub mod intentions;
pub(super) mod noted;
pub mod orphans;
mod owner;
pub mod planned;
pub(super) mod settling;
mod transaction;

use std::time::{Duration, Instant};

use diesel::result::{DatabaseErrorKind, Error};

use super::{Address, CreateTables, Db, OpenError, QueryResult, limits, sqlite};
use crate::log_limit;
use transaction::Open;
pub(super) use transaction::{Incomplete, must_be_alone};

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
        let days = self.history_days();
        let own = self.vicishim_tables()?.ok_or(Error::NotFound)?;
        own.keep_history(days);
        Ok(own)
    }

    /// The database that holds our own tables, where it is another one and there is a connection.
    pub(super) fn connected_own(&mut self) -> Option<&mut Self> {
        self.state.as_mut()?.db.as_deref_mut()
    }

    /// Whether something was left in the state that counts as under way as long as this connection is there.
    pub(super) fn has_leftovers(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.has_leftovers)
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
}
