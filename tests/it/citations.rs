//! What comments and pages cite is there: each file by its path from the top of the repository (or from the citing file),
//! and each section of `fixtures/reference/behaviour.md`.

use std::path::{Path, PathBuf};

use regex::Regex;

/// The files whose text is looked at: comments of Rust files, and whole pages.
fn texts(root: &Path) -> Vec<(PathBuf, String)> {
    let mut waiting: Vec<PathBuf> = ["src", "tests", "benches", "docs", "fixtures/reference"]
        .map(|name| root.join(name))
        .into_iter()
        .filter(|path| path.is_dir())
        .collect();
    waiting.extend(["README.md", "CHANGELOG.md", "SECURITY.md"].map(|name| root.join(name)));
    let mut texts = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a directory");
            waiting.extend(entries.map(|entry| entry.expect("a file").path()));
            continue;
        }
        let is_comment = |line: &&str| line.trim_start().starts_with("//");
        let read = || std::fs::read_to_string(&path).expect("a text");
        let text = match path.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => read()
                .lines()
                .filter(is_comment)
                .collect::<Vec<_>>()
                .join("\n"),
            Some("md") => read(),
            _ => continue,
        };
        texts.push((path, text));
    }
    texts
}

/// The Rust files of the program and of its tests.
fn texts_of_code(root: &Path) -> Vec<(PathBuf, String)> {
    let mut waiting = vec![root.join("src"), root.join("tests")];
    let mut texts = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a directory");
            waiting.extend(entries.map(|entry| entry.expect("a file").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a text");
            texts.push((path, text));
        }
    }
    texts
}

#[test]
fn every_cited_path_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path =
        Regex::new(r"[\w./-]*\w/[\w./-]+\.(?:md|csv|tsv|txt|rs|toml|json)\b").expect("valid");
    let bare = Regex::new(r"(^|[^/])\bbehaviour\.md").expect("valid");
    let mut count = 0;
    for (file, text) in texts(root) {
        for cited in path.find_iter(&text) {
            let before = text[..cited.start()].chars().next_back();
            let cited = cited.as_str();
            // An address, or a file of the machine that vicishim runs on.
            if cited.starts_with('/') || before == Some(':') {
                continue;
            }
            let beside = file.parent().expect("a directory").join(cited);
            assert!(
                root.join(cited).exists() || beside.exists(),
                "{} cites {cited}, which does not exist",
                file.display()
            );
            count += 1;
        }
        assert!(
            file.ends_with("tests/it/citations.rs") || !bare.is_match(&text),
            "{} cites behaviour.md without its path",
            file.display()
        );
    }
    assert!(count >= 40, "only {count} citations were found");
}

#[test]
fn every_cited_section_of_behaviour_md_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("fixtures/reference/behaviour.md"))
        .expect("fixtures/reference/behaviour.md");
    let cited = Regex::new(r"behaviour\.md((?:,? §[0-9.]*[0-9])+)").expect("valid");
    let section = Regex::new(r"§([0-9]+)(?:\.([0-9]+))?").expect("valid");
    let mut count = 0;
    for (file, text) in texts(root) {
        let sections = cited
            .captures_iter(&text)
            .flat_map(|list| section.captures_iter(list.get(1).expect("a list").as_str()));
        for numbers in sections {
            let heading = format!("\n## {} ", &numbers[1]);
            let found = page
                .split_once(&heading)
                .map(|(_, rest)| rest.split("\n## ").next().unwrap_or_default());
            let found = match numbers.get(2) {
                Some(item) => {
                    found.is_some_and(|body| body.contains(&format!("\n{}. ", item.as_str())))
                }
                None => found.is_some(),
            };
            assert!(found, "{} cites {}", file.display(), &numbers[0]);
            count += 1;
        }
    }
    assert!(count >= 30, "only {count} citations were found");
}

/// Whether there is this test, `module::name`: a function of one of the module's files, or a recorded conversation.
fn is_test(sources: &[(PathBuf, String)], module: &str, name: &str) -> bool {
    if module == "golden" {
        let recording = crate::common::fixture("golden").join(format!("{name}.json"));
        return recording.exists();
    }
    let function = format!("fn {name}(");
    sources.iter().any(|(path, text)| {
        let path = path.with_extension("");
        let is_of_module = path.iter().any(|part| part.to_str() == Some(module));
        is_of_module && text.contains(&function)
    })
}

/// The tests that a row of a page names, each checked; how many.
fn check_tests(sources: &[(PathBuf, String)], row: &str) -> usize {
    let named = Regex::new(r"`(\w+)::(\w+)`").expect("valid");
    let tests = named.captures_iter(row);
    tests
        .inspect(|test| {
            let is_there = is_test(sources, &test[1], &test[2]);
            assert!(is_there, "there is no test {}", &test[0]);
        })
        .count()
}

#[test]
fn every_promise_of_security_md_is_held_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("SECURITY.md")).expect("SECURITY.md");
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| promise"));
    let sources = texts_of_code(root);
    let mut promises = 0;
    for row in rows {
        promises += 1;
        assert!(check_tests(&sources, row) > 0, "no test: {row}");
    }
    assert!(promises > 20, "{promises}");
}

#[test]
fn what_is_said_of_the_five_documents_is_shown_by_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/compatibility.md")).expect("the page");
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| what it says"));
    let sources = texts_of_code(root);
    let mut count = 0;
    for row in rows {
        let plain = row.replace("\\|", " ");
        let cells: Vec<&str> = plain.split(" | ").collect();
        let [_, here, _] = cells[..] else {
            panic!("not three columns: {row}")
        };
        let answer = here.split([',', ';', ':', ' ']).next().unwrap_or_default();
        assert!(["yes", "partly", "not"].contains(&answer), "{row}");
        let tests = check_tests(&sources, row);
        assert!(tests > 0 || answer == "not", "no test: {row}");
        count += 1;
    }
    assert!(count >= 120, "{count}");
}
