//! What every function checks before its own fields (fixtures/reference/behaviour.md §4).

use std::fmt;

use super::Stop;
use super::gates::Gate;
use crate::store::users::{Flags, User};

/// A `source` is of at least so many bytes, where one is asked for.
pub(crate) const SHORTEST_SOURCE: usize = 2;

/// What a function asks of its user.
pub(crate) struct Permission {
    /// The level it takes.
    level: i32,
    /// The flags it takes, all of them.
    flags: &'static [Flag],
    /// Whether a `source` is asked for.
    pub(crate) asks_source: bool,
}

/// What is asked of a user who has signed in.
pub(crate) enum Needs {
    /// A function: that it is among those the user may use, its level and its flags.
    Function(&'static Permission),
    /// A level and flags, for what no function does.
    Standing(&'static Permission),
    /// Nothing more.
    Nothing,
}

/// A flag of a user: its column in `vicidial_users`, and whether it is set.
pub(crate) struct Flag(&'static str, fn(&Flags) -> bool);

const API_ACCESS: Flag = Flag("vdc_agent_api_access", |flags| flags.vdc_agent_api_access);
const MODIFY_DIDS: Flag = Flag("modify_inbound_dids", |flags| flags.modify_inbound_dids);
const MODIFY_LISTS: Flag = Flag("modify_lists", |flags| flags.modify_lists);
const MODIFY_CAMPAIGNS: Flag = Flag("modify_campaigns", |flags| flags.modify_campaigns);
const VIEW_REPORTS: Flag = Flag("view_reports", |flags| flags.view_reports);
const ADMIN_ACCESS: Flag = Flag("ast_admin_access", |flags| flags.ast_admin_access);

/// What `delete_did=Y` takes.
pub(crate) const DELETE_DIDS: Flag = Flag("delete_inbound_dids", |flags| flags.delete_inbound_dids);

/// What `delete_phone=Y` and `delete_alias=Y` take.
pub(crate) const DELETE_PHONES: Flag = Flag("ast_delete_phones", |flags| flags.ast_delete_phones);

/// Adding and changing DIDs.
pub(crate) const CHANGE_DIDS: Permission = Permission {
    level: 8,
    flags: &[API_ACCESS, MODIFY_DIDS],
    asks_source: true,
};

/// Listing DIDs with all their columns.
pub(crate) const LIST_DIDS: Permission = Permission {
    level: 7,
    ..CHANGE_DIDS
};

/// Listing phones with what is shown of them as JSON.
pub(crate) const LIST_PHONES: Permission = Permission {
    level: 7,
    ..CHANGE_PHONES
};

/// Reading what was changed.
pub(crate) const LIST_CHANGES: Permission = LIST_DIDS;

/// Taking changes back. What each change takes is asked besides.
pub(crate) const UNDO_CHANGES: Permission = Permission {
    flags: &[API_ACCESS],
    ..CHANGE_DIDS
};

/// Where calls to DIDs land, and what is wrong with them.
pub(crate) const VIEW_DIDS: Permission = Permission {
    level: 7,
    flags: &[],
    asks_source: true,
};

/// Asking which gates close for other users.
pub(crate) const EXPLAIN_OTHERS: Permission = Permission {
    flags: &[ADMIN_ACCESS],
    ..CHANGE_DIDS
};

/// The calls to a DID.
pub(crate) const VIEW_CALLS: Permission = Permission {
    flags: &[API_ACCESS, VIEW_REPORTS],
    ..VIEW_DIDS
};

/// The calls of the API, as its log has them.
pub(crate) const VIEW_ACTIVITY: Permission = Permission {
    level: 7,
    flags: &[VIEW_REPORTS],
    asks_source: false,
};

/// Changing filter phone groups.
pub(crate) const CHANGE_FILTER_PHONES: Permission = Permission {
    flags: &[MODIFY_LISTS],
    ..CHANGE_DIDS
};

/// Reading and changing CID groups.
pub(crate) const CHANGE_CID_GROUPS: Permission = Permission {
    flags: &[API_ACCESS, MODIFY_CAMPAIGNS],
    ..CHANGE_DIDS
};

/// The lists of what a DID can be pointed at. They ask for no `source`.
pub(crate) const VIEW_LISTS: Permission = Permission {
    asks_source: false,
    ..VIEW_DIDS
};

/// Adding and changing phones and their aliases.
pub(crate) const CHANGE_PHONES: Permission = Permission {
    flags: &[API_ACCESS, ADMIN_ACCESS],
    ..CHANGE_DIDS
};

impl Permission {
    /// The gates of this permission: its level and its flags.
    pub(crate) fn gates(&self, user: &User) -> impl Iterator<Item = Gate<'static>> {
        let level = Gate::Level {
            is: user.level,
            needs: self.level,
        };
        let flags = self.flags.iter().map(|Flag(column, is_set)| Gate::Flag {
            column,
            is_set: is_set(&user.flags),
        });
        std::iter::once(level).chain(flags)
    }
}

impl Needs {
    /// The level and the flags that are asked.
    pub(crate) fn permission(&self) -> Option<&'static Permission> {
        match self {
            Self::Function(permission) | Self::Standing(permission) => Some(permission),
            Self::Nothing => None,
        }
    }
}

/// The gate of the functions that the user may use at all.
pub(crate) fn allowed<'a>(function: &'a str, user: &'a User) -> Gate<'a> {
    Gate::Allowed {
        function,
        list: &user.api_allowed_functions,
    }
}

impl Flag {
    /// The gate of deleting with this flag.
    pub(crate) fn gate(&self, user: &User) -> Gate<'static> {
        Gate::Delete {
            column: self.0,
            is_set: (self.1)(&user.flags),
        }
    }

    /// Lets the user delete, or answers with this.
    ///
    /// # Errors
    /// The user has not the flag.
    pub(crate) fn check<A>(&self, user: &User, refusal: A) -> Result<(), Stop<A>> {
        let gate = self.gate(user);
        match gate.opens() {
            true => Ok(()),
            false => Err(Stop::at(&gate, refusal)),
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "level {} and up", self.level)?;
        for (index, Flag(column, _)) in self.flags.iter().enumerate() {
            let joint = match index {
                0 => " with",
                last if last + 1 == self.flags.len() => " and",
                _ => ",",
            };
            write!(f, "{joint} {column}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_written_in_words() {
        assert_eq!(
            CHANGE_DIDS.to_string(),
            "level 8 and up with vdc_agent_api_access and modify_inbound_dids"
        );
        assert_eq!(
            CHANGE_FILTER_PHONES.to_string(),
            "level 8 and up with modify_lists"
        );
        assert_eq!(VIEW_LISTS.to_string(), "level 7 and up");
        let three = Permission {
            flags: &[API_ACCESS, MODIFY_DIDS, VIEW_REPORTS],
            ..CHANGE_DIDS
        };
        assert_eq!(
            three.to_string(),
            "level 8 and up with vdc_agent_api_access, modify_inbound_dids and view_reports"
        );
    }
}
