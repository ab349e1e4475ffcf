//! `vicishim serve`

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use clap::Args;
use clap::builder::BoolishValueParser;

use super::Failure;
use super::database::{DatabaseArgument, open_within};
use super::listen::ListenArguments;
use super::load::load_files;
use super::log_format::LogFormat;
use super::number_form::NumberArguments;
use super::proxies::ProxyArguments;
use super::test_controls;
use super::tls::TlsArguments;
use super::upstream::UpstreamArguments;
use crate::access::sign_in;
use crate::api::Dialect;
use crate::http::{Bodies, State};
use crate::now;
use crate::routing::hours::zone;
use crate::store::{Address, CreateTables, Store, history, load_dump, users};

/// Rows for trying things out: the examples of README.md and of the pages in docs work on them.
const DEMO: &str = include_str!("../../fixtures/demo.json");

/// The user of those rows, and its password.
const DEMO_USER: (&str, &str) = ("6666", "1234");

/// The arguments of `serve`.
#[derive(Args)]
pub(super) struct Serve {
    #[command(flatten)]
    listen: ListenArguments,
    #[command(flatten)]
    database: DatabaseArgument,
    /// How replies are written: as VICIdial's manual prints them, or as its server sends them
    #[arg(long, env = "VICISHIM_DIALECT", value_enum, default_value_t)]
    dialect: Dialect,
    #[command(flatten)]
    numbers: NumberArguments,
    /// Load rows to try things out with into an empty database: user 6666, password 1234. Loopback only
    #[arg(long, env = "VICISHIM_DEMO", value_parser = BoolishValueParser::new())]
    demo: bool,
    /// Load them also where others can reach the server: everybody knows their password
    #[arg(long, env = "VICISHIM_DEMO_ANYWHERE", value_parser = BoolishValueParser::new())]
    demo_anywhere: bool,
    /// Load the rows of this file before serving, as `vicishim load` does; may be given several times. For a database of
    /// our own
    #[arg(
        long,
        env = "VICISHIM_LOAD",
        value_name = "FILE",
        value_delimiter = ','
    )]
    load: Vec<PathBuf>,
    /// Make our tables in an empty MariaDB database. A VICIdial database is never created in or altered
    #[arg(long, env = "VICISHIM_CREATE_TABLES", value_parser = BoolishValueParser::new())]
    create_tables: bool,
    /// Where the database's server cannot be reached at the start, keep trying for so long, such as 30s
    #[arg(
        long, env = "VICISHIM_WAIT_FOR_DATABASE", value_name = "TIME", default_value = "0s",
        value_parser = humantime::parse_duration
    )]
    wait_for_database: Duration,
    /// The dialer's time zone, such as America/New_York, for hours without a zone of their own [default: that of
    /// servers.local_gmt]
    #[arg(long, env = "VICISHIM_TIME_ZONE", value_name = "ZONE", value_parser = zone)]
    time_zone: Option<Tz>,
    /// For how many days it is kept what calls have changed; 0: not at all
    #[arg(
        long, env = "VICISHIM_HISTORY_DAYS", value_name = "DAYS", default_value_t = history::DAYS,
        value_parser = clap::value_parser!(u32).range(..=36_500)
    )]
    history_days: u32,
    /// Serve no console: no pages for a browser at /
    #[arg(long, env = "VICISHIM_NO_CONSOLE", value_parser = BoolishValueParser::new())]
    no_console: bool,
    /// How log lines are written to standard error
    #[arg(long, env = "VICISHIM_LOG_FORMAT", value_enum, default_value_t)]
    log_format: LogFormat,
    /// Let tests reset rows, look calls up, plan faults and set the clock, at /vicishim/test/. Loopback only, for a database
    /// of our own
    #[arg(long, env = "VICISHIM_TEST_CONTROLS", value_parser = BoolishValueParser::new())]
    test_controls: bool,
    #[command(flatten)]
    upstream: UpstreamArguments,
    #[command(flatten)]
    proxies: ProxyArguments,
    #[command(flatten)]
    tls: TlsArguments,
}

impl Serve {
    /// How its log lines are written.
    pub(super) fn log_format(&self) -> LogFormat {
        self.log_format
    }

    pub(super) fn run(self) -> Result<(), Failure> {
        let listening = self.listen.listening(self.upstream.is_given())?;
        let is_demo = self.demo || self.demo_anywhere;
        if is_demo && !self.demo_anywhere && !listening.address.ip().is_loopback() {
            let message = format!(
                "--demo is for loopback only, not for {}: everybody knows its password (--demo-anywhere, where nobody can do harm)",
                listening.address
            );
            return Err(Failure(message));
        }
        let number_form = self.numbers.number_form();
        if self.dialect == Dialect::Wire && !number_form.is_as_is() {
            let message = "--number-form is for the documented dialect: the wire dialect stores numbers as VICIdial does";
            return Err(Failure(message.to_owned()));
        }
        let address = self.database.address()?;
        let create_tables = if self.create_tables {
            CreateTables::Yes
        } else {
            CreateTables::No
        };
        if self.create_tables && matches!(address.state().unwrap_or(&address), Address::Sqlite(_)) {
            let message = "--create-tables is for a MariaDB: a SQLite file always gets its tables";
            return Err(Failure(message.to_owned()));
        }
        if !self.load.is_empty() && matches!(address, Address::Mysql(_)) && !self.create_tables {
            let message = "--load is for a SQLite file, or for a MariaDB of our own with --create-tables: a dialer's rows are its own";
            return Err(Failure(message.to_owned()));
        }
        let tls = self.tls.tls()?;
        let others = self.upstream.others(listening.address)?;
        let proxies = self.proxies.proxies()?;
        let server = listening.server()?;
        let listening = server.address()?;
        if self.test_controls {
            test_controls::check_address(listening)?;
            now::make_adjustable();
        }
        let mut db = open_within(&address, create_tables, self.wait_for_database)?;
        if let Some(missing) = db.columns().missing() {
            return Err(Failure(format!(
                "the database {address} is not one that vicishim can serve; it lacks {missing}. Nothing in it was \
                 changed. (An empty database of our own: --create-tables)"
            )));
        }
        match db.open_state() {
            // Calls that need nothing of it are answered meanwhile.
            Err(error) if error.unreachable => {
                log::warn!(target: "vicishim::state", "our own tables are away: {error}");
            }
            opened => opened?,
        }
        let had_users = users::any(&mut db)?;
        if is_demo && !had_users {
            load_dump::load(&mut db, [("demo.json", DEMO)])?;
        }
        // The first rows of a new database are no change of it.
        if had_users {
            db.keep_history(self.history_days);
        }
        load_files(&mut db, &self.load)?;
        db.keep_history(self.history_days);
        if !self.demo_anywhere
            && !listening.ip().is_loopback()
            && db.has_vicishim_tables()
            && !db.has_state()
            && sign_in::opens_with(&mut db, DEMO_USER.0, DEMO_USER.1)?
        {
            let (user, password) = DEMO_USER;
            return Err(Failure(format!(
                "{listening} can be reached from elsewhere, and everybody knows the password {password} of user {user} in \
                 {address}: change it or delete the user first, or listen on loopback"
            )));
        }
        let hint = match (is_demo, had_users) {
            (true, true) => Some("--demo: the database has users already, so nothing was loaded"),
            (false, false) if !users::any(&mut db)? => Some(
                "there is no user yet: add one with `vicishim load FILE` (README, \"Your own users\"), or try --demo",
            ),
            (true, false) | (false, _) => None,
        };
        let (scheme, curl) = match tls {
            Some(_) => ("https", "curl -k"),
            None => ("http", "curl"),
        };
        let mut greeting = format!(
            "vicishim listens on {scheme}://{listening}/vicidial/non_agent_api.php with {address}\n"
        );
        if let Some(state) = address.state() {
            greeting.push_str(&format!("our own tables are in {state}\n"));
        }
        if let Some(others) = &others {
            greeting.push_str(&format!("{}\n", others.shown));
        }
        if let Some(hint) = hint {
            greeting.push_str(&format!("{hint}\n"));
        }
        if !self.no_console {
            greeting.push_str(&format!(
                "the console, for a browser: {scheme}://{listening}/\n"
            ));
        }
        if let Some(metrics) = &server.metrics {
            greeting.push_str(&format!("metrics for Prometheus: {}\n", metrics.url()));
        }
        if is_demo {
            // Nobody here knows the password of a user who was there already.
            let call = match had_users {
                true => "function=version",
                false => "source=test&user=6666&pass=1234&function=add_did&did_pattern=7275550100",
            };
            greeting.push_str(&format!(
                "try: {curl} '{scheme}://{listening}/vicidial/non_agent_api.php?{call}'\n"
            ));
        }
        let (passed_on, shadow) = match others {
            Some(others) => (Some(others.passed_on), others.shadow),
            None => (None, None),
        };
        if self.test_controls {
            test_controls::prepare(&mut db)?;
            greeting.push_str(&test_controls::greeting(scheme, listening));
        }
        db.forget_old_changes();
        let machine = rustix::system::uname();
        let state = State {
            store: Store::start(db)?,
            dialect: self.dialect,
            number_form,
            hostname: machine.nodename().to_string_lossy().into_owned(),
            time_zone: self.time_zone,
            passed_on,
            shadow,
            proxies,
            channels: Arc::default(),
            bodies: Bodies::default(),
            console: (!self.no_console).then(Default::default),
            test_controls: self.test_controls.then(Default::default),
            tls: tls.map(Arc::new),
        };
        let greet = || {
            let mut out = std::io::stdout().lock();
            out.write_all(greeting.as_bytes())?;
            out.flush()
        };
        actix_web::rt::System::new().block_on(server.run(state, greet))?;
        log::info!("ended");
        Ok(())
    }
}
