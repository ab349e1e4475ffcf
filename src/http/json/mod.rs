//! Numbers and extensions as JSON: which paths there are, and how an answer is written.

mod dids;
mod extensions;
mod input;
mod openapi;
mod operations;
mod problem;
mod request;
mod schedules;
mod target;
mod task;
mod tenant;
mod tenants;

use std::time::Instant;

use actix_web::http::{Method, StatusCode, header};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use super::{State, endpoint, with_our_headers};
use crate::api::permission::{
    ADD_DIDS, ADD_PHONES, Permission, TEST_DIDS, UPDATE_DIDS, UPDATE_PHONES,
};
use problem::Problem;
use request::Asked;
use task::{Done, Endpoint, Work};

/// Whether a path is of the JSON API.
pub(super) fn is_ours(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// A method of a path, and who answers it.
type Row = (Method, &'static str, &'static Permission, Work);

/// What a path stands for.
struct Place {
    /// The id in it; empty for a collection.
    id: String,
    /// The address without the id, for the log.
    collection: String,
    /// Its methods.
    rows: Vec<Row>,
}

fn place(path: &str) -> Option<Place> {
    let parts: Vec<&str> = path.strip_prefix("/api/")?.split('/').collect();
    const READ: &Permission = &TEST_DIDS;
    let (get, post) = (Method::GET, Method::POST);
    let (put, patch, delete) = (Method::PUT, Method::PATCH, Method::DELETE);
    let mut id = "";
    let rows: Vec<Row> = match parts.as_slice() {
        ["dids"] => vec![
            (get, "did_list", READ, dids::read::list),
            (post, "add_did", &ADD_DIDS, dids::write::add),
        ],
        ["dids", "lint"] => vec![(get, "did_lint", READ, dids::lint::answer)],
        ["dids", of, rest @ ..] => {
            id = of;
            match rest {
                [] => vec![
                    (get, "did_list", READ, dids::read::one),
                    (put, "update_did", &UPDATE_DIDS, dids::write::change),
                    (patch, "update_did", &UPDATE_DIDS, dids::write::change),
                    (delete, "update_did", &UPDATE_DIDS, dids::write::delete),
                ],
                ["routes"] => vec![(put, "update_did", &UPDATE_DIDS, dids::routes::replace)],
                ["route"] => vec![(get, "did_route_test", READ, dids::preview::answer)],
                _ => return None,
            }
        }
        ["extensions"] => vec![
            (get, "phone_list", READ, extensions::list),
            (post, "add_phone", &ADD_PHONES, extensions::write::add),
        ],
        ["extensions", of] => {
            id = of;
            vec![
                (get, "phone_list", READ, extensions::one),
                (
                    put,
                    "update_phone",
                    &UPDATE_PHONES,
                    extensions::write::change,
                ),
                (
                    patch,
                    "update_phone",
                    &UPDATE_PHONES,
                    extensions::write::change,
                ),
                (
                    delete,
                    "update_phone",
                    &UPDATE_PHONES,
                    extensions::delete::answer,
                ),
            ]
        }
        ["schedules"] => vec![
            (get, "did_list", READ, schedules::list),
            (post, "add_did", &ADD_DIDS, schedules::add),
        ],
        ["schedules", of] => {
            id = of;
            vec![
                (get, "did_list", READ, schedules::one),
                (put, "update_did", &UPDATE_DIDS, schedules::change),
                (patch, "update_did", &UPDATE_DIDS, schedules::change),
                (delete, "update_did", &UPDATE_DIDS, schedules::delete),
            ]
        }
        ["tenants"] => vec![
            (get, "did_list", READ, tenants::list),
            (post, "add_phone", &ADD_PHONES, tenants::add),
        ],
        ["tenants", of] => {
            id = of;
            vec![
                (get, "did_list", READ, tenants::one),
                (put, "update_phone", &UPDATE_PHONES, tenants::change),
                (patch, "update_phone", &UPDATE_PHONES, tenants::change),
                (delete, "update_phone", &UPDATE_PHONES, tenants::delete),
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

pub(super) async fn answer(request: &HttpRequest, payload: Payload, state: &State) -> HttpResponse {
    let received = Instant::now();
    let get = [Method::GET, Method::HEAD];
    if request.path() == "/api/openapi.json" {
        if !get.contains(request.method()) {
            return not_allowed("GET, HEAD");
        }
        return with_our_headers(StatusCode::OK)
            .content_type("application/json")
            .body(openapi::text());
    }
    let Some(Place {
        id,
        collection,
        rows,
    }) = place(request.path())
    else {
        return refuse(&Problem::new(404, "there is nothing at this address"));
    };
    let method = match request.method() {
        &Method::HEAD => Method::GET,
        method => method.clone(),
    };
    let Some((_, function, permission, work)) = rows.iter().find(|row| row.0 == method) else {
        let mut allow: Vec<&str> = rows.iter().map(|row| row.0.as_str()).collect();
        if rows.iter().any(|row| row.0 == Method::GET) {
            allow.push("HEAD");
        }
        return not_allowed(&allow.join(", "));
    };
    let body = request::body(request, payload).await;
    let Some((user, password)) = request::credentials(request) else {
        return refuse(&Problem::new(
            401,
            "sign in with HTTP Basic, as an API user",
        ));
    };
    let shown_user = String::from_utf8_lossy(&user).into_owned();
    let pairs = vec![
        ("user".to_owned(), user),
        ("pass".to_owned(), password),
        ("function".to_owned(), function.as_bytes().to_vec()),
        ("source".to_owned(), b"json".to_vec()),
    ];
    let mut call = endpoint::call(request, pairs, 0, state, received);
    // One address for all things of a kind: the table of addresses does not grow with them.
    call.script_url = call.script_url.replace(request.path(), &collection);
    let if_match = request.headers().get(header::IF_MATCH);
    let asked = Asked {
        id,
        query: request::query(request.query_string()),
        body,
        if_match: if_match.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        is_patch: method == Method::PATCH,
    };
    let endpoint = Endpoint {
        function,
        permission,
        work: *work,
    };
    let result = task::ask(&state.store, endpoint, call, asked, state.dialect).await;
    let response = match result {
        Ok(done) => respond(done),
        Err(problem) => refuse(&problem),
    };
    log::info!(
        target: "vicishim::access",
        "function={function} user={} source=json status={} {:.1}ms",
        shown_user.escape_default(),
        response.status().as_u16(),
        received.elapsed().as_secs_f64() * 1000.0,
    );
    response
}

fn respond(done: Done) -> HttpResponse {
    let status = StatusCode::from_u16(done.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = with_our_headers(status);
    if let Some(etag) = done.etag {
        response.insert_header((header::ETAG, etag));
    }
    if let Some(location) = done.location {
        response.insert_header((header::LOCATION, location));
    }
    match done.body {
        Some(body) => response
            .content_type("application/json")
            .body(body.to_string()),
        None => response.finish(),
    }
}

fn refuse(problem: &Problem) -> HttpResponse {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut response = with_our_headers(status);
    if problem.status == 401 {
        let realm = "Basic realm=\"vicishim\", charset=\"UTF-8\"";
        response.insert_header((header::WWW_AUTHENTICATE, realm));
    }
    response
        .content_type("application/problem+json")
        .body(serde_json::to_string(problem).unwrap_or_default())
}

fn not_allowed(allow: &str) -> HttpResponse {
    let problem = Problem::new(405, format!("this address takes {allow}"));
    let mut response = refuse(&problem);
    if let Ok(allow) = header::HeaderValue::from_str(allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}
