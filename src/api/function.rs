//! A function of the API: how it is reached, and what is said of it.

use super::{Answer, Call, Dialect, Parameters, Reply, Session};
use crate::access::permission::{Flag, Permission};
use crate::access::scope::Reach;
use crate::store::settings::System;

/// How a function is reached.
pub(super) enum Entrance {
    /// Without a sign-in: it changes nothing, and looks at no more than this.
    Open(fn(&System, &Call, &Parameters) -> Reply),
    /// Signed in, with a `source`, allowed the function, and with this permission.
    SignedIn(&'static Permission, fn(&mut Session<'_>) -> Answer),
}

/// A function of the API that is answered here.
pub struct Function {
    pub(super) name: &'static str,
    pub(super) entrance: Entrance,
    summary: &'static str,
    is_ours: bool,
    reads_only: bool,
    changes: bool,
    can_rehearse: bool,
    /// Which rows it sees.
    pub(super) reach: Reach,
    /// The flag that it takes for deleting.
    pub(super) deletes_with: Option<&'static Flag>,
}

impl Function {
    const fn new(name: &'static str, summary: &'static str, entrance: Entrance) -> Self {
        Self {
            name,
            entrance,
            summary,
            is_ours: false,
            reads_only: false,
            changes: true,
            can_rehearse: false,
            reach: Reach::Group,
            deletes_with: None,
        }
    }

    pub(super) const fn open(
        name: &'static str,
        summary: &'static str,
        answer: fn(&System, &Call, &Parameters) -> Reply,
    ) -> Self {
        Self::new(name, summary, Entrance::Open(answer))
    }

    pub(super) const fn signed_in(
        name: &'static str,
        summary: &'static str,
        permission: &'static Permission,
        answer: fn(&mut Session<'_>) -> Answer,
    ) -> Self {
        Self::new(name, summary, Entrance::SignedIn(permission, answer))
    }

    /// Marks one that changes nothing but logs: another server may be asked the same, and its answer compared.
    #[must_use]
    pub const fn reading_only(mut self) -> Self {
        self.reads_only = true;
        self.changing_nothing()
    }

    /// Marks one that changes nothing but logs, though no other server can be asked the same.
    #[must_use]
    pub const fn changing_nothing(mut self) -> Self {
        self.changes = false;
        self
    }

    /// Marks one that tells what it would do: it asks `Session::is_rehearsal` before each change.
    #[must_use]
    pub const fn with_dry_run(mut self) -> Self {
        self.can_rehearse = true;
        self
    }

    /// Marks one that VICIdial does not have.
    #[must_use]
    pub const fn of_our_own(mut self) -> Self {
        self.is_ours = true;
        self
    }

    /// Marks one that looks at no row's user group.
    #[must_use]
    pub(super) const fn without_scope(mut self) -> Self {
        self.reach = Reach::Everywhere;
        self
    }

    /// Marks one whose scope is the wide one.
    #[must_use]
    pub(super) const fn with_wide_scope(mut self) -> Self {
        self.reach = Reach::Wide;
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
        match self.entrance {
            Entrance::Open(_) => "no sign-in".to_owned(),
            Entrance::SignedIn(permission, _) => permission.to_string(),
        }
    }

    /// Whether this dialect knows it: the wire's has none of our own.
    pub(super) fn is_known_in(&self, dialect: Dialect) -> bool {
        dialect == Dialect::Documented || !self.is_ours
    }

    /// Whether VICIdial has none of this name.
    pub fn is_ours(&self) -> bool {
        self.is_ours
    }

    /// Whether it changes more than logs.
    pub(super) fn changes(&self) -> bool {
        self.changes
    }

    /// Whether it knows `dry_run=Y`.
    pub(super) fn can_rehearse(&self) -> bool {
        self.can_rehearse
    }

    /// Whether it changes nothing but logs.
    pub fn reads_only(&self) -> bool {
        self.reads_only
    }
}

#[cfg(test)]
mod tests {
    use super::super::version;
    use super::*;

    #[test]
    fn a_function_is_native_and_may_write_unless_it_is_marked() {
        let plain = || Function::open("a", "b", version::answer);
        assert!(!plain().is_ours() && !plain().reads_only());
        assert!(plain().reading_only().reads_only() && !plain().reading_only().changes());
        assert!(plain().changes() && !plain().changing_nothing().changes());
        assert!(plain().of_our_own().is_ours());
        assert!(!plain().can_rehearse() && plain().with_dry_run().can_rehearse());
    }
}
