//! Extensions, schedules and tenants as JSON, and who may do what.

use crate::common::database::Backend;
use crate::common::site::Site;
use serde_json::{Value, json};

on_each_database_and_with_state! {
    a_search_finds_a_text_whatever_its_case_and_accents
    an_extension_is_a_phone
    who_may_do_what_is_as_in_the_text_api
    sign_in_counts_locks_and_looks_at_addresses
    what_cannot_be_answered_is_a_problem
    a_lost_update_is_refused
}

on_our_own! {
    reading_stores_nothing_and_a_phone_of_add_phone_has_a_number
    a_body_takes_what_its_description_names
    laracopilots_extension_calls_work_as_printed
    an_extension_is_taken_by_sip_ios_names
    a_tenant_caps_its_extensions
    an_extension_that_is_pointed_at_is_kept
    schedules_are_made_changed_and_taken_away
    every_mistake_of_a_schedule_is_named
    tenants_are_user_groups_with_a_number
}

fn reading_stores_nothing_and_a_phone_of_add_phone_has_a_number(backend: Backend) {
    let mut api = Site::demo_with(backend, json!({"vicishim_extensions": []}));
    let numbered = |api: &Site| api.database.rows("vicishim_extensions").len();
    let before = numbered(&api);
    assert_eq!(before, 0);
    let list = api.get("/api/extensions").body;
    assert_eq!(list["total"], api.database.rows("phones").len());
    let data = list["data"].as_array().expect("data");
    let without = data.iter().find(|one| one["id"].is_null()).expect("one");
    let path = format!(
        "/api/extensions/{}",
        without["key"].as_str().expect("a key")
    );
    assert_eq!(api.get(&path).body["id"], Value::Null);
    assert_eq!(numbered(&api), before);
    // What this API changes has a number from then on.
    let changed = api.patch(&path, json!({"display_name": "Numbered"}));
    assert!(changed.body["id"].is_i64(), "{}", changed.body);
    assert_eq!(numbered(&api), before + 1);
    let added = api.text(
        "add_phone",
        "extension=front1&dialplan_number=55000&voicemail_id=55000&phone_login=front1&phone_pass=desk99\
         &server_ip=192.168.198.5&protocol=SIP&registration_password=reg99&phone_full_name=Front\
         &local_gmt=-5.00&outbound_cid=7275551212",
    );
    assert!(added.starts_with("SUCCESS"), "{added}");
    let shown = api.get("/api/extensions/front1@192.168.198.5").body;
    assert!(shown["id"].is_i64(), "{shown}");
}

fn a_search_finds_a_text_whatever_its_case_and_accents(backend: Backend) {
    let mut api = Site::demo(backend);
    api.patch("/api/dids/2", json!({"description": "Señal Principal"}));
    api.patch(
        "/api/extensions/cc100@10.0.9.8",
        json!({"display_name": "Ñandú 100%"}),
    );
    let own = usize::from(backend != Backend::Vicidial);
    let schedule = json!({"name": "Línea", "time_zone": "UTC"});
    let statuses = [422, 201];
    assert_eq!(api.post("/api/schedules", schedule).status, statuses[own]);
    for (path, found) in [
        ("dids?search=senal", 1),
        ("dids?search=SE%C3%91AL", 1),
        ("extensions?search=nandu", 1),
        ("extensions?search=0%25", 1),
        ("extensions?search=0%25%25", 0),
        ("schedules?search=LINEA", own),
        ("tenants?search=s%C3%A1les", own),
    ] {
        assert_eq!(
            api.get(&format!("/api/{path}")).body["total"],
            found,
            "{path}"
        );
    }
}

fn a_body_takes_what_its_description_names(backend: Backend) {
    let mut api = Site::demo(backend);
    let document = api.get("/api/openapi.json").body;
    for (schema, path) in [
        ("DidBody", "/api/dids/2"),
        ("ExtensionBody", "/api/extensions/cc100@10.0.9.8"),
        ("ScheduleBody", "/api/schedules/1"),
        ("TenantBody", "/api/tenants/1"),
    ] {
        let fields = document["components"]["schemas"][schema]["properties"].clone();
        let fields = fields.as_object().expect("properties");
        assert!(fields.len() > 5, "{schema}");
        for field in fields.keys() {
            let answer = api.patch(path, json!({field: {"no": "such value"}}));
            let message = answer.body["errors"][0]["message"]
                .as_str()
                .unwrap_or_default();
            assert_ne!(message, "there is no such field", "{schema} {field}");
        }
        let answer = api.patch(path, json!({"colour": null}));
        assert_eq!(
            (answer.status, answer.wrong()),
            (422, vec!["colour".to_owned()])
        );
    }
    let body: serde_json::Map<String, Value> = (0..250)
        .map(|field| (format!("x{field}"), json!(1)))
        .collect();
    let answer = api.post("/api/dids", Value::Object(body));
    let errors = answer.body["errors"].as_array().expect("errors");
    assert_eq!((answer.status, errors.len()), (422, 100));
}

fn alice() -> Value {
    json!({
        "tenant_id": 1,
        "extension_number": "1001",
        "display_name": "Alice Smith",
        "email": "alice@acme.example.com",
        "secret": "s3cur3p@ss",
        "status": "active",
        "voicemail_enabled": true
    })
}

fn laracopilots_extension_calls_work_as_printed(backend: Backend) {
    let mut api = Site::demo(backend);
    let made = api.post("/api/extensions", alice());
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.response.header("location"), Some("/api/extensions/42"));
    for (field, value) in alice().as_object().expect("an object") {
        if field != "secret" {
            assert_eq!(made.body[field], *value, "{field}");
        }
    }
    assert!(made.body.get("secret").is_none());
    let phones = api.database.rows("phones");
    let phone = phones
        .iter()
        .find(|row| row["extension"] == "1001")
        .expect("the phone");
    for (column, value) in [
        ("dialplan_number", "1001"),
        ("server_ip", "192.168.198.5"),
        ("fullname", "Alice Smith"),
        ("conf_secret", "s3cur3p@ss"),
        ("email", "alice@acme.example.com"),
        ("active", "Y"),
        ("status", "ACTIVE"),
        ("voicemail_id", "1001"),
        ("user_group", "SALES"),
        ("login", "1001"),
        ("protocol", "SIP"),
    ] {
        assert_eq!(phone[column], value, "{column}");
    }
    let found = api.get("/api/extensions?search=alice").body;
    assert_eq!(
        (&found["total"], &found["data"][0]),
        (&json!(1), &made.body)
    );
    let mut changed = alice();
    changed["display_name"] = json!("Alice Johnson");
    changed["email"] = json!("alice.johnson@acme.example.com");
    changed["secret"] = json!("n3wp@ssw0rd");
    let put = api.put("/api/extensions/42", changed);
    assert_eq!(
        (put.status, &put.body["display_name"]),
        (200, &json!("Alice Johnson")),
        "{}",
        put.body
    );
    assert_eq!(api.get("/api/extensions/ext_42").body, put.body);
    // No log holds the secret, and the dialer is to write its configuration anew.
    for table in [
        "vicidial_admin_log",
        "vicidial_api_log",
        "vicidial_api_urls",
    ] {
        let rows = format!("{:?}", api.database.rows(table));
        assert!(
            !rows.contains("s3cur3p") && !rows.contains("n3wp@ss"),
            "{table}"
        );
    }
    let log = api.database.rows("vicidial_admin_log");
    assert_eq!(
        (&log[0]["event_section"], &log[0]["event_code"]),
        (&json!("PHONES"), &json!("ADMIN API ADD PHONE"))
    );
    assert_eq!(
        (&log[1]["event_code"], &log[1]["event_notes"]),
        (
            &json!("ADMIN API UPDATE PHONE"),
            &json!("phone: 1001|192.168.198.5")
        )
    );
    assert!(
        log[0]["event_sql"]
            .as_str()
            .is_some_and(|sql| sql.contains("'*'"))
    );
    assert!(!api.server.log().contains("s3cur3p"));
    let rebuild = api.database.rows("servers");
    assert_eq!(
        rebuild
            .iter()
            .filter(|row| row["rebuild_conf_files"] == "Y")
            .count(),
        1
    );
}

fn an_extension_is_taken_by_sip_ios_names(backend: Backend) {
    let mut api = Site::demo(backend);
    let made = api.post(
        "/api/extensions",
        json!({"digits": "1001", "dest_kind": "user", "dest_id": "6666", "status": "active"}),
    );
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(
        (&made.body["extension_number"], &made.body["dest_kind"]),
        (&json!("1001"), &json!("user"))
    );
    // Nobody knows its secret, which nobody gave it.
    let phones = api.database.rows("phones");
    let phone = phones
        .iter()
        .find(|row| row["extension"] == "1001")
        .expect("the phone");
    assert_eq!(phone["conf_secret"].as_str().map(str::len), Some(32));
    let trunk = api.patch(
        "/api/extensions/42",
        json!({"dest_kind": "trunk", "dest_id": "1"}),
    );
    assert_eq!(
        (trunk.status, trunk.wrong()),
        (422, vec!["dest_kind".to_owned()])
    );
    let feature = api.patch("/api/extensions/42", json!({"dest_kind": "feature", "dest_id": "*97", "schedule_id": "sch_1", "closed_dest_kind": "voicemail", "closed_dest_id": "8301"}));
    assert_eq!(
        (
            feature.status,
            &feature.body["dest_id"],
            &feature.body["schedule_id"]
        ),
        (200, &json!("*97"), &json!(1)),
        "{}",
        feature.body
    );
    let cleared = api.patch(
        "/api/extensions/42",
        json!({"dest_kind": null, "schedule_id": null}),
    );
    assert_eq!(
        (
            &cleared.body["dest_id"],
            &cleared.body["schedule_id"],
            &cleared.body["closed_dest_id"]
        ),
        (&Value::Null, &Value::Null, &json!("8301"))
    );
}

fn an_extension_is_a_phone(backend: Backend) {
    let mut api = Site::demo(backend);
    let shown = api.get("/api/extensions/cc100@10.0.9.8");
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert_eq!(
        (&shown.body["extension_number"], &shown.body["display_name"]),
        (&json!("100"), &json!("Clerk 100"))
    );
    assert_eq!(shown.body["voicemail_enabled"], true);
    let id = match backend {
        Backend::Vicidial => Value::Null,
        _ => json!(39),
    };
    assert_eq!(shown.body["id"], id);
    let all = api.get("/api/extensions").body;
    assert_eq!(all["total"], 3);
    assert_eq!(api.get("/api/extensions?status=disabled").body["total"], 0);
    let off = api.patch(
        "/api/extensions/cc100@10.0.9.8",
        json!({"status": "disabled", "voicemail_enabled": false}),
    );
    assert_eq!(
        (
            off.status,
            &off.body["status"],
            &off.body["voicemail_enabled"]
        ),
        (200, &json!("disabled"), &json!(false)),
        "{}",
        off.body
    );
    let phones = api.database.rows("phones");
    let phone = phones
        .iter()
        .find(|row| row["extension"] == "cc100")
        .expect("the phone");
    assert_eq!(
        (
            &phone["active"],
            &phone["voicemail_id"],
            &phone["conf_secret"]
        ),
        (&json!("N"), &json!(""), &json!("secret1"))
    );
    let made = api.post("/api/extensions", json!({"user_group": "SALES", "extension_number": "2002", "secret": "longenough", "server_ip": "192.168.198.5"}));
    assert_eq!(
        (made.status, &made.body["key"]),
        (201, &json!("2002@192.168.198.5")),
        "{}",
        made.body
    );
    for (body, status, wrong) in [
        (
            json!({"user_group": "SALES", "extension_number": "2002", "secret": "longenough", "server_ip": "192.168.198.5"}),
            409,
            "extension_number",
        ),
        (
            json!({"user_group": "SALES", "extension_number": "200", "secret": "longenough", "server_ip": "192.168.198.5"}),
            409,
            "extension_number",
        ),
        (
            json!({"user_group": "SALES", "extension_number": "cc101", "secret": "longenough", "server_ip": "192.168.198.5"}),
            409,
            "extension_number",
        ),
        (
            json!({"user_group": "SALES", "extension_number": "2003", "secret": "longenough", "server_ip": "1.2.3.4"}),
            422,
            "server_ip",
        ),
        (
            json!({"user_group": "SALES", "extension_number": "2003", "secret": "a;b long"}),
            422,
            "secret",
        ),
        (
            json!({"user_group": "SALES", "extension_number": "2003"}),
            422,
            "secret",
        ),
        (
            json!({"user_group": "SALES", "extension_number": "123456789012345678901", "secret": "longenough"}),
            422,
            "extension_number",
        ),
        (
            json!({"user_group": "SALES", "extension_number": "12345678901", "secret": "longenough", "voicemail_enabled": true}),
            422,
            "voicemail_enabled",
        ),
        (
            json!({"user_group": "SALES", "extension_number": "2003", "secret": "longenough", "email": "x"}),
            422,
            "email",
        ),
        (
            json!({"extension_number": "2003", "secret": "longenough"}),
            422,
            "tenant_id",
        ),
    ] {
        let answer = api.post("/api/extensions", body.clone());
        assert_eq!(
            (answer.status, answer.wrong()),
            (status, vec![wrong.to_owned()]),
            "{body} {}",
            answer.body
        );
    }
    assert_eq!(api.delete("/api/extensions/2002@192.168.198.5").status, 204);
    assert_eq!(api.get("/api/extensions/2002@192.168.198.5").status, 404);
    if backend == Backend::Vicidial {
        for (body, wrong) in [
            (json!({"tenant_id": 1}), "tenant_id"),
            (json!({"dest_kind": "user", "dest_id": "6666"}), "dest_kind"),
            (json!({"schedule_id": 1}), "schedule_id"),
        ] {
            let answer = api.patch("/api/extensions/cc100@10.0.9.8", body.clone());
            assert_eq!(
                (answer.status, answer.wrong()),
                (422, vec![wrong.to_owned()]),
                "{body}"
            );
        }
    }
}

fn a_tenant_caps_its_extensions(backend: Backend) {
    let mut api = Site::demo(backend);
    assert_eq!(
        api.patch("/api/tenants/1", json!({"max_extensions": 2}))
            .status,
        200
    );
    assert_eq!(api.post("/api/extensions", alice()).status, 201);
    let mut bob = alice();
    bob["extension_number"] = json!("1002");
    let refused = api.post("/api/extensions", bob.clone());
    assert_eq!(
        (refused.status, refused.wrong()),
        (409, vec!["tenant_id".to_owned()]),
        "{}",
        refused.body
    );
    // One that the tenant has already may be changed; another one may not move in.
    assert_eq!(api.put("/api/extensions/42", alice()).status, 200);
    assert_eq!(
        api.patch("/api/extensions/39", json!({"tenant_id": 1}))
            .status,
        409
    );
    assert_eq!(
        api.patch("/api/tenants/1", json!({"max_extensions": null}))
            .status,
        200
    );
    assert_eq!(api.post("/api/extensions", bob).status, 201);
}

fn an_extension_that_is_pointed_at_is_kept(backend: Backend) {
    let mut api = Site::demo_with(
        backend,
        json!({
            "vicidial_inbound_groups": [
                {"group_id": "TEST_IN2", "group_name": "Night", "active": "Y", "after_hours_action": "EXTENSION", "after_hours_exten": "100"},
                {"group_id": "AGENTLESS", "group_name": "None", "active": "Y", "no_agent_action": "EXTENSION", "no_agent_action_value": "cc100|default"},
                {"group_id": "OTHER", "group_name": "Other", "active": "Y", "no_agent_action": "EXTENSION", "no_agent_action_value": "1001|default"}
            ]
        }),
    );
    api.patch(
        "/api/dids/8",
        json!({"closed_dest_kind": "extension", "closed_dest_id": "ext_39"}),
    );
    let refused = api.delete("/api/extensions/39");
    assert_eq!(refused.status, 409);
    let pointing: Vec<(&str, &str)> = refused.body["pointing"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            (
                one["kind"].as_str().expect("a kind"),
                one["id"].as_str().expect("an id"),
            )
        })
        .collect();
    assert_eq!(
        pointing,
        [
            ("in_group", "AGENTLESS"),
            ("in_group", "TEST_IN2"),
            ("did", "5"),
            ("did", "8")
        ]
    );
    assert_eq!(api.delete("/api/extensions/39?force=maybe").status, 422);
    assert_eq!(api.delete("/api/extensions/39?force=true").status, 204);
    assert_eq!(api.get("/api/extensions/39").status, 404);
    let landing = api.get("/api/dids/5").body;
    assert_eq!(
        landing["warnings"],
        json!(["there is no phone cc100@10.0.9.8"])
    );
}

fn schedules_are_made_changed_and_taken_away(backend: Backend) {
    let mut api = Site::demo(backend);
    let body = json!({
        "name": "Nights", "time_zone": "Europe/Berlin", "tenant_id": 1,
        "hours": [{"day": "fri", "opens": "22:00", "closes": "06:00"}],
        "holidays": [{"date": "01-01", "name": "New Year"}]
    });
    let made = api.post("/api/schedules", body.clone());
    assert_eq!(made.status, 201, "{}", made.body);
    for (field, value) in body.as_object().expect("an object") {
        assert_eq!(made.body[field], *value, "{field}");
    }
    assert_eq!(api.get("/api/schedules/sch_2").body, made.body);
    assert_eq!(api.get("/api/schedules?search=berlin").body["total"], 1);
    assert_eq!(api.get("/api/schedules").body["total"], 2);
    let patched = api.patch("/api/schedules/2", json!({"holidays": []}));
    assert_eq!(
        (
            &patched.body["holidays"],
            &patched.body["hours"],
            &patched.body["tenant_id"]
        ),
        (&json!([]), &body["hours"], &json!(1))
    );
    let put = api.put(
        "/api/schedules/2",
        json!({"name": "Empty", "time_zone": "UTC"}),
    );
    assert_eq!(
        (&put.body["hours"], &put.body["user_group"]),
        (&json!([]), &json!("---ALL---"))
    );
    let written = api.put(
        "/api/schedules/1",
        api_body(&mut Site::demo(Backend::Sqlite)),
    );
    assert_eq!(written.status, 200, "{}", written.body);
    // One that a DID has is kept.
    let refused = api.delete("/api/schedules/1");
    assert_eq!(
        (refused.status, &refused.body["pointing"][0]["name"]),
        (409, &json!("7275550108"))
    );
    assert_eq!(api.delete("/api/schedules/2").status, 204);
    assert_eq!(api.delete("/api/schedules/1?force=1").status, 204);
    assert_eq!(api.database.rows("vicishim_schedule_hours").len(), 0);
    let open = api
        .get("/api/dids/8/route?at=2026-11-20T18:30:00-05:00")
        .body;
    assert_eq!(
        (&open["dest_id"], &open["warnings"][0]),
        (
            &json!("SALESLINE"),
            &json!("its schedule 1 is not there: taken as open")
        )
    );
}

/// The demo's schedule as another server shows it.
fn api_body(other: &mut Site) -> Value {
    other.get("/api/schedules/1").body
}

fn every_mistake_of_a_schedule_is_named(backend: Backend) {
    let mut api = Site::demo(backend);
    let answer = api.post("/api/schedules", json!({
        "time_zone": "Mars/Olympus", "colour": "red", "tenant_id": 99,
        "hours": [{"day": "mon", "opens": "09:00", "closes": "17:00"}, {"day": "tue", "opens": "25:00", "closes": "26:00"}, {"day": "wed", "opens": "09:00", "closes": "09:00"}],
        "holidays": [{"date": "2026-02-30"}, {"date": "02-29"}]
    }));
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.wrong(),
        [
            "colour",
            "holidays[0]",
            "hours[1]",
            "hours[2]",
            "name",
            "tenant_id",
            "time_zone"
        ]
    );
    let day = api.post("/api/schedules", json!({"name": "x", "time_zone": "UTC", "hours": [{"day": "monday", "opens": "09:00", "closes": "17:00"}]}));
    assert_eq!((day.status, day.wrong()), (422, vec!["hours".to_owned()]));
    assert_eq!(api.database.rows("vicishim_schedules").len(), 1);
}

fn tenants_are_user_groups_with_a_number(backend: Backend) {
    let mut api = Site::demo(backend);
    let sales = api.get("/api/tenants/acc_1").body;
    assert_eq!(
        (
            &sales["user_group"],
            &sales["name"],
            &sales["max_extensions"],
            &sales["extensions"]
        ),
        (&json!("SALES"), &json!("Sales"), &json!(5), &json!(1))
    );
    let made = api.post(
        "/api/tenants",
        json!({"user_group": "home", "max_extensions": 3}),
    );
    assert_eq!(
        (made.status, &made.body["user_group"], &made.body["id"]),
        (201, &json!("HOME"), &json!(3)),
        "{}",
        made.body
    );
    assert_eq!(
        api.post("/api/tenants", json!({"user_group": "HOME"}))
            .status,
        409
    );
    let unknown = api.post(
        "/api/tenants",
        json!({"user_group": "NOSUCH", "max_extensions": 1_000_001}),
    );
    assert_eq!(
        (unknown.status, unknown.wrong()),
        (
            422,
            vec!["max_extensions".to_owned(), "user_group".to_owned()]
        )
    );
    assert_eq!(
        api.patch("/api/tenants/3", json!({"user_group": "ADMIN"}))
            .wrong(),
        ["user_group"]
    );
    assert_eq!(
        api.put("/api/tenants/3", json!({"user_group": "HOME"}))
            .body["max_extensions"],
        Value::Null
    );
    assert_eq!(api.put("/api/tenants/1", sales).status, 200);
    assert_eq!(api.get("/api/tenants").body["total"], 3);
    assert_eq!(api.delete("/api/tenants/3").status, 204);
    assert_eq!(api.get("/api/tenants?search=sal").body["total"], 1);
    api.user = "1007:1234";
    assert_eq!(api.get("/api/tenants").body["total"], 1);
    assert_eq!(api.get("/api/tenants/2").status, 404);
}

fn a_lost_update_is_refused(backend: Backend) {
    let mut api = Site::demo(backend);
    for path in ["/api/dids/2", "/api/extensions/cc101@10.0.9.8"] {
        let field = if path.starts_with("/api/dids") {
            "label"
        } else {
            "display_name"
        };
        let tag = api.get(path).etag();
        let first = api.send(
            "PATCH",
            path,
            &[("If-Match", &tag)],
            &json!({field: "First"}).to_string(),
        );
        assert_eq!(first.status, 200, "{}", first.body);
        assert_ne!(first.etag(), tag);
        let second = api.send(
            "PATCH",
            path,
            &[("If-Match", &tag)],
            &json!({field: "Second"}).to_string(),
        );
        assert_eq!(second.status, 412);
        let delete = api.send("DELETE", path, &[("If-Match", &tag)], "");
        assert_eq!(delete.status, 412);
        let list = format!("\"0000000000000000\", {}", first.etag());
        let third = api.send("PUT", path, &[("If-Match", "\"x\"")], "{}");
        assert_eq!(third.status, 412);
        assert_eq!(api.get(path).body[field], "First");
        assert_eq!(
            api.send("DELETE", path, &[("If-Match", &list)], "").status,
            204
        );
        assert_eq!(
            api.send("DELETE", path, &[("If-Match", "*")], "").status,
            404
        );
    }
}

fn who_may_do_what_is_as_in_the_text_api(backend: Backend) {
    let mut api = Site::demo(backend);
    let did = || json!({"e164": "7275550001", "dest_kind": "hangup"});
    let extension = || json!({"digits": "3001"});
    // User, then the statuses of: list, add DID, change DID, delete DID, list extensions, add one, change it, delete it.
    let table: [(&str, [u16; 8]); 6] = [
        ("1002:1234", [200, 403, 403, 403, 200, 403, 403, 403]), // level 7
        ("1003:1234", [403, 403, 403, 403, 403, 403, 403, 403]), // neither modify_inbound_dids nor ast_admin_access
        ("1004:1234", [403, 201, 403, 403, 403, 403, 403, 403]), // allowed only version, add_did, did_log_export
        ("1006:1234", [403, 403, 403, 403, 403, 403, 403, 403]), // no API access
        ("1014:1234", [403, 403, 403, 403, 403, 403, 403, 403]), // allowed no function
        ("1001:1234", [200, 409, 200, 403, 200, 201, 200, 403]), // neither of the delete flags
    ];
    for (user, statuses) in table {
        api.user = user;
        let answers = [
            api.get("/api/dids").status,
            api.post("/api/dids", did()).status,
            api.patch("/api/dids/2", json!({"label": "x"})).status,
            api.delete("/api/dids/2").status,
            api.get("/api/extensions").status,
            api.post("/api/extensions", extension()).status,
            api.patch(
                "/api/extensions/cc100@10.0.9.8",
                json!({"display_name": "x"}),
            )
            .status,
            api.delete("/api/extensions/cc101@10.0.9.8").status,
        ];
        assert_eq!(answers, statuses, "{user}");
    }
    // A refusal is logged as the text API's is.
    let calls = api.database.rows("vicidial_api_log");
    assert!(calls.iter().any(|row| row["user"] == "1002"
        && row["result_reason"] == "add_did FORBIDDEN"
        && row["result"] == "ERROR"));
    // So is a user who may not delete, in the process's log.
    for column in ["delete_inbound_dids", "ast_delete_phones"] {
        api.logs(&format!("client=127.0.0.1 delete: {column} is not set"));
    }
    // Within the scope only.
    api.user = "1007:1234";
    assert_eq!(api.get("/api/extensions/sup200@192.168.198.5").status, 404);
    assert_eq!(api.get("/api/extensions/cc101@10.0.9.8").status, 200);
    let group = api.post(
        "/api/dids",
        json!({"user_group": "ADMIN", "number": "7275550009"}),
    );
    assert_eq!(
        (group.status, group.wrong()),
        (422, vec!["user_group".to_owned()])
    );
}

fn sign_in_counts_locks_and_looks_at_addresses(backend: Backend) {
    let mut api = Site::demo(backend);
    let nobody = api.client.request("GET", "/api/dids", &[], b"");
    assert_eq!(nobody.status, 401);
    assert_eq!(
        nobody.header("www-authenticate"),
        Some("Basic realm=\"vicishim\", charset=\"UTF-8\"")
    );
    for user in ["6666:wrong", "nobody:1234", "1005:1234", "1008:1234", ":"] {
        api.user = user;
        let answer = api.get("/api/dids");
        assert_eq!(
            (
                answer.status,
                answer.response.header("www-authenticate").is_some()
            ),
            (401, true),
            "{user}"
        );
    }
    api.user = "1009:wrong";
    for _ in 0..12 {
        assert_eq!(api.get("/api/dids").status, 401);
    }
    api.user = "1009:1234";
    let locked = api.get("/api/dids");
    assert_eq!(
        (locked.status, &locked.body["detail"]),
        (
            401,
            &json!("too many failed sign-ins: try again in 15 minutes")
        )
    );
    assert!(api.text("version", "").starts_with("VERSION: "));
    assert!(
        api.text("add_did", "did_pattern=99")
            .starts_with("ERROR: Too many login attempts")
    );
    // A failed sign-in leaves no row in the API's log.
    let calls = api.database.rows("vicidial_api_log");
    assert!(calls.iter().all(|row| row["source"] != "json"));
    drop(api);

    let settings =
        json!({"system_settings": [{"allow_ip_lists": "1", "system_ip_blacklist": "BADIPS"}]});
    let mut api = Site::demo_with(backend, settings);
    assert_eq!(api.get("/api/dids").status, 403);
    drop(api);
    let settings = json!({"system_settings": [{"two_factor_auth_hours": 8, "two_factor_container": "2FA_EMAIL"}]});
    let mut api = Site::demo_with(backend, settings);
    let second = api.get("/api/dids");
    assert_eq!(
        (second.status, &second.body["detail"]),
        (401, &json!("the user has passed no second factor"))
    );
}

fn what_cannot_be_answered_is_a_problem(backend: Backend) {
    let mut api = Site::demo(backend);
    assert_eq!(api.get("/api").status, 404);
    assert_eq!(api.get("/api/nothing").status, 404);
    for path in [
        "/api/dids/0",
        "/api/dids/99999",
        "/api/dids/abc",
        "/api/dids/did_",
        "/api/dids/2/what",
        "/api/schedules/99",
        "/api/tenants/99",
        "/api/extensions/99",
    ] {
        assert_eq!(api.get(path).status, 404, "{path}");
    }
    let method = api.send("DELETE", "/api/dids", &[], "");
    assert_eq!(
        (method.status, method.response.header("allow")),
        (405, Some("GET, POST, HEAD"))
    );
    let kind = api.send("POST", "/api/dids", &[("Content-Type", "text/plain")], "{}");
    assert_eq!(kind.status, 415);
    assert_eq!(api.send("POST", "/api/dids", &[], "").status, 415);
    assert_eq!(api.send("POST", "/api/dids", &[], "{").status, 400);
    assert_eq!(api.send("POST", "/api/dids", &[], "[]").status, 422);
    let merge = ("Content-Type", "application/merge-patch+json");
    assert_eq!(
        api.send("PATCH", "/api/dids/2", &[merge], "{\"label\":\"merged\"}")
            .status,
        200
    );
    assert_eq!(api.send("PUT", "/api/dids/2", &[merge], "{}").status, 415);
    let large = format!("{{\"label\": \"{}\"}}", "x".repeat(1024 * 1024));
    assert_eq!(api.send("PATCH", "/api/dids/2", &[], &large).status, 413);
    let head = api.client.request("HEAD", "/api/openapi.json", &[], b"");
    assert_eq!(head.status, 200);
    let document = api.get("/api/openapi.json");
    assert_eq!(document.body["openapi"], "3.1.0");
    if backend == Backend::Vicidial {
        // What VICIdial cannot say is refused, and said so.
        let body = json!({
            "user_group": "SALES", "number": "7275550001", "max_channels": 3, "fax_mode": "t38", "allow_anonymous": 0, "status": "virtual",
            "schedule_id": 1, "closed_dest_kind": "voicemail", "closed_dest_id": "8301", "holiday_dest_kind": "hangup",
            "dest_kind": "queue", "dest_id": "TEST_IN2", "dest_xform": {"a": 1}
        });
        let answer = api.post("/api/dids", body);
        assert_eq!(
            (answer.status, answer.wrong()),
            (
                422,
                [
                    "allow_anonymous",
                    "closed_dest_kind",
                    "dest_xform",
                    "fax_mode",
                    "holiday_dest_kind",
                    "max_channels",
                    "schedule_id",
                    "status",
                ]
                .map(str::to_owned)
                .to_vec()
            )
        );
        assert_eq!(
            answer.body["errors"][0]["message"],
            "this is a VICIdial's own database, which has no column for it and is never altered; --state names a database that has"
        );
        let routes = json!({"routes": [{"dest_kind": "queue", "dest_id": "A", "conditions": {"days": ["mon"]}}]});
        assert_eq!(api.put("/api/dids/2/routes", routes).wrong(), ["routes"]);
        assert_eq!(
            api.post("/api/schedules", json!({"name": "x", "time_zone": "UTC"}))
                .wrong(),
            ["name"]
        );
        assert_eq!(
            api.post("/api/tenants", json!({"user_group": "SALES"}))
                .wrong(),
            ["user_group"]
        );
        assert_eq!(
            api.post("/api/dids", json!({"tenant_id": 1, "number": "7275550001"}))
                .wrong(),
            ["tenant_id"]
        );
        assert_eq!(api.get("/api/schedules").body["total"], 0);
    }
}
