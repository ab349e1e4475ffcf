//! `PUT /api/dids/{id}/routes`: the whole ordered list, in one transaction.

use serde::Deserialize;
use utoipa::ToSchema;

use super::apply::routes;
use super::model::Model;
use super::shapes::RouteBody;
use super::write;
use crate::api::Session;
use crate::resources::input::{self, Query};
use crate::resources::problem::{Fault, Wrong};
use crate::resources::request::Asked;
use crate::resources::task::Next;
use crate::resources::tenant::NO_COLUMN;

/// The routes of a DID.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::resources) struct RoutesBody {
    /// In their order: the first whose conditions hold wins. Only the last one may do without conditions.
    #[schema(value_type = Vec<RouteBody>, max_items = 100)]
    routes: Option<Vec<RouteBody>>,
}

pub(in crate::resources) fn replace(
    session: &mut Session<'_>,
    asked: &Asked,
) -> Result<Next, Fault> {
    let row = super::named(session, asked)?;
    let (before, did_id) = write::stored(session, asked, &row)?;
    let mut wrong = Wrong::default();
    Query(&asked.query).only(&[], &mut wrong);
    let sent = asked.body.clone()?;
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
