//! `POST /api/dids`, and `PUT`, `PATCH` and `DELETE` of one.

use diesel::result::{DatabaseErrorKind, Error};

use super::apply::Applying;
use super::body::DidBody;
use super::model::Model;
use super::view::{self, Did};
use crate::access::Session;
use crate::access::journal::Change;
use crate::access::journal::LogLine;
use crate::access::permission::DELETE_DIDS;
use crate::access::scope::Scope;
use crate::loading::Extras;
use crate::resources::input::{self, Query};
use crate::resources::problem::{Problem, Wrong};
use crate::resources::request::Request;
use crate::resources::task::{Answer, Fault, Response, unchanged};
use crate::store::records::{self, Field, Record};
use crate::store::{dids, numbers, own};

pub(in crate::resources) fn add(session: &mut Session<'_>, request: &Request) -> Answer {
    let (body, scope, mut wrong) = read(session, request)?;
    let applying = Applying {
        stored: None,
        base: Model::default(),
        is_patch: false,
    };
    let model = body.apply(session, &scope, applying, &mut wrong)?;
    wrong.end()?;
    let fields = columns(session, &model, None)?;
    free(session, &model, None)?;
    let change = Change {
        section: "DIDS",
        kind: "ADD",
        code: "ADMIN API ADD DID".to_owned(),
    };
    change.begin(session)?;
    let insertion = numbers::insertion(session.db, &fields);
    // Another program may have added it since the check above.
    let Some(did_id) = dids::insert(session.db, &insertion, &model.number)? else {
        return Err(Problem::taken("number", "is taken by another DID").into());
    };
    let mut statements = vec![insertion.written_out()];
    statements.extend(put_own(session, did_id, &model, None)?);
    let number = model.number;
    let notes = format!("did: {number} did_id: {did_id} inserted: 1");
    change.done(session, did_id.to_string(), statements.join("; "), notes);
    let did = shown(session, did_id)?;
    let line = LogLine::success("add_did DID HAS BEEN ADDED", number);
    Ok(Response::shown(201, &did, line)
        .at(format!("/api/dids/{did_id}"))
        .into())
}

pub(in crate::resources) fn change(session: &mut Session<'_>, request: &Request) -> Answer {
    let row = super::named(session, request)?;
    let (before, did_id) = stored(session, request, &row)?;
    let (body, scope, mut wrong) = read(session, request)?;
    // Targets and routes have an address of their own: a body that leaves them out does not take them away.
    let base = match request.is_patch {
        true => before.clone(),
        false => Model {
            number: before.number.clone(),
            target: before.target.clone(),
            routes: before.routes.clone(),
            ..Model::default()
        },
    };
    let applying = Applying {
        stored: Some((did_id, &before)),
        base,
        is_patch: request.is_patch,
    };
    let model = body.apply(session, &scope, applying, &mut wrong)?;
    wrong.end()?;
    write(session, did_id, &before, &model)
}

/// Stores a changed DID, and shows it.
pub(super) fn write(
    session: &mut Session<'_>,
    did_id: i64,
    before: &Model,
    model: &Model,
) -> Answer {
    let fields = columns(session, model, Some(before))?;
    free(session, model, Some((did_id, before)))?;
    let change = Change {
        section: "DIDS",
        kind: "MODIFY",
        code: "ADMIN API UPDATE DID".to_owned(),
    };
    change.begin(session)?;
    let mut statements = Vec::new();
    if !fields.is_empty() {
        let update = numbers::change(did_id, &fields);
        match session.db.write(&update) {
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                return Err(Problem::taken("number", "is taken by another DID").into());
            }
            Ok(0) => return Err(Problem::not_found("DID").into()),
            written => written?,
        };
        statements.push(update.written_out());
    }
    statements.extend(put_own(session, did_id, model, Some(before))?);
    let notes = format!("did: {} did_id: {did_id}", model.number);
    change.done(session, did_id.to_string(), statements.join("; "), notes);
    let did = shown(session, did_id)?;
    let line = LogLine::success("update_did DID HAS BEEN UPDATED", model.number.clone());
    Ok(Response::shown(200, &did, line).into())
}

pub(in crate::resources) fn delete(session: &mut Session<'_>, request: &Request) -> Answer {
    let mut wrong = Wrong::default();
    Query(&request.query).only(&[], &mut wrong);
    wrong.end()?;
    let row = super::named(session, request)?;
    let refusal = Problem::new(403, "this user is not allowed to delete DIDs");
    DELETE_DIDS.check(&session.user, refusal)?;
    let (before, did_id) = stored(session, request, &row)?;
    let change = Change {
        section: "DIDS",
        kind: "DELETE",
        code: "ADMIN API DELETE DID".to_owned(),
    };
    change.begin(session)?;
    let deletion = dids::deletion(did_id);
    // Another call may have deleted it since it was read.
    if session.db.delete(&deletion, 1)? == 0 {
        return Err(Problem::not_found("DID").into());
    }
    let mut statements = vec![deletion.written_out()];
    statements.extend(own::forget_did(session.db, did_id)?);
    let notes = format!("did: {} did_id: {did_id}", before.number);
    change.done(session, did_id.to_string(), statements.join("; "), notes);
    let data = format!("{}|{did_id}", before.number);
    Ok(Response::no_content(LogLine::success("update_did DID HAS BEEN DELETED", data)).into())
}

/// The body, and the scope that it is read in.
fn read(session: &mut Session<'_>, request: &Request) -> Result<(DidBody, Scope, Wrong), Fault> {
    let mut wrong = Wrong::default();
    Query(&request.query).only(&[], &mut wrong);
    let body = request.body.clone()?;
    let body: DidBody = input::read(&body, &mut wrong)?;
    Ok((body, Scope::of(session)?, wrong))
}

/// The DID as it is, where the client has seen it so.
pub(super) fn stored(
    session: &mut Session<'_>,
    request: &Request,
    row: &Record,
) -> Result<(Model, i64), Fault> {
    let did_id = row.number("did_id").unwrap_or(0);
    if let Some(seen) = view::views(session.db, std::slice::from_ref(row))?.first() {
        unchanged(request, seen)?;
    }
    Ok((Model::of(row, &Extras::of(session.db, &[did_id])?), did_id))
}

fn shown(session: &mut Session<'_>, did_id: i64) -> Result<Did, Fault> {
    let row = numbers::by_id(session.db, did_id)?;
    let did = match &row {
        Some(row) => view::view(session.db, row)?,
        None => None,
    };
    did.ok_or_else(|| Problem::not_found("DID").into())
}

/// VICIdial's columns that are written. VICIdial versions differ in what they have; an empty value needs no column.
fn columns(
    session: &mut Session<'_>,
    model: &Model,
    before: Option<&Model>,
) -> Result<Vec<Field>, Fault> {
    let mut fields = model
        .vicidial(before)
        .map_err(|message| Problem::new(422, message))?;
    let known = session.db.columns();
    fields.retain(|(column, value)| {
        known.find(numbers::TABLE, column).is_some()
            || value.as_deref().is_some_and(|text| !text.is_empty())
    });
    if numbers::missing_column(session.db, &fields).is_some() {
        let mut wrong = Wrong::default();
        wrong.add("provider", "this database has no column for it");
        wrong.end()?;
    }
    Ok(fields)
}

/// Refuses a number that another DID has, or one that differs only by a plus.
fn free(
    session: &mut Session<'_>,
    model: &Model,
    stored: Option<(i64, &Model)>,
) -> Result<(), Fault> {
    let number = model.number.as_str();
    if stored.is_some_and(|(_, before)| before.number == number) {
        return Ok(());
    }
    let digits = super::e164(number);
    let with_plus = digits.map(|digits| format!("+{digits}"));
    let mut spellings = vec![number];
    spellings.extend(digits);
    spellings.extend(with_plus.as_deref());
    for row in numbers::by_patterns(session.db, &spellings)? {
        if row.number("did_id") == stored.map(|(did_id, _)| did_id) {
            continue;
        }
        let is_same = crate::store::collation::compare(row.text("did_pattern"), number).is_eq();
        let field = if is_same { "number" } else { "e164" };
        return Err(Problem::taken(field, "is taken by another DID").into());
    }
    Ok(())
}

/// Writes what only our own tables hold, where it changed; the statements.
fn put_own(
    session: &mut Session<'_>,
    did_id: i64,
    model: &Model,
    before: Option<&Model>,
) -> Result<Vec<String>, Fault> {
    if !session.db.has_own() {
        return Ok(Vec::new());
    }
    let default = Model::default();
    let before = before.unwrap_or(&default);
    let mut statements = Vec::new();
    if model.own() != before.own() {
        statements.push(own::put(session.db, &own::DIDS, did_id, &model.own())?);
    }
    if model.routes != before.routes {
        let of_did = records::equal("did_id", did_id);
        statements.push(own::delete(session.db, &own::ROUTES, of_did)?);
        for (index, route) in model.routes.iter().enumerate() {
            let row = &route.condition;
            let mut fields: Vec<Field> = vec![
                ("did_id", Some(did_id.to_string())),
                ("position", Some((index + 1).to_string())),
                ("days", Some(row.days.clone())),
                ("time_from", Some(row.from.clone())),
                ("time_to", Some(row.to.clone())),
                ("time_zone", Some(row.time_zone.clone())),
            ];
            let names = ["dest_kind", "dest_id", "dest_xform"];
            fields.extend(crate::resources::target::columns(
                names,
                route.target.as_ref(),
            ));
            statements.push(own::insert(session.db, &own::ROUTES, &fields)?.1);
        }
    }
    Ok(statements)
}
