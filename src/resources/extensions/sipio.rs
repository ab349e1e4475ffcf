//! An extension in SIP.IO's own shape.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::loaded::{Extension, Status};
use crate::resources::client_id::{self, EXTENSIONS, SCHEDULES};
use crate::resources::sipio::{SipIo, TargetIds};
use crate::routing::target::Kind;

/// An extension in SIP.IO's own shape: its names only, every id a text.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::resources) struct SipIoExtension {
    /// The id that its client gave, else its number behind `ext_`, ext_42; where it has none yet, its phone and server.
    id: String,
    /// The tenant's id; null for everybody's.
    account_id: Option<String>,
    /// The number that is dialled: 1001.
    digits: String,
    /// The kind of its route target; null for its own phone.
    dest_kind: Option<Kind>,
    /// The target's id: a client's where it has one, else VICIdial's name.
    dest_id: Option<String>,
    /// Variables that are set on the way.
    dest_xform: Option<Map<String, Value>>,
    /// `active` or `disabled`.
    status: Status,
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
}

impl SipIo for Extension {
    type Shape = SipIoExtension;

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

    fn sip_io(self, ids: &TargetIds) -> SipIoExtension {
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
        SipIoExtension {
            id: match &self.id {
                Some(id) => client_id::text(EXTENSIONS.prefix, id),
                None => self.key,
            },
            account_id: self.account_id,
            digits: self.digits,
            dest_kind,
            dest_id,
            dest_xform,
            status: self.status,
            schedule_id: self
                .schedule_id
                .map(|id| client_id::text(SCHEDULES.prefix, &id)),
            closed_dest_kind,
            closed_dest_id,
            closed_dest_xform,
            holiday_dest_kind,
            holiday_dest_id,
            holiday_dest_xform,
        }
    }
}
