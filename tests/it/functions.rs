//! The table of functions: as the command prints it, and as docs/options.md has it.

use crate::common::server::{run, vicishim};

const UPSTREAM: &str = "http://dialer/vicidial/non_agent_api.php";

fn printed(arguments: &[&str]) -> String {
    let output = run(&[&["functions"], arguments].concat());
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The columns of a function's row: what it does, the permission, who answers.
fn row(table: &str, function: &str) -> [String; 3] {
    let line = table
        .lines()
        .find(|line| line.starts_with(&format!("{function}  ")))
        .unwrap_or_else(|| panic!("no {function} in {table}"));
    let mut cells = line
        .split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .skip(1);
    [(); 3].map(|()| cells.next().unwrap_or_default().to_owned())
}

#[test]
fn the_table_tells_what_each_does_asks_for_and_who_answers() {
    let table = printed(&[]);
    let permission = "level 8 and up with vdc_agent_api_access and modify_inbound_dids";
    assert_eq!(row(&table, "add_did"), ["adds a DID", permission, "native"]);
    assert_eq!(row(&table, "version")[1..], ["no sign-in", "native"]);
    assert!(!table.contains("passed on"), "{table}");
    let names: Vec<&str> = vicishim::api::functions()
        .map(vicishim::api::Function::name)
        .collect();
    let rows: Vec<&str> = table
        .lines()
        .skip(1)
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(rows, names);
    let starts: Vec<usize> = table
        .lines()
        .filter_map(|line| line.find("  native"))
        .collect();
    assert!(
        starts.windows(2).all(|pair| pair[0] == pair[1]),
        "columns: {table}"
    );
}

#[test]
fn with_an_upstream_the_table_tells_what_is_passed_on() {
    let table = printed(&["--upstream", UPSTREAM, "--upstream-only", "copy_did"]);
    let theirs = ["the upstream's", "passed on"];
    assert_eq!(row(&table, "copy_did")[1..], theirs);
    assert_eq!(row(&table, "add_did")[2], "native");
    assert_eq!(row(&table, "any other")[1..], theirs);

    let output = vicishim()
        .args(["functions", "--format", "markdown"])
        .envs([
            ("VICISHIM_UPSTREAM", UPSTREAM),
            ("VICISHIM_NATIVE_ONLY", "add_did"),
        ])
        .output()
        .expect("the command runs");
    let table = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(table.contains("| `version` | "), "{table}");
    for line in table.lines().skip(2) {
        let end = if line.starts_with("| `add_did` |") {
            "native |"
        } else {
            "passed on |"
        };
        assert!(line.ends_with(end), "{line}");
    }
}

#[test]
fn wrong_lists_are_told() {
    for (arguments, message) in [
        (
            &["--native-only", "add_did"][..],
            "--native-only needs --upstream URL",
        ),
        (
            &["--upstream", UPSTREAM, "--native-only", "nothing"],
            "there is no function nothing here",
        ),
    ] {
        let output = run(&[&["functions"], arguments].concat());
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains(message), "{text}");
    }
}

/// To be made anew with `vicishim functions --format markdown`.
#[test]
fn the_page_on_functions_has_the_same_table() {
    let page = format!("{}/docs/options.md", env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(page).expect("docs/options.md");
    let (_, rest) = page
        .split_once("<!-- functions -->")
        .expect("the table's beginning");
    let (table, _) = rest
        .split_once("<!-- /functions -->")
        .expect("the table's end");
    assert_eq!(table.trim(), printed(&["--format", "markdown"]).trim());
}
