//! Calls that reach an extension go where its hours and its own target send them.

use crate::common::database::Backend;
use crate::common::site::Site;
use serde_json::{Value, json};

on_each_database! {
    an_extension_without_rules_rings
}

on_our_own! {
    an_extensions_hours_and_target_are_followed_to_the_end
    extensions_that_lead_back_end_at_a_phone
    an_extension_of_another_user_group_is_not_told
}

/// A Friday: 12:30 and 18:30 in New York.
const OPEN: &str = "2026-11-20T12:30:00-05:00";
const CLOSED: &str = "2026-11-20T18:30:00-05:00";

fn an_extension_without_rules_rings(backend: Backend) {
    let mut api = Site::demo(backend);
    let landing = api.get("/api/extensions/cc100@10.0.9.8/route").body;
    assert_eq!(
        (&landing["outcome"], &landing["dest_id"]),
        (&json!("route"), &json!("cc100@10.0.9.8"))
    );
    assert_eq!(
        (&landing["did_route"], &landing["warnings"]),
        (&json!("PHONE"), &json!([]))
    );
    assert_eq!(
        landing["reason"],
        "extension cc100@10.0.9.8 rings its own phone"
    );
}

/// The demo, with extensions of these numbers; the keys.
fn with_extensions(backend: Backend, numbers: &[&str]) -> (Site, Vec<String>) {
    let mut api = Site::demo(backend);
    let keys = numbers.iter().map(|number| {
        let body = json!({"tenant_id": 1, "extension_number": number, "display_name": "Someone", "secret": "s3cur3p@ss"});
        let made = api.post("/api/extensions", body);
        assert_eq!(made.status, 201, "{}", made.body);
        made.body["key"].as_str().expect("a key").to_owned()
    });
    let keys = keys.collect();
    (api, keys)
}

fn point(api: &mut Site, path: &str, fields: Value) {
    let answer = api.patch(path, fields);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
}

fn extension(key: &str) -> String {
    format!("/api/extensions/{key}")
}

/// What is told of each step: name, verdict, detail.
fn steps(landing: &Value) -> Vec<String> {
    let steps = landing["steps"].as_array().expect("steps").iter();
    let text = |step: &Value, field: &str| step[field].as_str().expect("a text").to_owned();
    let one = |step: &Value| {
        ["step", "verdict", "detail"]
            .map(|field| text(step, field))
            .join("|")
    };
    steps.map(one).collect()
}

fn an_extensions_hours_and_target_are_followed_to_the_end(backend: Backend) {
    let (mut api, keys) = with_extensions(backend, &["1001", "1002"]);
    let [first, second] = [&keys[0], &keys[1]];
    point(
        &mut api,
        "/api/dids/2",
        json!({"dest_kind": "extension", "dest_id": first}),
    );
    let route =
        |api: &mut Site, path: &str, at: &str| api.get(&format!("{path}/route?at={at}")).body;

    // One without rules rings, and nothing is said of it.
    let landing = route(&mut api, "/api/dids/2", OPEN);
    assert_eq!(
        (&landing["dest_id"], &landing["reason"]),
        (&json!(first), &json!("its normal target"))
    );
    let rings = format!("extension {first} rings its own phone");
    let landing = route(&mut api, &extension(first), OPEN);
    assert_eq!(
        (&landing["extension"], &landing["did_id"]),
        (&json!(first), &Value::Null)
    );
    assert_eq!(
        (&landing["number"], &landing["dest_id"]),
        (&json!("1001"), &json!(first))
    );
    assert_eq!(landing["reason"], rings);

    point(
        &mut api,
        &extension(first),
        json!({"dest_kind": "extension", "dest_id": second}),
    );
    point(
        &mut api,
        &extension(second),
        json!({
            "dest_kind": "queue", "dest_id": "TEST_IN2", "schedule_id": 1,
            "closed_dest_kind": "voicemail", "closed_dest_id": "8301",
        }),
    );
    let both = [
        format!("extension|passed|the call reaches extension {first}"),
        "schedule|passed|it has no schedule".to_owned(),
        format!("target|passed|the target of extension {first}"),
        format!("extension|passed|the call reaches extension {second}"),
    ];
    let open = [
        "schedule|passed|within the hours of Office hours (America/New_York)".to_owned(),
        format!("target|decided|the target of extension {second}"),
    ];
    let closed =
        ["schedule|decided|outside the hours of Office hours (America/New_York)".to_owned()];
    for (at, target, last) in [(OPEN, "TEST_IN2", &open[..]), (CLOSED, "8301", &closed)] {
        let landing = route(&mut api, "/api/dids/2", at);
        assert_eq!(
            (&landing["outcome"], &landing["dest_id"]),
            (&json!("route"), &json!(target))
        );
        let told = steps(&landing);
        let expected = [
            &["target|passed|its normal target".to_owned()],
            &both[..],
            last,
        ]
        .concat();
        assert!(told.ends_with(&expected), "{told:#?}");
        let landing = route(&mut api, &extension(first), at);
        assert_eq!(landing["dest_id"], target);
        let expected = [
            &[format!(
                "match|passed|the question is about extension {first}"
            )],
            &both[..],
            last,
        ]
        .concat();
        assert_eq!(steps(&landing), expected);
        let at = at.replace('+', "%2B");
        let text = api.text("did_route_test", &format!("did_pattern=7275551114&at={at}"));
        assert!(
            text.starts_with("SUCCESS: did_route_test ROUTE FOUND"),
            "{text}"
        );
        assert!(
            text.lines()
                .next()
                .expect("a line")
                .contains(&format!("|{target}|")),
            "{text}"
        );
        assert!(
            text.contains(&format!(
                "|extension|passed|the call reaches extension {second}\n"
            )),
            "{text}"
        );
    }

    // What is wrong at the end is told.
    api.database.load(
        &serde_json::from_value(
            json!({"vicidial_inbound_groups": [{"group_id": "TEST_IN2", "active": "N"}]}),
        )
        .expect("tables"),
    );
    let landing = route(&mut api, "/api/dids/2", OPEN);
    assert_eq!(
        landing["warnings"],
        json!(["in-group TEST_IN2 is not active"])
    );

    // One that is not active follows nothing, and takes no calls itself.
    point(&mut api, &extension(second), json!({"status": "disabled"}));
    let landing = route(&mut api, "/api/dids/2", OPEN);
    assert_eq!(landing["dest_id"], json!(second));
    assert_eq!(
        landing["warnings"],
        json!([format!("phone {second} is not active")])
    );
    let landing = route(&mut api, &extension(second), OPEN);
    assert_eq!(
        (&landing["outcome"], &landing["dest_id"]),
        (&json!("inactive"), &Value::Null)
    );
    let unknown = api.get("/api/extensions/9999/route");
    assert_eq!(unknown.status, 404);
    assert_eq!(
        api.get(&format!("{}/route?calls=1", extension(first)))
            .wrong(),
        ["calls"]
    );
}

fn extensions_that_lead_back_end_at_a_phone(backend: Backend) {
    let (mut api, keys) = with_extensions(backend, &["1001", "1002", "1003"]);
    for (from, to) in [(0, 1), (1, 2), (2, 1)] {
        let target = json!({"dest_kind": "extension", "dest_id": keys[to]});
        point(&mut api, &extension(&keys[from]), target);
    }
    point(
        &mut api,
        "/api/dids/2",
        json!({"dest_kind": "extension", "dest_id": keys[0]}),
    );
    let back = format!(
        "the targets of extensions lead back to extension {}",
        keys[1]
    );
    for path in ["/api/dids/2".to_owned(), extension(&keys[0])] {
        let answer = api.get(&format!("{path}/route"));
        let landing = answer.body;
        assert_eq!(
            (&landing["outcome"], &landing["dest_id"]),
            (&json!("route"), &json!(keys[1]))
        );
        assert_eq!(
            landing["reason"],
            format!("extension {} rings its own phone", keys[1])
        );
        assert_eq!(landing["warnings"], json!([back]));
        assert_eq!(
            answer.response.header("x-vicishim-warning"),
            Some(back.as_str())
        );
        let told = steps(&landing);
        let decided = told
            .iter()
            .filter(|step| step.contains("|decided|"))
            .count();
        assert_eq!(decided, 1, "{told:#?}");
    }
    // One that leads to itself rings.
    let target = json!({"dest_kind": "extension", "dest_id": keys[0]});
    point(&mut api, &extension(&keys[0]), target);
    let landing = api.get(&format!("{}/route", extension(&keys[0]))).body;
    assert_eq!(
        (&landing["dest_id"], &landing["warnings"]),
        (&json!(keys[0]), &json!([]))
    );
}

fn an_extension_of_another_user_group_is_not_told(backend: Backend) {
    let (mut api, keys) = with_extensions(backend, &["1001"]);
    let key = &keys[0];
    point(
        &mut api,
        "/api/dids/4",
        json!({"dest_kind": "extension", "dest_id": key}),
    );
    let target = json!({"user_group": "ADMIN", "dest_kind": "queue", "dest_id": "TEST_IN2"});
    point(&mut api, &extension(key), target);
    api.user = "1007:1234";
    let landing = api.get("/api/dids/4/route").body;
    assert_eq!(landing["dest_id"], json!(key));
    assert_eq!(
        landing["reason"],
        format!("extension {key}, and what it does then")
    );
    let told = steps(&landing);
    let hidden = format!(
        "extension|unknown|extension {key} is of a user group that you do not see: where it sends the call is not told"
    );
    assert!(told.contains(&hidden), "{told:#?}");
    assert!(!landing.to_string().contains("TEST_IN2"), "{landing}");
}
