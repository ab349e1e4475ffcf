//! `dry_run=Y`: the lines of the real call, and nothing stored.

use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database_and_with_state! {
    a_rehearsal_answers_as_the_real_call_and_stores_nothing
    a_word_that_is_none_is_not_taken_for_the_real_call
    the_wire_dialect_does_it_for_real
}

const CALLS: &[&str] = &[
    "add_did&did_pattern=7275550001&did_description=Rehearsed",
    "add_did&did_pattern=7275550001",
    "add_did&did_pattern=1",
    "add_did&did_pattern=7275550002&active=X",
    "copy_did&source_did_pattern=default&new_dids=7275550001,7275550003,7275550003,1,7275550004",
    "copy_did&source_did_pattern=default&new_dids=7275550001",
    "copy_did&source_did_pattern=default&new_dids=7275550001,7275550005&did_description=short",
    "copy_did&source_did_pattern=nowhere&new_dids=7275550005",
    "update_did&did_pattern=7275550001&did_description=Changed",
    "update_did&did_pattern=7275550001",
    "update_did&did_pattern=7275550001&menu_id=nowhere",
    "update_did&did_pattern=7275550001&new_did_pattern=7275550003",
    "update_did&did_pattern=7275550001&new_did_pattern=7275550006&active=N",
    "update_did&did_pattern=7275550001&insert_if_not_found=Y&did_description=Inserted",
    "update_did&did_pattern=7275550001&delete_did=Y",
    "update_did&did_pattern=7275550001&delete_did=Y",
];

/// A reply with `0` for every `did_id` that a copy gave.
fn without_new_ids(body: &str) -> String {
    let line = |line: &str| match line.strip_prefix("NOTICE: copy_did DID HAS BEEN ADDED - ") {
        Some(data) => {
            let fields: Vec<&str> = data.split('|').collect();
            let [user, new, source, _, one] = fields[..] else {
                panic!("{line}")
            };
            format!("NOTICE: copy_did DID HAS BEEN ADDED - {user}|{new}|{source}|0|{one}\n")
        }
        None => format!("{line}\n"),
    };
    body.lines().map(line).collect()
}

fn a_rehearsal_answers_as_the_real_call_and_stores_nothing(backend: Backend) {
    let mut api = Site::start(backend);
    api.may_delete();
    for call in CALLS {
        let before = api.stored();
        let rehearsed = api.ask(&format!("{call}&dry_run=Y"));
        assert_eq!(rehearsed.header("x-vicishim-dry-run"), Some("1"), "{call}");
        assert_eq!(api.stored(), before, "{call}");
        let real = api.ask(call);
        assert_eq!(rehearsed.body, without_new_ids(&real.body), "{call}");
        assert_eq!(real.header("x-vicishim-dry-run"), None);
        for name in ["result", "added", "refused"] {
            let name = format!("x-vicishim-{name}");
            assert_eq!(rehearsed.header(&name), real.header(&name), "{call}");
        }
        assert_ne!(api.stored(), before, "{call}");
    }
}

fn a_word_that_is_none_is_not_taken_for_the_real_call(backend: Backend) {
    let mut api = Site::start(backend);
    let patterns = api.patterns();
    for (word, shown) in [("y", "y"), ("yes", "yes"), ("1", "1"), ("%7C%0A", "")] {
        api.says(
            &format!("add_did&did_pattern=7275550001&dry_run={word}"),
            &format!(
                "ERROR: add_did DRY RUN MUST BE Y OR N, THIS IS AN OPTIONAL FIELD - 6666|{shown}\n"
            ),
        );
    }
    let none = "add_fpg_phone&phone_number=7275551313&group=TEST_IN_FILTER&dry_run=Y";
    let response = api.ask(none);
    assert_eq!(
        response.body,
        "ERROR: add_fpg_phone DRY RUN IS NOT AVAILABLE FOR THIS FUNCTION - 6666|Y\n"
    );
    assert_eq!(response.header("x-vicishim-dry-run"), None);
    assert_eq!(api.patterns(), patterns);
    // A function that only reads is its own dry run.
    assert!(api.body("vm_list&dry_run=Y").contains("<table>"));
    let tested = api.body("did_route_test&did_pattern=7275551114&dry_run=Y");
    assert!(
        tested.starts_with("SUCCESS: did_route_test ROUTE FOUND"),
        "{tested}"
    );
    let found = api.body("did_lint&dry_run=Y");
    assert!(found.starts_with("1|default|no_target|"), "{found}");
    for off in ["", "&dry_run=", "&dry_run=N"] {
        let answer = api.ask(&format!("add_did&did_pattern=7275550001{off}"));
        assert_eq!(answer.header("x-vicishim-dry-run"), None);
    }
    assert_eq!(api.patterns().len(), patterns.len() + 1);
}

fn the_wire_dialect_does_it_for_real(backend: Backend) {
    let mut api = Site::speaking("wire", backend);
    for word in ["Y", "yes"] {
        let number = format!("7275550001{word}");
        let response = api.ask(&format!("add_did&did_pattern={number}&dry_run={word}"));
        assert_eq!(
            response.body,
            format!("SUCCESS: add_did DID HAS BEEN ADDED - 6666|{number}\n")
        );
        assert_eq!(response.header("x-vicishim-dry-run"), None);
        assert!(api.patterns().contains(&number));
    }
}
