//! The other server: what is not answered here is passed on to it, and its answer back, both as they are.

mod address;
mod headers;
mod unavailable;

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::time::{Duration, Instant};

use actix_web::body::{BodyStream, SizedStream};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue as OurHeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures_util::stream::LocalBoxStream;
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

use super::client_address::peer_address;
use super::outgoing::{self, Client};
use crate::metrics;

use headers::Clients;

pub use address::UpstreamAddress;
pub(super) use unavailable::Unavailable;

/// A piece of an answer's body.
type Piece = Result<Bytes, Unavailable>;

/// A request that is ready to be sent there.
pub(super) type Asking = Request<Full<Bytes>>;

/// What it answers.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Those that the client is to get.
    pub(super) headers: Vec<(HeaderName, OurHeaderValue)>,
    length: Option<u64>,
    pub(super) pieces: LocalBoxStream<'static, Piece>,
}

impl Answer {
    /// Its beginning, to be given a body.
    pub(super) fn begin(&mut self) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(self.status);
        for header in self.headers.drain(..) {
            response.append_header(header);
        }
        response
    }

    /// The answer as it comes.
    pub(super) fn into_response(mut self) -> HttpResponse {
        let mut response = self.begin();
        match self.length {
            // Also where none of it comes, as after a HEAD.
            Some(length) => response.body(SizedStream::new(length, self.pieces)),
            None => response.body(BodyStream::new(self.pieces)),
        }
    }
}

/// The other server.
pub struct Upstream {
    address: UpstreamAddress,
    limit: Duration,
    client: Client,
    /// Our entry in `Via`, which tells a call of our own that comes back.
    via: HeaderValue,
}

impl Upstream {
    /// Makes ready to ask it. `limit` is for an answer's beginning, and again for each further piece of it.
    ///
    /// # Errors
    /// The address is an https one, and this machine has no certificates to check it by.
    pub fn new(address: UpstreamAddress, limit: Duration) -> io::Result<Self> {
        // The call's limit is the connection's too.
        let client = outgoing::client(Duration::MAX, address.is_https())?;
        let ours = RandomState::new().hash_one(std::process::id());
        Ok(Self {
            address,
            limit,
            client,
            via: HeaderValue::try_from(format!("1.1 vicishim-{ours:016x}"))
                .map_err(io::Error::other)?,
        })
    }

    /// Asks for an answer.
    pub(super) async fn ask(&self, asking: Asking) -> Result<Answer, Unavailable> {
        let answer = self.send(asking).await?;
        let status = StatusCode::from_u16(answer.status().as_u16())
            .ok()
            .filter(|status| !status.is_informational())
            .ok_or_else(|| Unavailable::Broken("its status is that of no answer".to_owned()))?;
        // Beside an encoding a length says nothing (RFC 9112 §6.3).
        let is_encoded = answer.headers().contains_key(header::TRANSFER_ENCODING);
        let length = answer
            .headers()
            .get(header::CONTENT_LENGTH)
            .filter(|_| !is_encoded)
            .and_then(|length| length.to_str().ok()?.parse().ok());
        Ok(Answer {
            status,
            headers: headers::of_response(answer.headers()).collect(),
            length,
            pieces: pieces(answer.into_body(), self.limit).boxed_local(),
        })
    }

    /// Asks for an answer that is neither packed nor a part of one.
    pub(super) async fn ask_for_the_plain_whole(
        &self,
        mut asking: Asking,
    ) -> Result<Answer, Unavailable> {
        headers::ask_for_the_plain_whole(asking.headers_mut());
        self.ask(asking).await
    }

    /// The same request, addressed to the upstream: to its API, or to another script of its. `client` is the address of the
    /// client, as far as that is known.
    pub(super) fn asking(
        &self,
        request: &HttpRequest,
        script: Option<&str>,
        body: Bytes,
        client: &str,
    ) -> Result<Asking, Unavailable> {
        let ours = self.via.as_bytes();
        let mut via = request.headers().get_all("via");
        if via.any(|via| via.as_bytes().windows(ours.len()).any(|part| part == ours)) {
            return Err(Unavailable::Loop);
        }
        let mut asking = Request::new(Full::new(body));
        *asking.uri_mut() = self
            .address
            .of(script, request.uri().query())
            .map_err(|_| Unavailable::TooLong)?;
        *asking.method_mut() = match request.method().as_str() {
            "POST" => Method::POST,
            "HEAD" => Method::HEAD,
            _ => Method::GET,
        };
        let clients = Clients {
            peer: &peer_address(request),
            client,
        };
        *asking.headers_mut() = headers::of_request(request.headers(), clients, &self.via);
        Ok(asking)
    }

    /// Asks for an answer that can be compared with ours, and gives it piece by piece.
    pub(super) async fn ask_to_compare(
        &self,
        mut asking: Asking,
    ) -> Result<(u16, impl Stream<Item = Piece> + Send + use<>), Unavailable> {
        headers::ask_for_the_plain_whole(asking.headers_mut());
        let answer = self.send(asking).await?;
        let status = answer.status().as_u16();
        Ok((status, pieces(answer.into_body(), self.limit)))
    }

    async fn send(&self, asking: Asking) -> Result<Response<Incoming>, Unavailable> {
        let begun = Instant::now();
        let answer = tokio::time::timeout(self.limit, self.client.request(asking))
            .await
            .map_err(|_| Unavailable::TooSlow)
            .and_then(|answer| answer.map_err(|error| Unavailable::of(&error)));
        metrics::count(|metrics| {
            let result = match &answer {
                Ok(answer) => metrics::class_of(answer.status().as_u16()),
                Err(Unavailable::TooSlow) => "timeout",
                Err(_) => "error",
            };
            metrics.upstream(result, begun.elapsed());
        });
        answer
    }
}

/// An answer's body as it comes in.
fn pieces(body: Incoming, limit: Duration) -> impl Stream<Item = Piece> + Send + use<> {
    stream::unfold(Some(body.into_data_stream()), move |body| async move {
        let mut body = body?;
        let piece = match tokio::time::timeout(limit, body.next()).await {
            Ok(Some(Ok(piece))) => return Some((Ok(piece), Some(body))),
            Ok(None) => return None,
            Ok(Some(Err(_))) => Unavailable::Broken("it broke off in its answer".to_owned()),
            Err(_) => Unavailable::TooSlow,
        };
        log::warn!(target: "vicishim::upstream", "an answer was cut short: {piece}");
        Some((Err(piece), None))
    })
}
