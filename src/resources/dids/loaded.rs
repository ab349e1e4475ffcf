//! A DID as it is stored, and as it is shown.

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::description;
use super::model::Model;
use super::shapes::{FaxMode, RouteBody, Status};
use crate::loading::{self, Extras};
use crate::resources::body::Id;
use crate::resources::client_id::{self, SCHEDULES};
use crate::resources::target::trio;
use crate::resources::tenant_ref::Numbers;
use crate::routing::decide::{Existence, described};
use crate::routing::target::{Kind, Route, Target, UNCHOSEN};
use crate::store::records::Record;
use crate::store::{Db, QueryResult, dids::rows as did_rows};

/// A DID with everything that is stored of it, read once.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    /// VICIdial's key.
    pub(super) did_id: i64,
    /// What its rows say.
    pub(super) model: Model,
    /// Whether our tables have a row of it.
    pub(super) has_own_row: bool,
    tenant_id: Option<i64>,
    account_id: Option<String>,
    /// The id that a client gave to its schedule.
    schedule_client_id: Option<String>,
}

impl Loaded {
    /// Of these rows of VICIdial's table: few statements, however many there are.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn all(db: &mut Db, rows: &[Record]) -> QueryResult<Vec<Self>> {
        let extras = Extras::of(db, rows)?;
        let tenants = Numbers::of(db, rows.iter().filter_map(|row| row.get("user_group")))?;
        let models: Vec<(i64, Model)> = rows
            .iter()
            .map(|row| {
                let did_id = row.number("did_id").unwrap_or(0);
                (did_id, Model::of(row, &extras))
            })
            .collect();
        let schedules = models.iter().filter_map(|(_, model)| model.schedule_id);
        let schedules = SCHEDULES.given(db, schedules)?;
        let one = |(did_id, model): (i64, Model)| {
            let group = model.user_group.as_deref();
            Self {
                did_id,
                has_own_row: extras.did(did_id).is_some(),
                tenant_id: group.and_then(|group| tenants.id(group)),
                account_id: group.and_then(|group| tenants.account_id(group)),
                schedule_client_id: model.schedule_id.and_then(|id| schedules.get(&id).cloned()),
                model,
            }
        };
        Ok(models.into_iter().map(one).collect())
    }

    /// The DID of that id; none where there is none.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn by_id(db: &mut Db, did_id: i64) -> QueryResult<Option<Self>> {
        match did_rows::by_id(db, did_id)? {
            Some(row) => Ok(Self::all(db, &[row])?.pop()),
            None => Ok(None),
        }
    }

    /// The same DID with what it is to be.
    pub(super) fn becoming(self, model: Model) -> Self {
        Self { model, ..self }
    }

    /// As it is shown, without warnings.
    pub(super) fn shown(&self) -> Did {
        let Self {
            did_id,
            model,
            tenant_id,
            account_id,
            schedule_client_id,
            has_own_row: _,
        } = self;
        let (dest_kind, dest_id, dest_xform) = trio(model.target.as_ref());
        let (closed_dest_kind, closed_dest_id, closed_dest_xform) = trio(model.closed.as_ref());
        let (holiday_dest_kind, holiday_dest_id, holiday_dest_xform) = trio(model.holiday.as_ref());
        Did {
            id: client_id::shown(*did_id, model.client_id.as_deref()),
            did_id: *did_id,
            e164: super::e164(&model.number).map(str::to_owned),
            number: model.number.clone(),
            tenant_id: *tenant_id,
            account_id: account_id.clone(),
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
            schedule_id: model
                .schedule_id
                .map(|id| client_id::shown(id, schedule_client_id.as_deref())),
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

    /// As it is shown, with what is wrong with it.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn shown_with_warnings(&self, db: &mut Db) -> QueryResult<Did> {
        let model = &self.model;
        let mut warnings = Vec::new();
        if model.target.is_none() && model.status == Status::Active {
            warnings.push(format!(
                "it has no route: callers cannot be connected until it has one; a dialer sends them to extension {UNCHOSEN}"
            ));
        }
        warnings.extend(description::warning(&model.description));
        let conditional = model.routes.iter().map(|route| route.target.as_ref());
        let targets =
            conditional.chain([&model.target, &model.closed, &model.holiday].map(Option::as_ref));
        for target in targets.flatten() {
            if let Some(warning) = warning(db, target)?
                && !warnings.contains(&warning)
            {
                warnings.push(warning);
            }
        }
        if let Some(id) = model.schedule_id
            && loading::schedule(db, id)?.is_none()
        {
            warnings.push(format!("its schedule {id} is not there: it counts as open"));
        }
        Ok(Did {
            warnings: Some(warnings),
            ..self.shown()
        })
    }
}

/// What is wrong with a target; none where it is there, or cannot be looked up.
fn warning(db: &mut Db, target: &Target) -> QueryResult<Option<String>> {
    let Ok(route) = Route::of(target) else {
        return Ok(None);
    };
    let name = described(&route);
    Ok(match loading::existence(db, &route)? {
        Existence::Active | Existence::Untold => None,
        Existence::Inactive => Some(format!("{name} is not active")),
        Existence::Missing => Some(format!("there is no {name}")),
    })
}

/// A DID: an inbound number. Of two names for one thing both are shown, and either is taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::resources) struct Did {
    /// The id that its client gave when it was made, 1 to 64 characters; else its number, 10.
    pub(super) id: Id,
    /// Its number, VICIdial's `did_id`, given by the database: 10.
    pub(super) did_id: i64,
    /// The number as the carrier sends it, VICIdial's `did_pattern`: +12125550100. One that is written with separators is
    /// stored without: (212) 555-0100.
    pub(super) number: String,
    /// Its 2 to 15 digits without a plus, 12125550100; null where it is not a number.
    pub(super) e164: Option<String>,
    /// The tenant's number; null for everybody's.
    pub(super) tenant_id: Option<i64>,
    /// The tenant's id as its client gave it, else its number behind `acc_`: acc_1.
    pub(super) account_id: Option<String>,
    /// The tenant as VICIdial knows it: a user group. `---ALL---` is everybody's.
    pub(super) user_group: Option<String>,
    /// The carrier that supplies it.
    pub(super) provider: String,
    /// What it is for, in up to 1000 characters. VICIdial's own column, and so a dialer, holds the first 50.
    pub(super) description: String,
    /// As `description`.
    pub(super) label: String,
    /// Whether it takes calls.
    pub(super) status: Status,
    /// The kind of the target that applies with no condition; null where nobody chose one.
    pub(super) dest_kind: Option<Kind>,
    /// The target's id within its kind, such as an in-group's name.
    pub(super) dest_id: Option<String>,
    /// Variables that are set on the way: an object of plain values, at most 4096 bytes.
    pub(super) dest_xform: Option<Map<String, Value>>,
    /// How many calls it takes at a time, 1 to 65535; null for as many as come.
    pub(super) max_channels: Option<u32>,
    /// How faxes are carried.
    pub(super) fax_mode: FaxMode,
    /// Whether callers without a number are let through: 1 or 0.
    pub(super) allow_anonymous: u8,
    /// The schedule with its hours and holidays: its id as a client gave it, else its number.
    pub(super) schedule_id: Option<Id>,
    /// The kind of the target outside the hours.
    pub(super) closed_dest_kind: Option<Kind>,
    /// That target's id.
    pub(super) closed_dest_id: Option<String>,
    /// That target's variables.
    pub(super) closed_dest_xform: Option<Map<String, Value>>,
    /// The kind of the target on holidays.
    pub(super) holiday_dest_kind: Option<Kind>,
    /// That target's id.
    pub(super) holiday_dest_id: Option<String>,
    /// That target's variables.
    pub(super) holiday_dest_xform: Option<Map<String, Value>>,
    /// The routes in their order, at most 100: the first whose conditions hold wins, and only the last one may do without.
    pub(super) routes: Vec<RouteBody>,
    /// What is wrong with it, such as a target that is gone; not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warnings: Option<Vec<String>>,
}

impl Did {
    /// The routes in their order.
    pub(super) fn routes(&self) -> &[RouteBody] {
        &self.routes
    }

    /// What is wrong with it, where that was looked at.
    pub(super) fn warnings(&self) -> Option<&[String]> {
        self.warnings.as_deref()
    }
}

/// How the fields of a body differ from what is shown, in the description of the API.
pub(in crate::resources) fn differences() -> Value {
    json!({
        "id": {"$ref": "Id"}, "did_id": {"$ref": "Id"}, "account_id": {"$ref": "Id"}, "schedule_id": {"$ref": "Id"},
        "number": {"minLength": 2, "maxLength": 50},
        "status": {"$ref": "StatusWord"},
        "e164": {"pattern": "^[1-9][0-9]{1,14}$"},
        "tenant_id": {"minimum": 1, "maximum": u32::MAX},
        "user_group": {"maxLength": 20},
        "provider": {"maxLength": 255},
        "description": {"maxLength": description::LONG}, "label": {"maxLength": description::LONG},
        "dest_id": {"maxLength": 120}, "closed_dest_id": {"maxLength": 120}, "holiday_dest_id": {"maxLength": 120},
        "max_channels": {"minimum": 1, "maximum": 65535},
        "allow_anonymous": {"$ref": "Flag"},
        "routes": {"maxItems": 100},
    })
}
