//! The ids that clients give, as SIP.IO's do, and its own shape.

use std::sync::Barrier;

use crate::common::database::Backend;
use crate::common::site::Site;
use serde_json::{Value, json};

on_our_own! {
    sip_ios_objects_work_as_printed
    an_id_is_there_once_and_hides_no_number
    things_are_found_changed_and_deleted_by_their_id
    of_two_calls_with_one_id_one_is_refused
    a_copy_has_no_id
    ids_are_loaded
    what_is_undone_has_its_id_again
    an_id_that_is_anothers_number_is_no_target
    an_alias_stands_for_what_vicidial_has
    sip_ios_shape_has_its_names_only
    who_sees_some_user_groups_learns_nothing_by_ids
}

on_each! {
    {
        sqlite: crate::common::database::Backend::VicidialWithSqlite,
        mariadb: crate::common::database::Backend::VicidialWithMariaDb,
    }
    an_id_of_what_the_dialer_has_deleted_is_free
}

/// A DID as SIP.IO's documents print it.
const DID: &str = r#"{
"id": "did_01j3sarpfcz8gdnnabykstr6fw", "account_id": "acc_01jf18ah3jeb5w6dfp27sgjsbt",
"e164": "12025550123",
"label": "Main line",
"status": "active",
"dest_kind": "flow", "dest_id": "flow_01jzqwjn803wtnhc445bvjenzc",
"max_channels": 10,
"fax_mode": "voice",
"allow_anonymous": 1
}"#;

/// An extension.
const EXTENSION: &str = r#"{ "id": "ext_01j35sg7ss05vztd33pbd18f1h", "account_id": "acc_01jf18ah3jeb5w6dfp27sgjsbt", "digits": "1001",
"dest_kind": "user", "dest_id": "us_01jatt0336xwzg2zbf3q9pyfm5", "status": "active" }"#;

/// A DID with a schedule.
const WITH_HOURS: &str = r#"{
"id": "did_01j3sarpfcz8gdnnabykstr6fw", "e164": "12025550123",
"dest_kind": "flow", "dest_id": "flow_01jzqwjn803wtnhc445bvjenzc",
"schedule_id": "sch_01j0jvpe0wzc6g05bktfew0xyx",
"closed_dest_kind": "voicemail", "closed_dest_id": "vm_01jg8asp59ps9rtt7azhrhvcre",
"holiday_dest_kind": "flow", "holiday_dest_id": "flow_01jzqbs3hn9rb3sp06ypecjn0t"
}"#;

const DID_ID: &str = "did_01j3sarpfcz8gdnnabykstr6fw";

/// What the printed objects refer to, in a demo that has no tenants yet.
fn sip_ios_world(backend: Backend) -> Site {
    let mut api = Site::demo_with(backend, json!({"vicishim_tenants": []}));
    let mut made = |path: &str, body: Value| {
        let answer = api.post(path, body);
        assert_eq!(answer.status, 201, "{path} {}", answer.body);
    };
    made(
        "/api/tenants",
        json!({"id": "acc_01jf18ah3jeb5w6dfp27sgjsbt", "user_group": "SALES"}),
    );
    made(
        "/api/schedules",
        json!({"id": "sch_01j0jvpe0wzc6g05bktfew0xyx", "name": "Office", "time_zone": "UTC"}),
    );
    for (kind, id, name) in [
        ("flow", "flow_01jzqwjn803wtnhc445bvjenzc", "main_menu"),
        ("flow", "flow_01jzqbs3hn9rb3sp06ypecjn0t", "sales-menu"),
        ("voicemail", "vm_01jg8asp59ps9rtt7azhrhvcre", "8301"),
        ("user", "us_01jatt0336xwzg2zbf3q9pyfm5", "1001"),
    ] {
        made(
            "/api/aliases",
            json!({"kind": kind, "id": id, "name": name}),
        );
    }
    api
}

/// Every field of the one is in the other as it is.
fn has_all(shown: &Value, sent: &str) {
    let sent: Value = serde_json::from_str(sent).expect("JSON");
    for (field, value) in sent.as_object().expect("an object") {
        assert_eq!(shown[field], *value, "{field} of {shown}");
    }
}

fn sip_ios_objects_work_as_printed(backend: Backend) {
    let mut api = sip_ios_world(backend);
    let made = api.send("POST", "/api/dids?shape=sipio", &[], DID);
    assert_eq!(made.status, 201, "{}", made.body);
    has_all(&made.body, DID);
    assert_eq!(made.body["warnings"], json!([]));
    let location = format!("/api/dids/{DID_ID}");
    assert_eq!(made.response.header("location"), Some(&*location));
    let extension = api.send("POST", "/api/extensions?shape=sipio", &[], EXTENSION);
    assert_eq!(extension.status, 201, "{}", extension.body);
    has_all(&extension.body, EXTENSION);
    let path = "/api/extensions/ext_01j35sg7ss05vztd33pbd18f1h?shape=sipio";
    assert_eq!(api.get(path).body, extension.body);
    // The same DID, now with hours.
    let path = format!("{location}?shape=sipio");
    let changed = api.send("PUT", &path, &[], WITH_HOURS);
    assert_eq!(changed.status, 200, "{}", changed.body);
    has_all(&changed.body, WITH_HOURS);
    assert_eq!(api.get(&path).body, changed.body);
    let list = api.get("/api/dids?shape=sipio&search=12025550123").body;
    has_all(&list["data"][0], WITH_HOURS);
    // VICIdial's rows have its own names.
    let row = api.row("vicidial_inbound_dids", "did_pattern", "12025550123");
    assert_eq!(
        (&row["did_route"], &row["menu_id"]),
        (&json!("CALLMENU"), &json!("main_menu"))
    );
    // In the shape of all names too, and as a new DID.
    let mut api = sip_ios_world(backend);
    let made = api.send("POST", "/api/dids", &[], WITH_HOURS);
    assert_eq!(made.status, 201, "{}", made.body);
    for field in ["id", "e164", "schedule_id"] {
        let sent: Value = serde_json::from_str(WITH_HOURS).expect("JSON");
        assert_eq!(made.body[field], sent[field]);
    }
    assert_eq!(made.body["dest_id"], "main_menu");
    assert!(made.body["did_id"].is_i64());
}

fn an_id_is_there_once_and_hides_no_number(backend: Backend) {
    let mut api = sip_ios_world(backend);
    let first = api.send("POST", "/api/dids", &[], DID).body;
    let again = api.post("/api/dids", json!({"id": DID_ID, "e164": "12025550124"}));
    assert_eq!((again.status, again.wrong()), (409, vec!["id".to_owned()]));
    assert_eq!(
        again.body["pointing"],
        json!([{"kind": "did", "id": first["did_id"].to_string(), "name": "12025550123"}])
    );
    let there = api.database.rows("vicidial_inbound_dids");
    assert!(there.iter().all(|row| row["did_pattern"] != "12025550124"));
    // Ids are compared letter by letter.
    let upper = DID_ID.to_uppercase();
    let other = api.post("/api/dids", json!({"id": upper, "e164": "12025550125"}));
    assert_eq!((other.status, &other.body["id"]), (201, &json!(upper)));
    for id in [
        json!("8"),
        json!(8),
        json!("did_8"),
        json!("00000000000000000008"),
        json!("did_99999999999999"),
        json!("a.b"),
        json!("a b"),
        json!("phone@10.0.9.8"),
        json!("x".repeat(65)),
        json!("lint"),
        json!(""),
    ] {
        for (path, mut body) in [
            ("/api/dids", json!({"e164": "12025550126"})),
            (
                "/api/extensions",
                json!({"digits": "1002", "dest_kind": "hangup"}),
            ),
            ("/api/schedules", json!({"name": "X", "time_zone": "UTC"})),
            ("/api/tenants", json!({"user_group": "HOME"})),
            ("/api/aliases", json!({"kind": "user", "name": "1002"})),
        ] {
            let is_a_number_of_dids = id == "did_8" || id == "did_99999999999999";
            if path != "/api/dids" && is_a_number_of_dids {
                continue;
            }
            body["id"] = id.clone();
            let refused = api.post(path, body);
            assert_eq!(
                (refused.status, refused.wrong()),
                (422, vec!["id".to_owned()]),
                "{path} {id} {}",
                refused.body
            );
        }
    }
    for (path, body) in [
        (
            "/api/extensions",
            json!({"digits": "1003", "id": "same", "dest_kind": "hangup"}),
        ),
        (
            "/api/schedules",
            json!({"name": "Y", "time_zone": "UTC", "id": "same"}),
        ),
        (
            "/api/tenants",
            json!({"user_group": "OFFICE", "id": "same"}),
        ),
        (
            "/api/aliases",
            json!({"kind": "queue", "name": "TEST_IN2", "id": "same"}),
        ),
        ("/api/dids", json!({"e164": "12025550127", "id": "same"})),
    ] {
        let mut second = body.clone();
        assert_eq!(api.post(path, body).status, 201, "{path}");
        for (field, other) in [
            ("digits", "1004"),
            ("user_group", "HOME"),
            ("name", "TEST_IN3"),
            ("e164", "12025550128"),
        ] {
            if second.get(field).is_some() {
                second[field] = json!(other);
            }
        }
        if path == "/api/aliases" {
            second["kind"] = json!("forward");
        }
        let taken = api.post(path, second);
        assert_eq!(
            (taken.status, taken.wrong()),
            (409, vec!["id".to_owned()]),
            "{path}"
        );
        assert_eq!(
            taken.body["pointing"][0]["kind"],
            path[5..].trim_end_matches('s').replace("aliase", "alias")
        );
    }
}

fn things_are_found_changed_and_deleted_by_their_id(backend: Backend) {
    let mut api = sip_ios_world(backend);
    let did = api.send("POST", "/api/dids", &[], DID).body;
    let number = did["did_id"].to_string();
    let by_id = format!("/api/dids/{DID_ID}");
    for path in [
        by_id.clone(),
        format!("/api/dids/{number}"),
        format!("/api/dids/did_{number}"),
    ] {
        assert_eq!(api.get(&path).body, did, "{path}");
    }
    for other in [&*DID_ID.to_uppercase(), "did_01j3", "x"] {
        assert_eq!(
            api.get(&format!("/api/dids/{other}")).status,
            404,
            "{other}"
        );
    }
    // What was read can be written back, in either shape; the id stays where it is left out, and no other is taken.
    for shape in ["", "?shape=sipio"] {
        let path = format!("{by_id}{shape}");
        let read = api.get(&path);
        let written = api.put(&path, read.body.clone());
        assert_eq!((written.status, &written.body), (200, &read.body));
        assert_eq!(written.etag(), read.etag());
        let tag = read.etag();
        let same = api.send(
            "PATCH",
            &path,
            &[("If-Match", &tag)],
            r#"{"label": "Main line"}"#,
        );
        assert_eq!((same.status, &same.body), (200, &read.body));
    }
    let body = json!({"e164": "12025550123", "label": "Other", "account_id": null});
    let changed = api.put(&by_id, body).body;
    assert_eq!(
        (&changed["id"], &changed["label"]),
        (&json!(DID_ID), &json!("Other"))
    );
    let other = api.patch(&by_id, json!({"id": "did_other"}));
    assert_eq!((other.status, other.wrong()), (422, vec!["id".to_owned()]));
    let route = api.get(&format!("{by_id}/route"));
    assert_eq!(
        (route.status, &route.body["dest_id"]),
        (200, &json!("main_menu"))
    );

    let tenant = "acc_01jf18ah3jeb5w6dfp27sgjsbt";
    let path = format!("/api/tenants/{tenant}");
    let shown = api.get(&path).body;
    assert_eq!(
        (&shown["id"], &shown["account_id"]),
        (&json!(tenant), &json!(tenant))
    );
    assert_eq!(api.patch(&path, json!({"max_extensions": 3})).status, 200);
    let extension = api.send("POST", "/api/extensions", &[], EXTENSION).body;
    assert_eq!(extension["account_id"], tenant);
    assert_eq!(extension["tenant_id"], shown["tenant_id"]);
    let list = api.get(&format!("/api/extensions?tenant_id={tenant}")).body;
    assert!(list["data"].as_array().expect("data").contains(&extension));
    let none = api.get("/api/extensions?tenant_id=acc_none").body;
    assert_eq!(none["total"], 0);
    let id = extension["id"].as_str().expect("an id").to_owned();
    let did = api
        .patch(&by_id, json!({"dest_kind": "extension", "dest_id": id}))
        .body;
    assert_eq!(did["dest_id"], "1001@192.168.198.5");
    let did = api.get(&format!("{by_id}?shape=sipio")).body;
    assert_eq!(did["dest_id"], json!(id));
    let path = format!("/api/extensions/{id}");
    let renamed = api.patch(&path, json!({"display_name": "Alice"})).body;
    assert_eq!(
        (&renamed["id"], &renamed["display_name"]),
        (&json!(id), &json!("Alice"))
    );

    let schedule = "/api/schedules/sch_01j0jvpe0wzc6g05bktfew0xyx";
    assert_eq!(
        api.patch(schedule, json!({"name": "Hours"})).body["name"],
        "Hours"
    );
    let missing = api.patch(&by_id, json!({"schedule_id": "sch_none"}));
    assert_eq!(
        (missing.status, missing.wrong()),
        (422, vec!["schedule_id".to_owned()])
    );
    for path in [&*format!("{path}?force=true"), &by_id, schedule] {
        assert_eq!(api.delete(path).status, 204, "{path}");
        assert_eq!(api.get(path.split('?').next().expect("a path")).status, 404);
    }
    // An id that is free again is given again.
    let again = api.send("POST", "/api/dids", &[], DID);
    assert_eq!((again.status, &again.body["id"]), (201, &json!(DID_ID)));
}

fn of_two_calls_with_one_id_one_is_refused(backend: Backend) {
    const CALLS: usize = 6;
    let api = Site::demo(backend);
    let start = Barrier::new(CALLS);
    let calls = |path: &'static str, body: fn(usize) -> Value| {
        let call = |index: usize| {
            let (mut client, start) = (api.server.client(), &start);
            let headers = [
                ("Authorization", "Basic NjY2NjoxMjM0"),
                ("Content-Type", "application/json"),
            ];
            move || {
                start.wait();
                let body = body(index).to_string();
                client.request("POST", path, &headers, body.as_bytes())
            }
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..CALLS).map(|index| scope.spawn(call(index))).collect();
            let answers = threads.into_iter().map(|thread| thread.join());
            let mut statuses: Vec<u16> = answers
                .map(|answer| answer.expect("an answer").status)
                .collect();
            statuses.sort_unstable();
            statuses
        })
    };
    let one: Vec<u16> = std::iter::once(201).chain([409; CALLS - 1]).collect();
    let dids = api.database.rows("vicidial_inbound_dids").len();
    let phones = api.database.rows("phones").len();
    let made = calls(
        "/api/dids",
        |index| json!({"id": "same", "e164": format!("1202555020{index}")}),
    );
    assert_eq!(made, one);
    let made = calls(
        "/api/extensions",
        |index| json!({"id": "same", "digits": format!("300{index}"), "dest_kind": "hangup"}),
    );
    assert_eq!(made, one);
    let made = calls(
        "/api/schedules",
        |_| json!({"id": "same", "name": "X", "time_zone": "UTC"}),
    );
    assert_eq!(made, one);
    // Of those that were refused no half is there.
    assert_eq!(api.database.rows("vicidial_inbound_dids").len(), dids + 1);
    assert_eq!(api.database.rows("phones").len(), phones + 1);
}

fn a_copy_has_no_id(backend: Backend) {
    let mut api = sip_ios_world(backend);
    api.send("POST", "/api/dids", &[], DID);
    let reply = api.text(
        "copy_did",
        "source_did_pattern=12025550123&new_dids=12025550130",
    );
    assert!(reply.contains("SUCCESS"), "{reply}");
    let copies = api.get("/api/dids?search=12025550130").body;
    let copy = &copies["data"][0];
    assert_eq!(
        (&copy["id"], &copy["max_channels"]),
        (&copy["did_id"], &json!(10))
    );
    assert_eq!(
        api.get(&format!("/api/dids/{DID_ID}")).body["e164"],
        "12025550123"
    );
    // A number that changes takes its id along.
    let path = format!("/api/dids/{DID_ID}");
    assert_eq!(api.patch(&path, json!({"e164": "12025550131"})).status, 200);
    assert_eq!(api.get(&path).body["e164"], "12025550131");
}

fn what_is_undone_has_its_id_again(backend: Backend) {
    let mut api = sip_ios_world(backend);
    assert_eq!(api.send("POST", "/api/dids", &[], DID).status, 201);
    let path = format!("/api/dids/{DID_ID}");
    let before = api.get(&path).body;
    let deleted = |api: &mut Site, path: &str| {
        let answer = api.delete(path).response;
        assert_eq!(answer.status, 204);
        answer
            .header("x-vicishim-change")
            .expect("a change")
            .to_owned()
    };
    let undone = |api: &mut Site, change: &str| {
        let reply = api.text("change_undo", &format!("change_id={change}"));
        (reply.contains("SUCCESS"), reply)
    };
    let change = deleted(&mut api, &path);
    // Another one has the id meanwhile.
    let other = json!({"id": DID_ID, "e164": "12025550199"});
    assert_eq!(api.post("/api/dids", other).status, 201);
    let (is_done, reply) = undone(&mut api, &change);
    assert!(
        !is_done && reply.contains("ID THAT WAS GIVEN AGAIN"),
        "{reply}"
    );
    assert_eq!(api.get("/api/dids?search=12025550123").body["total"], 0);
    deleted(&mut api, &path);
    let (is_done, reply) = undone(&mut api, &change);
    assert!(is_done, "{reply}");
    assert_eq!(api.get(&path).body, before);
    let alias = "/api/aliases/us_01jatt0336xwzg2zbf3q9pyfm5";
    let change = deleted(&mut api, alias);
    assert_eq!(api.get(alias).status, 404);
    let (is_done, reply) = undone(&mut api, &change);
    assert!(is_done, "{reply}");
    assert_eq!(api.get(alias).body["name"], "1001");
}

fn ids_are_loaded(backend: Backend) {
    let mut api = Site::demo(backend);
    api.load(json!({
        "vicishim_dids": [{"did_id": 8, "client_id": "loaded"}],
        "vicishim_aliases": [{"client_id": "q", "kind": "queue", "name": "TEST_IN2"}],
    }));
    assert_eq!(api.get("/api/dids/loaded").body["did_id"], 8);
    let did = api.patch(
        "/api/dids/loaded",
        json!({"dest_kind": "queue", "dest_id": "q"}),
    );
    assert_eq!(did.body["dest_id"], "TEST_IN2", "{}", did.body);
}

fn an_id_that_is_anothers_number_is_no_target(backend: Backend) {
    let mut api = Site::demo(backend);
    for body in [
        json!({"digits": "front", "dest_kind": "hangup"}),
        json!({"digits": "1003", "dest_kind": "hangup", "id": "front"}),
        json!({"digits": "1004", "dest_kind": "hangup", "id": "back"}),
    ] {
        assert_eq!(api.post("/api/extensions", body).status, 201);
    }
    let mut points = |id: &str| {
        let target = json!({"dest_kind": "extension", "dest_id": id});
        let did = api.patch("/api/dids/2", target);
        (did.status, did.body["dest_id"].as_str().map(str::to_owned))
    };
    assert_eq!(points("front"), (422, None));
    let key = |number: &str| (200, Some(format!("{number}@192.168.198.5")));
    assert_eq!(points("front@192.168.198.5"), key("front"));
    assert_eq!(points("back"), key("1004"));
    // In an address there is no number, and the id counts.
    assert_eq!(api.get("/api/extensions/front").body["digits"], "1003");
}

fn an_alias_stands_for_what_vicidial_has(backend: Backend) {
    let mut api = Site::demo(backend);
    let body = json!({"kind": "ivr", "id": "flow_a", "name": "main_menu"});
    let made = api.post("/api/aliases", body.clone());
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(
        made.body,
        json!({"id": "flow_a", "alias_id": 1, "kind": "flow", "name": "main_menu"})
    );
    assert_eq!(
        made.response.header("location"),
        Some("/api/aliases/flow_a")
    );
    for path in ["flow_a", "1", "alias_1"] {
        assert_eq!(api.get(&format!("/api/aliases/{path}")).body, made.body);
    }
    // One id for a thing, one thing for an id, and both there.
    let wrong = |api: &mut Site, body: Value| {
        let answer = api.post("/api/aliases", body);
        (answer.status, answer.wrong().join(" "))
    };
    for (body, status, field) in [
        (body, 409, "id"),
        (
            json!({"kind": "flow", "id": "flow_b", "name": "main_menu"}),
            409,
            "name",
        ),
        (
            json!({"kind": "flow", "id": "flow_b", "name": "nowhere"}),
            422,
            "name",
        ),
        (
            json!({"kind": "flow", "id": "main_menu", "name": "sales-menu"}),
            409,
            "id",
        ),
        (
            json!({"kind": "extension", "id": "e", "name": "cc100@10.0.9.8"}),
            422,
            "kind",
        ),
        (
            json!({"kind": "hangup", "id": "e", "name": "x"}),
            422,
            "kind",
        ),
        (json!({"kind": "user", "name": "1001"}), 422, "id"),
        (json!({"id": "u", "name": "1001"}), 422, "kind"),
        (json!({"kind": "user", "id": "u"}), 422, "name"),
    ] {
        assert_eq!(
            wrong(&mut api, body.clone()),
            (status, field.to_owned()),
            "{body}"
        );
    }
    let made = |api: &mut Site, kind: &str, id: &str, name: &str| {
        let body = json!({"kind": kind, "id": id, "name": name});
        assert_eq!(api.post("/api/aliases", body).status, 201, "{id}");
    };
    made(&mut api, "ring_group", "rg_1", "8600051");
    made(&mut api, "queue", "q_1", "TEST_IN2");
    for (kind, id, name) in [
        ("ivr", "flow_a", "main_menu"),
        ("ring_group", "rg_1", "8600051"),
        ("queue", "q_1", "TEST_IN2"),
        // Of another kind it is only a name.
        ("queue", "rg_1", "rg_1"),
    ] {
        let target = json!({"dest_kind": kind, "dest_id": id});
        let did = api.patch("/api/dids/2", target.clone());
        assert_eq!(
            (did.status, &did.body["dest_id"]),
            (200, &json!(name)),
            "{kind} {id}"
        );
        let shown = api.get("/api/dids/2?shape=sipio").body;
        assert_eq!(shown["dest_id"], id);
        let routes = api.put("/api/dids/2/routes", json!({ "routes": [target] }));
        assert_eq!(routes.body["dest_id"], name);
    }
    let list = api.get("/api/aliases?kind=queue&search=test_in").body;
    assert_eq!(
        (&list["total"], &list["data"][0]["id"]),
        (&json!(1), &json!("q_1"))
    );
    assert_eq!(api.get("/api/aliases").body["total"], 3);
    // Something that VICIdial has by that name later counts before the alias.
    let menus = json!([{"menu_id": "flow_a", "menu_name": "New", "menu_prompt": "x"}]);
    api.load(json!({ "vicidial_call_menu": menus }));
    let did = api.patch(
        "/api/dids/2",
        json!({"dest_kind": "flow", "dest_id": "flow_a"}),
    );
    assert_eq!(did.body["dest_id"], "flow_a");
    assert_eq!(api.delete("/api/aliases/q_1").status, 204);
    assert_eq!(api.get("/api/aliases/q_1").status, 404);
}

fn sip_ios_shape_has_its_names_only(backend: Backend) {
    let mut api = Site::demo(backend);
    let fields = |body: &Value| {
        let fields = body.as_object().expect("an object").keys();
        fields.cloned().collect::<Vec<_>>().join(" ")
    };
    let trio = "dest_kind dest_id dest_xform";
    let hours = "schedule_id closed_dest_kind closed_dest_id closed_dest_xform holiday_dest_kind holiday_dest_id \
                 holiday_dest_xform";
    let did = api.get("/api/dids/8?shape=sipio").body;
    let names = format!(
        "id account_id e164 label status {trio} max_channels fax_mode allow_anonymous {}",
        hours
    );
    assert_eq!(fields(&did), format!("{names} warnings"));
    assert_eq!(
        (&did["id"], &did["schedule_id"]),
        (&json!("did_8"), &json!("sch_1"))
    );
    let warnings = did["warnings"].to_string();
    assert!(warnings.contains("1 conditional routes"), "{warnings}");
    let list = api.get("/api/dids?shape=sipio").body;
    assert_eq!(fields(&list["data"][0]), names);
    let made = api.post(
        "/api/extensions",
        json!({"digits": "1001", "dest_kind": "hangup"}),
    );
    let number = made.body["id"].to_string();
    let path = format!("/api/extensions/{number}?shape=sipio");
    let extension = api.get(&path).body;
    assert_eq!(
        fields(&extension),
        format!("id account_id digits {trio} status {hours}")
    );
    assert_eq!(extension["id"], format!("ext_{number}"));
    let schedule = api.get("/api/schedules/1?shape=sipio").body;
    assert_eq!(
        fields(&schedule),
        "id account_id name time_zone hours holidays"
    );
    assert_eq!(schedule["id"], "sch_1");
    let tenant = api.get("/api/tenants/1?shape=sipio").body;
    assert_eq!(tenant["id"], "acc_1");
    // SIP.IO knows neither `inactive` nor `ivr`.
    let changes = json!({"status": "inactive", "dest_kind": "ivr", "dest_id": "main_menu"});
    let did = api.patch("/api/dids/2?shape=sipio", changes).body;
    assert_eq!(
        (&did["status"], &did["dest_kind"]),
        (&json!("disabled"), &json!("flow"))
    );
    let wrong = api.get("/api/dids/8?shape=other");
    assert_eq!(
        (wrong.status, wrong.wrong()),
        (422, vec!["shape".to_owned()])
    );
}

fn who_sees_some_user_groups_learns_nothing_by_ids(backend: Backend) {
    let mut api = Site::demo(backend);
    api.post(
        "/api/dids",
        json!({"id": "hidden", "e164": "12025550123", "tenant_id": 2}),
    );
    let mut menus = json!(api.database.rows("vicidial_call_menu"));
    let hidden = json!({"menu_id": "admin_menu", "menu_name": "X", "menu_prompt": "x", "user_group": "ADMIN"});
    menus.as_array_mut().expect("menus").push(hidden);
    api.load(json!({ "vicidial_call_menu": menus }));
    for (id, menu) in [
        ("flow_a", "main_menu"),
        ("flow_s", "sales-menu"),
        ("flow_h", "admin_menu"),
    ] {
        let body = json!({"kind": "flow", "id": id, "name": menu});
        assert_eq!(api.post("/api/aliases", body).status, 201);
    }
    api.user = "1007:1234";
    assert_eq!(api.get("/api/dids/hidden").status, 404);
    let taken = api.post("/api/dids", json!({"id": "hidden", "e164": "12025550124"}));
    assert_eq!((taken.status, &taken.body["pointing"]), (409, &Value::Null));
    assert_eq!(api.get("/api/aliases").status, 403);
    assert_eq!(api.get("/api/aliases/flow_a").status, 403);
    let body = json!({"kind": "user", "id": "u", "name": "1001"});
    assert_eq!(api.post("/api/aliases", body).status, 403);
    // What it does not see is for it a name that nobody knows.
    for (e164, id, name) in [
        ("12025550131", "flow_a", "main_menu"),
        ("12025550132", "flow_s", "sales-menu"),
        ("12025550133", "flow_h", "flow_h"),
    ] {
        let body = json!({"e164": e164, "dest_kind": "flow", "dest_id": id});
        let did = api.post("/api/dids", body);
        assert_eq!(did.status, 201, "{}", did.body);
        assert_eq!(did.body["dest_id"], name);
    }
}

fn an_id_of_what_the_dialer_has_deleted_is_free(backend: Backend) {
    let mut api = sip_ios_world(backend);
    assert_eq!(api.send("POST", "/api/dids", &[], DID).status, 201);
    assert_eq!(
        api.send("POST", "/api/extensions", &[], EXTENSION).status,
        201
    );
    api.database
        .run("DELETE FROM vicidial_inbound_dids WHERE did_pattern = '12025550123'; DELETE FROM phones WHERE extension = '1001'");
    let by_id = format!("/api/dids/{DID_ID}");
    assert_eq!(api.get(&by_id).status, 404);
    assert_eq!(
        api.get("/api/extensions/ext_01j35sg7ss05vztd33pbd18f1h")
            .status,
        404
    );
    let body = json!({"id": DID_ID, "e164": "12025550140"});
    assert_eq!(api.post("/api/dids", body).status, 201);
    assert_eq!(api.get(&by_id).body["e164"], "12025550140");
    let body =
        json!({"id": "ext_01j35sg7ss05vztd33pbd18f1h", "digits": "1009", "dest_kind": "hangup"});
    assert_eq!(api.post("/api/extensions", body).body["digits"], "1009");
}

#[test]
fn without_tables_of_our_own_an_id_is_refused() {
    let mut api = Site::demo(Backend::Vicidial);
    for (path, body) in [
        ("/api/dids", json!({"id": "x", "e164": "12025550123"})),
        ("/api/extensions", json!({"id": "x", "digits": "1001"})),
    ] {
        let refused = api.post(path, body);
        assert_eq!(
            (refused.status, refused.wrong()),
            (422, vec!["id".to_owned()])
        );
    }
    assert_eq!(api.get("/api/dids/x").status, 404);
}
