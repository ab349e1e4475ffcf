//! The proxies that are believed.

use clap::Args;

use super::Failure;
use crate::http::TrustedProxies;

/// The proxies in front of this server.
#[derive(Args)]
pub(super) struct ProxyArguments {
    /// Take the client's address, for IP lists and logs, from X-Forwarded-For where the connection comes from one of
    /// these proxies
    #[arg(
        long,
        env = "VICISHIM_TRUST_PROXY",
        value_name = "ADDRESS,…",
        value_delimiter = ','
    )]
    trust_proxy: Vec<String>,
}

impl ProxyArguments {
    /// The proxies; an empty name counts for nothing, so that the variable may be set to nothing.
    pub(super) fn proxies(&self) -> Result<TrustedProxies, Failure> {
        let names = self.trust_proxy.iter().map(|name| name.trim());
        let addresses = names.filter(|name| !name.is_empty()).map(|name| {
            let wrong = |_| Failure(format!("--trust-proxy: {name:?} is no IP address"));
            name.parse().map_err(wrong)
        });
        Ok(TrustedProxies::new(
            addresses.collect::<Result<Vec<_>, _>>()?,
        ))
    }
}
