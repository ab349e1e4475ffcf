//! The JSON API: DIDs, extensions, schedules and tenants; and where a call goes, for a dialplan. Nothing here knows HTTP but its words for methods and statuses.

mod aliases;
mod body;
pub(crate) mod calls;
mod client_id;
mod dids;
mod extensions;
mod landing;
pub(crate) mod openapi;
pub(crate) mod operations;
pub(crate) mod problem;
mod query;
pub(crate) mod request;
pub(crate) mod response;
mod schedules;
mod sipio;
mod target;
pub(crate) mod task;
mod tenant_ref;
mod tenants;

/// Whether a path is of the JSON API.
pub(crate) fn is_ours(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}
