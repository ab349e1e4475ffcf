//! Whether a call of another writer, in this process or any other, can still change something.
//!
//! A writer holds a lock of MariaDB (`GET_LOCK`) by a random name on its connection to the dialer. The server frees it when
//! that connection has ended, which is after its last statement, whatever became of the process: so where the name is free,
//! nothing of the writer's calls can happen any more. No clock and no process number is asked.

use diesel::result::Error;

use super::super::sql::Sql;
use super::super::{Db, QueryResult};

impl Db {
    /// The name of this connection; given to it when it is first asked for.
    pub(in crate::store) fn owner(&mut self) -> QueryResult<String> {
        if let Some(owner) = self.state.as_ref().and_then(|state| state.owner.clone()) {
            return Ok(owner);
        }
        let random = getrandom::u64().map_err(|error| {
            Error::QueryBuilderError(format!("no random number: {error}").into())
        })?;
        let owner = format!("vicishim {random:016x}");
        let lock = Sql::new("SELECT CAST(GET_LOCK(")
            .bind(owner.as_str())
            .sql(", 0) AS CHAR) AS got");
        if self
            .read(lock)?
            .first()
            .is_none_or(|row| row.text(0) != "1")
        {
            return Err(Error::NotFound);
        }
        if let Some(state) = &mut self.state {
            state.owner = Some(owner.clone());
        }
        Ok(owner)
    }

    /// Whether the writer of that name is connected.
    pub(in crate::store) fn is_connected(&mut self, owner: &str) -> QueryResult<bool> {
        if owner.is_empty() {
            return Ok(false);
        }
        let used = Sql::new("SELECT CAST(IS_USED_LOCK(")
            .bind(owner)
            .sql(") AS CHAR) AS used");
        let rows = self.read(used)?;
        Ok(rows.first().is_some_and(|row| row.value(0).is_some()))
    }
}
