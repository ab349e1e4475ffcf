//! A call of the text API that has signed in, as its function sees it.

use std::ops::{Deref, DerefMut};

use super::options::{Options, sent};
use super::{Dialect, Parameters};
use crate::access;
use crate::access::characters::{Keep, kept};

/// A call that has signed in, with what only the text API knows of it.
pub(crate) struct Session<'a> {
    /// The database, the call and its user.
    pub(super) access: access::Session<'a>,
    /// The parameters after filtering.
    pub(super) parameters: Parameters,
    pub(super) dialect: Dialect,
    pub(super) options: Options,
    /// What the caller should look at, whatever is answered: ASCII.
    pub(super) warnings: Vec<String>,
}

impl<'a> Deref for Session<'a> {
    type Target = access::Session<'a>;

    fn deref(&self) -> &Self::Target {
        &self.access
    }
}

impl DerefMut for Session<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.access
    }
}

impl Session<'_> {
    /// Whether the reply alone is asked for: nothing may be changed.
    pub(super) fn is_dry_run(&self) -> bool {
        self.options.dry_run
    }

    /// A parameter after filtering; empty where it was not sent.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name)
    }

    /// Whether a value was sent of which the parameter's rule leaves nothing. On the wire it counts as not sent.
    pub(super) fn was_filtered_away(&self, name: &str) -> bool {
        !sent(self.call, name).is_empty() && self.parameter(name).is_empty()
    }

    /// What was sent, for a refusal that echoes it: its letters and digits, whatever the parameter's rule keeps.
    pub(super) fn as_sent(&self, name: &str) -> String {
        kept(Keep::Ascii, "-_.", sent(self.call, name), false)
    }

    /// A parameter as a value of its own.
    pub(super) fn owned(&self, name: &str) -> String {
        self.parameters.get(name).to_owned()
    }
}
