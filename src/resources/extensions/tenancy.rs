//! Which extensions belong to a tenant, for what points at them by their number.

use super::loaded::dialplan;
use super::numbering::Numbering;
use crate::resources::tenant_ref::{EVERYBODY, Numbers};
use crate::store::records::Record;
use crate::store::sql::Sql;
use crate::store::{Db, QueryResult, collation, phones::rows as phone_rows, vicishim_tables};

/// The tenant that an object belongs to, where it belongs to one.
pub(in crate::resources) struct Tenant<'g>(Option<(i64, &'g str)>);

impl<'g> Tenant<'g> {
    /// Of what has this user group.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(in crate::resources) fn of(db: &mut Db, user_group: Option<&'g str>) -> QueryResult<Self> {
        Ok(Self(match user_group {
            Some(group) => Numbers::of(db, [group])?.id(group).map(|id| (id, group)),
            None => None,
        }))
    }

    /// Whether a phone is of another tenant.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(in crate::resources) fn is_others(&self, db: &mut Db, phone: &Record) -> QueryResult<bool> {
        let Some((id, _)) = self.0 else {
            return Ok(false);
        };
        let group = phone.text("user_group");
        let other = Numbers::of(db, [group])?.id(group);
        Ok(other.is_some_and(|other| other != id))
    }

    /// The phone that has a number within the tenant: of those of its own, else of those that everybody sees, the one on the
    /// first dialer. Outside of tenants that of no tenant, else one of each tenant that has it.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(in crate::resources) fn with_number(
        &self,
        db: &mut Db,
        number: &str,
    ) -> QueryResult<Vec<Record>> {
        let is_of =
            |row: &Record, group: &str| collation::compare(row.text("user_group"), group).is_eq();
        if let Some((id, group)) = self.0 {
            let names = [number.to_owned(), Numbering::behind(id, number).dialplan()];
            let rows = phone_rows::all_with_numbers(db, &names)?;
            let groups = Numbers::of(db, rows.iter().map(|row| row.text("user_group")))?;
            let has_it = |row: &&Record| {
                let tenant = groups.id(row.text("user_group"));
                let shown = Numbering::of(dialplan(row), tenant);
                let is = |name| collation::compare(name, number).is_eq();
                tenant.is_none_or(|tenant| tenant == id)
                    && (is(shown.number()) || is(row.text("extension")))
            };
            let of = |group| move |row: &&Record| is_of(row, group);
            let mut there = rows.iter().filter(has_it);
            let found = there.clone().find(of(group));
            let found = found.or_else(|| there.clone().find(of(EVERYBODY)));
            return Ok(found
                .or_else(|| there.next())
                .cloned()
                .into_iter()
                .collect());
        }
        let tenants = vicishim_tables::select(db, &vicishim_tables::TENANTS, Sql::new(""))?;
        let ids = tenants.iter().filter_map(|row| row.number("tenant_id"));
        let behind = ids.map(|id| Numbering::behind(id, number).dialplan());
        let names: Vec<String> = std::iter::once(number.to_owned()).chain(behind).collect();
        let rows = phone_rows::all_with_numbers(db, &names)?;
        let groups = Numbers::of(db, rows.iter().map(|row| row.text("user_group")))?;
        let mut found: Vec<(Option<i64>, Record)> = Vec::new();
        for row in rows {
            let tenant = groups.id(row.text("user_group"));
            if !found.iter().any(|(known, _)| *known == tenant) {
                found.push((tenant, row));
            }
        }
        // One of no tenant is everybody's, as what points at it is.
        if let Some(place) = found.iter().position(|(tenant, _)| tenant.is_none()) {
            return Ok(vec![found.swap_remove(place).1]);
        }
        Ok(found.into_iter().map(|(_, row)| row).collect())
    }
}
