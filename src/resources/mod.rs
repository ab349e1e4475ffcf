//! The JSON API: DIDs, extensions, schedules and tenants, and which address stands for what. Nothing here knows HTTP but its
//! words for methods and statuses.

mod dids;
mod extensions;
mod input;
pub(crate) mod openapi;
mod operations;
pub(crate) mod problem;
pub(crate) mod request;
mod schedules;
mod target;
pub(crate) mod task;
mod tenant;
mod tenants;

use crate::access::permission::{CHANGE_DIDS, CHANGE_PHONES, Permission, VIEW_DIDS};
use crate::access::task::Effect::{self, Changes, Reads};
use request::Method;
use task::Perform;

/// Whether a path is of the JSON API.
pub(crate) fn is_ours(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// A method of a path, and who answers it.
pub(crate) type Row = (Method, &'static str, &'static Permission, Effect, Perform);

/// What a path stands for.
pub(crate) struct Place {
    /// The id in it; empty for a collection.
    pub(crate) id: String,
    /// The address without the id, for the log.
    pub(crate) collection: String,
    /// Its methods.
    pub(crate) rows: Vec<Row>,
}

/// What this path stands for; none where nothing does.
pub(crate) fn place(path: &str) -> Option<Place> {
    let parts: Vec<&str> = path.strip_prefix("/api/")?.split('/').collect();
    const READ: &Permission = &VIEW_DIDS;
    let (get, post) = (Method::Get, Method::Post);
    let (put, patch, delete) = (Method::Put, Method::Patch, Method::Delete);
    let mut id = "";
    let rows: Vec<Row> = match parts.as_slice() {
        ["dids"] => vec![
            (get, "did_list", READ, Reads, dids::read::list),
            (post, "add_did", &CHANGE_DIDS, Changes, dids::write::add),
        ],
        ["dids", "lint"] => vec![(get, "did_lint", READ, Reads, dids::lint::answer)],
        ["dids", of, rest @ ..] => {
            id = of;
            match rest {
                [] => vec![
                    (get, "did_list", READ, Reads, dids::read::one),
                    (
                        put,
                        "update_did",
                        &CHANGE_DIDS,
                        Changes,
                        dids::write::change,
                    ),
                    (
                        patch,
                        "update_did",
                        &CHANGE_DIDS,
                        Changes,
                        dids::write::change,
                    ),
                    (
                        delete,
                        "update_did",
                        &CHANGE_DIDS,
                        Changes,
                        dids::write::delete,
                    ),
                ],
                ["routes"] => vec![(
                    put,
                    "update_did",
                    &CHANGE_DIDS,
                    Changes,
                    dids::routes::replace,
                )],
                ["route"] => vec![(get, "did_route_test", READ, Reads, dids::preview::answer)],
                _ => return None,
            }
        }
        ["extensions"] => vec![
            (get, "phone_list", READ, Reads, extensions::list),
            (
                post,
                "add_phone",
                &CHANGE_PHONES,
                Changes,
                extensions::write::add,
            ),
        ],
        ["extensions", of] => {
            id = of;
            vec![
                (get, "phone_list", READ, Reads, extensions::one),
                (
                    put,
                    "update_phone",
                    &CHANGE_PHONES,
                    Changes,
                    extensions::write::change,
                ),
                (
                    patch,
                    "update_phone",
                    &CHANGE_PHONES,
                    Changes,
                    extensions::write::change,
                ),
                (
                    delete,
                    "update_phone",
                    &CHANGE_PHONES,
                    Changes,
                    extensions::delete::answer,
                ),
            ]
        }
        ["schedules"] => vec![
            (get, "did_list", READ, Reads, schedules::list),
            (post, "add_did", &CHANGE_DIDS, Changes, schedules::add),
        ],
        ["schedules", of] => {
            id = of;
            vec![
                (get, "did_list", READ, Reads, schedules::one),
                (put, "update_did", &CHANGE_DIDS, Changes, schedules::change),
                (
                    patch,
                    "update_did",
                    &CHANGE_DIDS,
                    Changes,
                    schedules::change,
                ),
                (
                    delete,
                    "update_did",
                    &CHANGE_DIDS,
                    Changes,
                    schedules::delete,
                ),
            ]
        }
        ["tenants"] => vec![
            (get, "did_list", READ, Reads, tenants::list),
            (post, "add_phone", &CHANGE_PHONES, Changes, tenants::add),
        ],
        ["tenants", of] => {
            id = of;
            vec![
                (get, "did_list", READ, Reads, tenants::one),
                (
                    put,
                    "update_phone",
                    &CHANGE_PHONES,
                    Changes,
                    tenants::change,
                ),
                (
                    patch,
                    "update_phone",
                    &CHANGE_PHONES,
                    Changes,
                    tenants::change,
                ),
                (
                    delete,
                    "update_phone",
                    &CHANGE_PHONES,
                    Changes,
                    tenants::delete,
                ),
            ]
        }
        _ => return None,
    };
    Some(Place {
        id: id.to_owned(),
        collection: format!("/api/{}", parts[0]),
        rows,
    })
}
