//! `PUT /api/dids/{id}/routes`: the whole ordered list, in one transaction.

use serde::Deserialize;
use utoipa::ToSchema;

use super::apply::routes;
use super::model::Model;
use super::shapes::RouteBody;
use super::write;
use crate::access::Session;
use crate::resources::input::{self, Query};
use crate::resources::problem::Wrong;
use crate::resources::request::Request;
use crate::resources::task::Answer;
use crate::resources::tenant::NO_COLUMN;

/// The routes of a DID.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::resources) struct RoutesBody {
    /// In their order: the first whose conditions hold wins. Only the last one may do without conditions.
    #[schema(value_type = Vec<RouteBody>, max_items = 100)]
    routes: Option<Vec<RouteBody>>,
}

pub(in crate::resources) fn replace(session: &mut Session<'_>, request: &Request) -> Answer {
    let row = super::named(session, request)?;
    let (before, did_id) = write::stored(session, request, &row)?;
    let mut wrong = Wrong::default();
    Query(&request.query).only(&[], &mut wrong);
    let sent = request.body.clone()?;
    let sent: RoutesBody = input::read(&sent, &mut wrong)?;
    let read = match &sent.routes {
        Some(bodies) => routes(session, bodies, &mut wrong)?,
        None => {
            wrong.add("routes", "is required");
            None
        }
    };
    let (routes, target) = read.unwrap_or_default();
    let model = Model {
        routes,
        target,
        ..before.clone()
    };
    if !session.db.has_own() {
        for field in model.beyond_vicidial() {
            wrong.add(field, NO_COLUMN);
        }
    }
    wrong.end()?;
    write::write(session, did_id, &before, &model)
}
