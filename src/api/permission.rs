//! What every function checks before its own fields, and the scope of a user's group (reference/behaviour.md §4).

use std::fmt;

use super::{Line, Parameters, Reply, Session, Stop};
use crate::store::users::{self, Flags, User};
use crate::store::{Db, QueryResult, collation};

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
struct Flag(&'static str, fn(&Flags) -> bool);

const API_ACCESS: Flag = Flag("vdc_agent_api_access", |flags| flags.vdc_agent_api_access);
const MODIFY_DIDS: Flag = Flag("modify_inbound_dids", |flags| flags.modify_inbound_dids);
const MODIFY_LISTS: Flag = Flag("modify_lists", |flags| flags.modify_lists);
const MODIFY_CAMPAIGNS: Flag = Flag("modify_campaigns", |flags| flags.modify_campaigns);
const VIEW_REPORTS: Flag = Flag("view_reports", |flags| flags.view_reports);
const ADMIN_ACCESS: Flag = Flag("ast_admin_access", |flags| flags.ast_admin_access);

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
        let allowed = &user.api_allowed_functions;
        if !allowed.contains(&format!(" {function} ")) && !allowed.contains("ALL_FUNCTIONS") {
            return Err(Reply::function_not_allowed(function, self.not_allowed_logs).into());
        }
        let has = |Flag(_, is_set): &Flag| is_set(&user.flags);
        if user.level < self.level || !self.flags.iter().all(has) {
            let line = Line::error(format!("{function} {}", self.refusal), "0");
            let line = match (self.shows_zero, self.barred) {
                (false, _) => line.user_only(),
                (true, false) => line,
                (true, true) => line.barred(),
            };
            return Err(line.into());
        }
        Ok(())
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

/// The rows that a user may see and change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Every row.
    Everything,
    /// Rows of these user groups, and those of `---ALL---`.
    Groups(Vec<String>),
}

/// The user group whose rows everybody sees.
const EVERYBODY: &str = "---ALL---";

impl Scope {
    /// The scope of the session's user.
    pub(crate) fn of(session: &mut Session<'_>) -> QueryResult<Self> {
        Self::of_user(session.db, &session.user)
    }

    fn of_user(db: &mut Db, user: &User) -> QueryResult<Self> {
        let group = users::group(db, &user.user_group)?;
        Ok(match group {
            Some(group) => Self::parse(group.admin_viewable_groups.as_deref().unwrap_or_default()),
            None => Self::Groups(vec![String::new()]),
        })
    }

    /// The scope of the session's user as `update_phone` and the list functions see it: a list too short to name a group,
    /// and a user group that does not exist, count as everything.
    pub(crate) fn wide_of(session: &mut Session<'_>) -> QueryResult<Self> {
        let group = users::group(session.db, &session.user.user_group)?;
        let list = group.and_then(|group| group.admin_viewable_groups);
        Ok(Self::parse_wide(&list.unwrap_or_default()))
    }

    fn parse_wide(list: &str) -> Self {
        if list.len() <= 3 {
            return Self::Everything;
        }
        Self::parse(list)
    }

    /// Reads `vicidial_user_groups.admin_viewable_groups`: a list between spaces.
    fn parse(list: &str) -> Self {
        if list.to_ascii_uppercase().contains("--ALL--") {
            return Self::Everything;
        }
        let list = list.strip_suffix(" -").unwrap_or(list);
        Self::Groups(list.split(' ').map(str::to_owned).collect())
    }

    /// The user groups whose rows are within it; none where every row is.
    pub(crate) fn user_groups(&self) -> Option<Vec<String>> {
        match self {
            Self::Everything => None,
            Self::Groups(groups) => {
                let everybody = std::iter::once(EVERYBODY.to_owned());
                Some(everybody.chain(groups.iter().cloned()).collect())
            }
        }
    }

    /// Whether a row of this user group is within it.
    pub(crate) fn covers(&self, user_group: Option<&str>) -> bool {
        match (self, user_group) {
            (Self::Everything, _) => true,
            (Self::Groups(_), None) => false,
            (Self::Groups(groups), Some(row)) => {
                collation::compare(row, EVERYBODY).is_eq()
                    || groups
                        .iter()
                        .any(|group| collation::compare(row, group).is_eq())
            }
        }
    }
}

/// Whether the user's group has this campaign among its `allowed_campaigns`.
pub(crate) fn allows_campaign(session: &mut Session<'_>, campaign: &str) -> QueryResult<bool> {
    let group = users::group(session.db, &session.user.user_group)?;
    Ok(group
        .and_then(|group| group.allowed_campaigns)
        .is_some_and(|list| names_campaign(&list, campaign)))
}

/// Reads `vicidial_user_groups.allowed_campaigns`: a list between spaces; `-ALL` in it means every campaign.
fn names_campaign(list: &str, campaign: &str) -> bool {
    let list = list.strip_suffix(" -").unwrap_or(list);
    list.to_ascii_uppercase().contains("-ALL")
        || list
            .split(' ')
            .any(|name| collation::compare(name, campaign).is_eq())
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

    #[test]
    fn a_scope_is_a_list_between_spaces() {
        assert_eq!(Scope::parse(" ---all--- "), Scope::Everything);
        assert_eq!(Scope::parse("xx--ALL--xx"), Scope::Everything);
        let sales = Scope::parse(" SALES SUPPORT -");
        for (group, covered) in [
            ("sales", true),
            ("SUPPORT", true),
            ("---ALL---", true),
            ("", true),
            ("EXEC", false),
            ("-", false),
        ] {
            assert_eq!(sales.covers(Some(group)), covered, "{group}");
        }
        assert!(!Scope::parse("SALES").covers(Some("")));
        assert!(!sales.covers(None));
    }

    #[test]
    fn allowed_campaigns_are_a_list_between_spaces() {
        for (list, campaign, named) in [
            (" -ALL-CAMPAIGNS- - -", "TESTCAMP", true),
            (" -all-campaigns- -", "TESTCAMP", true),
            (" SALESCMP -", "salescmp", true),
            (" SALESCMP OTHER -", "OTHER", true),
            (" SALESCMP -", "SALES", false),
            (" SALESCMP -", "-", false),
            ("", "TESTCAMP", false),
        ] {
            assert_eq!(names_campaign(list, campaign), named, "{list:?} {campaign}");
        }
    }

    #[test]
    fn the_wide_scope_takes_a_list_of_3_characters_or_fewer_for_everything() {
        for list in ["", " ", " - ", "A B"] {
            assert_eq!(Scope::parse_wide(list), Scope::Everything, "{list:?}");
        }
        assert_eq!(Scope::parse_wide(" AB "), Scope::parse(" AB "));
        assert!(!Scope::parse_wide(" AB ").covers(Some("SALES")));
    }
}
