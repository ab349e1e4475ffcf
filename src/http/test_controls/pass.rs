//! The way of a request while tests look on: it meets what is planned for it, is answered, and is recorded.

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};

use super::TestControls;
use super::body::{Cut, Watched, look_at, reply};
use super::calls::Received;
use super::faults::{self, Effect, Lost};
use super::request::Request;
use crate::http::connections::Connection;
use crate::http::packed::{Later, packed};
use crate::http::{State, with_our_headers};
use crate::store::during_outage;

/// Passes a request on, and its answer back.
pub(super) async fn pass(
    controls: &TestControls,
    request: &HttpRequest,
    payload: Payload,
    state: &Data<State>,
) -> HttpResponse {
    let (body, payload) = look_at(request, payload).await;
    let (seen, secrets) = Request::of(request, state, &body).await;
    let (fault, effect) = match controls.faults.meet(&seen) {
        Some((fault, effect)) => (Some(fault), Some(effect)),
        None => (None, None),
    };
    let received = controls.calls.receive((seen, secrets), fault);
    // What is recorded is what was said, not how it was packed.
    request.extensions_mut().insert(Later::default());
    let answered = crate::http::answer(request.clone(), payload, Data::clone(state));
    let response = match &effect {
        Some(Effect::ConnectionLost(Lost::Before)) => {
            drop(received);
            return close(request);
        }
        Some(Effect::Reply(reply)) => stand_in(reply),
        Some(Effect::DatabaseUnavailable) => during_outage(answered).await,
        Some(Effect::Delay(time)) => {
            let resets = controls.calls.resets();
            tokio::time::sleep(*time).await;
            // The next test must not find what it does.
            if controls.calls.resets() != resets {
                return close(request);
            }
            answered.await
        }
        Some(Effect::ConnectionLost(Lost::After) | Effect::CutBody(_)) | None => answered.await,
    };
    let response = record(received, response);
    let is_to_be_packed = request
        .extensions_mut()
        .remove::<Later>()
        .is_some_and(|later| later.is_wanted());
    let response = match is_to_be_packed {
        true => packed(request, response),
        false => response,
    };
    match effect {
        Some(Effect::ConnectionLost(Lost::After)) => close(request),
        Some(Effect::CutBody(bytes)) if request.method() != Method::HEAD => {
            response.map_body(|_, body| BoxBody::new(Cut::new(body, bytes)))
        }
        _ => response,
    }
}

/// Records a call that was answered so: at once, or when all of the answer is sent.
fn record(received: Received, response: HttpResponse) -> HttpResponse {
    let status = response.status().as_u16();
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_json = kind.contains("json");
    response.map_body(
        |_, body| match actix_web::body::MessageBody::try_into_bytes(body) {
            Ok(bytes) => {
                received.answered(reply(status, &bytes, is_json));
                BoxBody::new(bytes)
            }
            Err(body) => BoxBody::new(Watched::new(body, (status, is_json), received)),
        },
    )
}

/// The reply that a test has put in the place of the real one.
fn stand_in(reply: &faults::Reply) -> HttpResponse {
    let mut response = with_our_headers(reply.status);
    response.content_type("text/plain; charset=utf-8");
    for (name, value) in &reply.headers {
        response.insert_header((name.clone(), value.clone()));
    }
    response.body(reply.text.clone())
}

/// Closes the connection before a byte of an answer is sent.
fn close(request: &HttpRequest) -> HttpResponse {
    if let Some(connection) = request.conn_data::<Arc<Connection>>() {
        connection.close();
    }
    // Nobody reads this.
    HttpResponse::new(StatusCode::SERVICE_UNAVAILABLE)
}
