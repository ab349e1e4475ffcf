//! `/healthz`: 200 only when the database can be read and written; its body says where only our own tables beside it cannot.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

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
