//! Our own tables: what VICIdial's cannot say of DIDs and extensions. They live in the database that [`Db::vicishim_tables`] gives, so
//! no statement joins them with a table of VICIdial's.

pub mod bound;
pub mod client_ids;
pub mod settings;
pub mod storing;

use super::interrupted::Keyed;
use super::records::{self, Conditions, Field, Record, any_holds};
use super::sql::Sql;
use super::{Db, QueryResult};

/// How many rows one statement adds or looks up.
const CHUNK: usize = 250;

/// A table of ours: its name, its key and the columns that are read.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its key.
    pub key: &'static str,
    /// The columns that are read, the key among them.
    pub columns: &'static [&'static str],
}

/// What a DID has beside VICIdial's row.
pub const DIDS: Table = Table {
    name: "vicishim_dids",
    key: "did_id",
    columns: &[
        "did_id",
        "status",
        "dest_kind",
        "dest_xform",
        "max_channels",
        "fax_mode",
        "allow_anonymous",
        "schedule_id",
        "closed_dest_kind",
        "closed_dest_id",
        "closed_dest_xform",
        "holiday_dest_kind",
        "holiday_dest_id",
        "holiday_dest_xform",
        "did_pattern",
        "description",
        "client_id",
    ],
};

/// A DID's conditional routes.
pub const ROUTES: Table = Table {
    name: "vicishim_did_routes",
    key: "route_id",
    columns: &[
        "route_id",
        "did_id",
        "position",
        "days",
        "time_from",
        "time_to",
        "time_zone",
        "dest_kind",
        "dest_id",
        "dest_xform",
    ],
};

/// Schedules.
pub const SCHEDULES: Table = Table {
    name: "vicishim_schedules",
    key: "schedule_id",
    columns: &[
        "schedule_id",
        "name",
        "time_zone",
        "user_group",
        "client_id",
    ],
};

/// The weekly hours of schedules.
pub const HOURS: Table = Table {
    name: "vicishim_schedule_hours",
    key: "hours_id",
    columns: &["hours_id", "schedule_id", "day", "opens", "closes"],
};

/// The holidays of schedules.
pub const HOLIDAYS: Table = Table {
    name: "vicishim_schedule_holidays",
    key: "holiday_id",
    columns: &["holiday_id", "schedule_id", "holiday_date", "name"],
};

/// The numbers and caps of user groups.
pub const TENANTS: Table = Table {
    name: "vicishim_tenants",
    key: "tenant_id",
    columns: &[
        "tenant_id",
        "user_group",
        "max_extensions",
        "number_form",
        "country",
        "client_id",
    ],
};

/// The keys with which a dialplan asks where a call goes.
pub const ROUTE_KEYS: Table = Table {
    name: "vicishim_route_keys",
    key: "key_id",
    columns: &["key_id", "name", "digest", "networks", "made_at"],
};

/// The numbers of phones, and what they have beside VICIdial's row.
pub const EXTENSIONS: Table = Table {
    name: "vicishim_extensions",
    key: "extension_id",
    columns: &[
        "extension_id",
        "extension",
        "server_ip",
        "dest_kind",
        "dest_id",
        "dest_xform",
        "schedule_id",
        "closed_dest_kind",
        "closed_dest_id",
        "closed_dest_xform",
        "holiday_dest_kind",
        "holiday_dest_id",
        "holiday_dest_xform",
        "client_id",
    ],
};

/// The ids that clients gave to what VICIdial has under names of its own: call menus, in-groups, users, voicemail boxes.
pub const ALIASES: Table = Table {
    name: "vicishim_aliases",
    key: "alias_id",
    columns: &["alias_id", "client_id", "kind", "name"],
};

/// Rows with what follows the table's name in the statement; none where there are no tables of ours.
///
/// # Errors
/// The database cannot be read.
pub fn select(db: &mut Db, table: &Table, rest: Sql) -> QueryResult<Vec<Record>> {
    match db.vicishim_tables()? {
        Some(own) => records::select(own, table.name, table.columns, rest),
        None => Ok(Vec::new()),
    }
}

/// The rows that have one of these numbers in a column, by the table's key.
///
/// # Errors
/// The database cannot be read.
pub fn with_numbers(
    db: &mut Db,
    table: &Table,
    column: &str,
    numbers: &[i64],
) -> QueryResult<Vec<Record>> {
    let mut rows = Vec::new();
    for numbers in numbers.chunks(CHUNK) {
        let rest = records::among(column, numbers.iter().copied())
            .sql(&format!(" ORDER BY {}", table.key));
        rows.extend(select(db, table, rest)?);
    }
    Ok(rows)
}

/// The row of that key.
///
/// # Errors
/// The database cannot be read.
pub fn by_key(db: &mut Db, table: &Table, key: i64) -> QueryResult<Option<Record>> {
    Ok(select(db, table, records::equal(table.key, key))?.pop())
}

/// How many rows there are, with what follows the table's name.
///
/// # Errors
/// The database cannot be read.
pub fn count(db: &mut Db, table: &Table, rest: Sql) -> QueryResult<u64> {
    match db.vicishim_tables()? {
        Some(own) => records::count(own, table.name, rest),
        None => Ok(0),
    }
}

/// Adds a row; the key the database gave it, and the statement written out.
///
/// # Errors
/// The database cannot be written, or there are no tables of ours.
pub fn insert(db: &mut Db, table: &Table, fields: &[Field]) -> QueryResult<(i64, String)> {
    let own = db.own_to_write()?;
    let insertion = records::insertion(own, table.name, fields);
    let into = Keyed {
        table: table.name,
        key: table.key,
    };
    let key = own.insert(&insertion, into, table.key, "")?;
    Ok((key, insertion.to_log_text()))
}

/// Changes the rows that the condition, which begins with ` WHERE`, names; the statement written out.
///
/// # Errors
/// The database cannot be written, or there are no tables of ours.
pub fn change(db: &mut Db, table: &Table, fields: &[Field], condition: Sql) -> QueryResult<String> {
    run(db, records::change(table.name, fields, condition))
}

/// Deletes the rows that the condition names; the statement written out.
///
/// # Errors
/// The database cannot be written, or there are no tables of ours.
pub fn delete(db: &mut Db, table: &Table, condition: Sql) -> QueryResult<String> {
    run(
        db,
        Sql::new(format!("DELETE FROM {}", table.name)).append(condition),
    )
}

/// Puts a row in the place of the one with that key, or adds it; the statement written out.
///
/// # Errors
/// The database cannot be written, or there are no tables of ours.
pub fn put(db: &mut Db, table: &Table, key: i64, fields: &[Field]) -> QueryResult<String> {
    if by_key(db, table, key)?.is_some() {
        return change(db, table, fields, records::equal(table.key, key));
    }
    let own = db.own_to_write()?;
    let mut all = vec![(table.key, Some(key.to_string()))];
    all.extend(fields.iter().cloned());
    let insertion = records::insertion(own, table.name, &all);
    run(db, insertion)
}

/// Changes the row of that key; the statement written out. None where there is no such row any more.
///
/// # Errors
/// The database cannot be written, or there are no tables of ours.
pub fn change_row(
    db: &mut Db,
    table: &Table,
    key: i64,
    fields: &[Field],
) -> QueryResult<Option<String>> {
    let condition = records::equal(table.key, key);
    run_on_row(db, records::change(table.name, fields, condition))
}

/// Deletes the row of that key; the statement written out. None where there is no such row any more.
///
/// # Errors
/// The database cannot be written, or there are no tables of ours.
pub fn delete_row(db: &mut Db, table: &Table, key: i64) -> QueryResult<Option<String>> {
    let condition = records::equal(table.key, key);
    let statement = Sql::new(format!("DELETE FROM {}", table.name)).append(condition);
    run_on_row(db, statement)
}

fn run(db: &mut Db, statement: Sql) -> QueryResult<String> {
    let own = db.own_to_write()?;
    own.write(&statement)?;
    Ok(statement.to_log_text())
}

fn run_on_row(db: &mut Db, statement: Sql) -> QueryResult<Option<String>> {
    let count = db.own_to_write()?.write(&statement)?;
    Ok((count > 0).then(|| statement.to_log_text()))
}

/// The `did_id` of DIDs that lead to an extension (`PHONE@SERVER_IP`) by a route of ours; each column's first so many.
///
/// # Errors
/// The database cannot be read.
pub fn dids_leading_to(db: &mut Db, extension: &str, count: u64) -> QueryResult<Vec<i64>> {
    let columns = [
        (&ROUTES, "dest_kind", "dest_id"),
        (&DIDS, "closed_dest_kind", "closed_dest_id"),
        (&DIDS, "holiday_dest_kind", "holiday_dest_id"),
    ];
    let mut dids = Vec::new();
    for (table, kind, id) in columns {
        let rest = Sql::new(format!(" WHERE {kind} = 'extension' AND {id} = "))
            .bind(extension)
            .sql(&format!(" ORDER BY did_id LIMIT {count}"));
        let rows = select(db, table, rest)?;
        dids.extend(rows.iter().filter_map(|row| row.number("did_id")));
    }
    dids.sort_unstable();
    dids.dedup();
    Ok(dids)
}

/// The rows of DIDs and of extensions that have a schedule; at most so many of each.
///
/// # Errors
/// The database cannot be read.
pub fn with_schedule(
    db: &mut Db,
    schedule_id: i64,
    count: u64,
) -> QueryResult<(Vec<Record>, Vec<Record>)> {
    let rest = || records::equal("schedule_id", schedule_id).sql(&format!(" LIMIT {count}"));
    Ok((select(db, &DIDS, rest())?, select(db, &EXTENSIONS, rest())?))
}

/// Which rows of a list of ours are asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In one of the columns that are searched.
    pub search: Option<String>,
    /// Of this user group.
    pub user_group: Option<String>,
    /// Only of these user groups; every group where there is no list.
    pub scope: Option<Vec<String>>,
}

/// A page of a table that has a user group, by its key, and how many rows there are in all.
///
/// # Errors
/// The database cannot be read.
pub fn list(
    db: &mut Db,
    table: &Table,
    searched: &[&str],
    filter: &Filter,
    offset: u64,
    rows: u64,
) -> QueryResult<(Vec<Record>, u64)> {
    let Some(own) = db.vicishim_tables()? else {
        return Ok((Vec::new(), 0));
    };
    let mut all = Conditions::new();
    if let Some(search) = &filter.search {
        all = all.and(any_holds(own, table.name, searched, search));
    }
    if let Some(group) = &filter.user_group {
        all = all.and(Sql::new("user_group = ").bind(group.as_str()));
    }
    if let Some(scope) = &filter.scope {
        let groups = scope.iter().map(String::as_str);
        all = all.and(Sql::new("user_group IN (").bind_list(groups).sql(")"));
    }
    let condition = all.end();
    let total = count(db, table, condition.clone())?;
    let page = condition.append(records::page(table.key, offset, rows));
    Ok((select(db, table, page)?, total))
}

/// The `did_id` of DIDs of which our own description holds a text, whatever case and accents.
///
/// # Errors
/// The database cannot be read.
pub fn dids_described(db: &mut Db, text: &str) -> QueryResult<Vec<i64>> {
    let Some(own) = db.vicishim_tables()? else {
        return Ok(Vec::new());
    };
    let holds = any_holds(own, DIDS.name, &["description"], text);
    let rows = select(db, &DIDS, Sql::new(" WHERE ").append(holds))?;
    Ok(rows.iter().filter_map(|row| row.number("did_id")).collect())
}

/// Whether our tables hold something of a DID.
///
/// # Errors
/// The database cannot be read.
pub(super) fn has_rows(db: &mut Db, did_id: i64) -> QueryResult<bool> {
    for table in [&DIDS, &ROUTES] {
        if count(db, table, records::equal("did_id", did_id))? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Forgets what a DID had beside VICIdial's row, once that is gone; the statements written out.
///
/// # Errors
/// The database cannot be written.
pub fn forget_did(db: &mut Db, did_id: i64) -> QueryResult<Vec<String>> {
    let mut statements = Vec::new();
    for table in [&DIDS, &ROUTES] {
        if count(db, table, records::equal("did_id", did_id))? > 0 {
            statements.push(delete(db, table, records::equal("did_id", did_id))?);
        }
    }
    Ok(statements)
}

/// Forgets what a phone had beside VICIdial's row, once that is gone; the statement, where there was a row.
///
/// # Errors
/// The database cannot be written.
pub fn forget_phone(db: &mut Db, extension: &str, server_ip: &str) -> QueryResult<Option<String>> {
    let of_phone = super::phones::rows::of(extension, server_ip);
    match count(db, &EXTENSIONS, of_phone.clone())? {
        0 => Ok(None),
        _ => delete(db, &EXTENSIONS, of_phone).map(Some),
    }
}
