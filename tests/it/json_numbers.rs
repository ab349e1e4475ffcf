//! Numbers, descriptions and statuses as people write them, in the JSON API.

use serde_json::json;

use crate::common::database::Backend;
use crate::common::json::Answer;
use crate::common::site::Site;

on_each_database_and_with_state! {
    a_did_is_found_by_its_number_in_any_form
    a_number_in_local_format_is_stored_without_separators
    other_words_for_a_status_are_taken_with_a_warning
}

on_our_own! {
    a_long_description_is_kept_whole
    numbers_are_stored_as_their_tenant_says
}

fn ids(answer: &Answer) -> Vec<i64> {
    let data = answer.body["data"].as_array().expect("a list");
    data.iter()
        .map(|did| did["id"].as_i64().expect("an id"))
        .collect()
}

fn a_did_is_found_by_its_number_in_any_form(backend: Backend) {
    let mut api = Site::demo(backend);
    for number in [
        "7275551114",
        "17275551114",
        "%2B17275551114",
        "+1-727-555-1114",
        "(727)%20555-1114",
        "727.555.1114",
    ] {
        let found = api.get(&format!("/api/dids?number={number}"));
        assert_eq!(
            (ids(&found), &found.body["total"]),
            (vec![2], &json!(1)),
            "{number}"
        );
    }
    assert_eq!(ids(&api.get("/api/dids?number=17275551112")), [3]);
    assert_eq!(ids(&api.get("/api/dids?number=default")), [1]);
    // Exact: neither a part of one nor one within it, and the other filters count too.
    for nothing in [
        "727555111",
        "72755511140",
        "555-1114",
        "7275551114&status=inactive",
    ] {
        let found = api.get(&format!("/api/dids?number={nothing}"));
        assert_eq!(
            (ids(&found), &found.body["total"]),
            (Vec::new(), &json!(0)),
            "{nothing}"
        );
    }
    for wrong in ["", "7275551114%20ext%205", "7.27556E%2B09"] {
        let refused = api.get(&format!("/api/dids?number={wrong}"));
        assert_eq!(
            (refused.status, refused.wrong()),
            (422, vec!["number".to_owned()]),
            "{wrong}"
        );
    }
    api.user = "1007:1234";
    assert!(ids(&api.get("/api/dids?number=3125559002")).is_empty());
    assert_eq!(ids(&api.get("/api/dids?number=3125559000")), [4]);
}

fn a_long_description_is_kept_whole(backend: Backend) {
    let mut api = Site::demo(backend);
    let long = "Main inbound line of the head office, answered by the front desk until six and by the night shift then";
    let path = "/api/dids/2";
    let changed = api.patch(path, json!({ "description": long }));
    assert_eq!(
        (
            changed.status,
            &changed.body["description"],
            &changed.body["label"]
        ),
        (200, &json!(long), &json!(long)),
        "{}",
        changed.body
    );
    let warning = "its description has 102 characters: VICIdial's column holds the first 50";
    assert_eq!(changed.body["warnings"], json!([warning]));
    assert_eq!(changed.response.header("x-vicishim-warning"), Some(warning));
    let vicidials = |api: &Site, number: &str| {
        let row = api.row("vicidial_inbound_dids", "did_pattern", number);
        row["did_description"].as_str().expect("a text").to_owned()
    };
    let short = "Main inbound line of the head office, answered by";
    assert_eq!(vicidials(&api, "7275551114"), short);
    assert_eq!(ids(&api.get("/api/dids?search=NIGHT%20shift")), [2]);
    // What was read is written back, and a change of something else leaves it alone.
    let read = api.get(path).body;
    assert_eq!(api.put(path, read).body["description"], long);
    assert_eq!(
        api.patch(path, json!({"provider": "Twilio"})).body["description"],
        long
    );

    // A copy has it too, unless it is given its own.
    api.text(
        "copy_did",
        "source_did_pattern=7275551114&new_dids=2125550101",
    );
    api.text(
        "copy_did",
        "source_did_pattern=7275551114&new_dids=2125550102&did_description=Of+its+own",
    );
    let of = |api: &mut Site, number| {
        api.get(&format!("/api/dids?number={number}")).body["data"][0]["description"].clone()
    };
    assert_eq!(
        [of(&mut api, "2125550101"), of(&mut api, "2125550102")],
        [json!(long), json!("Of its own")]
    );
    assert_eq!(api.get("/api/dids?search=night%20shift").body["total"], 2);

    // The text API changes VICIdial's: the long one counts no more.
    api.text(
        "update_did",
        "did_pattern=7275551114&did_description=Front+desk",
    );
    let shown = api.get(path);
    assert_eq!(
        (&shown.body["description"], &shown.body["warnings"]),
        (&json!("Front desk"), &json!([]))
    );
    assert_eq!(api.get("/api/dids?search=night%20shift").body["total"], 1);
    // What dump prints, load stores again.
    let rows = api.database.rows("vicishim_dids");
    assert!(
        rows.iter().any(|row| row["description"] == long),
        "{rows:?}"
    );
    let made = api.post(
        "/api/dids",
        json!({"user_group": "SALES", "number": "2125550103", "label": long}),
    );
    assert_eq!(
        (made.status, &made.body["label"]),
        (201, &json!(long)),
        "{}",
        made.body
    );
    assert_eq!(
        api.patch("/api/dids/2", json!({"description": "x".repeat(1001)}))
            .wrong(),
        ["description"]
    );
}

#[test]
fn without_tables_of_ours_a_long_description_is_refused() {
    let mut api = Site::demo(Backend::Vicidial);
    let path = "/api/dids/2";
    let before = api.get(path).body;
    let refused = api.patch(path, json!({"description": "x".repeat(51)}));
    assert_eq!(
        (refused.status, refused.wrong()),
        (422, vec!["description".to_owned()])
    );
    assert_eq!(api.get(path).body, before);
    assert_eq!(
        api.patch(path, json!({"description": "x".repeat(50)}))
            .status,
        200
    );
}

fn other_words_for_a_status_are_taken_with_a_warning(backend: Backend) {
    let mut api = Site::demo(backend);
    for (path, status, taken) in [
        ("/api/dids/4", "N", "inactive"),
        ("/api/dids/4", "Enabled", "active"),
        ("/api/extensions/cc100@10.0.9.8", "suspended", "disabled"),
        ("/api/extensions/cc100@10.0.9.8", "Y", "active"),
    ] {
        let word = if taken == "disabled" {
            "inactive"
        } else {
            taken
        };
        let warning = format!("the status \"{status}\" is taken for {word}");
        let changed = api.patch(path, json!({ "status": status }));
        assert_eq!(
            (changed.status, &changed.body["status"]),
            (200, &json!(taken)),
            "{}",
            changed.body
        );
        assert_eq!(changed.body["warnings"], json!([warning]));
        assert_eq!(
            changed.response.header("x-vicishim-warning"),
            Some(warning.as_str())
        );
        assert_eq!(api.get(path).body["status"], taken);
        let mut read = changed.body.clone();
        read["status"] = json!(taken);
        assert_eq!(api.put(path, read).status, 200);
        assert_eq!(
            api.patch(path, json!({"status": "actve"})).wrong(),
            ["status"]
        );
    }
    assert_eq!(
        api.row("vicidial_inbound_dids", "did_pattern", "3125559000")["did_active"],
        "Y"
    );
}

fn a_number_in_local_format_is_stored_without_separators(backend: Backend) {
    let mut api = Site::demo(backend);
    for (written, stored) in [
        ("(212) 555-0103", "2125550103"),
        ("212-555-0104", "2125550104"),
        ("020 7946 0018", "02079460018"),
        ("+44 20 7946 0019", "+442079460019"),
        ("_727555XXXX", "_727555XXXX"),
    ] {
        let made = api.post(
            "/api/dids",
            json!({"user_group": "SALES", "number": written}),
        );
        assert_eq!(
            (made.status, &made.body["number"]),
            (201, &json!(stored)),
            "{}",
            made.body
        );
        api.row("vicidial_inbound_dids", "did_pattern", stored);
        let again = api.post(
            "/api/dids",
            json!({"user_group": "SALES", "number": written}),
        );
        assert_eq!(
            (again.status, again.wrong()),
            (409, vec!["number".to_owned()])
        );
    }
    for wrong in [
        "212-555-0104 ext 5",
        "+44 (0)20 7946 0018",
        "21",
        "2 1",
        "212-555-0104, 212-555-0105",
    ] {
        let refused = api.post("/api/dids", json!({"user_group": "SALES", "number": wrong}));
        let is_pattern = wrong == "21";
        assert_eq!(
            refused.status,
            if is_pattern { 201 } else { 422 },
            "{wrong} {}",
            refused.body
        );
    }
    // The same number, written otherwise, is no change.
    let path = "/api/dids/2";
    let changed = api.patch(
        path,
        json!({"number": "(727) 555-1114", "provider": "Twilio"}),
    );
    assert_eq!(
        (changed.status, &changed.body["number"]),
        (200, &json!("7275551114"))
    );
    let both = api.patch(
        path,
        json!({"number": "(727) 555-1115", "e164": "7275551115"}),
    );
    assert_eq!(
        (both.status, &both.body["number"]),
        (200, &json!("7275551115")),
        "{}",
        both.body
    );
}

fn numbers_are_stored_as_their_tenant_says(backend: Backend) {
    let mut api = Site::demo(backend);
    let path = "/api/tenants/1";
    let shown = api.get(path).body;
    assert_eq!(
        (&shown["normalize"], &shown["country"]),
        (&json!(null), &json!(null))
    );
    let set = api.patch(path, json!({"normalize": "e164", "country": 44}));
    assert_eq!(
        (&set.body["normalize"], &set.body["country"]),
        (&json!("e164"), &json!(44)),
        "{}",
        set.body
    );
    assert_eq!(set.body["max_extensions"], shown["max_extensions"]);
    let mut add = |number: &str, tenant: u8| {
        let made = api.post("/api/dids", json!({"tenant_id": tenant, "number": number}));
        (
            made.status,
            made.body["number"].clone(),
            made.wrong().concat(),
        )
    };
    let made = |number: &str| (201, json!(number), String::new());
    assert_eq!(add("020 7946 0018", 1), made("+442079460018"));
    assert_eq!(
        add("(212) 555-0103", 1),
        (422, json!(null), "number".to_owned())
    );
    assert_eq!(add("+1 (212) 555-0103", 1), made("+12125550103"));
    // Another tenant's are as the server says.
    assert_eq!(add("020 7946 0019", 2), made("02079460019"));
    for number in ["020%207946%200018", "%2B442079460018", "442079460018"] {
        assert_eq!(
            api.get(&format!("/api/dids?number={number}")).body["total"],
            1,
            "{number}"
        );
    }
    // A number that is there stays as it is, whatever else is changed.
    let sales = api.patch(
        "/api/dids/4",
        json!({"number": "3125559000", "provider": "x"}),
    );
    assert_eq!(
        (sales.status, &sales.body["number"]),
        (200, &json!("3125559000")),
        "{}",
        sales.body
    );
    let us = api.patch(path, json!({"normalize": "11", "country": 1}));
    assert_eq!(us.status, 200);
    let made = api.post(
        "/api/dids",
        json!({"account_id": "acc_1", "e164": "12125550199"}),
    );
    assert_eq!(
        (made.status, &made.body["number"]),
        (201, &json!("12125550199")),
        "{}",
        made.body
    );
    assert_eq!(
        api.patch(path, json!({"normalize": "12", "country": 0}))
            .wrong(),
        ["country", "normalize"]
    );
    // Left out of a PUT it is the server's again.
    let put = api.put(path, json!({"user_group": "SALES"}));
    assert_eq!(
        (put.status, &put.body["normalize"]),
        (200, &json!(null)),
        "{}",
        put.body
    );
}

#[test]
fn a_server_with_a_form_for_its_numbers_stores_those_of_the_json_api_in_it_too() {
    let database = Site::demo_rows(Backend::Sqlite, json!({}));
    let mut api = Site::on(database, &["--number-form", "e164"]);
    let made = api.post(
        "/api/dids",
        json!({"user_group": "SALES", "number": "(212) 555-0103"}),
    );
    assert_eq!(
        (made.status, &made.body["number"]),
        (201, &json!("+12125550103")),
        "{}",
        made.body
    );
    let found = api.get("/api/dids?number=212-555-0103");
    assert_eq!(found.body["data"][0]["number"], "+12125550103");
}
