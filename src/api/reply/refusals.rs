//! The replies that are not a function's own: what sign-in, permission and an outage answer.

use super::{Line, Logged, Reply, Shape, Status};

impl Reply {
    /// No function of that name, or none named.
    pub fn no_function() -> Self {
        let line = Line::new(Status::Error, "NO FUNCTION SPECIFIED", "", Shape::Bare);
        line.into()
    }

    /// A `source` of fewer than 2 characters.
    pub fn invalid_source(source: &str) -> Self {
        let line = Line::new(
            Status::Error,
            "Invalid Source",
            source,
            Shape::InvalidSource,
        );
        Line {
            logged: Logged::WithData("".into()),
            ..line
        }
        .into()
    }

    /// A function that the user's `api_allowed_functions` does not hold. The list functions log `1` as data.
    pub fn function_not_allowed(function: &str, logged: &'static str) -> Self {
        let line = Line::new(
            Status::Error,
            "auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION",
            function,
            Shape::Barred,
        );
        Line {
            logged: Logged::WithData(logged.into()),
            ..line
        }
        .into()
    }

    /// A sign-in that failed: `BAD`, or `2FA` without a second factor.
    pub fn login_incorrect(password: &str, code: &'static str) -> Self {
        let shape = Shape::SignIn {
            password: password.to_owned(),
            code,
        };
        let line = Line::new(
            Status::Error,
            "Login incorrect, please try again",
            code,
            shape,
        );
        Line {
            logged: Logged::Nothing,
            ..line
        }
        .into()
    }

    /// Too many failed sign-ins.
    pub fn locked_out() -> Self {
        let shape = Shape::SignIn {
            password: String::new(),
            code: "LOCK",
        };
        let line = Line::new(
            Status::Error,
            "Too many login attempts, try again in 15 minutes",
            "LOCK",
            shape,
        );
        Line {
            logged: Logged::Nothing,
            ..line
        }
        .into()
    }

    /// An address that the IP lists do not allow.
    pub fn address_not_allowed(address: &str) -> Self {
        let line = Line::new(
            Status::Error,
            "Your IP Address is not allowed",
            address,
            Shape::Blocked,
        );
        Line {
            logged: Logged::Nothing,
            ..line
        }
        .into()
    }

    /// The database cannot be reached (fixtures/reference/behaviour.md §8.4).
    pub fn database_unavailable() -> Self {
        let line = Line::new(
            Status::Error,
            "DATABASE UNAVAILABLE, NOTHING WAS CHANGED",
            "",
            Shape::Bare,
        );
        Self::from(Line {
            logged: Logged::Nothing,
            ..line
        })
        .with_status(503)
    }

    /// The connection to the database was lost in the middle of a change.
    pub fn outcome_unknown() -> Self {
        let reason =
            "DATABASE CONNECTION LOST, LOOK WHETHER THE CHANGE WAS MADE BEFORE YOU TRY AGAIN";
        let line = Line::new(Status::Error, reason, "", Shape::Bare);
        Self::from(Line {
            logged: Logged::Nothing,
            ..line
        })
        .with_status(503)
    }

    /// The server that answers this function could not be asked: 504 where it took too long, else 502.
    pub fn upstream_unavailable(function: &str, http_status: u16) -> Self {
        let line = Line::error("UPSTREAM UNAVAILABLE", function);
        Self::from(Line {
            logged: Logged::Nothing,
            ..line
        })
        .with_status(http_status)
    }

    /// The function is answered from a recording, and the call is not in it: what comes nearest.
    pub fn not_recorded(function: &str, nearest: &str) -> Self {
        let line = Line::error("NO RECORDED CALL FITS", format!("{function}|{nearest}"));
        Self::from(Line {
            logged: Logged::Nothing,
            ..line
        })
        .with_status(404)
    }
}
