//! A function of the API: who may call it, what it does to the database, and what is said of it.

use super::denial::Denial;
use super::session::Session;
use super::stop::Answer;
use super::{Call, Dialect, Effect, Parameters, Reply};
use crate::access::permission::{Flag, Permission};
use crate::access::scope::ScopeRule;
use crate::store::settings::System;

/// The answer of a function that needs no sign-in.
pub(super) type OpenAnswer = fn(&System, &Call, &Parameters) -> Reply;

/// How a function is reached.
pub(super) enum Entrance {
    /// Without a sign-in: it changes nothing, and looks at no more than this.
    Open(OpenAnswer),
    /// Signed in.
    SignedIn(SignedIn),
}

/// What a function with a sign-in takes and does.
pub(super) struct SignedIn {
    pub(super) permission: &'static Permission,
    /// How a user without the permission is refused.
    pub(super) denial: Denial,
    /// Whether it changes more than logs.
    pub(super) effect: Effect,
    pub(super) answer: fn(&mut Session<'_>) -> Answer,
}

/// A function of the API that is answered here.
pub struct Function {
    name: &'static str,
    entrance: Entrance,
    summary: &'static str,
    is_extension: bool,
    has_dry_run: bool,
    /// How it reads the user's scope.
    pub(super) scope_rule: ScopeRule,
    /// The flag that it takes for deleting.
    pub(super) deletes_with: Option<&'static Flag>,
}

impl Function {
    const fn new(name: &'static str, summary: &'static str, entrance: Entrance) -> Self {
        Self {
            name,
            entrance,
            summary,
            is_extension: false,
            has_dry_run: false,
            scope_rule: ScopeRule::Strict,
            deletes_with: None,
        }
    }

    /// One that needs no sign-in.
    pub(super) const fn open(
        name: &'static str,
        summary: &'static str,
        answer: OpenAnswer,
    ) -> Self {
        Self::new(name, summary, Entrance::Open(answer))
    }

    /// One for users who have signed in.
    pub(super) const fn for_users(
        name: &'static str,
        summary: &'static str,
        effect: Effect,
        permission: &'static Permission,
        denial: Denial,
        answer: fn(&mut Session<'_>) -> Answer,
    ) -> Self {
        let signed_in = SignedIn {
            permission,
            denial,
            effect,
            answer,
        };
        Self::new(name, summary, Entrance::SignedIn(signed_in))
    }

    /// Marks one that says what it would do: it asks `Session::is_dry_run` before each change.
    #[must_use]
    pub(super) const fn with_dry_run(mut self) -> Self {
        self.has_dry_run = true;
        self
    }

    /// Marks one that VICIdial does not have.
    #[must_use]
    pub(super) const fn extension(mut self) -> Self {
        self.is_extension = true;
        self
    }

    /// Sets how it reads the user's scope; strictly, where this is not called.
    #[must_use]
    pub(super) const fn scoped(mut self, rule: ScopeRule) -> Self {
        self.scope_rule = rule;
        self
    }

    /// Marks one that can delete too, and takes this flag for it.
    #[must_use]
    pub(super) const fn deleting_with(mut self, flag: &'static Flag) -> Self {
        self.deletes_with = Some(flag);
        self
    }

    /// Its name, as the parameter `function` has it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it does, in a few words.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// What it asks of its user, in words.
    pub fn permission(&self) -> String {
        match &self.entrance {
            Entrance::Open(_) => "no sign-in".to_owned(),
            Entrance::SignedIn(signed_in) => signed_in.permission.to_string(),
        }
    }

    /// Its answer, where it needs no sign-in.
    pub(super) fn open_answer(&self) -> Option<OpenAnswer> {
        match self.entrance {
            Entrance::Open(answer) => Some(answer),
            Entrance::SignedIn(_) => None,
        }
    }

    /// What it takes and does, where it needs a sign-in.
    pub(super) fn signed_in(&self) -> Option<&SignedIn> {
        match &self.entrance {
            Entrance::Open(_) => None,
            Entrance::SignedIn(signed_in) => Some(signed_in),
        }
    }

    /// Whether this dialect knows it: the wire has none of our own.
    pub(super) fn is_known_in(&self, dialect: Dialect) -> bool {
        dialect == Dialect::Documented || !self.is_extension
    }

    /// Whether VICIdial has none of this name.
    pub fn is_extension(&self) -> bool {
        self.is_extension
    }

    /// Whether it changes more than logs.
    pub(super) fn effect(&self) -> Effect {
        self.signed_in()
            .map_or(Effect::Reads, |signed_in| signed_in.effect)
    }

    /// Whether it knows `dry_run=Y`.
    pub(super) fn has_dry_run(&self) -> bool {
        self.has_dry_run
    }

    /// Whether another server may be asked the same, and its answer compared: it changes nothing, VICIdial has it too, and
    /// its answer does not hold the time.
    pub fn is_comparable(&self) -> bool {
        self.signed_in()
            .is_some_and(|signed_in| signed_in.effect == Effect::Reads)
            && !self.is_extension
    }
}
