//! Where a call would land: the steps in their order, each with what it found. What a live dialer alone can know is said to
//! depend on it.

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::hours::{Condition, ConditionRow, Hours, Schedule, ScheduleRows};
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

/// What a DID leaves to the agents of the moment.
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
    /// What is left to the agents of the moment.
    pub live: Live,
}

/// A call that may come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The number that is called.
    pub asked: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The same moment on the dialer's clock.
    pub dialer: NaiveDateTime,
    /// Who calls.
    pub caller: Caller,
    /// How many calls the DID has then, this one among them.
    pub calls: Option<u32>,
}

/// How the DID was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// By its pattern, among the active ones.
    Pattern,
    /// As the DID `default`, which answers for patterns that no active DID has.
    Default,
    /// By its id: the question is about this very one.
    Id,
}

/// The DID that answers for a number: the active one of that very pattern, else `default` (VICIdial's way).
pub fn answering<'n>(
    exact: Option<&'n Number>,
    default: Option<&'n Number>,
) -> Option<(Found, &'n Number)> {
    exact
        .filter(|number| number.status == Status::Active)
        .map(|number| (Found::Pattern, number))
        .or(default.map(|number| (Found::Default, number)))
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

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is sent to a target.
    Route,
    /// The line is busy.
    Busy,
    /// The caller is refused.
    Rejected,
    /// Nobody takes it.
    Nothing,
}

impl Outcome {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Busy => "busy",
            Self::Rejected => "rejected",
            Self::Nothing => "nothing",
        }
    }
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The call goes on to the next step.
    Passed,
    /// This step decides.
    Decided,
    /// It holds a mistake, and the call goes on.
    Mistake,
    /// It cannot be told beforehand, and the call goes on.
    Unknown,
}

impl Verdict {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Decided => "decided",
            Self::Mistake => "mistake",
            Self::Unknown => "unknown",
        }
    }
}

/// A step on the way to the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Step {
    /// `match`, `status`, `max_channels`, `anonymous`, `filter`, `schedule`, `routes`, `target`
    pub step: &'static str,
    /// What it came to.
    pub verdict: Verdict,
    /// Why, for people.
    pub detail: String,
}

/// Where a call lands.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// How it ends.
    pub outcome: Outcome,
    /// Where it is sent, in VICIdial's columns.
    pub route: Option<Route>,
    /// Where it is sent; none where nobody chose a target.
    pub target: Option<Target>,
    /// The reason in a few words.
    pub reason: String,
    /// Every step that led to it.
    pub steps: Vec<Step>,
    /// What should be mended.
    pub warnings: Vec<String>,
    /// What the agents of the moment decide.
    pub depends_on: Vec<String>,
}

impl Decision {
    fn begin() -> Self {
        Self {
            outcome: Outcome::Nothing,
            route: None,
            target: None,
            reason: String::new(),
            steps: Vec::new(),
            warnings: Vec::new(),
            depends_on: Vec::new(),
        }
    }

    fn step(&mut self, step: &'static str, verdict: Verdict, detail: impl Into<String>) {
        let detail = detail.into();
        if verdict == Verdict::Mistake {
            self.warnings.push(detail.clone());
        }
        self.steps.push(Step {
            step,
            verdict,
            detail,
        });
    }

    fn passed(&mut self, step: &'static str, detail: impl Into<String>) {
        self.step(step, Verdict::Passed, detail);
    }

    fn end(mut self, step: &'static str, outcome: Outcome, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        self.step(step, Verdict::Decided, reason.clone());
        self.outcome = outcome;
        self.reason = reason;
        self
    }

    /// Ends at a target; none where the target holds a mistake, and then the call goes on.
    fn end_at(&mut self, step: &'static str, target: &Target, reason: &str) -> bool {
        match Route::of(target) {
            Ok(route) => {
                self.route = Some(route);
                self.target = Some(target.clone());
                self.outcome = Outcome::Route;
                self.reason = reason.to_owned();
                self.step(step, Verdict::Decided, reason);
                true
            }
            Err(why) => {
                let detail = format!("{reason}, but its target {:?} {why}", target.id);
                self.step(step, Verdict::Mistake, detail);
                false
            }
        }
    }
}

/// Decides, with what the filter's list said of the caller ([`Number::lookup`]).
pub fn decide(
    question: &Question,
    answering: Option<(Found, &Number)>,
    listed: Listed,
) -> Decision {
    let mut decision = Decision::begin();
    let asked = &question.asked;
    let Some((found, number)) = answering else {
        let reason = format!("no active DID has the pattern {asked}, and there is no DID default");
        return decision.end("match", Outcome::Nothing, reason);
    };
    let pattern = &number.pattern;
    let detail = match found {
        Found::Pattern => format!("the active DID {} has the pattern {pattern}", number.did_id),
        Found::Default => format!("no active DID has the pattern {asked}: the DID default answers"),
        Found::Id => format!("the question is about DID {}, {pattern}", number.did_id),
    };
    decision.passed("match", detail);

    let off = match number.status {
        Status::Active => None,
        Status::Disabled => Some("inactive"),
        Status::Virtual => Some("virtual"),
    };
    if let Some(off) = off {
        let hint = match found {
            Found::Id => " (a dialer hands its calls to the DID default)",
            Found::Pattern | Found::Default => "",
        };
        let reason = format!("DID {pattern} is {off} and routes nothing{hint}");
        return decision.end("status", Outcome::Nothing, reason);
    }
    decision.passed("status", "it is active");

    match (number.max_channels, question.calls) {
        (Some(most), Some(calls)) if calls > most => {
            let reason = format!("{calls} calls are more than its max_channels of {most}");
            return decision.end("max_channels", Outcome::Busy, reason);
        }
        (Some(most), Some(calls)) => decision.passed(
            "max_channels",
            format!("{calls} calls are within its max_channels of {most}"),
        ),
        (Some(most), None) => decision.passed(
            "max_channels",
            format!(
                "it takes {most} calls at a time; the question does not say how many there are"
            ),
        ),
        (None, _) => decision.passed("max_channels", "it has no cap"),
    }

    match (&question.caller, number.rejects_anonymous) {
        (Caller::Anonymous, true) => {
            let reason = "callers without a number are not allowed";
            return decision.end("anonymous", Outcome::Rejected, reason);
        }
        (_, false) => decision.passed("anonymous", "callers without a number are allowed"),
        (Caller::NotSaid, true) => decision.step(
            "anonymous",
            Verdict::Unknown,
            "callers without a number are rejected; the question does not say who calls",
        ),
        (Caller::Number(_), true) => decision.passed("anonymous", "the caller has a number"),
    }

    if filter(&mut decision, question, number, listed) {
        return decision;
    }
    let zone = match schedule(&mut decision, question, number) {
        Ok(zone) => zone,
        Err(Ended) => return decision,
    };
    if conditional_routes(&mut decision, question, number, zone) {
        return decision;
    }
    normal(decision, number)
}

fn filter(decision: &mut Decision, question: &Question, number: &Number, listed: Listed) -> bool {
    let method = number.filter.method.as_str();
    if matches!(method, "" | "DISABLED") {
        decision.passed("filter", "it has no inbound filter");
        return false;
    }
    match (number.lookup(&question.caller), listed) {
        (Lookup::Address, _) => decision.step(
            "filter",
            Verdict::Unknown,
            "its filter asks an address: what that answers cannot be told beforehand",
        ),
        (Lookup::Nothing, _) => decision.step(
            "filter",
            Verdict::Unknown,
            format!("its filter {method} needs the caller's number, which is not known"),
        ),
        (_, Listed::Unknown) => decision.step(
            "filter",
            Verdict::Unknown,
            format!("the list of its filter {method} is not in this database"),
        ),
        (_, Listed::No) => {
            decision.passed(
                "filter",
                format!("the caller is not in the list of its filter {method}"),
            );
        }
        (_, Listed::Yes) => {
            let reason = format!("the caller is in the list of its filter {method}");
            decision.target = number.filter.route.target(None);
            decision.route = Some(number.filter.route.clone());
            decision.outcome = Outcome::Route;
            decision.step("filter", Verdict::Decided, reason.clone());
            decision.reason = reason;
            return true;
        }
    }
    false
}

/// The decision has been made.
struct Ended;

/// The schedule's step; its time zone where the call goes on.
fn schedule(
    decision: &mut Decision,
    question: &Question,
    number: &Number,
) -> Result<Option<Tz>, Ended> {
    const STEP: &str = "schedule";
    let rows = match &number.schedule {
        Attached::Nothing => {
            decision.passed(STEP, "it has no schedule");
            return Ok(None);
        }
        Attached::Missing(id) => {
            let detail = format!("its schedule {id} is not there: taken as open");
            decision.step(STEP, Verdict::Mistake, detail);
            return Ok(None);
        }
        Attached::Rows(rows) => rows,
    };
    let name = &rows.name;
    let schedule = match Schedule::parse(rows) {
        Ok(schedule) => schedule,
        Err(why) => {
            let detail = format!("its schedule {name} holds a mistake ({why}): taken as open");
            decision.step(STEP, Verdict::Mistake, detail);
            return Ok(None);
        }
    };
    let zone = schedule.zone();
    let (reason, targets) = match schedule.at(question.at) {
        Hours::Open => {
            decision.passed(STEP, format!("within the hours of {name} ({zone})"));
            return Ok(Some(zone));
        }
        Hours::Closed => (
            format!("outside the hours of {name} ({zone})"),
            [number.closed.as_ref(), None],
        ),
        Hours::Holiday(day) => (
            format!("a holiday of {name} ({zone}): {day}"),
            [number.holiday.as_ref(), number.closed.as_ref()],
        ),
    };
    for target in targets.into_iter().flatten() {
        if decision.end_at(STEP, target, &reason) {
            return Err(Ended);
        }
    }
    decision.passed(STEP, format!("{reason}, which has no target of its own"));
    Ok(Some(zone))
}

fn conditional_routes(
    decision: &mut Decision,
    question: &Question,
    number: &Number,
    zone: Option<Tz>,
) -> bool {
    const STEP: &str = "routes";
    if number.routes.is_empty() {
        decision.passed(STEP, "it has no conditional routes");
        return false;
    }
    for (index, route) in number.routes.iter().enumerate() {
        let place = index + 1;
        match (Condition::parse(&route.condition), &route.target) {
            (Err(why), _) => decision.step(
                STEP,
                Verdict::Mistake,
                format!("route {place} holds a mistake: {why}"),
            ),
            (Ok(condition), target) if condition.holds(question.at, zone, question.dialer) => {
                let reason = format!("the condition of route {place} holds");
                match target {
                    Some(target) if decision.end_at(STEP, target, &reason) => return true,
                    Some(_) => {}
                    None => decision.step(
                        STEP,
                        Verdict::Mistake,
                        format!("route {place} holds a mistake: it has no destination"),
                    ),
                }
            }
            _ => decision.passed(
                STEP,
                format!("the condition of route {place} does not hold"),
            ),
        }
    }
    false
}

fn normal(mut decision: Decision, number: &Number) -> Decision {
    let reason = match &number.target {
        Some(_) => "its normal target".to_owned(),
        None => {
            let words = number.route.words();
            let warning = format!(
                "DID {} has no route: nobody chose a target, and a dialer sends its calls to {words}",
                number.pattern
            );
            decision.warnings.push(warning);
            format!("it has no route: {words} is what a dialer does then")
        }
    };
    decision.target.clone_from(&number.target);
    decision.route = Some(number.route.clone());
    decision.depends_on = live(number);
    decision.end("target", Outcome::Route, reason)
}

/// What the DID itself leaves to the agents of the moment, when the call goes to its normal target.
fn live(number: &Number) -> Vec<String> {
    let mut depends = Vec::new();
    let Live {
        no_agent,
        max_queue,
        user_unavailable,
    } = &number.live;
    if number.route.route == "IN_GROUP" {
        if let Some((when, to)) = no_agent {
            depends.push(format!("agents logged in to the in-group: with none (no_agent_ingroup_redirect {when}) the call goes to {to}"));
        }
        if let Some((calls, to)) = max_queue {
            depends.push(format!(
                "calls waiting: from {calls} on (max_queue_ingroup_calls) the call goes to {to}"
            ));
        }
    }
    if number.route.route == "AGENT" && !user_unavailable.is_empty() {
        depends.push(format!("the user being logged in and free: otherwise user_unavailable_action {user_unavailable}"));
    }
    depends
}

/// What is known of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existence {
    /// It is there and active.
    Active,
    /// It is there, not active.
    Inactive,
    /// It is not there.
    Missing,
    /// No table tells: an extension of the dialplan.
    Untold,
}

impl Decision {
    /// Adds what is known of the destination.
    #[must_use]
    pub fn with_target(mut self, existence: Existence) -> Self {
        let Some(route) = self
            .route
            .as_ref()
            .filter(|_| self.outcome == Outcome::Route)
        else {
            return self;
        };
        let name = described(route);
        match existence {
            Existence::Active | Existence::Untold => {}
            Existence::Inactive => self.warnings.push(format!("{name} is not active")),
            Existence::Missing => self.warnings.push(format!("there is no {name}")),
        }
        match route.route.as_str() {
            "IN_GROUP" => self.depends_on.push(format!(
                "the agents of {name}: who answers, and how long the caller waits"
            )),
            "AGENT" if self.depends_on.is_empty() => {
                self.depends_on
                    .push(format!("{name} being logged in and free"));
            }
            _ => {}
        }
        self
    }
}

/// A route's destination in words.
pub fn described(route: &Route) -> String {
    let words = route.words();
    match route.route.as_str() {
        "CALLMENU" => format!("call menu {words}"),
        "IN_GROUP" => format!("in-group {words}"),
        "AGENT" => format!("user {words}"),
        "VOICEMAIL" | "VMAIL_NO_INST" => format!("voicemail box {words}"),
        "PHONE" => format!("phone {words}"),
        _ => format!("extension {words}"),
    }
}
