//! What a DID can be pointed at, and the calls of a day, as JSON lists that are only read.

use serde_json::{Value, json};

use crate::common::database::Backend;
use crate::common::json::Answer;
use crate::common::site::Site;

on_each_database_and_with_state! {
    what_a_did_can_be_pointed_at_is_listed
    a_list_shows_what_its_user_may_see_and_no_secret
    the_calls_of_a_day_are_listed_page_by_page
}

fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let data = answer.body["data"].as_array().expect("a list");
    data.iter()
        .map(|one| one["id"].as_str().expect("an id").to_owned())
        .collect()
}

fn what_a_did_can_be_pointed_at_is_listed(backend: Backend) {
    let mut api = Site::demo(backend);
    let queues = api.get("/api/queues?search=test");
    assert_eq!(ids(&queues), ["TEST_IN2"]);
    let queue = &queues.body["data"][0];
    assert_eq!(
        (&queue["name"], &queue["status"], &queue["user_group"]),
        (
            &json!("Test In-Group 2"),
            &json!("active"),
            &json!("---ALL---")
        )
    );
    assert_eq!(
        ids(&api.get("/api/flows")),
        ["defaultlog", "main_menu", "sales-menu"]
    );
    let boxes = api.get("/api/voicemail");
    assert_eq!(ids(&boxes), ["8301", "8302", "100", "101", "200"]);
    assert_eq!(boxes.body["data"][0]["device"], Value::Null);
    assert_eq!(boxes.body["data"][2]["device"], "cc100@10.0.9.8");
    // One list of two tables: a page begins anywhere in it.
    for (page, expected) in [
        (1, vec!["8301"]),
        (2, vec!["8302"]),
        (3, vec!["100"]),
        (5, vec!["200"]),
        (6, vec![]),
    ] {
        let answer = api.get(&format!("/api/voicemail?per_page=1&page={page}"));
        assert_eq!(
            (ids(&answer), &answer.body["total"]),
            (
                expected.iter().map(|id| (*id).to_owned()).collect(),
                &json!(5)
            )
        );
    }
    assert_eq!(
        ids(&api.get("/api/voicemail?per_page=3&page=1")),
        ["8301", "8302", "100"]
    );
    assert_eq!(ids(&api.get("/api/voicemail?status=inactive")), ["8302"]);
    let users = api.get("/api/users?search=User%206666");
    assert_eq!(
        (ids(&users), &users.body["data"][0]["level"]),
        (vec!["6666".to_owned()], &json!(9))
    );
    let devices = api.get("/api/devices");
    assert_eq!(
        ids(&devices),
        ["cc100@10.0.9.8", "cc101@10.0.9.8", "sup200@192.168.198.5"]
    );
    assert_eq!(devices.body["data"][2]["protocol"], "IAX2");
    if backend != Backend::Vicidial {
        let queues = api.get("/api/devices?tenant_id=1");
        assert_eq!(
            (ids(&queues), &queues.body["data"][0]["account_id"]),
            (vec!["cc101@10.0.9.8".to_owned()], &json!("acc_1"))
        );
    }
    // Each id is what a target of its kind takes.
    for (kind, path) in [
        ("queue", "queues"),
        ("flow", "flows"),
        ("voicemail", "voicemail"),
        ("user", "users"),
        ("extension", "devices"),
    ] {
        let id = ids(
            &api.get(&format!("/api/{path}?status=active").replace("flows?status=active", "flows"))
        )
        .remove(0);
        let did = api.patch("/api/dids/2", json!({"dest_kind": kind, "dest_id": id}));
        assert_eq!(
            (did.status, &did.body["warnings"]),
            (200, &json!([])),
            "{kind} {}",
            did.body
        );
    }
    assert_eq!(api.get("/api/queues?colour=red").wrong(), ["colour"]);
    assert_eq!(api.post("/api/queues", json!({})).status, 405);
}

fn a_list_shows_what_its_user_may_see_and_no_secret(backend: Backend) {
    let mut api = Site::demo(backend);
    for path in ["users", "devices", "voicemail"] {
        let text = api
            .get(&format!("/api/{path}?per_page=1000"))
            .body
            .to_string();
        for secret in ["pass", "1234", "\"test\"", "secret1", "conf_secret"] {
            assert!(!text.contains(secret), "{path}: {secret} in {text}");
        }
    }
    // SALES sees its own and SUPPORT's, and what everybody sees.
    api.user = "1007:1234";
    assert_eq!(ids(&api.get("/api/users")), ["1007"]);
    assert_eq!(
        ids(&api.get("/api/devices")),
        ["cc100@10.0.9.8", "cc101@10.0.9.8"]
    );
    assert!(!ids(&api.get("/api/queues")).is_empty());
    // No DIDs, no reports, no phones for 1003; what a DID can be pointed at it may see.
    api.user = "1003:1234";
    for (path, status) in [
        ("users", 403),
        ("devices", 403),
        ("cdrs", 403),
        ("queues", 200),
        ("flows", 200),
        ("voicemail", 200),
    ] {
        assert_eq!(api.get(&format!("/api/{path}")).status, status, "{path}");
    }
    api.user = "6666:wrong";
    assert_eq!(api.get("/api/users").status, 401);
}

fn the_calls_of_a_day_are_listed_page_by_page(backend: Backend) {
    let mut api = Site::demo(backend);
    let call = |id: u8, second: &str, number: &str| {
        json!({
            "uniqueid": format!("1.{id}"), "channel": "SIP/a", "server_ip": "10.0.9.8", "caller_id_number": "7275551212",
            "caller_id_name": "Ann", "extension": number, "call_date": format!("2016-11-20 12:00:{second}"), "did_id": "2",
            "did_route": "IN_GROUP"
        })
    };
    api.load(json!({
        "vicidial_did_log": [
            call(1, "01", "7275551114"), call(2, "02", "7275551114"), call(3, "02", "7275551114"),
            call(4, "02", "3125559002"), call(5, "02", "3125559000"),
        ],
        "vicidial_closer_log": [
            {"closecallid": 1, "lead_id": 1, "uniqueid": "1.2", "campaign_id": "TEST_IN2", "user": "1001", "status": "XFER", "length_in_sec": 9},
            {"closecallid": 2, "lead_id": 1, "uniqueid": "1.2", "campaign_id": "SALESLINE", "user": "6666", "status": "SALE", "length_in_sec": 30},
        ],
    }));
    let day = "/api/cdrs?date=2016-11-20";
    let all = api.get(day);
    assert_eq!(ids(&all), ["1.1", "1.2", "1.3", "1.4", "1.5"]);
    assert_eq!(
        (&all.body["total"], &all.body["next"]),
        (&json!(5), &Value::Null)
    );
    let second = &all.body["data"][1];
    assert_eq!(
        (
            &second["queue"],
            &second["user"],
            &second["status"],
            &second["seconds"]
        ),
        (
            &json!("SALESLINE"),
            &json!("6666"),
            &json!("SALE"),
            &json!(30)
        )
    );
    assert_eq!(
        (&second["number"], &second["did_id"], &second["caller"]),
        (&json!("7275551114"), &json!(2), &json!("7275551212"))
    );
    assert_eq!(all.body["data"][0]["queue"], Value::Null);
    // Page by page, each call once, also where many came in one second.
    for per_page in 1..=5 {
        let mut listed = Vec::new();
        let mut path = format!("{day}&per_page={per_page}");
        loop {
            let page = api.get(&path);
            listed.extend(ids(&page));
            match page.body["next"].as_str() {
                Some(next) => path = format!("/api/cdrs?per_page={per_page}&after={next}"),
                None => break,
            }
        }
        assert_eq!(listed, ["1.1", "1.2", "1.3", "1.4", "1.5"], "{per_page}");
    }
    assert_eq!(
        ids(&api.get(&format!("{day}&number=%2B1-727-555-1114"))),
        ["1.1", "1.2", "1.3"]
    );
    assert_eq!(ids(&api.get(&format!("{day}&search=ann"))).len(), 5);
    assert_eq!(
        ids(&api.get(&format!("{day}&search=bob"))),
        Vec::<String>::new()
    );
    assert_eq!(ids(&api.get("/api/cdrs")), Vec::<String>::new());
    for (query, wrong) in [
        ("date=20.11.2026", "date"),
        ("date=2026-02-30", "date"),
        ("after=x", "after"),
        ("date=2016-11-21&after=2016-11-20T12:00:02.1", "after"),
        ("page=2", "page"),
    ] {
        assert_eq!(
            api.get(&format!("/api/cdrs?{query}")).wrong(),
            [wrong],
            "{query}"
        );
    }
    // Who sees some user groups only sees the calls to their DIDs.
    api.user = "1007:1234";
    assert_eq!(ids(&api.get(day)), ["1.1", "1.2", "1.3", "1.5"]);
}
