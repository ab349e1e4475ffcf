//! The form of a DID: what is typed is checked, and stored by the API whose it is.

use serde_json::{Map, Value, json};

use super::did::{NUMBER, page_of};
use super::pages::Pages;
use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database_and_with_state! {
    what_is_typed_is_stored
    a_refusal_stands_beside_its_field_and_nothing_is_stored
}

on_our_own! {
    both_apis_store_their_fields
    what_somebody_else_has_changed_is_not_overwritten
}

fn row(site: &Site) -> Map<String, Value> {
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

/// `update_did` drops the spaces of its number: what is left is another DID's.
#[test]
fn a_number_that_the_api_cannot_name_is_not_taken_for_another() {
    let site = Site::start(Backend::Sqlite);
    let mut dids = site.database.rows("vicidial_inbound_dids");
    let mut spaced = row(&site);
    spaced["did_id"] = json!(900);
    spaced["did_pattern"] = json!("727 555 1114");
    dids.push(spaced);
    site.load(json!({"vicidial_inbound_dids": dids}));
    let mut pages = Pages::of_6666(&site.server);
    let before = site.database.rows("vicidial_inbound_dids");
    let page = pages.page("/dids/900");
    assert!(
        page.contains("The API takes no number with such letters"),
        "{page}"
    );
    let fields = [("was.phone_code", "1"), ("phone_code", "44")];
    let done = pages.done("/dids/900", &fields);
    assert!(done.contains("Nothing was changed"), "{done}");
    let checked = pages.part("/dids/900/check?field=phone_code&value=44");
    assert!(checked.contains("The API takes no number"), "{checked}");
    assert_eq!(site.database.rows("vicidial_inbound_dids"), before);
}
