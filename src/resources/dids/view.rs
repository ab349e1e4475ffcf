//! A DID as it is shown.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::model::Model;
use super::shapes::{FaxMode, RouteBody, Status};
use crate::loading::{self, Extras};
use crate::resources::target::trio;
use crate::resources::tenant::{Numbers, account_id};
use crate::routing::decide::Existence;
use crate::routing::target::{Kind, Route, Target};
use crate::store::records::Record;
use crate::store::{Db, QueryResult};

/// A DID.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::resources) struct Did {
    /// VICIdial's `did_id`.
    pub(in crate::resources) id: i64,
    /// VICIdial's `did_id`.
    pub(in crate::resources) did_id: i64,
    /// The number as the carrier sends it.
    pub(in crate::resources) number: String,
    /// Its digits without a plus; null where it is no number.
    pub(in crate::resources) e164: Option<String>,
    /// The tenant's number; null for everybody's.
    pub(in crate::resources) tenant_id: Option<i64>,
    /// The tenant's number behind `acc_`.
    pub(in crate::resources) account_id: Option<String>,
    /// The tenant as VICIdial knows it: a user group.
    pub(in crate::resources) user_group: Option<String>,
    /// The carrier that supplies it.
    pub(in crate::resources) provider: String,
    /// What it is for.
    pub(in crate::resources) description: String,
    /// What it is for.
    pub(in crate::resources) label: String,
    /// Whether it takes calls.
    pub(in crate::resources) status: Status,
    /// The kind of the target that applies with no condition; null where nobody chose one.
    pub(in crate::resources) dest_kind: Option<Kind>,
    /// The target's id.
    pub(in crate::resources) dest_id: Option<String>,
    /// Variables that are set on the way.
    pub(in crate::resources) dest_xform: Option<Map<String, Value>>,
    /// How many calls it takes at a time; null for as many as come.
    pub(in crate::resources) max_channels: Option<u32>,
    /// How faxes are carried.
    pub(in crate::resources) fax_mode: FaxMode,
    /// Whether callers without a number are let through: 1 or 0.
    pub(in crate::resources) allow_anonymous: u8,
    /// The schedule with its hours and holidays.
    pub(in crate::resources) schedule_id: Option<i64>,
    /// Where callers go outside the hours.
    pub(in crate::resources) closed_dest_kind: Option<Kind>,
    /// That target's id.
    pub(in crate::resources) closed_dest_id: Option<String>,
    /// That target's variables.
    pub(in crate::resources) closed_dest_xform: Option<Map<String, Value>>,
    /// Where callers go on holidays.
    pub(in crate::resources) holiday_dest_kind: Option<Kind>,
    /// That target's id.
    pub(in crate::resources) holiday_dest_id: Option<String>,
    /// That target's variables.
    pub(in crate::resources) holiday_dest_xform: Option<Map<String, Value>>,
    /// The routes in their order, the target that applies with no condition last.
    pub(in crate::resources) routes: Vec<RouteBody>,
    /// What should be mended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::resources) warnings: Option<Vec<String>>,
}

impl Did {
    /// Of a DID's rows.
    pub(super) fn of(model: &Model, did_id: i64, tenants: &Numbers) -> Self {
        let tenant_id = model
            .user_group
            .as_deref()
            .and_then(|group| tenants.id(group));
        let (dest_kind, dest_id, dest_xform) = trio(model.target.as_ref());
        let (closed_dest_kind, closed_dest_id, closed_dest_xform) = trio(model.closed.as_ref());
        let (holiday_dest_kind, holiday_dest_id, holiday_dest_xform) = trio(model.holiday.as_ref());
        Self {
            id: did_id,
            did_id,
            e164: super::e164(&model.number).map(str::to_owned),
            number: model.number.clone(),
            tenant_id,
            account_id: account_id(tenant_id),
            user_group: model.user_group.clone(),
            provider: model.provider.clone(),
            description: model.description.clone(),
            label: model.description.clone(),
            status: model.status,
            dest_kind,
            dest_id,
            dest_xform,
            max_channels: model.max_channels,
            fax_mode: model.fax_mode,
            allow_anonymous: u8::from(model.allow_anonymous),
            schedule_id: model.schedule_id,
            closed_dest_kind,
            closed_dest_id,
            closed_dest_xform,
            holiday_dest_kind,
            holiday_dest_id,
            holiday_dest_xform,
            routes: model.shown_routes(),
            warnings: None,
        }
    }
}

/// DIDs as they are shown, without warnings.
pub(super) fn views(db: &mut Db, rows: &[Record]) -> QueryResult<Vec<Did>> {
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.number("did_id")).collect();
    let extras = Extras::of(db, &ids)?;
    let tenants = Numbers::of(db, rows.iter().filter_map(|row| row.get("user_group")))?;
    Ok(rows
        .iter()
        .map(|row| {
            let did_id = row.number("did_id").unwrap_or(0);
            Did::of(&Model::of(row, &extras), did_id, &tenants)
        })
        .collect())
}

/// A DID as it is shown, with what should be mended.
pub(super) fn view(db: &mut Db, row: &Record) -> QueryResult<Option<Did>> {
    let Some(mut did) = views(db, std::slice::from_ref(row))?.pop() else {
        return Ok(None);
    };
    let mut warnings = Vec::new();
    let model = Model::of(row, &Extras::of(db, &[did.did_id])?);
    if model.target.is_none() && model.status == Status::Active {
        warnings.push("it has no route: callers cannot be connected until it has one".to_owned());
    }
    let written = did
        .routes
        .iter()
        .map(|route| (route.dest_kind, route.dest_id.clone()));
    let others = [
        (did.closed_dest_kind, did.closed_dest_id.clone()),
        (did.holiday_dest_kind, did.holiday_dest_id.clone()),
    ];
    for (kind, id) in written.chain(others).collect::<Vec<_>>() {
        let Some(kind) = kind else { continue };
        let Ok(route) = Route::of(&Target::new(kind, id.unwrap_or_default())) else {
            continue;
        };
        let name = crate::routing::decide::described(&route);
        let warning = match loading::existence(db, &route)? {
            Existence::Active | Existence::Untold => continue,
            Existence::Inactive => format!("{name} is not active"),
            Existence::Missing => format!("there is no {name}"),
        };
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    if let Some(id) = did.schedule_id
        && loading::schedule(db, id)?.is_none()
    {
        warnings.push(format!("its schedule {id} is not there: it counts as open"));
    }
    did.warnings = Some(warnings);
    Ok(Some(did))
}
