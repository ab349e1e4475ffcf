//! What every function checks before its own fields (reference/behaviour.md §4).

use std::fmt;

use super::gates::Gate;
use crate::api::{Line, Parameters, Reply, Stop};
use crate::store::users::{Flags, User};

/// What a function asks of its user.
pub(crate) struct Permission {
    /// The level it takes.
    level: i32,
    /// The flags it takes, all of them.
    flags: &'static [Flag],
    /// The reason without it, behind the function's name.
    refusal: &'static str,
    /// Whether the documented refusal ends with `|0`, as the wire's does.
    shows_zero: bool,
    /// Whether a `source` is asked for.
    asks_source: bool,
    /// What is logged as data where the user's `api_allowed_functions` does not hold the function.
    not_allowed_logs: &'static str,
    /// Whether the refusal ends with a `|` on the wire.
    barred: bool,
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

/// `add_did`, `copy_did`.
pub(crate) const ADD_DIDS: Permission = Permission {
    level: 8,
    flags: &[API_ACCESS, MODIFY_DIDS],
    refusal: "USER DOES NOT HAVE PERMISSION TO ADD DIDS",
    shows_zero: false,
    asks_source: true,
    not_allowed_logs: "",
    barred: false,
};

/// `update_did`.
pub(crate) const UPDATE_DIDS: Permission = Permission {
    refusal: "USER DOES NOT HAVE PERMISSION TO UPDATE DIDS",
    ..ADD_DIDS
};

/// `add_fpg_phone`.
pub(crate) const ADD_FILTER_PHONES: Permission = Permission {
    flags: &[MODIFY_LISTS],
    refusal: "USER DOES NOT HAVE PERMISSION TO ADD FILTER PHONE GROUP NUMBERS",
    shows_zero: true,
    ..ADD_DIDS
};

/// `delete_fpg_phone`.
pub(crate) const DELETE_FILTER_PHONES: Permission = Permission {
    refusal: "USER DOES NOT HAVE PERMISSION TO DELETE FILTER PHONE GROUP NUMBERS",
    ..ADD_FILTER_PHONES
};

/// `update_cid_group_entry`.
pub(crate) const UPDATE_CID_GROUPS: Permission = Permission {
    flags: &[API_ACCESS, MODIFY_CAMPAIGNS],
    refusal: "USER DOES NOT HAVE PERMISSION TO UPDATE CID GROUPS",
    ..ADD_DIDS
};

/// `ingroup_list`.
pub(crate) const VIEW_INBOUND_GROUPS: Permission = Permission {
    level: 7,
    flags: &[],
    refusal: "USER DOES NOT HAVE PERMISSION TO VIEW INBOUND GROUPS LIST",
    shows_zero: true,
    asks_source: false,
    not_allowed_logs: "1",
    barred: false,
};

/// `callmenu_list`.
pub(crate) const VIEW_CALL_MENUS: Permission = Permission {
    refusal: "USER DOES NOT HAVE PERMISSION TO VIEW CALL MENUS LIST",
    ..VIEW_INBOUND_GROUPS
};

/// `vm_list`.
pub(crate) const VIEW_VOICEMAIL_BOXES: Permission = Permission {
    refusal: "USER DOES NOT HAVE PERMISSION TO VIEW VOICEMAIL BOXES LIST",
    ..VIEW_INBOUND_GROUPS
};

/// `add_phone`.
pub(crate) const ADD_PHONES: Permission = Permission {
    flags: &[API_ACCESS, ADMIN_ACCESS],
    refusal: "USER DOES NOT HAVE PERMISSION TO ADD PHONES",
    shows_zero: true,
    ..ADD_DIDS
};

/// `update_phone`.
pub(crate) const UPDATE_PHONES: Permission = Permission {
    refusal: "USER DOES NOT HAVE PERMISSION TO UPDATE PHONES",
    ..ADD_PHONES
};

/// `add_phone_alias`.
pub(crate) const ADD_PHONE_ALIASES: Permission = Permission {
    refusal: "USER DOES NOT HAVE PERMISSION TO ADD PHONE ALIASES",
    ..ADD_PHONES
};

/// `update_phone_alias`.
pub(crate) const UPDATE_PHONE_ALIASES: Permission = Permission {
    refusal: "USER DOES NOT HAVE PERMISSION TO UPDATE PHONE ALIASES",
    ..ADD_PHONES
};

/// `did_log_export`.
pub(crate) const GET_DID_INFO: Permission = Permission {
    level: 7,
    flags: &[API_ACCESS, VIEW_REPORTS],
    refusal: "USER DOES NOT HAVE PERMISSION TO GET DID INFO",
    shows_zero: true,
    barred: true,
    ..ADD_DIDS
};

/// `did_list`.
pub(crate) const LIST_DIDS: Permission = Permission {
    level: 7,
    refusal: "USER DOES NOT HAVE PERMISSION TO LIST DIDS",
    ..ADD_DIDS
};

/// `did_route_test`, `did_lint`, and reading as JSON.
pub(crate) const TEST_DIDS: Permission = Permission {
    level: 7,
    flags: &[],
    refusal: "USER DOES NOT HAVE PERMISSION TO VIEW DIDS",
    ..ADD_DIDS
};

impl Permission {
    /// The checks in their order: a source, the function among the user's, this permission.
    pub(crate) fn check(
        &self,
        function: &'static str,
        user: &User,
        parameters: &Parameters,
    ) -> Result<(), Stop> {
        if self.asks_source && parameters.get("source").len() < 2 {
            return Err(Reply::invalid_source(parameters.get("source")).into());
        }
        let allowed = allowed(function, user);
        if !allowed.opens() {
            let reply = Reply::function_not_allowed(function, self.not_allowed_logs);
            return Err(allowed.refuse(reply));
        }
        if let Some(shut) = self.gates(user).find(|gate| !gate.opens()) {
            let line = Line::error(format!("{function} {}", self.refusal), "0");
            let line = match (self.shows_zero, self.barred) {
                (false, _) => line.user_only(),
                (true, false) => line,
                (true, true) => line.barred(),
            };
            return Err(shut.refuse(line));
        }
        Ok(())
    }

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

    /// Lets the user delete, or answers with this line.
    pub(crate) fn check(&self, user: &User, refusal: Line) -> Result<(), Stop> {
        let gate = self.gate(user);
        match gate.opens() {
            true => Ok(()),
            false => Err(gate.refuse(refusal)),
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
    fn a_permission_is_told_in_words() {
        assert_eq!(
            ADD_DIDS.to_string(),
            "level 8 and up with vdc_agent_api_access and modify_inbound_dids"
        );
        assert_eq!(
            ADD_FILTER_PHONES.to_string(),
            "level 8 and up with modify_lists"
        );
        assert_eq!(VIEW_CALL_MENUS.to_string(), "level 7 and up");
    }
}
