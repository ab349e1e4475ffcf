//! The API's endpoint: reads the request, asks the API, writes the answer and our own access log.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;

use super::body::{self, Kind};
use super::client_address::client_address;
use super::shadow::{Ours, Shadow, Text};
use super::upstream::Upstream;
use super::{State, plain, query, rows, with_our_headers};
use crate::access::journal::Short;
use crate::api::{self, Answered, Call, CallTime, Dialect, Parameters, Reply};
use crate::log_limit;

/// What the access log says in the place of a reply's result where the upstream answered.
const UPSTREAM: &str = "upstream";

pub(super) async fn answer(
    request: &HttpRequest,
    body: Payload,
    state: &Data<State>,
) -> HttpResponse {
    let received = Instant::now();
    let kind = Kind::of(request);
    if kind == Kind::Multipart
        && passing_on(state, &query::pairs(request.query_string().as_bytes())).is_none()
    {
        return plain(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "ERROR: FORM MUST BE SENT AS application/x-www-form-urlencoded\n",
        );
    }
    let sent = match body::read(request, body).await {
        Ok(sent) => sent,
        Err(unreadable) => {
            let (status, text) = unreadable.answer();
            return plain(status, text);
        }
    };
    let form: &[u8] = if kind == Kind::Form { &sent } else { b"" };
    // A parameter in the query wins over the same one in the form: it comes later.
    let mut pairs = query::pairs(form);
    let from_form = pairs.len();
    pairs.extend(query::pairs(request.query_string().as_bytes()));
    let call = call(request, pairs, from_form, state, received);
    if let Some((upstream, parameters)) = passing_on(state, &call.pairs) {
        return pass_on(upstream, request, sent, &parameters, state, received).await;
    }
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
    let word = reply.status().word();
    let sent_by = [function.as_str(), user, source];
    log_access(state, sent_by, response.status(), word, received);
    if let (Some(upstream), Some(shadow)) = (&state.upstream, &state.shadow) {
        let text = match again {
            Some(export) => Text::Rows(Box::new(export), Data::clone(state)),
            // VICIdial's server knows no other dialect.
            None => Text::Whole(reply.render(user, Dialect::Wire)),
        };
        compare((upstream, shadow), request, sent, answered, text);
    }
    response
}

/// The upstream where it answers the function that these parameters name, and what they are after filtering. Only a
/// byte that is in no UTF-8 text could be filtered otherwise there.
fn passing_on<'a>(
    state: &'a State,
    pairs: &[(String, Vec<u8>)],
) -> Option<(&'a Upstream, Parameters)> {
    let upstream = state.upstream.as_deref()?;
    let parameters = Parameters::filter(pairs, false);
    upstream
        .answers(parameters.get("function"))
        .then_some((upstream, parameters))
}

/// Passes a call on, and its answer back.
async fn pass_on(
    upstream: &Upstream,
    request: &HttpRequest,
    sent: Bytes,
    parameters: &Parameters,
    state: &State,
    received: Instant,
) -> HttpResponse {
    let [function, user, source] = ["function", "user", "source"].map(|name| parameters.get(name));
    let response = match upstream.pass_on(request, sent).await {
        Ok(response) => response,
        Err(unavailable) => {
            log_limit::warn!(target: "vicishim::upstream", "no answer to {function}: {unavailable}");
            let reply = Reply::upstream_unavailable(function, unavailable.status().as_u16());
            begin(&reply, state.dialect).body(reply.render(user, state.dialect))
        }
    };
    let sent_by = [function, user, source];
    log_access(state, sent_by, response.status(), UPSTREAM, received);
    response
}

/// Has the upstream answer the same call, where that changes nothing there: a refused sign-in would be counted twice.
fn compare(
    (upstream, shadow): (&Arc<Upstream>, &Shadow),
    request: &HttpRequest,
    sent: Bytes,
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
    match upstream.asking(request, sent) {
        Ok(asking) => {
            let ours = Ours {
                status: reply.http_status,
                text,
                function,
                user: Short(&user).to_string(),
            };
            shadow.compare(Arc::clone(upstream), asking, ours);
        }
        Err(unavailable) => {
            log::warn!(target: "vicishim::shadow", "{function} is not compared: {unavailable}");
        }
    }
}

/// The request as the API sees it, with its parameters, of which the first so many came in a form.
pub(super) fn call(
    request: &HttpRequest,
    pairs: Vec<(String, Vec<u8>)>,
    form_pair_count: usize,
    state: &State,
    received: Instant,
) -> Call {
    let header = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value: &header::HeaderValue| value.to_str().ok())
    };
    let host = header(header::HOST).unwrap_or_default();
    let script_url = format!("{}://{host}{}", state.scheme(), request.path());
    let url = match request.query_string() {
        "" => script_url.clone(),
        query => format!("{script_url}?{}", query::without_secrets(query)),
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    Call {
        pairs,
        form_pair_count,
        client: client_address(request, &state.proxies),
        host: name.to_owned(),
        hostname: state.hostname.clone(),
        script_url,
        url,
        time: CallTime::now(),
        received,
    }
}

/// A response to be given its body.
fn begin(reply: &Reply, dialect: Dialect) -> HttpResponseBuilder {
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

/// One line a request. Never the address asked for: passwords travel in it.
fn log_access(
    state: &State,
    [function, user, source]: [&str; 3],
    status: StatusCode,
    word: &str,
    received: Instant,
) {
    let line = format_args!(
        "{}function={} user={} source={} status={} {word} {:.1}ms",
        if state.tls.is_some() { "https " } else { "" },
        Short(function),
        Short(user),
        Short(source),
        status.as_u16(),
        received.elapsed().as_secs_f64() * 1000.0,
    );
    write_access(
        status == StatusCode::SERVICE_UNAVAILABLE && word != UPSTREAM,
        line,
    );
}

/// Writes a line of the access log: while the database is away, one a second says as much as thousands.
pub(super) fn write_access(is_outage: bool, line: fmt::Arguments<'_>) {
    if is_outage {
        log_limit::info!(target: "vicishim::access", "{line}");
    } else {
        log::info!(target: "vicishim::access", "{line}");
    }
}
