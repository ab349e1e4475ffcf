//! The rows that a user may see and change, by its user group (fixtures/reference/behaviour.md §4).

use std::fmt;

use super::Session;
use crate::store::users::{self, UserGroup};
use crate::store::{QueryResult, collation};

/// The rows that a user may see and change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Every row.
    Everything,
    /// Rows of these user groups, and those of `---ALL---`.
    Groups(Vec<String>),
}

/// How a function reads the list of a user's group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeRule {
    /// It looks at no row's user group.
    Unscoped,
    /// As it is written; a user group that does not exist has an empty one.
    Strict,
    /// A list too short to name a group, and a user group that does not exist, count as everything: so `update_phone`
    /// and the list functions have it.
    Lenient,
}

/// The user group whose rows everybody sees.
pub(crate) const EVERYBODY: &str = "---ALL---";

impl Scope {
    /// The scope of the session's user in the session's function.
    pub(crate) fn of(session: &mut Session<'_>) -> QueryResult<Self> {
        if session.scope_rule == ScopeRule::Unscoped {
            return Ok(Self::Everything);
        }
        let group = users::group(session.db, &session.user.user_group)?;
        Ok(Self::of_group(group.as_deref(), session.scope_rule))
    }

    /// The scope of the session's user by the lenient rule, whatever the function's.
    pub(crate) fn lenient_of(session: &mut Session<'_>) -> QueryResult<Self> {
        let group = users::group(session.db, &session.user.user_group)?;
        Ok(Self::of_group(group.as_deref(), ScopeRule::Lenient))
    }

    /// The scope of a user of this group.
    pub(crate) fn of_group(group: Option<&UserGroup>, rule: ScopeRule) -> Self {
        let list = group.map(|group| group.admin_viewable_groups.as_deref().unwrap_or_default());
        match (rule, list) {
            (ScopeRule::Unscoped, _) => Self::Everything,
            (ScopeRule::Strict, Some(list)) => Self::parse(list),
            (ScopeRule::Strict, None) => Self::Groups(vec![String::new()]),
            (ScopeRule::Lenient, list) => Self::parse_lenient(list.unwrap_or_default()),
        }
    }

    fn parse_lenient(list: &str) -> Self {
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
        // Wherever it stands: the reference makes one name of `SALES -SUPPORT`.
        let list = list.replace(" -", "");
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

    /// The user groups that it names; none where it covers every row.
    pub(crate) fn named_groups(&self) -> Option<Vec<String>> {
        match self {
            Self::Everything => None,
            Self::Groups(groups) => {
                let named = groups.iter().filter(|group| !group.is_empty());
                Some(named.cloned().collect())
            }
        }
    }

    /// Whether it names this user group: not where it covers it only because everybody sees it.
    pub(crate) fn names(&self, user_group: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Groups(groups) => {
                !user_group.is_empty()
                    && groups
                        .iter()
                        .any(|group| collation::compare(user_group, group).is_eq())
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

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Groups(groups) = self else {
            return f.write_str("every row");
        };
        write!(f, "rows of {EVERYBODY}")?;
        let mut named: Vec<&str> = Vec::new();
        for group in groups {
            if !group.is_empty() && !named.contains(&group.as_str()) {
                named.push(group);
            }
        }
        for group in named {
            write!(f, ", {group}")?;
        }
        match groups.iter().any(String::is_empty) {
            true => f.write_str(" and those without a user group"),
            false => Ok(()),
        }
    }
}

/// Whether the user's group has this campaign among its `allowed_campaigns`.
pub(crate) fn allows_campaign(session: &mut Session<'_>, campaign: &str) -> QueryResult<bool> {
    let group = users::group(session.db, &session.user.user_group)?;
    let list = group
        .as_deref()
        .and_then(|group| group.allowed_campaigns.as_deref());
    Ok(list.is_some_and(|list| names_campaign(list, campaign)))
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
        let joined = Scope::parse(" SALES -SUPPORT EXEC - -");
        for (group, covered) in [
            ("SALESSUPPORT", true),
            ("EXEC", true),
            ("SALES", false),
            ("SUPPORT", false),
            ("-SUPPORT", false),
        ] {
            assert_eq!(joined.covers(Some(group)), covered, "{group}");
        }
        assert!(!sales.covers(None));
        let words = "rows of ---ALL---, SALES, SUPPORT and those without a user group";
        assert_eq!(sales.to_string(), words);
        assert_eq!(
            Scope::parse("SALES").to_string(),
            "rows of ---ALL---, SALES"
        );
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
    fn a_lenient_scope_takes_a_list_of_3_characters_or_fewer_for_everything() {
        for list in ["", " ", " - ", "A B"] {
            assert_eq!(Scope::parse_lenient(list), Scope::Everything, "{list:?}");
        }
        assert_eq!(Scope::parse_lenient(" AB "), Scope::parse(" AB "));
        assert!(!Scope::parse_lenient(" AB ").covers(Some("SALES")));
    }
}
