//! `POST /api/dids/{id}/routes`, and `/api/dids/{id}/routes/{n}`: a route for itself. Its tag is that of its DID, which any
//! route is a part of.

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::apply::{self, ONLY_THE_LAST, ROUTES, refuse_beyond_vicidial};
use super::loaded::{Did, Loaded};
use super::model::{Model, condition_row};
use super::shapes::{Conditions, RouteBody};
use super::write;
use crate::access::Session;
use crate::access::journal::LogLine;
use crate::resources::body::Body;
use crate::resources::problem::{FieldErrors, Problem};
use crate::resources::request::Request;
use crate::resources::response::{Answer, Fault, Response, unchanged};
use crate::resources::target::Holder;
use crate::resources::tenant_ref::NO_COLUMN;
use crate::routing::decide::ConditionalRoute;
use crate::routing::hours::ConditionRow;
use crate::routing::target::{Kind, Target};

/// A route of a DID.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::resources) struct Route {
    /// Its place among the DID's routes, from 1 on: the first whose conditions hold wins.
    position: usize,
    /// The kind of the target; required.
    dest_kind: Option<Kind>,
    /// The target's id within its kind, such as a call menu's name.
    dest_id: Option<String>,
    /// Variables that are set on the way: an object of plain values, at most 4096 bytes.
    dest_xform: Option<Map<String, Value>>,
    /// When it applies; always, where they are left out, which only the last route may.
    conditions: Option<Conditions>,
    /// What is wrong with the DID, such as a target that is gone; not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<String>>,
}

/// How the fields of a body differ from what is shown, in the description of the API.
pub(in crate::resources) fn differences() -> Value {
    json!({"position": {"minimum": 1, "maximum": ROUTES}, "dest_id": {"maxLength": 120}})
}

impl Route {
    fn of(did: &Did, index: usize) -> Result<Self, Fault> {
        let route = did.routes().get(index).cloned();
        let route = route.ok_or_else(|| Problem::not_found("route"))?;
        Ok(Self {
            position: index + 1,
            dest_kind: route.dest_kind,
            dest_id: route.dest_id,
            dest_xform: route.dest_xform,
            conditions: route.conditions,
            warnings: did.warnings().map(<[String]>::to_vec),
        })
    }
}

/// How many routes a DID has.
fn count(model: &Model) -> usize {
    model.routes.len() + usize::from(model.target.is_some())
}

/// The DID and the index of the route that the path names.
fn named(session: &mut Session<'_>, request: &Request) -> Result<(Loaded, usize), Fault> {
    let did = super::named(session, request)?;
    let digits = Some(request.part.as_str()).filter(|part| {
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
        is_number && part.len() <= 3
    });
    let position = digits.and_then(|digits| digits.parse::<usize>().ok());
    let index = position.and_then(|position| position.checked_sub(1));
    match index.filter(|index| *index < count(&did.model)) {
        Some(index) => Ok((did, index)),
        None => Err(Problem::not_found("route").into()),
    }
}

pub(in crate::resources) fn one(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let (did, index) = named(session, request)?;
    let shown = did.shown_with_warnings(session.db)?;
    let line = LogLine::success("did_list DID SHOWN", did.model.number);
    let route = Route::of(&shown, index)?;
    Ok(Response::shown(200, &shown, line).showing(&route).into())
}

pub(in crate::resources) fn add(session: &mut Session<'_>, request: &Request) -> Answer {
    let before = super::named(session, request)?;
    unchanged(request, &before.shown())?;
    let mut errors = request.errors();
    let mut body = request.body()?;
    let position = body.given::<usize>("position", &mut errors).flatten();
    let count = count(&before.model);
    let allowed = 1..=count + 1;
    if position.is_some_and(|position| !allowed.contains(&position)) {
        errors.add("position", format!("must be from 1 to {}", count + 1));
    }
    let position = position.filter(|position| allowed.contains(position));
    if count >= ROUTES {
        errors.add("routes", format!("must be {ROUTES} at the most"));
    }
    let read = read(session, body, &before.model, &mut errors)?;
    let mut model = before.model.clone();
    let conditional = model.routes.len();
    let index = match (&read, position) {
        (None, _) => 0,
        (Some((Some(_), _)), None) => conditional,
        (Some((Some(_), _)), Some(position)) if position > conditional + 1 => {
            errors.add("position", "is behind the route without conditions");
            0
        }
        (Some((Some(_), _)), Some(position)) => position - 1,
        (Some((None, _)), _) if model.target.is_some() => {
            let message =
                "another route has none already: change that one, or name when this one applies";
            errors.add("conditions", message);
            0
        }
        (Some((None, _)), Some(position)) if position <= conditional => {
            errors.add("conditions", ONLY_THE_LAST);
            0
        }
        (Some((None, _)), _) => conditional,
    };
    match read {
        Some((Some(condition), target)) if errors.count() == 0 => {
            model
                .routes
                .insert(index, conditional_route(condition, target));
        }
        Some((None, target)) => model.target = Some(target),
        _ => {}
    }
    let (did, line) = store(session, &before, &model, errors)?;
    let location = format!("/api/dids/{}/routes/{}", before.did_id, index + 1);
    let route = Route::of(&did, index)?;
    let response = Response::shown(201, &did, line).showing(&route);
    Ok(response.at(location).into())
}

pub(in crate::resources) fn replace(session: &mut Session<'_>, request: &Request) -> Answer {
    let (before, index) = named(session, request)?;
    unchanged(request, &before.shown())?;
    let mut errors = request.errors();
    let mut body = request.body()?;
    let position = body.given::<usize>("position", &mut errors).flatten();
    if position.is_some_and(|position| position != index + 1) {
        let message = "cannot be changed: delete the route and add it, or replace the whole list";
        errors.add("position", message);
    }
    let read = read(session, body, &before.model, &mut errors)?;
    let mut model = before.model.clone();
    match read {
        None => {}
        Some((None, _)) if index + 1 < count(&model) => errors.add("conditions", ONLY_THE_LAST),
        Some((condition, target)) => {
            model.take_route(index);
            match condition {
                Some(condition) => {
                    let route = conditional_route(condition, target);
                    model.routes.insert(index, route);
                }
                None => model.target = Some(target),
            }
        }
    }
    let (did, line) = store(session, &before, &model, errors)?;
    let route = Route::of(&did, index)?;
    Ok(Response::shown(200, &did, line).showing(&route).into())
}

pub(in crate::resources) fn delete(session: &mut Session<'_>, request: &Request) -> Answer {
    let (before, index) = named(session, request)?;
    unchanged(request, &before.shown())?;
    let mut model = before.model.clone();
    model.take_route(index);
    let (did, line) = store(session, &before, &model, request.errors())?;
    Ok(Response::shown(200, &did, line).without_body().into())
}

impl Model {
    /// Takes a route out of the list that is shown.
    fn take_route(&mut self, index: usize) {
        if index < self.routes.len() {
            self.routes.remove(index);
        } else {
            self.target = None;
        }
    }
}

fn conditional_route(condition: ConditionRow, target: Target) -> ConditionalRoute {
    ConditionalRoute {
        condition,
        target: Some(target),
    }
}

/// What the rest of a body says: a condition, where there is one, and a target. None where it is wrong.
fn read(
    session: &mut Session<'_>,
    mut body: Body,
    before: &Model,
    errors: &mut FieldErrors,
) -> Result<Option<(Option<ConditionRow>, Target)>, Fault> {
    let (count, [kind, id, xform]) = (errors.count(), crate::resources::target::NORMAL);
    let written = RouteBody {
        dest_kind: body.given(kind, errors).flatten(),
        dest_id: body.given(id, errors).flatten(),
        dest_xform: body.given(xform, errors).flatten(),
        conditions: body.given("conditions", errors).flatten(),
    };
    body.ignore::<Vec<String>>("warnings", errors);
    body.finish(errors);
    let name = |field: &str| field.to_owned();
    if condition_row(written.conditions.as_ref()).is_some() && !session.db.has_vicishim_tables() {
        errors.add("conditions", NO_COLUMN);
    }
    let present = apply::present(before);
    let holder = Holder {
        not: Kind::Feature,
        user_group: before.user_group.as_deref(),
    };
    let read = apply::route(session, written, (holder, &present), name, errors)?;
    Ok(read.filter(|_| errors.count() == count))
}

/// Stores a DID with other routes; how it is shown, and what the log says.
fn store(
    session: &mut Session<'_>,
    before: &Loaded,
    model: &Model,
    mut errors: FieldErrors,
) -> Result<(Did, LogLine), Fault> {
    refuse_beyond_vicidial(session, model, &mut errors);
    errors.into_result()?;
    let did = write::store(session, before, model)?;
    let line = LogLine::success("update_did DID HAS BEEN UPDATED", model.number.clone());
    Ok((did, line))
}
