//! `vicishim undo`: takes changes back.

use std::io::Write;
use std::ops::RangeInclusive;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;

use super::Failure;
use super::database::DatabaseArgument;
use super::history::{Which, check};
use crate::access::changes::{self, Asked, Refused, Undone};
use crate::access::scope::Scope;
use crate::access::time::stamp_of;
use crate::store::history::reading::{self, Filter};
use crate::store::history::undoing::Step;
use crate::store::history::{Author, DAYS, Slot};
use crate::store::logs::{self, AdminRow};
use crate::store::{CreateTables, Db, Performed, QueryResult, Store, Work};

/// Who is named as the user.
const USER: &str = "command line";

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(600);

/// How many changes one range names at the most.
const MOST: i64 = 1_000_000;

/// A change's number, or `FIRST-LAST`.
fn range(text: &str) -> Result<RangeInclusive<i64>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if first > 0 && first <= last && last - first < MOST => {
            Ok(first..=last)
        }
        _ => Err("give it as a number, or as FIRST-LAST".to_owned()),
    }
}

/// The arguments of `undo`.
#[derive(Args)]
pub(super) struct Undo {
    /// The numbers of changes, as `vicishim history` and the header X-Vicishim-Change name them; FIRST-LAST is all between
    #[arg(value_name = "ID", value_delimiter = ',', value_parser = range, required_unless_present_any = ["user", "function", "since", "until"])]
    ids: Vec<RangeInclusive<i64>>,
    #[command(flatten)]
    which: Which,
    /// Take the other rows back where some were changed again since
    #[arg(long)]
    partial: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseArgument,
}

impl Undo {
    /// Takes them back; prints what was done to each row.
    pub(super) fn run(self) -> Result<(), Failure> {
        if !self.ids.is_empty() && !self.which.is_empty() {
            let message = "name changes by their numbers, or by user, function and time, not both";
            return Err(Failure(message.to_owned()));
        }
        let address = self.database.address()?;
        let mut db = Db::open(&address, CreateTables::No)?;
        check(&db, &address)?;
        db.keep_history(DAYS);
        let work = Undoing {
            ids: self.ids.into_iter().flatten().collect(),
            filter: self.which.filter(),
            is_partial: self.partial,
            is_dry_run: self.dry_run,
        };
        let store = Store::start(db)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let performed = runtime.block_on(store.perform(work, LIMIT));
        drop(store);
        let (result, slot) = match performed {
            Performed::Done(done) => done,
            Performed::NothingChanged => {
                return Err(Failure(
                    "the database failed; nothing was changed".to_owned(),
                ));
            }
            Performed::Unknown => {
                let message = "the database failed in the middle: look with `vicishim history`, and undo the same changes again";
                return Err(Failure(message.to_owned()));
            }
        };
        let Undone { undo, .. } = result.map_err(why)?;
        let mut out = std::io::stdout().lock();
        for (step, subject) in undo.steps() {
            let sign = match step {
                Step::Removes => '-',
                Step::Changes => '~',
                Step::Adds => '+',
            };
            writeln!(out, "{sign} {subject}")?;
        }
        for conflict in &undo.conflicts {
            writeln!(out, "! {} {}", conflict.subject, conflict.why)?;
        }
        let (count, left) = (undo.steps().count(), undo.conflicts.len());
        let done = if self.dry_run { "would be " } else { "" };
        writeln!(out, "{count} rows {done}taken back, {left} left alone")?;
        if let Some(slot) = slot {
            let undo = slot.load(Ordering::Relaxed);
            writeln!(out, "vicishim undo {undo} takes this back")?;
        }
        Ok(())
    }
}

/// A sentence for what is refused.
fn why(refused: Refused) -> Failure {
    Failure(match refused {
        Refused::Missing(0) => "nothing of this kind was changed".to_owned(),
        Refused::Missing(change_id) => format!("there is no change {change_id}"),
        Refused::UndoneBy(change_id, by) => {
            format!("change {change_id} was taken back before, by {by}")
        }
        Refused::Unreadable(change_id) => format!("change {change_id} cannot be read"),
        Refused::TooMany(count) => format!("{count} rows are more than one call takes back"),
        Refused::NotAllowed(change_id, refusal) => format!("change {change_id}: {}", refusal.why),
        Refused::Conflicts(conflicts) => {
            let named = conflicts.iter().take(10).map(|conflict| {
                let (change, subject, why) = (conflict.change_id, &conflict.subject, conflict.why);
                format!("\n    change {change}: {subject} {why}")
            });
            format!(
                "nothing was taken back (--partial takes back the others): {} rows{}",
                conflicts.len(),
                named.collect::<String>()
            )
        }
    })
}

/// What is taken back, on a writer's connection.
struct Undoing {
    /// The changes; those that the filter lets through where there are none.
    ids: Vec<i64>,
    filter: Filter,
    is_partial: bool,
    is_dry_run: bool,
}

impl Work for Undoing {
    type Answer = (Result<Undone, Refused>, Option<Slot>);

    fn run(&mut self, db: &mut Db) -> QueryResult<Self::Answer> {
        db.begin_noting();
        let filter = Filter {
            change_ids: self.ids.clone(),
            ..self.filter.clone()
        };
        let mut entries = reading::held(db, &filter)?;
        let mut change_ids = self.ids.clone();
        if change_ids.is_empty() {
            entries.retain(|entry| entry.undone_by.is_none() && entry.undoes.is_empty());
            change_ids = entries.iter().map(|entry| entry.change_id).collect();
        }
        if change_ids.is_empty() {
            return Ok((Err(Refused::Missing(0)), None));
        }
        if let Some(refused) = changes::refused(&entries, &change_ids, |_| None) {
            return Ok((Err(refused), None));
        }
        let ids: Vec<String> = change_ids.iter().map(i64::to_string).collect();
        let ids = ids.join(",");
        let now = crate::now::now().timestamp();
        let change = changes::logged();
        let row = AdminRow {
            user: USER.to_owned(),
            event_date: stamp_of(now),
            event_section: change.section,
            event_type: change.kind,
            event_code: change.code,
            record_id: ids.clone(),
            ..AdminRow::default()
        };
        let asked = Asked {
            change_ids,
            is_partial: self.is_partial,
            is_dry_run: self.is_dry_run,
        };
        if !self.is_dry_run {
            logs::begin(db, row.clone())?;
        }
        let undone = match changes::take_back(db, &entries, &asked, &Scope::Everything)? {
            Ok(undone) => undone,
            Err(refused) => return Ok((Err(refused), None)),
        };
        if self.is_dry_run {
            return Ok((Ok(undone), None));
        }
        db.logs.admin(AdminRow {
            event_sql: undone.statements.join("; "),
            event_notes: undone.notes(&ids),
            ..row
        });
        let slot = db.end_noting(|| Author {
            changed_at: now,
            user: USER.to_owned(),
            function: "change_undo".to_owned(),
            ..Author::default()
        })?;
        Ok((Ok(undone), slot))
    }
}
