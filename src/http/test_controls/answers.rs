//! What the controls answer.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::{Map, Value};

use crate::http::{rest, with_our_headers};
use crate::resources::problem::Problem;

/// An answer.
pub(super) enum Answer {
    /// This was found, or done.
    Json(u16, Value),
    /// Done, and there is nothing to say of it.
    Done,
    /// The address takes other methods: these.
    NotAllowed(&'static str),
    /// Why it is not as expected, with more to say of that than a problem has.
    Unmet(Problem, Map<String, Value>),
}

impl Answer {
    pub(super) fn respond(self) -> HttpResponse {
        match self {
            Self::Json(status, body) => with_our_headers(status_of(status))
                .content_type("application/json")
                .body(format!("{body}\n")),
            Self::Done => with_our_headers(StatusCode::NO_CONTENT).finish(),
            Self::NotAllowed(allow) => rest::not_allowed(allow),
            Self::Unmet(problem, more) => {
                let mut body = serde_json::to_value(&problem).unwrap_or_default();
                if let Value::Object(body) = &mut body {
                    body.extend(more);
                }
                with_our_headers(status_of(problem.status))
                    .content_type("application/problem+json")
                    .body(format!("{body}\n"))
            }
        }
    }
}

fn status_of(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
