//! What `fixtures/deploy` holds fits the program.

use std::path::{Path, PathBuf};

use regex::Regex;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The sources below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn the_image_is_built_from_all_files_that_the_program_is_made_of() {
    let dockerfile = root().join("fixtures/deploy/Dockerfile");
    let dockerfile = std::fs::read_to_string(dockerfile).expect("the Dockerfile");
    let copied: Vec<&str> = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "))
        .flat_map(str::split_whitespace)
        .collect();
    let included = Regex::new(r#"include_(?:str|bytes)!\("([^"]+)"\)"#).expect("a pattern");
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let mut outside = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source");
        // Tests are not part of the image.
        let program = text.split("#[cfg(test)]").next().unwrap_or_default();
        if file.ends_with("tests.rs") {
            continue;
        }
        for found in included.captures_iter(program) {
            let path = file.parent().expect("a folder").join(&found[1]);
            let path = path.canonicalize().expect("a file that is there");
            let path = path.strip_prefix(root()).expect("a file of the project");
            if !path.starts_with("src") {
                outside += 1;
                let path = path.to_str().expect("UTF-8");
                assert!(copied.contains(&path), "{path} is not in the image");
            }
        }
    }
    assert!(outside > 0, "nothing was looked at");
}

/// The lines of a table of Cargo.toml.
fn table_of_the_manifest(name: &str) -> String {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let (_, rest) = manifest
        .split_once(&format!("\n[{name}]\n"))
        .expect("a table");
    rest.split("\n[").next().unwrap_or_default().to_owned()
}

#[test]
fn all_that_goes_into_the_debian_package_is_there_or_made_by_its_script() {
    let deb = table_of_the_manifest("package.metadata.deb");
    let script = std::fs::read_to_string(root().join("fixtures/deploy/deb")).expect("the script");
    let asset =
        Regex::new(r#"(?m)^    \["([^"]+)", "([^"]+)", "([0-7]+)"\],$"#).expect("a pattern");
    let assets: Vec<_> = asset.captures_iter(&deb).collect();
    assert_eq!(assets.len(), deb.matches("    [").count());
    for found in &assets {
        let (source, mode) = (&found[1], &found[3]);
        let is_there = match source.strip_prefix("target/release/") {
            Some("vicishim") => true,
            Some(made) => {
                let made = made.strip_prefix("deb/").expect("made for the package");
                let made = made.strip_suffix("/*.1.gz").unwrap_or(made);
                script.contains(&format!("\"$deb/{made}\""))
            }
            None => root().join(source.trim_end_matches("*.md")).exists(),
        };
        assert!(is_there, "{source}");
        // There may be a password in it.
        assert_eq!(mode == "600", found[2].starts_with("etc/"), "{source}");
    }
    assert!(script.contains("\"$deb/changelog\"") && deb.contains("target/release/deb/changelog"));
    let folder = Regex::new(r#"maintainer-scripts = "([^"]+)""#).expect("a pattern");
    let folder = folder.captures(&deb).expect("a folder")[1].to_owned();
    for name in ["postinst", "prerm", "postrm"] {
        let script = std::fs::read_to_string(root().join(&folder).join(name)).expect(name);
        assert!(script.starts_with("#!/bin/sh\n"), "{name}");
        let checked = std::process::Command::new("sh")
            .args(["-n", "-c", &script])
            .status();
        assert!(checked.expect("sh runs").success(), "{name}");
    }
    for name in ["vicishim.service", "vicishim.socket", "vicishim.env"] {
        assert!(
            deb.contains(&format!("\"fixtures/deploy/{name}\"")),
            "{name}"
        );
    }
}

/// What the script of the package has the program do.
#[test]
fn the_program_writes_a_page_for_each_of_its_commands() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().to_str().expect("a path");
    let output = crate::common::server::run(&["man", "--to", path]);
    assert!(output.status.success(), "{output:?}");
    let page = |name: &str| std::fs::read_to_string(directory.path().join(name));
    for name in ["vicishim.1", "vicishim-serve.1", "vicishim-bulk-copy-did.1"] {
        let page = page(name).expect(name);
        assert!(page.contains(".SH SYNOPSIS"), "{page}");
    }
    let missing = directory.path().join("none");
    let output = crate::common::server::run(&["man", "--to", missing.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(1));
}
