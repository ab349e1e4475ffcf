//! The JSON API: DIDs, extensions, schedules and tenants; and where a call goes, for a dialplan. Nothing here knows HTTP but its words for methods and statuses.

mod aliases;
mod body;
pub(crate) mod calls;
mod cdrs;
mod changes;
mod choices;
mod client_id;
mod dids;
mod docs;
mod examples;
mod extensions;
pub(crate) mod field_rules;
mod landing;
mod number_form;
mod openapi;
pub(crate) mod operations;
pub(crate) mod problem;
mod query;
pub(crate) mod request;
pub(crate) mod response;
mod schedules;
mod sipio;
mod status;
mod target;
pub(crate) mod task;
mod tenant_ref;
mod tenants;

/// A text about the API, for whoever asks.
pub(crate) struct Document {
    /// The address.
    path: &'static str,
    /// What kind of text it is.
    pub(crate) content_type: &'static str,
    /// The text.
    pub(crate) text: fn() -> &'static str,
}

/// What is said of the API: for machines, for people, and how that looks.
const DOCUMENTS: &[Document] = &[
    Document {
        path: "/api/openapi.json",
        content_type: "application/json",
        text: openapi::text,
    },
    Document {
        path: "/api/docs",
        content_type: "text/html; charset=utf-8",
        text: docs::text,
    },
    Document {
        path: "/api/docs.css",
        content_type: "text/css; charset=utf-8",
        text: docs::style,
    },
];

/// The document at this address.
pub(crate) fn document(path: &str) -> Option<&'static Document> {
    DOCUMENTS.iter().find(|document| document.path == path)
}

/// Whether a path is of the JSON API.
pub(crate) fn is_ours(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}
