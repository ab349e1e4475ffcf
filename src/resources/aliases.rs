//! `/api/aliases`: the ids that clients gave to what VICIdial has under names of its own, so that targets can name it by them.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::body::Id;
use super::client_id::{self, ALIASES, Of, is_client_id};
use super::problem::{Pointer, Problem};
use super::request::Request;
use super::response::{self, Answer, Fault, Response, unchanged};
use super::tenant_ref::{NO_COLUMN, who_sees_all};
use crate::access::Session;
use crate::access::journal::{Change, LogLine};
use crate::access::permission::DELETE_DIDS;
use crate::access::scope::Scope;
use crate::loading;
use crate::routing::decide::{Existence, described};
use crate::routing::target::{Kind, Route, Target};
use crate::store::records::Record;
use crate::store::vicishim_tables::{self, client_ids};
use crate::store::{Db, QueryResult};

/// The kinds of things that have aliases. An extension has an id of its own.
pub(super) const KINDS: [&str; 9] = [
    "flow",
    "queue",
    "user",
    "voicemail",
    "ring_group",
    "conference",
    "forward",
    "trunk",
    "feature",
];

/// An alias: the id by which a client knows a call menu, an in-group, a user, a voicemail box or an extension of the dialplan.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Alias {
    /// The client's id, 1 to 64 characters: flow_01jzqwjn803wtnhc445bvjenzc. No two aliases have the same.
    id: Id,
    /// Its number, given by the database.
    alias_id: i64,
    /// The kind of the target that it stands for; `flow` is a call menu.
    kind: Kind,
    /// VICIdial's name of it, which has one alias at most: main_menu.
    name: String,
}

/// How the fields of a body differ from what is shown, in the description of the API.
pub(super) fn differences() -> Value {
    json!({
        "id": {"$ref": "Id"}, "alias_id": {"$ref": "Id"},
        "name": {"type": "string", "minLength": 1, "maxLength": 101},
    })
}

/// The word of a kind in the table: call menus have one.
pub(super) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Ivr => Kind::Flow.word(),
        kind => kind.word(),
    }
}

/// VICIdial's name of what a client calls so; none where no client does, VICIdial itself has something of that name, or the
/// user does not see it.
///
/// # Errors
/// The database cannot be read.
pub(super) fn name_of(
    session: &mut Session<'_>,
    kind: Kind,
    id: &str,
) -> QueryResult<Option<String>> {
    if !KINDS.contains(&word(kind)) || !is_client_id(id) {
        return Ok(None);
    }
    let row = client_ids::find(session.db, &vicishim_tables::ALIASES, id)?;
    let Some(row) = row.filter(|row| row.text("kind") == word(kind)) else {
        return Ok(None);
    };
    if is_vicidials(session.db, kind, id)? {
        return Ok(None);
    }
    let name = row.text("name").to_owned();
    let scope = Scope::of(session)?;
    let is_seen = scope == Scope::Everything
        || match Route::of(&Target::new(kind, name.as_str())) {
            Ok(route) => match loading::user_group_of(session.db, &route)? {
                Some(group) => scope.covers(Some(&group)),
                // It is in the dialplan, which belongs to nobody, or nowhere.
                None => true,
            },
            Err(_) => false,
        };
    Ok(is_seen.then_some(name))
}

/// Whether VICIdial has something of this kind and name.
fn is_vicidials(db: &mut Db, kind: Kind, name: &str) -> QueryResult<bool> {
    let Ok(route) = Route::of(&Target::new(kind, name)) else {
        return Ok(false);
    };
    let existence = loading::existence(db, &route)?;
    Ok(matches!(existence, Existence::Active | Existence::Inactive))
}

fn alias(row: &Record) -> Option<Alias> {
    let alias_id = row.number("alias_id")?;
    Some(Alias {
        id: client_id::shown(alias_id, row.get("client_id")),
        alias_id,
        kind: Kind::of_word(row.text("kind"))?,
        name: row.text("name").to_owned(),
    })
}

pub(super) fn list(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    who_sees_all(session, "see or change aliases")?;
    let query = &request.query;
    let (paging, search) = (query.paging(), query.search());
    let kind = query.get("kind").map(str::to_owned);
    let line = LogLine::success("did_list ALIASES LISTED", paging.page.to_string());
    let reading = move |db: &mut Db| {
        let place = (paging.offset(), paging.per_page);
        let (rows, total) = client_ids::aliases(db, kind.as_deref(), search.as_deref(), place)?;
        let shown: Vec<Alias> = rows.iter().filter_map(alias).collect();
        Ok(paging.page((shown, total)))
    };
    response::read(reading, line)
}

pub(super) fn one(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let alias = named(session, request)?;
    let line = LogLine::success("did_list ALIAS SHOWN", alias.name.clone());
    Ok(Response::shown(200, &alias, line).into())
}

/// The alias that the path names.
fn named(session: &mut Session<'_>, request: &Request) -> Result<Alias, Fault> {
    who_sees_all(session, "see or change aliases")?;
    let row = match ALIASES.key(session.db, &request.id)? {
        Some(key) => vicishim_tables::by_key(session.db, &vicishim_tables::ALIASES, key)?,
        None => None,
    };
    let found = row.as_ref().and_then(alias);
    found.ok_or_else(|| Problem::not_found("alias").into())
}

pub(super) fn add(session: &mut Session<'_>, request: &Request) -> Answer {
    who_sees_all(session, "see or change aliases")?;
    let mut errors = request.errors();
    let mut body = request.body()?;
    if !session.db.has_vicishim_tables() {
        errors.add("name", NO_COLUMN);
    }
    let has_id = body.has("id");
    let fields = ["id", "alias_id"];
    let id = ALIASES.check(session, &mut body, &fields, Of::New, &mut errors);
    if id.is_none() && !has_id {
        errors.add("id", "is required");
    }
    let kind = body.given::<Kind>("kind", &mut errors).flatten();
    let name = body.given::<String>("name", &mut errors).flatten();
    let (id, name) = (id.unwrap_or_default(), name.unwrap_or_default());
    match kind {
        None => errors.add("kind", "is required"),
        Some(kind) if !KINDS.contains(&word(kind)) => {
            errors.add("kind", "has no aliases: an extension has an id of its own");
        }
        Some(kind) => match Route::of(&Target::new(kind, name.as_str())) {
            Err(message) => errors.add("name", message),
            Ok(route) => {
                if loading::existence(session.db, &route)? == Existence::Missing {
                    errors.add("name", format!("there is no {}", described(&route)));
                }
            }
        },
    }
    body.finish(&mut errors);
    errors.into_result()?;
    let Some(kind) = kind else {
        return Err(Problem::new(422, "kind is required").into());
    };
    ALIASES.check_free(session, Some(&id))?;
    if is_vicidials(session.db, kind, &id)? {
        let message = format!("is a name that VICIdial has for another {}", word(kind));
        return Err(Problem::taken("id", message).into());
    }
    check_name(session, kind, &name)?;
    let change = change_of("ADD", "ADMIN API ADD ALIAS");
    change.begin(session)?;
    let fields = [
        client_id::column(Some(id.clone())),
        ("kind", Some(word(kind).to_owned())),
        ("name", Some(name)),
    ];
    let (key, statement) = vicishim_tables::insert(session.db, &vicishim_tables::ALIASES, &fields)?;
    change.done(session, key.to_string(), statement, format!("alias: {id}"));
    let row = vicishim_tables::by_key(session.db, &vicishim_tables::ALIASES, key)?;
    let Some(shown) = row.as_ref().and_then(alias) else {
        return Err(Problem::not_found("alias").into());
    };
    let line = LogLine::success("add_did ALIAS HAS BEEN ADDED", id.clone());
    Ok(Response::shown(201, &shown, line)
        .at(format!("/api/aliases/{id}"))
        .into())
}

/// Refuses a name that has an alias: what SIP.IO's shape shows would depend on chance.
fn check_name(session: &mut Session<'_>, kind: Kind, name: &str) -> Result<(), Fault> {
    let others = client_ids::aliases_of(session.db, &[name])?;
    let Some(other) = others.iter().find(|row| row.text("kind") == word(kind)) else {
        return Ok(());
    };
    let mut problem = Problem::taken("name", "has an alias already");
    problem.pointing = vec![Pointer {
        kind: "alias",
        id: other.text("client_id").to_owned(),
        name: other.text("name").to_owned(),
    }];
    Err(problem.into())
}

pub(super) fn delete(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let before = named(session, request)?;
    let refusal = Problem::new(403, "this user is not allowed to delete aliases");
    DELETE_DIDS.check(&session.user, refusal)?;
    unchanged(request, &before)?;
    let change = change_of("DELETE", "ADMIN API DELETE ALIAS");
    change.begin(session)?;
    let key = before.alias_id;
    // Another call may have deleted it since it was read.
    let deleted = vicishim_tables::delete_row(session.db, &vicishim_tables::ALIASES, key)?;
    let statement = deleted.ok_or_else(|| Problem::not_found("alias"))?;
    let notes = format!("alias: {}", before.name);
    change.done(session, before.alias_id.to_string(), statement, notes);
    let line = LogLine::success("update_did ALIAS HAS BEEN DELETED", before.name);
    Ok(Response::no_content(line).into())
}

fn change_of(kind: &'static str, code: &str) -> Change {
    Change {
        section: "DIDS",
        kind,
        code: code.to_owned(),
    }
}
