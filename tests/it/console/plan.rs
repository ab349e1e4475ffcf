//! The table of DIDs in the console: what would be done, doing it, and taking it back.

use regex::Regex;
use serde_json::json;

use super::pages::Pages;
use crate::common::client::Response;
use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database! {
    what_is_shown_is_what_is_applied
    nothing_is_deleted_without_a_tick
    a_user_plans_what_it_sees_and_no_more
}

on_our_own! {
    what_was_applied_is_taken_back
}

const TABLE: &str = "did_pattern,did_description,group\r\n7275551114,New name,\r\n+17275550100,First line,TEST_IN2\r\n";

/// Sends a table: the plan's page.
fn plan(pages: &mut Pages, table: &str, fields: &[(&str, &str)]) -> Response {
    let fields = [&[("table", table)], fields].concat();
    pages.post("/plan", &fields)
}

/// Sends a file as a browser does.
fn upload(pages: &mut Pages, file: &[u8]) -> Response {
    let token = &pages.form_token;
    let head = format!(
        "--x\r\ncontent-disposition: form-data; name=\"form_token\"\r\n\r\n{token}\r\n--x\r\ncontent-disposition: form-data; \
         name=\"file\"; filename=\"a.csv\"\r\n\r\n"
    );
    let body = [head.as_bytes(), file, b"\r\n--x--\r\n"].concat();
    let kind = [("Content-Type", "multipart/form-data; boundary=x")];
    pages.ask_bytes("POST", "/plan", &kind, &body)
}

/// Sends the form of a plan's page, with these fields besides.
fn apply(pages: &mut Pages, page: &str, fields: &[(&str, &str)]) -> Response {
    let hidden = Regex::new("<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\">")
        .expect("a pattern");
    let hidden: Vec<(String, String)> = hidden
        .captures_iter(page)
        .filter(|found| &found[1] != "form_token")
        .map(|found| (found[1].to_owned(), unescaped(&found[2])))
        .collect();
    let hidden = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = hidden.chain(fields.iter().copied()).collect();
    assert!(fields.iter().any(|(name, _)| *name == "seen"), "{page}");
    pages.post("/plan/apply", &fields)
}

fn unescaped(text: &str) -> String {
    let escapes = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ];
    escapes
        .iter()
        .fold(text.to_owned(), |text, (escape, meant)| {
            text.replace(escape, meant)
        })
}

fn dids(site: &Site) -> Vec<String> {
    let rows = site.database.rows("vicidial_inbound_dids");
    let mut rows: Vec<String> = rows
        .into_iter()
        .map(|mut row| {
            row.remove("modify_stamp");
            json!(row).to_string()
        })
        .collect();
    rows.sort();
    rows
}

fn what_is_shown_is_what_is_applied(backend: Backend) {
    let mut site = Site::start(backend);
    let mut rows = site.database.rows("vicidial_inbound_dids");
    for row in &mut rows {
        if row["did_pattern"] == "7275551114" {
            row.insert("did_description".to_owned(), json!("Old <b>name</b>"));
        }
    }
    site.load(json!({ "vicidial_inbound_dids": rows }));
    let before = dids(&site);
    let mut pages = Pages::of_6666(&site.server);
    let table = pages.get("/plan/table");
    assert_eq!(
        table.header("content-disposition"),
        Some("attachment; filename=\"dids.csv\"")
    );
    assert_eq!(table.body, site.body("did_list&stage=csv&header=YES"));
    let same = plan(&mut pages, &table.body, &[("deletes", "Y")]);
    assert!(
        same.body.contains("Nothing has to be done"),
        "{}",
        same.body
    );

    let shown = plan(&mut pages, TABLE, &[]);
    assert_eq!(shown.status, 200, "{}", shown.body);
    for text in [
        "1 to add, 1 to change, 0 to delete",
        "<del>Old &#60;b&#62;name&#60;/b&#62;</del> → <ins>New name</ins>",
        "group_id: <ins>TEST_IN2</ins>",
    ] {
        assert!(shown.body.contains(text), "{text}: {}", shown.body);
    }
    assert_eq!(dids(&site), before, "nothing is done yet");
    let done = apply(&mut pages, &shown.body, &[]);
    assert!(done.body.contains("2 of 2 done"), "{}", done.body);
    let added = site.row("vicidial_inbound_dids", "did_pattern", "+17275550100");
    assert_eq!(
        (&added["group_id"], &added["did_description"]),
        (&json!("TEST_IN2"), &json!("First line"))
    );
    let logged = site.last("vicidial_api_log", "api_id");
    assert_eq!(
        (&logged["source"], &logged["user"]),
        (&json!("console"), &json!("6666"))
    );
    let again = apply(&mut pages, &shown.body, &[]);
    assert_eq!(again.status, 422, "the same form once more");
    assert!(
        again.body.contains("Nothing has to be done"),
        "{}",
        again.body
    );
}

fn what_was_applied_is_taken_back(backend: Backend) {
    let site = Site::start(backend);
    let before = dids(&site);
    let mut pages = Pages::of_6666(&site.server);
    let shown = plan(&mut pages, TABLE, &[]);
    let done = apply(&mut pages, &shown.body, &[]);
    assert!(done.body.contains("href=\"/undo?id=1,2\""), "{}", done.body);
    pages.page("/undo?id=1,2");
    let undone = pages.done("/undo", &[("id", "1,2")]);
    assert!(undone.contains("Taken back: 1,2."), "{undone}");
    assert_eq!(dids(&site), before);
}

fn nothing_is_deleted_without_a_tick(backend: Backend) {
    let site = Site::start(backend);
    let table = "did_pattern\n7275551114\n7275551212\n";
    let mut users = site.database.rows("vicidial_users");
    for user in &mut users {
        user.insert("delete_inbound_dids".to_owned(), json!("0"));
    }
    site.load(json!({ "vicidial_users": users }));
    let mut pages = Pages::of_6666(&site.server);
    let form = pages.page("/plan");
    assert!(
        form.contains("name=\"deletes\" type=\"checkbox\" value=\"Y\" disabled"),
        "{form}"
    );
    assert!(form.contains("class=\"why-not\">delete"), "{form}");
    let refused = plan(&mut pages, table, &[("deletes", "Y")]);
    assert_eq!(refused.status, 422, "{}", refused.body);
    site.may_delete();
    let before = dids(&site);
    let shown = plan(&mut pages, table, &[("deletes", "Y")]);
    let asked = Regex::new("Yes, delete (or re-route )?[0-9]+").expect("a pattern");
    assert!(asked.is_match(&shown.body), "{}", shown.body);
    let unticked = apply(&mut pages, &shown.body, &[]);
    assert_eq!(unticked.status, 422);
    assert!(
        unticked.body.contains("tick that it is meant"),
        "{}",
        unticked.body
    );
    assert_eq!(dids(&site), before);
    let done = apply(&mut pages, &shown.body, &[("meant", "Y")]);
    assert!(
        done.body.contains("The numbers are as planned."),
        "{}",
        done.body
    );
    let mut left = site.patterns();
    left.sort();
    left.retain(|pattern| !["default", "did_system_filter"].contains(&pattern.as_str()));
    assert!(
        left.iter().all(|pattern| table.contains(pattern)),
        "{left:?}"
    );
}

/// 1007 is of SALES, which sees SALES and SUPPORT.
fn a_user_plans_what_it_sees_and_no_more(backend: Backend) {
    let site = Site::start(backend);
    site.may_delete();
    let mut limited = Pages::signed_in(&site.server, "1007", "1234");
    let table = limited.page("/plan/table");
    let seen: Vec<&str> = table
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    let all = site.patterns();
    assert!(seen.len() < all.len(), "{seen:?}");
    let shown = plan(&mut limited, "did_pattern\n", &[("deletes", "Y")]);
    for pattern in all {
        let is_shown = shown
            .body
            .contains(&format!("<th scope=\"row\">{pattern}</th>"));
        let is_kept = ["default", "did_system_filter"].contains(&pattern.as_str());
        assert_eq!(
            is_shown,
            seen.contains(&pattern.as_str()) && !is_kept,
            "{pattern}: {}",
            shown.body
        );
    }
    // It may list, and change nothing.
    let form = Pages::signed_in(&site.server, "1002", "1234").page("/plan");
    assert!(
        form.contains("<button disabled>Show what would be done</button>"),
        "{form}"
    );
    assert!(form.contains("your user level"), "{form}");
    assert_eq!(
        Pages::signed_in(&site.server, "1003", "1234")
            .get("/plan")
            .status,
        403
    );
}

#[test]
fn what_has_changed_since_is_shown_instead() {
    let mut site = Site::start(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    let shown = plan(&mut pages, TABLE, &[]);
    site.body("update_did&did_pattern=7275551114&did_description=Somebody+else");
    let before = dids(&site);
    let moved = apply(&mut pages, &shown.body, &[]);
    assert_eq!(moved.status, 422);
    assert!(
        moved
            .body
            .contains("have changed since this plan was shown"),
        "{}",
        moved.body
    );
    assert!(
        moved.body.contains("<del>Somebody else</del>"),
        "{}",
        moved.body
    );
    assert_eq!(dids(&site), before);
    let done = apply(&mut pages, &moved.body, &[]);
    assert!(done.body.contains("2 of 2 done"), "{}", done.body);
}

#[test]
fn wrong_lines_are_named_and_nothing_is_done() {
    let site = Site::start(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    let before = site.stored();
    let many: String = (0..1001).map(|n| format!("7276{n:06}\n")).collect();
    let large = format!("did_pattern\n{}", "7".repeat(900_000));
    for (table, wrong) in [
        ("", "Choose a file"),
        ("colour\nred\n", "there is no column &#34;colour&#34;"),
        (
            "did_pattern,group\n7275551114,NOSUCH\n",
            "line 2: 7275551114: GROUP ID MUST BE A VALID INBOUND GROUP",
        ),
        (
            "did_pattern\n7275551114\n\n7275551114\n",
            "line 4: 7275551114 is on line 2 already",
        ),
        (
            "did_pattern,did_description\n7275551114,Tom & Co\n",
            "line 2: 7275551114 did_description: Tom &#38; Co has characters that the API drops",
        ),
        (
            &format!("did_pattern\n{many}"),
            "1001 numbers differ, at most 1000",
        ),
        (&large, "larger than 900 KB"),
    ] {
        let refused = plan(&mut pages, table, &[]);
        assert_eq!(refused.status, 422, "{wrong}");
        assert!(
            refused.body.contains(wrong),
            "{wrong}: {}",
            &refused.body[..refused.body.len().min(9000)]
        );
        assert!(!refused.body.contains("/plan/apply"), "{wrong}");
    }
    // A spreadsheet's own encoding, and a table that would not come back whole in the form of its plan.
    let quotes = [b"did_pattern\n".as_slice(), &[b'"'; 600_000]].concat();
    for (file, wrong) in [
        (
            b"did_pattern,did_description\n7275551114,Caf\xE9 au lait\n".as_slice(),
            "line 2: it is not UTF-8",
        ),
        (&quotes, "larger than 900 KB"),
    ] {
        let refused = upload(&mut pages, file);
        assert_eq!(refused.status, 422, "{wrong}");
        assert!(refused.body.contains(wrong), "{wrong}");
    }
    assert_eq!(site.stored(), before);
}

#[test]
fn a_thousand_steps_are_made_at_once() {
    let site = Site::start(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    let rows: String = (0..1000)
        .map(|n| format!("7276{n:06},Line of test\n"))
        .collect();
    let shown = plan(
        &mut pages,
        &format!("did_pattern,did_description\n{rows}"),
        &[],
    );
    assert!(shown.body.contains("1000 to add"), "{}", shown.body);
    let done = apply(&mut pages, &shown.body, &[]);
    assert!(done.body.contains("1000 of 1000 done"));
    assert_eq!(site.patterns().len(), 1006);
}
