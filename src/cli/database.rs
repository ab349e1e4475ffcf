//! The database that a command works on.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use super::Failure;
use crate::store::{Address, CreateTables, Db, MysqlAddress};

/// The database where none is named.
pub(super) const DEFAULT: &str = "vicishim.db";

/// How long to wait between two tries to reach the database.
const PAUSE: Duration = Duration::from_millis(500);

/// Where the database is.
#[derive(Args)]
pub(super) struct DatabaseArgument {
    /// A SQLite file (created where it is not there), or mysql://USER:PASS@HOST:PORT/DATABASE
    /// (?socket=/path for a socket, ?ssl-mode=VERIFY_IDENTITY for TLS) [default: vicishim.db]
    #[arg(
        long,
        env = "VICISHIM_DATABASE",
        hide_env_values = true,
        value_name = "PATH|URL"
    )]
    database: Option<Address>,
    /// Take a dialer's database from this file, usually /etc/astguiclient.conf
    #[arg(
        long,
        env = "VICISHIM_ASTGUICLIENT_CONF",
        value_name = "FILE",
        conflicts_with = "database"
    )]
    astguiclient_conf: Option<PathBuf>,
    /// Where our own tables are beside a VICIdial's database, which is never given one: a SQLite file (created where it is
    /// not there), or the mysql:// address of a MariaDB database of our own (made with --create-tables)
    #[arg(
        long,
        env = "VICISHIM_STATE",
        hide_env_values = true,
        value_name = "PATH|URL"
    )]
    state: Option<Address>,
    /// Whether a call sees what other nodes of a Galera cluster had committed before it. On where a cluster is found
    #[arg(long, env = "VICISHIM_GALERA_SYNC", value_name = "on|off")]
    galera_sync: Option<OnOff>,
}

/// A switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnOff {
    #[value(aliases = ["1", "yes", "true"])]
    On,
    #[value(aliases = ["0", "no", "false"])]
    Off,
}

impl DatabaseArgument {
    /// The address that the arguments name.
    pub(super) fn address(&self) -> Result<Address, Failure> {
        let address = match (&self.database, &self.astguiclient_conf) {
            (_, Some(file)) => read_astguiclient_conf(file)?,
            (Some(address), None) => address.clone(),
            (None, None) => DEFAULT.parse().map_err(Failure)?,
        };
        let is_named = self.database.is_some() || self.state.is_some();
        if is_named {
            warn_of_passwords();
        }
        check_file(&address)?;
        let galera_sync = self.galera_sync.map(|switch| switch == OnOff::On);
        let address = address.with_galera_sync(galera_sync);
        match &self.state {
            Some(state) => {
                check_file(state)?;
                let state = state.clone().with_galera_sync(galera_sync);
                Ok(address.with_state(state)?)
            }
            None => Ok(address),
        }
    }
}

/// Warns where the arguments show a password.
pub(super) fn warn_of_passwords() {
    if std::env::args().any(|argument| shows_password(&argument)) {
        log::warn!(
            "everybody on this machine can read the database's password in the list of processes: \
             set VICISHIM_DATABASE and VICISHIM_STATE (or VICISHIM_IMPORT_FROM), or use astguiclient.conf"
        );
    }
}

/// Refuses what SQLite has without a file.
pub(super) fn check_file(address: &Address) -> Result<(), Failure> {
    if let Address::Sqlite(path) = address
        && let Some(name) = path.to_str()
        && (name.contains(":memory:") || name.contains("mode=memory"))
    {
        return Err(Failure(format!(
            "{name} is no database for vicishim: each of its connections would have another one. Name a file, in memory \
             such as /dev/shm/vicishim.db"
        )));
    }
    Ok(())
}

/// Whether an argument holds a MariaDB's address with a password in it.
fn shows_password(argument: &str) -> bool {
    let place = ["mysql://", "mariadb://"]
        .iter()
        .find_map(|scheme| argument.split_once(scheme));
    let user = place.and_then(|(_, place)| place.rsplit_once('@'));
    let password = user.and_then(|(user, _)| user.split_once(':'));
    password.is_some_and(|(_, password)| !password.is_empty())
}

/// Opens the database; where its server cannot be reached, tries again for so long.
pub(super) fn open_within(
    address: &Address,
    create_tables: CreateTables,
    patience: Duration,
) -> Result<Db, Failure> {
    let since = Instant::now();
    loop {
        match Db::open(address, create_tables) {
            Err(error) if error.unreachable && since.elapsed() < patience => {
                log::warn!("{error}; trying again");
                std::thread::sleep(PAUSE);
            }
            opened => return Ok(opened?),
        }
    }
}

/// Opens a database that is there already, for reading only.
pub(super) fn open_to_read(address: &Address) -> Result<Db, Failure> {
    if let Address::Sqlite(path) = address
        && !path.exists()
    {
        return Err(Failure(format!("there is no database {}", path.display())));
    }
    Ok(Db::open_reader(address)?)
}

/// Refuses a database without tables of ours.
pub(super) fn check_own_tables(db: &Db, address: &Address) -> Result<(), Failure> {
    match db.has_vicishim_tables() {
        true => Ok(()),
        false => Err(Failure(format!(
            "{address} has no tables of ours, and no --state is named"
        ))),
    }
}

/// Reads VARDB_server, VARDB_database, VARDB_user, VARDB_pass and VARDB_port from `NAME => value` lines.
pub(super) fn read_astguiclient_conf(file: &Path) -> Result<Address, Failure> {
    let shown = file.display();
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let value = |name: &str| {
        let lines = text.lines().filter_map(|line| line.split_once("=>"));
        lines
            .filter(|(known, _)| known.trim() == name)
            .map(|(_, value)| value.trim())
            .next_back()
    };
    let need = |name: &str| {
        let found = value(name).filter(|value| !value.is_empty());
        found.ok_or_else(|| Failure(format!("{shown} has no line `{name} => …`")))
    };
    let port = match value("VARDB_port") {
        None | Some("") => 3306,
        Some(port) => port
            .parse()
            .map_err(|_| format!("{shown}: VARDB_port is no port: {port}"))?,
    };
    let password = value("VARDB_pass").unwrap_or_default();
    let (user, host, database) = (
        need("VARDB_user")?,
        need("VARDB_server")?,
        need("VARDB_database")?,
    );
    Ok(Address::Mysql(MysqlAddress::from_parts(
        user, password, host, port, database,
    )))
}
