//! The keys: made, listed, removed; taken from their addresses only, kept as digests, and in no log.

use super::NOT_ALLOWED;
use crate::common::database::Backend;
use crate::common::server::run;
use crate::common::site::Site;

on_our_own! {
    a_key_is_made_listed_and_removed
    no_key_is_stored_or_logged
}

fn a_key_is_made_listed_and_removed(backend: Backend) {
    let mut site = Site::demo(backend);
    assert_eq!(site.route_key(&["list"]).1, "");
    let key = site.new_key("dialer-1");
    assert!(key.starts_with("vrk_") && key.len() == 47, "{key}");
    assert_eq!(site.line(&key, "7275551114"), "IN_GROUP|TEST_IN2");
    let allow = ["add", "other", "--allow", "10.1.2.3/8, 127.0.0.1,::1"];
    let (_, other, _) = site.route_key(&allow);
    assert_ne!(other.trim_end(), key);
    let (_, listed, _) = site.route_key(&["list"]);
    let listed: Vec<&str> = listed
        .lines()
        .map(|line| line.rsplitn(3, ' ').nth(2).expect("a name and networks"))
        .collect();
    assert_eq!(
        listed,
        ["dialer-1 127.0.0.1,::1", "other 10.0.0.0/8,127.0.0.1,::1"]
    );

    let (is_made, printed, message) = site.route_key(&["add", "dialer-1"]);
    let taken = "vicishim: there is a key dialer-1 already: remove it first\n";
    assert_eq!(
        (is_made, printed.as_str(), message.as_str()),
        (false, "", taken)
    );
    for wrong in [
        &["add", ""][..],
        &["add", "a b"],
        &["add", "x", "--allow", "dialer"],
        &["add", "x", "--allow", ""],
    ] {
        assert!(!site.route_key(wrong).0, "{wrong:?}");
    }
    assert_eq!(site.route_key(&["list"]).1.lines().count(), 2);

    // A running server knows at once.
    assert!(site.route_key(&["remove", "dialer-1"]).0);
    let refused = site.with_key(&key, "GET", "/route?number=7275551114");
    assert_eq!((refused.status, refused.body.as_str()), (403, NOT_ALLOWED));
    assert_eq!(
        site.line(other.trim_end(), "7275551114"),
        "IN_GROUP|TEST_IN2"
    );
    let (is_removed, _, message) = site.route_key(&["remove", "dialer-1"]);
    assert!(!is_removed);
    assert_eq!(message, "vicishim: there is no key dialer-1\n");
}

fn no_key_is_stored_or_logged(backend: Backend) {
    let mut site = Site::demo(backend);
    let key = site.new_key("dialer");
    let wrong = format!("{}x", &key[..46]);
    for key in [&key, &wrong] {
        for target in [
            format!("/route?number=1&key={key}"),
            format!("/route?number=1&format=json&k%65y={key}"),
            format!("/route?key={key}&format=wrong"),
            format!("/route/?+key={key}"),
            format!("/nowhere?key={key}"),
            format!("/vicidial/non_agent_api.php?function=version&key={key}"),
            format!("/api/dids?key={key}"),
        ] {
            site.client.request("GET", &target, &[], b"");
            site.client.request("PUT", &target, &[], b"");
            site.with_key(key, "GET", &target);
        }
        let broken = format!("GET /route?key={key} BROKEN\r\n\r\n");
        site.server.client().raw(broken.as_bytes());
    }
    site.logs("function=route user=dialer source=dialplan status=200 EXTEN");
    site.logs("vicishim::refused");
    assert!(!site.body("version").is_empty());
    let log = site.server.log();
    let stored = serde_json::to_string(&site.database.dump(&[])).expect("JSON");
    assert!(stored.contains("\"digest\""), "{stored}");
    for (place, text) in [("log", &log), ("database", &stored)] {
        for key in [&key, &wrong] {
            assert!(!text.contains(&key[..40]), "{place}: {text}");
        }
    }
}

#[test]
fn a_key_is_for_its_addresses_and_a_refusal_does_not_tell_why() {
    let database = Site::demo_rows(Backend::Sqlite, serde_json::json!({}));
    let mut site = Site::on(database, &["--trust-proxy", "127.0.0.1"]);
    let (_, key, _) = site.route_key(&["add", "dialer", "--allow", "10.0.0.0/8,2001:db8::/32"]);
    let key = key.trim_end();
    let own = site.new_key("own");
    let mut ask = |key: &str, client: Option<&str>| {
        let bearer = format!("Bearer {key}");
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend(client.map(|client| ("X-Forwarded-For", client)));
        let target = "/route?number=7275551114";
        let response = site.client.request("GET", target, &headers, b"");
        (response.status, response.body)
    };
    let answer = (200, "IN_GROUP|TEST_IN2\n".to_owned());
    let refused = (403, NOT_ALLOWED.to_owned());
    for client in ["10.1.2.3", "2001:db8::7", "::ffff:10.9.9.9"] {
        assert_eq!(ask(key, Some(client)), answer, "{client}");
    }
    assert_eq!(ask(&own, None), answer);
    for (key, client) in [
        (key, None),
        (key, Some("11.1.2.3")),
        (own.as_str(), Some("10.1.2.3")),
        ("", None),
        ("vrk_", None),
        (&own[..46], None),
        (&own.to_lowercase(), None),
        ("6666:1234", None),
    ] {
        assert_eq!(ask(key, client), refused, "{key} {client:?}");
    }
    site.logs("function=route client=127.0.0.1 key: dialer is not for this address");

    // Without a key, with another scheme, with the key in the address, and in JSON.
    let get = |site: &mut Site, target: &str, headers: &[(&str, &str)]| {
        let response = site.client.request("GET", target, headers, b"");
        (response.status, response.body)
    };
    let target = "/route?number=7275551114";
    assert_eq!(get(&mut site, target, &[]), refused);
    let basic = [("Authorization", "Basic NjY2NjoxMjM0")];
    assert_eq!(get(&mut site, target, &basic), refused);
    let with_key = format!("{target}&key={own}");
    assert_eq!(get(&mut site, &with_key, &[]), answer);
    let (status, body) = get(&mut site, &format!("{target}&format=json"), &[]);
    let problem: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(
        (status, &problem["detail"]),
        (403, &serde_json::json!("key or address not allowed"))
    );
}

#[test]
fn a_vicidials_own_database_holds_no_keys() {
    let mut site = Site::demo(Backend::Vicidial);
    for arguments in [&["add", "dialer"][..], &["list"], &["remove", "dialer"]] {
        let (is_done, _, message) = site.route_key(arguments);
        assert!(!is_done);
        let why = "has no tables of ours, and no --state is named";
        assert!(message.contains(why), "{message}");
    }
    let key = format!("vrk_{}", "x".repeat(43));
    let refused = site.with_key(&key, "GET", "/route?number=7275551114");
    assert_eq!((refused.status, refused.body.as_str()), (403, NOT_ALLOWED));
    assert!(!run(&["route-key"]).status.success());
}
