//! What is around the content of each page.

use askama::Template;

use super::notice::Notice;
use super::rights::Rights;
use super::sessions::Person;
use super::stop::Stop;

/// A part of the console, as its navigation names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Dids,
    Add,
    Plan,
    Activity,
    Changes,
    Findings,
    Schedules,
    Why,
    /// No part: the sign-in, an error.
    None,
}

/// The parts in the order of the navigation: each with its address and its name.
const SECTIONS: &[(Section, &str, &str)] = &[
    (Section::Dids, "/", "Numbers"),
    (Section::Add, "/add", "Add and copy"),
    (Section::Plan, "/plan", "Plan"),
    (Section::Activity, "/activity", "Activity"),
    (Section::Changes, "/changes", "Changes"),
    (Section::Findings, "/findings", "Findings"),
    (Section::Schedules, "/schedules", "Schedules"),
    (Section::Why, "/why", "Why not?"),
];

/// What is around the content of a page.
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) section: Section,
    /// Who has signed in; empty where nobody has.
    pub(super) user: String,
    /// What each form must send.
    pub(super) form_token: String,
    pub(super) notice: Option<Notice>,
    pub(super) rights: Rights,
    /// The name of the dialer's time zone; empty where nothing was read.
    pub(super) zone: String,
}

impl Frame {
    /// The version, so that a browser loads what has changed with it.
    pub(super) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// The navigation.
    pub(super) fn sections(&self) -> &'static [(Section, &'static str, &'static str)] {
        SECTIONS
    }

    /// Around a page for nobody.
    pub(super) fn of_nobody(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            section: Section::None,
            user: String::new(),
            form_token: String::new(),
            notice: None,
            rights: Rights::default(),
            zone: String::new(),
        }
    }
}

/// A page that says why another is not shown.
#[derive(Template)]
#[template(path = "stopped.html", config = "src/console/askama.toml")]
struct Stopped {
    frame: Frame,
    why: String,
    /// The function that the user may not use; empty where that is not the reason.
    function: &'static str,
}

/// HTTP's status, and the page that says why another is not shown.
pub(super) fn stopped(stop: &Stop, person: &Person, notice: Option<Notice>) -> (u16, String) {
    let (status, title, why) = stop.said();
    let frame = Frame {
        user: person.user.clone(),
        form_token: person.form_token.clone(),
        notice,
        ..Frame::of_nobody(title)
    };
    let function = match stop {
        Stop::NotAllowed(function) => function,
        _ => "",
    };
    let page = Stopped {
        frame,
        why,
        function,
    };
    (status, rendered(&page))
}

/// A page as text.
pub(super) fn rendered(page: &impl Template) -> String {
    let text = page.render();
    debug_assert!(text.is_ok(), "a String takes every text");
    text.unwrap_or_default()
}
