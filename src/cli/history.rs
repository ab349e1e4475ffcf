//! `vicishim history`: what calls have changed, with what was there before.

use std::io::{ErrorKind, Write};

use anstyle::{AnsiColor, Style};
use clap::Args;

use super::Failure;
use super::database::DatabaseArgument;
use crate::access::time::{moment, stamp_of};
use crate::store::history::reading::{self, Entry, Filter};
use crate::store::history::showing::{Done, ShownRow};
use crate::store::history::{RowChange, of_did};
use crate::store::{CreateTables, Db};

/// How many rows of one change are printed, where not all are asked for.
const ROWS: usize = 20;

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const BOLD: Style = Style::new().bold();

/// Which changes are meant.
#[derive(Args)]
pub(super) struct Which {
    /// Only changes by this user
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only changes by this function, such as copy_did
    #[arg(long, value_name = "FUNCTION")]
    function: Option<String>,
    /// Only changes since then: 2d, '10 min ago', '2026-11-20 09:00:00'
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<i64>,
    /// Only changes before then
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<i64>,
}

fn time(text: &str) -> Result<i64, String> {
    let read = moment(text, crate::now::now().timestamp());
    read.ok_or_else(|| "not a time like 2d, '10 min ago' or '2026-11-20 09:00:00'".to_owned())
}

impl Which {
    /// Whether nothing is said of it.
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            user,
            function,
            since,
            until,
        } = self;
        user.is_none() && function.is_none() && since.is_none() && until.is_none()
    }

    /// The filter.
    pub(super) fn filter(&self) -> Filter {
        Filter {
            user: self.user.clone(),
            function: self.function.clone(),
            since: self.since,
            until: self.until,
            ..Filter::default()
        }
    }
}

/// The arguments of `history`.
#[derive(Args)]
pub(super) struct History {
    /// Only changes of this DID
    #[arg(value_name = "NUMBER")]
    number: Option<String>,
    #[command(flatten)]
    which: Which,
    /// Only the change of this number, with all its rows
    #[arg(long, value_name = "ID", conflicts_with_all = ["number", "user", "function", "since", "until"])]
    change: Option<i64>,
    /// How many changes are printed
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    records: u64,
    #[command(flatten)]
    database: DatabaseArgument,
}

impl History {
    /// Prints the changes, the newest first.
    pub(super) fn run(self) -> Result<(), Failure> {
        let address = self.database.address()?;
        let mut db = Db::open(&address, CreateTables::No)?;
        check(&db, &address)?;
        let filter = Filter {
            subject: self.number.as_deref().map(of_did),
            change_ids: self.change.into_iter().collect(),
            ..self.which.filter()
        };
        let entries = reading::list(&mut db, &filter, 0, self.records)?;
        let mut out = anstream::stdout().lock();
        let most = if self.change.is_some() {
            usize::MAX
        } else {
            ROWS
        };
        for entry in &entries {
            match print(&mut out, entry, most) {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
                printed => printed?,
            }
        }
        if entries.is_empty() {
            eprintln!("nothing of this kind was changed");
        }
        Ok(())
    }
}

/// Refuses a database that keeps no changes.
pub(super) fn check(db: &Db, address: &crate::store::Address) -> Result<(), Failure> {
    match db.has_history() {
        true => Ok(()),
        false => Err(Failure(format!(
            "{address} has no tables of ours, and no --state is named: changes are not kept"
        ))),
    }
}

fn print(out: &mut impl Write, entry: &Entry, most: usize) -> std::io::Result<()> {
    let Entry {
        change_id,
        changed_at,
        user,
        client,
        source,
        function,
        request_id,
        undone_by,
        undoes,
        ..
    } = entry;
    let time = stamp_of(*changed_at);
    write!(
        out,
        "{BOLD}{change_id}{BOLD:#}  {time}  {function}  by {user}"
    )?;
    for (word, text) in [
        ("from", client),
        ("source", source),
        ("request_id", request_id),
    ] {
        if !text.is_empty() {
            write!(out, "  {word} {text}")?;
        }
    }
    if !undoes.is_empty() {
        let undoes: Vec<String> = undoes.iter().map(i64::to_string).collect();
        write!(out, "  undoes {}", undoes.join(","))?;
    }
    if let Some(by) = undone_by {
        write!(out, "  undone by {by}")?;
    }
    writeln!(out)?;
    for row in entry.shown().take(most) {
        print_row(out, &row)?;
    }
    match entry.count().saturating_sub(most) {
        0 => Ok(()),
        more => writeln!(
            out,
            "    and {more} more rows: vicishim history --change {change_id}"
        ),
    }
}

fn print_row(out: &mut impl Write, row: &ShownRow) -> std::io::Result<()> {
    let (sign, style) = match row.done {
        Done::Added => ('+', ADDED),
        Done::Changed => ('~', CHANGED),
        Done::Removed => ('-', REMOVED),
    };
    let table = match row.table.as_str() {
        RowChange::DIDS | "phones" => String::new(),
        table => format!(" ({table})"),
    };
    writeln!(out, "  {style}{sign} {}{table}{style:#}", row.subject)?;
    if row.done != Done::Changed {
        return Ok(());
    }
    for (column, after) in &row.after {
        let before = row.before.get(column).cloned().flatten();
        let shown = |value: Option<&str>| format!("{:?}", value.unwrap_or_default());
        let (before, after) = (shown(before.as_deref()), shown(after.as_deref()));
        writeln!(
            out,
            "      {column}: {REMOVED}{before}{REMOVED:#} → {ADDED}{after}{ADDED:#}"
        )?;
    }
    Ok(())
}
