//! What is answered where nothing was done: RFC 9457, `application/problem+json`.

use serde::Serialize;
use utoipa::ToSchema;

/// A field that is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Its name in the body or the query.
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) message: String,
}

/// Something that still points at what was to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Pointer {
    /// `did` or `in_group`
    pub(crate) kind: &'static str,
    /// Its id.
    pub(crate) id: String,
    /// Its number or name.
    pub(crate) name: String,
}

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the status says it.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// What the status means.
    pub(crate) title: &'static str,
    /// The status.
    pub(crate) status: u16,
    /// What happened this time.
    pub(crate) detail: String,
    /// Every field that is wrong.
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
            415 => "Unsupported Media Type",
            422 => "Unprocessable Content",
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

/// The fields that are wrong, collected.
#[derive(Debug, Default)]
pub(crate) struct Wrong(Vec<FieldError>);

impl Wrong {
    /// Adds one; of each field the first mistake counts.
    pub(crate) fn add(&mut self, field: &str, message: impl Into<String>) {
        if self.0.iter().any(|error| error.field == field) {
            return;
        }
        self.0.push(FieldError {
            field: field.to_owned(),
            message: message.into(),
        });
    }

    /// The value, or none and its field among the wrong ones.
    pub(crate) fn take<T>(&mut self, field: &str, value: Result<T, String>) -> Option<T> {
        value.map_err(|message| self.add(field, message)).ok()
    }

    /// All of them as a problem, where there are any.
    pub(crate) fn end(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            return Ok(());
        }
        let detail = match self.0.as_slice() {
            [one] => format!("{}: {}", one.field, one.message),
            several => format!("{} fields are wrong", several.len()),
        };
        Err(Problem {
            errors: self.0,
            ..Problem::new(422, detail)
        })
    }
}
