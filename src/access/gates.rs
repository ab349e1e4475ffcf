//! The gates between a user and a function (fixtures/reference/behaviour.md §3, §4): each is one rule, and says in words whether
//! the user passes it. Sign-in and permission walk them, and so does the command `explain`.

use std::fmt;

use super::allowed_functions::{self, allows_every, ineffective};
use super::journal::{Entry, Short};
use crate::metrics;
use crate::store::users::LOCKED_AT;

/// The level from which on a user may sign in.
const SIGN_IN_LEVEL: i32 = 7;

/// Minutes that a lock lasts.
pub(crate) const LOCK_MINUTES: i64 = 15;

/// What one gate looks at. Its text says how that stands; never with a password.
pub(crate) enum Gate<'a> {
    /// Whether there is a user of that name.
    User { name: &'a str, is_known: bool },
    /// `vicidial_users.active`.
    Active(bool),
    /// Whether this level may sign in at all.
    SignInLevel(i32),
    /// Failed sign-ins in a row, and whether the last sign-in was before the time that a lock lasts.
    Lockout {
        failures: i32,
        last_login: &'a str,
        is_over: bool,
    },
    /// Whether the password is the user's.
    Password(bool),
    /// What the IP lists say of an address.
    Address { address: &'a str, lists: IpLists },
    /// What stands for a second factor.
    SecondFactor(SecondFactor),
    /// `vicidial_users.api_allowed_functions`.
    Allowed { function: &'a str, list: &'a str },
    /// The level that a function takes.
    Level { is: i32, needs: i32 },
    /// A flag that a function takes.
    Flag { column: &'static str, is_set: bool },
    /// The flag that a function takes for deleting.
    Delete { column: &'static str, is_set: bool },
}

/// What the IP lists say.
pub(crate) enum IpLists {
    /// `system_settings.allow_ip_lists` is off.
    Off,
    /// The user's `ignore_ip_list` is set.
    Ignored,
    /// Not in the blacklist, and the user's group names no list.
    NoWhitelist,
    /// In the list that the user's group names.
    Whitelisted(String),
    /// In the system's blacklist.
    Blacklisted(String),
    /// Not in the list that the user's group names.
    NotWhitelisted(String),
}

/// What stands for a second factor.
pub(crate) enum SecondFactor {
    /// The system asks for none.
    Off,
    /// The user needs none.
    Waived,
    /// There is one that still counts.
    Passed,
    /// There is none.
    Missing,
}

/// Why a call was refused: the gate and how it stands. For the process's log, never for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The gate's name.
    pub gate: &'static str,
    /// How it stands.
    pub why: String,
}

impl Refusal {
    /// Writes it to the process's log.
    pub(crate) fn log(&self, entry: &Entry) {
        let Self { gate, why } = self;
        metrics::count(|metrics| metrics.refusal(gate));
        log::info!(target: "vicishim::refused", "{entry} {gate}: {why}");
    }
}

impl Gate<'_> {
    /// Its name, as people know it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::User { .. } => "user",
            Self::Active(_) => "active",
            Self::SignInLevel(_) => "sign-in level",
            Self::Lockout { .. } => "lockout",
            Self::Password(_) => "password",
            Self::Address { .. } => "ip lists",
            Self::SecondFactor(_) => "two-factor",
            Self::Allowed { .. } => "allowed functions",
            Self::Level { .. } => "level",
            Self::Flag { column, .. } => column,
            Self::Delete { .. } => "delete",
        }
    }

    /// Whether it lets the user through.
    pub(crate) fn opens(&self) -> bool {
        match self {
            Self::User { is_known, .. } => *is_known,
            Self::Active(open) | Self::Password(open) => *open,
            Self::SignInLevel(level) => *level >= SIGN_IN_LEVEL,
            Self::Lockout {
                failures, is_over, ..
            } => *failures < LOCKED_AT || *is_over,
            Self::Address { lists, .. } => match lists {
                IpLists::Off
                | IpLists::Ignored
                | IpLists::NoWhitelist
                | IpLists::Whitelisted(_) => true,
                IpLists::Blacklisted(_) | IpLists::NotWhitelisted(_) => false,
            },
            Self::SecondFactor(factor) => !matches!(factor, SecondFactor::Missing),
            Self::Allowed { function, list } => allowed_functions::allows(list, function),
            Self::Level { is, needs } => is >= needs,
            Self::Flag { is_set, .. } | Self::Delete { is_set, .. } => *is_set,
        }
    }

    /// Whether a wrong sign-in still counts as one of the first ones, which lock nobody out.
    pub(crate) fn counts_on(&self) -> bool {
        matches!(self, Self::Lockout { failures, .. } if *failures < LOCKED_AT)
    }

    /// What the process's log says of a call that this gate does not let through.
    pub(crate) fn refusal(&self) -> Refusal {
        Refusal {
            gate: self.name(),
            why: self.to_string(),
        }
    }
}

impl fmt::Display for Gate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = |is_set: &bool| if *is_set { "is set" } else { "is not set" };
        match self {
            Self::User { name, is_known } => match (is_known, name) {
                (true, _) => write!(f, "there is a user {}", Short::user(name)),
                (false, &"") => f.write_str("none was named"),
                (false, _) => write!(f, "there is no user {}", Short::user(name)),
            },
            Self::Active(true) => f.write_str("is Y"),
            Self::Active(false) => f.write_str("is not Y"),
            Self::SignInLevel(level) => write!(f, "is {level}, needs {SIGN_IN_LEVEL}"),
            Self::Lockout {
                failures,
                last_login,
                is_over,
            } => {
                write!(f, "{failures} failed sign-ins in a row, ")?;
                match (*failures < LOCKED_AT, is_over) {
                    (true, _) => write!(f, "{LOCKED_AT} lock"),
                    (false, true) => write!(f, "but none in the last {LOCK_MINUTES} minutes"),
                    (false, false) if last_login.is_empty() => f.write_str(
                        "locked with no date of it: the next sign-in fails, and is counted as the first",
                    ),
                    (false, false) => {
                        write!(f, "locked for {LOCK_MINUTES} minutes from {last_login} on")
                    }
                }
            }
            Self::Password(true) => f.write_str("is right"),
            Self::Password(false) => f.write_str("is wrong"),
            Self::Address { address, lists } => match lists {
                IpLists::Off => f.write_str("not looked at: allow_ip_lists is off"),
                IpLists::Ignored => f.write_str("not looked at: the user's ignore_ip_list is set"),
                IpLists::NoWhitelist => write!(
                    f,
                    "{address} is in no blacklist, and the user group has no list"
                ),
                IpLists::Whitelisted(list) => {
                    write!(f, "{address} is in the user group's list {list}")
                }
                IpLists::Blacklisted(list) => write!(f, "{address} is in the blacklist {list}"),
                IpLists::NotWhitelisted(list) => {
                    write!(f, "{address} is not in the user group's list {list}")
                }
            },
            Self::SecondFactor(factor) => f.write_str(match factor {
                SecondFactor::Off => "not asked for on this system",
                SecondFactor::Waived => "not asked of this user",
                SecondFactor::Passed => "passed, and still counts",
                SecondFactor::Missing => "not passed, or no longer counts",
            }),
            Self::Allowed { function, list } => match self.opens() {
                true if allows_every(list) => f.write_str("has ALL_FUNCTIONS"),
                true => write!(f, "has {function}"),
                false => {
                    let missing = "between two spaces nor ALL_FUNCTIONS";
                    write!(f, "has neither {function} {missing}")?;
                    match ineffective(list, function) {
                        Some(word) => write!(f, "; its {word} does not count"),
                        None => Ok(()),
                    }
                }
            },
            Self::Level { is, needs } => write!(f, "is {is}, needs {needs}"),
            Self::Flag { is_set, .. } => f.write_str(set(is_set)),
            Self::Delete { column, is_set } => write!(f, "{column} {}", set(is_set)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowed_function_is_told_as_it_was_found() {
        for (list, words) in [
            (" version add_did ", "has add_did"),
            (" add_did ALL_FUNCTIONS ", "has ALL_FUNCTIONS"),
            (
                " version ",
                "has neither add_did between two spaces nor ALL_FUNCTIONS",
            ),
        ] {
            let function = "add_did";
            assert_eq!(Gate::Allowed { function, list }.to_string(), words);
        }
    }

    #[test]
    fn a_lockout_is_told_in_words() {
        for (failures, last_login, is_over, words) in [
            (9, "2026-11-20 12:00:00", false, "10 lock"),
            (
                10,
                "2026-11-20 12:00:00",
                false,
                "locked for 15 minutes from 2026-11-20 12:00:00 on",
            ),
            (
                10,
                "",
                false,
                "locked with no date of it: the next sign-in fails, and is counted as the first",
            ),
            (
                10,
                "2026-11-20 12:00:00",
                true,
                "but none in the last 15 minutes",
            ),
        ] {
            let gate = Gate::Lockout {
                failures,
                last_login,
                is_over,
            };
            let told = format!("{failures} failed sign-ins in a row, {words}");
            assert_eq!(gate.to_string(), told);
        }
    }
}
