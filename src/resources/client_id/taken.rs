//! Ids that are taken already, and by what.

use super::Ids;
use crate::access::Session;
use crate::access::scope::Scope;
use crate::resources::problem::{Pointer, Problem};
use crate::resources::response::Fault;
use crate::store::records::Record;
use crate::store::vicishim_tables::client_ids;
use crate::store::{QueryResult, dids::rows as did_rows, phones::rows as phone_rows};

impl Ids {
    /// Refuses an id that a client has given to another thing of this kind.
    ///
    /// # Errors
    /// 409, with the other thing where the user sees it; the database cannot be read.
    pub(in crate::resources) fn check_free(
        &self,
        session: &mut Session<'_>,
        client_id: Option<&str>,
    ) -> Result<(), Fault> {
        let Some(client_id) = client_id else {
            return Ok(());
        };
        let Some(row) = client_ids::find(session.db, self.table, client_id)? else {
            return Ok(());
        };
        let (scope, name, user_group) = self.seen(session, &row)?;
        let mut problem = Problem::taken("id", format!("is taken by another {}", self.name()));
        if scope.covers(user_group.as_deref()) {
            problem.pointing = vec![Pointer {
                kind: self.kind,
                id: row.text(self.table.key).to_owned(),
                name,
            }];
        }
        Err(problem.into())
    }

    /// The word for such a thing in messages.
    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            "did" => "DID",
            kind => kind,
        }
    }

    /// The scope that counts for a thing, its name and its user group.
    fn seen(
        &self,
        session: &mut Session<'_>,
        row: &Record,
    ) -> QueryResult<(Scope, String, Option<String>)> {
        let text = |row: &Record, column| row.text(column).to_owned();
        let group = |row: &Record| row.get("user_group").map(str::to_owned);
        let scope = Scope::of(session)?;
        Ok(match self.kind {
            "did" => {
                let did = did_rows::by_id(session.db, row.number(self.table.key).unwrap_or(0))?;
                let name = did.as_ref().map(|did| text(did, "did_pattern"));
                (
                    scope,
                    name.unwrap_or_default(),
                    did.as_ref().and_then(group),
                )
            }
            "extension" => {
                let (phone, server_ip) = (row.text("extension"), row.text("server_ip"));
                let found = phone_rows::find(session.db, phone, server_ip)?;
                let scope = Scope::lenient_of(session)?;
                let name = format!("{phone}@{server_ip}");
                (scope, name, found.as_ref().and_then(group))
            }
            "schedule" => (scope, text(row, "name"), group(row)),
            "tenant" => (scope, text(row, "user_group"), group(row)),
            // Who does not see every user group sees no alias.
            _ => (scope, text(row, "name"), None),
        })
    }
}
