//! The console's sign-in, its session, and what a form must bring.

use serde_json::json;

use super::pages::Pages;
use crate::common::database::{Backend, Database};
use crate::common::site::Site;

on_each_database! {
    a_user_signs_in_and_out
    a_session_ends_with_its_password
    the_gates_of_the_api_are_those_of_the_console
}

const PAGE: &str = "/why";

fn a_user_signs_in_and_out(backend: Backend) {
    let site = Site::start(backend);
    let mut pages = Pages::nobody(&site.server);
    let away = pages.get("/why?user=6666");
    assert_eq!(away.status, 303);
    assert_eq!(
        away.header("location"),
        Some("/sign-in?next=%2Fwhy%3Fuser%3D6666")
    );
    let wrong = pages.sign_in("6666", "12345");
    assert_eq!((wrong.status, wrong.header("set-cookie")), (401, None));
    assert!(
        wrong.body.contains("The user or the password is wrong"),
        "{}",
        wrong.body
    );
    let next = [
        ("user", "6666"),
        ("pass", "1234"),
        ("next", "/why?user=6666"),
    ];
    let right = pages.post("/sign-in", &next);
    assert_eq!(right.header("location"), Some("/why?user=6666"));
    let cookie = right.header("set-cookie").expect("a cookie");
    assert!(
        cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"),
        "{cookie}"
    );
    let page = pages.get(PAGE);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let kept = pages.cookie.clone();
    assert_eq!(pages.post("/sign-out", &[]).status, 303);
    assert_eq!(pages.get(PAGE).status, 303);
    // Also for whoever has kept the cookie.
    pages.cookie = kept;
    assert_eq!(pages.get(PAGE).status, 303);
    let log = site.server.stop_and_log();
    assert!(!log.contains("1234"), "{log}");
}

/// Nothing is counted then: nobody guesses.
fn a_session_ends_with_its_password(backend: Backend) {
    let site = Site::start(backend);
    let mut pages = Pages::of_6666(&site.server);
    let mut user = site.row("vicidial_users", "user", "6666");
    user["pass"] = json!("another");
    site.load(json!({"vicidial_users": [user]}));
    let answer = pages.get(PAGE);
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert!(answer.body.contains("<h1>Sign in</h1>"), "{}", answer.body);
    assert_eq!(pages.get(PAGE).status, 303, "the session has ended");
    let user = site.row("vicidial_users", "user", "6666");
    assert_eq!(user["failed_login_count"], 0);
    assert_eq!(pages.sign_in("6666", "another").status, 303);
}

fn the_gates_of_the_api_are_those_of_the_console(backend: Backend) {
    let site = Site::start(backend);
    let mut pages = Pages::of_6666(&site.server);
    let set = |column: &str, value| {
        let mut user = site.row("vicidial_users", "user", "6666");
        user[column] = value;
        site.load(json!({"vicidial_users": [user]}));
    };
    set("failed_login_count", json!(10));
    let locked = pages.get(PAGE);
    assert_eq!(locked.status, 401, "{}", locked.body);
    assert!(
        locked.body.contains("Too many failed sign-ins"),
        "{}",
        locked.body
    );
    let locked = pages.sign_in("6666", "1234");
    assert_eq!(locked.status, 401);
    set("failed_login_count", json!(0));
    assert_eq!(pages.sign_in("6666", "1234").status, 303);
    set("active", json!("N"));
    assert_eq!(pages.get(PAGE).status, 401);
    assert_eq!(pages.sign_in("6666", "1234").status, 401);
}

#[test]
fn looking_leaves_no_rows_in_the_logs() {
    let site = Site::start(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    let before = site.stored();
    for _ in 0..3 {
        pages.page(PAGE);
    }
    assert_eq!(site.stored(), before);
}

#[test]
fn a_form_must_come_from_a_page_of_the_session() {
    let site = Site::start(Backend::Sqlite);
    let mut pages = Pages::of_6666(&site.server);
    let token = std::mem::replace(&mut pages.form_token, "another".to_owned());
    pages.post("/sign-out", &[]);
    assert_eq!(pages.get(PAGE).status, 200, "it did not sign out");
    pages.form_token = token;
    for header in [
        ("Origin", "https://elsewhere.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
    ] {
        let body = format!("form_token={}", pages.form_token);
        let answer = pages.ask("POST", "/sign-out", &[header], &body);
        assert_eq!(answer.status, 403, "{header:?}");
    }
    assert_eq!(pages.get(PAGE).status, 200, "it did not sign out");
}

#[test]
fn after_the_sign_in_no_page_of_another_server_is_opened() {
    let site = Site::start(Backend::Sqlite);
    for next in [
        "//elsewhere.example",
        "https://elsewhere.example",
        "/\\elsewhere",
        "x",
        "/a b",
    ] {
        let mut pages = Pages::nobody(&site.server);
        let fields = [("user", "6666"), ("pass", "1234"), ("next", next)];
        let answer = pages.post("/sign-in", &fields);
        assert_eq!(answer.header("location"), Some("/"), "{next}");
    }
}

#[test]
fn without_a_console_there_is_none() {
    let site = Site::on(Database::with_state(Backend::Sqlite), &["--no-console"]);
    let mut pages = Pages::nobody(&site.server);
    for address in ["/", "/sign-in", "/console/style.css"] {
        let answer = pages.get(address);
        assert_eq!(answer.status, 404, "{address}");
        assert!(
            answer.body.starts_with("ERROR: NOT FOUND"),
            "{}",
            answer.body
        );
    }
}
