//! HTTP for the console: cookies, forms and headers around its pages, and its way to the two APIs.

mod cookie;
mod door;
mod sent;
mod tail;

use std::time::Instant;

use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::percent_decode_str;

use super::access_log::{Front, Told, tell};
use super::address::Host;
use super::packed::packed;
use super::{State, body, not_allowed, refused, with_our_headers};
use crate::console::form::Fields;
use crate::console::routes::{self, Place};
use crate::console::sessions::Sessions;
use crate::console::shown::Shown;
use crate::console::sign_in::{SIGN_IN, SIGN_OUT};
use crate::console::visit::Visit;
use crate::console::{self, Asset, asset, sign_in};
use door::Way;
use sent::form;

/// The Content-Security-Policy of pages: everything is from here, and nothing is written into them that runs.
const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// The header of a request for the part of a page that changes.
const PART: &str = "X-Vicishim-Part";

/// The field of each form that says that it is of a session's page.
const FORM_TOKEN: &str = "form_token";

/// Something that the console answers.
pub(super) enum Address<'p> {
    /// What pages load.
    Asset(&'static Asset),
    /// The sign-in.
    SignIn,
    /// The end of a session.
    SignOut,
    /// A page.
    Page(Place<'p>),
}

impl<'p> Address<'p> {
    /// Its name, whatever the thing that it is about.
    fn name(&self) -> &'static str {
        match self {
            Self::Asset(_) => "asset",
            Self::SignIn => SIGN_IN,
            Self::SignOut => SIGN_OUT,
            Self::Page(place) => place.path(),
        }
    }

    /// What of the console this path is; none where it is not the console's.
    pub(super) fn of(path: &'p str) -> Option<Self> {
        match path {
            SIGN_IN => Some(Self::SignIn),
            SIGN_OUT => Some(Self::SignOut),
            _ => match asset(path) {
                Some(asset) => Some(Self::Asset(asset)),
                None => routes::place(path).map(Self::Page),
            },
        }
    }
}

pub(super) async fn answer(
    request: &HttpRequest,
    payload: Payload,
    state: &Data<State>,
    (sessions, address): (&Sessions, Address<'_>),
) -> HttpResponse {
    let received = Instant::now();
    let (bytes, _share) = match body::read(request, payload, &state.bodies).await {
        Ok(sent) => (sent.bytes, sent.share),
        Err(unreadable) => return refused(unreadable.status(), "ERROR: FORM CANNOT BE READ\n"),
    };
    let method = match request.method() {
        &Method::GET | &Method::HEAD => routes::Method::Get,
        &Method::POST if is_from_here(request) => routes::Method::Post,
        &Method::POST => {
            let reason = "ERROR: THE FORM IS FROM ANOTHER SITE\n";
            return refused(StatusCode::FORBIDDEN, reason);
        }
        _ => return not_allowed("GET, HEAD, POST"),
    };
    let Some(form) = form(request, &bytes).await else {
        return refused(StatusCode::BAD_REQUEST, "ERROR: FORM CANNOT BE READ\n");
    };
    let asked = Asking {
        request,
        state,
        sessions,
        received,
        form,
    };
    let (mut user, known) = (String::new(), address.name());
    let response = match (address, method) {
        (Address::Asset(asset), routes::Method::Get) => asset_response(asset),
        (Address::SignIn, routes::Method::Get) => asked.sign_in_page(),
        (Address::SignIn, routes::Method::Post) => asked.sign_in().await,
        (Address::SignOut, routes::Method::Post) => asked.sign_out(),
        (Address::Page(place), method) => match place.route(method) {
            Some(route) => asked.page(route, place.id, &mut user).await,
            None => not_allowed("GET, HEAD, POST"),
        },
        (Address::Asset(_) | Address::SignOut, _) => not_allowed("GET, HEAD, POST"),
    };
    let mut response = packed(request, response);
    let told = Told {
        front: Front::Console,
        known,
        name: request.path().to_owned(),
        user,
        source: "console".into(),
        word: "".into(),
    };
    tell(&mut response, told);
    response
}

/// Whether a form was sent by a page of this server, as far as the browser says where it comes from.
fn is_from_here(request: &HttpRequest) -> bool {
    let text = |name: header::HeaderName| request.headers().get(name)?.to_str().ok();
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site"))
        && !["same-origin", "none"].contains(&site)
    {
        return false;
    }
    let host = Host::of(request).unwrap_or_default();
    text(header::ORIGIN).is_none_or(|origin| {
        let of_origin = origin.split_once("://").map(|(_, host)| host);
        of_origin.is_some_and(|of_origin| of_origin.eq_ignore_ascii_case(host.text()))
    })
}

/// A request of the console, read.
struct Asking<'r> {
    request: &'r HttpRequest,
    state: &'r Data<State>,
    sessions: &'r Sessions,
    received: Instant,
    form: Fields,
}

impl Asking<'_> {
    fn query(&self) -> Fields {
        Fields(serde_urlencoded::from_str(self.request.query_string()).unwrap_or_default())
    }

    fn sign_in_page(&self) -> HttpResponse {
        let query = self.query();
        let page = sign_in::page("", sign_in::next(query.text("next")), "");
        html(StatusCode::OK, page)
    }

    async fn sign_in(&self) -> HttpResponse {
        let (user, next) = (
            self.form.text("user"),
            sign_in::next(self.form.text("next")),
        );
        let way = Way::to_sign_in(self, user, self.form.text("pass"));
        let refused = match sign_in::sign_in(&way).await {
            Ok(proof) => match self.sessions.begin(user.to_owned(), proof) {
                Some(token) => return self.begun(&token, next),
                None => (503, "This machine has no random numbers.".to_owned()),
            },
            Err(refused) => refused,
        };
        let (status, why) = refused;
        html(of_number(status), sign_in::page(user, next, &why))
    }

    fn begun(&self, token: &str, next: &str) -> HttpResponse {
        // A session that was there before is not this one.
        if let Some(old) = cookie::token(self.request, self.state) {
            self.sessions.end(&old);
        }
        let mut response = to_other(next);
        cookie::set(&mut response, self.state, token);
        response
    }

    fn sign_out(&self) -> HttpResponse {
        let mut response = to_other(SIGN_IN);
        if let Some(token) = cookie::token(self.request, self.state)
            && let Some(person) = self.sessions.find(&token)
            && person.sent(self.form.text(FORM_TOKEN))
        {
            self.sessions.end(&token);
            cookie::set(&mut response, self.state, "");
        }
        response
    }

    async fn page(&self, route: &routes::Route, id: &str, user: &mut String) -> HttpResponse {
        let token = cookie::token(self.request, self.state).unwrap_or_default();
        let Some(person) = self.sessions.find(&token) else {
            return to_other(&self.sign_in_address());
        };
        user.clone_from(&person.user);
        let way = Box::new(Way::of(self, &person));
        let mut visit = Visit::new(person, self.request.path().to_owned(), way);
        visit.id = percent_decode_str(id).decode_utf8_lossy().into_owned();
        visit.query = self.query();
        visit.form = self.form.clone();
        visit.is_part = self.request.headers().contains_key(PART);
        // Only a whole page that somebody looks at says it.
        let says = self.request.method() == Method::GET && !visit.is_part;
        visit.notice = self.sessions.notice(&token).filter(|_| says);
        match console::show(route, &visit, self.form.text(FORM_TOKEN)).await {
            Ok(Shown::Page(status, page)) => {
                if visit.notice.is_some() {
                    self.sessions.said(&token);
                }
                html(of_number(status), page)
            }
            Ok(Shown::Other(address, notice)) => {
                if let Some(notice) = notice {
                    self.sessions.leave(&token, notice);
                }
                to_other(&address)
            }
            Ok(Shown::File(name, content_type, text)) => file(&name, content_type, text),
            Ok(Shown::Tail(tail)) => tail::send(self, *tail, visit, token),
            Err(why) => {
                self.sessions.end(&token);
                let page = sign_in::page(&visit.person.user, self.next_page(), &why);
                html(StatusCode::UNAUTHORIZED, page)
            }
        }
    }

    /// The page to go to after the sign-in: a form is not sent again.
    fn next_page(&self) -> &str {
        let asked = self.request.uri().path_and_query();
        let asked = asked.filter(|_| self.request.method() != Method::POST);
        sign_in::next(asked.map_or("/", |asked| asked.as_str()))
    }

    fn sign_in_address(&self) -> String {
        match self.next_page() {
            "/" => SIGN_IN.to_owned(),
            next => {
                let query = serde_urlencoded::to_string([("next", next)]);
                format!("{SIGN_IN}?{}", query.unwrap_or_default())
            }
        }
    }
}

fn of_number(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A page. No copy of it is kept: the next who sits there is to see none.
fn html(status: StatusCode, page: String) -> HttpResponse {
    with_our_headers(status)
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .content_type("text/html; charset=utf-8")
        .body(page)
}

/// A page that says that nothing more can be done now.
fn busy(why: &'static str) -> HttpResponse {
    with_our_headers(StatusCode::SERVICE_UNAVAILABLE)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/plain; charset=utf-8")
        .body(why)
}

/// Another page instead. What was sent is not sent again there.
fn to_other(address: &str) -> HttpResponse {
    with_our_headers(StatusCode::SEE_OTHER)
        .insert_header((header::LOCATION, address))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

fn file(name: &str, content_type: &'static str, text: String) -> HttpResponse {
    with_our_headers(StatusCode::OK)
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type(content_type)
        .body(text)
}

/// What pages load; they ask for it with the version.
fn asset_response(asset: &'static Asset) -> HttpResponse {
    with_our_headers(StatusCode::OK)
        .insert_header((header::CACHE_CONTROL, "max-age=86400"))
        .content_type(asset.content_type)
        .body(asset.text)
}
