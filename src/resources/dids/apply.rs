//! The DID that a body makes, and what is wrong with the body.

use super::body::DidBody;
use super::model::{Model, condition_row};
use super::shapes::RouteBody;
use crate::access::Session;
use crate::access::scope::Scope;
use crate::resources::input::{Flag, either, text};
use crate::resources::problem::Wrong;
use crate::resources::target::{Trio, checked};
use crate::resources::tenant::{NO_COLUMN, Named};
use crate::routing::decide::ConditionalRoute;
use crate::routing::hours::Condition;
use crate::routing::target::{Kind, Target};
use crate::store::{QueryResult, own};

/// The most routes that a DID has.
const ROUTES: usize = 100;

/// The DID that a body makes of a present one.
pub(super) struct Applying<'m> {
    /// The present one and its id; none for a new one.
    pub(super) stored: Option<(i64, &'m Model)>,
    /// What stays where the body says nothing.
    pub(super) base: Model,
    /// Whether what the body leaves out may stay away.
    pub(super) is_patch: bool,
}

impl DidBody {
    /// The DID that this body makes, with what is wrong about it.
    pub(super) fn apply(
        self,
        session: &mut Session<'_>,
        scope: &Scope,
        applying: Applying<'_>,
        wrong: &mut Wrong,
    ) -> QueryResult<Model> {
        let Applying {
            stored,
            base: mut model,
            is_patch,
        } = applying;
        let before = stored.map(|(_, model)| model);
        self.check_id(stored.map(|(id, _)| id), wrong);
        match self.number(before, wrong) {
            Some(number) => model.number = number,
            None if is_patch || self.number.is_some() || self.e164.is_some() => {}
            None => wrong.add("number", "is required"),
        }
        let named = Named {
            tenant_id: &self.tenant_id,
            account_id: &self.account_id,
            user_group: &self.user_group,
        };
        let stored_group = before.map(|before| before.user_group.as_deref().unwrap_or_default());
        match named.user_group(session.db, scope, stored_group, wrong)? {
            Some(group) => model.user_group = Some(group),
            None if is_patch
                || named.is_given()
                || (self.e164.is_some() && self.number.is_none()) => {}
            None => wrong.add("tenant_id", "is required"),
        }
        if let Some(provider) = &self.provider {
            let provider = text(provider.as_deref().unwrap_or_default(), 0, 255);
            model.provider = wrong.take("provider", provider).unwrap_or_default();
        }
        let stored_text = before.map(|before| Some(before.description.clone()));
        let names = ["description", "label"];
        let values = [self.description.clone(), self.label.clone()];
        if let Some(description) = either(names, values, stored_text.as_ref(), wrong) {
            let field = if self.description.is_some() {
                "description"
            } else {
                "label"
            };
            let description = text(description.as_deref().unwrap_or_default(), 0, 50);
            model.description = wrong.take(field, description).unwrap_or_default();
        }
        if let Some(status) = self.status {
            model.status = status.unwrap_or_default();
        }
        if let Some(most) = self.max_channels {
            if most.is_some_and(|most| !(1..=65_535).contains(&most)) {
                wrong.add("max_channels", "must be from 1 to 65535, or null");
            }
            model.max_channels = most;
        }
        if let Some(fax_mode) = self.fax_mode {
            model.fax_mode = fax_mode.unwrap_or_default();
        }
        if let Some(allow) = self.allow_anonymous {
            let allow = allow.map_or(Ok(true), Flag::is_yes);
            model.allow_anonymous = wrong.take("allow_anonymous", allow).unwrap_or(true);
        }
        self.schedule(session, scope, before, &mut model, wrong)?;
        self.targets(session, &mut model, wrong)?;
        self.apply_routes(session, before, &mut model, wrong)?;
        if !session.db.has_own() {
            for field in model.beyond_vicidial() {
                wrong.add(field, NO_COLUMN);
            }
        }
        Ok(model)
    }

    fn check_id(&self, stored: Option<i64>, wrong: &mut Wrong) {
        for (field, id) in [("id", &self.id), ("did_id", &self.did_id)] {
            match (id, stored) {
                (None | Some(None), _) => {}
                (Some(Some(_)), None) => wrong.add(field, "is given by the database"),
                (Some(Some(id)), Some(stored)) => {
                    if id.number("did_").ok() != Some(stored) {
                        wrong.add(field, "is that of another DID");
                    }
                }
            }
        }
    }

    /// The pattern that the body's two names for it make.
    fn number(&self, before: Option<&Model>, wrong: &mut Wrong) -> Option<String> {
        let stored = before.map(|before| before.number.as_str());
        let stored_e164 = stored.and_then(super::e164);
        let number = match &self.number {
            Some(number) => {
                let number = number.as_deref().unwrap_or_default();
                if Some(number) != stored && !is_pattern(number) {
                    wrong.add("number", "must be 2 to 50 of 0-9 A-Z a-z : + * # . _");
                    return None;
                }
                Some(number)
            }
            None => None,
        };
        let e164 = match &self.e164 {
            Some(Some(e164)) if super::e164(e164) != Some(e164.as_str()) => {
                wrong.add(
                    "e164",
                    "must be 2 to 15 digits, with no plus and no leading 0",
                );
                return None;
            }
            Some(Some(e164)) => Some(e164.as_str()),
            Some(None) | None => None,
        };
        let chosen = match (number, e164) {
            (None, None) => return None,
            (Some(number), None) => number,
            // A plus that is stored stays.
            (None, Some(e164)) if stored_e164 == Some(e164) => stored?,
            (None, Some(e164)) => e164,
            (Some(number), Some(e164)) if super::e164(number) == Some(e164) => number,
            (Some(number), Some(e164)) if Some(number) == stored => e164,
            (Some(number), Some(e164)) if Some(e164) == stored_e164 => number,
            _ => {
                wrong.add("number", "and e164 are the same thing, but differ here");
                return None;
            }
        };
        Some(chosen.to_owned())
    }

    fn schedule(
        &self,
        session: &mut Session<'_>,
        scope: &Scope,
        before: Option<&Model>,
        model: &mut Model,
        wrong: &mut Wrong,
    ) -> QueryResult<()> {
        let Some(schedule_id) = &self.schedule_id else {
            return Ok(());
        };
        let Some(id) = schedule_id else {
            model.schedule_id = None;
            return Ok(());
        };
        let Some(id) = wrong.take("schedule_id", id.number("sch_")) else {
            return Ok(());
        };
        model.schedule_id = Some(id);
        let unchanged = before.is_some_and(|before| before.schedule_id == Some(id));
        if unchanged || !session.db.has_own() {
            return Ok(());
        }
        let row = own::by_key(session.db, &own::SCHEDULES, id)?;
        if row.is_none_or(|row| !scope.covers(row.get("user_group"))) {
            wrong.add("schedule_id", "there is no such schedule");
        }
        Ok(())
    }

    fn targets(
        &self,
        session: &mut Session<'_>,
        model: &mut Model,
        wrong: &mut Wrong,
    ) -> QueryResult<()> {
        let trios = [
            (self.trio(), &mut model.target),
            (
                Trio {
                    prefix: "closed_",
                    kind: &self.closed_dest_kind,
                    id: &self.closed_dest_id,
                    xform: &self.closed_dest_xform,
                },
                &mut model.closed,
            ),
            (
                Trio {
                    prefix: "holiday_",
                    kind: &self.holiday_dest_kind,
                    id: &self.holiday_dest_id,
                    xform: &self.holiday_dest_xform,
                },
                &mut model.holiday,
            ),
        ];
        for (trio, target) in trios {
            let current = target.clone();
            *target = trio.applied(session.db, current.as_ref(), Kind::Feature, wrong)?;
        }
        Ok(())
    }

    fn trio(&self) -> Trio<'_> {
        Trio {
            prefix: "",
            kind: &self.dest_kind,
            id: &self.dest_id,
            xform: &self.dest_xform,
        }
    }

    /// Where a body has routes and a target of its own, the one that was changed counts.
    fn apply_routes(
        &self,
        session: &mut Session<'_>,
        before: Option<&Model>,
        model: &mut Model,
        wrong: &mut Wrong,
    ) -> QueryResult<()> {
        let Some(bodies) = &self.routes else {
            return Ok(());
        };
        let Some((routes, target)) = routes(session, bodies, wrong)? else {
            return Ok(());
        };
        model.routes = routes;
        let stored = before.map(|before| &before.target);
        if !self.trio().is_given() || Some(&model.target) == stored {
            model.target = target;
        } else if model.target != target && Some(&target) != stored {
            wrong.add("routes", "and dest_kind, dest_id lead to different targets");
        }
        Ok(())
    }
}

fn is_pattern(number: &str) -> bool {
    (2..=50).contains(&number.len())
        && number
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b":+*#._".contains(&byte))
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
