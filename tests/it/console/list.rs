//! The list of numbers.

use chrono::{Duration, Utc};
use regex::Regex;
use serde_json::{Value, json};

use super::pages::Pages;
use crate::common::browser::Browser;
use crate::common::database::{Backend, Database, state};
use crate::common::site::Site;

on_each_database! {
    every_order_goes_through_all_numbers_both_ways
    a_filter_lets_through_what_fits
    a_number_with_something_wrong_is_found_and_says_what
    calls_are_counted_beside_their_numbers
}

/// A server with these DIDs alone.
fn site(backend: Backend, dids: Value) -> Site {
    Site::with(
        "documented",
        backend,
        json!({"vicidial_inbound_dids": dids, "vicidial_did_log": []}),
    )
}

/// The numbers that a page shows.
fn numbers(page: &str) -> Vec<String> {
    let number = Regex::new("<a href=\"/dids/[0-9]+\"><bdi>([^<]*)</bdi>").expect("a pattern");
    number
        .captures_iter(page)
        .map(|found| found[1].to_owned())
        .collect()
}

/// Where a page's link of this kind leads to; none where it has none.
fn link(page: &str, kind: &str) -> Option<String> {
    let link = Regex::new(&format!("href=\"([^\"]*)\" rel=\"{kind}\"")).expect("a pattern");
    let found = link.captures(page)?;
    Some(found[1].replace("&#38;", "&"))
}

/// All numbers from this page on, and the last page.
fn walk(pages: &mut Pages, address: &str, kind: &str) -> (Vec<Vec<String>>, String) {
    let mut page = pages.page(address);
    let mut walked = vec![numbers(&page)];
    while let Some(next) = link(&page, kind) {
        page = pages.page(&next);
        walked.push(numbers(&page));
        assert!(walked.len() < 100, "{address}");
    }
    (walked, page)
}

fn every_order_goes_through_all_numbers_both_ways(backend: Backend) {
    let descriptions = ["Main", "main", "MÄIN", "", "Zürich, 'x'", "a|b&c"];
    let routes = ["IN_GROUP", "EXTEN", "AGENT", "VMAIL_NO_INST"];
    let did = |index: usize| {
        json!({
            "did_pattern": format!("72755{:05}", index * 7919 % 100_000),
            "did_description": match index % 7 {
                6 => Value::Null,
                place => json!(descriptions[place]),
            },
            "did_route": routes[index % 4],
        })
    };
    let dids: Vec<Value> = (1..=120).map(did).collect();
    let site = site(backend, json!(dids));
    let mut pages = Pages::of_6666(&site.server);
    for order in ["", "number", "description", "route", "changed", "added"] {
        let (pages_up, last) = walk(&mut pages, &format!("/?sort={order}"), "next");
        let counts: Vec<usize> = pages_up.iter().map(Vec::len).collect();
        assert_eq!(counts, [50, 50, 20], "{order}");
        let up = pages_up.concat();
        let mut known = up.clone();
        known.sort();
        known.dedup();
        assert_eq!(known.len(), 120, "{order}");
        let mut down = walk(&mut pages, &format!("/?sort=-{order}"), "next")
            .0
            .concat();
        down.reverse();
        assert_eq!(down, up, "-{order}");
        // Back from the last page to the first.
        let previous = link(&last, "prev").expect("a page before");
        let (back, first) = walk(&mut pages, &previous, "prev");
        assert_eq!(back, [pages_up[1].clone(), pages_up[0].clone()], "{order}");
        assert!(first.contains("50 of 120 numbers"), "{first}");
    }
    let by_number = walk(&mut pages, "/", "next").0.concat();
    assert!(by_number.is_sorted(), "{by_number:?}");
    let by_description = pages.page("/?sort=description&per_page=200");
    assert!(by_description.contains("aria-sort=\"ascending\""));
}

fn a_filter_lets_through_what_fits(backend: Backend) {
    let site = site(
        backend,
        json!([
            {"did_pattern": "7275550001", "did_description": "Front desk", "did_route": "IN_GROUP", "group_id": "SALESLINE", "menu_id": "OTHER", "user_group": "SALES"},
            {"did_pattern": "7275550002", "did_description": "Front door", "did_route": "CALLMENU", "group_id": "SALESLINE", "menu_id": "main_menu", "did_active": "N"},
            {"did_pattern": "7275550003", "did_description": "50% off_", "did_route": "PHONE", "phone": "cc100", "server_ip": "10.0.9.8"},
            {"did_pattern": "7275550004", "did_description": "Été", "did_route": "VMAIL_NO_INST", "voicemail_ext": "8301", "user_group": "SALES"},
            {"did_pattern": "7275550005", "did_route": "AGENT", "user": "6666"},
            {"did_pattern": "7275550006", "did_route": "EXTEN", "extension": "8300", "exten_context": "default"},
        ]),
    );
    let mut pages = Pages::of_6666(&site.server);
    for (query, ends) in [
        ("", "123456"),
        ("search=front", "12"),
        ("search=%20desk%20", "1"),
        ("search=5550003", "3"),
        ("search=%2B1+(727)+555-0003", "3"),
        ("search=0%25+off_", "3"),
        ("search=ete", "4"),
        ("search=nothing", ""),
        ("target=salesl", "1"),
        ("target=main", "2"),
        ("target=CC100", "3"),
        ("target=8301", "4"),
        ("target=6666", "5"),
        ("target=8300", "6"),
        ("route=PHONE", "3"),
        ("active=N", "2"),
        ("active=Y&search=front", "1"),
        ("user_group=SALES", "14"),
        (
            "user_group=SALES&route=IN_GROUP&target=sales&search=desk&active=Y",
            "1",
        ),
    ] {
        let page = pages.page(&format!("/?{query}"));
        let shown: String = numbers(&page)
            .iter()
            .filter_map(|number| number.chars().last())
            .collect();
        assert_eq!(shown, ends, "{query}");
    }
    // The words for where each leads.
    let page = pages.page("/?column=target");
    for words in [
        "in-group SALESLINE",
        "call menu main_menu",
        "phone cc100@10.0.9.8",
        "voicemail box 8301",
        "user 6666",
        "hang up",
    ] {
        assert!(page.contains(&format!("<bdi>{words}</bdi>")), "{words}");
    }
    assert!(!page.contains("Front desk"), "a column that was not chosen");
    // The same as a file.
    let file = pages.get("/numbers.csv?user_group=SALES&column=description&column=target");
    assert_eq!(
        file.body,
        "did_pattern,did_description,target\n\
         7275550001,Front desk,in-group SALESLINE\n\
         7275550004,Été,voicemail box 8301\n"
    );
    // Only the part that changes, for the script.
    let part = pages.part("/?search=front");
    assert_eq!(numbers(&part).len(), 2);
    assert!(!part.contains("<html"), "{part}");
    assert!(part.contains("2 numbers"), "{part}");
    let page = pages.page("/?search=nothing");
    assert!(page.contains("No number fits."), "{page}");
}

fn a_number_with_something_wrong_is_found_and_says_what(backend: Backend) {
    let did = |index: usize| {
        let group = if index.is_multiple_of(40) {
            "GONE"
        } else {
            "TEST_IN2"
        };
        json!({"did_pattern": format!("72755{index:05}"), "did_route": "IN_GROUP", "group_id": group})
    };
    let mut dids: Vec<Value> = (1..=2400).map(did).collect();
    dids.push(
        json!({"did_pattern": "+17275500001", "did_route": "IN_GROUP", "group_id": "TEST_IN2"}),
    );
    let mut site = site(backend, json!(dids));
    let findings = site.body("did_lint&records=1000");
    assert_eq!(
        findings.lines().count(),
        61,
        "what the API finds: {findings}"
    );
    let mut pages = Pages::of_6666(&site.server);
    let (walked, _) = walk(&mut pages, "/?findings=Y", "next");
    assert_eq!(walked[0].len(), 50);
    let all = walked.concat();
    assert_eq!(all.len(), 61, "{all:?}");
    assert_eq!(all[0], "+17275500001", "the first as it is ordered");
    let page = pages.page("/?findings=Y");
    assert!(page.contains("there is no in-group GONE"), "{page}");
    assert!(
        page.contains("the number of DID 1, but for a + or a leading 1"),
        "{page}"
    );
    assert!(page.contains("50 with findings among "), "{page}");
    // The same as a file, whose rows are all looked at.
    let file = pages.get("/numbers.csv?findings=Y&column=findings");
    assert_eq!(file.body.lines().count(), 62, "{}", file.body);
}

fn calls_are_counted_beside_their_numbers(backend: Backend) {
    let now = Utc::now();
    let day = |days: i64| (now - Duration::days(days)).format("%Y-%m-%d 00:00:00");
    let call = |number: &str, uniqueid: &str, days: i64| json!({"uniqueid": uniqueid, "extension": number, "call_date": day(days).to_string()});
    let mut tables = state();
    let changes = json!({
        "vicidial_inbound_dids": [{"did_pattern": "7275550001"}, {"did_pattern": "7275550002"}],
        "vicidial_did_log": [
            call("7275550001", "1", 0), call("7275550001", "2", 1), call("7275550001", "3", 28),
            call("7275550001", "4", 31), call("7275550009", "5", 0),
        ],
    });
    tables.extend(
        serde_json::from_value::<crate::common::database::Tables>(changes).expect("tables"),
    );
    let database = Database::with(backend, &tables);
    let site = Site::on(database, &["--time-zone", "UTC"]);
    let mut pages = Pages::of_6666(&site.server);
    let file = pages.get("/numbers.csv?column=today&column=month");
    // At midnight the day is another one.
    if Utc::now().date_naive() == now.date_naive() {
        let counted = "did_pattern,calls_today,calls_in_30_days\n7275550001,1,3\n7275550002,0,0\n";
        assert_eq!(file.body, counted);
    }
    let mut user = site.row("vicidial_users", "user", "6666");
    user["view_reports"] = json!("0");
    site.load(json!({"vicidial_users": [user]}));
    let page = pages.page("/");
    assert!(
        page.contains("You may not see calls: view_reports"),
        "{page}"
    );
}

#[test]
fn hostile_texts_are_shown_as_texts() {
    let description = "\"><script>alert(1)</script>\u{202E}𝒳";
    let site = site(
        Backend::Sqlite,
        json!([
            {"did_pattern": "+17275550001", "did_description": description},
            {"did_pattern": "7275550002", "did_description": "=HYPERLINK(\"x\")"},
        ]),
    );
    let mut pages = Pages::of_6666(&site.server);
    let page = pages.page("/?search=%22%3E%3Cscript%3E");
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(
        page.contains("&#60;script&#62;alert(1)&#60;/script&#62;\u{202E}𝒳</bdi>"),
        "{page}"
    );
    for query in [
        "sort=%22%3E%3Cscript%3Ealert",
        "after=1.%3Cscript%3E",
        "per_page=0",
        "after=x",
        "column=%3Cscript%3E",
    ] {
        let page = pages.page(&format!("/?{query}"));
        assert!(!page.contains("<script>alert"), "{query}");
    }
    let file = pages.get("/numbers.csv?column=description");
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    let rows: Vec<&str> = file.body.lines().collect();
    assert!(rows[1].starts_with("+17275550001,"), "{}", file.body);
    assert_eq!(rows[2], "7275550002,\"'=HYPERLINK(\"\"x\"\")\"");
}

#[test]
fn a_user_sees_the_numbers_of_its_groups_and_what_it_may_not_do() {
    let site = Site::start(Backend::Sqlite);
    // SALES sees SALES and SUPPORT.
    let page = Pages::signed_in(&site.server, "1007", "1234").page("/");
    let shown = numbers(&page);
    assert!(shown.contains(&"3125559000".to_owned()), "{shown:?}");
    assert!(!shown.contains(&"3125559002".to_owned()), "{shown:?}");
    assert!(!page.contains("<option>EXEC</option>"), "{page}");
    // Level 7 lists and does not change.
    let page = Pages::signed_in(&site.server, "1002", "1234").page("/");
    assert!(
        page.contains("<button disabled>Change or delete the selected</button>"),
        "{page}"
    );
    assert!(page.contains("your user level"), "{page}");
    let away = Pages::signed_in(&site.server, "1003", "1234").get("/");
    assert_eq!(away.status, 403, "{}", away.body);
}

#[test]
fn without_a_number_the_list_says_what_to_do() {
    let site = site(Backend::Sqlite, json!([]));
    let mut pages = Pages::of_6666(&site.server);
    let page = pages.page("/");
    assert!(page.contains("There are no numbers yet"), "{page}");
    assert!(page.contains("href=\"/add\""), "{page}");
}

/// In a real browser.
#[test]
fn the_list_follows_what_one_types() {
    let site = Site::start(Backend::Sqlite);
    let mut browser = Browser::start();
    browser.open(&format!("http://{}/sign-in", site.server.address));
    browser.fill("#user", "6666");
    browser.fill("#pass", "1234");
    browser.click("main button");
    browser.reads("h1", "Numbers");
    browser.fill("#search", "sales");
    browser.wait("document.querySelectorAll('#results tbody tr').length === 1");
    assert!(browser.text("#results").contains("3125559000"));
    browser.wait("document.querySelector('[role=status]').textContent === '1 number'");
    browser.wait("location.search.startsWith('?search=sales')");
    browser.click("#results [data-all]");
    assert_eq!(browser.text("[data-count]"), "1 selected");
    browser.click("#results button");
    browser.reads("h1", "Change 1 number");
    assert_eq!(browser.errors(), Vec::<String>::new());
}
