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
