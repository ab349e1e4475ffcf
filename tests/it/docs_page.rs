//! `/api/docs`: the description of the JSON API for people.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use crate::common::database::Backend;
use crate::common::site::Site;

#[test]
fn the_page_describes_every_operation_and_every_shape() {
    let mut api = Site::demo(Backend::Sqlite);
    let description = api.get("/api/openapi.json").body;
    let page = api.client.request("GET", "/api/docs", &[], b"");
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    let mut count = 0;
    for (path, operations) in description["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let heading = format!(
                "<span class=\"method\">{}</span> <code>{path}</code>",
                method.to_uppercase()
            );
            assert!(page.body.contains(&heading), "{heading}");
            let summary = operation["summary"]
                .as_str()
                .expect("a summary")
                .replace('\'', "&#39;");
            assert!(page.body.contains(&summary), "{summary}");
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
    for name in description["components"]["schemas"]
        .as_object()
        .expect("schemas")
        .keys()
    {
        assert!(
            page.body.contains(&format!("id=\"shape-{name}\"")),
            "{name}"
        );
    }
    // What a request looks like, and its answer.
    for text in [
        "&#34;number&#34;: &#34;+12125550100&#34;",
        "there is no such DID",
    ] {
        assert!(page.body.contains(text), "{text}");
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere_and_runs_nothing() {
    let mut api = Site::demo(Backend::Sqlite);
    let page = api.client.request("GET", "/api/docs", &[], b"");
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self';") && !policy.contains("unsafe"),
        "{policy}"
    );
    for forbidden in [
        "<script",
        " style=",
        "<style",
        "src=",
        " onclick=",
        "@import",
    ] {
        assert!(!page.body.contains(forbidden), "{forbidden}");
    }
    let link = Regex::new("href=\"([^\"]*)\"").expect("valid");
    let anchor = Regex::new(" id=\"([^\"]*)\"").expect("valid");
    let anchors: Vec<&str> = anchor
        .captures_iter(&page.body)
        .map(|found| found.get(1).expect("an id").as_str())
        .collect();
    assert_eq!(
        anchors.len(),
        anchors.iter().collect::<BTreeSet<_>>().len(),
        "an id is there twice"
    );
    let mut count = 0;
    for found in link.captures_iter(&page.body) {
        let target = &found[1];
        match target.strip_prefix('#') {
            Some(id) => assert!(anchors.contains(&id), "{target}"),
            None => assert_eq!(
                api.client.request("GET", target, &[], b"").status,
                200,
                "{target}"
            ),
        }
        count += 1;
    }
    assert!(count > 50, "{count}");
    let style = api.client.request("GET", "/api/docs.css", &[], b"");
    assert_eq!(
        style.header("content-type"),
        Some("text/css; charset=utf-8")
    );
    assert!(!style.body.contains("url("));
    assert_eq!(
        api.client.request("HEAD", "/api/docs", &[], b"").status,
        200
    );
    let refused = api.client.request("POST", "/api/docs", &[], b"");
    assert_eq!(
        (refused.status, refused.header("allow")),
        (405, Some("GET, HEAD"))
    );
    assert!(serde_json::from_str::<Value>(&refused.body).is_ok());
}
