//! Why a page is not shown.

use serde_json::Value;

use super::door::{Said, Told};
use crate::access::sign_in::Code;

/// Why a page is not shown.
#[derive(Debug)]
pub(super) enum Stop {
    /// The user did not sign in any more.
    SignIn(Code),
    /// The user may not do what this function asks for.
    NotAllowed(&'static str),
    /// There is no such thing, or none that this user may see.
    NotFound(&'static str),
    /// The form was not sent from a page of this session.
    Foreign,
    /// The database does not answer; nothing was changed.
    Unavailable,
    /// The database failed in the middle.
    Unknown,
    /// An API refused it: its status, and what it says.
    Refused(u16, String),
}

impl Stop {
    /// HTTP's status, a title, and what is said.
    pub(super) fn said(&self) -> (u16, &'static str, String) {
        match self {
            Self::SignIn(code) => (401, "Not signed in", why(*code).to_owned()),
            Self::NotAllowed(function) => (
                403,
                "Not for this user",
                format!("This user may not do what {function} asks for."),
            ),
            Self::NotFound(what) => (
                404,
                "Not found",
                format!("There is no such {what}, or none that you may see."),
            ),
            Self::Foreign => (
                403,
                "Sent from elsewhere",
                "This form was not sent from a page of your session; nothing was changed. Open the page again and repeat it."
                    .to_owned(),
            ),
            Self::Unavailable => (
                503,
                "Database away",
                "The database does not answer. If this was to change something, look whether it did before you try again.".to_owned(),
            ),
            Self::Unknown => (
                503,
                "Outcome not known",
                "The connection to the database was lost: look whether the change was made before you try again.".to_owned(),
            ),
            Self::Refused(503, why) => (503, "Database away", why.clone()),
            Self::Refused(status, why) => (*status, "Not done", why.clone()),
        }
    }
}

/// Why nobody is signed in, in words.
pub(super) fn why(code: Code) -> &'static str {
    match code {
        Code::Bad => "The user or the password is wrong, or the user may not use the API.",
        Code::Locked => "Too many failed sign-ins: try again in 15 minutes.",
        Code::Blocked => "Your IP address is not allowed.",
        Code::NoSecondFactor => {
            "This user needs a second factor: sign in to VICIdial's admin pages first."
        }
    }
}

impl Told {
    /// The body of what was done.
    ///
    /// # Errors
    /// It was not done.
    pub(super) fn done(self, what: &'static str) -> Result<Self, Stop> {
        match self.status {
            ..300 => Ok(self),
            401 => Err(Stop::SignIn(Code::Bad)),
            404 => Err(Stop::NotFound(what)),
            status => Err(Stop::Refused(status, self.problem())),
        }
    }

    /// The fields that a problem names, each with what is wrong with it.
    pub(super) fn messages(&self) -> Vec<(String, String)> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        let text = |error: &Value, name: &str| error[name].as_str().unwrap_or_default().to_owned();
        errors
            .map(|error| (text(error, "field"), text(error, "message")))
            .collect()
    }

    /// What a problem says.
    pub(super) fn problem(&self) -> String {
        let messages = self.messages();
        if messages.is_empty() {
            return self.body["detail"].as_str().unwrap_or_default().to_owned();
        }
        let messages = messages.iter();
        let fields: Vec<String> = messages
            .map(|(field, message)| format!("{field}: {message}"))
            .collect();
        fields.join("; ")
    }
}

impl Said {
    /// What is said of it: its last reason, without the function's name before it.
    pub(super) fn told(&self, function: &str) -> String {
        let reason = self.reason.strip_prefix(function).unwrap_or(&self.reason);
        reason.trim().to_owned()
    }
}
