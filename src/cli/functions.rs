//! `vicishim functions`: the table of functions.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::Failure;
use super::upstream::ChoiceArguments;
use crate::api;

/// The arguments of `functions`.
#[derive(Args)]
pub(super) struct Functions {
    /// How the table is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    choice: ChoiceArguments,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    /// In columns, to be read
    #[default]
    Table,
    /// As Markdown has it
    Markdown,
}

/// A row: the function's name, what it does, the permission it asks for, who answers.
type Row = [String; 4];

impl Functions {
    pub(super) fn run(self) -> Result<(), Failure> {
        let choice = self.choice.choice()?;
        let mut rows: Vec<Row> = api::functions()
            .map(|function| {
                let passed_on = choice
                    .as_ref()
                    .is_some_and(|choice| choice.passes_on(function.name()));
                let answered = match (passed_on, function.is_extension()) {
                    (true, _) => "passed on",
                    (false, true) => "ours",
                    (false, false) => "native",
                };
                let permission = match passed_on {
                    true => "the upstream's".to_owned(),
                    false => function.permission(),
                };
                let (name, summary) = (function.name(), function.summary());
                [
                    name.to_owned(),
                    summary.to_owned(),
                    permission,
                    answered.to_owned(),
                ]
            })
            .collect();
        if choice.is_some() {
            let others = [
                "any other",
                "what it does there",
                "the upstream's",
                "passed on",
            ];
            rows.push(others.map(str::to_owned));
        }
        let text = match self.format {
            Format::Table => table(&rows),
            Format::Markdown => markdown(&rows),
        };
        match std::io::stdout().lock().write_all(text.as_bytes()) {
            // Whoever read it has seen enough, as `head` does.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// What the columns are.
const HEAD: [&str; 4] = ["function", "what it does", "permission", "answered"];

fn table(rows: &[Row]) -> String {
    let head = HEAD.map(str::to_owned);
    let rows = || std::iter::once(&head).chain(rows);
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| rows().map(|row| row[column].len()).max().unwrap_or(0))
        .collect();
    let line = |row: &Row| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows().map(line).collect()
}

fn markdown(rows: &[Row]) -> String {
    let mut text = format!("| {} |\n|---|---|---|---|\n", HEAD.join(" | "));
    for [name, summary, permission, answered] in rows {
        let name = match name.contains(' ') {
            true => name.clone(),
            false => format!("`{name}`"),
        };
        text.push_str(&format!(
            "| {name} | {summary} | {permission} | {answered} |\n"
        ));
    }
    text
}
