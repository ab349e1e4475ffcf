//! `POST /api/dids`, and `PUT`, `PATCH` and `DELETE` of one.

use super::apply::{Applying, apply};
use super::loaded::{Did, Loaded};
use super::model::Model;
use crate::access::Session;
use crate::access::journal::{Change, LogLine};
use crate::access::permission::DELETE_DIDS;
use crate::resources::client_id::DIDS;
use crate::resources::problem::{FieldErrors, Problem};
use crate::resources::request::Request;
use crate::resources::response::{Answer, Fault, Response, unchanged};
use crate::resources::sipio;
use crate::store::dids::writing::{DidChange, Written};
use crate::store::records::Field;
use crate::store::state::intentions::{intend, intend_deletion};
use crate::store::state::planned::Planned;
use crate::store::vicishim_tables::settings::DidSettings;
use crate::store::vicishim_tables::storing::put_did;
use crate::store::{collation, dids, dids::rows as did_rows, vicishim_tables};

pub(in crate::resources) fn add(session: &mut Session<'_>, request: &Request) -> Answer {
    let applying = Applying {
        stored: None,
        base: Model::default(),
        is_patch: false,
    };
    let model = read(session, request, applying)?;
    let fields = columns(session, &model, None)?;
    free(session, &model, None)?;
    let client_id = model.client_id.as_deref();
    DIDS.check_free(session, client_id)?;
    let change = Change {
        section: "DIDS",
        kind: "ADD",
        code: "ADMIN API ADD DID".to_owned(),
    };
    let own = own_change(session, &model, None);
    change.begin(session)?;
    let insertion = did_rows::insertion(session.db, &fields);
    if let Some(own) = &own {
        let planned = Planned::new_dids(session.db, &[&model.number], &fields, own)?;
        intend(session.db, &planned)?;
        // Another call may have given the id away, which this one has waited for.
        DIDS.check_free(session, client_id)?;
    }
    // Another program may have added it since the check above.
    let Some(did_id) = dids::insert(session.db, &insertion, &model.number)? else {
        return Err(Problem::taken("number", "is taken by another DID").into());
    };
    let mut statements = vec![insertion.to_log_text()];
    if let Some(own) = &own {
        statements.extend(put_did(session.db, did_id, &model.number, own)?);
    }
    let location = format!(
        "/api/dids/{}",
        client_id.map_or_else(|| did_id.to_string(), str::to_owned)
    );
    let number = model.number;
    let notes = format!("did: {number} did_id: {did_id} inserted: 1");
    change.done(session, did_id.to_string(), statements.join("; "), notes);
    let did = shown(session, did_id)?;
    let line = LogLine::success("add_did DID HAS BEEN ADDED", number);
    Ok(sipio::shown(session, request, 201, did, line)?
        .at(location)
        .into())
}

pub(in crate::resources) fn change(session: &mut Session<'_>, request: &Request) -> Answer {
    let before = super::named(session, request)?;
    unchanged(request, &before.shown())?;
    let stored = &before.model;
    // Targets and routes have an address of their own: a body that leaves them out does not take them away.
    let base = match request.is_patch {
        true => stored.clone(),
        false => Model {
            number: stored.number.clone(),
            client_id: stored.client_id.clone(),
            target: stored.target.clone(),
            routes: stored.routes.clone(),
            ..Model::default()
        },
    };
    let applying = Applying {
        stored: Some(&before),
        base,
        is_patch: request.is_patch,
    };
    let model = read(session, request, applying)?;
    write(session, request, &before, &model)
}

/// The DID that a body would make, with what is wrong with it; changes nothing.
pub(in crate::resources) fn check(session: &mut Session<'_>, request: &Request) -> Answer {
    let before = super::named(session, request)?;
    unchanged(request, &before.shown())?;
    let applying = Applying {
        stored: Some(&before),
        base: before.model.clone(),
        is_patch: true,
    };
    let model = read(session, request, applying)?;
    columns(session, &model, Some(&before.model))?;
    free(session, &model, Some(&before))?;
    let line = LogLine::success("update_did DID CAN BE UPDATED", model.number.clone());
    let did = before.becoming(model).shown_with_warnings(session.db)?;
    Ok(Response::ok(&did, line).into())
}

/// Stores a changed DID, and shows it.
///
/// # Errors
/// Another DID has its number, or the database failed.
pub(super) fn write(
    session: &mut Session<'_>,
    request: &Request,
    before: &Loaded,
    model: &Model,
) -> Answer {
    let did = store(session, before, model)?;
    let line = LogLine::success("update_did DID HAS BEEN UPDATED", model.number.clone());
    Ok(sipio::shown(session, request, 200, did, line)?.into())
}

/// Stores a changed DID; how it is shown then.
///
/// # Errors
/// Another DID has its number, or the database failed.
pub(super) fn store(
    session: &mut Session<'_>,
    before: &Loaded,
    model: &Model,
) -> Result<Did, Fault> {
    let (did_id, stored) = (before.did_id, &before.model);
    let fields = columns(session, model, Some(stored))?;
    free(session, model, Some(before))?;
    let change = Change {
        section: "DIDS",
        kind: "MODIFY",
        code: "ADMIN API UPDATE DID".to_owned(),
    };
    let own = own_change(session, model, Some(before));
    change.begin(session)?;
    let write = DidChange {
        did_id,
        numbers: [&stored.number, &model.number],
        fields: &fields,
        own: own.as_ref(),
    };
    let statements = match write.write(session.db)? {
        Written::Done(statements) => statements,
        Written::Taken => return Err(Problem::taken("number", "is taken by another DID").into()),
        Written::Gone => return Err(Problem::not_found("DID").into()),
    };
    let notes = format!("did: {} did_id: {did_id}", model.number);
    change.done(session, did_id.to_string(), statements.join("; "), notes);
    shown(session, did_id)
}

pub(in crate::resources) fn delete(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let before = super::named(session, request)?;
    let refusal = Problem::new(403, "this user is not allowed to delete DIDs");
    DELETE_DIDS.check(&session.user, refusal)?;
    unchanged(request, &before.shown())?;
    let (did_id, number) = (before.did_id, before.model.number);
    let change = Change {
        section: "DIDS",
        kind: "DELETE",
        code: "ADMIN API DELETE DID".to_owned(),
    };
    change.begin(session)?;
    let has_own_rows = intend_deletion(session.db, did_id, &number)?;
    let deletion = dids::deletion(did_id);
    // Another call may have deleted it since it was read.
    if session.db.delete(&deletion, 1)? == 0 {
        return Err(Problem::not_found("DID").into());
    }
    let mut statements = vec![deletion.to_log_text()];
    if has_own_rows {
        statements.extend(vicishim_tables::forget_did(session.db, did_id)?);
    }
    let notes = format!("did: {number} did_id: {did_id}");
    change.done(session, did_id.to_string(), statements.join("; "), notes);
    let line = LogLine::success(
        "update_did DID HAS BEEN DELETED",
        format!("{number}|{did_id}"),
    );
    Ok(Response::no_content(line).into())
}

/// The DID that the body makes.
fn read(
    session: &mut Session<'_>,
    request: &Request,
    applying: Applying<'_>,
) -> Result<Model, Fault> {
    let mut errors = request.errors();
    let model = apply(session, request.body()?, applying, &mut errors)?;
    errors.into_result()?;
    Ok(model)
}

fn shown(session: &mut Session<'_>, did_id: i64) -> Result<Did, Fault> {
    match Loaded::by_id(session.db, did_id)? {
        Some(did) => Ok(did.shown_with_warnings(session.db)?),
        None => Err(Problem::not_found("DID").into()),
    }
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
        known.find(did_rows::TABLE, column).is_some()
            || value.as_deref().is_some_and(|text| !text.is_empty())
    });
    if did_rows::missing_column(session.db, &fields).is_some() {
        let mut errors = FieldErrors::default();
        errors.add("provider", "this database has no column for it");
        errors.into_result()?;
    }
    Ok(fields)
}

/// Refuses a number that another DID has, or one that differs only by a plus.
fn free(session: &mut Session<'_>, model: &Model, stored: Option<&Loaded>) -> Result<(), Fault> {
    let number = model.number.as_str();
    if stored.is_some_and(|stored| stored.model.number == number) {
        return Ok(());
    }
    let digits = super::e164(number);
    let with_plus = digits.map(|digits| format!("+{digits}"));
    let mut spellings = vec![number];
    spellings.extend(digits);
    spellings.extend(with_plus.as_deref());
    for row in did_rows::by_patterns(session.db, &spellings)? {
        if row.number("did_id") == stored.map(|stored| stored.did_id) {
            continue;
        }
        let is_same = collation::compare(row.text("did_pattern"), number).is_eq();
        let field = if is_same { "number" } else { "e164" };
        return Err(Problem::taken(field, "is taken by another DID").into());
    }
    Ok(())
}

/// What our own tables are to hold, where that changes; none where it does not, or there are no tables of ours.
fn own_change(
    session: &Session<'_>,
    model: &Model,
    before: Option<&Loaded>,
) -> Option<DidSettings> {
    if !session.db.has_vicishim_tables() {
        return None;
    }
    let settings = model.settings();
    let is_same = match before {
        Some(before) => {
            let is_renumbered = before.has_own_row && before.model.number != model.number;
            settings == before.model.settings() && !is_renumbered
        }
        None => settings == Model::default().settings(),
    };
    (!is_same).then_some(settings)
}
