//! The HTTP client for calls to other servers: the upstream's and those of `vicishim bulk`.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tower_service::Service;

/// How long a connection is kept for the next call: less than any web server keeps one (Apache: 5 seconds), so that no call
/// is sent on a connection that is being closed.
const KEPT: Duration = Duration::from_secs(2);

/// A client that keeps connections for a while, and sends nothing twice.
pub(crate) type Client = legacy::Client<Connector, Full<Bytes>>;

/// A client. `limit` is for a connection, with its encryption; a call has a limit of its own. Where it `needs_tls`, servers
/// are checked by the certificates that this machine trusts.
///
/// # Errors
/// The machine has no certificates to check by.
pub(crate) fn client(limit: Duration, needs_tls: bool) -> io::Result<Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let config = match needs_tls {
        true => config.with_native_roots()?,
        false => config.with_root_certificates(RootCertStore::empty()),
    };
    let inner = HttpsConnectorBuilder::new()
        .with_tls_config(config.with_no_client_auth())
        .https_or_http()
        .enable_http1()
        .build();
    Ok(legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(KEPT)
        .build(Connector { inner, limit }))
}

/// Makes connections, each within a time limit.
#[derive(Clone)]
pub(crate) struct Connector {
    inner: HttpsConnector<HttpConnector>,
    limit: Duration,
}

impl Service<Uri> for Connector {
    type Response = <HttpsConnector<HttpConnector> as Service<Uri>>::Response;
    type Error = <HttpsConnector<HttpConnector> as Service<Uri>>::Error;
    type Future =
        Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send + 'static>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let connecting = tokio::time::timeout(self.limit, self.inner.call(address));
        Box::pin(async move {
            connecting
                .await
                .unwrap_or_else(|_| Err("it took too long".into()))
        })
    }
}

/// The cause of an error that has no further cause. Its words cannot hold the address of the call.
pub(crate) fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost
}
