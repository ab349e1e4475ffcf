//! HTTPS: the certificate and its key, read again on SIGHUP.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use std::{fmt, io};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a client may take to agree on the encryption.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// The name of HTTP/2 where the protocol is agreed on (ALPN).
const HTTP_2: &[u8] = b"h2";

/// A certificate with its key, and the files that they come from.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    pair: RwLock<Arc<CertifiedKey>>,
}

impl Tls {
    /// Reads both PEM files: the certificate first and what it was signed with behind it, and its key.
    ///
    /// # Errors
    /// One sentence: a file cannot be read, holds none, or the key is not the certificate's.
    pub fn read(certificate: PathBuf, key: PathBuf) -> Result<Self, String> {
        let pair = RwLock::new(Arc::new(pair(&certificate, &key)?));
        Ok(Self {
            certificate,
            key,
            pair,
        })
    }

    /// Reads both files again, for the connections to come; where they are no pair, the old one is kept.
    pub(super) fn read_again(&self) {
        match pair(&self.certificate, &self.key) {
            Ok(pair) => {
                *self.pair.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
                log::info!("the certificate was read again");
            }
            Err(error) => log::error!("the old certificate is kept: {error}"),
        }
    }

    /// What secures connections with it.
    pub(super) fn acceptor(self: Arc<Self>) -> Result<TlsAcceptor, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(self);
        config.alpn_protocols = vec![HTTP_2.to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Whether the client has chosen HTTP/2.
pub(super) fn is_http2<S>(stream: &TlsStream<S>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(HTTP_2)
}

/// Secures a connection.
pub(super) async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
    acceptor: &TlsAcceptor,
    stream: S,
) -> io::Result<TlsStream<S>> {
    tokio::time::timeout(HANDSHAKE_TIME, acceptor.accept(stream))
        .await?
        .inspect_err(|error| log::debug!("a connection was not secured: {error}"))
}

impl ResolvesServerCert for Tls {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let pair = self.pair.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&pair))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("certificate", &self.certificate)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

fn pair(certificate: &Path, key: &Path) -> Result<CertifiedKey, String> {
    let wrong = |path: &Path, what: &str, error| match error {
        pem::Error::Io(error) => format!("cannot read {}: {error}", path.display()),
        pem::Error::NoItemsFound => format!("{} holds no {what} as PEM", path.display()),
        // What it says may quote the file, and so the key.
        _ => format!(
            "{} is broken: it holds no whole {what} as PEM",
            path.display()
        ),
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(certificate, "certificate", error))?;
    if chain.is_empty() {
        return Err(wrong(certificate, "certificate", pem::Error::NoItemsFound));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, "key", error))?;
    CertifiedKey::from_der(chain, private, &ring::default_provider()).map_err(|error| {
        let (certificate, key) = (certificate.display(), key.display());
        format!("{certificate} and {key} are no pair: {error}")
    })
}
