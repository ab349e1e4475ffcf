//! HTTPS: the certificate and its key, read again on SIGHUP, and connections that are secured with them.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};

use actix_rt::net::{ActixStream, Ready, TcpStream};
use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::server::HEAD_TIME;

/// A certificate with its key, and the files that they come from.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads both PEM files: the certificate first and what it was signed with behind it, and its key.
    ///
    /// # Errors
    /// One sentence: a file cannot be read, holds none, or the key is not the certificate's.
    pub fn read(certificate: PathBuf, key: PathBuf) -> Result<Self, String> {
        let config = RwLock::new(Arc::new(config(&certificate, &key)?));
        Ok(Self {
            certificate,
            key,
            config,
        })
    }

    /// Reads both files again, for the connections to come; where they are no pair, the old one is kept.
    pub(super) fn read_again(&self) {
        match config(&self.certificate, &self.key) {
            Ok(config) => {
                *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
                log::info!("the certificate was read again");
            }
            Err(error) => log::error!("the old certificate is kept: {error}"),
        }
    }

    /// Secures a connection.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<Secured> {
        let config = Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner));
        let accepting = TlsAcceptor::from(config).accept(stream);
        let stream = tokio::time::timeout(HEAD_TIME, accepting).await??;
        Ok(Secured(stream))
    }
}

fn config(certificate: &Path, key: &Path) -> Result<ServerConfig, String> {
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
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(chain, private)
        })
        .map_err(|error| {
            let (certificate, key) = (certificate.display(), key.display());
            format!("{certificate} and {key} are no pair: {error}")
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// A connection that is secured.
pub(super) struct Secured(TlsStream<TcpStream>);

impl AsyncRead for Secured {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Secured {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}

impl ActixStream for Secured {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_read_ready(self.0.get_ref().0, cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_write_ready(self.0.get_ref().0, cx)
    }
}
