//! The README's commands work as they stand there: each `##` section's `$ …` lines are run in a shell of their own against
//! a fresh `serve --demo`, and must print what the README prints.

mod common;

use std::process::Command;

use common::server::Server;
use tempfile::TempDir;

/// A section's commands, each with what the README says that it prints.
struct Section {
    title: String,
    /// Functions of the shell that were defined so far.
    definitions: String,
    commands: Vec<(String, String)>,
}

fn sections(readme: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut fence: Option<&str> = None;
    let mut definitions = String::new();
    for line in readme.lines() {
        if let Some(language) = line.strip_prefix("```") {
            fence = if fence.is_none() {
                Some(language)
            } else {
                None
            };
        } else if fence.is_none() && line.starts_with("## ") {
            let title = line.trim_start_matches("## ").to_owned();
            sections.push(Section {
                title,
                definitions: definitions.clone(),
                commands: Vec::new(),
            });
        } else if let (Some(section), Some(language)) = (sections.last_mut(), fence) {
            if language == "sh" && line.contains("() {") {
                definitions.push_str(&format!("{line}\n"));
                section.definitions.clone_from(&definitions);
            } else if language == "console" {
                match (line.strip_prefix("$ "), section.commands.last_mut()) {
                    (Some(command), _) => {
                        section.commands.push((command.to_owned(), String::new()))
                    }
                    (None, Some((_, output))) => output.push_str(&format!("{line}\n")),
                    (None, None) => panic!("output without a command: {line}"),
                }
            }
        }
    }
    sections.retain(|section| !section.commands.is_empty());
    sections
}

/// A text with its moments left out: they vary.
fn without_dates(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("20") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let moment: String = from.chars().take(19).collect();
        if chrono::NaiveDateTime::parse_from_str(&moment, "%Y-%m-%d %H:%M:%S").is_ok() {
            out.push_str("<moment>");
            rest = &from[19..];
        } else {
            out.push_str(&from[..2]);
            rest = &from[2..];
        }
    }
    out + rest
}

#[test]
fn every_command_prints_what_the_readme_says() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"))
        .expect("README.md");
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_vicishim"))
        .parent()
        .expect("a directory")
        .to_owned();
    let path = format!(
        "{}:{}",
        programs.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut count = 0;
    for section in sections(&readme) {
        let directory = TempDir::new().expect("a directory");
        let database = directory.path().join("demo.db");
        let server = Server::start(&["--demo", "--database", database.to_str().expect("a path")]);
        std::fs::write(directory.path().join("rows.json"), rows_example(&readme))
            .expect("rows.json");
        for (command, expected) in &section.commands {
            let script = format!("{}{command}", section.definitions)
                .replace("127.0.0.1:8080", &server.address.to_string());
            let output = Command::new("bash")
                .args(["-c", &script])
                .current_dir(directory.path())
                .env("PATH", &path)
                .env("RUST_LOG", "off")
                .env("NO_COLOR", "1")
                .output()
                .expect("bash runs");
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            let printed = printed
                .replace(&server.address.to_string(), "127.0.0.1:8080")
                .replace('\r', "");
            let printed = if printed.is_empty() || printed.ends_with('\n') {
                printed
            } else {
                printed + "\n"
            };
            assert_eq!(
                without_dates(&printed),
                without_dates(expected),
                "{}: {command}",
                section.title
            );
            count += 1;
        }
    }
    assert!(count >= 20, "only {count} commands were found");
}

/// The README's example of rows to load.
fn rows_example(readme: &str) -> &str {
    readme
        .split("```json\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("an example of rows")
}
