//! What was changed by applying a plan, so that one command takes it back.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::say;
use crate::cli::bulk::outcome::{Outcome, Word};
use crate::cli::bulk::report::Sink;
use crate::plan::change::shown;

/// The numbers of the changes that were made, and what was not done. Beside a plan's file they are kept in another one, so
/// that a run that goes on knows those of the run before.
pub(super) struct Changes {
    file: Option<(PathBuf, File)>,
    ids: BTreeSet<u64>,
    /// How many were made whose number is not known.
    nameless: usize,
    /// How many may have been made: their answers were lost.
    unsure: usize,
    /// How many were made.
    pub(super) made: usize,
    /// What was refused, or is unknown, and why.
    pub(super) errors: Vec<String>,
}

impl Changes {
    /// Begins; beside a plan's file with the numbers that are kept there, unless none of its steps is `done`.
    ///
    /// # Errors
    /// The file cannot be opened, or another run writes it at this moment.
    pub(super) fn open(plan: Option<&Path>, done: usize) -> Result<Self, String> {
        let mut changes = Self {
            file: None,
            ids: BTreeSet::new(),
            nameless: done,
            unsure: 0,
            made: 0,
            errors: Vec::new(),
        };
        let Some(plan) = plan else {
            return Ok(changes);
        };
        let mut path = plan.as_os_str().to_owned();
        path.push(".changes");
        let path = PathBuf::from(path);
        let named = |error: std::io::Error| format!("{}: {error}", path.display());
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(named)?;
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(format!(
                "{}: another run writes it at this moment",
                path.display()
            ));
        }
        let mut text = String::new();
        if done == 0 {
            file.set_len(0).map_err(named)?;
        } else {
            file.read_to_string(&mut text).map_err(named)?;
        }
        file.seek(SeekFrom::End(0)).map_err(named)?;
        // A line that a kill has cut off has no end.
        let lines = text
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'));
        for line in lines {
            match line.parse() {
                Ok(id) => drop(changes.ids.insert(id)),
                Err(_) => {
                    return Err(format!(
                        "{}: it is there, and no list of changes",
                        path.display()
                    ));
                }
            }
        }
        changes.nameless = done.saturating_sub(changes.ids.len());
        changes.file = Some((path, file));
        Ok(changes)
    }

    /// The command that takes everything back; none where no change has a number.
    fn undo(&self) -> Option<String> {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for &id in &self.ids {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == id => *last = id,
                _ => ranges.push((id, id)),
            }
        }
        let range = |(first, last): &(u64, u64)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        };
        let ranges: Vec<String> = ranges.iter().map(range).collect();
        (!ranges.is_empty()).then(|| format!("vicishim undo {}", ranges.join(",")))
    }

    /// Prints it, and what is not in it.
    pub(super) fn print_undo(&self) {
        match self.undo() {
            Some(command) => {
                say(&format!(
                    "to take it all back, where the server's database is: {command}"
                ));
                if self.nameless > 0 {
                    let count = self.nameless;
                    say(&format!(
                        "{count} changes are not in it: their numbers are not known"
                    ));
                }
            }
            None if self.made > 0 => say("the server keeps no changes: no command takes this back"),
            None => {}
        }
        if self.unsure > 0 {
            let count = self.unsure;
            say(&format!(
                "{count} answers were lost: `vicishim history` shows whether those changes were made"
            ));
        }
    }
}

impl Sink for Changes {
    fn write(&mut self, outcomes: &[Outcome]) -> Result<(), String> {
        let mut text = String::new();
        for outcome in outcomes {
            let number = shown(&outcome.number);
            match outcome.word {
                Word::Added | Word::Updated | Word::Deleted => {
                    self.made += 1;
                    match outcome.said.change {
                        Some(id) => {
                            self.ids.insert(id);
                            text.push_str(&format!("{id}\n"));
                        }
                        None => self.nameless += 1,
                    }
                }
                // An earlier call may have added it, whose answer was lost.
                Word::There => {
                    self.unsure += 1;
                    self.errors.push(format!("{number}: it is there already"));
                }
                Word::Unknown => {
                    self.unsure += 1;
                    self.errors.push(format!("{number}: {}", outcome.reason));
                }
                _ => self.errors.push(format!("{number}: {}", outcome.reason)),
            }
        }
        match &mut self.file {
            Some((path, file)) => file
                .write_all(text.as_bytes())
                .map_err(|error| format!("{}: {error}", path.display())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_one_range() {
        let mut changes = Changes::open(None, 0).expect("no file");
        assert_eq!(changes.undo(), None);
        changes.ids = BTreeSet::from([7, 5, 6, 9, 11, 12]);
        let command = changes.undo();
        assert_eq!(command.as_deref(), Some("vicishim undo 5-7,9,11-12"));
    }
}
