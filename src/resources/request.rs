//! A request of the JSON API, as its operations see it.

use serde_json::{Map, Value};

use super::problem::Problem;

/// What is to be done with the thing at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// It is shown.
    Get,
    /// A new one is made.
    Post,
    /// It is replaced.
    Put,
    /// What the body names of it is changed.
    Patch,
    /// It is deleted.
    Delete,
}

impl Method {
    /// HTTP's word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What a request asks for, beside its path.
pub(crate) struct Request {
    /// The id in the path; empty for a collection.
    pub(crate) id: String,
    /// The query's parameters.
    pub(crate) query: Vec<(String, Vec<u8>)>,
    /// The body, where the method has one.
    pub(crate) body: Result<Map<String, Value>, Problem>,
    /// `If-Match`
    pub(crate) if_match: Option<String>,
    /// Whether what the body leaves out stays as it is.
    pub(crate) is_patch: bool,
}
