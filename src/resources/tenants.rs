//! `/api/tenants`: user groups with a number and a cap.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dids::read::{Paging, search};
use super::input::{self, Given, Id, Query, given, text};
use super::problem::{Problem, Wrong};
use super::request::Request;
use super::task::{Answer, Fault, Response, unchanged};
use super::tenant::{NO_COLUMN, account_id};
use crate::access::Session;
use crate::access::journal::Change;
use crate::access::journal::LogLine;
use crate::access::permission::DELETE_PHONES;
use crate::access::scope::Scope;
use crate::loading::user_group;
use crate::store::records::{Field, Record, containing, equal, page};
use crate::store::sql::Sql;
use crate::store::{extensions, own};

/// The highest cap.
const MOST: u32 = 1_000_000;

/// A tenant, to be written.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantBody {
    /// Given by the database; in a change it may stand here as it is.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Id>)]
    id: Given<Id>,
    /// As `id`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Id>)]
    tenant_id: Given<Id>,
    /// As `id`, behind `acc_`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Id>)]
    account_id: Given<Id>,
    /// A user group that is there already. It cannot be changed.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, min_length = 1, max_length = 20)]
    user_group: Given<String>,
    /// Not written: as it was read.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    #[expect(dead_code, reason = "a body may be what was read before")]
    name: Given<String>,
    /// How many extensions it may have; null for as many as it likes.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>, maximum = 1000000)]
    max_extensions: Given<u32>,
    /// Not written: as it was read.
    #[schema(value_type = Option<u64>)]
    #[expect(dead_code, reason = "a body may be what was read before")]
    extensions: Option<u64>,
}

/// A tenant.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Tenant {
    /// Its number.
    id: i64,
    /// Its number.
    tenant_id: i64,
    /// Its number behind `acc_`.
    account_id: Option<String>,
    /// The user group that it is.
    user_group: String,
    /// The user group's name.
    name: String,
    /// How many extensions it may have; null for as many as it likes.
    max_extensions: Option<i64>,
    /// How many it has.
    extensions: u64,
}

/// A page of tenants.
#[derive(Serialize, ToSchema)]
pub(super) struct TenantPage {
    /// The tenants, by id.
    data: Vec<Tenant>,
    /// Which page this is, from 1 on.
    page: u64,
    /// How many a page holds.
    per_page: u64,
    /// How many there are on all pages.
    total: u64,
}

fn view(session: &mut Session<'_>, row: &Record) -> Result<Tenant, Fault> {
    let id = row.number("tenant_id").unwrap_or(0);
    let group = row.text("user_group");
    let known = user_group(session.db, group)?;
    Ok(Tenant {
        id,
        tenant_id: id,
        account_id: account_id(Some(id)),
        user_group: group.to_owned(),
        name: known
            .map(|row| row.text("group_name").to_owned())
            .unwrap_or_default(),
        max_extensions: row.number("max_extensions"),
        extensions: extensions::count_of(session.db, group)?,
    })
}

pub(super) fn list(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut wrong = Wrong::default();
    let query = Query(&request.query);
    query.only(&["search", "page", "per_page"], &mut wrong);
    let paging = Paging::of(&query, &mut wrong);
    let search = search(&query, &mut wrong);
    wrong.end()?;
    let mut rest = Sql::new(" WHERE 1 = 1");
    if let Some(search) = search {
        rest = rest
            .sql(" AND user_group LIKE ")
            .bind(containing(&search))
            .sql(" ESCAPE '!'");
    }
    if let Some(scope) = Scope::of(session)?.user_groups() {
        rest = rest.sql(" AND user_group IN (").bind_list(scope).sql(")");
    }
    let total = own::count(session.db, &own::TENANTS, rest.clone())?;
    let rest = rest.append(page("tenant_id", paging.offset(), paging.per_page));
    let rows = own::select(session.db, &own::TENANTS, rest)?;
    let data = rows
        .iter()
        .map(|row| view(session, row))
        .collect::<Result<_, _>>()?;
    let page = TenantPage {
        data,
        page: paging.page,
        per_page: paging.per_page,
        total,
    };
    let line = LogLine::success("did_list TENANTS LISTED", paging.page.to_string());
    Ok(Response::ok(&page, line).into())
}

pub(super) fn one(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut wrong = Wrong::default();
    Query(&request.query).only(&[], &mut wrong);
    wrong.end()?;
    let row = named(session, request)?;
    let tenant = view(session, &row)?;
    let line = LogLine::success("did_list TENANT SHOWN", tenant.user_group.clone());
    Ok(Response::shown(200, &tenant, line).into())
}

/// The tenant that the path names, within the user's scope.
fn named(session: &mut Session<'_>, request: &Request) -> Result<Record, Fault> {
    let scope = Scope::of(session)?;
    let row = match input::number(&request.id, "acc_") {
        Some(id) => own::by_key(session.db, &own::TENANTS, id)?,
        None => None,
    };
    let row = row.filter(|row| scope.covers(row.get("user_group")));
    row.ok_or_else(|| Problem::not_found("tenant").into())
}

pub(super) fn add(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut wrong = Wrong::default();
    let body = read(session, request, None, &mut wrong)?;
    let scope = Scope::of(session)?;
    let asked_for = body.user_group.clone().flatten().unwrap_or_default();
    let group = match text(&asked_for, 1, 20) {
        Ok(_) => {
            user_group(session.db, &asked_for)?.filter(|row| scope.covers(row.get("user_group")))
        }
        Err(_) => None,
    };
    if group.is_none() {
        wrong.add("user_group", "there is no such user group");
    }
    wrong.end()?;
    let group = group
        .map(|row| row.text("user_group").to_owned())
        .unwrap_or_default();
    let taken = own::count(
        session.db,
        &own::TENANTS,
        equal("user_group", group.as_str()),
    )?;
    if taken > 0 {
        return Err(Problem::taken("user_group", "is a tenant already").into());
    }
    let change = change_of("ADD", "ADMIN API ADD TENANT");
    change.begin(session)?;
    let fields: [Field; 2] = [("user_group", Some(group.clone())), cap(&body)];
    let (id, statement) = own::insert(session.db, &own::TENANTS, &fields)?;
    change.done(
        session,
        id.to_string(),
        statement,
        format!("tenant: {group}"),
    );
    let line = LogLine::success("add_phone TENANT HAS BEEN ADDED", group);
    Ok(Response::shown(201, &shown(session, id)?, line)
        .at(format!("/api/tenants/{id}"))
        .into())
}

pub(super) fn change(session: &mut Session<'_>, request: &Request) -> Answer {
    let row = named(session, request)?;
    let before = view(session, &row)?;
    unchanged(request, &before)?;
    let mut wrong = Wrong::default();
    let body = read(session, request, Some(before.id), &mut wrong)?;
    match &body.user_group {
        None if request.is_patch => {}
        None => wrong.add("user_group", "is required"),
        Some(group) if group.as_deref() == Some(before.user_group.as_str()) => {}
        Some(_) => wrong.add("user_group", "cannot be changed"),
    }
    wrong.end()?;
    let id = before.id;
    if body.max_extensions.is_some() || !request.is_patch {
        let change = change_of("MODIFY", "ADMIN API UPDATE TENANT");
        change.begin(session)?;
        let statement = own::change(
            session.db,
            &own::TENANTS,
            &[cap(&body)],
            equal("tenant_id", id),
        )?;
        change.done(
            session,
            id.to_string(),
            statement,
            format!("tenant: {}", before.user_group),
        );
    }
    let line = LogLine::success("update_phone TENANT HAS BEEN UPDATED", before.user_group);
    Ok(Response::shown(200, &shown(session, id)?, line).into())
}

pub(super) fn delete(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut wrong = Wrong::default();
    Query(&request.query).only(&[], &mut wrong);
    wrong.end()?;
    let row = named(session, request)?;
    let refusal = Problem::new(403, "this user is not allowed to delete tenants");
    DELETE_PHONES.check(&session.user, refusal)?;
    let before = view(session, &row)?;
    unchanged(request, &before)?;
    let change = change_of("DELETE", "ADMIN API DELETE TENANT");
    change.begin(session)?;
    let statement = own::delete(session.db, &own::TENANTS, equal("tenant_id", before.id))?;
    let notes = format!("tenant: {}", before.user_group);
    change.done(session, before.id.to_string(), statement, notes);
    let line = LogLine::success("update_phone TENANT HAS BEEN DELETED", before.user_group);
    Ok(Response::no_content(line).into())
}

fn change_of(kind: &'static str, code: &str) -> Change {
    Change {
        section: "USERGROUPS",
        kind,
        code: code.to_owned(),
    }
}

fn shown(session: &mut Session<'_>, id: i64) -> Result<Tenant, Fault> {
    let row = own::by_key(session.db, &own::TENANTS, id)?;
    view(session, &row.ok_or_else(|| Problem::not_found("tenant"))?)
}

fn cap(body: &TenantBody) -> Field {
    let most = body.max_extensions.flatten();
    ("max_extensions", most.map(|most| most.to_string()))
}

fn read(
    session: &mut Session<'_>,
    request: &Request,
    stored: Option<i64>,
    wrong: &mut Wrong,
) -> Result<TenantBody, Fault> {
    Query(&request.query).only(&[], wrong);
    let body = request.body.clone()?;
    let body: TenantBody = input::read(&body, wrong)?;
    if !session.db.has_own() {
        wrong.add("user_group", NO_COLUMN);
    }
    let ids = [
        ("id", &body.id),
        ("tenant_id", &body.tenant_id),
        ("account_id", &body.account_id),
    ];
    for (field, id) in ids {
        match (id.as_ref().and_then(Option::as_ref), stored) {
            (None, _) => {}
            (Some(_), None) => wrong.add(field, "is given by the database"),
            (Some(id), stored) if id.number("acc_").ok() == stored => {}
            (Some(_), Some(_)) => wrong.add(field, "is that of another tenant"),
        }
    }
    if body
        .max_extensions
        .flatten()
        .is_some_and(|most| most > MOST)
    {
        wrong.add("max_extensions", format!("must be 0 to {MOST}, or null"));
    }
    Ok(body)
}
