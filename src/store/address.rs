//! Where the database is: a path, or a MariaDB's address.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use mysql_async::SslOpts;

/// The address of a database. Neither `Display` nor `Debug` shows a password.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A SQLite file of our own.
    Sqlite(PathBuf),
    /// A MariaDB or MySQL server, as `mysql://user:pass@host:port/database`.
    Mysql(MysqlAddress),
}

/// The parts of a MariaDB's address.
#[derive(Clone, PartialEq, Eq)]
pub struct MysqlAddress {
    /// The whole address as the driver takes it.
    pub(super) url: String,
    /// The same without user, password and parameters, to show.
    shown: String,
    /// How the connection is encrypted; none where it is not.
    pub(super) tls: Option<Box<SslOpts>>,
    /// Whether transactions see what other nodes of a Galera cluster had committed before; where it is not said, they do
    /// on a cluster.
    pub(super) galera_sync: Option<bool>,
    /// Where our own tables are, where this is a VICIdial's database.
    pub(super) state: Option<Box<Address>>,
}

impl MysqlAddress {
    /// An address from its parts, as `/etc/astguiclient.conf` has them.
    pub fn from_parts(user: &str, password: &str, host: &str, port: u16, database: &str) -> Self {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let shown = format!("mysql://{host}:{port}/{database}");
        let url = format!(
            "mysql://{}:{}@{host}:{port}/{}?{}",
            encode(user),
            encode(password),
            encode(database),
            with_defaults(&[])
        );
        Self {
            url,
            shown,
            tls: None,
            galera_sync: None,
            state: None,
        }
    }
}

impl Address {
    /// This address, with transactions that see what other nodes of a Galera cluster had committed before, or not.
    /// Nothing to say of a file.
    #[must_use]
    pub fn with_galera_sync(mut self, is_on: Option<bool>) -> Self {
        if let Self::Mysql(address) = &mut self {
            address.galera_sync = is_on;
        }
        self
    }

    /// This address of a VICIdial's database, with that of a database of ours beside it, in which our own tables are.
    ///
    /// # Errors
    /// A sentence: only a MariaDB has one, and it is another database.
    pub fn with_state(mut self, state: Self) -> Result<Self, String> {
        let Self::Mysql(address) = &mut self else {
            return Err(
                "--state is for a VICIdial's MariaDB: a SQLite file has our tables itself"
                    .to_owned(),
            );
        };
        if let Self::Mysql(state) = &state
            && state.shown == address.shown
        {
            return Err(format!(
                "--state is the dialer's own database {address}: it needs one of its own"
            ));
        }
        address.state = Some(Box::new(state));
        Ok(self)
    }

    /// Where our own tables are, beside a VICIdial's database.
    pub fn state(&self) -> Option<&Self> {
        match self {
            Self::Mysql(address) => address.state.as_deref(),
            Self::Sqlite(_) => None,
        }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(rest) = text
            .strip_prefix("mysql://")
            .or_else(|| text.strip_prefix("mariadb://"))
        {
            return mysql(rest).map(Self::Mysql);
        }
        let path = text
            .strip_prefix("sqlite://")
            .or_else(|| text.strip_prefix("sqlite:"))
            .unwrap_or(text);
        if let Some((scheme, _)) = path.split_once("://") {
            return Err(format!(
                "{scheme}:// is no database of ours: give a path, sqlite:PATH or mysql://USER:PASS@HOST:PORT/NAME"
            ));
        }
        if path.is_empty() {
            return Err("a database needs a path".to_owned());
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

fn mysql(rest: &str) -> Result<MysqlAddress, String> {
    let (location, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let place = location
        .rsplit_once('@')
        .map_or(location, |(_, place)| place);
    let (host, database) = place.split_once('/').unwrap_or((place, ""));
    if host.is_empty() || database.is_empty() {
        return Err("a MariaDB's address is mysql://USER:PASS@HOST:PORT/DATABASE".to_owned());
    }
    let socket = parameters
        .split('&')
        .find_map(|parameter| parameter.strip_prefix("socket="));
    let shown = match socket {
        Some(socket) => format!("mysql://{place} ({socket})"),
        None => format!("mysql://{place}"),
    };
    let mut tls = Tls::default();
    let of_the_driver: Vec<&str> = parameters
        .split('&')
        .filter(|parameter| !tls.takes(parameter))
        .collect();
    let tls = tls.options()?;
    if socket.is_some() && tls.is_some() {
        return Err("ssl-mode is for a network connection: a socket has none".to_owned());
    }
    let url = format!("mysql://{location}?{}", with_defaults(&of_the_driver));
    driver_check(&url)?;
    Ok(MysqlAddress {
        url,
        shown,
        tls,
        galera_sync: None,
        state: None,
    })
}

/// How a connection is encrypted, in the words of MySQL's own clients. The driver cannot check who signed a certificate
/// without the name in it: there is no `VERIFY_CA`.
#[derive(Default)]
struct Tls {
    mode: Option<String>,
    authority: Option<String>,
}

impl Tls {
    /// Takes a parameter of an address; whether it is one of these.
    fn takes(&mut self, parameter: &str) -> bool {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
        match name {
            "ssl-mode" => self.mode = Some(value.to_ascii_uppercase()),
            "ssl-ca" => self.authority = Some(value.into_owned()),
            _ => return false,
        }
        true
    }

    fn options(self) -> Result<Option<Box<SslOpts>>, String> {
        let options = SslOpts::default();
        let options = match self.mode.as_deref() {
            None | Some("DISABLED") if self.authority.is_some() => {
                return Err("ssl-ca needs ssl-mode=VERIFY_IDENTITY".to_owned());
            }
            None | Some("DISABLED") => return Ok(None),
            Some("REQUIRED") => options
                .with_danger_accept_invalid_certs(true)
                .with_danger_skip_domain_validation(true),
            Some("VERIFY_IDENTITY") => options,
            Some(mode) => {
                return Err(format!(
                    "ssl-mode={mode} is none of DISABLED, REQUIRED and VERIFY_IDENTITY"
                ));
            }
        };
        Ok(Some(Box::new(match self.authority {
            Some(path) => {
                std::fs::read(&path)
                    .map_err(|error| format!("cannot read ssl-ca={path}: {error}"))?;
                options
                    .with_root_certs(vec![PathBuf::from(path).into()])
                    .with_disable_built_in_roots(true)
            }
            None => options,
        })))
    }
}

/// An address's parameters with those that are left out.
fn with_defaults(parameters: &[&str]) -> String {
    let given = parameters.iter().copied();
    let mut all: Vec<&str> = given.filter(|parameter| !parameter.is_empty()).collect();
    let is_given = |all: &[&str], name: &str| all.iter().any(|given| given.starts_with(name));
    if !is_given(&all, "socket=") {
        // Else the driver would leave a server on loopback for its socket, past any proxy in between.
        if !is_given(&all, "prefer_socket=") {
            all.push("prefer_socket=false");
        }
        // An idle connection whose server is gone is noticed, in milliseconds.
        if !is_given(&all, "tcp_keepalive=") {
            all.push("tcp_keepalive=30000");
        }
    }
    all.join("&")
}

/// Finds what the driver would refuse, now rather than at the first connection.
fn driver_check(url: &str) -> Result<(), String> {
    mysql_async::Opts::from_url(url)
        .map(drop)
        .map_err(|error| format!("not a MariaDB's address: {error}"))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Mysql(address) => address.fmt(f),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl fmt::Display for MysqlAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for MysqlAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MysqlAddress({})", self.shown)
    }
}
