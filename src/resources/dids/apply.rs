//! The DID that a body makes, and what is wrong with the body.

use super::description;
use super::loaded::Loaded;
use super::model::{Model, condition_row};
use super::pattern;
use super::shapes::{FaxMode, RouteBody, Status};
use crate::access::Session;
use crate::access::scope::Scope;
use crate::resources::body::{Body, Flag, Id, either, text};
use crate::resources::client_id::{DIDS, Of, SCHEDULES};
use crate::resources::number_form as form;
use crate::resources::problem::FieldErrors;
use crate::resources::target::{CLOSED, HOLIDAY, Holder, NORMAL, Trio, checked};
use crate::resources::tenant_ref::{NO_COLUMN, TenantRef};
use crate::routing::decide::ConditionalRoute;
use crate::routing::hours::{Condition, ConditionRow};
use crate::routing::number_form::NumberForm;
use crate::routing::target::{Kind, Target};
use crate::store::{QueryResult, vicishim_tables};

/// The most routes that a DID has.
pub(super) const ROUTES: usize = 100;

/// What is said of a route without conditions that others follow.
pub(super) const ONLY_THE_LAST: &str =
    "only the last route may do without: none behind it would ever apply";

/// The DID that a body makes of a present one.
pub(super) struct Applying<'m> {
    /// The present one; none for a new one.
    pub(super) stored: Option<&'m Loaded>,
    /// What stays where the body says nothing.
    pub(super) base: Model,
    /// Whether what the body leaves out may stay away.
    pub(super) is_patch: bool,
}

/// The DID that this body makes, with what is wrong about it.
///
/// # Errors
/// The database cannot be read.
pub(super) fn apply(
    session: &mut Session<'_>,
    mut body: Body,
    applying: Applying<'_>,
    errors: &mut FieldErrors,
) -> QueryResult<Model> {
    let Applying {
        stored,
        base: mut model,
        is_patch,
    } = applying;
    let scope = Scope::of(session)?;
    let before = stored.map(|stored| &stored.model);
    let of = stored.map_or(Of::New, |stored| {
        Of::Stored(Some(stored.did_id), stored.model.client_id.as_deref())
    });
    let new_id = DIDS.check(session, &mut body, &["id", "did_id"], of, errors);
    model.client_id = new_id.or(model.client_id);
    let [number, e164] = ["number", "e164"].map(|field| body.given::<String>(field, errors));
    let is_named = number.is_some() || e164.is_some();
    let by_e164 = e164.is_some() && number.is_none();
    let tenant = TenantRef::of(&mut body, errors);
    let stored_group = before.map(|before| before.user_group.as_deref().unwrap_or_default());
    match tenant.user_group(session, &scope, stored_group, errors)? {
        Some(group) => model.user_group = Some(group),
        None if is_patch || tenant.is_given() || by_e164 => {}
        None => errors.add("tenant_id", "is required"),
    }
    let form = match is_named {
        true => form::of_group(session, model.user_group.as_deref())?,
        false => NumberForm::default(),
    };
    match pattern::given((number, e164), before, form, errors) {
        Some(number) => model.number = number,
        None if is_patch || is_named => {}
        None => errors.add("number", "is required"),
    }
    if let Some(provider) = body.given::<String>("provider", errors) {
        let provider = text(&provider.unwrap_or_default(), 0, 255);
        model.provider = errors.check("provider", provider).unwrap_or_default();
    }
    let names = ["description", "label"];
    let values = names.map(|field| body.given::<String>(field, errors));
    let field = names[usize::from(values[0].is_none())];
    let stored_text = before.map(|before| Some(before.description.clone()));
    if let Some(description) = either(names, values, stored_text.as_ref(), errors) {
        let most = match session.db.has_vicishim_tables() {
            true => description::LONG,
            false => description::SHORT,
        };
        let description = text(&description.unwrap_or_default(), 0, most);
        model.description = errors.check(field, description).unwrap_or_default();
    }
    if let Some(status) = body.given::<Status>("status", errors) {
        model.status = status.unwrap_or_default();
    }
    if let Some(most) = body.given::<u32>("max_channels", errors) {
        if most.is_some_and(|most| !(1..=65_535).contains(&most)) {
            errors.add("max_channels", "must be from 1 to 65535, or null");
        }
        model.max_channels = most;
    }
    if let Some(fax_mode) = body.given::<FaxMode>("fax_mode", errors) {
        model.fax_mode = fax_mode.unwrap_or_default();
    }
    if let Some(allow) = body.given::<Flag>("allow_anonymous", errors) {
        let allow = allow.map_or(Ok(true), Flag::is_yes);
        model.allow_anonymous = errors.check("allow_anonymous", allow).unwrap_or(true);
    }
    if let Some(id) = body.given::<Id>("schedule_id", errors) {
        schedule(session, &scope, id, before, &mut model, errors)?;
    }
    let user_group = model.user_group.clone();
    let holder = Holder {
        not: Kind::Feature,
        user_group: user_group.as_deref(),
    };
    let normal = Trio::of(&mut body, NORMAL, errors);
    let has_target = normal.is_given();
    for (trio, target) in [
        (normal, &mut model.target),
        (Trio::of(&mut body, CLOSED, errors), &mut model.closed),
        (Trio::of(&mut body, HOLIDAY, errors), &mut model.holiday),
    ] {
        let current = target.take();
        *target = trio.applied(session, current.as_ref(), holder, errors)?;
    }
    if let Some(bodies) = body.given::<Vec<RouteBody>>("routes", errors).flatten()
        && let Some((routes, target)) = routes(session, bodies, (holder, before), errors)?
    {
        model.routes = routes;
        // Where a body has routes and a target of its own, the one that was changed counts.
        let stored = before.map(|before| &before.target);
        if !has_target || Some(&model.target) == stored {
            model.target = target;
        } else if model.target != target && Some(&target) != stored {
            errors.add("routes", "and dest_kind, dest_id lead to different targets");
        }
    }
    body.ignore::<Vec<String>>("warnings", errors);
    body.finish(errors);
    refuse_beyond_vicidial(session, &model, errors);
    Ok(model)
}

/// Refuses what a VICIdial's own database cannot hold.
pub(super) fn refuse_beyond_vicidial(
    session: &Session<'_>,
    model: &Model,
    errors: &mut FieldErrors,
) {
    if !session.db.has_vicishim_tables() {
        for field in model.beyond_vicidial() {
            errors.add(field, NO_COLUMN);
        }
    }
}

fn schedule(
    session: &mut Session<'_>,
    scope: &Scope,
    id: Option<Id>,
    before: Option<&Model>,
    model: &mut Model,
    errors: &mut FieldErrors,
) -> QueryResult<()> {
    let Some(id) = id else {
        model.schedule_id = None;
        return Ok(());
    };
    let Some(id) = SCHEDULES.referred(session.db, "schedule_id", &id, errors)? else {
        return Ok(());
    };
    model.schedule_id = Some(id);
    let unchanged = before.is_some_and(|before| before.schedule_id == Some(id));
    if unchanged || !session.db.has_vicishim_tables() {
        return Ok(());
    }
    let row = vicishim_tables::by_key(session.db, &vicishim_tables::SCHEDULES, id)?;
    if row.is_none_or(|row| !scope.covers(row.get("user_group"))) {
        errors.add("schedule_id", "there is no such schedule");
    }
    Ok(())
}

/// The routes of a list: the conditional ones, and the target that applies with no condition. None where they are wrong.
///
/// # Errors
/// The database cannot be read.
pub(super) fn routes(
    session: &mut Session<'_>,
    bodies: Vec<RouteBody>,
    (holder, before): (Holder<'_>, Option<&Model>),
    errors: &mut FieldErrors,
) -> QueryResult<Option<(Vec<ConditionalRoute>, Option<Target>)>> {
    let (mut routes, mut target, mut is_right) = (Vec::new(), None, true);
    let present = before.map(present).unwrap_or_default();
    let count = bodies.len();
    if count > ROUTES {
        errors.add("routes", format!("must be {ROUTES} at the most"));
        return Ok(None);
    }
    for (index, body) in bodies.into_iter().enumerate() {
        let name = |field: &str| format!("routes[{index}].{field}");
        match route(session, body, (holder, &present), name, errors)? {
            None => is_right = false,
            Some((None, checked)) if index + 1 == count => target = Some(checked),
            Some((None, _)) => {
                errors.add(&name("conditions"), ONLY_THE_LAST);
                is_right = false;
            }
            Some((Some(condition), checked)) => routes.push(ConditionalRoute {
                condition,
                target: Some(checked),
            }),
        }
    }
    Ok(is_right.then_some((routes, target)))
}

/// The targets of a DID's routes, which may be written as they are.
pub(super) fn present(model: &Model) -> Vec<&Target> {
    let conditional = model.routes.iter().map(|route| &route.target);
    conditional.chain([&model.target]).flatten().collect()
}

/// One route of a body: its condition, where it has one, and its target. None where it is wrong.
///
/// # Errors
/// The database cannot be read.
pub(super) fn route(
    session: &mut Session<'_>,
    body: RouteBody,
    kinds: (Holder<'_>, &[&Target]),
    name: impl Fn(&str) -> String,
    errors: &mut FieldErrors,
) -> QueryResult<Option<(Option<ConditionRow>, Target)>> {
    let Some(kind) = body.dest_kind else {
        errors.add(&name("dest_kind"), "is required");
        return Ok(None);
    };
    let written = Target {
        kind,
        id: body.dest_id.unwrap_or_default(),
        xform: body.dest_xform,
    };
    let names = NORMAL.map(&name);
    let names = [names[0].as_str(), &names[1], &names[2]];
    let checked = checked(session, written, kinds, names, errors)?;
    let condition = condition_row(body.conditions.as_ref());
    let right = condition
        .as_ref()
        .map_or(Ok(()), |condition| Condition::parse(condition).map(drop));
    let is_right = errors.check(&name("conditions"), right).is_some();
    Ok(checked
        .filter(|_| is_right)
        .map(|target| (condition, target)))
}
