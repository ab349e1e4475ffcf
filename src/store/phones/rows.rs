//! `phones` as extensions, and what points at one.

use crate::store::records::{self, Field, Record};
use crate::store::sql::Sql;
use crate::store::{Db, QueryResult};

/// The table.
pub const TABLE: &str = "phones";

/// The columns that are read: no password.
pub const COLUMNS: &[&str] = &[
    "extension",
    "dialplan_number",
    "voicemail_id",
    "server_ip",
    "login",
    "active",
    "fullname",
    "protocol",
    "email",
    "user_group",
];

/// The rest of a statement about one phone.
pub fn of(extension: &str, server_ip: &str) -> Sql {
    records::equal("extension", extension)
        .sql(" AND server_ip = ")
        .bind(server_ip)
}

/// The phone of that extension on that dialer.
///
/// # Errors
/// The database cannot be read.
pub fn find(db: &mut Db, extension: &str, server_ip: &str) -> QueryResult<Option<Record>> {
    Ok(records::select(db, TABLE, COLUMNS, of(extension, server_ip))?.pop())
}

/// The phones of a dialer that have one of these names, as their extension or in the dialplan; and those of every dialer
/// that have one of these logins.
///
/// # Errors
/// The database cannot be read.
pub fn with_names(
    db: &mut Db,
    names: &[String],
    server_ip: &str,
    logins: &[String],
) -> QueryResult<Vec<Record>> {
    let names = || names.iter().map(String::as_str);
    let mut rest = records::equal("server_ip", server_ip)
        .sql(" AND (extension IN (")
        .bind_list(names())
        .sql(") OR dialplan_number IN (")
        .bind_list(names())
        .sql("))");
    let logins: Vec<&str> = logins.iter().map(String::as_str).collect();
    if logins.iter().any(|login| !login.is_empty()) {
        let logins = logins.into_iter().filter(|login| !login.is_empty());
        rest = rest.sql(" OR login IN (").bind_list(logins).sql(")");
    }
    records::select(db, TABLE, COLUMNS, rest)
}

/// The phones that have one of these numbers, as their extension or in the dialplan, by their dialer.
///
/// # Errors
/// The database cannot be read.
pub fn all_with_numbers(db: &mut Db, numbers: &[String]) -> QueryResult<Vec<Record>> {
    let mut rows: Vec<Record> = Vec::new();
    for numbers in numbers.chunks(250) {
        let numbers = || numbers.iter().map(String::as_str);
        let rest = records::among("extension", numbers())
            .sql(" OR dialplan_number IN (")
            .bind_list(numbers())
            .sql(") ORDER BY server_ip");
        rows.extend(records::select(db, TABLE, COLUMNS, rest)?);
    }
    Ok(rows)
}

/// How many phones each of these user groups has: the name of each that has some, and how many.
///
/// # Errors
/// The database cannot be read.
pub fn counts_of(db: &mut Db, user_groups: &[&str]) -> QueryResult<Vec<(String, u64)>> {
    let rest = records::among("user_group", user_groups.iter().copied());
    let query = Sql::new(format!(
        "SELECT user_group, CAST(COUNT(*) AS CHAR) AS phones FROM {TABLE}"
    ))
    .append(rest)
    .sql(" GROUP BY user_group");
    let rows = db.read(query)?;
    Ok(rows
        .iter()
        .map(|row| (row.text(0).to_owned(), row.text(1).parse().unwrap_or(0)))
        .collect())
}

/// How many phones a user group has.
///
/// # Errors
/// The database cannot be read.
pub fn count_of(db: &mut Db, user_group: &str) -> QueryResult<u64> {
    records::count(db, TABLE, records::equal("user_group", user_group))
}

/// A statement, and the same with `*` for every password, for the log.
pub struct Logged {
    /// The statement.
    pub statement: Sql,
    /// What the log shows.
    pub shown: String,
}

/// The statement that adds a phone.
pub fn insertion(db: &Db, fields: &[Field]) -> Logged {
    Logged {
        statement: records::insertion(db, TABLE, fields),
        shown: records::insertion(db, TABLE, &masked(fields)).to_log_text(),
    }
}

/// The statement that changes a phone.
pub fn change(extension: &str, server_ip: &str, fields: &[Field]) -> Logged {
    Logged {
        statement: records::change(TABLE, fields, of(extension, server_ip)),
        shown: records::change(TABLE, &masked(fields), of(extension, server_ip)).to_log_text(),
    }
}

/// The statement that deletes a phone.
pub fn deletion(extension: &str, server_ip: &str) -> Sql {
    Sql::new(format!("DELETE FROM {TABLE}")).append(of(extension, server_ip))
}

fn masked(fields: &[Field]) -> Vec<Field> {
    let mask = |(column, value): &Field| match super::is_secret(column) {
        true => (*column, Some("*".to_owned())),
        false => (*column, value.clone()),
    };
    fields.iter().map(mask).collect()
}

/// The dialer that a new phone is on where nobody names one: the first active one.
///
/// # Errors
/// The database cannot be read.
pub fn first_server(db: &mut Db) -> QueryResult<Option<String>> {
    let rest = Sql::new(" WHERE active = 'Y' ORDER BY server_id LIMIT 1");
    let rows = records::select(db, "servers", &["server_ip"], rest)?;
    Ok(rows.first().map(|row| row.text("server_ip").to_owned()))
}

/// The in-groups that send calls to one of these extensions.
///
/// # Errors
/// The database cannot be read.
pub fn in_groups_leading_to(db: &mut Db, extensions: &[&str]) -> QueryResult<Vec<Record>> {
    const GROUPS: &str = "vicidial_inbound_groups";
    let columns = db.columns();
    let has = |column| columns.find(GROUPS, column).is_some();
    let mut any = Sql::new(" WHERE (1 = 0");
    if has("after_hours_action") && has("after_hours_exten") {
        any = any
            .sql(" OR (after_hours_action = 'EXTENSION' AND after_hours_exten IN (")
            .bind_list(extensions.iter().copied())
            .sql("))");
    }
    if has("no_agent_action") && has("no_agent_action_value") {
        for extension in extensions {
            any = any
                .sql(" OR (no_agent_action = 'EXTENSION' AND (no_agent_action_value = ")
                .bind(*extension)
                .sql(" OR (");
            db.push_begins_with(
                &mut any,
                "no_agent_action_value",
                &format!("{extension}|"),
                None,
            );
            any.push_sql(")))");
        }
    }
    let rest = any.sql(") ORDER BY group_id LIMIT 100");
    records::select(db, GROUPS, &["group_id", "group_name", "user_group"], rest)
}
