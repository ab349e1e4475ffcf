//! One DID: its form, the way of a call, its calls and its history.

use chrono::{Days, Utc};
use serde_json::json;

use super::pages::Pages;
use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database_and_with_state! {
    what_is_typed_is_stored
    a_refusal_stands_beside_its_field_and_nothing_is_stored
    calls_are_counted_by_day
}

on_our_own! {
    both_apis_store_their_fields
    what_somebody_else_has_changed_is_not_overwritten
    the_history_shows_what_was_there_before
}

/// A DID of the recordings' rows, and its id.
const NUMBER: &str = "7275551114";

fn page_of(site: &Site, number: &str) -> String {
    let row = site.row("vicidial_inbound_dids", "did_pattern", number);
    format!("/dids/{}", row["did_id"])
}

fn row(site: &Site) -> serde_json::Map<String, serde_json::Value> {
    let mut row = site.row("vicidial_inbound_dids", "did_pattern", NUMBER);
    row.remove("modify_stamp");
    row
}

fn what_is_typed_is_stored(backend: Backend) {
    let site = Site::start(backend);
    let mut pages = Pages::of_6666(&site.server);
    let (page, before) = (page_of(&site, NUMBER), row(&site));
    let shown = pages.page(&page);
    for part in [
        "name=\"was.group\" value=\"TEST_IN2\"",
        "<option value=\"IN_GROUP\" selected>",
        "An in-group.",
        "3 to 14 digits.",
        "<option value=\"LO\" selected>",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let fields = [
        ("was.extension", before["extension"].as_str().unwrap_or("")),
        ("extension", "8365"),
        ("was.description", "Clearwater main"),
        ("description", "<b>Clearwater</b> & \"more\""),
        // What is not changed is not sent, whatever is stored.
        ("was.list_id", "1"),
        ("list_id", "1"),
    ];
    let done = pages.done(&page, &fields);
    assert!(done.contains("Stored: description, extension."), "{done}");
    assert!(
        done.contains("&#60;b&#62;Clearwater&#60;/b&#62; &#38;"),
        "{done}"
    );
    assert!(!done.contains("<b>Clearwater"), "{done}");
    let mut expected = before;
    expected["extension"] = json!("8365");
    expected["did_description"] = json!("<b>Clearwater</b> & \"more\"");
    assert_eq!(row(&site), expected);
}

fn a_refusal_stands_beside_its_field_and_nothing_is_stored(backend: Backend) {
    let site = Site::start(backend);
    let mut pages = Pages::of_6666(&site.server);
    let (page, before) = (page_of(&site, NUMBER), site.stored());
    for (fields, said) in [
        (
            &[("was.group", "TEST_IN2"), ("group", "NOSUCH")][..],
            "id=\"w-group\" aria-live=\"polite\">Group ID must be a valid inbound group in the system.",
        ),
        (
            &[("was.exten_context", "default"), ("exten_context", "a<b>")],
            "id=\"w-exten_context\" aria-live=\"polite\">It may not have “&#60;” “&#62;” in it.",
        ),
        (
            &[("was.campaign_id", "TESTCAMP"), ("campaign_id", "")],
            "id=\"w-campaign_id\" aria-live=\"polite\">It cannot be emptied",
        ),
        (
            &[("was.user_group", "---ALL---"), ("user_group", "NOSUCH")],
            "id=\"w-user_group\" aria-live=\"polite\">",
        ),
    ] {
        // A field that is right beside the wrong one is not stored either.
        let right = [("was.phone_code", "1"), ("phone_code", "44")];
        let answer = pages.post(&page, &[fields, &right[..]].concat());
        assert_eq!(answer.status, 422, "{fields:?}: {}", answer.body);
        let body = answer.body;
        assert!(body.contains(said), "{said}: {body}");
        assert!(body.contains("aria-invalid=\"true\""), "{body}");
        assert!(body.contains("name=\"phone_code\" value=\"44\""), "{body}");
        assert_eq!(site.stored(), before);
    }
}

fn both_apis_store_their_fields(backend: Backend) {
    let mut site = Site::start(backend);
    let mut pages = Pages::of_6666(&site.server);
    let page = page_of(&site, NUMBER);
    let fields = [
        ("was.new_did_pattern", NUMBER),
        ("new_did_pattern", "7275551115"),
        ("was.max_channels", ""),
        ("max_channels", "3"),
        ("was.closed_dest_kind", ""),
        ("closed_dest_kind", "queue"),
        ("was.closed_dest_id", ""),
        ("closed_dest_id", "TEST_IN2"),
    ];
    let done = pages.done(&page, &fields);
    assert!(done.contains("<h1>7275551115</h1>"), "{done}");
    assert!(done.contains("Change 2</a>: look at it"), "{done}");
    assert!(done.contains("is change 1."), "{done}");
    for part in [
        "name=\"was.max_channels\" value=\"3\"",
        "name=\"was.closed_dest_id\" value=\"TEST_IN2\"",
        "At most 3 calls at a time?",
    ] {
        assert!(done.contains(part), "{part}: {done}");
    }
    let done = pages.done(
        &page,
        &[("was.closed_dest_kind", "queue"), ("closed_dest_kind", "")],
    );
    assert!(
        done.contains("name=\"was.closed_dest_id\" value=\"\""),
        "{done}"
    );
    let fields = [
        ("was.max_channels", "3"),
        ("max_channels", "0"),
        ("was.closed_dest_kind", ""),
        ("closed_dest_kind", "extension"),
        ("was.closed_dest_id", ""),
        ("closed_dest_id", "no-phone"),
    ];
    let before = site.stored();
    let refused = pages.post(&page, &fields);
    assert_eq!(refused.status, 422, "{}", refused.body);
    for field in ["max_channels", "closed_dest_id"] {
        let wrong = format!("id=\"w-{field}\" aria-live=\"polite\"></div>");
        assert!(!refused.body.contains(&wrong), "{field}: {}", refused.body);
    }
    assert_eq!(site.stored(), before);
    site.says(
        "update_did&did_pattern=7275551114&active=Y",
        "ERROR: update_did DID DOES NOT EXIST - 6666|7275551114\n",
    );
}

fn what_somebody_else_has_changed_is_not_overwritten(backend: Backend) {
    let mut site = Site::start(backend);
    let mut pages = Pages::of_6666(&site.server);
    let page = page_of(&site, NUMBER);
    // The form was made before these.
    site.ask(&format!(
        "update_did&did_pattern={NUMBER}&phone_code=33&campaign_id=OTHER"
    ));
    let fields = [
        ("was.phone_code", "1"),
        ("phone_code", "1"),
        ("was.campaign_id", "TESTCAMP"),
        ("campaign_id", "MINE"),
        ("was.provider", "Carrier A"),
        ("provider", "Carrier C"),
    ];
    let before = site.stored();
    let answer = pages.post(&page, &fields);
    assert_eq!(answer.status, 409, "{}", answer.body);
    let said = "Meanwhile somebody has changed it from “TESTCAMP” to “OTHER”.";
    assert!(answer.body.contains(said), "{}", answer.body);
    let again = "name=\"was.campaign_id\" value=\"OTHER\"";
    assert!(answer.body.contains(again), "{}", answer.body);
    assert!(answer.body.contains("name=\"campaign_id\" value=\"MINE\""));
    assert_eq!(site.stored(), before);
    // Who has seen it may put its own in the place.
    let fields = [
        ("was.phone_code", "1"),
        ("phone_code", "1"),
        ("was.campaign_id", "OTHER"),
        ("campaign_id", "MINE"),
        ("was.provider", "Carrier A"),
        ("provider", "Carrier C"),
    ];
    pages.done(&page, &fields);
    let row = row(&site);
    assert_eq!(row["campaign_id"], "MINE");
    assert_eq!(row["phone_code"], "33", "nobody has touched it in the form");
    assert_eq!(row["did_carrier_description"], "Carrier C");
    let unchanged = pages.done(
        &page,
        &[("was.provider", "Carrier A"), ("provider", "Carrier A")],
    );
    assert!(unchanged.contains("Nothing was changed"), "{unchanged}");
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
fn a_field_is_checked_as_one_leaves_it() {
    let site = Site::demo(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    pages.page("/dids/8");
    let before = site.stored();
    for (asked, said) in [
        ("field=group&value=SALESLINE", ""),
        ("field=group&value=TEST_IN2", ""),
        (
            "field=group&value=NOSUCH",
            "Group ID must be a valid inbound group in the system.",
        ),
        ("field=phone_code&value=4x", "It may not have “x” in it."),
        (
            "field=new_did_pattern&value=(727)+555-0199",
            "It is stored as 7275550199.",
        ),
        ("field=new_did_pattern&value=default", "DID already exists"),
        ("field=max_channels&value=0", "must be from 1 to 65535"),
        (
            "field=closed_dest_id&value=NOSUCH&closed_dest_kind=queue",
            "there is no",
        ),
        (
            "field=closed_dest_id&value=8301&closed_dest_kind=voicemail",
            "",
        ),
        ("field=description&value=x", ""),
    ] {
        let part = pages.part(&format!("/dids/8/check?{asked}"));
        let is_right = match said {
            "" => part.trim().is_empty(),
            said => part.contains(said),
        };
        assert!(is_right, "{asked}: {part}");
    }
    assert_eq!(pages.get("/dids/8/check?field=pass&value=x").status, 404);
    assert_eq!(site.stored(), before);
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

#[test]
fn a_vicidials_own_database_has_no_settings_of_ours() {
    let site = Site::start(Backend::Vicidial);
    let mut pages = Pages::of_6666(&site.server);
    let page = page_of(&site, NUMBER);
    let shown = pages.page(&page);
    assert!(shown.contains("start vicishim with --state."), "{shown}");
    let fields = [("was.max_channels", ""), ("max_channels", "3")];
    let done = pages.done(&page, &fields);
    assert!(done.contains("Nothing was changed"), "{done}");
}
