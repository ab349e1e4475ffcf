//! `vicidial_users` and what sign-in looks up beside them.

use std::sync::Arc;

use super::settings::above_zero;
use super::sql::{Sql, TextRow};
use super::{Db, QueryResult};

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
    /// The last sign-in, or the last failed one that opened a lock again; empty where none is known.
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

/// The columns of [`User::from`], in its order. Dates are read as texts: a zero date is no date for a driver.
const COLUMNS: &str = "CAST(user_id AS CHAR) AS c1, user, pass, pass_hash, CAST(user_level AS CHAR) AS c5, user_group, \
                       active, vdc_agent_api_access, modify_inbound_dids, delete_inbound_dids, modify_lists, \
                       modify_campaigns, ast_admin_access, ast_delete_phones, view_reports, api_allowed_functions, \
                       CAST(failed_login_count AS CHAR) AS c17, CAST(last_login_date AS CHAR) AS c18, last_ip, \
                       ignore_ip_list, two_factor_override";

impl From<&TextRow> for User {
    fn from(row: &TextRow) -> Self {
        let text = |column| row.text(column).to_owned();
        let flag = |column| above_zero(row.value(column));
        let number = |column| row.text(column).parse().unwrap_or(0);
        Self {
            user_id: row.text(0).parse().unwrap_or(0),
            user: text(1),
            pass: text(2),
            pass_hash: text(3),
            level: number(4),
            user_group: text(5),
            active: row.text(6) == "Y",
            flags: Flags {
                vdc_agent_api_access: flag(7),
                modify_inbound_dids: flag(8),
                delete_inbound_dids: flag(9),
                modify_lists: flag(10),
                modify_campaigns: flag(11),
                ast_admin_access: flag(12),
                ast_delete_phones: flag(13),
                view_reports: flag(14),
            },
            api_allowed_functions: text(15),
            failed_login_count: number(16),
            last_login_date: text(17),
            last_ip: text(18),
            ignores_ip_lists: flag(19),
            without_two_factor: row.text(20) == "DISABLED",
        }
    }
}

/// So many failed sign-ins in a row lock a user out (fixtures/reference/behaviour.md §3).
pub const LOCKED_AT: i32 = 10;

/// What a sign-in that failed leaves in the user's row (fixtures/reference/behaviour.md §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// A wrong password, or a user who may not sign in: all three counters go up.
    Bad,
    /// A wrong password after the lock has run out: the count starts again at 1.
    BadAfterLock,
    /// Too many of them: only the day's attempts go up.
    Locked,
    /// An address that is not allowed: the same.
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
    let query = Sql::new(format!(
        "SELECT {COLUMNS} FROM vicidial_users WHERE user = "
    ))
    .bind(name);
    Ok(db.read(query.sql(" LIMIT 1"))?.first().map(User::from))
}

/// Whether there is any user at all.
///
/// # Errors
/// The database cannot be read.
pub fn any(db: &mut Db) -> QueryResult<bool> {
    let query = Sql::new("SELECT user FROM vicidial_users LIMIT 1");
    Ok(!db.read(query)?.is_empty())
}

/// Whether there is an active user of that name.
///
/// # Errors
/// The database cannot be read.
pub fn is_active(db: &mut Db, name: &str) -> QueryResult<bool> {
    let query =
        Sql::new("SELECT user FROM vicidial_users WHERE active = 'Y' AND user = ").bind(name);
    Ok(!db.read(query.sql(" LIMIT 1"))?.is_empty())
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
    db.write_bookkeeping(&update).map(drop)
}

/// Notes a sign-in that failed; false, and nothing is noted, where another one was counted meanwhile, so that this one is of
/// another kind. The counters stop at what their columns hold.
///
/// # Errors
/// The database cannot be written.
pub fn failed(
    db: &mut Db,
    user_id: i64,
    failure: Failure,
    now: &str,
    address: &str,
) -> QueryResult<bool> {
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
    if matches!(failure, Failure::Bad | Failure::BadAfterLock) {
        let columns = db.columns();
        update.push_sql(", failed_last_ip_today = ");
        update.push_bind(columns.cut("vicidial_users", "failed_last_ip_today", address));
    }
    let update = update
        .sql(", failed_last_type_today = ")
        .bind(kind)
        .sql(" WHERE user_id = ")
        .bind(user_id)
        .sql(&match failure {
            Failure::Bad => format!(" AND failed_login_count < {LOCKED_AT}"),
            Failure::BadAfterLock => format!(" AND failed_login_count >= {LOCKED_AT}"),
            Failure::Locked | Failure::Blocked => String::new(),
        });
    db.seen.user = None;
    Ok(db.write_bookkeeping(&update)? > 0)
}

/// Whether one of these addresses stands in that IP list.
///
/// # Errors
/// The database cannot be read.
pub fn in_ip_list(db: &mut Db, list: &str, addresses: &[&str]) -> QueryResult<bool> {
    let query = Sql::new("SELECT ip_address FROM vicidial_ip_list_entries WHERE ip_list_id = ")
        .bind(list)
        .sql(" AND ip_address IN (")
        .bind_list(addresses.iter().copied());
    Ok(!db.read(query.sql(") LIMIT 1"))?.is_empty())
}

/// Whether the user has passed a second factor that still counts.
///
/// # Errors
/// The database cannot be read.
pub fn has_second_factor(db: &mut Db, name: &str, now: &str) -> QueryResult<bool> {
    let query = Sql::new("SELECT user FROM vicidial_two_factor_auth WHERE user = ")
        .bind(name)
        .sql(" AND auth_stage = '1' AND auth_exp_date > ")
        .bind(now);
    Ok(!db.read(query.sql(" LIMIT 1"))?.is_empty())
}

/// What a user group allows.
#[derive(Debug, Clone, Default)]
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
    let query = Sql::new(
        "SELECT allowed_campaigns, admin_viewable_groups, api_ip_list FROM vicidial_user_groups WHERE user_group = ",
    );
    let rows = db.read(query.bind(name).sql(" LIMIT 1"))?;
    let text = |row: &TextRow, column| row.value(column).map(str::to_owned);
    Ok(rows.first().map(|row| UserGroup {
        allowed_campaigns: text(row, 0),
        admin_viewable_groups: text(row, 1),
        api_ip_list: text(row, 2),
    }))
}

#[cfg(test)]
mod tests;
