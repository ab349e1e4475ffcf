//! The API's endpoint: reads the request, asks the API, writes the answer and our own access log.

use std::time::{Duration, Instant};

use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt;

use super::{State, client_address, plain, query, rows, with_our_headers};
use crate::api::{self, Answered, Call, Moment};

/// The longest path with its query; a longer one is refused (414). The HTTP library takes no more.
pub(super) const LONGEST_ADDRESS: usize = 65_534;

/// The largest form; a larger one is refused (413).
const LARGEST_FORM: usize = 1024 * 1024;

/// How long a form may take to arrive.
const FORM_TIME: Duration = Duration::from_secs(30);

/// Why a request's form cannot be read.
enum BadForm {
    TooLarge,
    TooSlow,
    Broken,
    Multipart,
}

pub(super) async fn answer(
    request: &HttpRequest,
    body: Payload,
    state: &Data<State>,
) -> HttpResponse {
    let received = Instant::now();
    if request
        .uri()
        .path_and_query()
        .is_some_and(|address| address.as_str().len() > LONGEST_ADDRESS)
    {
        return plain(
            StatusCode::URI_TOO_LONG,
            "ERROR: REQUEST ADDRESS TOO LONG, AT MOST 65534 BYTES\n",
        );
    }
    let form = match read_form(request, body).await {
        Ok(form) => form,
        Err(BadForm::TooLarge) => {
            return plain(
                StatusCode::PAYLOAD_TOO_LARGE,
                "ERROR: FORM TOO LARGE, AT MOST 1048576 BYTES\n",
            );
        }
        Err(BadForm::TooSlow) => {
            return plain(
                StatusCode::REQUEST_TIMEOUT,
                "ERROR: FORM DID NOT ARRIVE IN TIME\n",
            );
        }
        Err(BadForm::Broken) => {
            return plain(StatusCode::BAD_REQUEST, "ERROR: FORM CANNOT BE READ\n");
        }
        Err(BadForm::Multipart) => {
            return plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "ERROR: FORM MUST BE SENT AS application/x-www-form-urlencoded\n",
            );
        }
    };
    let call = call(request, &form, state, received);
    let mut answered = api::ask(&state.store, call, state.dialect).await;
    let response = respond(&mut answered, state);
    log_access(&answered, response.status(), received);
    response
}

/// The form of a POST; nothing where the request has none, or a body of another type, as the reference has it.
async fn read_form(request: &HttpRequest, mut body: Payload) -> Result<Vec<u8>, BadForm> {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let content_type = content_type.to_ascii_lowercase();
    if request.method() != Method::POST {
        return Ok(Vec::new());
    }
    if content_type.starts_with("multipart/form-data") {
        return Err(BadForm::Multipart);
    }
    let is_form = content_type.starts_with("application/x-www-form-urlencoded");
    let mut form = Vec::new();
    let mut size = 0;
    let reading = async {
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| BadForm::Broken)?;
            size += chunk.len();
            if size > LARGEST_FORM {
                return Err(BadForm::TooLarge);
            }
            if is_form {
                form.extend_from_slice(&chunk);
            }
        }
        Ok(())
    };
    tokio::time::timeout(FORM_TIME, reading)
        .await
        .map_err(|_| BadForm::TooSlow)??;
    Ok(form)
}

/// The request as the API sees it. A parameter in the query wins over the same one in the form: it comes later.
fn call(request: &HttpRequest, form: &[u8], state: &State, received: Instant) -> Call {
    let mut pairs = query::pairs(form);
    pairs.extend(query::pairs(request.query_string().as_bytes()));
    let header = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value: &header::HeaderValue| value.to_str().ok())
    };
    let host = header(header::HOST).unwrap_or_default();
    let script_url = format!("http://{host}{}", request.path());
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
        client: client_address(request),
        host: name.to_owned(),
        hostname: state.hostname.clone(),
        script_url,
        url,
        moment: Moment::now(),
        received,
    }
}

fn respond(answered: &mut Answered, state: &Data<State>) -> HttpResponse {
    let reply = &mut answered.reply;
    let status =
        StatusCode::from_u16(reply.http_status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = reply.content_type;
    let mut response = with_our_headers(status);
    response.content_type(content_type.unwrap_or(state.dialect.content_type()));
    match reply.export.take() {
        Some(export) => rows::send(response, export, state),
        None => response.body(reply.render(&answered.user, state.dialect)),
    }
}

/// One line a request. Never the address asked for: passwords travel in it.
fn log_access(answered: &Answered, status: StatusCode, received: Instant) {
    let Answered {
        reply,
        user,
        function,
        source,
    } = answered;
    log::info!(
        target: "vicishim::access",
        "function={function} user={user} source={source} status={} {} {:.1}ms",
        status.as_u16(),
        reply.status().word(),
        received.elapsed().as_secs_f64() * 1000.0,
    );
}
