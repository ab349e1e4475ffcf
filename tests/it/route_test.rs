//! `did_route_test`: where a call would land, as the text API writes it.

use serde_json::json;

use crate::common::database::Backend;
use crate::common::site::Site;

on_our_own! {
    the_lines_of_steps_and_notes_are_numbered_on
    a_caller_that_is_not_sent_is_not_one_without_a_number
}

/// The demo, where 7275551114 takes no calls without a number.
fn site(backend: Backend) -> Site {
    let api = Site::demo(backend);
    api.load(json!({"vicishim_dids": [{"did_id": 2, "allow_anonymous": "N"}]}));
    api
}

fn the_lines_of_steps_and_notes_are_numbered_on(backend: Backend) {
    let body = site(backend).body("did_route_test&did_pattern=7275551114");
    let (_, lines) = body.split_once('\n').expect("lines below the first");
    let begins = |line: &str| line.splitn(3, '|').take(2).collect::<Vec<_>>().join("|");
    let lines: Vec<String> = lines.lines().map(begins).collect();
    assert_eq!(lines[..3], ["1|match", "2|status", "3|max_channels"]);
    for (number, line) in (1..).zip(&lines) {
        assert!(line.starts_with(&format!("{number}|")), "{body}");
    }
    let count = lines.len();
    let notes = [count - 1, count].map(|number| format!("{number}|depends_on"));
    assert!(lines.ends_with(&notes), "{body}");
}

fn a_caller_that_is_not_sent_is_not_one_without_a_number(backend: Backend) {
    let mut api = site(backend);
    for (caller, verdict) in [
        ("", "unknown"),
        ("&caller=", "decided"),
        ("&caller=anonymous", "decided"),
        ("&caller=7275551212", "passed"),
    ] {
        let body = api.body(&format!("did_route_test&did_pattern=7275551114{caller}"));
        assert!(body.contains(&format!("|anonymous|{verdict}|")), "{body}");
    }
}
