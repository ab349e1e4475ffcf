//! What was changed, and taking it back.

use super::pages::Pages;
use crate::common::database::Backend;
use crate::common::site::Site;

on_our_own! {
    a_change_is_shown_and_taken_back
}

fn a_change_is_shown_and_taken_back(backend: Backend) {
    let mut site = Site::start(backend);
    let mut pages = Pages::of_6666(&site.server);
    let page = pages.page("/changes");
    assert!(page.contains("Nothing was changed yet."), "{page}");
    site.ask("copy_did&source_did_pattern=default&new_dids=7275559001-7275559002");
    let row = |site: &Site| {
        let mut row = site.row("vicidial_inbound_dids", "did_pattern", "7275559001");
        row.remove("modify_stamp");
        row
    };
    let before = row(&site);
    site.ask("update_did&did_pattern=7275559001&did_description=%3Cscript%3Ealert(1)%3C/script%3E");
    let page = pages.page("/changes?function=update_did");
    assert!(page.contains("<a href=\"/changes/2\">2</a>"), "{page}");
    assert!(!page.contains("<a href=\"/changes/1\">1</a>"), "{page}");
    let page = pages.page("/changes/2");
    assert!(
        page.contains("<th scope=\"row\" class=\"mono\">did_description</th>"),
        "{page}"
    );
    assert!(!page.contains("<script>alert"), "{page}");
    let page = pages.page("/undo?id=2");
    assert!(
        page.contains("did 7275559001: row has been changed back"),
        "{page}"
    );
    // Change 1 has a row that was changed again since.
    let page = pages.page("/undo?id=1");
    assert!(
        page.contains("nothing was undone, rows are in the way"),
        "{page}"
    );
    assert!(page.contains("Take back the rest"), "{page}");
    let page = pages.done("/undo", &[("id", "2")]);
    assert!(page.contains("Taken back: 2."), "{page}");
    assert!(
        page.contains("taken back by <a href=\"/changes/3\">3</a>"),
        "{page}"
    );
    assert_eq!(row(&site), before);
    let page = pages.done("/undo", &[("id", "2")]);
    assert!(page.contains("Nothing was taken back:"), "{page}");
}

#[test]
fn who_may_not_undo_is_told_why() {
    let mut site = Site::start(Backend::Sqlite);
    site.ask("add_did&did_pattern=7275559001");
    let mut user = site.row("vicidial_users", "user", "6666");
    user["api_allowed_functions"] = " change_list ".into();
    site.load(serde_json::json!({"vicidial_users": [user]}));
    let mut pages = Pages::of_6666(&site.server);
    let page = pages.page("/changes/1");
    let why = "your API functions: has neither change_undo between two spaces nor ALL_FUNCTIONS";
    assert!(page.contains(why), "{page}");
    let refused = pages.done("/undo", &[("id", "1")]);
    assert!(refused.contains("Nothing was taken back:"), "{refused}");
    let away = pages.get("/findings");
    assert_eq!(away.status, 403, "{}", away.body);
    assert!(
        away.body.contains("/why?user=6666&amp;function=did_lint"),
        "{}",
        away.body
    );
}

#[test]
fn what_was_done_is_said_on_the_next_page_that_somebody_sees() {
    let mut site = Site::start(Backend::Sqlite);
    site.ask("add_did&did_pattern=7275559001");
    let mut pages = Pages::of_6666(&site.server);
    assert_eq!(pages.post("/undo", &[("id", "1")]).status, 303);
    // What a script asks for meanwhile, and a look at the head alone, say nothing.
    assert!(!pages.part("/?search=7").contains("Taken back"));
    assert_eq!(pages.ask("HEAD", "/changes", &[], "").status, 200);
    // A page that is not shown says it, too.
    let missing = pages.get("/changes/4711");
    assert_eq!(missing.status, 404);
    assert!(missing.body.contains("Taken back: 1."), "{}", missing.body);
    assert!(!pages.page("/changes").contains("Taken back: 1."));
}

#[test]
fn what_is_left_alone_is_said_first() {
    let mut site = Site::start(Backend::Sqlite);
    site.ask("copy_did&source_did_pattern=default&new_dids=7275559001-7275559300");
    site.ask("update_did&did_pattern=7275559300&did_description=Changed+since");
    let mut pages = Pages::of_6666(&site.server);
    let page = pages.done("/undo", &[("id", "1"), ("partial", "Y")]);
    let said = "Taken back: 1. Rows that were changed again since, and left alone: 1.";
    assert!(page.contains(said), "{page}");
    assert!(
        page.contains("<li>did 7275559300: row was changed again since</li>"),
        "{page}"
    );
    assert!(page.contains("<li>and 100 more</li>"), "{page}");
}
