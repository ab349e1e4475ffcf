//! One DID: the way of a call, its calls, its history, and deleting it; who may do what.

use chrono::{Days, Utc};
use serde_json::json;

use super::pages::Pages;
use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database_and_with_state! {
    calls_are_counted_by_day
}

on_our_own! {
    the_history_shows_what_was_there_before
}

/// A DID of the recordings' rows, and its id.
pub(super) const NUMBER: &str = "7275551114";

pub(super) fn page_of(site: &Site, number: &str) -> String {
    let row = site.row("vicidial_inbound_dids", "did_pattern", number);
    format!("/dids/{}", row["did_id"])
}

fn the_history_shows_what_was_there_before(backend: Backend) {
    let mut site = Site::start(backend);
    let mut pages = Pages::of_6666(&site.server);
    let page = page_of(&site, NUMBER);
    let empty = pages.page(&page);
    assert!(
        empty.contains("Nothing was changed of this number yet."),
        "{empty}"
    );
    for code in 2..14 {
        site.ask(&format!(
            "update_did&did_pattern={NUMBER}&phone_code={code}"
        ));
    }
    site.ask("update_did&did_pattern=default&phone_code=99");
    let shown = pages.page(&page);
    assert!(shown.contains("12 changes, the newest first."), "{shown}");
    let newest = "<span class=\"mono\">phone_code</span>: <del>12</del> → <ins>13</ins>";
    assert!(shown.contains(newest), "{shown}");
    assert!(shown.contains("href=\"/undo?id=12\""), "{shown}");
    assert!(
        !shown.contains("<ins>99</ins>"),
        "it is of another number: {shown}"
    );
    assert!(
        !shown.contains("<del>1</del>"),
        "it is on the next page: {shown}"
    );
    let older = pages.page(&format!("{page}?changes=2"));
    assert!(older.contains("<del>1</del> → <ins>2</ins>"), "{older}");
    assert!(
        older.contains(">Newer</a>") && !older.contains(">Older</a>"),
        "{older}"
    );
    let token = pages.form_token.clone();
    assert!(!token.is_empty());
    pages.done("/undo", &[("id", "12")]);
    let shown = pages.page(&page);
    assert!(
        shown.contains("taken back by <a href=\"/changes/14\">14</a>"),
        "{shown}"
    );
}

fn calls_are_counted_by_day(backend: Backend) {
    let site = Site::start(backend);
    let mut pages = Pages::of_6666(&site.server);
    let page = page_of(&site, NUMBER);
    let empty = pages.page(&page);
    assert!(empty.contains("No calls in the last 30 days."), "{empty}");
    // Yesterday and two days ago on every clock; longer ago than the chart begins; to another number.
    let day = |ago| (Utc::now() - Days::new(ago)).format("%Y-%m-%d").to_string();
    let call = |number: &str, ago, time: &str| {
        json!({
            "uniqueid": format!("{ago}.{time}"), "channel": "x", "server_ip": "10.0.9.8",
            "extension": number, "call_date": format!("{} {time}", day(ago)),
        })
    };
    site.load(json!({"vicidial_did_log": [
        call(NUMBER, 2, "00:00:00"), call(NUMBER, 2, "23:59:59"), call(NUMBER, 3, "12:00:00"),
        call(NUMBER, 40, "12:00:00"), call("7275550000", 2, "12:00:00"),
    ]}));
    let shown = pages.page(&page);
    assert!(
        shown.contains("3 calls in 30 days; the most on "),
        "{shown}"
    );
    let bar = format!("{}: Calls 2</title>", day(2));
    assert!(shown.contains(&bar), "{bar}: {shown}");
}

#[test]
fn the_way_of_a_call_is_drawn_for_a_time() {
    let site = Site::demo(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    // Friday, on the dialer's clock, which is that of the schedule.
    for (at, sentence, label) in [
        (
            "2026-11-20T10:00",
            "The call goes to in-group SALESLINE: its normal target.",
            "",
        ),
        (
            "2026-11-20T20:00",
            "The call goes to voicemail box 8301: outside the hours of Office hours (America/New_York).",
            "closed: taken",
        ),
        (
            "2026-11-20T12:30",
            "The call goes to call menu main_menu: the condition of route 1 holds",
            "holds: taken",
        ),
    ] {
        let page = pages.page(&format!("/dids/8?at={at}&caller=7275551212"));
        assert!(page.contains(sentence), "{at}: {page}");
        assert!(page.contains(&at.replace('T', " ")), "{at}: {page}");
        assert!(page.contains("7275551212</text>"), "{page}");
        let taken = page.matches(": taken</text>").count();
        assert_eq!(taken, usize::from(!label.is_empty()), "{page}");
        assert!(page.contains(label), "{label}: {page}");
        assert!(
            page.contains("<strong>Hours</strong>"),
            "the steps in words: {page}"
        );
        let part = pages.part(&format!("/dids/8?at={at}"));
        assert!(part.contains(sentence) && !part.contains("<h1"), "{part}");
    }
    let page = pages.page("/dids/8?at=tomorrow");
    assert!(page.contains("The time must be a date and time"), "{page}");
    let busy = pages.page("/dids/8?at=2026-11-20T10:00&calls=11");
    assert!(
        busy.contains("The caller hears that the line is busy"),
        "{busy}"
    );
    let missing = page_of(&site, "7275550109");
    let page = pages.page(&missing);
    assert!(page.contains("it is not there</text>"), "{page}");
}

#[test]
fn a_did_is_deleted_as_it_was_seen() {
    let mut site = Site::demo(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    let tag = |page: &str| {
        let (_, rest) = page.split_once("name=\"tag\" value=\"").expect("a tag");
        rest.split('"').next().expect("its end").to_owned()
    };
    let asked = pages.page("/dids/8/delete");
    assert!(asked.contains("Delete 7275550108?"), "{asked}");
    let old = tag(&asked);
    site.ask("update_did&did_pattern=7275550108&did_description=Another+line");
    let fields = [("tag", old.as_str()), ("number", "7275550108")];
    let stopped = pages.done("/dids/8/delete", &fields);
    assert!(stopped.contains("was not deleted"), "{stopped}");
    assert_eq!(pages.post("/dids/8/delete", &[]).status, 422);
    let tag = tag(&pages.page("/dids/8/delete"));
    let fields = [("tag", tag.as_str()), ("number", "7275550108")];
    let answer = pages.post("/dids/8/delete", &fields);
    assert_eq!(answer.header("location"), Some("/"), "{}", answer.body);
    assert!(!site.patterns().contains(&"7275550108".to_owned()));
    assert_eq!(pages.get("/dids/8").status, 404);
}

#[test]
fn who_may_look_only_is_told_why() {
    let site = Site::demo(Backend::Sqlite);
    let mut pages = Pages::signed_in(&site.server, "1002", "1234");
    let page = pages.page("/dids/8");
    assert!(
        page.contains("You may look, not change: your user level"),
        "{page}"
    );
    assert!(
        page.contains("<fieldset class=\"bare\" disabled>"),
        "{page}"
    );
    assert!(!page.contains("href=\"/dids/8/delete\""), "{page}");
    let before = site.patterns();
    let fields = [("was.phone_code", "1"), ("phone_code", "44")];
    assert_eq!(pages.post("/dids/8", &fields).status, 403);
    let asked = pages.page("/dids/8/delete");
    let (_, rest) = asked.split_once("name=\"tag\" value=\"").expect("a tag");
    let tag = rest.split('"').next().expect("its end").to_owned();
    assert_eq!(pages.post("/dids/8/delete", &[("tag", &tag)]).status, 403);
    assert_eq!(site.patterns(), before);
    let row = site.row("vicidial_inbound_dids", "did_pattern", "7275550108");
    assert_eq!(row["phone_code"], "1");
    // Without view_reports no calls; without modify_inbound_dids no DID at all.
    let mut pages = Pages::signed_in(&site.server, "1003", "1234");
    assert_eq!(pages.get("/dids/8").status, 403);
    // Another user group's.
    let mut pages = Pages::signed_in(&site.server, "1007", "1234");
    assert_eq!(pages.get(&page_of(&site, "3125559002")).status, 404);
    let page = pages.page(&page_of(&site, "3125559000"));
    assert!(page.contains("<h1>3125559000</h1>"), "{page}");
}

#[test]
fn what_a_did_can_be_pointed_at_is_picked_from_lists() {
    let site = Site::demo(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    let page = pages.page("/dids/8");
    for list in [
        "in_group",
        "call_menu",
        "user",
        "phone",
        "server",
        "voicemail",
        "user_group",
    ] {
        let list = format!("<datalist id=\"list-{list}\"><option value=");
        assert!(page.contains(&list), "{list}: {page}");
    }
    let found = pages.part("/pick/in_group?search=SALES");
    assert!(found.contains("<option value=\"SALESLINE\">"), "{found}");
    assert!(!found.contains("TEST_IN2"), "{found}");
    assert_eq!(pages.get("/pick/nothing").status, 404);
}
