//! What a DID's body and its view have in common: words and parts, as they are on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::routing::target::Kind;

/// Whether a DID takes calls. `inactive` and `disabled` mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = DidStatus)]
pub(in crate::resources) enum Status {
    /// It takes calls.
    #[default]
    Active,
    /// It routes nothing: LaraCopilot's word.
    Inactive,
    /// It routes nothing: SIP.IO's word.
    Disabled,
    /// It is kept without a line behind it, and routes nothing.
    Virtual,
}

/// How faxes are carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::resources) enum FaxMode {
    /// As voice, with no special treatment.
    #[default]
    Voice,
    /// By T.38.
    T38,
    /// Passed through to the target.
    Passthrough,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::resources) enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// When a route applies.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::resources) struct Conditions {
    /// On these days; every day where there are none. A span past midnight counts for the day on which it begins.
    #[serde(default)]
    pub(in crate::resources) days: Vec<Day>,
    /// From when on, `HH:MM`: 09:00. With `to` only.
    #[serde(default)]
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub(in crate::resources) from: Option<String>,
    /// Until when, `HH:MM` up to 24:00: 17:30; before `from` for a span past midnight.
    #[serde(default)]
    #[schema(pattern = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
    pub(in crate::resources) to: Option<String>,
    /// The IANA name of the time zone; that of the DID's schedule, else the dialer's, where it is left out.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub(in crate::resources) time_zone: Option<String>,
}

/// A route: a target, and when it applies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::resources) struct RouteBody {
    /// The kind of the target; required.
    pub(in crate::resources) dest_kind: Option<Kind>,
    /// The target's id within its kind, such as a call menu's name.
    #[serde(default)]
    #[schema(max_length = 120)]
    pub(in crate::resources) dest_id: Option<String>,
    /// Variables that are set on the way: an object of plain values, at most 4096 bytes.
    #[serde(default)]
    pub(in crate::resources) dest_xform: Option<Map<String, Value>>,
    /// When it applies; always, where they are left out.
    #[serde(default)]
    pub(in crate::resources) conditions: Option<Conditions>,
}
