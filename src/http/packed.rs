//! Lists packed with gzip, for clients that say that they take it. Short answers stay as they are, at no cost but a look at
//! their length.

use actix_http::encoding::Encoder;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header::{
    AcceptEncoding, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, ETAG, Encoding, Header,
    HeaderValue, VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};

/// Below this size packing saves next to nothing.
const WORTH_IT: u64 = 1024;

/// The content type of events that are sent as they come: a packer would keep them back.
pub(super) const EVENTS: &str = "text/event-stream";

/// Of a request: that its answers are not to be packed at once, and whether one was to be.
#[derive(Default)]
pub(super) struct Later(bool);

impl Later {
    /// Whether an answer was to be packed.
    pub(super) fn is_wanted(&self) -> bool {
        self.0
    }
}

/// The answer, packed where that is worth it and the client takes it. What is streamed stays streamed. An answer with a tag
/// stays as it is: the tag is that of its bytes.
pub(super) fn packed(request: &HttpRequest, mut response: HttpResponse) -> HttpResponse {
    if let Some(later) = request.extensions_mut().get_mut::<Later>() {
        later.0 = true;
        return response;
    }
    let is_long = match response.body().size() {
        BodySize::Sized(size) => size >= WORTH_IT,
        BodySize::Stream => true,
        BodySize::None => false,
    };
    let headers = response.headers();
    let is_live = headers.get(CONTENT_TYPE).is_some_and(|kind| kind == EVENTS);
    let stays = is_live || headers.contains_key(ETAG) || headers.contains_key(CONTENT_ENCODING);
    if !is_long || stays || response.status() != StatusCode::OK {
        return response;
    }
    if request.method() == Method::HEAD || !takes_gzip(request) {
        let varies = HeaderValue::from_static("accept-encoding");
        response.headers_mut().insert(VARY, varies);
        return response;
    }
    response
        .map_body(|head, body| BoxBody::new(Encoder::response(ContentEncoding::Gzip, head, body)))
}

fn takes_gzip(request: &HttpRequest) -> bool {
    let Ok(sent) = AcceptEncoding::parse(request) else {
        return false;
    };
    let ours = [Encoding::gzip(), Encoding::identity()];
    sent.negotiate(ours.iter()) == Some(Encoding::gzip())
}
