//! What a DID can point at: in-groups, call menus, servers.

use diesel::prelude::*;

use super::schema::{servers, vicidial_call_menu, vicidial_inbound_groups};
use super::{Db, QueryResult, each_backend};

/// Whether there is an in-group of that name, active or not.
///
/// # Errors
/// The database cannot be read.
pub fn inbound_group_exists(db: &mut Db, group_id: &str) -> QueryResult<bool> {
    use vicidial_inbound_groups as g;
    let query = g::table
        .filter(g::group_id.eq(group_id))
        .select(g::group_id);
    Ok(each_backend!(db, c => query.first::<String>(c).optional())?.is_some())
}

/// Whether there is a call menu of that name.
///
/// # Errors
/// The database cannot be read.
pub fn call_menu_exists(db: &mut Db, menu_id: &str) -> QueryResult<bool> {
    use vicidial_call_menu as m;
    let query = m::table.filter(m::menu_id.eq(menu_id)).select(m::menu_id);
    Ok(each_backend!(db, c => query.first::<String>(c).optional())?.is_some())
}

/// Whether there is a dialer of that address.
///
/// # Errors
/// The database cannot be read.
pub fn server_exists(db: &mut Db, server_ip: &str) -> QueryResult<bool> {
    let query = servers::table
        .filter(servers::server_ip.eq(server_ip))
        .select(servers::server_id);
    Ok(each_backend!(db, c => query.first::<String>(c).optional())?.is_some())
}
