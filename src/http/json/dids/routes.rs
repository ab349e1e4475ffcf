//! `PUT /api/dids/{id}/routes`: the whole ordered list, in one transaction.

use serde::Deserialize;
use utoipa::ToSchema;

use super::view::RouteBody;
use super::write;
use super::{body, model::Model};
use crate::api::Session;
use crate::http::json::input::{self, Query};
use crate::http::json::problem::{Fault, Wrong};
use crate::http::json::request::Asked;
use crate::http::json::task::Next;
use crate::http::json::tenant::NO_COLUMN;

/// The routes of a DID.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http::json) struct RoutesBody {
    /// In their order: the first whose conditions hold wins. Only the last one may do without conditions.
    #[schema(value_type = Vec<RouteBody>, max_items = 100)]
    routes: Option<Vec<RouteBody>>,
}

pub(in crate::http::json) fn replace(
    session: &mut Session<'_>,
    asked: &Asked,
) -> Result<Next, Fault> {
    let row = super::named(session, asked)?;
    let (before, did_id) = write::stored(session, asked, &row)?;
    let mut wrong = Wrong::default();
    Query(&asked.query).only(&[], &mut wrong);
    let sent = asked.body.clone()?;
    let sent: RoutesBody = input::read(&sent, &mut wrong)?;
    let routes = match &sent.routes {
        Some(bodies) => body::routes(session, bodies, &mut wrong)?,
        None => {
            wrong.add("routes", "is required");
            None
        }
    };
    let (routes, target) = routes.unwrap_or_default();
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
