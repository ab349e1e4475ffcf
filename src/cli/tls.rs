//! What connections are secured with.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::http::Tls;

/// The certificate and its key.
#[derive(Args)]
pub(super) struct TlsArguments {
    /// Answer HTTPS with this certificate: PEM, with those that it was signed with behind it. Read again on SIGHUP
    #[arg(long, env = "VICISHIM_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key: PEM. Read again on SIGHUP
    #[arg(long, env = "VICISHIM_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
}

impl TlsArguments {
    /// Reads both; nothing where neither is named. An empty name counts for nothing, so that a variable may be set to
    /// nothing.
    pub(super) fn tls(&self) -> Result<Option<Tls>, Failure> {
        let named =
            |path: &Option<PathBuf>| path.clone().filter(|path| !path.as_os_str().is_empty());
        match (named(&self.tls_cert), named(&self.tls_key)) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(Tls::read(certificate, key)?)),
            (Some(_), None) => Err(Failure("--tls-cert needs --tls-key FILE".to_owned())),
            (None, Some(_)) => Err(Failure("--tls-key needs --tls-cert FILE".to_owned())),
        }
    }
}
