//! The body of an extension.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::view::Status;
use crate::resources::input::{Given, Id, given};
use crate::routing::target::Kind;

/// An extension as LaraCopilot or as SIP.IO writes it. Of two names for one thing either will do.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::resources) struct ExtensionBody {
    /// Given by the database; in a change it may stand here as it is.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Id>)]
    pub(super) id: Given<Id>,
    /// Not written: as it was read.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub(super) key: Given<String>,
    /// The tenant. Required, or one of its other names, but for an extension that is named by `digits` alone.
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
    /// The number that is dialled.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, pattern = "^[0-9A-Za-z*#_-]{1,20}$")]
    pub(super) extension_number: Given<String>,
    /// The number that is dialled.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, pattern = "^[0-9A-Za-z*#_-]{1,20}$")]
    pub(super) digits: Given<String>,
    /// The name that people see.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 50)]
    pub(super) display_name: Given<String>,
    /// The e-mail address of its user.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 100)]
    pub(super) email: Given<String>,
    /// The password with which its device registers: 6 to 100 characters, no space, `;` or `|` among them. Never returned.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, min_length = 6, max_length = 100, write_only)]
    pub(super) secret: Given<String>,
    /// Whether it may be used.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Status>)]
    pub(super) status: Given<Status>,
    /// Whether unanswered calls go to its voicemail box, which its number names: up to 10 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<bool>)]
    pub(super) voicemail_enabled: Given<bool>,
    /// The dialer that it is on; the first active one where it is left out. It stays there.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 15)]
    pub(super) server_ip: Given<String>,
    /// SIP where it is left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Protocol>)]
    pub(super) protocol: Given<Protocol>,
    /// The kind of its route target; null for its own phone.
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
}

/// How a phone speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
pub(in crate::resources) enum Protocol {
    /// SIP.
    #[default]
    #[serde(rename = "SIP")]
    Sip,
    /// SIP, by Asterisk's newer channel.
    #[serde(rename = "PJSIP")]
    Pjsip,
    /// A line of a card.
    Zap,
    /// IAX2.
    #[serde(rename = "IAX2")]
    Iax2,
    /// A number outside.
    #[serde(rename = "EXTERNAL")]
    External,
}

impl Protocol {
    /// VICIdial's word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Sip => "SIP",
            Self::Pjsip => "PJSIP",
            Self::Zap => "Zap",
            Self::Iax2 => "IAX2",
            Self::External => "EXTERNAL",
        }
    }
}
