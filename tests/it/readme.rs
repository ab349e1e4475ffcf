//! README.md and the pages in `docs/`: their commands print what the page says, their links and the flags they name exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::scratch;
use crate::common::server::{Server, run};
use regex::Regex;
use tempfile::TempDir;

/// Printed between the outputs of two commands.
const MARK: &str = "\u{1}next\u{1}\n";

/// A page and what a reader takes from its code blocks.
struct Page {
    path: PathBuf,
    text: String,
    /// The shell functions that its `sh` blocks define.
    definitions: String,
    /// The commands of its `console` blocks, each with the output that follows it on the page.
    commands: Vec<(String, String)>,
    /// Its first `json` block: the file that the page tells the reader to save as rows.json.
    rows: Option<String>,
}

impl Page {
    fn read(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(&path).expect("a page");
        let (mut definitions, mut commands, mut rows) = (String::new(), Vec::new(), None);
        let fence = Regex::new("(?ms)^```([a-z]*)\n(.*?)^```$").expect("valid");
        for block in fence.captures_iter(&text) {
            match &block[1] {
                "sh" => {
                    let lines = block[2].lines().filter(|line| line.contains("() {"));
                    definitions.extend(lines.flat_map(|line| [line, "\n"]));
                }
                "json" if rows.is_none() => rows = Some(block[2].to_owned()),
                "console" => commands.extend(console(&block[2])),
                _ => {}
            }
        }
        Self {
            path,
            text,
            definitions,
            commands,
            rows,
        }
    }

    fn name(&self) -> String {
        let path = self.path.strip_prefix(root()).expect("a page of ours");
        path.display().to_string()
    }

    /// What the commands print, one after the other in one shell, beside a server that was started for this page alone.
    fn outputs(&self) -> Vec<String> {
        let directory = TempDir::new_in(scratch()).expect("a directory");
        // Where a reader's `vicishim serve --demo` keeps its rows.
        let database = directory.path().join("vicishim.db");
        let mut arguments = vec!["--demo", "--database", database.to_str().expect("a path")];
        if self
            .text
            .contains("\nvicishim serve --demo --test-controls\n")
        {
            arguments.push("--test-controls");
        }
        let server = Server::start(&arguments);
        if let Some(rows) = &self.rows {
            std::fs::write(directory.path().join("rows.json"), rows).expect("rows.json");
        }
        let mut script = format!(
            "trap 'kill $(jobs -p) 2>/dev/null' EXIT\n{}",
            self.definitions
        );
        for (command, _) in &self.commands {
            script.push_str(&format!("{command}\nprintf '%b' '\\001next\\001\\n'\n"));
        }
        let address = server.address.to_string();
        std::fs::write(
            directory.path().join("page.sh"),
            script.replace("127.0.0.1:8080", &address),
        )
        .expect("page.sh");
        let programs = Path::new(env!("CARGO_BIN_EXE_vicishim"))
            .parent()
            .expect("a directory");
        let path = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("bash")
            .arg("page.sh")
            .current_dir(directory.path())
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("RUST_LOG", "off")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .expect("bash runs");
        let printed = String::from_utf8_lossy(&output.stdout).replace(&address, "127.0.0.1:8080");
        let mut outputs: Vec<String> = printed.split(MARK).map(str::to_owned).collect();
        // What follows the last mark is nothing.
        assert_eq!(
            outputs.pop().as_deref(),
            Some(""),
            "{}: {output:?}",
            self.name()
        );
        outputs
    }
}

/// The commands of a `console` block with their outputs. A command goes on until its quotes are closed.
fn console(block: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let is_open = |command: &str| command.matches('\'').count() % 2 == 1;
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (_, Some((command, _))) if is_open(command) => {
                command.push_str(&format!("\n{line}"));
            }
            (Some(command), _) => commands.push((command.to_owned(), String::new())),
            (None, Some((_, output))) => output.push_str(&format!("{line}\n")),
            (None, None) => panic!("output without a command: {line}"),
        }
    }
    commands
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README.md, and every page in `docs/`.
fn pages() -> Vec<Page> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root().join("docs"))
        .expect("docs")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.push(root().join("README.md"));
    paths.sort();
    paths.into_iter().map(Page::read).collect()
}

/// A text whose dates and times are left out: they vary. It ends with a line break, which an answer may lack.
fn comparable(text: &str) -> String {
    let date = Regex::new(r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d").expect("valid");
    let text = date.replace_all(text, "<date>").replace('\r', "");
    if text.is_empty() || text.ends_with('\n') {
        text
    } else {
        text + "\n"
    }
}

#[test]
fn every_command_prints_what_its_page_says() {
    let mut count = 0;
    for page in pages().iter().filter(|page| !page.commands.is_empty()) {
        let outputs = page.outputs();
        assert_eq!(outputs.len(), page.commands.len(), "{}", page.name());
        for ((command, expected), printed) in page.commands.iter().zip(&outputs) {
            let (printed, expected) = (comparable(printed), comparable(expected));
            assert_eq!(printed, expected, "{}: {command}", page.name());
        }
        count += outputs.len();
    }
    assert!(count >= 60, "only {count} commands were found");
}

#[test]
fn a_newcomer_reads_at_most_150_lines() {
    let lines = Page::read(root().join("README.md")).text.lines().count();
    assert!(lines <= 150, "README.md has {lines} lines");
}

/// The anchor that a heading gets where Markdown is rendered.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn headings(text: &str) -> Vec<&str> {
    let heading = Regex::new("(?m)^#+ (.*)$").expect("valid");
    let found = heading.captures_iter(text);
    found
        .map(|found| found.get(1).expect("a group").as_str())
        .collect()
}

#[test]
fn links_lead_to_pages_and_headings_that_exist() {
    let mut pages = pages();
    for other in [
        "CHANGELOG.md",
        "benches/README.md",
        "fixtures/reference/behaviour.md",
    ] {
        pages.push(Page::read(root().join(other)));
    }
    let link = Regex::new(r"\]\(([^)#]*)(?:#([^)]*))?\)").expect("valid");
    let mut count = 0;
    for page in &pages {
        for found in link.captures_iter(&page.text) {
            let target = match &found[1] {
                "" => page.path.clone(),
                address if address.contains("://") => continue,
                path => page.path.parent().expect("a directory").join(path),
            };
            let at = format!("{}: {}", page.name(), &found[0]);
            assert!(target.is_file(), "{at}: no such page");
            if let Some(wanted) = found.get(2) {
                let text = std::fs::read_to_string(&target).expect("a page");
                let is_there = headings(&text)
                    .into_iter()
                    .any(|heading| anchor(heading) == wanted.as_str());
                assert!(is_there, "{at}: no such heading");
            }
            count += 1;
        }
    }
    assert!(count >= 20, "only {count} links were found");
}

#[test]
fn the_program_names_sections_of_the_readme_that_exist() {
    let readme = Page::read(root().join("README.md")).text;
    let serve = std::fs::read_to_string(root().join("src/cli/serve.rs")).expect("serve.rs");
    let named = Regex::new(r#"README, \\"([^"\\]+)\\""#).expect("valid");
    let mut count = 0;
    for section in named.captures_iter(&serve) {
        let is_there = headings(&readme)
            .into_iter()
            .any(|heading| heading.starts_with(&section[1]));
        assert!(is_there, "README.md has no section {}", &section[1]);
        count += 1;
    }
    assert!(count >= 1, "serve.rs names no section of README.md");
}

/// The flags that a command's help lists.
fn flags(command: &[&str]) -> BTreeSet<String> {
    let output = run(&[command, &["--help"]].concat());
    let help = String::from_utf8(output.stdout).expect("UTF-8");
    let flag = Regex::new(r"(?m)^\s+(?:-\w, )?(--[a-z][a-z-]*)").expect("valid");
    flag.captures_iter(&help)
        .map(|found| found[1].to_owned())
        .collect()
}

#[test]
fn flags_in_commands_exist_and_every_setting_is_described() {
    let commands: [&[&str]; 11] = [
        &["serve"],
        &["import"],
        &["load"],
        &["dump"],
        &["explain"],
        &["functions"],
        &["orphans"],
        &["route-key", "add"],
        &["bulk", "copy-did"],
        &["bulk", "add-did"],
        &["bulk", "update-did"],
    ];
    let flag = Regex::new(r"--[a-z][a-z-]*").expect("valid");
    let pages = pages();
    let mut count = 0;
    for command in commands {
        let known = flags(command);
        let call =
            Regex::new(&format!(r"vicishim {}\b([^\n`|]*)", command.join(" "))).expect("valid");
        for page in &pages {
            for call in call.captures_iter(&page.text) {
                for named in flag.find_iter(&call[1]) {
                    assert!(
                        known.contains(named.as_str()),
                        "{}: {}",
                        page.name(),
                        &call[0]
                    );
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 30, "only {count} flags were found");
    let operating = Page::read(root().join("docs/operating.md")).text;
    for setting in flags(&["serve"]).iter().filter(|flag| *flag != "--help") {
        let is_there = operating.contains(&format!("`{setting}`"));
        assert!(is_there, "docs/operating.md does not describe {setting}");
    }
}
