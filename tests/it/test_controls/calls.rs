//! The calls that came, and what is expected of them.

use serde_json::{Value, json};

use super::{NEW, site};
use crate::common::site::Site;

#[test]
fn every_way_of_a_call_is_recorded_and_no_secret() {
    let mut site = site();
    site.body(&format!("add_did&did_pattern={NEW}"));
    site.form(
        "update_phone&extension=cc100&server_ip=10.0.9.8",
        "phone_pass=geheim&registration_password=geheim&no_such=parameter",
    );
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"function\"\r\n\r\nversion\r\n\
                     --x\r\nContent-Disposition: form-data; name=\"pass\"\r\n\r\ngeheim\r\n--x--\r\n";
    let kind = [("Content-Type", "multipart/form-data; boundary=x")];
    site.client
        .request("POST", "/non_agent_api.php", &kind, multipart.as_bytes());
    site.post(
        "/api/extensions?x=1",
        json!({"name": "A", "sip_password": "geheim", "deep": [{"secret": "geheim"}]}),
    );
    site.client
        .request("GET", "/route?number=7275551114&key=geheim", &[], b"");
    site.client.request("GET", "/nowhere?pass=geheim", &[], b"");
    // A reply that repeats what it refuses.
    let long = format!("geheim{}", "x".repeat(30));
    let query = format!("update_phone&extension=cc100&server_ip=10.0.9.8&phone_pass={long}");
    let refused = site.body(&query);
    assert!(refused.contains(&long), "{refused}");
    let calls = site.calls("");
    let shown: Vec<_> = calls
        .iter()
        .map(|call| {
            let text = |name: &str| call[name].as_str().expect("a text");
            (text("api"), text("method"), text("function"), text("user"))
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("text", "GET", "add_did", "6666"),
            ("text", "POST", "update_phone", "6666"),
            ("text", "POST", "version", ""),
            ("json", "POST", "add_phone", "6666"),
            ("route", "GET", "route", ""),
            ("other", "GET", "", ""),
            ("text", "GET", "update_phone", "6666"),
        ]
    );
    let numbers: Vec<&Value> = calls.iter().map(|call| &call["number"]).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(calls[0]["parameters"]["did_pattern"], NEW);
    assert_eq!(calls[0]["status"], 200);
    assert_eq!(
        calls[0]["reply"],
        format!("SUCCESS: add_did DID HAS BEEN ADDED - 6666|{NEW}\n")
    );
    assert_eq!(calls[1]["parameters"]["no_such"], "parameter");
    assert_eq!(calls[1]["parameters"]["phone_pass"], "*");
    assert_eq!(calls[3]["parameters"]["x"], "1");
    assert_eq!(calls[3]["parameters"]["deep"], json!([{"secret": "*"}]));
    assert_eq!(calls[5]["status"], 404);
    let all = Value::from(calls).to_string();
    assert!(!all.contains("geheim") && !all.contains("1234\""), "{all}");
}

#[test]
fn what_is_not_a_call_is_not_recorded() {
    let mut site = site();
    for path in [
        "/",
        "/healthz",
        "/vicishim/test/clock",
        "/vicishim/test/calls",
    ] {
        site.client.request("GET", path, &[], b"");
    }
    assert_eq!(site.calls(""), Vec::<Value>::new());
}

#[test]
fn a_packed_reply_is_recorded_as_it_was_said_and_still_packed() {
    let mut site = site();
    let numbers: Vec<String> = (0..60).map(|at| format!("81{at:08}")).collect();
    let form = format!(
        "source_did_pattern=7275551114&new_dids={}",
        numbers.join(",")
    );
    site.form("copy_did", &form);
    let query = "GET /non_agent_api.php?source=test&user=6666&pass=1234&function=did_list HTTP/1.1\r\nHost: x\r\n\
                 Accept-Encoding: gzip\r\nConnection: close\r\n\r\n";
    let answer = site.server.client().raw(query.as_bytes());
    assert!(answer.contains("content-encoding: gzip\r\n"), "{answer}");
    let call = &site.calls("function=did_list")[0];
    assert!(
        call["reply"]
            .as_str()
            .expect("a reply")
            .contains("7275551114"),
        "{call}"
    );
}

#[test]
fn calls_are_filtered() {
    let mut site = site();
    site.body(&format!("add_did&did_pattern={NEW}"));
    site.body("add_did&did_pattern=7275550101");
    site.body("did_list&did_pattern=7275551114");
    site.get("/api/dids/2");
    site.get("/api/dids/nothing");
    let mut numbers = |query: &str| -> Vec<u64> {
        let calls = site.calls(query);
        calls
            .iter()
            .map(|call| call["number"].as_u64().expect("a number"))
            .collect()
    };
    for (query, found) in [
        ("", &[1, 2, 3, 4, 5][..]),
        ("function=add_did", &[1, 2]),
        ("status=404", &[5]),
        ("path=/api/dids/2", &[4]),
        ("path=/api/*", &[4, 5]),
        ("contains=7275550101", &[2]),
        ("contains=ADDED", &[1, 2]),
        ("since=3", &[4, 5]),
        ("since=1+min", &[1, 2, 3, 4, 5]),
        ("since=2037-01-01", &[]),
        ("limit=2", &[4, 5]),
        ("limit=0", &[]),
        ("function=add_did&contains=0101&limit=1", &[2]),
    ] {
        assert_eq!(numbers(query), found, "{query}");
    }
    for wrong in [
        "calls?since=never",
        "calls?limit=x",
        "calls?functoin=add_did",
    ] {
        site.controls("GET", wrong, Value::Null, 422);
    }
    let counted = site.controls("GET", "calls?limit=1&function=add_did", Value::Null, 200);
    assert_eq!(
        (&counted["answered"], &counted["found"], &counted["dropped"]),
        (&json!(5), &json!(2), &json!(0))
    );
    site.controls("DELETE", "calls", Value::Null, 204);
    assert_eq!(site.calls(""), Vec::<Value>::new());
}

fn expect(site: &mut Site, expectation: Value, status: u16) -> Value {
    site.controls("POST", "calls/expect", expectation, status)
}

#[test]
fn expectations_are_met_or_say_what_came_instead() {
    let mut site = site();
    site.body(&format!(
        "add_did&did_pattern={NEW}&did_description=Front+desk"
    ));
    site.body(&format!("add_did&did_pattern={NEW}"));
    site.post("/api/tenants", json!({"name": "Acme", "max_channels": 5}));
    for met in [
        json!({"function": "add_did"}),
        json!({"function": "add_did", "count": 2}),
        json!({"function": "add_did", "at_most": 2}),
        json!({"function": "copy_did", "count": 0}),
        json!({"method": "post", "path": "/api/tenants", "parameters": {"max_channels": "5"}}),
        json!({"path": "/api/*", "parameters": {"max_channels": 5}}),
        json!({"parameters": {"did_description": {"matches": "^Front"}}, "count": 1}),
        json!({"function": "add_did", "parameters": {"did_description": null}, "count": 1}),
    ] {
        expect(&mut site, met, 200);
    }
    for unmet in [
        json!({"function": "add_did", "count": 1}),
        json!({"function": "add_did", "at_least": 3}),
        json!({"function": "add_did", "at_most": 1}),
        json!({"parameters": {"did_description": {"matches": "^desk"}}}),
        json!({"function": "copy_did"}),
    ] {
        expect(&mut site, unmet, 417);
    }
    let came = expect(
        &mut site,
        json!({"function": "add_did", "parameters": {"did_pattern": "7275550199", "did_description": "Front desk"}}),
        417,
    );
    assert_eq!(
        came["detail"],
        "at least 1 such call expected, 0 such calls came"
    );
    let nearest = &came["nearest"][0];
    assert_eq!(nearest["number"], 1);
    assert_eq!(
        nearest["differs"],
        json!([{"what": "parameters.did_pattern", "expected": "7275550199", "came": NEW}])
    );
}

#[test]
fn an_expectation_that_cannot_be_is_refused() {
    let mut site = site();
    for (wrong, why) in [
        (
            json!({"functoin": "add_did"}),
            "functoin: is none of function, path, method, parameters, count, at_least and at_most",
        ),
        (json!({"function": 1}), "function: must be a text"),
        (json!({"count": -1}), "count: must be a number from 0 on"),
        (
            json!({"at_least": 1, "at_most": 2}),
            "at_most: give one of count, at_least and at_most",
        ),
        (json!({"parameters": []}), "parameters: must be an object"),
        (
            json!({"parameters": {"a": {"is": "b"}}}),
            "parameters.a: must be a value, null for none, or {\"matches\": \"a regular expression\"}",
        ),
    ] {
        assert_eq!(expect(&mut site, wrong, 422)["detail"], why);
    }
    let pattern = expect(
        &mut site,
        json!({"parameters": {"a": {"matches": "("}}}),
        422,
    );
    let detail = pattern["detail"].as_str().expect("a detail");
    assert!(
        detail.starts_with("parameters.a: is no regular expression"),
        "{detail}"
    );
}

#[test]
fn requests_are_answered_as_without_the_controls() {
    let mut with = site();
    let mut without = Site::demo(crate::common::database::Backend::Sqlite);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let json = [
        ("Content-Type", "application/json"),
        ("Authorization", "Basic NjY2NjoxMjM0"),
    ];
    let call = "/non_agent_api.php?source=test&user=6666&pass=1234&function=add_did";
    let large = "x".repeat(2 * 1024 * 1024);
    let parameters = "a&".repeat(1_001);
    for (method, target, headers, body) in [
        ("POST", call, &form[..], "did_pattern=7275550100"),
        ("POST", call, &form, large.as_str()),
        ("POST", call, &form, &parameters),
        ("POST", call, &json, "{}"),
        ("HEAD", call, &[], ""),
        ("PUT", call, &[], ""),
        ("POST", "/api/tenants", &json, &large),
        ("POST", "/api/tenants", &json, "{"),
        ("DELETE", "/api/dids/2", &json, "body"),
        ("GET", "/api/nothing", &json, ""),
        ("GET", "/api/openapi.json", &[], ""),
        ("POST", "/route", &[], ""),
        ("GET", "/nowhere", &[], ""),
    ] {
        let seen = |site: &mut Site| {
            let response = site
                .client
                .request(method, target, headers, body.as_bytes());
            let mut headers = response.headers;
            headers.retain(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
            headers.sort();
            (response.status, headers, response.body)
        };
        assert_eq!(seen(&mut with), seen(&mut without), "{method} {target}");
    }
}
