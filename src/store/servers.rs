//! `servers`: the dialers.

use super::sql::Sql;
use super::{Db, QueryResult};

/// Whether there is a dialer of that address.
///
/// # Errors
/// The database cannot be read.
pub fn exists(db: &mut Db, server_ip: &str) -> QueryResult<bool> {
    db.is_there("servers", "server_ip", server_ip)
}

/// Lets the dialer of that address write its configuration files anew, where it is one that writes them
/// (fixtures/reference/behaviour.md §6).
///
/// # Errors
/// The database cannot be written.
pub fn rebuild_conf_files(db: &mut Db, server_ip: &str) -> QueryResult<()> {
    let update = Sql::new(
        "UPDATE servers SET rebuild_conf_files = 'Y' \
         WHERE generate_vicidial_conf = 'Y' AND active_asterisk_server = 'Y' AND server_ip = ",
    )
    .bind(server_ip);
    db.write(&update).map(drop)
}
