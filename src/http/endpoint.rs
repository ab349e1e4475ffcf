//! The API's endpoint: reads the request, asks the API, writes the answer and our own access log.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use actix_web::http::{Method, StatusCode};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;

use super::address::Host;
use super::body::{self, Unreadable};
use super::client_address::client_address;
use super::form::{self, Wrong};
use super::packed::packed;
use super::shadow::{Ours, Shadow, Text};
use super::upstream::{Asking, Unavailable, Upstream};
use super::{State, address, query, refused, rows, with_our_headers};
use crate::access::journal::Short;
use crate::api::{self, Answered, Call, CallTime, Dialect, Parameters, Reply};
use crate::log_limit;

/// What the access log says in the place of a reply's result where the upstream answered.
const UPSTREAM: &str = "upstream";

/// The refusal of a request with too many parameters.
const TOO_MANY_PARAMETERS: &str = "ERROR: TOO MANY PARAMETERS, AT MOST 1000\n";

/// What is said of a body that cannot be read.
fn not_read(unreadable: Unreadable) -> &'static str {
    match unreadable {
        Unreadable::TooLarge => "ERROR: FORM TOO LARGE, AT MOST 1048576 BYTES\n",
        Unreadable::TooSlow => "ERROR: FORM DID NOT ARRIVE IN TIME\n",
        Unreadable::TooMany => "ERROR: TOO MANY FORMS AT ONCE, TRY AGAIN LATER\n",
        Unreadable::Broken => "ERROR: FORM CANNOT BE READ\n",
    }
}

pub(super) async fn answer(
    request: &HttpRequest,
    body: Payload,
    state: &Data<State>,
) -> HttpResponse {
    let received = Instant::now();
    let sent = match body::read(request, body, &state.bodies).await {
        Ok(sent) => sent,
        Err(unreadable) => return refused(unreadable.status(), not_read(unreadable)),
    };
    let (pairs, from_form) = match form::parameters(request, &sent.bytes).await {
        Ok(parameters) => parameters,
        Err(Wrong::TooMany) => return refused(StatusCode::BAD_REQUEST, TOO_MANY_PARAMETERS),
        Err(Wrong::Broken) => {
            return refused(StatusCode::BAD_REQUEST, not_read(Unreadable::Broken));
        }
    };
    if let Some((upstream, parameters)) = passing_on(state, &pairs) {
        let client = client_address(request, &state.proxies);
        let asking = upstream.asking(request, None, sent.bytes.clone(), &client);
        return pass_on((upstream, asking), (&parameters, UPSTREAM), state, received).await;
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
    let response = packed(request, response);
    let word = reply.status().word();
    let sent_by = [function.as_str(), user, source];
    log_access(state, sent_by, response.status(), word, received);
    if let (Some(upstream), Some(shadow)) = (&state.upstream, &state.shadow) {
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

/// Passes a call of another script of the upstream's on, whatever its parameters.
pub(super) async fn pass_on_script(
    request: &HttpRequest,
    body: Payload,
    state: &State,
    (upstream, script): (&Upstream, &str),
) -> HttpResponse {
    let received = Instant::now();
    let sent = match body::read(request, body, &state.bodies).await {
        Ok(sent) => sent,
        Err(unreadable) => return refused(unreadable.status(), not_read(unreadable)),
    };
    // For the log alone.
    let pairs = form::parameters(request, &sent.bytes).await;
    let parameters = Parameters::filter(&pairs.unwrap_or_default().0, false);
    let client = client_address(request, &state.proxies);
    let asking = upstream.asking(request, Some(script), sent.bytes.clone(), &client);
    let word = format!("{UPSTREAM} {script}");
    pass_on((upstream, asking), (&parameters, &word), state, received).await
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
    (upstream, asking): (&Upstream, Result<Asking, Unavailable>),
    (parameters, word): (&Parameters, &str),
    state: &State,
    received: Instant,
) -> HttpResponse {
    let [function, user, source] = ["function", "user", "source"].map(|name| parameters.get(name));
    let response = match upstream.pass_on(asking).await {
        Ok(response) => response,
        Err(unavailable) => {
            log_limit::warn!(target: "vicishim::upstream", "no answer to {function}: {unavailable}");
            let reply = Reply::upstream_unavailable(function, unavailable.status().as_u16());
            begin(&reply, state.dialect).body(reply.render(user, state.dialect))
        }
    };
    let sent_by = [function, user, source];
    log_access(state, sent_by, response.status(), word, received);
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
                user: Short(&user).to_string(),
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
        status == StatusCode::SERVICE_UNAVAILABLE && !word.starts_with(UPSTREAM),
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
