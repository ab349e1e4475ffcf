//! The report: a CSV file with a line for each number, written as the answers come, from which a second run goes on.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::job::Job;
use super::outcome::{Outcome, Word};

/// A new report's permissions: it says which numbers there are.
const OWNER_ONLY: u32 = 0o600;

/// The header row: the line of the list, and the hash of its row, by which a second run knows what is done.
const HEADER: [&str; 6] = ["line", "number", "result", "reason", "did_id", "row"];

/// What is said of a file that is something else.
const FOREIGN: &str = "it is there and no report of `vicishim bulk`: name a new file";

/// What takes the outcomes of a run as they come.
pub(in crate::cli) trait Sink {
    /// Takes these outcomes.
    ///
    /// # Errors
    /// They cannot be kept: the run stops.
    fn write(&mut self, outcomes: &[Outcome]) -> Result<(), String>;
}

/// What a report says of an earlier run. A later line takes the place of an earlier one of the same number.
#[derive(Debug, Default)]
pub(in crate::cli) struct Done {
    /// The numbers that are done, and the hash of the row that was.
    numbers: HashMap<String, String>,
    /// How many duplicates of a number with this hash it has.
    duplicates: HashMap<(String, String), usize>,
    /// All numbers that it has a line of.
    named: HashSet<String>,
}

impl Done {
    /// Whether a number is done as this row says it.
    pub(super) fn has(&self, number: &str, row: &str) -> bool {
        self.numbers.get(number).is_some_and(|done| done == row)
    }

    /// Whether one more duplicate of a number has its line already.
    pub(super) fn take_duplicate(&mut self, number: &str, row: &str) -> bool {
        match self
            .duplicates
            .get_mut(&(number.to_owned(), row.to_owned()))
        {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    fn read(text: &[u8], job: &Job) -> Result<Self, String> {
        let mut done = Self::default();
        for outcome in outcomes(text)? {
            let Outcome {
                number, word, row, ..
            } = outcome;
            if word == Word::Duplicate {
                *done.duplicates.entry((number, row)).or_default() += 1;
                continue;
            }
            if job.done_words().contains(&word) {
                done.numbers.insert(number.clone(), row);
            } else if matches!(word, Word::Refused | Word::Unknown) {
                done.numbers.remove(&number);
            } else {
                return Err(format!(
                    "it is the report of another job, with a number {word}: name a new file"
                ));
            }
            done.named.insert(number);
        }
        Ok(done)
    }
}

/// What a report says of an earlier run; nothing where there is none yet.
///
/// # Errors
/// The file cannot be read, or is no report of this job.
pub(super) fn done(path: &Path, job: &Job) -> Result<Done, String> {
    let named = |error: String| format!("--report {}: {error}", path.display());
    match std::fs::read(path) {
        Ok(text) => whole_lines(&text)
            .and_then(|text| Done::read(text, job))
            .map_err(named),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Done::default()),
        Err(error) => Err(named(error.to_string())),
    }
}

/// The lines of a report, a half one at its end left out: the run was killed while it wrote it.
fn whole_lines(text: &[u8]) -> Result<&[u8], String> {
    let end = text.iter().rposition(|&byte| byte == b'\n');
    match end.map_or(0, |at| at + 1) {
        0 if !HEADER.join(",").as_bytes().starts_with(text) => Err(FOREIGN.to_owned()),
        end => Ok(&text[..end]),
    }
}

fn outcomes(text: &[u8]) -> Result<Vec<Outcome>, String> {
    let mut records = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text);
    let mut outcomes = Vec::new();
    for (at, record) in records.records().enumerate() {
        let record = record.map_err(|_| FOREIGN)?;
        if at == 0 && record.iter().eq(HEADER) {
            continue;
        }
        let [line, number, word, reason, did_id, row] = record.iter().collect::<Vec<_>>()[..]
        else {
            return Err(FOREIGN.to_owned());
        };
        match (Word::parse(word), line.parse()) {
            (Some(word), Ok(line)) if at > 0 => outcomes.push(Outcome {
                line,
                row: row.to_owned(),
                reason: reason.to_owned(),
                did_id: did_id.to_owned(),
                ..Outcome::new(number, word)
            }),
            _ => return Err(FOREIGN.to_owned()),
        }
    }
    Ok(outcomes)
}

/// A report that is being written, or none.
pub(super) struct Report(Option<Open>);

struct Open {
    path: PathBuf,
    file: File,
    /// The numbers of which it has a line that a later one replaces.
    named: HashSet<String>,
    replaced: bool,
}

impl Report {
    /// No report.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// Opens the report for writing, and reads what an earlier run has done.
    ///
    /// # Errors
    /// It cannot be opened, is no report of this job, or another run writes it at this moment.
    pub(super) fn open(path: Option<&Path>, job: &Job) -> Result<(Self, Done), String> {
        let Some(path) = path else {
            return Ok((Self(None), Done::default()));
        };
        let named = |error: String| format!("--report {}: {error}", path.display());
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(OWNER_ONLY)
            .open(path)
            .map_err(|error| named(error.to_string()))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(named("another run writes it at this moment".to_owned()));
            }
            // Some network file systems have no locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text)
            .map_err(|error| named(error.to_string()))?;
        let kept = whole_lines(&text).map_err(named)?;
        let mut done = Done::read(kept, job).map_err(named)?;
        let begin = |file: &mut File| -> std::io::Result<()> {
            file.set_len(kept.len() as u64)?;
            file.seek(SeekFrom::End(0))?;
            if kept.is_empty() {
                writeln!(file, "{}", HEADER.join(","))?;
            }
            Ok(())
        };
        begin(&mut file).map_err(|error| named(error.to_string()))?;
        let open = Open {
            path: path.to_owned(),
            file,
            named: std::mem::take(&mut done.named),
            replaced: false,
        };
        Ok((Self(Some(open)), done))
    }

    /// Leaves one line of each number, where a second run has written another after an earlier one.
    ///
    /// # Errors
    /// The file cannot be written; it is as it was then.
    pub(super) fn finish(self) -> Result<(), String> {
        match self.0 {
            Some(open) if open.replaced => open.without_replaced(),
            _ => Ok(()),
        }
    }
}

impl Sink for Report {
    /// Writes a line for each outcome, through to the system: a kill does not lose them.
    fn write(&mut self, outcomes: &[Outcome]) -> Result<(), String> {
        let Some(open) = &mut self.0 else {
            return Ok(());
        };
        open.replaced |= outcomes
            .iter()
            .any(|outcome| outcome.word != Word::Duplicate && open.named.contains(&outcome.number));
        let written = lines(outcomes).and_then(|text| open.file.write_all(&text));
        written.map_err(|error| open.named(&error))
    }
}

impl Open {
    fn named(&self, error: &std::io::Error) -> String {
        format!("--report {}: {error}", self.path.display())
    }

    fn without_replaced(self) -> Result<(), String> {
        let text = std::fs::read(&self.path).map_err(|error| self.named(&error))?;
        let mut kept = outcomes(&text)?;
        let mut seen = HashSet::new();
        kept.reverse();
        kept.retain(|outcome| {
            outcome.word == Word::Duplicate
                || !self.named.contains(&outcome.number)
                || seen.insert(outcome.number.clone())
        });
        kept.reverse();
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        let replace = || -> std::io::Result<()> {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(OWNER_ONLY)
                .open(&name)?;
            writeln!(file, "{}", HEADER.join(","))?;
            file.write_all(&lines(&kept)?)?;
            file.sync_all()?;
            std::fs::rename(&name, &self.path)
        };
        replace().map_err(|error| self.named(&error))
    }
}

fn lines(outcomes: &[Outcome]) -> std::io::Result<Vec<u8>> {
    let mut lines = csv::Writer::from_writer(Vec::new());
    // A line break in a field would make a killed run's last line hard to tell.
    let one_line = |text: &str| text.replace(char::is_control, " ");
    for outcome in outcomes {
        let word = outcome.word.to_string();
        lines.write_record([
            outcome.line.to_string(),
            one_line(&outcome.number),
            word,
            one_line(&outcome.reason),
            one_line(&outcome.did_id),
            one_line(&outcome.row),
        ])?;
    }
    lines.into_inner().map_err(|error| error.into_error())
}

#[cfg(test)]
mod tests;
