//! What an extension does with a call that reaches it: its own hours and target, else its phone.

use super::decide::{Attendance, Decision, Outcome, Question, Verdict, schedule};
use super::number::Attached;
use super::target::{Kind, Route, Target};

/// An extension with everything that routing looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct Extension {
    /// Its phone and server: `PHONE@SERVER_IP`.
    pub key: String,
    /// Whether it may be used.
    pub is_active: bool,
    /// Its own target; none for its phone.
    pub target: Option<Target>,
    /// Its schedule.
    pub schedule: Attached,
    /// Where callers go outside the hours.
    pub closed: Option<Target>,
    /// Where callers go on holidays.
    pub holiday: Option<Target>,
}

const STEP: &str = "extension";

impl Decision {
    /// The beginning of a decision about a call to an extension itself; it rings its phone.
    pub fn of_extension(extension: &Extension) -> Self {
        let key = &extension.key;
        let mut decision = Self::begin();
        let reason = format!("the question is about extension {key}");
        if !extension.is_active {
            decision.passed("match", reason);
            let reason = format!("extension {key} is not active and takes no calls");
            return decision.end("status", Outcome::Inactive, reason);
        }
        let target = Target::new(Kind::Extension, key);
        if !decision.end_at("match", &target, &reason) {
            return decision.end("status", Outcome::Nothing, "its phone cannot be dialled");
        }
        if extension.has_rules() {
            return decision;
        }
        decision.rings(key)
    }

    /// The phone that the call is sent to, and its server, where it is one.
    pub fn phone(&self) -> Option<(&str, &str)> {
        let route: &Route = self.route.as_ref()?;
        let is_phone = self.outcome == Outcome::Route && route.route == "PHONE";
        is_phone.then_some((&route.phone, &route.server_ip))
    }

    /// The decision about a call that has reached this extension: where its hours or its own target send it, else its phone.
    #[must_use]
    pub fn followed(mut self, question: &Question, extension: &Extension) -> Self {
        if !extension.has_rules() {
            return self;
        }
        let key = &extension.key;
        self.goes_on();
        if !extension.is_active {
            let detail =
                format!("extension {key} is not active: its hours and target do not count");
            self.step(STEP, Verdict::Passed, detail);
            return self.rings(key);
        }
        self.passed(STEP, format!("the call reaches extension {key}"));
        let attendance = Attendance {
            schedule: &extension.schedule,
            closed: extension.closed.as_ref(),
            holiday: extension.holiday.as_ref(),
        };
        if schedule(&mut self, question, attendance).is_err() {
            return self;
        }
        let reason = format!("the target of extension {key}");
        match &extension.target {
            Some(target) if self.end_at("target", target, &reason) => self,
            _ => self.rings(key),
        }
    }

    /// The decision about a call that comes back to an extension which it has been through: it rings there.
    #[must_use]
    pub fn back_at(mut self, key: &str) -> Self {
        self.goes_on();
        let detail = format!("the targets of extensions lead back to extension {key}");
        self.step(STEP, Verdict::Mistake, detail);
        self.rings(key)
    }

    /// The decision about a call that reaches an extension of which the user may know nothing more.
    #[must_use]
    pub fn hidden_behind(mut self, key: &str) -> Self {
        self.goes_on();
        let detail = format!(
            "extension {key} is of a user group that you do not see: where it sends the call is not told"
        );
        self.step(STEP, Verdict::Unknown, detail);
        let reason = format!("extension {key}, and what it does then");
        self.decided(reason)
    }

    /// What decided until now was a step on the way.
    fn goes_on(&mut self) {
        if let Some(step) = self.steps.last_mut()
            && step.verdict == Verdict::Decided
        {
            step.verdict = Verdict::Passed;
        }
    }

    fn rings(mut self, key: &str) -> Self {
        self.goes_on();
        self.decided(format!("extension {key} rings its own phone"))
    }

    /// Ends where the call is sent already.
    fn decided(self, reason: String) -> Self {
        let outcome = self.outcome;
        self.end("target", outcome, reason)
    }
}

impl Extension {
    /// Whether it does anything with calls but ring its phone.
    fn has_rules(&self) -> bool {
        self.target.is_some() || self.schedule != Attached::Nothing
    }
}
