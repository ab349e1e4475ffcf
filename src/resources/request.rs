//! A request of the JSON API, as its operations see it.

use serde_json::{Map, Value};

use super::body::Body;
use super::problem::{FieldErrors, Problem};
use super::query::{Parameter, Query};
use super::status;

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

/// The state that a change is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// Whatever it is.
    Any,
    /// One that has one of these tags.
    Tags(Vec<String>),
}

/// What an address names, decoded.
pub(crate) struct Named {
    /// The id in the path; empty for a collection.
    pub(crate) id: String,
    /// Which part of that thing; empty for the whole.
    pub(crate) part: String,
}

/// What was sent, beside the address.
pub(crate) struct Sent {
    /// The query, decoded.
    pub(crate) query: Vec<(String, String)>,
    /// The body, where the method has one.
    pub(crate) body: Result<Map<String, Value>, Problem>,
    /// The state that the client has seen.
    pub(crate) if_match: IfMatch,
}

/// What a request asks for.
pub(crate) struct Request {
    /// The id in the path; empty for a collection.
    pub(super) id: String,
    /// Which part of that thing; empty for the whole.
    pub(super) part: String,
    /// The query.
    pub(super) query: Query,
    /// What is wrong with the query.
    query_errors: FieldErrors,
    body: Result<Map<String, Value>, Problem>,
    /// What is said of the body beside what it made.
    pub(super) warning: Option<String>,
    /// The state that the client has seen.
    pub(super) if_match: IfMatch,
    /// Whether what the body leaves out stays as it is.
    pub(super) is_patch: bool,
}

impl Request {
    /// A request for the named thing, to an operation with these parameters.
    pub(super) fn new(
        method: Method,
        Named { id, part }: Named,
        parameters: &'static [Parameter],
        mut sent: Sent,
    ) -> Self {
        let warning = sent.body.as_mut().ok().and_then(status::take);
        let (query, query_errors) = Query::of(sent.query, parameters);
        Self {
            id,
            part,
            query,
            query_errors,
            body: sent.body,
            warning,
            if_match: sent.if_match,
            is_patch: method == Method::Patch,
        }
    }

    /// What is wrong with it so far: its query.
    pub(super) fn errors(&self) -> FieldErrors {
        self.query_errors.clone()
    }

    /// Refuses it where its query is wrong.
    ///
    /// # Errors
    /// Every parameter that is wrong.
    pub(super) fn check_query(&self) -> Result<(), Problem> {
        self.errors().into_result()
    }

    /// The body.
    ///
    /// # Errors
    /// It could not be read.
    pub(super) fn body(&self) -> Result<Body, Problem> {
        Ok(self.body.clone()?.into())
    }
}
