//! Comparing the table with what the server has: what is to be done.

use std::collections::{HashMap, HashSet};

use super::Rules;
use super::change::{Step, is_kept, of_column, shown};
use super::file::{Column, Row, Table};
use super::listed::{Dids, Listed, STAMP, Values};
use crate::routing::number_form::NumberForm;
use crate::store::collation;

/// What the database gives a new DID's `user_group` (fixtures/reference/behaviour.md §5).
const EVERYBODY: &str = "---ALL---";

/// What is compared, and how.
pub(crate) struct Comparing<'a> {
    /// What the API takes.
    pub(crate) rules: Rules,
    /// The table.
    pub(crate) table: &'a Table,
    /// What the server has.
    pub(crate) server: &'a Dids,
    /// The numbers that are meant; all where there are none.
    pub(crate) selection: Option<HashSet<collation::Key>>,
    /// The form of new numbers.
    pub(crate) form: NumberForm,
    /// Whether DIDs that the table does not have are deleted.
    pub(crate) deletes_missing: bool,
}

/// What the comparison found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What is to be done, in the order of the table, deletions last.
    pub(crate) steps: Vec<Step>,
    /// What cannot be done.
    pub(crate) errors: Vec<String>,
    /// How many DIDs stay as they are.
    pub(crate) unchanged: usize,
    /// How many DIDs of the server are not in the table.
    pub(crate) missing: usize,
    /// The empty cells where the server has a value: which DID and column.
    pub(crate) left: Vec<String>,
    /// The line of the table on which each number is.
    pub(crate) lines: HashMap<collation::Key, u64>,
}

impl Comparing<'_> {
    pub(crate) fn run(&self) -> Found {
        let mut found = Found::default();
        let mut lines: HashMap<collation::Key, u64> = HashMap::new();
        for row in &self.table.rows {
            let before = found.errors.len();
            let step = self.step(row, &mut lines, &mut found);
            for error in &mut found.errors[before..] {
                *error = format!("line {}: {error}", row.line);
            }
            match step {
                Some(step) => found.steps.push(step),
                None if found.errors.len() == before => found.unchanged += 1,
                None => {}
            }
        }
        for did in self.server.iter() {
            let key = collation::key(&did.number);
            if lines.contains_key(&key) || !self.is_meant(&key) {
                continue;
            }
            match self.deletes_missing && !is_kept(&did.number) {
                true => {
                    check_number(&self.rules, &did.number, &mut found.errors);
                    found.steps.push(Step::Delete {
                        number: did.number.clone(),
                        before: did.values.clone(),
                    });
                }
                false => found.missing += 1,
            }
        }
        found.lines = lines;
        found
    }

    fn is_meant(&self, key: &collation::Key) -> bool {
        self.selection
            .as_ref()
            .is_none_or(|keys| keys.contains(key))
    }

    /// What is to be done for a row; none where nothing is, or something is wrong with it.
    fn step(
        &self,
        row: &Row,
        lines: &mut HashMap<collation::Key, u64>,
        found: &mut Found,
    ) -> Option<Step> {
        let (number, there) = match self.number(row) {
            Ok(number) => number,
            Err(error) => {
                found
                    .errors
                    .push(format!("{}: {error}", shown(&row.number)));
                return None;
            }
        };
        let key = collation::key(&number);
        if let Some(line) = lines.insert(key.clone(), row.line) {
            let number = shown(&number);
            found
                .errors
                .push(format!("{number} is on line {line} already"));
            return None;
        }
        if there.is_some() && !self.is_meant(&key) {
            let number = shown(&number);
            found
                .errors
                .push(format!("{number} is there, but --where leaves it out"));
            return None;
        }
        let set = self.set(row, &number, there, found);
        if there.is_none() || !set.is_empty() {
            check_number(&self.rules, &number, &mut found.errors);
        }
        match there {
            None => Some(Step::Add { number, set }),
            Some(_) if set.is_empty() => None,
            Some(did) => Some(Step::Change {
                number,
                set,
                before: did.values.clone(),
            }),
        }
    }

    /// The number of a row, and its DID where the server has it.
    fn number(&self, row: &Row) -> Result<(String, Option<&Listed>), String> {
        let written = row.number.trim();
        let known = self
            .server
            .find(&row.number)
            .or_else(|| self.server.find(written));
        if let Some(did) = known {
            return Ok((did.number.clone(), Some(did)));
        }
        if written.contains(['\n', '\r']) {
            return Err("it has a line break: is a quotation mark not closed?".to_owned());
        }
        let number = (self.rules.clean)(written, self.form)?;
        Ok(match self.server.find(&number) {
            Some(did) => (did.number.clone(), Some(did)),
            None => (number, None),
        })
    }

    /// The values that a row sets.
    fn set(&self, row: &Row, number: &str, there: Option<&Listed>, found: &mut Found) -> Values {
        let mut set = Values::new();
        for (column, cell) in self.table.columns.iter().zip(&row.values) {
            let current = there.map_or("", |did| did.value(column.name));
            let wanted = cell.trim();
            if column.name == STAMP || cell == current || wanted == current.trim() {
                continue;
            }
            if wanted.is_empty() {
                found.left.push(of_column(number, column.name));
                continue;
            }
            match checked(&self.rules, *column, wanted, (current, there.is_some())) {
                Ok(true) => drop(set.insert(column.name.to_owned(), wanted.to_owned())),
                Ok(false) => {}
                Err(error) => {
                    let name = of_column(number, column.name);
                    found.errors.push(format!("{name}: {error}"));
                }
            }
        }
        set
    }
}

/// Whether a value is to be set.
///
/// # Errors
/// It cannot be.
fn checked(
    rules: &Rules,
    column: Column,
    wanted: &str,
    (current, is_there): (&str, bool),
) -> Result<bool, String> {
    let Some(parameter) = column.parameter else {
        let is_default = column.name == "user_group" && wanted == EVERYBODY;
        return match is_there {
            false if is_default => Ok(false),
            false => Err(format!(
                "nothing gives a new DID this value ({}): empty the cell",
                shown(wanted)
            )),
            true => Err(format!(
                "nothing changes this column: {} → {}",
                shown(current),
                shown(wanted)
            )),
        };
    };
    if wanted.contains(['\n', '\r']) {
        return Err("it has a line break: is a quotation mark not closed?".to_owned());
    }
    let stored = (rules.kept)(parameter, wanted);
    match stored == wanted {
        true => Ok(true),
        false => Err(format!(
            "{} has characters that the API drops: it would become {}",
            shown(wanted),
            shown(&stored)
        )),
    }
}

/// Checks that a call can name this number.
fn check_number(rules: &Rules, number: &str, errors: &mut Vec<String>) {
    let named = rules.number(number);
    if named != number {
        let (number, named) = (shown(number), shown(&named));
        errors.push(format!(
            "{number}: a call cannot name it, it would mean {named}"
        ));
    }
}

#[cfg(test)]
mod tests;
