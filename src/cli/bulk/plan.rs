//! What is to be asked: the list without what need not or cannot be sent, cut into calls.

use std::collections::HashSet;

use super::calls;
use super::job::Job;
use super::numbers::List;
use super::outcome::{Outcome, Tally, Word};
use super::report::Done;
use crate::store::collation;

/// What is to be asked.
#[derive(Debug)]
pub(in crate::cli) struct Plan {
    /// The calls in their order: the rows of the list that each is for.
    pub(in crate::cli) calls: Vec<Vec<usize>>,
    /// How many numbers they ask for.
    pub(in crate::cli) numbers: usize,
    /// What has its outcome without being sent: duplicates, and what cannot be a number.
    pub(in crate::cli) set_aside: Vec<Outcome>,
    /// How many numbers an earlier run has done.
    pub(in crate::cli) done_before: usize,
}

impl Plan {
    /// The plan for a list of which some may be done already. `in_address`: the calls' parameters travel in the address.
    pub(in crate::cli) fn make(job: &Job, list: &List, mut done: Done, in_address: bool) -> Self {
        let mut set_aside = list.refused.clone();
        let mut seen = HashSet::with_capacity(list.rows.len());
        let (mut left, mut done_before) = (Vec::with_capacity(list.rows.len()), 0);
        for (at, row) in list.rows.iter().enumerate() {
            // What the database takes for the same number: `abc` is `ABC`.
            let is_first = seen.insert(collation::key(&row.number));
            let hash = list.hash(job, row);
            if !is_first {
                if !done.take_duplicate(&row.number, &hash) {
                    let duplicate = Outcome::new(&row.number, Word::Duplicate);
                    set_aside.push(duplicate.of(row.line, &hash));
                }
            } else if done.has(&row.number, &hash) {
                done_before += 1;
            } else {
                left.push(at);
            }
        }
        Self {
            numbers: left.len(),
            calls: calls::cut(job, list, left, in_address),
            set_aside,
            done_before,
        }
    }

    /// The tally of what is set aside.
    pub(in crate::cli) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.set_aside
            .iter()
            .for_each(|outcome| tally.count(outcome));
        tally
    }
}
