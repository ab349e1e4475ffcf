//! The cookie that holds a session's token.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse};

use crate::http::State;

/// Its name. Under TLS browsers take one with this prefix from this host alone.
fn name(state: &State) -> &'static str {
    match state.tls {
        Some(_) => "__Host-vicishim",
        None => "vicishim",
    }
}

/// The token that a request brings.
pub(super) fn token(request: &HttpRequest, state: &State) -> Option<String> {
    Some(request.cookie(name(state))?.value().to_owned())
}

/// Gives the browser a token; takes its token away where this one is empty.
pub(super) fn set(response: &mut HttpResponse, state: &State, token: &str) {
    let mut cookie = Cookie::build(name(state), token)
        .path("/")
        .http_only(true)
        .secure(state.tls.is_some())
        .same_site(SameSite::Strict)
        .finish();
    if token.is_empty() {
        cookie.make_removal();
    }
    if let Ok(value) = HeaderValue::from_str(&cookie.encoded().to_string()) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}
