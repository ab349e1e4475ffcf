//! A DID in SIP.IO's own shape.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::loaded::Did;
use super::shapes::{FaxMode, Status};
use crate::resources::client_id::{self, DIDS, SCHEDULES};
use crate::resources::sipio::{SipIo, TargetIds};
use crate::routing::target::Kind;

/// A DID in SIP.IO's own shape: its names only, every id a text, one target.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::resources) struct SipIoDid {
    /// The id that its client gave, else its number behind `did_`: did_10.
    id: String,
    /// The tenant's id; null for everybody's.
    account_id: Option<String>,
    /// The number, with no plus: 12025550123; null where it is not a number.
    e164: Option<String>,
    /// What it is for.
    label: String,
    /// `active`, `disabled` or `virtual`.
    status: Status,
    /// The kind of the target that applies with no condition; null where nobody chose one.
    dest_kind: Option<Kind>,
    /// The target's id: a client's where it has one, else VICIdial's name.
    dest_id: Option<String>,
    /// Variables that are set on the way.
    dest_xform: Option<Map<String, Value>>,
    /// How many calls it takes at a time; null for as many as come.
    max_channels: Option<u32>,
    /// How faxes are carried.
    fax_mode: FaxMode,
    /// Whether callers without a number are let through: 1 or 0.
    allow_anonymous: u8,
    /// The id of the schedule with its hours and holidays.
    schedule_id: Option<String>,
    /// The kind of the target outside the hours.
    closed_dest_kind: Option<Kind>,
    /// That target's id.
    closed_dest_id: Option<String>,
    /// That target's variables.
    closed_dest_xform: Option<Map<String, Value>>,
    /// The kind of the target on holidays.
    holiday_dest_kind: Option<Kind>,
    /// That target's id.
    holiday_dest_id: Option<String>,
    /// That target's variables.
    holiday_dest_xform: Option<Map<String, Value>>,
    /// What is wrong with it, such as a target that is gone; not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<String>>,
}

impl SipIo for Did {
    type Shape = SipIoDid;

    fn targets(&self) -> Vec<(Kind, &str)> {
        [
            (self.dest_kind, &self.dest_id),
            (self.closed_dest_kind, &self.closed_dest_id),
            (self.holiday_dest_kind, &self.holiday_dest_id),
        ]
        .into_iter()
        .filter_map(|(kind, id)| Some((kind?, id.as_deref()?)))
        .collect()
    }

    fn sip_io(self, ids: &TargetIds) -> SipIoDid {
        let conditional = self
            .routes
            .iter()
            .filter(|route| route.conditions.is_some())
            .count();
        let mut warnings = self.warnings;
        if conditional > 0
            && let Some(warnings) = &mut warnings
        {
            warnings.push(format!(
                "it has {conditional} conditional routes, which this shape has no field for: they come before its target"
            ));
        }
        let (dest_kind, dest_id, dest_xform) =
            ids.target((self.dest_kind, self.dest_id, self.dest_xform));
        let (closed_dest_kind, closed_dest_id, closed_dest_xform) = ids.target((
            self.closed_dest_kind,
            self.closed_dest_id,
            self.closed_dest_xform,
        ));
        let (holiday_dest_kind, holiday_dest_id, holiday_dest_xform) = ids.target((
            self.holiday_dest_kind,
            self.holiday_dest_id,
            self.holiday_dest_xform,
        ));
        SipIoDid {
            id: client_id::text(DIDS.prefix, &self.id),
            account_id: self.account_id,
            e164: self.e164,
            label: self.label,
            status: match self.status {
                Status::Inactive => Status::Disabled,
                status => status,
            },
            dest_kind,
            dest_id,
            dest_xform,
            max_channels: self.max_channels,
            fax_mode: self.fax_mode,
            allow_anonymous: self.allow_anonymous,
            schedule_id: self
                .schedule_id
                .map(|id| client_id::text(SCHEDULES.prefix, &id)),
            closed_dest_kind,
            closed_dest_id,
            closed_dest_xform,
            holiday_dest_kind,
            holiday_dest_id,
            holiday_dest_xform,
            warnings,
        }
    }
}
