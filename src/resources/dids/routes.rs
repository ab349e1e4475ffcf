//! `GET` and `PUT /api/dids/{id}/routes`: the whole ordered list, written in one transaction.

use serde::Serialize;
use utoipa::ToSchema;

use super::apply::{refuse_beyond_vicidial, routes};
use super::model::Model;
use super::shapes::RouteBody;
use super::write;
use crate::access::Session;
use crate::access::journal::LogLine;
use crate::resources::request::Request;
use crate::resources::response::{Answer, Response, unchanged};
use crate::resources::target::Holder;
use crate::routing::target::Kind;

/// The routes of a DID.
#[derive(Serialize, ToSchema)]
pub(in crate::resources) struct Routes {
    /// The routes in their order: the first whose conditions hold wins, and only the last one may do without.
    routes: Vec<RouteBody>,
}

pub(in crate::resources) fn list(session: &mut Session<'_>, request: &Request) -> Answer {
    request.check_query()?;
    let did = super::named(session, request)?;
    let shown = did.shown_with_warnings(session.db)?;
    let routes = Routes {
        routes: shown.routes().to_vec(),
    };
    let line = LogLine::success("did_list DID SHOWN", did.model.number);
    Ok(Response::shown(200, &shown, line).showing(&routes).into())
}

pub(in crate::resources) fn replace(session: &mut Session<'_>, request: &Request) -> Answer {
    let before = super::named(session, request)?;
    unchanged(request, &before.shown())?;
    let mut errors = request.errors();
    let mut body = request.body()?;
    let given = body.given::<Vec<RouteBody>>("routes", &mut errors);
    body.finish(&mut errors);
    let holder = Holder {
        not: Kind::Feature,
        user_group: before.model.user_group.as_deref(),
    };
    let of = (holder, Some(&before.model));
    let read = match given.flatten() {
        Some(bodies) => routes(session, bodies, of, &mut errors)?,
        None => {
            errors.add("routes", "is required");
            None
        }
    };
    let (routes, target) = read.unwrap_or_default();
    let model = Model {
        routes,
        target,
        ..before.model.clone()
    };
    refuse_beyond_vicidial(session, &model, &mut errors);
    errors.into_result()?;
    write::write(session, request, &before, &model)
}
