//! Calls that are not answered here: passed on to the upstream, or answered from a recording.

use std::sync::Arc;

use actix_web::body::BodyStream;
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::access_log::{self, Front, Told, tell};
use super::client_address::client_address;
use super::recorded::{Asked, LARGEST, Recorder, Replay};
use super::text::begin;
use super::upstream::{Answer, Asking, Unavailable, Upstream};
use super::{Choice, State, body, form, refused};
use crate::access::journal::Short;
use crate::api::{Parameters, Reply};
use crate::log_limit;

/// Which calls are passed on, and to whom.
pub struct PassedOn {
    /// Which functions and scripts.
    pub choice: Choice,
    /// To whom.
    pub to: Other,
}

/// Who answers them.
pub enum Other {
    /// The other server; what it answers is kept where there is a recorder.
    Upstream(Arc<Upstream>, Option<Recorder>),
    /// Nobody: they were recorded.
    Recorded(Replay),
}

impl PassedOn {
    /// The upstream, where there is one.
    pub(super) fn upstream(&self) -> Option<&Arc<Upstream>> {
        match &self.to {
            Other::Upstream(upstream, _) => Some(upstream),
            Other::Recorded(_) => None,
        }
    }

    /// The path of another script that is answered like this, where this is one.
    pub(super) fn script(&self, path: &str) -> Option<&str> {
        self.choice.script(path)
    }

    /// The parameters of a call whose function is answered like this, after filtering; none of another one's. Only a byte
    /// that is in no UTF-8 text could be filtered otherwise by the upstream.
    pub(super) fn parameters(&self, pairs: &[(String, Vec<u8>)]) -> Option<Parameters> {
        let parameters = Parameters::filter(pairs, false);
        let function = parameters.get("function");
        self.choice.passes_on(function).then_some(parameters)
    }

    /// Who answers, for the log.
    fn front(&self) -> Front {
        match &self.to {
            Other::Upstream(..) => Front::Upstream,
            Other::Recorded(_) => Front::Recorded,
        }
    }
}

/// A call that is passed on.
pub(super) struct Passed<'a> {
    /// The other script; none where it is the API.
    pub(super) script: Option<&'a str>,
    /// The body.
    pub(super) sent: &'a Bytes,
    /// For the log.
    pub(super) parameters: &'a Parameters,
}

/// Answers a call of another script, whatever its parameters.
pub(super) async fn answer_script(
    request: &HttpRequest,
    body: Payload,
    state: &State,
    (passed_on, script): (&PassedOn, &str),
) -> HttpResponse {
    let sent = match body::read(request, body, &state.bodies).await {
        Ok(sent) => sent,
        Err(unreadable) => return refused(unreadable.status(), unreadable.text()),
    };
    // For the log alone.
    let pairs = form::parameters(request, &sent.bytes).await;
    let parameters = Parameters::filter(&pairs.unwrap_or_default().0, false);
    let call = Passed {
        script: Some(script),
        sent: &sent.bytes,
        parameters: &parameters,
    };
    answer(passed_on, request, call, state).await
}

/// Answers a call.
pub(super) async fn answer(
    passed_on: &PassedOn,
    request: &HttpRequest,
    call: Passed<'_>,
    state: &State,
) -> HttpResponse {
    let [function, user, source] =
        ["function", "user", "source"].map(|name| call.parameters.get(name));
    let done = match &passed_on.to {
        Other::Upstream(upstream, recorder) => {
            let client = client_address(request, &state.proxies);
            let asking = upstream.asking(request, call.script, call.sent.clone(), &client);
            ask(upstream, recorder.as_ref(), request, &call, asking)
                .await
                .map_err(|unavailable| {
                    log_limit::warn!(target: "vicishim::upstream", "no answer to {function}: {unavailable}");
                    Reply::upstream_unavailable(function, unavailable.status().as_u16())
                })
        }
        Other::Recorded(replay) => answer_recorded(replay, request, &call).await,
    };
    let mut response = done.unwrap_or_else(|reply| {
        begin(&reply, state.dialect).body(reply.render(user, state.dialect))
    });
    let front = passed_on.front();
    let told = Told {
        front,
        known: access_log::known(function),
        name: function.to_owned(),
        user: user.to_owned(),
        source: source.to_owned().into(),
        word: match call.script {
            Some(script) => format!("{} {script}", front.name()).into(),
            None => front.name().into(),
        },
    };
    tell(&mut response, told);
    response
}

/// Passes a call on, and its answer back; keeps it where that is wanted.
async fn ask(
    upstream: &Upstream,
    recorder: Option<&Recorder>,
    request: &HttpRequest,
    call: &Passed<'_>,
    asking: Result<Asking, Unavailable>,
) -> Result<HttpResponse, Unavailable> {
    // A HEAD's answer has no text, and what is no form cannot be looked up.
    let asked = match recorder {
        Some(_) if request.method() != Method::HEAD => {
            Asked::of(request, call.sent, call.script).await.ok()
        }
        _ => None,
    };
    match (recorder, asked) {
        (Some(recorder), Some(asked)) => {
            let answer = upstream.ask_for_the_plain_whole(asking?).await?;
            Ok(keep(recorder, &asked, answer).await)
        }
        _ => Ok(upstream.ask(asking?).await?.into_response()),
    }
}

/// Passes an answer on when it has come whole, and keeps it. One that is too large, or breaks off, is passed on as it comes.
async fn keep(recorder: &Recorder, asked: &Asked, mut answer: Answer) -> HttpResponse {
    let mut body = Vec::new();
    let rest = loop {
        match answer.pieces.next().await {
            Some(Ok(piece)) if body.len() + piece.len() <= LARGEST => {
                body.extend_from_slice(&piece);
            }
            None => break None,
            rest => break rest,
        }
    };
    let Some(rest) = rest else {
        recorder.keep(asked, answer.status, &answer.headers, &body);
        return answer.begin().body(body);
    };
    if rest.is_ok() {
        log::warn!(target: "vicishim::recording", "an answer of more than {LARGEST} bytes is not kept");
    }
    let mut response = answer.begin();
    let come = stream::iter([Ok(Bytes::from(body)), rest]);
    response.body(BodyStream::new(come.chain(answer.pieces)))
}

/// The answer that was recorded.
async fn answer_recorded(
    replay: &Replay,
    request: &HttpRequest,
    call: &Passed<'_>,
) -> Result<HttpResponse, Reply> {
    let asked = Asked::of(request, call.sent, call.script)
        .await
        .map_err(|_| {
            Reply::not_recorded(
                call.parameters.get("function"),
                "its body cannot be looked up",
            )
        })?;
    let (answer, body) = replay.answer(&asked, request.method() != Method::HEAD).map_err(|nearest| {
        let function = call.parameters.get("function");
        log::warn!(target: "vicishim::recording", "no recorded call fits {}: {nearest}", Short::function(function));
        Reply::not_recorded(function, &nearest)
    })?;
    let mut response = HttpResponse::build(answer.status);
    for header in answer.headers.clone() {
        response.append_header(header);
    }
    Ok(response.body(body))
}
