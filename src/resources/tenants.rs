//! `/api/tenants`: user groups with a number and a cap.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::body::{Body, Id, text};
use super::client_id::{self, Of, TENANTS};
use super::number_form;
use super::problem::{FieldErrors, Problem};
use super::request::Request;
use super::response::{self, Answer, Fault, Response, unchanged};
use super::sipio::{self, SipIo, TargetIds};
use super::tenant_ref::{NO_COLUMN, account_id, who_sees_all};
use crate::access::Session;
use crate::access::journal::{Change, LogLine};
use crate::access::permission::DELETE_PHONES;
use crate::access::scope::Scope;
use crate::loading::user_group;
use crate::routing::number_form::Form;
use crate::store::records::{Field, Record, among, equal};
use crate::store::vicishim_tables::{self, Filter};
use crate::store::{Db, QueryResult, collation, lookups, phones::rows as phone_rows};

/// The highest cap.
const MOST: u32 = 1_000_000;

/// What only a user who sees every user group may do: a cap is set for a tenant, not by it.
const CHANGE: &str = "change tenants";

/// A tenant: a user group that has a number.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Tenant {
    /// The id that its client gave when it was made, 1 to 64 characters; else its number, 1.
    id: Id,
    /// Its number, given by the database: 1.
    tenant_id: i64,
    /// The id that its client gave, else its number behind `acc_`: acc_1.
    account_id: String,
    /// The user group that it is, which must be there already. It cannot be changed.
    user_group: String,
    /// The user group's name; not written.
    name: String,
    /// How many extensions it may have, 0 to 1000000; null for as many as it likes.
    max_extensions: Option<i64>,
    /// How many it has; not written.
    extensions: u64,
    /// How its new DIDs' numbers are stored, however they are written; null for what `--number-form` says.
    normalize: Option<Form>,
    /// The calling code of the country of numbers that do not name theirs, 1 to 999; null for what `--country` says.
    country: Option<u16>,
}

/// How the fields of a body differ from what is shown, in the description of the API.
pub(super) fn differences() -> Value {
    json!({
        "id": {"$ref": "Id"}, "tenant_id": {"$ref": "Id"}, "account_id": {"$ref": "Id"},
        "user_group": {"type": "string", "minLength": 1, "maxLength": 20},
        "max_extensions": {"minimum": 0, "maximum": MOST},
        "country": {"minimum": 1, "maximum": number_form::HIGHEST_COUNTRY},
    })
}

impl Tenant {
    /// The id that a client gave.
    fn client_id(&self) -> Option<&str> {
        match &self.id {
            Id::Number(_) => None,
            Id::Text(id) => Some(id),
        }
    }
}

/// A tenant in SIP.IO's own shape: its id is a text, and the only one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct SipIoTenant {
    /// The id that its client gave, else its number behind `acc_`: acc_1.
    id: String,
    /// The user group that it is.
    user_group: String,
    /// The user group's name.
    name: String,
    /// How many extensions it may have; null for as many as it likes.
    max_extensions: Option<i64>,
    /// How many it has.
    extensions: u64,
}

impl SipIo for Tenant {
    type Shape = SipIoTenant;

    fn sip_io(self, _: &TargetIds) -> SipIoTenant {
        SipIoTenant {
            id: self.account_id,
            user_group: self.user_group,
            name: self.name,
            max_extensions: self.max_extensions,
            extensions: self.extensions,
        }
    }
}

/// The tenants of these rows.
fn load(db: &mut Db, rows: &[Record]) -> QueryResult<Vec<Tenant>> {
    let groups: Vec<&str> = rows.iter().map(|row| row.text("user_group")).collect();
    let (mut names, mut counts) = (HashMap::new(), HashMap::new());
    for groups in groups.chunks(250) {
        for row in lookups::user_groups(db, among("user_group", groups.iter().copied()))? {
            let key = collation::key(row.text("user_group"));
            names.insert(key, row.text("group_name").to_owned());
        }
        for (group, count) in phone_rows::counts_of(db, groups)? {
            *counts.entry(collation::key(&group)).or_insert(0) += count;
        }
    }
    let one = |row: &Record| {
        let id = row.number("tenant_id").unwrap_or(0);
        let group = row.text("user_group");
        let key = collation::key(group);
        let (normalize, country) = number_form::chosen(row);
        Tenant {
            id: client_id::shown(id, row.get("client_id")),
            tenant_id: id,
            account_id: account_id(id, row.get("client_id")),
            user_group: group.to_owned(),
            name: names.get(&key).cloned().unwrap_or_default(),
            max_extensions: row.number("max_extensions"),
            extensions: counts.get(&key).copied().unwrap_or(0),
            normalize,
            country,
        }
    };
    Ok(rows.iter().map(one).collect())
}

fn by_id(db: &mut Db, id: i64) -> QueryResult<Option<Tenant>> {
    match vicishim_tables::by_key(db, &vicishim_tables::TENANTS, id)? {
        Some(row) => Ok(load(db, &[row])?.pop()),
        None => Ok(None),
    }
}

pub(super) fn list(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let paging = request.query.paging();
    let filter = Filter {
        search: request.query.search(),
        scope: Scope::of(session)?.user_groups(),
        ..Filter::default()
    };
    let is_sip_io = request.query.is_sip_io();
    let line = LogLine::success("did_list TENANTS LISTED", paging.page.to_string());
    let reading = move |db: &mut Db| {
        let (offset, count) = (paging.offset(), paging.per_page);
        let searched = ["user_group"];
        let (rows, total) = vicishim_tables::list(
            db,
            &vicishim_tables::TENANTS,
            &searched,
            &filter,
            offset,
            count,
        )?;
        let shown = load(db, &rows)?;
        Ok(paging.page((sipio::listed(db, is_sip_io, shown)?, total)))
    };
    response::read(reading, line)
}

pub(super) fn one(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let tenant = named(session, request)?;
    let line = LogLine::success("did_list TENANT SHOWN", tenant.user_group.clone());
    Ok(sipio::shown(session, request, 200, tenant, line)?.into())
}

/// The tenant that the path names, within the user's scope.
fn named(session: &mut Session<'_>, request: &Request) -> Result<Tenant, Fault> {
    let scope = Scope::of(session)?;
    let tenant = match TENANTS.key(session.db, &request.id)? {
        Some(id) => by_id(session.db, id)?,
        None => None,
    };
    let tenant = tenant.filter(|found| scope.covers(Some(&found.user_group)));
    tenant.ok_or_else(|| Problem::not_found("tenant").into())
}

pub(super) fn add(session: &mut Session<'_>, request: &Request) -> Answer {
    who_sees_all(session, CHANGE)?;
    let mut errors = request.errors();
    let (mut body, new_id) = read(session, request, Of::New, &mut errors)?;
    let asked = body.given::<String>("user_group", &mut errors).flatten();
    let cap = cap(&mut body, &mut errors);
    let form = number_form::fields(&mut body, false, &mut errors);
    body.finish(&mut errors);
    let asked = asked.unwrap_or_default();
    let group = match text(&asked, 1, 20) {
        Ok(_) => user_group(session.db, &asked)?,
        Err(_) => None,
    };
    if group.is_none() {
        errors.add("user_group", "there is no such user group");
    }
    errors.into_result()?;
    let group = group
        .map(|row| row.text("user_group").to_owned())
        .unwrap_or_default();
    let of_group = equal("user_group", group.as_str());
    if vicishim_tables::count(session.db, &vicishim_tables::TENANTS, of_group)? > 0 {
        return Err(Problem::taken("user_group", "is a tenant already").into());
    }
    TENANTS.check_free(session, new_id.as_deref())?;
    let change = change_of("ADD", "ADMIN API ADD TENANT");
    change.begin(session)?;
    let mut fields = vec![
        ("user_group", Some(group.clone())),
        cap_field(cap),
        client_id::column(new_id.clone()),
    ];
    fields.extend(form);
    let (id, statement) = vicishim_tables::insert(session.db, &vicishim_tables::TENANTS, &fields)?;
    let notes = format!("tenant: {group}");
    change.done(session, id.to_string(), statement, notes);
    let line = LogLine::success("add_phone TENANT HAS BEEN ADDED", group);
    let location = format!("/api/tenants/{}", new_id.unwrap_or_else(|| id.to_string()));
    let view = shown(session, id)?;
    Ok(sipio::shown(session, request, 201, view, line)?
        .at(location)
        .into())
}

pub(super) fn change(session: &mut Session<'_>, request: &Request) -> Answer {
    let before = named(session, request)?;
    who_sees_all(session, CHANGE)?;
    unchanged(request, &before)?;
    let id = before.tenant_id;
    let mut errors = request.errors();
    let of = Of::Stored(Some(id), before.client_id());
    let (mut body, _) = read(session, request, of, &mut errors)?;
    match body.given::<String>("user_group", &mut errors) {
        None if request.is_patch => {}
        None => errors.add("user_group", "is required"),
        Some(group) if group.as_deref() == Some(before.user_group.as_str()) => {}
        Some(_) => errors.add("user_group", "cannot be changed"),
    }
    let cap = cap(&mut body, &mut errors);
    let mut fields = number_form::fields(&mut body, request.is_patch, &mut errors);
    if cap.is_some() || !request.is_patch {
        fields.push(cap_field(cap));
    }
    body.finish(&mut errors);
    errors.into_result()?;
    if !fields.is_empty() {
        let change = change_of("MODIFY", "ADMIN API UPDATE TENANT");
        change.begin(session)?;
        let table = &vicishim_tables::TENANTS;
        let changed = vicishim_tables::change_row(session.db, table, id, &fields)?;
        // Another program may have deleted it meanwhile.
        let statement = changed.ok_or_else(|| Problem::not_found("tenant"))?;
        let notes = format!("tenant: {}", before.user_group);
        change.done(session, id.to_string(), statement, notes);
    }
    let line = LogLine::success("update_phone TENANT HAS BEEN UPDATED", before.user_group);
    let view = shown(session, id)?;
    Ok(sipio::shown(session, request, 200, view, line)?.into())
}

pub(super) fn delete(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let before = named(session, request)?;
    who_sees_all(session, CHANGE)?;
    let refusal = Problem::new(403, "this user is not allowed to delete tenants");
    DELETE_PHONES.check(&session.user, refusal)?;
    unchanged(request, &before)?;
    let change = change_of("DELETE", "ADMIN API DELETE TENANT");
    change.begin(session)?;
    let deleted =
        vicishim_tables::delete_row(session.db, &vicishim_tables::TENANTS, before.tenant_id)?;
    let statement = deleted.ok_or_else(|| Problem::not_found("tenant"))?;
    let notes = format!("tenant: {}", before.user_group);
    change.done(session, before.tenant_id.to_string(), statement, notes);
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
    by_id(session.db, id)?.ok_or_else(|| Problem::not_found("tenant").into())
}

/// How many extensions it may have; none where the body does not say.
fn cap(body: &mut Body, errors: &mut FieldErrors) -> Option<Option<u32>> {
    let most = body.given::<u32>("max_extensions", errors);
    if most.flatten().is_some_and(|most| most > MOST) {
        let message = format!("must be 0 to {MOST}, or null");
        errors.add("max_extensions", message);
    }
    most
}

fn cap_field(cap: Option<Option<u32>>) -> Field {
    ("max_extensions", cap.flatten().map(|most| most.to_string()))
}

/// The body, its fields checked that are as they are, and the id that it gives to a new tenant.
fn read(
    session: &Session<'_>,
    request: &Request,
    of: Of<'_>,
    errors: &mut FieldErrors,
) -> Result<(Body, Option<String>), Fault> {
    let mut body = request.body()?;
    if !session.db.has_vicishim_tables() {
        errors.add("user_group", NO_COLUMN);
    }
    let ids = ["id", "tenant_id", "account_id"];
    let new_id = TENANTS.check(session, &mut body, &ids, of, errors);
    body.ignore::<String>("name", errors);
    body.ignore::<u64>("extensions", errors);
    Ok((body, new_id))
}
