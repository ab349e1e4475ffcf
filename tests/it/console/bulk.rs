//! Changing and deleting several numbers at once.

use regex::Regex;
use serde_json::json;

use super::pages::Pages;
use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database! {
    numbers_are_changed_after_a_look
    what_was_changed_meanwhile_is_left_alone
    numbers_are_deleted_only_with_a_confirmation
}

/// The ids of these numbers, as the list's form sends them.
fn selected(site: &Site, numbers: &[&str]) -> Vec<String> {
    let id = |number: &&str| {
        let row = site.row("vicidial_inbound_dids", "did_pattern", number);
        row["did_id"].to_string()
    };
    numbers.iter().map(id).collect()
}

/// The fields of the selection, and these.
fn form<'f>(
    dids: &'f [String],
    fields: &[(&'static str, &'static str)],
) -> Vec<(&'f str, &'f str)> {
    let dids = dids.iter().map(|did| ("did", did.as_str()));
    dids.chain(fields.iter().copied()).collect()
}

/// What a preview gives to be applied: the ids with their states.
fn looked_at(page: &str) -> Vec<String> {
    let did = Regex::new("name=\"did\" value=\"([0-9]+:[0-9a-f]+)\"").expect("a pattern");
    did.captures_iter(page)
        .map(|found| found[1].to_owned())
        .collect()
}

fn active(site: &Site, number: &str) -> String {
    let row = site.row("vicidial_inbound_dids", "did_pattern", number);
    row["did_active"].as_str().unwrap_or_default().to_owned()
}

fn numbers_are_changed_after_a_look(backend: Backend) {
    let site = Site::start(backend);
    let mut pages = Pages::of_6666(&site.server);
    let dids = selected(&site, &["7275551114", "3125559000", "+17275551112"]);
    let page = pages.post("/bulk", &form(&dids, &[])).body;
    assert!(page.contains("Change 3 numbers"), "{page}");
    let before = site.stored();
    let change = [
        ("action", "change"),
        ("active", "N"),
        ("back", "/?search=7"),
    ];
    let page = pages.post("/bulk/preview", &form(&dids, &change)).body;
    assert_eq!(site.stored(), before, "a look changes nothing");
    assert!(
        page.contains("Active: <del><bdi>active</bdi></del> → <ins><bdi>not active</bdi></ins>"),
        "{page}"
    );
    assert!(page.contains("stays as it is"), "{page}");
    let looked = looked_at(&page);
    assert_eq!(looked.len(), 2, "{page}");
    let answer = pages.post("/bulk/apply", &form(&looked, &change));
    assert_eq!(answer.header("location"), Some("/?search=7"));
    let page = pages.page("/?search=7");
    assert!(page.contains("2 numbers were changed."), "{page}");
    assert_eq!(active(&site, "7275551114"), "N");
    assert_eq!(active(&site, "3125559000"), "N");
}

fn what_was_changed_meanwhile_is_left_alone(backend: Backend) {
    let mut site = Site::start(backend);
    let mut pages = Pages::of_6666(&site.server);
    let dids = selected(&site, &["7275551114", "3125559000", "3125559001"]);
    let change = [("active", "N")];
    let page = pages.post("/bulk/preview", &form(&dids, &change)).body;
    let looked = looked_at(&page);
    assert_eq!(looked.len(), 3, "{page}");
    site.body("update_did&did_pattern=3125559000&did_description=Changed+meanwhile");
    site.may_delete();
    site.body("update_did&did_pattern=3125559001&delete_did=Y");
    let page = pages.done("/bulk/apply", &form(&looked, &change));
    assert!(
        page.contains("1 of 3 numbers were changed; the others were not:"),
        "{page}"
    );
    assert!(
        page.contains("3125559000: it was changed since you looked at it"),
        "{page}"
    );
    assert!(page.contains("it is not there any more"), "{page}");
    assert_eq!(active(&site, "7275551114"), "N");
    assert_eq!(active(&site, "3125559000"), "Y");
    // Without a look nothing is done either.
    let page = pages.done("/bulk/apply", &form(&dids[1..2], &change));
    assert!(page.contains("0 of 1 numbers were changed"), "{page}");
    assert_eq!(active(&site, "3125559000"), "Y");
}

fn numbers_are_deleted_only_with_a_confirmation(backend: Backend) {
    let site = Site::start(backend);
    site.may_delete();
    let mut pages = Pages::of_6666(&site.server);
    let dids = selected(&site, &["7275551114", "3125559000"]);
    let delete = [("action", "delete"), ("active", "N")];
    let page = pages.post("/bulk/preview", &form(&dids, &delete)).body;
    assert!(page.contains("Yes, delete 2 numbers"), "{page}");
    let looked = looked_at(&page);
    let answer = pages.post("/bulk/apply", &form(&looked, &delete));
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("Nothing was deleted."),
        "{}",
        answer.body
    );
    assert!(site.patterns().contains(&"7275551114".to_owned()));
    let delete = [("action", "delete"), ("confirm", "Y")];
    let page = pages.done("/bulk/apply", &form(&looked, &delete));
    assert!(page.contains("2 numbers were deleted."), "{page}");
    for number in ["7275551114", "3125559000"] {
        assert!(!site.patterns().contains(&number.to_owned()));
    }
}

/// All changes of a bulk change are named together.
#[test]
fn a_bulk_change_is_taken_back_together() {
    let site = Site::start(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    let dids = selected(&site, &["7275551114", "3125559000"]);
    let change = [
        ("did_route", "IN_GROUP"),
        ("group", "TEST_IN2"),
        ("did_description", "Both of them"),
    ];
    let page = pages.post("/bulk/preview", &form(&dids, &change)).body;
    let looked = looked_at(&page);
    let page = pages.done("/bulk/apply", &form(&looked, &change));
    assert!(
        page.contains("<a href=\"/undo?id=1,2\">take them back together</a>"),
        "{page}"
    );
    let description = |number: &str| {
        let row = site.row("vicidial_inbound_dids", "did_pattern", number);
        row["did_description"].clone()
    };
    assert_eq!(description("3125559000"), "Both of them");
    let page = pages.done("/undo", &[("id", "1,2")]);
    assert!(page.contains("Taken back: 1,2."), "{page}");
    assert_eq!(description("3125559000"), "Sales only");
}

#[test]
fn a_preview_says_what_the_api_refuses() {
    let site = Site::start(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    let dids = selected(&site, &["7275551114", "3125559000"]);
    let change = [("did_route", "IN_GROUP"), ("group", "NOSUCH")];
    let page = pages.post("/bulk/preview", &form(&dids, &change)).body;
    let reason = "Group ID must be a valid inbound group in the system";
    assert_eq!(page.matches(reason).count(), 2, "{page}");
    assert!(page.contains("There is nothing to do."), "{page}");
    assert!(looked_at(&page).is_empty(), "{page}");
    let nothing = pages.post("/bulk/preview", &form(&dids, &[]));
    assert_eq!(nothing.status, 422);
    assert!(
        nothing.body.contains("every field is empty"),
        "{}",
        nothing.body
    );
    let page = pages.done("/bulk", &[]);
    assert!(page.contains("Select at least one number."), "{page}");
    let many: Vec<String> = (1..=1001).map(|id| id.to_string()).collect();
    let page = pages.done("/bulk", &form(&many, &[]));
    assert!(page.contains("Select 1000 numbers at the most"), "{page}");
    // Of another user group, for a user who sees SALES alone.
    let mut pages = Pages::signed_in(&site.server, "1007", "1234");
    let dids = selected(&site, &["3125559002", "3125559000"]);
    let page = pages.post("/bulk", &form(&dids, &[])).body;
    assert!(page.contains("Change 1 number<"), "{page}");
    assert!(!page.contains("3125559002"), "{page}");
}

/// A call drops characters that no number should have: what is left may be another DID.
#[test]
fn a_number_that_a_call_cannot_name_is_left_alone() {
    let site = Site::with(
        "documented",
        Backend::Sqlite,
        json!({"vicidial_inbound_dids": [{"did_pattern": "727-5550001"}, {"did_pattern": "7275550001"}]}),
    );
    let mut pages = Pages::of_6666(&site.server);
    let dids = selected(&site, &["727-5550001"]);
    let change = [("active", "N")];
    let page = pages.post("/bulk/preview", &form(&dids, &change)).body;
    assert!(page.contains("A call of the API cannot name it"), "{page}");
    assert!(looked_at(&page).is_empty(), "{page}");
    // Also where somebody sends it all the same.
    let named = Regex::new("727-5550001").expect("a pattern");
    assert!(named.is_match(&page), "{page}");
    assert_eq!(active(&site, "7275550001"), "Y");
}

#[test]
fn who_may_not_delete_is_told_why() {
    let site = Site::start(Backend::Sqlite);
    let mut pages = Pages::signed_in(&site.server, "1001", "1234");
    let dids = selected(&site, &["7275551114"]);
    let page = pages.post("/bulk", &form(&dids, &[])).body;
    assert!(page.contains("delete_inbound_dids"), "{page}");
    let page = pages
        .post("/bulk/preview", &form(&dids, &[("action", "delete")]))
        .body;
    assert!(
        page.contains("User does not have permission to delete DIDs"),
        "{page}"
    );
    // Level 7 may not come here.
    let mut pages = Pages::signed_in(&site.server, "1002", "1234");
    assert_eq!(pages.post("/bulk", &form(&dids, &[])).status, 403);
}
