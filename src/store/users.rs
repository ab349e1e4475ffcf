//! `vicidial_users` and what sign-in looks up beside them.

use std::sync::Arc;

use diesel::define_sql_function;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use super::schema::{
    vicidial_ip_list_entries, vicidial_two_factor_auth, vicidial_user_groups, vicidial_users,
};
use super::settings::above_zero;
use super::sql::Sql;
use super::{Db, QueryResult, each_backend};

define_sql_function! {
    /// Gives a date as text on both databases, and leaves the statement one that is kept prepared, which a literal does not.
    fn trim(date: Nullable<Text>) -> Nullable<Text>;
}

/// A user, with what sign-in and permissions look at.
#[derive(Clone)]
pub struct User {
    /// Its key.
    pub user_id: i64,
    /// Its name as it is stored.
    pub user: String,
    /// The plain password.
    pub pass: String,
    /// The last 31 characters of the bcrypt string.
    pub pass_hash: String,
    /// 1 to 9.
    pub level: i32,
    /// The user group's name.
    pub user_group: String,
    /// Whether it may sign in at all.
    pub active: bool,
    /// The flags that functions ask for.
    pub flags: Flags,
    /// The names of the functions it may use, between spaces.
    pub api_allowed_functions: String,
    /// Failed sign-ins in a row.
    pub failed_login_count: i32,
    /// The last sign-in, or the last failed one that opened a lock again.
    pub last_login_date: String,
    /// The address of the last sign-in.
    pub last_ip: String,
    /// Whether the IP lists do not count for it.
    pub ignores_ip_lists: bool,
    /// Whether it needs no second factor.
    pub without_two_factor: bool,
}

/// The columns of `vicidial_users` that allow something.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flags {
    /// `vdc_agent_api_access`
    pub vdc_agent_api_access: bool,
    /// `modify_inbound_dids`
    pub modify_inbound_dids: bool,
    /// `delete_inbound_dids`
    pub delete_inbound_dids: bool,
    /// `modify_lists`
    pub modify_lists: bool,
    /// `modify_campaigns`
    pub modify_campaigns: bool,
    /// `ast_admin_access`
    pub ast_admin_access: bool,
    /// `ast_delete_phones`
    pub ast_delete_phones: bool,
    /// `view_reports`
    pub view_reports: bool,
}

#[derive(Queryable)]
struct UserRow {
    user_id: i64,
    user: String,
    pass: String,
    pass_hash: Option<String>,
    user_level: Option<i32>,
    user_group: Option<String>,
    active: Option<String>,
    flags: FlagsRow,
    api_allowed_functions: Option<String>,
    failed_login_count: Option<i32>,
    last_login_date: Option<String>,
    last_ip: Option<String>,
    ignore_ip_list: Option<String>,
    two_factor_override: Option<String>,
}

type FlagsRow = (
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        let flag = |column: &Option<String>| above_zero(column.as_ref());
        let (api, modify_dids, delete_dids, lists, campaigns, admin, delete_phones, reports) =
            &row.flags;
        Self {
            user_id: row.user_id,
            level: row.user_level.unwrap_or(0),
            active: row.active.as_deref() == Some("Y"),
            flags: Flags {
                vdc_agent_api_access: flag(api),
                modify_inbound_dids: flag(modify_dids),
                delete_inbound_dids: flag(delete_dids),
                modify_lists: flag(lists),
                modify_campaigns: flag(campaigns),
                ast_admin_access: flag(admin),
                ast_delete_phones: flag(delete_phones),
                view_reports: flag(reports),
            },
            ignores_ip_lists: flag(&row.ignore_ip_list),
            without_two_factor: row.two_factor_override.as_deref() == Some("DISABLED"),
            user: row.user,
            pass: row.pass,
            pass_hash: row.pass_hash.unwrap_or_default(),
            user_group: row.user_group.unwrap_or_default(),
            api_allowed_functions: row.api_allowed_functions.unwrap_or_default(),
            failed_login_count: row.failed_login_count.unwrap_or(0),
            last_login_date: row.last_login_date.unwrap_or_default(),
            last_ip: row.last_ip.unwrap_or_default(),
        }
    }
}

/// What a sign-in that failed leaves in the user's row (fixtures/reference/behaviour.md §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// A wrong password, or a user who may not sign in: all three counters go up.
    Bad,
    /// A wrong password after the lock has run out: the count starts again at 1.
    BadAfterLock,
    /// Too many of them: only the day's attempts go up.
    Locked,
    /// An address that is not allowed.
    Blocked,
}

/// The user of that name, whatever its case and accents; read once a batch.
///
/// # Errors
/// The database cannot be read.
pub fn find(db: &mut Db, name: &str) -> QueryResult<Option<Arc<User>>> {
    db.read_once(|seen| &mut seen.user, name, read)
}

fn read(db: &mut Db, name: &str) -> QueryResult<Option<User>> {
    use vicidial_users as u;
    let query = u::table.filter(u::user.eq(name)).select((
        u::user_id,
        u::user,
        u::pass,
        u::pass_hash,
        u::user_level,
        u::user_group,
        u::active,
        (
            u::vdc_agent_api_access,
            u::modify_inbound_dids,
            u::delete_inbound_dids,
            u::modify_lists,
            u::modify_campaigns,
            u::ast_admin_access,
            u::ast_delete_phones,
            u::view_reports,
        ),
        u::api_allowed_functions,
        u::failed_login_count,
        // As text: a zero date is no date for the driver.
        trim(u::last_login_date),
        u::last_ip,
        u::ignore_ip_list,
        u::two_factor_override,
    ));
    Ok(each_backend!(db, c => query.get_result::<UserRow>(c).optional())?.map(User::from))
}

/// Whether there is any user at all.
///
/// # Errors
/// The database cannot be read.
pub fn any(db: &mut Db) -> QueryResult<bool> {
    let query = vicidial_users::table
        .select(vicidial_users::user_id)
        .limit(1);
    Ok(each_backend!(db, c => query.get_result::<i64>(c).optional())?.is_some())
}

/// Whether there is an active user of that name.
///
/// # Errors
/// The database cannot be read.
pub fn is_active(db: &mut Db, name: &str) -> QueryResult<bool> {
    let query = vicidial_users::table
        .filter(vicidial_users::user.eq(name))
        .filter(vicidial_users::active.eq("Y"))
        .select(vicidial_users::user_id);
    Ok(each_backend!(db, c => query.get_result::<i64>(c).optional())?.is_some())
}

/// Notes a sign-in: the count of failed ones starts again. Where the row says so already, as in a second of many calls,
/// it is left as it is.
///
/// # Errors
/// The database cannot be written.
pub fn signed_in(db: &mut Db, user: &User, now: &str, address: &str) -> QueryResult<()> {
    let columns = db.columns();
    let address = columns.cut("vicidial_users", "last_ip", address);
    if user.last_login_date == now && user.last_ip == address && user.failed_login_count == 0 {
        return Ok(());
    }
    let update = Sql::new("UPDATE vicidial_users SET last_login_date = ")
        .bind(now)
        .sql(", last_ip = ")
        .bind(address)
        .sql(", failed_login_count = 0 WHERE user_id = ")
        .bind(user.user_id);
    db.seen.user = None;
    db.write_bookkeeping(update).map(drop)
}

/// Notes a sign-in that failed. The counters stop at what their columns hold.
///
/// # Errors
/// The database cannot be written.
pub fn failed(
    db: &mut Db,
    user_id: i64,
    failure: Failure,
    now: &str,
    address: &str,
) -> QueryResult<()> {
    const ATTEMPTS: &str = "failed_login_attempts_today = CASE WHEN failed_login_attempts_today < 16777215 \
                            THEN failed_login_attempts_today + 1 ELSE failed_login_attempts_today END";
    const COUNT_TODAY: &str = "failed_login_count_today = CASE WHEN failed_login_count_today < 65535 \
                               THEN failed_login_count_today + 1 ELSE failed_login_count_today END";
    let mut update = Sql::new(format!("UPDATE vicidial_users SET {ATTEMPTS}"));
    let kind = match failure {
        Failure::Bad => {
            update.push_sql(&format!(
                ", failed_login_count = failed_login_count + 1, {COUNT_TODAY}"
            ));
            "aBAD"
        }
        Failure::BadAfterLock => {
            update.push_sql(&format!(
                ", failed_login_count = 1, {COUNT_TODAY}, last_login_date = "
            ));
            update.push_bind(now);
            "aBAD"
        }
        Failure::Locked => "aLOCK",
        Failure::Blocked => "aIPBLOCK",
    };
    let columns = db.columns();
    let address = columns.cut("vicidial_users", "failed_last_ip_today", address);
    let update = update
        .sql(", failed_last_ip_today = ")
        .bind(address)
        .sql(", failed_last_type_today = ")
        .bind(kind)
        .sql(" WHERE user_id = ")
        .bind(user_id);
    db.seen.user = None;
    db.write_bookkeeping(update).map(drop)
}

/// Whether one of these addresses stands in that IP list.
///
/// # Errors
/// The database cannot be read.
pub fn in_ip_list(db: &mut Db, list: &str, addresses: &[&str]) -> QueryResult<bool> {
    use vicidial_ip_list_entries as e;
    let query = e::table
        .filter(e::ip_list_id.eq(list))
        .filter(e::ip_address.eq_any(addresses))
        .select(e::ip_address);
    Ok(each_backend!(db, c => query.get_result::<String>(c).optional())?.is_some())
}

/// Whether the user has passed a second factor that still counts.
///
/// # Errors
/// The database cannot be read.
pub fn has_second_factor(db: &mut Db, name: &str, now: &str) -> QueryResult<bool> {
    use vicidial_two_factor_auth as t;
    let query = t::table
        .filter(t::user.eq(name))
        .filter(t::auth_stage.eq("1"))
        .filter(t::auth_exp_date.gt(now))
        .select(t::auth_stage);
    Ok(each_backend!(db, c => query.get_result::<Option<String>>(c).optional())?.is_some())
}

/// What a user group allows.
#[derive(Debug, Clone, Default, Queryable)]
pub struct UserGroup {
    /// The campaigns its users may use, between spaces.
    pub allowed_campaigns: Option<String>,
    /// The user groups whose rows its users see, between spaces.
    pub admin_viewable_groups: Option<String>,
    /// The IP list that its users' addresses must be in.
    pub api_ip_list: Option<String>,
}

/// The user group of that name; read once a batch.
///
/// # Errors
/// The database cannot be read.
pub fn group(db: &mut Db, name: &str) -> QueryResult<Option<Arc<UserGroup>>> {
    db.read_once(|seen| &mut seen.group, name, read_group)
}

fn read_group(db: &mut Db, name: &str) -> QueryResult<Option<UserGroup>> {
    use vicidial_user_groups as g;
    let query = g::table.filter(g::user_group.eq(name)).select((
        g::allowed_campaigns,
        g::admin_viewable_groups,
        g::api_ip_list,
    ));
    each_backend!(db, c => query.get_result::<UserGroup>(c).optional())
}
