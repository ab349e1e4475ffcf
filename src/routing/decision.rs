//! Where a call lands, and each step that led there.

use serde::Serialize;
use utoipa::ToSchema;

use super::target::{Route, Target};

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
    /// The DID that is called is not active.
    Inactive,
    /// The DID that is called is active, and nobody chose a target for it.
    Unrouted,
    /// Nobody takes it.
    Nothing,
}

impl Outcome {
    /// The word for it, as replies and JSON have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Busy => "busy",
            Self::Rejected => "rejected",
            Self::Inactive => "inactive",
            Self::Unrouted => "unrouted",
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
    /// What is stored is wrong, and the call goes on to the next step.
    Mistake,
    /// It is not known in advance, and the call goes on.
    Unknown,
}

impl Verdict {
    /// The word for it, as replies and JSON have it.
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
    /// Its name: `match`, `status`, `max_channels`, `anonymous`, `filter`, `schedule`, `routes`, `target`; for each
    /// extension that the call reaches `extension`, `schedule`, `target`
    pub step: &'static str,
    /// What it came to.
    pub verdict: Verdict,
    /// Why, for people: `3 calls are within its max_channels of 10`.
    pub detail: String,
}

/// What a dialer does with a call, where the DID's own rows say that it goes nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Dialer {
    /// Where it sends the call, in VICIdial's word: IN_GROUP, CALLMENU, AGENT, VOICEMAIL, PHONE or EXTEN.
    pub did_route: Option<String>,
    /// The target, as VICIdial's columns name it: 9998811112@default.
    pub target: Option<String>,
    /// The same for people: `a dialer sends its calls to extension 9998811112@default`.
    pub detail: String,
    /// The columns of that target.
    #[serde(skip)]
    route: Option<Route>,
}

impl Dialer {
    /// It sends the call here.
    pub(super) fn sends(route: &Route, detail: impl Into<String>) -> Self {
        Self {
            did_route: Some(route.route.clone()),
            target: Some(route.words()),
            detail: detail.into(),
            route: Some(route.clone()),
        }
    }

    /// The call goes nowhere, or nobody may know where.
    fn says(detail: impl Into<String>) -> Self {
        Self {
            did_route: None,
            target: None,
            detail: detail.into(),
            route: None,
        }
    }
}

/// Who takes the calls of an inactive DID on a dialer.
#[derive(Debug, Clone, Copy)]
pub enum Taker<'d> {
    /// There is no DID `default`.
    Nobody,
    /// The DID `default`, which the user does not see.
    Hidden,
    /// The DID `default`, with this decision.
    Default(&'d Decision),
}

/// Where a call lands.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// How it ends.
    pub outcome: Outcome,
    /// Where it is sent, in VICIdial's columns.
    pub route: Option<Route>,
    /// What a dialer does, where that is something else.
    pub dialer: Option<Dialer>,
    /// Where it is sent; none where nobody chose a target.
    pub target: Option<Target>,
    /// The reason in a few words: `outside the hours of Office hours (America/New_York)`.
    pub reason: String,
    /// Every step that led to it.
    pub steps: Vec<Step>,
    /// What is wrong with the DID, such as an in-group that does not exist.
    pub warnings: Vec<String>,
    /// What depends on the agents who are logged in then.
    pub depends_on: Vec<String>,
}

impl Decision {
    pub(super) fn begin() -> Self {
        Self {
            outcome: Outcome::Nothing,
            route: None,
            dialer: None,
            target: None,
            reason: String::new(),
            steps: Vec::new(),
            warnings: Vec::new(),
            depends_on: Vec::new(),
        }
    }

    pub(super) fn step(&mut self, step: &'static str, verdict: Verdict, detail: impl Into<String>) {
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

    pub(super) fn passed(&mut self, step: &'static str, detail: impl Into<String>) {
        self.step(step, Verdict::Passed, detail);
    }

    pub(super) fn end(
        mut self,
        step: &'static str,
        outcome: Outcome,
        reason: impl Into<String>,
    ) -> Self {
        let reason = reason.into();
        self.step(step, Verdict::Decided, reason.clone());
        self.outcome = outcome;
        self.reason = reason;
        self
    }

    /// Ends at a target; none where the target holds a mistake, and then the call goes on.
    pub(super) fn end_at(&mut self, step: &'static str, target: &Target, reason: &str) -> bool {
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

impl Decision {
    /// Where the call is sent, in VICIdial's columns. The row of a DID that nobody chose a target for is a route too: the one
    /// that these columns have by default.
    pub fn sent_to(&self) -> Option<&Route> {
        match self.outcome {
            Outcome::Route => self.route.as_ref(),
            Outcome::Unrouted => self.dialer.as_ref()?.route.as_ref(),
            _ => None,
        }
    }
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
    /// No table holds it: an extension of the dialplan.
    Untold,
}

impl Decision {
    /// Adds who takes the calls of an inactive DID on a dialer, which knows active ones only.
    #[must_use]
    pub fn taken_by(mut self, taker: Taker<'_>) -> Self {
        if self.outcome != Outcome::Inactive {
            return self;
        }
        self.dialer = Some(match taker {
            Taker::Nobody => {
                Dialer::says("a dialer takes no call to it, as there is no DID default that could")
            }
            Taker::Hidden => Dialer::says(
                "a dialer passes its calls on to the DID default, of a user group that you do not see",
            ),
            Taker::Default(default) => {
                let passes = "a dialer passes its calls on to the DID default, which";
                match (&default.route, &default.dialer) {
                    (Some(route), _) => {
                        let detail = format!("{passes} sends them to {}", described(route));
                        Dialer::sends(route, detail)
                    }
                    (None, Some(dialer)) => {
                        let target = dialer.target.as_deref().unwrap_or_default();
                        let detail = format!("{passes} has no route: they go to {target}");
                        Dialer {
                            detail,
                            ..dialer.clone()
                        }
                    }
                    (None, None) => {
                        Dialer::says(format!("{passes} takes none of them: {}", default.reason))
                    }
                }
            }
        });
        self
    }

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
