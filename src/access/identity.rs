//! Who sends a call, and as what: the parameters that every call has, whatever its function.

use super::characters::{Keep, kept};

/// A parameter, what it keeps, and its punctuation.
pub(crate) type Rule = (&'static str, Keep, &'static str);

pub(crate) const FUNCTION: Rule = ("function", Keep::Ascii, "-_");
pub(crate) const USER: Rule = ("user", Keep::Letters, "-_");
pub(crate) const PASS: Rule = ("pass", Keep::Letters, "-_");
pub(crate) const SOURCE: Rule = ("source", Keep::Letters, "");
pub(crate) const AGENT_USER: Rule = ("agent_user", Keep::Letters, "-_");

pub(crate) const REQUEST_ID: Rule = ("request_id", Keep::Ascii, "-_.:");

/// The longest id of a request.
const LONGEST_REQUEST_ID: usize = 64;

/// Whether this is a well-formed id of a request: 1 to 64 letters, digits and `- _ . :`.
pub(crate) fn is_request_id(text: &str) -> bool {
    let (_, keep, punctuation) = REQUEST_ID;
    (1..=LONGEST_REQUEST_ID).contains(&text.len())
        && kept(keep, punctuation, text.as_bytes(), false) == text
}

/// Who sends a call, and as what, as sent and after filtering; empty where it was not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The user's name.
    pub(crate) user: String,
    /// The password.
    pub(crate) password: String,
    /// The name of the function.
    pub(crate) function: String,
    /// Where the call comes from, in its own words.
    pub(crate) source: String,
    /// The agent for whom it is made.
    pub(crate) agent_user: String,
}

impl Identity {
    /// Reads these parameters; the last of a name counts.
    pub(crate) fn of(pairs: &[(String, Vec<u8>)], non_latin: bool) -> Self {
        let one = |rule: Rule| one(pairs, rule, non_latin);
        Self {
            user: one(USER),
            password: one(PASS),
            function: one(FUNCTION),
            source: one(SOURCE),
            agent_user: one(AGENT_USER),
        }
    }
}

/// One parameter, filtered; empty where it was not sent.
pub(crate) fn one(
    pairs: &[(String, Vec<u8>)],
    (name, keep, punctuation): Rule,
    non_latin: bool,
) -> String {
    let sent = pairs.iter().rev().find(|(known, _)| known == name);
    sent.map_or_else(String::new, |(_, value)| {
        kept(keep, punctuation, value, non_latin)
    })
}
