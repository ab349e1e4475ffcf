//! A DID as its rows hold it, and as they are to hold it.

use super::description;
use super::shapes::{Conditions, Day, FaxMode, RouteBody, Status};
use crate::loading::{self, Extras};
use crate::resources::client_id;
use crate::resources::target::{CLOSED, HOLIDAY, NORMAL, Names, columns, trio, xform_text};
use crate::resources::tenant_ref::EVERYBODY;
use crate::routing::decide::{self, ConditionalRoute};
use crate::routing::hours::{ConditionRow, DAYS};
use crate::routing::target::{Route, Target, UNCHOSEN};
use crate::store::records::{Field, Record};
use crate::store::vicishim_tables::settings::DidSettings;

/// Everything that can be said of a DID.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    pub(super) number: String,
    /// The id that a client gave.
    pub(super) client_id: Option<String>,
    pub(super) user_group: Option<String>,
    pub(super) provider: String,
    pub(super) description: String,
    pub(super) status: Status,
    pub(super) target: Option<Target>,
    pub(super) max_channels: Option<u32>,
    pub(super) fax_mode: FaxMode,
    pub(super) allow_anonymous: bool,
    pub(super) schedule_id: Option<i64>,
    pub(super) closed: Option<Target>,
    pub(super) holiday: Option<Target>,
    /// The conditional routes.
    pub(super) routes: Vec<ConditionalRoute>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            number: String::new(),
            client_id: None,
            user_group: Some(EVERYBODY.to_owned()),
            provider: String::new(),
            description: String::new(),
            status: Status::Active,
            target: None,
            max_channels: None,
            fax_mode: FaxMode::Voice,
            allow_anonymous: true,
            schedule_id: None,
            closed: None,
            holiday: None,
            routes: Vec::new(),
        }
    }
}

const DAY_WORDS: [Day; 7] = [
    Day::Mon,
    Day::Tue,
    Day::Wed,
    Day::Thu,
    Day::Fri,
    Day::Sat,
    Day::Sun,
];

impl Model {
    /// Of a DID's rows.
    pub(super) fn of(row: &Record, extras: &Extras) -> Self {
        let did_id = row.number("did_id").unwrap_or(0);
        let extra = extras.did(did_id);
        let of_extra = |[kind, id, xform]: Names| {
            extra.and_then(|extra| loading::target(extra, kind, id, xform))
        };
        let word = extra.map_or("", |extra| extra.text("status"));
        Self {
            number: row.text("did_pattern").to_owned(),
            client_id: extra
                .and_then(|extra| extra.get("client_id"))
                .map(str::to_owned),
            user_group: row.get("user_group").map(str::to_owned),
            provider: row.text("did_carrier_description").to_owned(),
            description: description::whole(
                row.text("did_description"),
                extra.and_then(|extra| extra.get("description")),
            ),
            status: match (loading::status(row, extra), word) {
                (decide::Status::Active, _) => Status::Active,
                (decide::Status::Virtual, _) => Status::Virtual,
                (decide::Status::Disabled, "disabled") => Status::Disabled,
                (decide::Status::Disabled, _) => Status::Inactive,
            },
            target: loading::normal_target(row, extra),
            max_channels: extra
                .and_then(|extra| extra.number("max_channels"))
                .and_then(|most| u32::try_from(most).ok()),
            fax_mode: match extra.map(|extra| extra.text("fax_mode")) {
                Some("t38") => FaxMode::T38,
                Some("passthrough") => FaxMode::Passthrough,
                _ => FaxMode::Voice,
            },
            allow_anonymous: extra.is_none_or(|extra| extra.text("allow_anonymous") != "N"),
            schedule_id: extra.and_then(|extra| extra.number("schedule_id")),
            closed: of_extra(CLOSED),
            holiday: of_extra(HOLIDAY),
            routes: extras
                .routes(did_id)
                .iter()
                .map(loading::conditional)
                .collect(),
        }
    }

    /// VICIdial's columns where they are to change; all of them for a new DID.
    ///
    /// # Errors
    /// The target has no columns, which its check has ruled out.
    pub(super) fn vicidial(&self, before: Option<&Self>) -> Result<Vec<Field>, String> {
        let mut fields: Vec<Field> = Vec::new();
        let mut set = |column, value: Option<&str>, old: Option<Option<&str>>| {
            if old != Some(value) {
                fields.push((column, value.map(str::to_owned)));
            }
        };
        set(
            "did_pattern",
            Some(&self.number),
            before.map(|b| Some(b.number.as_str())),
        );
        set(
            "did_description",
            Some(description::beginning(&self.description)),
            before.map(|b| Some(description::beginning(&b.description))),
        );
        set(
            "did_carrier_description",
            Some(&self.provider),
            before.map(|b| Some(b.provider.as_str())),
        );
        let active = |model: &Self| {
            if model.status == Status::Active {
                "Y"
            } else {
                "N"
            }
        };
        set(
            "did_active",
            Some(active(self)),
            before.map(|b| Some(active(b))),
        );
        set(
            "user_group",
            self.user_group.as_deref(),
            before.map(|b| b.user_group.as_deref()),
        );
        let old = before.and_then(|before| before.target.as_ref());
        let same = match (&self.target, old) {
            (None, None) => true,
            (Some(new), Some(old)) => new.kind == old.kind && new.id == old.id,
            _ => false,
        };
        if !same {
            let route = match &self.target {
                Some(target) => Route::columns(target)?,
                None => vec![
                    ("did_route", "EXTEN".to_owned()),
                    ("extension", UNCHOSEN.to_owned()),
                    ("exten_context", "default".to_owned()),
                ],
            };
            fields.extend(
                route
                    .into_iter()
                    .map(|(column, value)| (column, Some(value))),
            );
        }
        Ok(fields)
    }

    /// The columns of our own row.
    fn own_columns(&self) -> Vec<Field> {
        let status = match self.status {
            Status::Active | Status::Inactive => "",
            Status::Disabled => "disabled",
            Status::Virtual => "virtual",
        };
        let fax_mode = match self.fax_mode {
            FaxMode::Voice => "voice",
            FaxMode::T38 => "t38",
            FaxMode::Passthrough => "passthrough",
        };
        // VICIdial's columns do not tell apart the kinds that this one does.
        let read_back = self
            .target
            .as_ref()
            .and_then(|target| Route::of(target).ok()?.target(None));
        let kind = self
            .target
            .as_ref()
            .filter(|target| read_back.is_none_or(|back| back.kind != target.kind));
        let mut fields = vec![
            ("status", Some(status.to_owned())),
            (
                "dest_kind",
                kind.map(|target| target.kind.word().to_owned()),
            ),
            ("dest_xform", self.target.as_ref().and_then(xform_text)),
            (
                "max_channels",
                self.max_channels.map(|most| most.to_string()),
            ),
            ("fax_mode", Some(fax_mode.to_owned())),
            (
                "allow_anonymous",
                Some(if self.allow_anonymous { "Y" } else { "N" }.to_owned()),
            ),
            ("schedule_id", self.schedule_id.map(|id| id.to_string())),
            (
                "description",
                description::own(&self.description).map(str::to_owned),
            ),
            client_id::column(self.client_id.clone()),
        ];
        fields.extend(columns(CLOSED, self.closed.as_ref()));
        fields.extend(columns(HOLIDAY, self.holiday.as_ref()));
        fields
    }

    /// What our own tables are to hold of it.
    pub(super) fn settings(&self) -> DidSettings {
        let route = |route: &ConditionalRoute| {
            let row = &route.condition;
            let mut fields: Vec<Field> = vec![
                ("days", Some(row.days.clone())),
                ("time_from", Some(row.from.clone())),
                ("time_to", Some(row.to.clone())),
                ("time_zone", Some(row.time_zone.clone())),
            ];
            fields.extend(columns(NORMAL, route.target.as_ref()));
            fields
        };
        DidSettings::new(&self.own_columns(), self.routes.iter().map(route))
    }

    /// What only our own tables can hold, by the names of the fields.
    pub(super) fn beyond_vicidial(&self) -> Vec<&'static str> {
        let default = Self::default();
        let mut beyond = Vec::new();
        let mut note = |name, differs| {
            if differs {
                beyond.push(name);
            }
        };
        note("status", self.status == Status::Virtual);
        note(
            "dest_xform",
            self.target
                .as_ref()
                .is_some_and(|target| target.xform.is_some()),
        );
        note("max_channels", self.max_channels != default.max_channels);
        note("fax_mode", self.fax_mode != default.fax_mode);
        note(
            "allow_anonymous",
            self.allow_anonymous != default.allow_anonymous,
        );
        note("schedule_id", self.schedule_id.is_some());
        note("closed_dest_kind", self.closed.is_some());
        note("holiday_dest_kind", self.holiday.is_some());
        note("routes", !self.routes.is_empty());
        beyond
    }

    /// The routes in their order, the target that applies with no condition last.
    pub(super) fn shown_routes(&self) -> Vec<RouteBody> {
        let shown = |target: Option<&Target>, conditions| {
            let (dest_kind, dest_id, dest_xform) = trio(target);
            RouteBody {
                dest_kind,
                dest_id,
                dest_xform,
                conditions,
            }
        };
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let conditional = self.routes.iter().map(|route| {
            let row = &route.condition;
            let days = row.days.split(',').filter_map(|day| {
                let place = DAYS.iter().position(|known| *known == day)?;
                DAY_WORDS.get(place).copied()
            });
            let conditions = Conditions {
                days: days.collect(),
                from: text(&row.from),
                to: text(&row.to),
                time_zone: text(&row.time_zone),
            };
            shown(route.target.as_ref(), Some(conditions))
        });
        let normal = self.target.as_ref().map(|target| shown(Some(target), None));
        conditional.chain(normal).collect()
    }
}

/// A condition's row; none where it holds always.
pub(super) fn condition_row(conditions: Option<&Conditions>) -> Option<ConditionRow> {
    let conditions =
        conditions.filter(|c| !c.days.is_empty() || c.from.is_some() || c.to.is_some())?;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut days: Vec<&str> = DAY_WORDS
        .iter()
        .zip(DAYS)
        .filter(|(day, _)| conditions.days.contains(day))
        .map(|(_, word)| word)
        .collect();
    days.dedup();
    Some(ConditionRow {
        days: days.join(","),
        from: text(&conditions.from),
        to: text(&conditions.to),
        time_zone: text(&conditions.time_zone),
    })
}
