//! `vicishim import`: a dialer's rows into a database of ours, to try things on.

use std::io::IsTerminal;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::asking::is_wanted;
use super::database::{check_file, read_astguiclient_conf, warn_of_passwords};
use super::{Failure, rows};
use crate::access::hashing::Digest;
use crate::store::columns::Columns;
use crate::store::import::{self, Dialer, ImportError, LeftOut, Masks};
use crate::store::{Address, CreateTables, Db, history, users};

/// The letters and digits of a password that is made up: none of them looks like another one.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// How many of them there are in a password, which fits every column that takes one.
const PASSWORD: usize = 10;

/// How many bytes the salt of passwords' digests has.
const SALT: usize = 16;

/// The arguments of `import`.
#[derive(Args)]
pub(super) struct Import {
    /// The dialer's database: mysql://USER:PASS@HOST:PORT/DATABASE, or a file such as /etc/astguiclient.conf. It is only read
    #[arg(
        env = "VICISHIM_IMPORT_FROM",
        hide_env_values = true,
        value_name = "URL|FILE"
    )]
    from: String,
    /// The database of ours that is filled: a SQLite file (created where it is not there), or mysql://USER:PASS@HOST:PORT/DATABASE
    #[arg(
        long,
        env = "VICISHIM_DATABASE",
        hide_env_values = true,
        default_value = super::database::DEFAULT,
        value_name = "PATH|URL"
    )]
    database: Address,
    /// Import the logs of calls, of changes and of the API too
    #[arg(long)]
    logs: bool,
    /// Give all users, phones and voicemail boxes this password, or one that is made up and printed, and leave out what may hold
    /// others
    #[arg(
        long,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        value_name = "PASSWORD"
    )]
    mask_passwords: Option<String>,
    /// Import into a database that has DIDs without a question
    #[arg(long)]
    yes: bool,
}

impl Import {
    pub(super) fn run(self) -> Result<(), Failure> {
        warn_of_passwords();
        let password = self.mask_passwords.map(checked).transpose()?;
        let from = match self.from.contains("://") {
            true => self.from.parse().map_err(Failure)?,
            false => read_astguiclient_conf(self.from.as_ref())?,
        };
        check_file(&self.database)?;
        let mut dialer = Dialer::open(&from, self.logs)?;
        let masks = password
            .map(|password| masks(&mut dialer, password))
            .transpose()?;
        let to = &self.database;
        let mut db = Db::open(to, CreateTables::No)?;
        if !db.has_vicishim_tables() {
            return Err(Failure(format!(
                "{to} is not a database of ours, and a dialer's is never written: name a SQLite file, or a MariaDB of our own"
            )));
        }
        if import::has_dids(&mut db)? && !self.yes {
            let question = format!(
                "{to} has DIDs already. A row with the same key is changed, all others stay. Import?"
            );
            if !is_wanted(&question)? {
                return Err(Failure("nothing was imported".to_owned()));
            }
        }
        // The first rows of a new database are no change of it.
        if users::any(&mut db)? {
            db.keep_history(history::DAYS);
        }
        say(dialer.left_out());
        check_users(dialer.left_out())?;
        if !dialer.is_at_one_moment() {
            eprintln!(
                "not all of the dialer's tables are InnoDB: each is read as it is at one moment, but not all at the same one"
            );
        }
        let bar = bar(&mut dialer)?;
        let imported = import::import(&mut dialer, &mut db, masks.as_ref(), |rows| {
            if let Some(bar) = &bar {
                bar.inc(rows as u64);
            }
        });
        if let Some(bar) = &bar {
            bar.finish_and_clear();
        }
        let counts = imported.map_err(told)?;
        let count = counts.iter().map(|(_, count)| count).sum();
        println!("{} of {from} imported into {to}", rows(count));
        for (table, count) in counts.iter().filter(|(_, count)| *count > 0) {
            println!("  {table} {count}");
        }
        if let Some(masks) = masks {
            println!(
                "every user, phone and voicemail box has the password {}",
                masks.password
            );
        }
        Ok(())
    }
}

/// The password that takes the place of others, where one is given, or an empty text.
fn checked(password: String) -> Result<Option<String>, Failure> {
    if password.is_empty() {
        return Ok(None);
    }
    let columns = Columns::ours();
    for (table, column) in import::passwords() {
        if let Some(column) = columns.find(table, column) {
            let fit = column.kind.fit(&password);
            fit.map_err(|why| {
                format!("the password of --mask-passwords {why}: {table} takes no more")
            })?;
        }
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    match password.len() > 1 && password.bytes().all(is_plain) {
        true => Ok(Some(password)),
        false => Err(Failure(
            "the password of --mask-passwords takes two letters and more of a-z, A-Z, 0-9, - and _"
                .to_owned(),
        )),
    }
}

/// What takes the place of the dialer's passwords.
fn masks(dialer: &mut Dialer, password: Option<String>) -> Result<Masks, Failure> {
    let password = match password {
        Some(password) => password,
        None => made_up(PASSWORD)?,
    };
    let pass_key = made_up(SALT)?;
    let digest = dialer.hashing()?.and_then(|mut hashing| {
        hashing.key.clone_from(&pass_key);
        Digest::new(hashing, &password).into_text()
    });
    Ok(Masks {
        password,
        pass_key,
        pass_hash: digest.unwrap_or_default(),
    })
}

fn made_up(length: usize) -> Result<String, Failure> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes)?;
    let letters = bytes.iter().map(|byte| LETTERS[usize::from(byte % 32)]);
    Ok(letters.map(char::from).collect())
}

/// Says what is left out.
fn say(left_out: &LeftOut) {
    for (table, columns) in &left_out.unknown {
        let columns = columns.join(", ");
        eprintln!("{table}: left out are columns that vicishim does not know: {columns}");
    }
    for (table, columns) in &left_out.defaults {
        let columns = columns.join(", ");
        eprintln!(
            "{table}: these columns get their default, because the dialer has none, or this account may not read them: {columns}"
        );
    }
    if !left_out.missing.is_empty() {
        let tables = left_out.missing.join(", ");
        eprintln!("not there, or not to be read by this account: {tables}");
    }
    if !left_out.logs.is_empty() {
        let tables = left_out.logs.join(", ");
        eprintln!("left out are the logs (--logs imports them): {tables}");
    }
}

/// Refuses users without what they sign in with: they would get the columns' defaults.
fn check_users(left_out: &LeftOut) -> Result<(), Failure> {
    const TABLE: &str = "vicidial_users";
    const NEEDED: &[&str] = &["pass", "user_level", "active", "vdc_agent_api_access"];
    let of_users = left_out
        .defaults
        .iter()
        .filter(|(table, _)| *table == TABLE);
    let mut columns = of_users.flat_map(|(_, columns)| columns);
    match columns.find(|column| NEEDED.contains(&column.as_ref())) {
        Some(column) => Err(Failure(format!(
            "{TABLE} has no column {column}, or this account may not read it; nothing was imported"
        ))),
        None => Ok(()),
    }
}

/// How far it got, on a terminal.
fn bar(dialer: &mut Dialer) -> Result<Option<ProgressBar>, Failure> {
    if !std::io::stderr().is_terminal() {
        return Ok(None);
    }
    let bar = ProgressBar::new(dialer.count()?);
    if let Ok(style) =
        ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} rows, {eta} left")
    {
        bar.set_style(style);
    }
    Ok(Some(bar))
}

fn told(error: ImportError) -> Failure {
    let (named, count) = match error {
        ImportError::Failed(why) => return Failure(why),
        ImportError::Unfit(named, count) => (named, count),
    };
    for value in &named {
        eprintln!("{value}");
    }
    let more = match count - named.len() {
        0 => String::new(),
        more => format!(" ({more} more are not named)"),
    };
    Failure(format!(
        "our columns cannot hold {count} of the dialer's values{more}; nothing was imported"
    ))
}
