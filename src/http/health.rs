//! `/healthz`: 200 only when the database can be read and written; its body says where only our own tables beside it cannot.
//! `/readyz`: 200 only when this server is to be sent calls.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::connections::Connection;
use super::{State, plain};
use crate::log_limit;
use crate::store::Health;

pub(super) async fn answer(state: &State) -> HttpResponse {
    match state.store.health().await {
        Health::Good => plain(StatusCode::OK, "ok\n"),
        // Not a 503: a load balancer would then take away what works as well.
        Health::WithoutState(why) => {
            log_limit::warn!(target: "vicishim::health", "{why}");
            plain(StatusCode::OK, "ok, BUT STATE DATABASE UNAVAILABLE\n")
        }
        Health::Bad(why) => {
            log_limit::warn!(target: "vicishim::health", "{why}");
            plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "ERROR: DATABASE UNAVAILABLE\n",
            )
        }
    }
}

/// As [`answer`], and 503 while the server ends: its requests are finished, and others are to go elsewhere. There is no answer
/// before the tables are made and read: connections wait until then.
pub(super) async fn ready(request: &HttpRequest, state: &State) -> HttpResponse {
    let connection = request.conn_data::<Arc<Connection>>();
    if connection.is_some_and(|connection| connection.is_the_server_ending()) {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "ERROR: THE SERVER ENDS\n");
    }
    answer(state).await
}
