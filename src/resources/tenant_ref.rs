//! Tenants of things: VICIdial's user groups, and the numbers that ours have.

use std::collections::HashMap;

use super::body::{Body, Given, Id, either};
use super::client_id;
use super::problem::{FieldErrors, Problem};
use super::query::Query;
use super::response::Fault;
use crate::access::Session;
use crate::access::scope::Scope;
use crate::store::records::{among, equal};
use crate::store::{Db, QueryResult, collation, lookups, vicishim_tables};

/// The user group that stands for no tenant: everybody sees its rows.
pub(super) const EVERYBODY: &str = "---ALL---";

/// What is said of a field that a VICIdial's own database has no column for.
pub(super) const NO_COLUMN: &str = "this is a VICIdial's own database, which has no column for it and is never altered; --state names a database that has";

/// Lets a user go on who sees every user group.
///
/// # Errors
/// The user does not, and may not do this; the database cannot be read.
pub(super) fn who_sees_all(session: &mut Session<'_>, what: &str) -> Result<(), Fault> {
    match Scope::of(session)? {
        Scope::Everything => Ok(()),
        Scope::Groups(_) => {
            let detail = format!("only a user who sees every user group may {what}");
            Err(Problem::new(403, detail).into())
        }
    }
}

/// The tenant of a thing, as a body names it.
pub(super) struct TenantRef {
    tenant_id: Given<u32>,
    account_id: Given<Id>,
    user_group: Given<String>,
}

impl TenantRef {
    /// Of the three fields that may name it.
    pub(super) fn of(body: &mut Body, errors: &mut FieldErrors) -> Self {
        Self {
            tenant_id: body.given("tenant_id", errors),
            account_id: body.given("account_id", errors),
            user_group: body.given("user_group", errors),
        }
    }

    /// Whether the body names one.
    pub(super) fn is_given(&self) -> bool {
        self.tenant_id.is_some() || self.account_id.is_some() || self.user_group.is_some()
    }

    /// The user group that the body gives a thing; none where it names none. `stored` is the present one. Who sees some user
    /// groups only neither takes a thing out of these, nor one that everybody sees into them; what such a user makes is of
    /// its own user group where the body names none.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn user_group(
        &self,
        session: &mut Session<'_>,
        scope: &Scope,
        stored: Option<&str>,
        errors: &mut FieldErrors,
    ) -> QueryResult<Option<String>> {
        let count = errors.count();
        let named = self.named(session.db, scope, stored, errors)?;
        if errors.count() > count {
            return Ok(None);
        }
        let own = Some(&session.user.user_group).filter(|own| scope.names(own));
        let field = self.field();
        match (named, stored) {
            (Some(named), Some(stored)) if named == stored => Ok(Some(named)),
            (Some(named), _) if !scope.names(&named) => {
                errors.add(field, "must be of the user groups that you see");
                Ok(None)
            }
            (Some(_), Some(stored)) if !scope.names(stored) => {
                let message =
                    "cannot be changed by who does not see every user group: everybody sees this";
                errors.add(field, message);
                Ok(None)
            }
            (None, None) if *scope != Scope::Everything => match own {
                Some(own) => Ok(Some(own.clone())),
                None => {
                    errors.add(field, "is required");
                    Ok(None)
                }
            },
            (named, _) => Ok(named),
        }
    }

    /// The field that names it, or should.
    fn field(&self) -> &'static str {
        match (&self.tenant_id, &self.account_id, &self.user_group) {
            (None, Some(_), _) => "account_id",
            (None, None, Some(_)) => "user_group",
            _ => "tenant_id",
        }
    }

    /// The user group that the body names; none where it names none.
    fn named(
        &self,
        db: &mut Db,
        scope: &Scope,
        stored: Option<&str>,
        errors: &mut FieldErrors,
    ) -> QueryResult<Option<String>> {
        let stored_id = match stored {
            Some(group) => Some(Numbers::of(db, [group])?.id(group)),
            None => None,
        };
        let account = match &self.account_id {
            Some(Some(id)) => match client_id::TENANTS.referred(db, "account_id", id, errors)? {
                Some(number) => Some(Some(number)),
                None => return Ok(None),
            },
            Some(None) => Some(None),
            None => None,
        };
        let tenant = self.tenant_id.map(|id| id.map(i64::from));
        let id = either(
            ["tenant_id", "account_id"],
            [tenant, account],
            stored_id.as_ref(),
            errors,
        );
        let field = if self.tenant_id.is_some() {
            "tenant_id"
        } else {
            "account_id"
        };
        // The group as stored counts less than an id that was changed, and the other way round.
        let id = id.filter(|id| !(self.user_group.is_some() && Some(id) == stored_id.as_ref()));
        let named = self.user_group.as_ref().filter(|group| {
            !(id.is_some() && group.as_deref().unwrap_or(EVERYBODY) == stored.unwrap_or_default())
        });
        let by_id = match id {
            None => None,
            Some(None) => Some(EVERYBODY.to_owned()),
            Some(Some(_)) if !db.has_vicishim_tables() => {
                errors.add(field, format!("{NO_COLUMN}: name the user_group instead"));
                return Ok(None);
            }
            Some(Some(id)) => {
                let row = vicishim_tables::by_key(db, &vicishim_tables::TENANTS, id)?;
                match row.filter(|row| scope.covers(Some(row.text("user_group")))) {
                    Some(row) => Some(row.text("user_group").to_owned()),
                    None => {
                        errors.add(field, "there is no such tenant");
                        return Ok(None);
                    }
                }
            }
        };
        let Some(named) = named else {
            return Ok(by_id);
        };
        let named = match named {
            None => EVERYBODY.to_owned(),
            // One that is stored stays, though it may be gone.
            Some(group) if stored == Some(group.as_str()) => group.clone(),
            Some(group) if collation::compare(group, EVERYBODY).is_eq() => EVERYBODY.to_owned(),
            Some(group) => {
                let rows = match super::body::text(group, 1, 20) {
                    Ok(_) => lookups::user_groups(db, equal("user_group", group.as_str()))?,
                    Err(_) => Vec::new(),
                };
                match rows.first().filter(|_| scope.covers(Some(group))) {
                    Some(row) => row.text("user_group").to_owned(),
                    None => {
                        errors.add("user_group", "there is no such user group");
                        return Ok(None);
                    }
                }
            }
        };
        if by_id.as_ref().is_some_and(|by_id| *by_id != named) {
            errors.add(field, "and user_group are the same thing, but differ here");
            return Ok(None);
        }
        Ok(Some(named))
    }
}

/// The numbers of user groups, and the ids that clients gave to them.
#[derive(Default)]
pub(super) struct Numbers(HashMap<collation::Key, (i64, Option<String>)>);

impl Numbers {
    /// Of these user groups.
    pub(super) fn of<'g>(
        db: &mut Db,
        groups: impl IntoIterator<Item = &'g str>,
    ) -> QueryResult<Self> {
        let mut groups: Vec<&str> = groups.into_iter().collect();
        groups.sort_unstable();
        groups.dedup();
        let mut numbers = HashMap::new();
        for groups in groups.chunks(250) {
            let rest = among("user_group", groups.iter().copied());
            for row in vicishim_tables::select(db, &vicishim_tables::TENANTS, rest)? {
                let id = row.number("tenant_id").unwrap_or(0);
                let client_id = row.get("client_id").map(str::to_owned);
                let key = collation::key(row.text("user_group"));
                numbers.insert(key, (id, client_id));
            }
        }
        Ok(Self(numbers))
    }

    /// The group's number, where it has one.
    pub(super) fn id(&self, group: &str) -> Option<i64> {
        self.0.get(&collation::key(group)).map(|(id, _)| *id)
    }

    /// The group's id as SIP.IO writes accounts, where it has a number.
    pub(super) fn account_id(&self, group: &str) -> Option<String> {
        let (id, client_id) = self.0.get(&collation::key(group))?;
        Some(account_id(*id, client_id.as_deref()))
    }
}

/// A tenant's id as SIP.IO writes accounts: as a client gave it, else its number behind `acc_`.
pub(super) fn account_id(tenant_id: i64, client_id: Option<&str>) -> String {
    client_id.map_or_else(|| format!("acc_{tenant_id}"), str::to_owned)
}

/// The user group of the tenant that a query names; one that no thing has where there is no such tenant.
///
/// # Errors
/// The database cannot be read.
pub(super) fn group_of(db: &mut Db, query: &Query) -> QueryResult<Option<String>> {
    const NONE: &str = "\u{1}";
    let Some(id) = query.tenant() else {
        return Ok(None);
    };
    let row = match client_id::TENANTS.key(db, id)? {
        Some(id) => vicishim_tables::by_key(db, &vicishim_tables::TENANTS, id)?,
        None => None,
    };
    let group = row.map_or_else(|| NONE.to_owned(), |row| row.text("user_group").to_owned());
    Ok(Some(group))
}
