//! `vicidial_inbound_dids` as routing and the JSON of numbers look at it.

use crate::store::records::{self, Conditions, Field, Record, any_holds};
use crate::store::sql::Sql;
use crate::store::{Db, QueryResult};

/// The table.
pub const TABLE: &str = "vicidial_inbound_dids";

/// The columns that are read.
pub const COLUMNS: &[&str] = &[
    "did_id",
    "did_pattern",
    "did_description",
    "did_active",
    "did_route",
    "extension",
    "exten_context",
    "voicemail_ext",
    "phone",
    "server_ip",
    "user",
    "group_id",
    "menu_id",
    "user_group",
    "did_carrier_description",
    "filter_inbound_number",
    "filter_phone_group_id",
    "filter_dnc_campaign",
    "filter_clean_cid_number",
    "filter_action",
    "filter_extension",
    "filter_exten_context",
    "filter_voicemail_ext",
    "filter_phone",
    "filter_server_ip",
    "filter_user",
    "filter_group_id",
    "filter_menu_id",
    "user_unavailable_action",
    "no_agent_ingroup_redirect",
    "no_agent_ingroup_id",
    "no_agent_ingroup_extension",
    "max_queue_ingroup_calls",
    "max_queue_ingroup_id",
    "max_queue_ingroup_extension",
];

/// The columns that a DID's page has fields for: those that `update_did` sets, and whose they are.
pub const FORM_COLUMNS: &[&str] = &[
    "did_id",
    "did_pattern",
    "user_group",
    "did_description",
    "did_active",
    "did_route",
    "record_call",
    "extension",
    "exten_context",
    "voicemail_ext",
    "phone",
    "server_ip",
    "user",
    "group_id",
    "menu_id",
    "filter_clean_cid_number",
    "call_handle_method",
    "agent_search_method",
    "list_id",
    "entry_list_id",
    "campaign_id",
    "phone_code",
];

/// Which DIDs a list holds.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In the pattern, the description or the carrier's description.
    pub search: Option<String>,
    /// These `did_id` too, whatever their columns hold of what is searched.
    pub found: Vec<i64>,
    /// With one of these patterns.
    pub patterns: Option<Vec<String>>,
    /// Of this user group.
    pub user_group: Option<String>,
    /// `did_active`
    pub active: Option<&'static str>,
    /// Only these `did_id`.
    pub only: Option<Vec<i64>>,
    /// None of these `did_id`.
    pub without: Vec<i64>,
    /// Only of these user groups; every group where there is no list.
    pub scope: Option<Vec<String>>,
}

impl Filter {
    fn sql(&self, db: &Db) -> Sql {
        let mut all = Conditions::new();
        if let Some(search) = &self.search {
            let columns = ["did_pattern", "did_description", "did_carrier_description"];
            let found = listed("did_id", &self.found);
            all = all.and(
                any_holds(db, TABLE, &columns, search)
                    .sql(" OR ")
                    .append(found),
            );
        }
        if let Some(patterns) = &self.patterns {
            let patterns = patterns.iter().map(String::as_str);
            all = all.and(Sql::new("did_pattern IN (").bind_list(patterns).sql(")"));
        }
        if let Some(user_group) = &self.user_group {
            all = all.and(Sql::new("user_group = ").bind(user_group.as_str()));
        }
        if let Some(active) = self.active {
            all = all.and(Sql::new("did_active = ").bind(active));
        }
        if let Some(only) = &self.only {
            all = all.and(listed("did_id", only));
        }
        if !self.without.is_empty() {
            all = all.and(Sql::new("NOT ").append(listed("did_id", &self.without)));
        }
        if let Some(scope) = &self.scope {
            all = all.and(
                Sql::new("user_group IN (")
                    .bind_list(scope.iter().map(String::as_str))
                    .sql(")"),
            );
        }
        all.end()
    }
}

fn listed(column: &str, ids: &[i64]) -> Sql {
    match ids {
        [] => Sql::new("1 = 0"),
        ids => Sql::new(format!("{column} IN ("))
            .bind_list(ids.iter().copied())
            .sql(")"),
    }
}

/// A page of DIDs by `did_id`, and how many there are in all.
///
/// # Errors
/// The database cannot be read.
pub fn list(
    db: &mut Db,
    filter: &Filter,
    offset: u64,
    count: u64,
) -> QueryResult<(Vec<Record>, u64)> {
    let condition = filter.sql(db);
    let total = records::count(db, TABLE, condition.clone())?;
    let page = condition.append(records::page("did_id", offset, count));
    Ok((records::select(db, TABLE, COLUMNS, page)?, total))
}

/// The DID of that id.
///
/// # Errors
/// The database cannot be read.
pub fn by_id(db: &mut Db, did_id: i64) -> QueryResult<Option<Record>> {
    let rest = records::equal("did_id", did_id);
    Ok(records::select(db, TABLE, COLUMNS, rest)?.pop())
}

/// The DID of that id, with the columns of its page's form.
///
/// # Errors
/// The database cannot be read.
pub fn form_by_id(db: &mut Db, did_id: i64) -> QueryResult<Option<Record>> {
    let rest = records::equal("did_id", did_id);
    Ok(records::select(db, TABLE, FORM_COLUMNS, rest)?.pop())
}

/// The DIDs of these ids.
///
/// # Errors
/// The database cannot be read.
pub fn by_ids(db: &mut Db, dids: &[i64]) -> QueryResult<Vec<Record>> {
    let rest = records::among("did_id", dids.iter().copied());
    records::select(db, TABLE, COLUMNS, rest)
}

/// At most so many DIDs behind this `did_id`, by `did_id`; only those of these user groups, where there is a list.
///
/// # Errors
/// The database cannot be read.
pub fn after(
    db: &mut Db,
    did_id: i64,
    scope: Option<&[String]>,
    count: usize,
) -> QueryResult<Vec<Record>> {
    let mut rest = Sql::new(" WHERE did_id > ").bind(did_id);
    if let Some(scope) = scope {
        rest = rest
            .sql(" AND user_group IN (")
            .bind_list(scope.iter().map(String::as_str))
            .sql(")");
    }
    let rest = rest.sql(&format!(" ORDER BY did_id LIMIT {count}"));
    records::select(db, TABLE, COLUMNS, rest)
}

/// The DIDs of these patterns.
///
/// # Errors
/// The database cannot be read.
pub fn by_patterns(db: &mut Db, patterns: &[&str]) -> QueryResult<Vec<Record>> {
    let rest = records::among("did_pattern", patterns.iter().copied()).sql(" ORDER BY did_id");
    records::select(db, TABLE, COLUMNS, rest)
}

/// The highest `did_id`; 0 where there is no DID.
///
/// # Errors
/// The database cannot be read.
pub fn last_id(db: &mut Db) -> QueryResult<i64> {
    let query = format!("SELECT CAST(COALESCE(MAX(did_id), 0) AS CHAR) AS last FROM {TABLE}");
    let rows = db.read(Sql::new(query))?;
    Ok(rows
        .first()
        .map_or(0, |row| row.text(0).parse().unwrap_or(0)))
}

/// The DIDs that lead to a phone: their id and pattern, at most so many.
///
/// # Errors
/// The database cannot be read.
pub fn leading_to_phone(
    db: &mut Db,
    extension: &str,
    server_ip: &str,
    count: u64,
) -> QueryResult<Vec<Record>> {
    let rest = Sql::new(" WHERE did_route = 'PHONE' AND phone = ")
        .bind(extension)
        .sql(" AND server_ip = ")
        .bind(server_ip)
        .sql(&format!(" ORDER BY did_id LIMIT {count}"));
    records::select(db, TABLE, COLUMNS, rest)
}

/// The statement that adds a DID.
pub fn insertion(db: &Db, fields: &[Field]) -> Sql {
    records::insertion(db, TABLE, fields)
}

/// The statement that changes a DID.
pub fn change(did_id: i64, fields: &[Field]) -> Sql {
    records::change(TABLE, fields, records::equal("did_id", did_id))
}

/// The first of these columns that this database's table does not have: VICIdial versions differ.
pub fn missing_column(db: &Db, fields: &[Field]) -> Option<&'static str> {
    fields
        .iter()
        .map(|(column, _)| *column)
        .find(|column| db.columns.find(TABLE, column).is_none())
}
