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

/// `local_gmt` of the first active server: its hours from UTC without daylight saving time, such as `-5.00`. None where no
/// server is active.
///
/// # Errors
/// The database cannot be read.
pub fn local_gmt(db: &mut Db) -> QueryResult<Option<String>> {
    let query = "SELECT local_gmt FROM servers WHERE active = 'Y' ORDER BY server_id LIMIT 1";
    let rows = db.read(Sql::new(query))?;
    Ok(rows.first().map(|row| row.text(0).to_owned()))
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
