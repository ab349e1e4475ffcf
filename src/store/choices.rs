//! What a DID or an extension can be pointed at, as lists to choose from: in-groups, call menus, voicemail boxes, users. No
//! password is read.

use super::records::{self, Conditions, Record, any_holds};
use super::sql::Sql;
use super::{Db, QueryResult};

/// A list to choose from.
pub struct Choices {
    table: &'static str,
    /// The columns that are read.
    columns: &'static [&'static str],
    /// Those by which the rows are in an order.
    order: &'static str,
    /// Those that are searched.
    searched: &'static [&'static str],
    /// What else the rows must be.
    condition: &'static str,
}

/// In-groups by their id.
pub const IN_GROUPS: Choices = Choices {
    table: "vicidial_inbound_groups",
    columns: &["group_id", "group_name", "active", "user_group"],
    order: "group_id",
    searched: &["group_id", "group_name"],
    condition: "",
};

/// Call menus by their id.
pub const CALL_MENUS: Choices = Choices {
    table: "vicidial_call_menu",
    columns: &["menu_id", "menu_name", "user_group"],
    order: "menu_id",
    searched: &["menu_id", "menu_name"],
    condition: "",
};

/// Voicemail boxes of their own by their id.
pub const BOXES: Choices = Choices {
    table: "vicidial_voicemail",
    columns: &["voicemail_id", "fullname", "email", "active", "user_group"],
    order: "voicemail_id",
    searched: &["voicemail_id", "fullname", "email"],
    condition: "",
};

/// The voicemail boxes of phones by their id.
pub const BOXES_OF_PHONES: Choices = Choices {
    table: super::phones::rows::TABLE,
    columns: &[
        "voicemail_id",
        "fullname",
        "email",
        "active",
        "user_group",
        "extension",
        "server_ip",
    ],
    order: "voicemail_id, extension, server_ip",
    searched: &["voicemail_id", "fullname", "email"],
    condition: "voicemail_id <> ''",
};

/// Phones by number.
pub const PHONES: Choices = Choices {
    table: super::phones::rows::TABLE,
    columns: super::phones::rows::COLUMNS,
    order: "dialplan_number, extension, server_ip",
    searched: &["extension", "dialplan_number", "fullname", "email"],
    condition: "",
};

/// Users by their name.
pub const USERS: Choices = Choices {
    table: "vicidial_users",
    columns: &["user", "full_name", "user_level", "active", "user_group"],
    order: "user",
    searched: &["user", "full_name"],
    condition: "",
};

/// User groups by their name.
pub const USER_GROUPS: Choices = Choices {
    table: "vicidial_user_groups",
    columns: &["user_group", "group_name"],
    order: "user_group",
    searched: &["user_group", "group_name"],
    condition: "",
};

/// Dialers by their address.
pub const SERVERS: Choices = Choices {
    table: "servers",
    columns: &["server_ip", "server_description", "active"],
    order: "server_ip",
    searched: &["server_ip", "server_description"],
    condition: "",
};

/// Which rows of a list are asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In one of the columns that are searched.
    pub search: Option<String>,
    /// Of this user group.
    pub user_group: Option<String>,
    /// Whether it is active.
    pub active: Option<bool>,
    /// Only of these user groups; every group where there is no list.
    pub scope: Option<Vec<String>>,
}

/// A page of a list, and how many rows there are in all.
///
/// # Errors
/// The database cannot be read.
pub fn list(
    db: &mut Db,
    choices: &Choices,
    filter: &Filter,
    offset: u64,
    count: u64,
) -> QueryResult<(Vec<Record>, u64)> {
    let mut all = Conditions::new();
    if !choices.condition.is_empty() {
        all = all.and(Sql::new(choices.condition));
    }
    if let Some(search) = &filter.search {
        all = all.and(any_holds(db, choices.table, choices.searched, search));
    }
    if let Some(user_group) = &filter.user_group {
        all = all.and(Sql::new("user_group = ").bind(user_group.as_str()));
    }
    match filter.active {
        Some(true) => all = all.and(Sql::new("active = 'Y'")),
        Some(false) => all = all.and(Sql::new("active <> 'Y' OR active IS NULL")),
        None => {}
    }
    if let Some(scope) = &filter.scope {
        let groups = scope.iter().map(String::as_str);
        all = all.and(Sql::new("user_group IN (").bind_list(groups).sql(")"));
    }
    let condition = all.end();
    let total = records::count(db, choices.table, condition.clone())?;
    if count == 0 {
        return Ok((Vec::new(), total));
    }
    let page = condition.append(records::page(choices.order, offset, count));
    let rows = records::select(db, choices.table, choices.columns, page)?;
    Ok((rows, total))
}
