//! What the console shows of the API's log.

use serde_json::{Value, json};

use super::pages::Pages;
use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database_and_with_state! {
    calls_are_listed_counted_and_told_one_by_one
    a_user_sees_the_calls_of_its_groups_and_its_own
    long_logs_are_paged_by_their_key
    no_password_is_shown_nor_found
}

/// The rows of a table of the log.
fn logged(calls: impl IntoIterator<Item = Value>) -> Value {
    let call = |mut call: Value| {
        for (column, value) in [
            ("api_date", "2026-11-20 09:00:00"),
            ("user", "6666"),
            ("api_script", "non-agent"),
            ("function", "version"),
            ("result", "SUCCESS"),
        ] {
            let call = call.as_object_mut().expect("a row");
            call.entry(column).or_insert_with(|| json!(value));
        }
        call
    };
    Value::Array(calls.into_iter().map(call).collect())
}

fn key(site: &Site, function: &str, result: &str) -> i64 {
    let rows = site.database.rows("vicidial_api_log");
    let row = rows
        .iter()
        .find(|row| row["function"] == function && row["result"] == result);
    row.expect("the call")["api_id"].as_i64().expect("a key")
}

fn calls_are_listed_counted_and_told_one_by_one(backend: Backend) {
    let mut site = Site::start(backend);
    let mut pages = Pages::of_6666(&site.server);
    let page = pages.page("/activity");
    assert!(page.contains("The log has no call"), "{page}");
    site.body("add_did&did_pattern=7275550100&did_description=Front+desk");
    site.body("add_did&did_pattern=7275550100&did_description=Front+desk");
    site.body_as("1003", "add_did&did_pattern=7275550101");
    let page = pages.page("/activity");
    assert!(page.contains("1 calls done, 2 refused"), "{page}");
    assert!(page.contains(">add_did DID ALREADY EXISTS</a>"), "{page}");
    let part = pages.part("/activity?user=1003");
    assert!(!part.contains("<html") && part.contains("USER DOES NOT HAVE PERMISSION TO ADD DIDS"));
    assert!(!part.contains("DID ALREADY EXISTS"), "{part}");
    for (query, found) in [
        ("function=ADD_DID&result=error&text=already", true),
        ("function=add_did&text=7275550100", true),
        ("source=other", false),
        ("since=1h", true),
        ("result=NOTICE", false),
        ("since=2100-01-01", false),
    ] {
        let part = pages.part(&format!("/activity?{query}"));
        let count = part
            .matches("<th scope=\"row\"><a href=\"/activity/")
            .count();
        assert_eq!(count > 0, found, "{query}: {part}");
    }
    let wrong = pages.page("/activity?since=soon");
    assert!(wrong.contains("soon is no time"), "{wrong}");

    let done = key(&site, "add_did", "SUCCESS");
    let story = pages.page(&format!("/activity/{done}"));
    assert!(story.contains("pass=*"), "{story}");
    assert!(!story.contains("1234"), "{story}");
    assert!(story.contains("ADMIN API ADD DID"), "{story}");
    assert!(
        story.contains("<th scope=\"row\">did_pattern</th><td>7275550100</td>"),
        "{story}"
    );
    let keeps_changes = backend != Backend::Vicidial;
    assert_eq!(
        story.contains("/changes/1\">Change 1</a>"),
        keeps_changes,
        "{story}"
    );
    let refused = pages.page(&format!("/activity/{}", key(&site, "add_did", "ERROR")));
    assert!(
        refused.contains("/why?user=6666&#38;function=add_did&#38;address=127.0.0.1"),
        "{refused}"
    );
    assert_eq!(pages.get("/activity/4711").status, 404);
    assert_eq!(pages.get("/activity/x").status, 404);
    let closed = Pages::signed_in(&site.server, "1003", "1234").get("/activity");
    assert_eq!(closed.status, 403, "{}", closed.body);
}

/// 1007 is of SALES, which sees SALES and SUPPORT.
fn a_user_sees_the_calls_of_its_groups_and_its_own(backend: Backend) {
    let site = Site::start(backend);
    let mut users = site.database.rows("vicidial_users");
    for user in &mut users {
        if user["user"] == "1009" {
            user.insert("user_group".to_owned(), json!("SUPPORT"));
        }
    }
    let by = |api_id: i64, user: &str| json!({"api_id": api_id, "user": user, "result_reason": format!("of {user}")});
    site.load(json!({
        "vicidial_users": users,
        "vicidial_api_log": logged([by(1, "6666"), by(2, "1007"), by(3, "1009"), by(4, "deleted")]),
    }));
    let mut limited = Pages::signed_in(&site.server, "1007", "1234");
    let page = limited.page("/activity");
    for (user, seen) in [
        ("6666", false),
        ("1007", true),
        ("1009", true),
        ("deleted", false),
    ] {
        assert_eq!(page.contains(&format!("of {user}")), seen, "{user}: {page}");
    }
    let found = limited.page("/activity?user=6666");
    assert!(found.contains("No call is like that"), "{found}");
    assert_eq!(limited.get("/activity/1").status, 404);
    assert_eq!(limited.get("/activity/3").status, 200);
    let page = Pages::of_6666(&site.server).page("/activity");
    assert!(
        page.contains("of 6666") && page.contains("of deleted"),
        "{page}"
    );
}

fn long_logs_are_paged_by_their_key(backend: Backend) {
    let site = Site::start(backend);
    // Many more keys than are looked through at a time, and many that nothing has.
    let rare = (0..120)
        .map(|n| json!({"api_id": n * 3 + 1, "source": "rare", "api_date": "2026-11-19 09:00:00"}));
    let late = [json!({"api_id": 400_000, "source": "late"})];
    site.load(json!({"vicidial_api_log": logged(rare.chain(late))}));
    let mut pages = Pages::of_6666(&site.server);
    let mut address = "/activity?source=rare".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = pages.page(&address);
        let ids = page.split("<th scope=\"row\"><a href=\"/activity/").skip(1);
        seen.extend(ids.map(|rest| {
            let id = rest.split('"').next().expect("an id");
            id.parse::<i64>().expect("a number")
        }));
        let Some((before, _)) = page.split_once("\" rel=\"next\"") else {
            break;
        };
        let next = before.rsplit('"').next().expect("an address");
        address = next.replace("&#38;", "&");
    }
    let expected: Vec<i64> = (0..120).rev().map(|n| n * 3 + 1).collect();
    assert_eq!(seen, expected);
    let since = pages.page("/activity?since=2026-11-20");
    assert_eq!(since.matches("<a href=\"/activity/").count(), 1, "{since}");
}

/// A refused `add_phone` logs what was sent, and a dialer logs more.
fn no_password_is_shown_nor_found(backend: Backend) {
    let mut site = Site::start(backend);
    site.body("add_phone&extension=9999&phone_pass=hunter2secret");
    let new = site.last("vicidial_api_log", "api_id")["api_id"]
        .as_i64()
        .expect("a key")
        + 1;
    let url = "http://dialer/vicidial/non_agent_api.php?user=6666&pass=hunter2secret&agent_pass=hunter2secret&x=1";
    let mut rows = site.database.rows("vicidial_api_log");
    let row = json!({
        "api_id": new, "user": "6666", "api_date": "2026-11-20 09:00:00", "function": "add_user", "result": "SUCCESS",
        "value": "hunter2secret", "data": "6666|1020|hunter2secret|", "result_reason": "add_user USER HAS BEEN ADDED",
    });
    rows.push(row.as_object().expect("a row").clone());
    site.load(json!({
        "vicidial_api_log": rows,
        "vicidial_api_urls": [{"api_id": new, "api_date": "2026-11-20 09:00:00", "remote_ip": "10.0.0.1", "url": url}],
        "vicidial_admin_log": [{
            "admin_log_id": 1, "event_date": "2026-11-20 09:00:00", "user": "6666", "ip_address": "10.0.0.1",
            "event_section": "USERS", "event_type": "ADD", "record_id": "1020", "event_code": "ADMIN API ADD USER",
            "event_sql": "INSERT INTO vicidial_users (user,pass) values('1020','hunter2secret')", "event_notes": "user: 1020",
        }],
    }));
    let mut pages = Pages::of_6666(&site.server);
    let list = pages.page("/activity");
    assert!(list.contains("add_user USER HAS BEEN ADDED"), "{list}");
    assert!(
        list.contains("add_phone YOU MUST USE ALL REQUIRED FIELDS"),
        "{list}"
    );
    let story = pages.page(&format!("/activity/{new}"));
    assert!(story.contains("agent_pass=*&#38;x=1"), "{story}");
    assert!(
        story.contains("ADMIN API ADD USER") && story.contains("user: 1020"),
        "{story}"
    );
    let phone = pages.page(&format!("/activity/{}", new - 1));
    for page in [list, story, phone] {
        assert!(!page.contains("hunter2"), "{page}");
    }
    let found = pages.page("/activity?text=hunter2secret");
    assert!(
        !found.contains("add_user") && found.contains("No call is like that"),
        "{found}"
    );
}
