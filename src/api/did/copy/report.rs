//! What became of each number of a copy: the reply's lines and the admin log's notes.

use std::collections::HashMap;
use std::fmt::Write;

use crate::api::{Copies, Line, Reply, Session};
use crate::store::collation;

/// What becomes of one new number.
pub(super) enum NumberResult {
    /// It is copied.
    New,
    /// It is there already, or stood earlier in the list.
    Taken,
    /// It cannot be a pattern (§8.2).
    WrongLength,
}

/// The report of a copy.
pub(super) struct CopyReport<'a> {
    source: &'a str,
    lines: Vec<Line>,
    added: u32,
    refused: u32,
    last_id: String,
    log: String,
}

impl<'a> CopyReport<'a> {
    /// The report of these numbers, with the `did_id` of those that were added, by [`collation::key`]. With `atomic=Y`
    /// and one that was refused no other has a line.
    pub(super) fn of(
        session: &Session<'_>,
        source: &'a str,
        numbers: &[&str],
        results: &[NumberResult],
        ids: &HashMap<collation::Key, i64>,
    ) -> Self {
        let mut report = Self {
            source,
            lines: Vec::with_capacity(numbers.len() + 1),
            added: 0,
            refused: 0,
            last_id: String::new(),
            log: String::new(),
        };
        for (number, result) in numbers.iter().zip(results) {
            // One that another program added a moment before is missing from `ids`.
            let did_id = match result {
                NumberResult::New => ids.get(&collation::key(number)),
                NumberResult::Taken | NumberResult::WrongLength => None,
            };
            match (did_id, result) {
                (Some(did_id), _) => report.add(number, *did_id),
                (None, NumberResult::New) if session.options.atomic => report.leave_out(number),
                (None, _) => report.refuse(number, result),
            }
        }
        report
    }

    fn add(&mut self, number: &str, did_id: i64) {
        self.added += 1;
        self.last_id = did_id.to_string();
        let data = format!("{number}|{}|{did_id}|1", self.source);
        self.lines
            .push(Line::notice("copy_did DID HAS BEEN ADDED", data).dashed());
        self.log(format_args!("{number} ADDED, did_id: {did_id}"));
    }

    fn leave_out(&mut self, number: &str) {
        self.refused += 1;
        self.log(format_args!("{number} NOT ADDED"));
    }

    fn refuse(&mut self, number: &str, result: &NumberResult) {
        self.refused += 1;
        self.lines.push(refused(number, result));
        let why = match result {
            NumberResult::WrongLength => "MUST BE FROM 2 TO 50 CHARACTERS",
            NumberResult::New | NumberResult::Taken => "ALREADY EXISTS",
        };
        self.log(format_args!("{number} {why}"));
    }

    fn log(&mut self, line: std::fmt::Arguments<'_>) {
        let written = writeln!(self.log, "{line}");
        debug_assert!(written.is_ok(), "a String takes every text");
    }

    /// The `did_id` of the last number that was added; empty where none was.
    pub(super) fn last_id(&self) -> String {
        self.last_id.clone()
    }

    /// What the admin log says of it.
    pub(super) fn notes(&self) -> String {
        format!(
            "DID Source: {} Inserts: {} Insert Errors: {} Copy Log:\n{}",
            self.source, self.added, self.refused, self.log
        )
    }

    /// The reply.
    pub(super) fn reply(self) -> Reply {
        let Self {
            source,
            mut lines,
            added,
            refused,
            ..
        } = self;
        lines.push(match added {
            0 => Line::error("copy_did NO DIDS ADDED", format!("{source}|0|{refused}")).dashed(),
            _ => Line::success(
                "copy_did DIDS HAVE BEEN ADDED",
                format!("{source}|{added}|{refused}"),
            ),
        });
        reply_with_counts(lines, Copies { added, refused })
    }
}

/// The reply of a copy that was stopped before any of its numbers.
pub(super) fn stopped(lines: Vec<Line>, refused: usize) -> Reply {
    let refused = u32::try_from(refused).unwrap_or(u32::MAX);
    reply_with_counts(lines, Copies { added: 0, refused })
}

fn reply_with_counts(lines: Vec<Line>, copies: Copies) -> Reply {
    let mut reply = Reply::from(lines);
    reply.facts.copies = Some(copies);
    reply
}

/// The line of a number that was not added.
pub(super) fn refused(number: &str, result: &NumberResult) -> Line {
    let reason = match result {
        NumberResult::WrongLength => "copy_did DID PATTERN MUST BE FROM 2 TO 50 CHARACTERS",
        NumberResult::New | NumberResult::Taken => "copy_did DID ALREADY EXISTS",
    };
    Line::notice(reason, number).dashed()
}
