//! An extension as it is stored, and as it is shown. Its secret never is.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::numbering::Numbering;
use crate::loading::target;
use crate::resources::body::Id;
use crate::resources::client_id::{self, SCHEDULES};
use crate::resources::target::{CLOSED, HOLIDAY, NORMAL, Names, trio};
use crate::resources::tenant_ref::Numbers;
use crate::routing::target::{Kind, Target};
use crate::store::records::Record;
use crate::store::vicishim_tables::bound::{self, phone_key};
use crate::store::{Db, QueryResult, phones::rows as phone_rows};

/// A phone with everything that is stored of it, read once.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    /// VICIdial's row.
    pub(super) row: Record,
    /// Our own row, where it has one.
    pub(super) extra: Option<Record>,
    /// Its number, and what VICIdial has it under.
    pub(super) numbering: Numbering,
    tenant_id: Option<i64>,
    account_id: Option<String>,
    /// The id that a client gave to its schedule.
    schedule_client_id: Option<String>,
}

/// The number under which VICIdial has a phone.
pub(super) fn dialplan(row: &Record) -> &str {
    match row.text("dialplan_number") {
        "" => row.text("extension"),
        number => number,
    }
}

impl Loaded {
    /// Of these rows of VICIdial's table: few statements, however many there are.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn all(db: &mut Db, rows: Vec<Record>) -> QueryResult<Vec<Self>> {
        let mut extras = bound::of_phones(db, &rows)?;
        let tenants = Numbers::of(db, rows.iter().filter_map(|row| row.get("user_group")))?;
        let schedules = extras.values().filter_map(|row| row.number("schedule_id"));
        let schedules = SCHEDULES.given(db, schedules)?;
        let one = |row: Record| {
            let extra = extras.remove(&phone_key(&row));
            let group = row.get("user_group");
            let schedule_id = extra.as_ref().and_then(|extra| extra.number("schedule_id"));
            let tenant_id = group.and_then(|group| tenants.id(group));
            Self {
                numbering: Numbering::of(dialplan(&row), tenant_id),
                tenant_id,
                account_id: group.and_then(|group| tenants.account_id(group)),
                schedule_client_id: schedule_id.and_then(|id| schedules.get(&id).cloned()),
                extra,
                row,
            }
        };
        Ok(rows.into_iter().map(one).collect())
    }

    /// The phone of that extension on that dialer; none where there is none.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn find(db: &mut Db, extension: &str, server_ip: &str) -> QueryResult<Option<Self>> {
        let row = phone_rows::find(db, extension, server_ip)?;
        Ok(Self::all(db, row.into_iter().collect())?.pop())
    }

    /// The number that is dialled within its tenant.
    pub(super) fn number(&self) -> &str {
        self.numbering.number()
    }

    /// The number under which VICIdial has it.
    pub(super) fn dialplan(&self) -> &str {
        dialplan(&self.row)
    }

    /// Its phone and server: `PHONE@SERVER_IP`.
    pub(super) fn key(&self) -> String {
        format!(
            "{}@{}",
            self.row.text("extension"),
            self.row.text("server_ip")
        )
    }

    /// Our number of it, where it has one.
    pub(super) fn id(&self) -> Option<i64> {
        self.extra.as_ref()?.number("extension_id")
    }

    /// The id that a client gave.
    pub(super) fn client_id(&self) -> Option<&str> {
        self.extra.as_ref()?.get("client_id")
    }

    /// The number of its schedule.
    pub(super) fn schedule_id(&self) -> Option<i64> {
        self.extra.as_ref()?.number("schedule_id")
    }

    /// One of its targets.
    pub(super) fn target(&self, [kind, id, xform]: Names) -> Option<Target> {
        target(self.extra.as_ref()?, kind, id, xform)
    }

    /// As it is shown.
    pub(super) fn shown(&self) -> Extension {
        let text = |column| self.row.text(column).to_owned();
        let of = |names| trio(self.target(names).as_ref());
        let (dest_kind, dest_id, dest_xform) = of(NORMAL);
        let (closed_dest_kind, closed_dest_id, closed_dest_xform) = of(CLOSED);
        let (holiday_dest_kind, holiday_dest_id, holiday_dest_xform) = of(HOLIDAY);
        Extension {
            id: self.id().map(|id| client_id::shown(id, self.client_id())),
            extension_id: self.id(),
            key: self.key(),
            tenant_id: self.tenant_id,
            account_id: self.account_id.clone(),
            user_group: self.row.get("user_group").map(str::to_owned),
            extension_number: self.number().to_owned(),
            digits: self.number().to_owned(),
            display_name: text("fullname"),
            email: text("email"),
            status: match self.row.text("active") {
                "Y" => Status::Active,
                _ => Status::Disabled,
            },
            voicemail_enabled: !self.row.text("voicemail_id").is_empty(),
            server_ip: text("server_ip"),
            protocol: text("protocol"),
            dest_kind,
            dest_id,
            dest_xform,
            schedule_id: self
                .schedule_id()
                .map(|id| client_id::shown(id, self.schedule_client_id.as_deref())),
            closed_dest_kind,
            closed_dest_id,
            closed_dest_xform,
            holiday_dest_kind,
            holiday_dest_id,
            holiday_dest_xform,
            warnings: None,
        }
    }
}

/// Whether an extension may be used. `inactive` and `disabled` mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ExtensionStatus)]
pub(super) enum Status {
    /// It may.
    #[default]
    Active,
    /// It may not.
    Disabled,
    /// It may not.
    Inactive,
}

/// How a phone connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(super) enum Protocol {
    /// SIP.
    #[default]
    #[serde(rename = "SIP")]
    Sip,
    /// SIP, by Asterisk's newer channel.
    #[serde(rename = "PJSIP")]
    Pjsip,
    /// A line of a telephony card.
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

/// An extension: a phone. Of two names for one thing both are shown, and either is taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::resources) struct Extension {
    /// The id that its client gave when it was made, 1 to 64 characters; else its number, 42. Null where it has none yet: on
    /// a VICIdial's own database, and until this API changes a phone that was not made by it or by add_phone. Its `key` names
    /// it then.
    pub(super) id: Option<Id>,
    /// Its number among ours, given by the database: 42.
    pub(super) extension_id: Option<i64>,
    /// Its phone and server, by which it can be asked for too: 1001@192.168.198.5.
    pub(super) key: String,
    /// The tenant's number; null for everybody's.
    pub(super) tenant_id: Option<i64>,
    /// The tenant's id as its client gave it, else its number behind `acc_`: acc_1.
    pub(super) account_id: Option<String>,
    /// The tenant as VICIdial knows it: a user group. `---ALL---` is everybody's.
    pub(super) user_group: Option<String>,
    /// The number that is dialled within its tenant: 1001.
    pub(super) extension_number: String,
    /// As `extension_number`.
    pub(super) digits: String,
    /// The name that people see, in up to 50 characters.
    pub(super) display_name: String,
    /// The e-mail address of its user.
    pub(super) email: String,
    /// Whether it may be used.
    pub(super) status: Status,
    /// Whether unanswered calls go to its voicemail box, which its number names: up to 10 characters.
    pub(super) voicemail_enabled: bool,
    /// The dialer that it is on, where it stays; the first active one where it is left out.
    pub(super) server_ip: String,
    /// SIP, PJSIP, IAX2, Zap or EXTERNAL; SIP where it is left out.
    pub(super) protocol: String,
    /// The kind of its route target; null for its own phone.
    pub(super) dest_kind: Option<Kind>,
    /// The target's id within its kind, such as an in-group's name.
    pub(super) dest_id: Option<String>,
    /// Variables that are set on the way: an object of plain values, at most 4096 bytes.
    pub(super) dest_xform: Option<Map<String, Value>>,
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
    /// What is said of the body that was written, such as a status in another word; not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warnings: Option<Vec<String>>,
}

/// How the fields of a body differ from what is shown, in the description of the API.
pub(in crate::resources) fn differences() -> Value {
    json!({
        "id": {"$ref": "Id"}, "extension_id": {"$ref": "Id"}, "account_id": {"$ref": "Id"}, "schedule_id": {"$ref": "Id"},
        "tenant_id": {"minimum": 1, "maximum": u32::MAX},
        "user_group": {"maxLength": 20},
        "status": {"$ref": "StatusWord"},
        "extension_number": {"pattern": "^[0-9A-Za-z*#_-]{1,20}$"},
        "digits": {"pattern": "^[0-9A-Za-z*#_-]{1,20}$"},
        "display_name": {"maxLength": 50},
        "email": {"maxLength": 100},
        "secret": {
            "type": "string", "minLength": 6, "maxLength": 100, "writeOnly": true,
            "description": "The password with which its device registers: 6 to 100 characters, no space, `;` or `|` among \
                            them. Never returned",
        },
        "server_ip": {"maxLength": 15},
        "protocol": {"enum": ["SIP", "PJSIP", "Zap", "IAX2", "EXTERNAL", null]},
        "dest_id": {"maxLength": 120}, "closed_dest_id": {"maxLength": 120}, "holiday_dest_id": {"maxLength": 120},
    })
}
