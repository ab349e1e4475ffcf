//! A schedule as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::loading;
use crate::resources::body::Id;
use crate::resources::client_id::{self, SCHEDULES};
use crate::resources::dids::shapes::Day;
use crate::resources::sipio::{SipIo, TargetIds};
use crate::resources::tenant_ref::Numbers;
use crate::store::records::Record;
use crate::store::{Db, QueryResult};

/// When it is open on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Opening {
    /// The day on which it opens.
    pub(super) day: Day,
    /// From when on, `HH:MM`: 09:00.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub(super) opens: String,
    /// Until when, `HH:MM` up to 24:00; before `opens` for hours past midnight.
    #[schema(pattern = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
    pub(super) closes: String,
}

/// A day on which the holiday target applies, from midnight to midnight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Holiday {
    /// `YYYY-MM-DD`, or `MM-DD` for every year: 12-25.
    #[schema(pattern = "^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$")]
    pub(super) date: String,
    /// What it is: Christmas Day.
    #[serde(default)]
    #[schema(max_length = 50)]
    pub(super) name: String,
}

/// A schedule: weekly hours and holidays on the clock of a time zone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::resources) struct Schedule {
    /// The id that its client gave when it was made, 1 to 64 characters; else its number, 1.
    pub(super) id: Id,
    /// Its number, given by the database: 1.
    pub(super) schedule_id: i64,
    /// The tenant's number; null for everybody's.
    pub(super) tenant_id: Option<i64>,
    /// The tenant's id as its client gave it, else its number behind `acc_`: acc_1.
    pub(super) account_id: Option<String>,
    /// The tenant as VICIdial knows it: a user group; everybody's where it is left out.
    pub(super) user_group: Option<String>,
    /// Its name, in up to 50 characters: Office hours.
    pub(super) name: String,
    /// The IANA name of its time zone: America/New_York.
    pub(super) time_zone: String,
    /// When it is open, at most 366 times a week.
    pub(super) hours: Vec<Opening>,
    /// Its holidays, at most 366.
    pub(super) holidays: Vec<Holiday>,
}

/// How the fields of a body differ from what is shown, in the description of the API.
pub(in crate::resources) fn differences() -> Value {
    json!({
        "id": {"$ref": "Id"}, "schedule_id": {"$ref": "Id"}, "account_id": {"$ref": "Id"},
        "tenant_id": {"minimum": 1, "maximum": u32::MAX},
        "user_group": {"maxLength": 20},
        "name": {"type": "string", "minLength": 1, "maxLength": 50},
        "time_zone": {"type": "string", "minLength": 1, "maxLength": 40},
        "hours": {"maxItems": 366},
        "holidays": {"maxItems": 366},
    })
}

impl Schedule {
    /// The id that a client gave.
    pub(super) fn client_id(&self) -> Option<&str> {
        match &self.id {
            Id::Number(_) => None,
            Id::Text(id) => Some(id),
        }
    }
}

/// A schedule in SIP.IO's own shape: its names only, every id a text.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::resources) struct SipIoSchedule {
    /// The id that its client gave, else its number behind `sch_`: sch_1.
    id: String,
    /// The tenant's id; null for everybody's.
    account_id: Option<String>,
    /// Its name.
    name: String,
    /// The IANA name of its time zone.
    time_zone: String,
    /// When it is open.
    hours: Vec<Opening>,
    /// Its holidays.
    holidays: Vec<Holiday>,
}

impl SipIo for Schedule {
    type Shape = SipIoSchedule;

    fn sip_io(self, _: &TargetIds) -> SipIoSchedule {
        SipIoSchedule {
            id: client_id::text(SCHEDULES.prefix, &self.id),
            account_id: self.account_id,
            name: self.name,
            time_zone: self.time_zone,
            hours: self.hours,
            holidays: self.holidays,
        }
    }
}

/// The schedules of these rows.
///
/// # Errors
/// The database cannot be read.
pub(super) fn load(db: &mut Db, rows: &[Record]) -> QueryResult<Vec<Schedule>> {
    let ids: Vec<i64> = rows
        .iter()
        .filter_map(|row| row.number("schedule_id"))
        .collect();
    let mut parts = loading::schedule_parts(db, &ids)?;
    let tenants = Numbers::of(db, rows.iter().filter_map(|row| row.get("user_group")))?;
    let one = |row: &Record| {
        let id = row.number("schedule_id").unwrap_or(0);
        let group = row.get("user_group");
        let (hours, holidays) = parts.remove(&id).unwrap_or_default();
        let hours = hours.into_iter().filter_map(|(day, opens, closes)| {
            let day = serde_json::from_value(day.into()).ok()?;
            Some(Opening { day, opens, closes })
        });
        let holidays = holidays
            .into_iter()
            .map(|(date, name)| Holiday { date, name });
        Schedule {
            id: client_id::shown(id, row.get("client_id")),
            schedule_id: id,
            tenant_id: group.and_then(|group| tenants.id(group)),
            account_id: group.and_then(|group| tenants.account_id(group)),
            user_group: group.map(str::to_owned),
            name: row.text("name").to_owned(),
            time_zone: row.text("time_zone").to_owned(),
            hours: hours.collect(),
            holidays: holidays.collect(),
        }
    };
    Ok(rows.iter().map(one).collect())
}
