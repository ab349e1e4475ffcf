//! `vicishim route-key`: the keys with which a dialplan asks where a call goes.

use std::io::Write;

use chrono::DateTime;
use clap::{Args, Subcommand};
use ipnet::IpNet;

use super::Failure;
use super::database::{DatabaseArgument, check_own_tables, open_to_read};
use crate::access::route_key::{make, network};
use crate::store::{CreateTables, Db, route_keys};

/// The most characters of a key's name.
const LONGEST: usize = 40;

/// The arguments of `route-key`.
#[derive(Args)]
pub(super) struct RouteKeys {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Make a key and print it: it is stored nowhere, and cannot be printed again
    Add(Add),
    /// Print each key's name, the addresses that it is taken from, and when it was made
    List(List),
    /// Remove a key: it is refused from then on
    Remove(Remove),
}

/// The arguments of `route-key add`.
#[derive(Args)]
struct Add {
    /// The key's name, as the logs have it: 1 to 40 letters, digits, `.`, `_` or `-`
    #[arg(value_parser = name)]
    name: String,
    /// The addresses and networks that it is taken from, such as 127.0.0.1,10.0.0.0/8
    #[arg(
        long, value_name = "ADDRESS,…", value_delimiter = ',', value_parser = network,
        default_value = "127.0.0.1,::1"
    )]
    allow: Vec<IpNet>,
    #[command(flatten)]
    database: DatabaseArgument,
}

/// The arguments of `route-key list`.
#[derive(Args)]
struct List {
    #[command(flatten)]
    database: DatabaseArgument,
}

/// The arguments of `route-key remove`.
#[derive(Args)]
struct Remove {
    /// The key's name
    name: String,
    #[command(flatten)]
    database: DatabaseArgument,
}

fn name(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    match (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_plain) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "must be 1 to {LONGEST} letters, digits, `.`, `_` or `-`"
        )),
    }
}

impl RouteKeys {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.what {
            What::Add(add) => add.run(),
            What::List(list) => list.run(),
            What::Remove(remove) => remove.run(),
        }
    }
}

/// The database, where it has tables of ours.
fn open(database: &DatabaseArgument) -> Result<Db, Failure> {
    let address = database.address()?;
    let db = Db::open(&address, CreateTables::No)?;
    check_own_tables(&db, &address)?;
    Ok(db)
}

impl Add {
    fn run(self) -> Result<(), Failure> {
        let mut db = open(&self.database)?;
        let now = crate::now::now().timestamp();
        let Some(key) = make(&mut db, &self.name, &self.allow, now)? else {
            let message = format!("there is a key {} already: remove it first", self.name);
            return Err(Failure(message));
        };
        let printed = writeln!(std::io::stdout(), "{key}");
        if printed.is_err() {
            // Nobody has it.
            route_keys::remove(&mut db, &self.name)?;
        }
        Ok(printed?)
    }
}

impl List {
    fn run(self) -> Result<(), Failure> {
        let address = self.database.address()?;
        let mut db = open_to_read(&address)?;
        check_own_tables(&db, &address)?;
        for key in route_keys::all(&mut db)? {
            let made = DateTime::from_timestamp(key.made_at, 0).unwrap_or_default();
            let made = made.format("%Y-%m-%d %H:%M:%S");
            writeln!(std::io::stdout(), "{} {} {made}", key.name, key.networks)?;
        }
        Ok(())
    }
}

impl Remove {
    fn run(self) -> Result<(), Failure> {
        let mut db = open(&self.database)?;
        match route_keys::remove(&mut db, &self.name)? {
            true => Ok(()),
            false => Err(Failure(format!("there is no key {}", self.name))),
        }
    }
}
