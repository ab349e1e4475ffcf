//! Replies of the text API as HTTP has them.

use actix_web::HttpResponseBuilder;
use actix_web::http::StatusCode;

use super::with_our_headers;
use crate::api::{Dialect, Reply};

/// A response to be given its body.
pub(super) fn begin(reply: &Reply, dialect: Dialect) -> HttpResponseBuilder {
    let status =
        StatusCode::from_u16(reply.http_status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = with_our_headers(status);
    response.content_type(reply.content_type(dialect));
    response.insert_header(("X-Vicishim-Result", reply.status_in(dialect).word()));
    for (name, value) in reply.facts.named() {
        response.insert_header((name, value));
    }
    response
}
