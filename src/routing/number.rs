//! A DID with everything that routing looks at, from its rows.

use super::caller::Caller;
use super::hours::{ConditionRow, ScheduleRows};
use super::target::{Route, Target};

/// Whether a DID takes calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// It does.
    #[default]
    Active,
    /// It does not.
    Disabled,
    /// It is kept without a line behind it.
    Virtual,
}

/// The schedule of a DID.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Attached {
    /// None.
    #[default]
    Nothing,
    /// One that is not there any more.
    Missing(i64),
    /// Its rows.
    Rows(ScheduleRows),
}

/// A route with its condition, as its row has it.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionalRoute {
    /// When it applies.
    pub condition: ConditionRow,
    /// Where it leads; none where the row holds a mistake.
    pub target: Option<Target>,
}

/// The inbound filter of a DID.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// `filter_inbound_number`: DISABLED, GROUP, GROUP_AREACODE, DNC_INTERNAL, DNC_CAMPAIGN, URL.
    pub method: String,
    /// `filter_phone_group_id`: one or more filter phone groups.
    pub groups: Vec<String>,
    /// `filter_dnc_campaign`
    pub campaign: String,
    /// `filter_clean_cid_number`
    pub clean: String,
    /// Where the callers go that it finds.
    pub route: Route,
}

/// What of a call depends on the agents who are logged in then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Live {
    /// `no_agent_ingroup_redirect`, where it is not DISABLED, and where it leads.
    pub no_agent: Option<(String, String)>,
    /// `max_queue_ingroup_calls`, where it is above 0, and where they go.
    pub max_queue: Option<(i64, String)>,
    /// `user_unavailable_action`
    pub user_unavailable: String,
}

/// A DID with everything that routing looks at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Number {
    /// `did_id`
    pub did_id: i64,
    /// `did_pattern`
    pub pattern: String,
    /// Whether it takes calls.
    pub status: Status,
    /// The columns of its normal target.
    pub route: Route,
    /// The normal target; none where nobody chose one.
    pub target: Option<Target>,
    /// How many calls it takes at a time; none for as many as come.
    pub max_channels: Option<u32>,
    /// Whether callers without a number are refused.
    pub rejects_anonymous: bool,
    /// Its inbound filter.
    pub filter: Filter,
    /// Its schedule.
    pub schedule: Attached,
    /// Where callers go outside the hours.
    pub closed: Option<Target>,
    /// Where callers go on holidays.
    pub holiday: Option<Target>,
    /// The conditional routes in their order.
    pub routes: Vec<ConditionalRoute>,
    /// What depends on the agents who are logged in then.
    pub live: Live,
}

/// What the DID's inbound filter is asked about a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Nothing: there is no filter, or no number.
    Nothing,
    /// Whether one of these filter phone groups has that number or area code.
    Groups(Vec<String>, String),
    /// Whether the do-not-call list has that number.
    Internal(String),
    /// Whether the do-not-call list of that campaign has that number.
    Campaign(String, String),
    /// An address is asked, which nobody can foretell.
    Address,
}

/// What was found in the filter's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// The number is in it.
    Yes,
    /// It is not.
    No,
    /// The database has no such list.
    Unknown,
}

impl Number {
    /// What VICIdial's columns hold of it: a dialer knows no schedule, no condition and no cap.
    #[must_use]
    pub fn as_a_dialer_knows_it(&self) -> Self {
        Self {
            max_channels: None,
            rejects_anonymous: false,
            schedule: Attached::Nothing,
            closed: None,
            holiday: None,
            routes: Vec::new(),
            ..self.clone()
        }
    }

    /// What its inbound filter looks up for that caller.
    pub fn lookup(&self, caller: &Caller) -> Lookup {
        let filter = &self.filter;
        if filter.method == "URL" {
            return Lookup::Address;
        }
        let Some(number) = caller.cleaned(&filter.clean) else {
            return Lookup::Nothing;
        };
        match filter.method.as_str() {
            "GROUP" => Lookup::Groups(filter.groups.clone(), number),
            "GROUP_AREACODE" => Lookup::Groups(filter.groups.clone(), area_code(&number)),
            "DNC_INTERNAL" => Lookup::Internal(number),
            "DNC_CAMPAIGN" => Lookup::Campaign(filter.campaign.clone(), number),
            _ => Lookup::Nothing,
        }
    }
}

/// The first three digits; those behind a leading 1 where the number has eleven.
fn area_code(number: &str) -> String {
    let national = match number.strip_prefix('1') {
        Some(rest) if number.len() == 11 => rest,
        _ => number,
    };
    national.chars().take(3).collect()
}
