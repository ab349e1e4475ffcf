//! What a dialplan asks: its fields, their bounds.

use std::time::Duration;

use chrono_tz::Tz;

use super::channels::CallId;
use crate::access::CallTime;
use crate::routing::number_form::NumberForm;

/// The most characters of a number: those of `did_pattern`.
const LONGEST_NUMBER: usize = 50;

/// The most characters of a caller's number.
const LONGEST_CALLER: usize = 100;

/// How long a call counts where nobody ends it, in seconds: at least, at most, and where that is not said.
const SECONDS: (u64, u64, u64) = (1, 86_400, 4 * 3600);

/// The most bytes of a call's id.
const LONGEST_ID: usize = 255;

/// A call that begins, or goes on.
pub(crate) struct Begun {
    /// Its id, as the dialplan has it.
    pub(crate) id: String,
    /// How many seconds it counts where nobody ends it; empty for 4 hours.
    pub(crate) expires: String,
}

/// Where a call goes: the question.
pub(crate) struct Asked {
    /// The key that was sent; empty where none was.
    pub(crate) key: String,
    /// The client's address.
    pub(crate) client: String,
    /// The number that is called.
    pub(crate) number: String,
    /// Who calls; none where that is not said.
    pub(crate) caller: Option<String>,
    /// When the call comes, in the words of `did_route_test`; empty for now.
    pub(crate) at: String,
    /// Now.
    pub(crate) time: CallTime,
    /// The dialer's time zone, where the operator names it.
    pub(crate) time_zone: Option<Tz>,
    /// How the caller's number is written.
    pub(crate) number_form: NumberForm,
    /// Whether the answer is JSON.
    pub(crate) is_json: bool,
    /// The call that begins with it; none where it is only asked.
    pub(crate) begun: Option<Begun>,
}

impl Asked {
    /// Puts back the plus that a decoded query has lost; what is wrong with the question.
    pub(super) fn mend(&mut self) -> Option<&'static str> {
        for number in [Some(&mut self.number), self.caller.as_mut()] {
            // Neither begins with a space.
            if let Some(number) = number
                && let Some(rest) = number.strip_prefix(' ')
                && rest.starts_with(|first: char| first.is_ascii_digit())
            {
                *number = format!("+{rest}");
            }
        }
        let length = self.number.chars().count();
        if !(1..=LONGEST_NUMBER).contains(&length) {
            return Some("NUMBER MUST BE FROM 1 TO 50 CHARACTERS");
        }
        if self.begun.is_some() && !self.at.is_empty() {
            return Some("AT IS FOR QUESTIONS: A CALL BEGINS NOW");
        }
        let caller = self.caller.as_deref().unwrap_or_default();
        (caller.chars().count() > LONGEST_CALLER).then_some("CALLER MUST BE AT MOST 100 CHARACTERS")
    }
}

impl Begun {
    /// The call of that key, and how long it counts; or what is wrong.
    pub(super) fn call(self, key: i64) -> Result<(CallId, Duration), &'static str> {
        let Self { id, expires } = self;
        if !(1..=LONGEST_ID).contains(&id.len()) {
            return Err("THE ID OF A CALL MUST BE FROM 1 TO 255 BYTES");
        }
        let (least, most, usual) = SECONDS;
        let seconds = match expires.as_str() {
            "" => Some(usual),
            text => text.parse().ok(),
        };
        let seconds = seconds.filter(|seconds| (least..=most).contains(seconds));
        let seconds = seconds.ok_or("EXPIRES MUST BE FROM 1 TO 86400 SECONDS")?;
        Ok((CallId { key, id }, Duration::from_secs(seconds)))
    }
}
