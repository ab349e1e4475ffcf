//! Adding numbers, and copying one onto others.

use regex::Regex;

use super::pages::Pages;
use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database! {
    two_hundred_numbers_are_copied_but_for_a_bad_one
    numbers_are_added_with_their_values
}

/// The numbers that a preview gives to be added.
fn looked_at(page: &str) -> Vec<String> {
    let number = Regex::new("name=\"number\" value=\"([^\"]+)\"").expect("a pattern");
    number
        .captures_iter(page)
        .map(|found| found[1].to_owned())
        .collect()
}

/// These fields, and the numbers that were looked at.
fn with<'f>(fields: &[(&'f str, &'f str)], numbers: &'f [String]) -> Vec<(&'f str, &'f str)> {
    let numbers = numbers.iter().map(|number| ("number", number.as_str()));
    fields.iter().copied().chain(numbers).collect()
}

fn two_hundred_numbers_are_copied_but_for_a_bad_one(backend: Backend) {
    let site = Site::start(backend);
    let mut pages = Pages::of_6666(&site.server);
    let before = site.stored();
    let fields = [("how", "copy"), ("source", "7275551114")];
    let pasted = [(
        "numbers",
        "(727) 555-7000\n7275557001-7275557199\n7275557200 x22",
    )];
    let page = pages.post("/add", &[&fields[..], &pasted].concat()).body;
    assert_eq!(site.stored(), before, "a look changes nothing");
    assert!(
        page.contains("the number has more in it than a number"),
        "{page}"
    );
    let numbers = looked_at(&page);
    assert_eq!(numbers.len(), 200);
    let page = pages.done("/add/apply", &with(&fields, &numbers));
    assert!(page.contains("200 numbers were added."), "{page}");
    let patterns = site.patterns();
    assert!(patterns.contains(&"7275557000".to_owned()));
    assert!(patterns.contains(&"7275557199".to_owned()));
    assert!(
        !patterns
            .iter()
            .any(|pattern| pattern.starts_with("7275557200"))
    );
    let row = site.row("vicidial_inbound_dids", "did_pattern", "7275557111");
    assert_eq!(row["group_id"], "TEST_IN2");
    // Sent once more, by a second click.
    let page = pages.done("/add/apply", &with(&fields, &numbers[..2]));
    assert!(
        page.contains("0 of 2 numbers were added; the others were not:"),
        "{page}"
    );
    assert!(page.contains("7275557000: DID already exists"), "{page}");
}

fn numbers_are_added_with_their_values(backend: Backend) {
    let site = Site::start(backend);
    let mut pages = Pages::of_6666(&site.server);
    let fields = [
        ("how", "add"),
        ("did_description", "Added together"),
        ("did_route", "CALLMENU"),
        ("menu_id", "main_menu"),
        ("form", "e164"),
    ];
    let pasted = [(
        "numbers",
        "Number\tName\n727-555-7001\tFront desk\n7275557002\tBack\n17275551114\t\n+17275557001\n5557003",
    )];
    let page = pages.post("/add", &[&fields[..], &pasted].concat()).body;
    for said in [
        "DID differs from another only by a leading + or 1",
        "the same number as in line 2",
        "the number is no number of this country",
        "Front desk",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let numbers = looked_at(&page);
    assert_eq!(numbers, ["+17275557001", "+17275557002"]);
    let page = pages.done("/add/apply", &with(&fields, &numbers));
    assert!(page.contains("2 numbers were added."), "{page}");
    let row = site.row("vicidial_inbound_dids", "did_pattern", "+17275557002");
    assert_eq!(
        (&row["menu_id"], &row["did_description"]),
        (&"main_menu".into(), &"Added together".into())
    );
}

#[test]
fn a_number_that_is_there_in_another_way_is_added_only_where_that_is_chosen() {
    let site = Site::start(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    let fields = [
        ("how", "copy"),
        ("source", "default"),
        ("numbers", "+17275551114"),
    ];
    let page = pages.post("/add", &fields).body;
    assert!(looked_at(&page).is_empty(), "{page}");
    let twins = [&fields[..], &[("twins", "Y")]].concat();
    let page = pages.post("/add", &twins).body;
    assert!(
        page.contains("+17275551114 is there as 7275551114"),
        "{page}"
    );
    let numbers = looked_at(&page);
    let page = pages.done("/add/apply", &with(&twins[..2], &numbers));
    assert!(page.contains("0 of 1 numbers were added"), "{page}");
    assert!(page.contains("differs from another only by"), "{page}");
    let page = pages.done("/add/apply", &with(&twins, &numbers));
    assert!(page.contains("1 number was added."), "{page}");
    // One that was added since the look refuses the copy, which is one call.
    let numbers = ["7275557001", "17275551114", "7275557001"].map(str::to_owned);
    let page = pages.done("/add/apply", &with(&fields[..2], &numbers));
    assert!(page.contains("0 of 2 numbers were added"), "{page}");
    assert!(
        page.contains("7275557001: none was added, because of 17275551114: DID differs"),
        "{page}"
    );
    assert!(!site.patterns().contains(&"7275557001".to_owned()));
}

/// A copy is one change, and so is what takes it back.
#[test]
fn a_copy_is_one_change() {
    let site = Site::start(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    let numbers = ["7275557001", "7275557002"].map(str::to_owned);
    let fields = [
        ("how", "copy"),
        ("source", "default"),
        ("copy_description", "Copied together"),
    ];
    let page = pages.done("/add/apply", &with(&fields, &numbers));
    assert!(
        page.contains("<a href=\"/changes/1\">Change 1</a>"),
        "{page}"
    );
    let fields = [("how", "add")];
    let numbers = ["7275557003", "7275557004"].map(str::to_owned);
    let page = pages.done("/add/apply", &with(&fields, &numbers));
    assert!(page.contains("<a href=\"/undo?id=2,3\">"), "{page}");
}

#[test]
fn a_source_is_found_by_some_of_it() {
    let site = Site::start(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    let page = pages.page("/add?source=7275551114");
    assert!(page.contains("Clearwater main"), "{page}");
    let answer = pages.post(
        "/add",
        &[
            ("how", "copy"),
            ("source", "31255590"),
            ("numbers", "7275557001"),
        ],
    );
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("Choose one of these."),
        "{}",
        answer.body
    );
    assert!(
        answer
            .body
            .contains("name=\"source_pick\" value=\"3125559001\""),
        "{}",
        answer.body
    );
    assert!(
        answer.body.contains("7275557001</textarea>"),
        "{}",
        answer.body
    );
    let picked = [
        ("how", "copy"),
        ("source", "31255590"),
        ("source_pick", "3125559001"),
        ("numbers", "7275557001"),
    ];
    let page = pages.post("/add", &picked).body;
    assert_eq!(looked_at(&page), ["7275557001"]);
    assert!(
        page.contains("name=\"source\" value=\"3125559001\""),
        "{page}"
    );
    let options = pages.part("/add/sources?search=sales");
    assert!(
        options.contains("<option value=\"3125559000\">Sales only</option>"),
        "{options}"
    );
    // Whose numbers the user does not see.
    let mut pages = Pages::signed_in(&site.server, "1007", "1234");
    let options = pages.part("/add/sources?search=3125559002");
    assert!(!options.contains("<option"), "{options}");
}

#[test]
fn what_is_wrong_with_the_form_is_said_beside_it() {
    let site = Site::start(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    for (fields, said) in [
        (&[("numbers", " \n")][..], "There is no number in it."),
        (
            &[("numbers", "7275550000-7275551000")],
            "These are more than 1000 numbers",
        ),
        (
            &[("numbers", "7275557001"), ("country", "x")],
            "calling code, 1 to 999",
        ),
        (
            &[("numbers", "7275557001"), ("how", "copy")],
            "Name the number that is to be copied.",
        ),
        (
            &[
                ("numbers", "7275557001"),
                ("how", "copy"),
                ("source", "nothing"),
            ],
            "No number fits.",
        ),
    ] {
        let answer = pages.post("/add", fields);
        assert_eq!(answer.status, 422, "{said}");
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
        assert!(answer.body.contains("aria-invalid"), "{said}");
    }
    // A value that the API refuses is said of each number.
    let page = pages
        .post(
            "/add",
            &[("numbers", "7275557001"), ("did_description", "short")],
        )
        .body;
    assert!(
        page.contains("DID description must be from 6 to 50 characters"),
        "{page}"
    );
    // The user may list, and not add.
    let answer = Pages::signed_in(&site.server, "1002", "1234").get("/add");
    assert_eq!(answer.status, 403, "{}", answer.body);
}
