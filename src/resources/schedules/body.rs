//! A schedule, to be written and as it is shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::resources::dids::shapes::Day;
use crate::resources::input::{Given, Id, given};

/// When it is open on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::resources) struct Opening {
    /// The day on which it opens.
    pub(super) day: Day,
    /// `HH:MM`
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub(super) opens: String,
    /// `HH:MM` up to 24:00; before `opens` for hours past midnight.
    #[schema(pattern = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
    pub(super) closes: String,
}

/// A day on which the holiday target applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::resources) struct Holiday {
    /// `YYYY-MM-DD`, or `MM-DD` for every year.
    #[schema(pattern = "^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$")]
    pub(super) date: String,
    /// What it is.
    #[serde(default)]
    #[schema(max_length = 50)]
    pub(super) name: String,
}

/// A schedule, to be written.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::resources) struct ScheduleBody {
    /// Given by the database; in a change it may stand here as it is.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Id>)]
    pub(super) id: Given<Id>,
    /// As `id`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Id>)]
    pub(super) schedule_id: Given<Id>,
    /// The tenant; everybody's where it is left out.
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
    /// Its name.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, min_length = 1, max_length = 50)]
    pub(super) name: Given<String>,
    /// The IANA name of its time zone.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub(super) time_zone: Given<String>,
    /// When it is open.
    #[schema(value_type = Option<Vec<Opening>>, max_items = 366)]
    pub(super) hours: Option<Vec<Opening>>,
    /// Its holidays.
    #[schema(value_type = Option<Vec<Holiday>>, max_items = 366)]
    pub(super) holidays: Option<Vec<Holiday>>,
}

/// A schedule.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::resources) struct Schedule {
    /// Its number.
    pub(super) id: i64,
    /// Its number.
    pub(super) schedule_id: i64,
    /// The tenant's number; null for everybody's.
    pub(super) tenant_id: Option<i64>,
    /// The tenant's number behind `acc_`.
    pub(super) account_id: Option<String>,
    /// The tenant as VICIdial knows it: a user group.
    pub(super) user_group: Option<String>,
    /// Its name.
    pub(super) name: String,
    /// The IANA name of its time zone.
    pub(super) time_zone: String,
    /// When it is open.
    pub(super) hours: Vec<Opening>,
    /// Its holidays.
    pub(super) holidays: Vec<Holiday>,
}
