//! DIDs as JSON: both shapes, what the text API sees of them, routes, and where a call would land.

use crate::common::database::Backend;
use crate::common::site::Site;
use serde_json::{Value, json};

on_each_database_and_with_state! {
    a_did_made_on_either_side_is_there_on_the_other
    every_kind_is_stored_in_vicidials_columns
    lists_are_filtered_and_paged_with_a_total
    a_number_is_there_once
    what_is_wrong_with_dids_is_found
    a_patch_leaves_alone_what_it_does_not_name
    an_active_did_without_a_route_is_told_in_both_words
}

on_our_own! {
    laracopilots_calls_work_as_printed
    a_did_is_taken_by_sip_ios_names
    routes_are_replaced_as_a_whole
    where_a_call_lands_depends_on_the_clock
    what_was_read_can_be_written_back
    the_two_names_of_one_thing_are_one
    every_wrong_field_is_named
    a_deleted_did_leaves_nothing_behind
}

fn laracopilot() -> Value {
    json!({
        "tenant_id": 1,
        "number": "+12125550100",
        "provider": "Twilio",
        "description": "Main inbound line",
        "status": "active"
    })
}

fn laracopilots_calls_work_as_printed(backend: Backend) {
    let mut api = Site::demo(backend);
    let made = api.post("/api/dids", laracopilot());
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.response.header("location"), Some("/api/dids/10"));
    assert_eq!(
        made.body["warnings"],
        json!([
            "it has no route: callers cannot be connected until it has one; a dialer sends them to extension 9998811112"
        ])
    );
    for (field, value) in laracopilot().as_object().expect("an object") {
        assert_eq!(made.body[field], *value, "{field}");
    }
    assert_eq!(made.body["label"], "Main inbound line");
    assert_eq!(made.body["e164"], "12125550100");
    assert_eq!(made.body["account_id"], "acc_1");
    let shown = api.get("/api/dids/10");
    assert_eq!((shown.status, &shown.body), (200, &made.body));
    assert_eq!(shown.etag(), made.etag());
    assert_eq!(api.get("/api/dids/did_10").body, made.body);
    assert_eq!(shown.body["routes"], json!([]));
}

fn a_did_is_taken_by_sip_ios_names(backend: Backend) {
    let mut api = Site::demo(backend);
    let did = json!({
        "account_id": "acc_1",
        "e164": "12025550123",
        "label": "Main line",
        "status": "active",
        "dest_kind": "flow", "dest_id": "main_menu",
        "max_channels": 10,
        "fax_mode": "voice",
        "allow_anonymous": 1,
        "schedule_id": "sch_1",
        "closed_dest_kind": "voicemail", "closed_dest_id": "8301",
        "holiday_dest_kind": "flow", "holiday_dest_id": "sales-menu"
    });
    let made = api.post("/api/dids", did.clone());
    assert_eq!(made.status, 201, "{}", made.body);
    for (field, value) in did.as_object().expect("an object") {
        if field != "schedule_id" {
            assert_eq!(made.body[field], *value, "{field}");
        }
    }
    assert_eq!(made.body["schedule_id"], 1);
    assert_eq!(made.body["number"], "12025550123");
    assert_eq!(made.body["description"], "Main line");
    assert_eq!(made.body["warnings"], json!([]));
    // Without an account too, which LaraCopilot's shape may not leave out.
    let made = api.post(
        "/api/dids",
        json!({"e164": "12025550124", "dest_kind": "hangup"}),
    );
    assert_eq!(
        (made.status, &made.body["user_group"]),
        (201, &json!("---ALL---")),
        "{}",
        made.body
    );
}

fn a_did_made_on_either_side_is_there_on_the_other(backend: Backend) {
    let mut api = Site::demo(backend);
    let reply = api.text(
        "add_did",
        "did_pattern=%2B17275550777&did_description=Made+by+text&did_route=IN_GROUP&group=TEST_IN2",
    );
    assert_eq!(
        reply,
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|+17275550777\n"
    );
    let did = api.get("/api/dids/10");
    assert_eq!(did.body["number"], "+17275550777");
    assert_eq!(did.body["e164"], "17275550777");
    assert_eq!(did.body["description"], "Made by text");
    assert_eq!(
        (&did.body["dest_kind"], &did.body["dest_id"]),
        (&json!("queue"), &json!("TEST_IN2"))
    );
    assert_eq!(did.body["routes"].as_array().map(Vec::len), Some(1));
    let changed = api.patch(
        "/api/dids/10",
        json!({"dest_kind": "voicemail", "dest_id": "8301", "status": "inactive"}),
    );
    assert_eq!(
        (changed.status, &changed.body["status"]),
        (200, &json!("inactive")),
        "{}",
        changed.body
    );
    let rows = api.database.rows("vicidial_inbound_dids");
    let row = rows
        .iter()
        .find(|row| row["did_id"] == 10)
        .expect("the row");
    assert_eq!(row["did_route"], "VOICEMAIL");
    assert_eq!(row["voicemail_ext"], "8301");
    assert_eq!(row["did_active"], "N");
    assert_eq!(row["group_id"], "TEST_IN2");

    let made = api.post("/api/dids", json!({
        "user_group": "SALES", "number": "7275550778", "description": "Made as JSON", "dest_kind": "user", "dest_id": "6666"
    }));
    assert_eq!(made.status, 201, "{}", made.body);
    let reply = api.text("add_did", "did_pattern=7275550778");
    assert_eq!(
        reply,
        "ERROR: add_did DID ALREADY EXISTS - 6666|7275550778\n"
    );
    let reply = api.text(
        "update_did",
        "did_pattern=7275550778&active=N&did_route=CALLMENU&menu_id=main_menu",
    );
    assert_eq!(
        reply,
        "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|7275550778\n"
    );
    let did = api.get("/api/dids/11").body;
    assert_eq!(
        (&did["status"], &did["dest_kind"], &did["dest_id"]),
        (&json!("inactive"), &json!("flow"), &json!("main_menu"))
    );
    assert_eq!(did["user_group"], "SALES");
    // Both logs tell of it as of the text API's calls.
    let log = api.database.rows("vicidial_admin_log");
    let codes: Vec<&str> = log
        .iter()
        .map(|row| row["event_code"].as_str().expect("a code"))
        .collect();
    let update = "ADMIN API UPDATE DID";
    assert_eq!(
        codes,
        ["ADMIN API ADD DID", update, "ADMIN API ADD DID", update]
    );
    assert_eq!(
        log[2]["event_notes"],
        "did: 7275550778 did_id: 11 inserted: 1"
    );
    assert_eq!(log[2]["record_id"], "11");
    let sql = log[2]["event_sql"].as_str().expect("SQL");
    assert!(
        sql.starts_with("INSERT INTO vicidial_inbound_dids (") && sql.contains("'7275550778'"),
        "{sql}"
    );
    let calls = api.database.rows("vicidial_api_log");
    let made = calls
        .iter()
        .find(|row| row["source"] == "json" && row["function"] == "add_did")
        .expect("the call");
    assert_eq!(
        (&made["result"], &made["result_reason"]),
        (&json!("SUCCESS"), &json!("add_did DID HAS BEEN ADDED"))
    );
    assert_eq!(
        (&made["user"], &made["data"]),
        (&json!("6666"), &json!("7275550778"))
    );
    let urls = api.database.rows("vicidial_api_urls");
    assert!(urls.iter().any(|row| {
        row["url"]
            .as_str()
            .is_some_and(|url| url.ends_with("/api/dids/11"))
    }));
    assert!(!api.server.log().contains("1234"), "a password in the log");
}

fn every_kind_is_stored_in_vicidials_columns(backend: Backend) {
    let mut api = Site::demo(backend);
    let kinds = [
        ("queue", "TEST_IN2", "IN_GROUP", "group_id", "TEST_IN2"),
        ("flow", "main_menu", "CALLMENU", "menu_id", "main_menu"),
        ("ivr", "main_menu", "CALLMENU", "menu_id", "main_menu"),
        ("user", "6666", "AGENT", "user", "6666"),
        ("extension", "cc100@10.0.9.8", "PHONE", "phone", "cc100"),
        ("voicemail", "8301", "VOICEMAIL", "voicemail_ext", "8301"),
        ("conference", "8600051", "EXTEN", "extension", "8600051"),
        (
            "forward",
            "917275551212",
            "EXTEN",
            "extension",
            "917275551212",
        ),
        (
            "trunk",
            "1000@trunkinbound",
            "EXTEN",
            "exten_context",
            "trunkinbound",
        ),
        ("ring_group", "600", "EXTEN", "extension", "600"),
        ("hangup", "", "EXTEN", "extension", "8300"),
    ];
    for (index, (kind, id, route, column, value)) in kinds.into_iter().enumerate() {
        let number = format!("72755502{index:02}");
        let mut body = json!({"user_group": "SALES", "number": number, "dest_kind": kind});
        if !id.is_empty() {
            body["dest_id"] = json!(id);
        }
        let made = api.post("/api/dids", body);
        assert_eq!(made.status, 201, "{}", made.body);
        let rows = api.database.rows("vicidial_inbound_dids");
        let row = rows
            .iter()
            .find(|row| row["did_pattern"] == number.as_str())
            .expect("the row");
        assert_eq!(
            (row["did_route"].as_str(), row[column].as_str()),
            (Some(route), Some(value)),
            "{kind}"
        );
        // Without tables of our own VICIdial's columns alone tell the kind.
        let shown = match (backend, kind) {
            (Backend::Vicidial, "ivr") => "flow",
            (Backend::Vicidial, "conference" | "trunk" | "ring_group") => "forward",
            _ => kind,
        };
        assert_eq!(made.body["dest_kind"], shown);
        assert_eq!(
            made.body["dest_id"].as_str().unwrap_or_default(),
            id,
            "{kind}"
        );
    }
    let by_number = api.post("/api/dids", json!({"user_group": "SALES", "number": "7275550300", "dest_kind": "extension", "dest_id": "100"}));
    assert_eq!(by_number.body["dest_id"], "cc100@10.0.9.8");
    let feature = api.post("/api/dids", json!({"user_group": "SALES", "number": "7275550301", "dest_kind": "feature", "dest_id": "*97"}));
    assert_eq!(
        (feature.status, feature.wrong()),
        (422, vec!["dest_kind".to_owned()])
    );
}

fn lists_are_filtered_and_paged_with_a_total(backend: Backend) {
    let mut api = Site::demo(backend);
    let ids = |answer: &Value| -> Vec<i64> {
        answer["data"]
            .as_array()
            .expect("data")
            .iter()
            .map(|did| did["id"].as_i64().expect("an id"))
            .collect()
    };
    for number in 0..3 {
        api.text(
            "add_did",
            &format!("did_pattern=555010{number}&did_description=Listed+one"),
        );
    }
    let all = api.get("/api/dids").body;
    assert_eq!(ids(&all), [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12]);
    assert_eq!(
        (&all["page"], &all["per_page"], &all["total"]),
        (&json!(1), &json!(100), &json!(11))
    );
    let page = api.get("/api/dids?page=3&per_page=4").body;
    assert_eq!((ids(&page), &page["total"]), (vec![10, 11, 12], &json!(11)));
    assert_eq!(ids(&api.get("/api/dids?page=9").body), Vec::<i64>::new());
    assert_eq!(ids(&api.get("/api/dids?search=listed").body), [10, 11, 12]);
    assert_eq!(ids(&api.get("/api/dids?search=carrier%20a").body), [2]);
    assert_eq!(
        ids(&api.get("/api/dids?search=%25").body),
        Vec::<i64>::new()
    );
    assert_eq!(ids(&api.get("/api/dids?status=inactive").body), [3]);
    assert_eq!(ids(&api.get("/api/dids?status=disabled").body), [3]);
    assert_eq!(
        ids(&api.get("/api/dids?status=active&per_page=2").body),
        [1, 2]
    );
    if backend != Backend::Vicidial {
        assert_eq!(ids(&api.get("/api/dids?tenant_id=1").body), [4, 8]);
        assert_eq!(
            ids(&api.get("/api/dids?tenant_id=99").body),
            Vec::<i64>::new()
        );
        assert_eq!(
            api.patch("/api/dids/4", json!({"status": "virtual"})).body["status"],
            "virtual"
        );
        assert_eq!(ids(&api.get("/api/dids?status=virtual").body), [4]);
        assert_eq!(ids(&api.get("/api/dids?status=inactive").body), [3]);
    }
    // Within the scope of the user's group.
    api.user = "1007:1234";
    assert_eq!(
        ids(&api.get("/api/dids?per_page=6").body)[..4],
        [1, 2, 3, 4]
    );
    assert_eq!(api.get("/api/dids/6").status, 404);
    assert_eq!(
        api.patch("/api/dids/6", json!({"label": "mine"})).status,
        404
    );
    assert_eq!(api.delete("/api/dids/6").status, 404);
    for (query, wrong) in [
        ("per_page=0", "per_page"),
        ("per_page=1001", "per_page"),
        ("page=0", "page"),
        ("page=x", "page"),
        ("status=on", "status"),
        ("what=x", "what"),
        ("tenant_id=x.y", "tenant_id"),
        ("=x", ""),
        ("per.page=1", "per.page"),
    ] {
        let answer = api.get(&format!("/api/dids?{query}"));
        assert_eq!(
            (answer.status, answer.wrong()),
            (422, vec![wrong.to_owned()]),
            "{query}"
        );
    }
}

fn a_number_is_there_once(backend: Backend) {
    let mut api = Site::demo(backend);
    for (body, field) in [
        (
            json!({"user_group": "SALES", "number": "7275551114"}),
            "number",
        ),
        (
            json!({"user_group": "SALES", "number": "+7275551114"}),
            "e164",
        ),
        (json!({"e164": "17275551112"}), "e164"),
        (
            json!({"user_group": "SALES", "number": "DEFAULT"}),
            "number",
        ),
    ] {
        let answer = api.post("/api/dids", body.clone());
        assert_eq!(
            (answer.status, answer.wrong()),
            (409, vec![field.to_owned()]),
            "{body}"
        );
    }
    assert_eq!(
        api.patch("/api/dids/2", json!({"number": "3125559000"}))
            .status,
        409
    );
    // Its own number, and its own without the plus, are free.
    assert_eq!(
        api.patch("/api/dids/2", json!({"number": "7275551114"}))
            .status,
        200
    );
    let kept = api.patch("/api/dids/3", json!({"e164": "17275551112"}));
    assert_eq!(
        (kept.status, &kept.body["number"]),
        (200, &json!("+17275551112"))
    );
    let bare = api.patch("/api/dids/3", json!({"number": "17275551112"}));
    assert_eq!(
        (bare.status, &bare.body["number"]),
        (200, &json!("17275551112")),
        "{}",
        bare.body
    );
    let calls = api.database.rows("vicidial_api_log");
    assert!(
        calls
            .iter()
            .any(|row| row["result"] == "ERROR" && row["result_reason"] == "add_did CONFLICT")
    );
}

fn a_patch_leaves_alone_what_it_does_not_name(backend: Backend) {
    let mut api = Site::demo(backend);
    let before = api
        .database
        .rows("vicidial_inbound_dids")
        .into_iter()
        .find(|row| row["did_id"] == 2)
        .expect("the row");
    let patched = api.patch("/api/dids/2", json!({"provider": "Carrier Z"}));
    assert_eq!(patched.status, 200, "{}", patched.body);
    let after = api
        .database
        .rows("vicidial_inbound_dids")
        .into_iter()
        .find(|row| row["did_id"] == 2)
        .expect("the row");
    for (column, value) in &before {
        match column.as_str() {
            "did_carrier_description" => assert_eq!(after[column], "Carrier Z"),
            "modify_stamp" => {}
            _ => assert_eq!(after[column], *value, "{column}"),
        }
    }
    // A whole body puts what it leaves out back to its default, but leaves target and routes where they are.
    let put = api.put(
        "/api/dids/2",
        json!({"user_group": "SALES", "number": "7275551114", "description": "New"}),
    );
    assert_eq!(
        (put.status, &put.body["provider"], &put.body["dest_id"]),
        (200, &json!(""), &json!("TEST_IN2")),
        "{}",
        put.body
    );
    let missing = api.put("/api/dids/2", json!({"provider": "x"}));
    assert_eq!(
        (missing.status, missing.wrong()),
        (422, vec!["number".to_owned(), "tenant_id".to_owned()])
    );
}

fn routes_are_replaced_as_a_whole(backend: Backend) {
    let mut api = Site::demo(backend);
    let routes = json!({"routes": [
        {"dest_kind": "ivr", "dest_id": "main_menu", "conditions": {"days": ["fri", "mon"], "from": "22:00", "to": "06:00"}},
        {"dest_kind": "voicemail", "dest_id": "8301", "dest_xform": {"lang": "es"}, "conditions": {"days": ["sun"]}},
        {"dest_kind": "queue", "dest_id": "TEST_IN2"}
    ]});
    let put = api.put("/api/dids/2/routes", routes);
    assert_eq!(put.status, 200, "{}", put.body);
    let shown = put.body["routes"].as_array().expect("routes").clone();
    assert_eq!(shown.len(), 3);
    assert_eq!(
        shown[0]["conditions"],
        json!({"days": ["mon", "fri"], "from": "22:00", "to": "06:00", "time_zone": null})
    );
    assert_eq!(shown[0]["dest_kind"], "ivr");
    assert_eq!(shown[1]["dest_xform"], json!({"lang": "es"}));
    assert_eq!(shown[2]["conditions"], Value::Null);
    assert_eq!(put.body["dest_id"], "TEST_IN2");
    // The last one alone, then none.
    let put = api.put(
        "/api/dids/2/routes",
        json!({"routes": [{"dest_kind": "user", "dest_id": "6666"}]}),
    );
    assert_eq!(
        (
            &put.body["dest_kind"],
            put.body["routes"].as_array().map(Vec::len)
        ),
        (&json!("user"), Some(1))
    );
    let none = api.put("/api/dids/2/routes", json!({"routes": []}));
    assert_eq!(
        (&none.body["dest_kind"], &none.body["routes"]),
        (&Value::Null, &json!([]))
    );
    assert_eq!(none.body["warnings"].as_array().map(Vec::len), Some(1));
    assert!(
        api.database
            .rows("vicishim_did_routes")
            .iter()
            .all(|row| row["did_id"] != 2)
    );
    for (routes, wrong) in [
        (
            json!([{"dest_kind": "queue", "dest_id": "A"}, {"dest_kind": "queue", "dest_id": "B"}]),
            "routes[0].conditions",
        ),
        (
            json!([{"dest_kind": "queue", "dest_id": ""}]),
            "routes[0].dest_id",
        ),
        (json!([{"dest_id": "A"}]), "routes[0].dest_kind"),
        (
            json!([{"dest_kind": "queue", "dest_id": "A", "conditions": {"days": ["mon"], "from": "09:00"}}]),
            "routes[0].conditions",
        ),
        (
            json!([{"dest_kind": "queue", "dest_id": "A", "conditions": {"days": ["mon"], "time_zone": "Mars/X"}}]),
            "routes[0].conditions",
        ),
        (
            json!([{"dest_kind": "queue", "dest_id": "A", "extra": 1}]),
            "routes",
        ),
        (json!("x"), "routes"),
    ] {
        let answer = api.put("/api/dids/2/routes", json!({"routes": routes}));
        assert_eq!(
            (answer.status, answer.wrong()),
            (422, vec![wrong.to_owned()]),
            "{routes}"
        );
    }
    assert_eq!(api.put("/api/dids/2/routes", json!({})).status, 422);
}

fn where_a_call_lands_depends_on_the_clock(backend: Backend) {
    let mut api = Site::demo(backend);
    let mut at = |at: &str| {
        let answer = api.get(&format!("/api/dids/8/route?at={at}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    };
    let evening = at("2026-11-20T18:30:00-05:00&caller=%2B17275551212&calls=3");
    assert_eq!(
        (
            &evening["outcome"],
            &evening["dest_kind"],
            &evening["dest_id"]
        ),
        (&json!("route"), &json!("voicemail"), &json!("8301"))
    );
    assert_eq!(
        evening["reason"],
        "outside the hours of Office hours (America/New_York)"
    );
    assert_eq!(
        (&evening["at"], &evening["caller"], &evening["calls"]),
        (
            &json!("2026-11-20T23:30:00Z"),
            &json!("+17275551212"),
            &json!(3)
        )
    );
    let steps: Vec<&str> = evening["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| step["step"].as_str().expect("a step"))
        .collect();
    assert_eq!(
        steps,
        [
            "match",
            "status",
            "max_channels",
            "anonymous",
            "filter",
            "schedule"
        ]
    );
    assert_eq!(at("2026-11-20T12:30:00-05:00")["dest_id"], "main_menu");
    assert_eq!(at("2026-11-20T13:00:00-05:00")["dest_id"], "SALESLINE");
    assert_eq!(at("2026-11-20T13:00:00-05:00&calls=11")["outcome"], "busy");
    assert_eq!(at("2026-12-25T13:00:00-05:00")["dest_id"], "8301");
    let open = at("2026-11-20T13:00:00-05:00");
    assert_eq!(
        open["depends_on"],
        json!(["the agents of in-group SALESLINE: who answers, and how long the caller waits"])
    );
    let text = api.text(
        "did_route_test",
        "did_pattern=7275550108&at=2026-11-20T18:30:00-05:00",
    );
    assert!(text.starts_with(
        "SUCCESS: did_route_test ROUTE FOUND - 6666|7275550108|7275550108|VOICEMAIL|8301|outside the hours of Office hours (America/New_York)\n1|match|passed|"
    ), "{text}");
    // An unknown number is answered by the DID default, an inactive one by nobody but a dialer's DID default.
    let text = api.text("did_route_test", "did_pattern=9999999999");
    assert!(text.starts_with("SUCCESS: did_route_test ROUTE FOUND - 6666|9999999999|default|EXTEN|9998811112@default|"), "{text}");
    let off = api.get("/api/dids/3/route").body;
    assert_eq!(
        (&off["outcome"], &off["dest_kind"], &off["did_route"]),
        (&json!("inactive"), &Value::Null, &Value::Null)
    );
    let passed_on = "a dialer passes its calls on to the DID default, which has no route: they go to 9998811112@default";
    let to_default =
        json!({"did_route": "EXTEN", "target": "9998811112@default", "detail": passed_on});
    assert_eq!(off["dialer"], to_default);
    let text = api.text("did_route_test", "did_pattern=%2B17275551112");
    let inactive = "NOTICE: did_route_test NO ROUTE - 6666|+17275551112|+17275551112|inactive||DID +17275551112 is inactive and \
                    routes nothing";
    assert_eq!(
        text,
        format!(
            "{inactive}\n1|match|passed|DID 3 has the pattern +17275551112\n2|status|decided|DID +17275551112 is inactive and \
             routes nothing\n3|dialer||{passed_on}\n"
        )
    );
    let gone = api.get("/api/dids/9/route").body;
    assert_eq!(gone["warnings"], json!(["there is no in-group GONE"]));
    // The filter sends its callers elsewhere.
    api.database.load(
        &serde_json::from_value(json!({"vicishim_dids": [{"did_id": 2, "allow_anonymous": "N"}]}))
            .expect("tables"),
    );
    assert_eq!(
        api.get("/api/dids/2/route?caller=").body["outcome"],
        "rejected"
    );
    assert_eq!(
        api.get("/api/dids/2/route?caller=7275551212").body["outcome"],
        "route"
    );
    for at in [
        "262142-12-31T23:59",
        "%2B262142-12-31T23:59:59-12:00",
        "-262143-01-01T00:00",
        "9999-12-31T23:59:59-01:00",
    ] {
        let reply = api.text("did_route_test", &format!("did_pattern=7275550108&at={at}"));
        let refused =
            "ERROR: did_route_test AT MUST BE A DATE AND TIME SUCH AS 2026-11-20T18:30:00-05:00";
        assert!(reply.starts_with(refused), "{at}: {reply}");
    }
    assert!(!api.server.log().contains("panic"), "{}", api.server.log());
    for (query, wrong) in [
        ("at=tomorrow", "at"),
        ("at=", "at"),
        ("at=%2B262142-12-31T23:59:59-12:00", "at"),
        ("at=0000-12-31T23:59:59Z", "at"),
        ("calls=-1", "calls"),
        ("calls=x", "calls"),
        ("who=1", "who"),
    ] {
        let answer = api.get(&format!("/api/dids/8/route?{query}"));
        assert_eq!(
            (answer.status, answer.wrong()),
            (422, vec![wrong.to_owned()]),
            "{query}"
        );
    }
}

/// Who speaks LaraCopilot's words hears that nobody is connected, who speaks VICIdial's where its row sends the call. The
/// header says what the body says.
fn an_active_did_without_a_route_is_told_in_both_words(backend: Backend) {
    let mut api = Site::demo(backend);
    let made = api.post(
        "/api/dids",
        json!({"e164": "12025550123", "status": "active"}),
    );
    assert_eq!(made.status, 201, "{}", made.body);
    let no_route = "it has no route: callers cannot be connected until it has one; a dialer sends them to extension 9998811112";
    assert_eq!(made.body["warnings"], json!([no_route]));
    assert_eq!(made.response.header("x-vicishim-warning"), Some(no_route));
    let did = format!("/api/dids/{}", made.body["id"]);

    let landing = api.get(&format!("{did}/route"));
    let body = &landing.body;
    assert_eq!(
        (&body["outcome"], &body["target"]),
        (&json!("unrouted"), &Value::Null)
    );
    let sent = "a dialer sends its calls to extension 9998811112@default";
    let dialer = json!({"did_route": "EXTEN", "target": "9998811112@default", "detail": sent});
    assert_eq!(body["dialer"], dialer);
    let warning = "DID 12025550123 has no route: nobody chose a target, and a dialer sends its calls to 9998811112@default";
    assert_eq!(body["warnings"], json!([warning]));
    assert_eq!(landing.response.header("x-vicishim-warning"), Some(warning));

    let text = api.ask("did_route_test&did_pattern=12025550123");
    let found = "SUCCESS: did_route_test ROUTE FOUND - 6666|12025550123|12025550123|EXTEN|9998811112@default|it has no route";
    assert!(text.body.starts_with(found), "{}", text.body);
    for line in [
        format!("9|dialer||{sent}"),
        format!("10|warning||{warning}"),
    ] {
        assert!(
            text.body.lines().any(|known| known == line),
            "{line}: {}",
            text.body
        );
    }
    assert_eq!(text.header("x-vicishim-warning"), Some(warning));

    let target = json!({"dest_kind": "queue", "dest_id": "TEST_IN2"});
    let routed = api.patch(&did, target);
    assert_eq!((routed.status, &routed.body["warnings"]), (200, &json!([])));
    assert_eq!(routed.response.header("x-vicishim-warning"), None);
    let landing = api.get(&format!("{did}/route"));
    assert_eq!(
        (&landing.body["outcome"], &landing.body["dialer"]),
        (&json!("route"), &Value::Null)
    );
}

/// The server of this test stands in Tokyo, the dialer 5 hours behind UTC. At 18:30 UTC on a Friday it is 13:30 there, in
/// Tokyo Saturday.
#[test]
fn a_condition_without_a_zone_is_read_on_the_dialers_clock() {
    let at = "2026-11-20T18:30:00Z";
    let server = |local_gmt: &str, active: &str| json!([{"server_id": "a", "server_ip": "192.168.198.5", "active": active, "local_gmt": local_gmt}]);
    let local = |hours: &str| format!("UTC{hours} without daylight saving time, servers.local_gmt");
    let unknown = "this machine's, as no active server has a local_gmt".to_owned();
    for (servers, zone, time, clock, target) in [
        (
            server("-5.00", "Y"),
            None,
            "2026-11-20T13:30:00",
            local("-05:00"),
            "TEST_IN2",
        ),
        (
            server("-4.00", "Y"),
            None,
            "2026-11-20T14:30:00",
            local("-04:00"),
            "SALESLINE",
        ),
        (
            server("-5.00", "N"),
            None,
            "2026-11-21T03:30:00",
            unknown,
            "SALESLINE",
        ),
        (
            server("9.00", "Y"),
            None,
            "2026-11-21T03:30:00",
            "UTC+09:00 and daylight saving time, servers.local_gmt".to_owned(),
            "SALESLINE",
        ),
        (
            server("-4.00", "Y"),
            Some("America/New_York"),
            "2026-11-20T13:30:00",
            "America/New_York, --time-zone".to_owned(),
            "TEST_IN2",
        ),
    ] {
        let database = Site::demo_rows(Backend::Sqlite, json!({"servers": servers}));
        let arguments = zone.map_or(vec![], |zone| vec!["--time-zone", zone]);
        let mut api = Site::on_with(database, &[("TZ", "Asia/Tokyo")], &arguments);
        let routes = json!({"routes": [
            {"dest_kind": "queue", "dest_id": "TEST_IN2", "conditions": {"days": ["fri"], "from": "13:00", "to": "14:00"}},
            {"dest_kind": "queue", "dest_id": "SALESLINE"},
        ]});
        assert_eq!(api.put("/api/dids/2/routes", routes).status, 200);
        let landing = api.get(&format!("/api/dids/2/route?at={at}")).body;
        assert_eq!(landing["dialer_time"], time, "{clock}");
        assert_eq!(landing["dialer_clock"], clock);
        assert_eq!(landing["dest_id"], target, "{clock}");
        // A time without an offset is one of the dialer's clock too.
        let same = api.get(&format!("/api/dids/2/route?at={time}")).body;
        assert_eq!(same["at"], at, "{clock}");
        let pattern = landing["number"].as_str().expect("a number");
        let text = api.text("did_route_test", &format!("did_pattern={pattern}&at={at}"));
        let shown = if time.starts_with("2026-11-20") {
            "Fri"
        } else {
            "Sat"
        };
        let told = format!(
            " on the dialer's clock, {shown} {} ({clock})",
            &time[11..16]
        );
        assert!(text.contains(&told), "{text}");
    }
}

fn what_was_read_can_be_written_back(backend: Backend) {
    let mut api = Site::demo(backend);
    for did in ["/api/dids/1", "/api/dids/2", "/api/dids/5", "/api/dids/8"] {
        let read = api.get(did);
        let tag = read.etag();
        let written = api.send("PUT", did, &[("If-Match", &tag)], &read.body.to_string());
        assert_eq!((written.status, &written.body), (200, &read.body), "{did}");
        assert_eq!(written.etag(), tag);
    }
    // A change of one of two names for a thing counts.
    let mut body = api.get("/api/dids/8").body;
    body["label"] = json!("Renamed");
    body["dest_id"] = json!("TEST_IN2");
    body["e164"] = json!("7275550188");
    body["account_id"] = json!("acc_2");
    let written = api.put("/api/dids/8", body);
    assert_eq!(written.status, 200, "{}", written.body);
    assert_eq!(written.body["description"], "Renamed");
    assert_eq!(written.body["routes"][1]["dest_id"], "TEST_IN2");
    assert_eq!(written.body["number"], "7275550188");
    assert_eq!(
        (&written.body["tenant_id"], &written.body["user_group"]),
        (&json!(2), &json!("ADMIN"))
    );
}

fn the_two_names_of_one_thing_are_one(backend: Backend) {
    let mut api = Site::demo(backend);
    for (body, wrong) in [
        (
            json!({"tenant_id": 1, "number": "7275550001", "description": "a", "label": "b"}),
            "description",
        ),
        (
            json!({"tenant_id": 1, "number": "7275550001", "e164": "17275550001"}),
            "number",
        ),
        (
            json!({"tenant_id": 1, "account_id": "acc_2", "number": "7275550001"}),
            "tenant_id",
        ),
        (
            json!({"tenant_id": 1, "user_group": "ADMIN", "number": "7275550001"}),
            "tenant_id",
        ),
    ] {
        let answer = api.post("/api/dids", body.clone());
        assert_eq!(
            (answer.status, answer.wrong()),
            (422, vec![wrong.to_owned()]),
            "{body}"
        );
    }
    let same = api.post("/api/dids", json!({
        "tenant_id": 1, "account_id": 1, "user_group": "sales", "number": "+17275550001", "e164": "17275550001",
        "description": "a", "label": "a", "status": "disabled", "allow_anonymous": false
    }));
    assert_eq!(same.status, 201, "{}", same.body);
    assert_eq!(
        (&same.body["status"], &same.body["allow_anonymous"]),
        (&json!("disabled"), &json!(0))
    );
    assert_eq!(same.body["user_group"], "SALES");
}

fn every_wrong_field_is_named(backend: Backend) {
    let mut api = Site::demo(backend);
    let body = json!({
        "id": 5, "number": "1", "tenant_id": 99, "provider": "x".repeat(256), "description": "a\nb", "status": "ringing",
        "dest_kind": "queue", "max_channels": 0, "fax_mode": "paper", "allow_anonymous": 2, "schedule_id": 77,
        "closed_dest_id": "8301", "holiday_dest_kind": "queue", "holiday_dest_id": "has a space", "colour": "red",
        "dest_xform": {"a": {"b": 1}}
    });
    let answer = api.post("/api/dids", body);
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.wrong(),
        [
            "allow_anonymous",
            "closed_dest_id",
            "colour",
            "description",
            "dest_id",
            "dest_xform",
            "fax_mode",
            "holiday_dest_id",
            "id",
            "max_channels",
            "number",
            "provider",
            "schedule_id",
            "status",
            "tenant_id",
        ]
    );
    assert_eq!(api.database.rows("vicidial_inbound_dids").len(), 8);
    let emoji = api.post("/api/dids", json!({"e164": "7275550001", "label": "a 😀"}));
    assert_eq!(
        (emoji.status, emoji.wrong()),
        (422, vec!["label".to_owned()])
    );
    let accents = api.post(
        "/api/dids",
        json!({"e164": "7275550001", "label": "Línea ñandú"}),
    );
    assert_eq!(
        (accents.status, &accents.body["label"]),
        (201, &json!("Línea ñandú"))
    );
    for (number, problem) in [
        (
            "727.555.0100/22",
            "has more in it than a number, as an extension",
        ),
        (
            "7275550100x22",
            "has more in it than a number, as an extension",
        ),
    ] {
        let answer = api.post("/api/dids", json!({"tenant_id": 1, "number": number}));
        assert_eq!(
            (answer.status, &answer.body["errors"][0]),
            (422, &json!({"field": "number", "message": problem}))
        );
    }
}

fn a_deleted_did_leaves_nothing_behind(backend: Backend) {
    let mut api = Site::demo(backend);
    assert_eq!(api.delete("/api/dids/did_8").status, 204);
    assert_eq!(api.get("/api/dids/8").status, 404);
    assert_eq!(api.database.rows("vicishim_dids").len(), 0);
    assert_eq!(api.database.rows("vicishim_did_routes").len(), 0);
    let log = api.database.rows("vicidial_admin_log");
    assert_eq!(
        (&log[0]["event_type"], &log[0]["event_notes"]),
        (&json!("DELETE"), &json!("did: 7275550108 did_id: 8"))
    );
    // The same by the text API.
    api.patch(
        "/api/dids/2",
        json!({"max_channels": 3, "status": "virtual"}),
    );
    assert_eq!(api.database.rows("vicishim_dids").len(), 1);
    assert_eq!(
        api.text("update_did", "did_pattern=7275551114&delete_did=Y"),
        "SUCCESS: update_did DID HAS BEEN DELETED - 6666|7275551114|2\n"
    );
    assert_eq!(api.database.rows("vicishim_dids").len(), 0);
}

fn what_is_wrong_with_dids_is_found(backend: Backend) {
    let mut api = Site::demo(backend);
    api.text(
        "add_did",
        "did_pattern=17275551114&did_route=IN_GROUP&group=OLDQUEUE",
    );
    api.text(
        "copy_did",
        "source_did_pattern=7275550108&new_dids=7275550208,7275550308",
    );
    api.text(
        "add_did",
        "did_pattern=7275550408&did_route=VOICEMAIL&voicemail_ext=8302",
    );
    api.text(
        "add_did",
        "did_pattern=7275550508&did_route=PHONE&phone_extension=cc100&server_ip=192.168.198.5",
    );
    let lint = api.get("/api/dids/lint").body;
    let found: Vec<(i64, &str)> = lint["data"]
        .as_array()
        .expect("data")
        .iter()
        .map(|finding| {
            (
                finding["did_id"].as_i64().expect("an id"),
                finding["finding"].as_str().expect("a finding"),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (1, "no_target"),
            (9, "target_missing"),
            (10, "target_inactive"),
            (10, "same_number"),
            (11, "copied_description"),
            (12, "copied_description"),
            (13, "target_inactive"),
            (14, "target_missing"),
        ]
    );
    assert_eq!(lint["total"], 8);
    assert_eq!(lint["data"][2]["detail"], "in-group OLDQUEUE is not active");
    assert_eq!(
        lint["data"][3]["detail"],
        "the number of DID 2, but for a + or a leading 1"
    );
    let page = api.get("/api/dids/lint?page=2&per_page=3").body;
    assert_eq!(
        (
            page["data"].as_array().map(Vec::len),
            &page["total"],
            &page["data"][0]["did_id"]
        ),
        (Some(3), &json!(8), &json!(10))
    );
    let text = api.text("did_lint", "header=YES&records=2");
    assert_eq!(
        text,
        "did_id|did_pattern|finding|detail\n\
         1|default|no_target|active without a target: calls go to 9998811112@default\n\
         9|7275550109|target_missing|there is no in-group GONE\n"
    );
    let csv = api.text("did_lint", "stage=csv&offset=7");
    assert_eq!(
        csv,
        "14,7275550508,target_missing,there is no phone cc100@192.168.198.5\n"
    );
    let rows: Value = serde_json::from_str(&api.text("did_lint", "stage=json")).expect("JSON");
    assert_eq!(rows, lint["data"]);
    assert_eq!(
        api.text("did_lint", "offset=8"),
        "NOTICE: did_lint NO RECORDS FOUND - 6666|\n"
    );
    assert!(
        api.text("did_lint", "stage=xml")
            .starts_with("ERROR: did_lint STAGE MUST BE")
    );
    // Within the scope of the user's group.
    assert_eq!(
        api.patch(
            "/api/dids/6",
            json!({"dest_kind": "queue", "dest_id": "GONE"})
        )
        .status,
        200
    );
    assert_eq!(api.get("/api/dids/lint").body["total"], 9);
    api.user = "1007:1234";
    assert_eq!(api.get("/api/dids/lint").body["total"], 8);
}

#[test]
fn a_list_that_cannot_be_read_is_not_logged_as_done() {
    let mut api = Site::demo(Backend::Innodb);
    let logged = |api: &Site| api.database.rows("vicidial_api_log").len();
    assert_eq!(api.get("/api/dids").status, 200);
    assert_eq!(logged(&api), 1);
    api.database
        .run("RENAME TABLE vicidial_inbound_dids TO put_away");
    for path in ["/api/dids", "/api/dids/lint"] {
        assert_eq!(api.get(path).status, 503, "{path}");
    }
    assert_eq!(logged(&api), 1);
}
