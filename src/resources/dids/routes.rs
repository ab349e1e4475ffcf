//! `PUT /api/dids/{id}/routes`: the whole ordered list, in one transaction.

use serde::Deserialize;
use utoipa::ToSchema;

use super::model::{Model, condition_row};
use super::view::RouteBody;
use super::write;
use crate::api::Session;
use crate::resources::input::{self, Query};
use crate::resources::problem::{Fault, Wrong};
use crate::resources::request::Asked;
use crate::resources::target::checked;
use crate::resources::task::Next;
use crate::resources::tenant::NO_COLUMN;
use crate::routing::decide::ConditionalRoute;
use crate::routing::hours::Condition;
use crate::routing::target::{Kind, Target};
use crate::store::QueryResult;

/// The most routes that a DID has.
const ROUTES: usize = 100;

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

/// The routes of a list: the conditional ones, and the target that applies with no condition. None where they are wrong.
pub(super) fn routes(
    session: &mut Session<'_>,
    bodies: &[RouteBody],
    wrong: &mut Wrong,
) -> QueryResult<Option<(Vec<ConditionalRoute>, Option<Target>)>> {
    let (mut routes, mut target, mut is_right) = (Vec::new(), None, true);
    if bodies.len() > ROUTES {
        wrong.add("routes", format!("must be {ROUTES} at the most"));
        return Ok(None);
    }
    for (index, body) in bodies.iter().enumerate() {
        let name = |field: &str| format!("routes[{index}].{field}");
        let Some(kind) = body.dest_kind else {
            wrong.add(&name("dest_kind"), "is required");
            is_right = false;
            continue;
        };
        let written = Target {
            kind,
            id: body.dest_id.clone().unwrap_or_default(),
            xform: body.dest_xform.clone(),
        };
        let names = [name("dest_kind"), name("dest_id"), name("dest_xform")];
        let names = [names[0].as_str(), &names[1], &names[2]];
        let Some(checked) = checked(session.db, &written, Kind::Feature, names, wrong)? else {
            is_right = false;
            continue;
        };
        match condition_row(body.conditions.as_ref()) {
            None if index + 1 == bodies.len() => target = Some(checked),
            None => {
                wrong.add(
                    &name("conditions"),
                    "only the last route may do without: none behind it would ever apply",
                );
                is_right = false;
            }
            Some(condition) => {
                let right = Condition::parse(&condition).map(drop);
                is_right &= wrong.take(&name("conditions"), right).is_some();
                routes.push(ConditionalRoute {
                    condition,
                    target: Some(checked),
                });
            }
        }
    }
    Ok(is_right.then_some((routes, target)))
}
