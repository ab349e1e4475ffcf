//! The API's endpoint: reads the request, asks the API, writes the answer.

use std::sync::Arc;
use std::time::Instant;

use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;

use super::access_log::{self, Front, Told, tell};
use super::address::Host;
use super::body;
use super::client_address::client_address;
use super::form;
use super::packed::packed;
use super::passed_on::{self, Passed, PassedOn};
use super::shadow::{Ours, Shadow, Text};
use super::text::begin;
use super::upstream::Upstream;
use super::{State, address, query, refused, rows};
use crate::access::journal::Short;
use crate::api::{self, Answered, Call, CallTime, Dialect};

pub(super) async fn answer(
    request: &HttpRequest,
    body: Payload,
    state: &Data<State>,
) -> HttpResponse {
    let received = Instant::now();
    let sent = match body::read(request, body, &state.bodies).await {
        Ok(sent) => sent,
        Err(unreadable) => return refused(unreadable.status(), unreadable.text()),
    };
    let (pairs, from_form) = match form::parameters(request, &sent.bytes).await {
        Ok(parameters) => parameters,
        Err(wrong) => return refused(StatusCode::BAD_REQUEST, wrong.text()),
    };
    if let Some(passed_on) = &state.passed_on
        && let Some(parameters) = passed_on.parameters(&pairs)
    {
        let call = Passed {
            script: None,
            sent: &sent.bytes,
            parameters: &parameters,
        };
        return passed_on::answer(passed_on, request, call, state).await;
    }
    let script = address::plain(request.path());
    let call = call(request, &script, (pairs, from_form), state, received);
    let mut answered = api::ask(&state.store, call, state.dialect).await;
    let export = answered.reply.export.take();
    let again = match (&state.shadow, &export) {
        (Some(_), Some(export)) => Some(export.again_on_the_wire()),
        _ => None,
    };
    let response = match export {
        Some(export) => rows::send(begin(&answered.reply, state.dialect), export, state),
        None => begin(&answered.reply, state.dialect).body(answered.text(state.dialect)),
    };
    let Answered {
        reply,
        user,
        function,
        source,
        ..
    } = &answered;
    let mut response = packed(request, response);
    let told = Told {
        front: Front::Text,
        known: access_log::known(function),
        name: function.clone(),
        user: user.clone(),
        source: source.clone().into(),
        word: reply.status().word().into(),
    };
    tell(&mut response, told);
    let upstream = state.passed_on.as_ref().and_then(PassedOn::upstream);
    if let (Some(upstream), Some(shadow)) = (upstream, &state.shadow) {
        let text = match again {
            Some(export) => Text::Rows(Box::new(export), Data::clone(state)),
            // VICIdial's server knows no other dialect.
            None => Text::Whole(reply.render(user, Dialect::Wire)),
        };
        let client = client_address(request, &state.proxies);
        compare(
            (upstream, shadow),
            request,
            (sent.bytes, &client),
            answered,
            text,
        );
    }
    response
}

/// Has the upstream answer the same call, where that changes nothing there: a refused sign-in would be counted twice.
fn compare(
    (upstream, shadow): (&Arc<Upstream>, &Shadow),
    request: &HttpRequest,
    (sent, client): (Bytes, &str),
    answered: Answered,
    text: Text,
) {
    let Answered {
        reply,
        user,
        function,
        ..
    } = answered;
    let is_compared = shadow.compares(&function);
    if !is_compared || request.method() == Method::HEAD || reply.refuses_sign_in() {
        return;
    }
    match upstream.asking(request, None, sent, client) {
        Ok(asking) => {
            let ours = Ours {
                status: reply.http_status,
                text,
                function,
                user: Short::user(&user).to_string(),
            };
            shadow.compare(Arc::clone(upstream), asking, ours);
        }
        Err(unavailable) => {
            log::warn!(target: "vicishim::shadow", "{function} is not compared: {unavailable}");
        }
    }
}

/// The request as the API sees it: the path of the script that answers it, and its parameters, of which the first so many
/// came in a form.
pub(super) fn call(
    request: &HttpRequest,
    script: &str,
    (pairs, form_pair_count): (Vec<(String, Vec<u8>)>, usize),
    state: &State,
    received: Instant,
) -> Call {
    let host = Host::of(request).unwrap_or_default();
    let of_host = format!("{}://{}", state.scheme(), host.text());
    let script_url = format!("{of_host}{script}");
    let url = match request.query_string() {
        "" => format!("{of_host}{}", request.path()),
        query => format!(
            "{of_host}{}?{}",
            request.path(),
            query::without_secrets(query)
        ),
    };
    Call {
        pairs,
        form_pair_count,
        proof: None,
        client: client_address(request, &state.proxies),
        host: host.name().to_owned(),
        hostname: state.hostname.clone(),
        script_url,
        url,
        number_form: state.number_form,
        time: CallTime::now(),
        time_zone: state.time_zone,
        received,
    }
}
