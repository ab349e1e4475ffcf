//! The body of a DID.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::shapes::{FaxMode, RouteBody, Status};
use crate::resources::input::{Flag, Given, Id, given};
use crate::routing::target::Kind;

/// A DID as LaraCopilot or as SIP.IO writes it. Of two names for one thing either will do.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::resources) struct DidBody {
    /// Given by the database; in a change it may stand here as it is.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Id>)]
    pub(super) id: Given<Id>,
    /// As `id`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Id>)]
    pub(super) did_id: Given<Id>,
    /// The number as the carrier sends it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, pattern = "^[0-9A-Za-z:+*#._]{2,50}$")]
    pub(super) number: Given<String>,
    /// The number's digits without a plus.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, pattern = "^[1-9][0-9]{1,14}$")]
    pub(super) e164: Given<String>,
    /// The tenant. Required, or one of its other names, but for a DID that is named by `e164` alone.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>, minimum = 1)]
    pub(super) tenant_id: Given<u32>,
    /// The tenant: `acc_` and its number.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Id>)]
    pub(super) account_id: Given<Id>,
    /// The tenant: a user group.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 20)]
    pub(super) user_group: Given<String>,
    /// The carrier that supplies it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 255)]
    pub(super) provider: Given<String>,
    /// What it is for.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 50)]
    pub(super) description: Given<String>,
    /// What it is for.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 50)]
    pub(super) label: Given<String>,
    /// Whether it takes calls.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Status>)]
    pub(super) status: Given<Status>,
    /// The kind of the target that applies with no condition.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Kind>)]
    pub(super) dest_kind: Given<Kind>,
    /// The target's id.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 120)]
    pub(super) dest_id: Given<String>,
    /// Variables that are set on the way.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Object>)]
    pub(super) dest_xform: Given<Map<String, Value>>,
    /// How many calls it takes at a time; null for as many as come.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 65535)]
    pub(super) max_channels: Given<u32>,
    /// How faxes are carried.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<FaxMode>)]
    pub(super) fax_mode: Given<FaxMode>,
    /// Whether callers without a number are let through.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Flag>)]
    pub(super) allow_anonymous: Given<Flag>,
    /// The schedule with its hours and holidays: a number, or `sch_` and one.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Id>)]
    pub(super) schedule_id: Given<Id>,
    /// Where callers go outside the hours.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Kind>)]
    pub(super) closed_dest_kind: Given<Kind>,
    /// That target's id.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 120)]
    pub(super) closed_dest_id: Given<String>,
    /// That target's variables.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Object>)]
    pub(super) closed_dest_xform: Given<Map<String, Value>>,
    /// Where callers go on holidays.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Kind>)]
    pub(super) holiday_dest_kind: Given<Kind>,
    /// That target's id.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 120)]
    pub(super) holiday_dest_id: Given<String>,
    /// That target's variables.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Object>)]
    pub(super) holiday_dest_xform: Given<Map<String, Value>>,
    /// The routes in their order; only the last one may do without conditions.
    #[schema(value_type = Option<Vec<RouteBody>>, max_items = 100)]
    pub(super) routes: Option<Vec<RouteBody>>,
    /// Not written: as it was read.
    #[schema(value_type = Option<Vec<String>>)]
    #[expect(dead_code, reason = "a body may be what was read before")]
    warnings: Option<Vec<String>>,
}
