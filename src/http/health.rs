//! `/healthz`: 200 only when the database answers.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::{State, plain};
use crate::store::Db;

pub(super) async fn answer(state: &State) -> HttpResponse {
    match state.store.read(Db::ping).await {
        Some(()) => plain(StatusCode::OK, "ok\n"),
        None => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "ERROR: DATABASE UNAVAILABLE\n",
        ),
    }
}
