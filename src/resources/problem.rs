//! What is answered where nothing was done: RFC 9457, `application/problem+json`.

use std::collections::HashSet;

use serde::Serialize;
use utoipa::ToSchema;

use crate::access::scope::Scope;

/// A field that is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Its name in the body or the query: `dest_id`, `routes[0].dest_kind`.
    pub(crate) field: String,
    /// What is wrong with it: `must be 1 to 20 characters`.
    pub(crate) message: String,
}

/// Something that still points at what was to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Pointer {
    /// What it is: `did`, `in_group` or `extension`.
    pub(crate) kind: &'static str,
    /// Its id: a `did_id`, an in-group's name.
    pub(crate) id: String,
    /// Its number or name.
    pub(crate) name: String,
}

/// What still points at a thing, as far as a user sees it.
#[derive(Default)]
pub(super) struct Pointing {
    seen: Vec<Pointer>,
    hidden: usize,
}

impl Pointing {
    /// Adds something of this user group.
    pub(super) fn add(&mut self, scope: &Scope, user_group: Option<&str>, pointer: Pointer) {
        if scope.covers(user_group) {
            self.seen.push(pointer);
        } else {
            self.hidden += 1;
        }
    }

    /// Refuses to delete a thing that something points at.
    ///
    /// # Errors
    /// Something does. What the user does not see is counted, not named.
    pub(super) fn refuse(self, detail: &str) -> Result<(), Problem> {
        if self.seen.is_empty() && self.hidden == 0 {
            return Ok(());
        }
        let hidden = match self.hidden {
            0 => String::new(),
            count => format!(" ({count} of them are of user groups that you do not see)"),
        };
        Err(Problem {
            pointing: self.seen,
            ..Problem::new(409, format!("{detail}{hidden}"))
        })
    }
}

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the status says it.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// What the status means: Unprocessable Content.
    pub(crate) title: &'static str,
    /// HTTP's status: 422.
    pub(crate) status: u16,
    /// What happened this time, for people.
    pub(crate) detail: String,
    /// The fields that are wrong, at most 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<FieldError>,
    /// What still points at it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) pointing: Vec<Pointer>,
}

impl Problem {
    /// A problem of that status.
    pub(crate) fn new(status: u16, detail: impl Into<String>) -> Self {
        let title = match status {
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            408 => "Request Timeout",
            409 => "Conflict",
            412 => "Precondition Failed",
            413 => "Content Too Large",
            414 => "URI Too Long",
            415 => "Unsupported Media Type",
            417 => "Expectation Failed",
            422 => "Unprocessable Content",
            501 => "Not Implemented",
            _ => "Service Unavailable",
        };
        Self {
            kind: "about:blank",
            title,
            status,
            detail: detail.into(),
            errors: Vec::new(),
            pointing: Vec::new(),
        }
    }

    /// The database is away.
    pub(crate) fn unavailable() -> Self {
        Self::new(503, "the database is unavailable: nothing was changed")
    }

    /// A body that did not arrive in time.
    pub(crate) fn too_slow() -> Self {
        Self::new(408, "the body did not arrive in time")
    }

    /// No such thing, or none that this user may see.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(404, format!("there is no such {what}"))
    }

    /// A name or number that is taken.
    pub(crate) fn taken(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            errors: vec![FieldError {
                field: field.to_owned(),
                message: message.clone(),
            }],
            ..Self::new(409, format!("{field} {message}"))
        }
    }

    /// What the log says of it: its fields, or else its detail.
    pub(crate) fn logged(&self) -> String {
        if self.errors.is_empty() {
            return self.detail.clone();
        }
        let fields: Vec<&str> = self
            .errors
            .iter()
            .map(|error| error.field.as_str())
            .collect();
        fields.join("|")
    }
}

/// The most fields that an answer names.
const NAMED: usize = 100;

/// The fields that are wrong, collected.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldErrors {
    /// The first of them, in the order in which they were found.
    named: Vec<FieldError>,
    fields: HashSet<String>,
}

impl FieldErrors {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.fields.len()
    }

    /// Adds one; of each field the first mistake counts.
    pub(super) fn add(&mut self, field: &str, message: impl Into<String>) {
        if self.fields.insert(field.to_owned()) && self.named.len() < NAMED {
            self.named.push(FieldError {
                field: field.to_owned(),
                message: message.into(),
            });
        }
    }

    /// The value, or none and its field among the wrong ones.
    pub(super) fn check<T>(&mut self, field: &str, value: Result<T, String>) -> Option<T> {
        value.map_err(|message| self.add(field, message)).ok()
    }

    /// All of them as a problem, where there are any; it names the first 100.
    ///
    /// # Errors
    /// The problem.
    pub(super) fn into_result(self) -> Result<(), Problem> {
        let detail = match self.named.as_slice() {
            [] => return Ok(()),
            [one] => format!("{}: {}", one.field, one.message),
            _ => format!("{} fields are wrong", self.fields.len()),
        };
        Err(Problem {
            errors: self.named,
            ..Problem::new(422, detail)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_names_a_hundred_fields_and_counts_all() {
        let mut errors = FieldErrors::default();
        for field in 0..250 {
            errors.add(&field.to_string(), "is wrong");
            errors.add(&field.to_string(), "is wrong twice");
        }
        let problem = errors.into_result().expect_err("all are wrong");
        assert_eq!((problem.errors.len(), problem.status), (100, 422));
        assert_eq!(problem.detail, "250 fields are wrong");
        assert_eq!(problem.errors[99].field, "99");
    }
}
