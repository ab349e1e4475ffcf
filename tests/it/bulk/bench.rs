//! A server, a list, and the command between them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::common::database::Backend;
use crate::common::scratch;
use crate::common::server::vicishim;
use crate::common::site::Site;

/// A password that is part of no number and no message.
pub const PASSWORD: &str = "Pa-ss_99";

/// The user whose password it is.
pub const USER: &str = "apiuser";

/// The server, its database, and a place for files.
pub struct Bench {
    pub site: Site,
    files: TempDir,
}

impl Bench {
    pub fn new(backend: Backend, dialect: &str) -> Self {
        Self {
            site: Site::speaking(dialect, backend),
            files: TempDir::new_in(scratch()).expect("a directory"),
        }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// The command with a list, as a user would call it; `what` may have options. Copies are made from 7275551114.
    pub fn bulk(&self, address: SocketAddr, what: &str, list: &str) -> Command {
        self.bulk_at(&format!("http://{address}"), what, list)
    }

    /// The same with any URL.
    pub fn bulk_at(&self, url: &str, what: &str, list: &str) -> Command {
        std::fs::write(self.file("list"), list).expect("a list");
        let mut command = vicishim();
        command
            .arg("bulk")
            .args(what.split(' '))
            .arg(self.file("list"))
            .args(["--url", url])
            .env("VICISHIM_USER", USER)
            .env("VICISHIM_PASS", PASSWORD)
            .stdin(Stdio::null());
        if what.starts_with("copy-did") && !what.contains("--source-did") {
            command.args(["--source-did", "7275551114"]);
        }
        command
    }

    /// The same with a report.
    pub fn reported(&self, address: SocketAddr, what: &str, list: &str) -> Command {
        let mut command = self.bulk(address, what, list);
        command.arg("--report").arg(self.file("report.csv"));
        command
    }

    /// The report's lines: number and result, and the reasons by number.
    pub fn report(&self) -> (Vec<(String, String)>, BTreeMap<String, String>) {
        let mut records = csv::Reader::from_path(self.file("report.csv")).expect("a report");
        assert_eq!(
            records.headers().expect("a header row"),
            vec!["line", "number", "result", "reason", "did_id", "row"]
        );
        let rows: Vec<csv::StringRecord> =
            records.records().map(|row| row.expect("a row")).collect();
        let of = |column: usize| rows.iter().map(move |row| row[column].to_owned());
        (of(1).zip(of(2)).collect(), of(1).zip(of(3)).collect())
    }

    /// How many numbers of the report have each result.
    pub fn results(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (_, result) in self.report().0 {
            *counts.entry(result).or_default() += 1;
        }
        counts
    }

    /// All DIDs, with the value of a column.
    pub fn dids(&self, column: &str) -> BTreeMap<String, String> {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let rows = self.site.database.rows("vicidial_inbound_dids");
        let dids: BTreeMap<String, String> = rows
            .iter()
            .map(|row| (text(&row["did_pattern"]), text(&row[column])))
            .collect();
        assert_eq!(dids.len(), rows.len(), "a DID is there twice");
        dids
    }
}

pub fn counts(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected
        .iter()
        .map(|(word, count)| ((*word).to_owned(), *count))
        .collect()
}

/// Runs it to its end; its exit code, stdout and stderr. The password is in none of them.
pub fn run(command: &mut Command) -> (Option<i32>, String, String) {
    ended(command.output().expect("the command runs"))
}

pub fn ended(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(
        !format!("{out}{err}").contains(PASSWORD),
        "the password: {out}{err}"
    );
    (output.status.code(), out, err)
}

/// The number after a word of the table.
pub fn counted(table: &str, word: &str) -> Option<usize> {
    let line = table.lines().find(|line| line.starts_with(word))?;
    line[word.len()..].split_whitespace().next()?.parse().ok()
}

pub fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("+1816{n:07}")).collect()
}

/// Connections that are all taken.
pub fn never(_: usize) -> bool {
    false
}
