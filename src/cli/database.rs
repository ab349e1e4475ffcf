//! The database that a command works on.

use clap::Args;

use crate::store::Address;

/// Where the database is.
#[derive(Args)]
pub(super) struct DatabaseArgument {
    /// A SQLite file (created where it is not there), or mysql://USER:PASS@HOST:PORT/DATABASE
    #[arg(
        long,
        env = "VICISHIM_DATABASE",
        hide_env_values = true,
        default_value = "vicishim.db",
        value_name = "PATH|URL"
    )]
    pub(super) database: Address,
}
