//! Where the calls go, who makes them, and how they are made.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::client::{Api, Target};
use super::password::Password;

/// The arguments of every command that calls an API. The password is no argument: everybody on the machine could read it.
#[derive(Args)]
pub(in crate::cli) struct Connection {
    /// The API: http://DIALER or the whole address of its non_agent_api.php
    #[arg(long, env = "VICISHIM_URL", hide_env_values = true)]
    pub(in crate::cli) url: Target,
    /// The API user
    #[arg(long, env = "VICISHIM_USER")]
    pub(in crate::cli) user: String,
    /// A file whose first line is the password
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) pass_file: Option<PathBuf>,
    /// What the API's log shall say of where the calls came from
    #[arg(long, default_value = "vicishim")]
    pub(in crate::cli) source: String,
    /// How many calls are under way at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(in crate::cli) parallel: u8,
    /// How often a call that did nothing (no connection, HTTP 502, 503, 504) is made again
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(0..=20))]
    pub(in crate::cli) retries: u8,
    /// How many seconds an answer may take; what comes later is never asked again, its outcome is unknown
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) timeout: u16,
}

impl Connection {
    /// The API, with this password. `in_address`: the parameters travel in the address.
    ///
    /// # Errors
    /// The system's certificates cannot be read.
    pub(in crate::cli) fn api(&self, password: Password, in_address: bool) -> Result<Api, String> {
        let timeout = Duration::from_secs(self.timeout.into());
        Api::new(
            &self.url,
            in_address,
            &self.user,
            password,
            &self.source,
            timeout,
        )
    }
}
