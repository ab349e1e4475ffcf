//! Whole rows of any table that vicishim knows: for `load` and `dump`.

use diesel::result::Error;

use super::columns::{Column, Columns, Filled};
use super::sql::{Bind, Sql, TextRow, name, names};
use super::{Db, QueryResult};

/// By which columns a loaded row is found again, in the order in which they are tried: the first whose columns the row
/// all has. Rows of a table that is not here are not loaded.
const KEYS: &[(&str, &[&[&str]])] = &[
    ("phones", &[&["extension", "server_ip"]]),
    ("phones_alias", &[&["alias_id"]]),
    ("servers", &[&["server_id"]]),
    ("system_settings", &[&[]]),
    ("vicidial_admin_log", &[&["admin_log_id"]]),
    ("vicidial_api_log", &[&["api_id"]]),
    ("vicidial_api_urls", &[&["api_id"]]),
    ("vicidial_call_menu", &[&["menu_id"]]),
    (
        "vicidial_campaign_cid_areacodes",
        &[&["campaign_id", "areacode", "outbound_cid"]],
    ),
    ("vicidial_campaigns", &[&["campaign_id"]]),
    ("vicidial_cid_groups", &[&["cid_group_id"]]),
    ("vicidial_closer_log", &[&["closecallid"]]),
    ("vicidial_conf_templates", &[&["template_id"]]),
    (
        "vicidial_did_log",
        &[&["uniqueid", "extension", "call_date"]],
    ),
    (
        "vicidial_filter_phone_groups",
        &[&["filter_phone_group_id"]],
    ),
    (
        "vicidial_filter_phone_numbers",
        &[&["phone_number", "filter_phone_group_id"]],
    ),
    ("vicidial_inbound_dids", &[&["did_id"], &["did_pattern"]]),
    ("vicidial_inbound_groups", &[&["group_id"]]),
    ("vicidial_ip_list_entries", &[&["ip_list_id", "ip_address"]]),
    ("vicidial_ip_lists", &[&["ip_list_id"]]),
    ("vicidial_two_factor_auth", &[&["user", "auth_date"]]),
    ("vicidial_urls", &[&["url_id"], &["url"]]),
    ("vicidial_user_groups", &[&["user_group"]]),
    ("vicidial_users", &[&["user_id"], &["user"]]),
    ("vicidial_voicemail", &[&["voicemail_id"]]),
    (
        "vicidial_webservers",
        &[&["webserver_id"], &["webserver", "hostname"]],
    ),
    ("vicishim_changed", &[&["subject", "change_id"]]),
    ("vicishim_changes", &[&["change_id"]]),
    (
        "vicishim_aliases",
        &[&["alias_id"], &["client_id"], &["kind", "name"]],
    ),
    ("vicishim_did_routes", &[&["route_id"]]),
    ("vicishim_dids", &[&["did_id"]]),
    (
        "vicishim_extensions",
        &[&["extension_id"], &["extension", "server_ip"]],
    ),
    ("vicishim_intended", &[&["subject"]]),
    ("vicishim_intentions", &[&["intention_id"]]),
    ("vicishim_requests", &[&["user", "function", "request_id"]]),
    (
        "vicishim_route_keys",
        &[&["key_id"], &["name"], &["digest"]],
    ),
    ("vicishim_schedule_holidays", &[&["holiday_id"]]),
    ("vicishim_schedule_hours", &[&["hours_id"]]),
    ("vicishim_schedules", &[&["schedule_id"]]),
    ("vicishim_tenants", &[&["tenant_id"], &["user_group"]]),
];

/// A row to be stored: its columns and their values.
pub type Row = Vec<(String, Option<String>)>;

/// Whether it is known how rows of this table are found again.
pub(super) fn is_known(table: &str) -> bool {
    KEYS.iter().any(|(name, _)| *name == table)
}

/// The columns by which a row of a table is found first.
pub(super) fn key_of(table: &str) -> &'static [&'static str] {
    keys(table).first().copied().unwrap_or_default()
}

/// The other columns of which no two rows of a table have the same values.
pub(super) fn unique_of(table: &str) -> &'static [&'static [&'static str]] {
    keys(table).get(1..).unwrap_or_default()
}

fn keys(table: &str) -> &'static [&'static [&'static str]] {
    let found = KEYS.iter().find(|(name, _)| *name == table);
    found.map_or(&[], |(_, keys)| keys)
}

/// Stores a row: changes the one with its primary or unique key, or adds it. Columns that it leaves out keep their value,
/// or take the default.
///
/// # Errors
/// The database cannot be written, or refuses the row.
pub fn upsert(db: &mut Db, table: &str, row: &Row) -> QueryResult<()> {
    let value = |column: &str| {
        row.iter()
            .find(|(name, _)| name == column)
            .and_then(|(_, value)| value.as_deref())
    };
    let keys = keys(table);
    let key: Option<Vec<(&str, &str)>> = keys.iter().find_map(|key| {
        key.iter()
            .map(|column| Some((*column, value(column)?)))
            .collect::<Option<Vec<_>>>()
    });
    if let Some(key) = &key
        && exists(db, table, key)?
    {
        let changed: Vec<_> = row
            .iter()
            .filter(|(column, _)| !key.iter().any(|(name, _)| name == column))
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        let mut update = Sql::new(format!("UPDATE {} SET ", name(table)));
        for (index, (column, value)) in changed.into_iter().enumerate() {
            update.push_sql(&format!(
                "{}{} = ",
                if index > 0 { ", " } else { "" },
                name(column)
            ));
            update.push_bind(Bind::Text(value.clone()));
        }
        push_condition(&mut update, key);
        return db.write(&update).map(drop);
    }
    let missing = missing_in_new(&db.columns, table, row);
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(Error::QueryBuilderError(
            format!("there is no row with its key, and a new one needs {missing}").into(),
        ));
    }
    insert(db, table, row)
}

/// Adds a row. Columns that it leaves out take the default.
///
/// # Errors
/// The database cannot be written, or refuses the row.
pub(super) fn insert(db: &mut Db, table: &str, row: &Row) -> QueryResult<()> {
    let left_out = required(db, table, row);
    let columns = row
        .iter()
        .map(|(column, _)| column.as_str())
        .chain(left_out.iter().map(|(column, _)| column.as_str()));
    let values = row
        .iter()
        .chain(&left_out)
        .map(|(_, value)| Bind::Text(value.clone()));
    let insert = Sql::new(format!(
        "INSERT INTO {} ({}) VALUES (",
        name(table),
        names(columns)
    ))
    .bind_list(values)
    .sql(")");
    db.write(&insert).map(drop)
}

/// The columns of its key that a row of this table lacks, so that it could not be found again; none where it has one. A
/// key that the database counts up by itself may be missing.
pub(super) fn missing_key(columns: &Columns, table: &str, row: &Row) -> Vec<&'static str> {
    let keys = keys(table);
    let Some(last) = keys.last().filter(|_| {
        !keys
            .iter()
            .any(|key| key.iter().all(|column| has(row, column)))
    }) else {
        return Vec::new();
    };
    match last.iter().all(|column| is_counted(columns, table, column)) {
        true => Vec::new(),
        false => lacking(row, last).collect(),
    }
}

/// The columns of any of its keys that a new row of this table lacks, without those that the database counts up by itself.
fn missing_in_new(columns: &Columns, table: &str, row: &Row) -> Vec<&'static str> {
    let keys = keys(table).iter();
    let missing = keys.flat_map(|key| lacking(row, key));
    missing
        .filter(|column| !is_counted(columns, table, column))
        .collect()
}

fn lacking(row: &Row, key: &'static [&'static str]) -> impl Iterator<Item = &'static str> {
    key.iter().copied().filter(|column| !has(row, column))
}

/// Whether the row names the column. A dump names every column, also one that is NULL.
fn has(row: &Row, column: &str) -> bool {
    row.iter().any(|(name, _)| name == column)
}

/// Whether the database gives the column of a new row the next number.
fn is_counted(columns: &Columns, table: &str, column: &str) -> bool {
    let column = columns.find(table, column);
    column.is_some_and(|column| column.filled == Filled::Counting)
}

/// The columns that a new row must have and that VICIdial leaves to a server without STRICT: the empty text or 0.
pub(super) fn required(db: &Db, table: &str, row: &Row) -> Row {
    let missing = |column: &&Column| {
        !column.nullable
            && column.filled == Filled::No
            && !row.iter().any(|(name, _)| *name == column.name)
    };
    db.columns
        .of(table)
        .iter()
        .filter(missing)
        .map(|column| (column.name.clone(), Some(column.kind.empty().to_owned())))
        .collect()
}

fn exists(db: &mut Db, table: &str, key: &[(&str, &str)]) -> QueryResult<bool> {
    let mut query = Sql::new(format!("SELECT '1' AS found FROM {}", name(table)));
    push_condition(&mut query, key);
    Ok(!db.read(query.sql(" LIMIT 1"))?.is_empty())
}

fn push_condition(statement: &mut Sql, key: &[(&str, &str)]) {
    for (index, (column, value)) in key.iter().enumerate() {
        statement.push_sql(&format!(
            " {} {} = ",
            if index == 0 { "WHERE" } else { "AND" },
            name(column)
        ));
        statement.push_bind(*value);
    }
}

/// Reads these columns of all rows of a table, in the order of their key, some at a time; every value as text.
///
/// # Errors
/// The database cannot be read, or who takes the rows takes no more.
pub(super) fn each<E: From<Error>>(
    db: &mut Db,
    table: &str,
    columns: &[Column],
    take: impl FnMut(Vec<TextRow>) -> Result<(), E>,
) -> Result<(), E> {
    // With the table's name before it, else it would be the text that is read, `10` before `9`.
    let key = key_of(table).iter();
    let key = key.map(|column| format!("{}.{}", name(table), name(column)));
    let order = match key.collect::<Vec<_>>().join(", ") {
        key if key.is_empty() => String::new(),
        key => format!(" ORDER BY {key}"),
    };
    let columns = columns.iter().map(|column| column.name.as_str());
    db.read_in_portions(table, columns, &order, take)
}
