//! How the text API words a denial (fixtures/reference/behaviour.md §2, §4).

use super::{Line, Reply};
use crate::access::Identity;
use crate::access::sign_in::Code;
use crate::access::task::Denied;

/// How a function refuses a user without its permission.
pub(super) struct Denial {
    /// The reason, behind the function's name.
    reason: &'static str,
    shape: Shape,
    /// What is logged as data where the user's `api_allowed_functions` does not hold the function.
    not_allowed_logs: &'static str,
}

/// What stands behind the user in such a refusal.
#[derive(Clone, Copy)]
enum Shape {
    /// Nothing; on the wire `|0`.
    UserOnly,
    /// `|0`
    Zero,
    /// `|0`; on the wire `|0|`.
    Barred,
}

impl Denial {
    const fn new(reason: &'static str, shape: Shape) -> Self {
        Self {
            reason,
            shape,
            not_allowed_logs: "",
        }
    }

    /// As the functions of DIDs and CID groups have it.
    pub(super) const fn user_only(reason: &'static str) -> Self {
        Self::new(reason, Shape::UserOnly)
    }

    /// As most others have it.
    pub(super) const fn with_zero(reason: &'static str) -> Self {
        Self::new(reason, Shape::Zero)
    }

    /// As `did_log_export` has it.
    pub(super) const fn barred(reason: &'static str) -> Self {
        Self::new(reason, Shape::Barred)
    }

    /// As the list functions have it.
    pub(super) const fn of_list(reason: &'static str) -> Self {
        Self {
            not_allowed_logs: "1",
            ..Self::with_zero(reason)
        }
    }
}

/// The reply to a call that does not get to its function.
pub(super) fn reply(
    denied: Denied,
    denial: Option<&Denial>,
    identity: &Identity,
    client: &str,
) -> Reply {
    let password = identity.password.as_str();
    match (denied, denial) {
        (Denied::SignIn(Code::Bad), _) => Reply::login_incorrect(password, "BAD"),
        (Denied::SignIn(Code::NoSecondFactor), _) => Reply::login_incorrect(password, "2FA"),
        (Denied::SignIn(Code::Locked), _) => Reply::locked_out(),
        (Denied::SignIn(Code::Blocked), _) => Reply::address_not_allowed(client),
        (Denied::Source, _) => Reply::invalid_source(&identity.source),
        (Denied::NoFunction, _) | (_, None) => Reply::no_function(),
        (Denied::Function, Some(denial)) => {
            Reply::function_not_allowed(&identity.function, denial.not_allowed_logs)
        }
        (Denied::Permission, Some(Denial { reason, shape, .. })) => {
            let line = Line::error(format!("{} {reason}", identity.function), "0");
            match shape {
                Shape::UserOnly => line.user_only(),
                Shape::Zero => line,
                Shape::Barred => line.barred(),
            }
            .into()
        }
    }
}
