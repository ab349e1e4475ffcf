//! What a request of the console comes to.

use askama::Template;

use super::activity::Tail;
use super::frame::rendered;
use super::notice::Notice;
use super::stop::Stop;

/// What is answered.
pub(crate) enum Shown {
    /// A page, or the part of it that was asked for, with HTTP's status.
    Page(u16, String),
    /// Another page instead, which says this.
    Other(String, Option<Notice>),
    /// A file to keep: its name, its content type and its text.
    File(String, &'static str, String),
    /// The calls as they come, until the session or the client ends it.
    Tail(Box<Tail>),
}

impl Shown {
    /// A page.
    pub(super) fn page(page: &impl Template) -> Self {
        Self::Page(200, rendered(page))
    }

    /// A page about something that was not done.
    pub(super) fn refused(page: &impl Template) -> Self {
        Self::Page(422, rendered(page))
    }

    /// Another page instead, which says this.
    pub(super) fn saying(address: impl Into<String>, notice: Notice) -> Self {
        Self::Other(address.into(), Some(notice))
    }
}

/// What a page comes to.
pub(super) type Answer = Result<Shown, Stop>;
