//! Sign-in: what guessing costs others, what it tells, and what it leaves in the user's row.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::client::Client;
use crate::common::database::Backend;
use crate::common::eventually;
use crate::common::site::Site;

/// A key of 16 bytes, and what `1234` comes to under it at a cost of 12.
const KEY: &str = "abcdefghijklmnop";

/// System settings under which passwords are hashed at this cost.
fn hashed(cost: u32) -> Value {
    json!([{
        "use_non_latin": "0", "pass_hash_enabled": "1", "pass_key": KEY, "pass_cost": cost, "allow_ip_lists": "0",
        "system_ip_blacklist": "", "two_factor_auth_hours": 0, "two_factor_container": ""
    }])
}

/// What `1234` comes to at this cost.
fn digest(cost: u32) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
    let salt = KEY.as_bytes().try_into().expect("16 bytes");
    let digest = bcrypt::bcrypt(cost, salt, b"1234\0");
    GeneralPurpose::new(&base64::alphabet::BCRYPT, NO_PAD).encode(&digest[..23])
}

/// The users of the recordings, changed.
fn users(site: &Site, change: impl Fn(&mut serde_json::Map<String, Value>)) {
    let mut users = site.database.rows("vicidial_users");
    users.iter_mut().for_each(change);
    site.load(json!({ "vicidial_users": users }));
}

/// A server whose passwords are all `1234`, hashed at this cost.
fn site(backend: Backend, cost: u32) -> Site {
    let site = Site::with(
        "documented",
        backend,
        json!({ "system_settings": hashed(cost) }),
    );
    let digest = digest(cost);
    users(&site, |user| {
        user.insert("pass_hash".to_owned(), json!(digest));
    });
    site
}

fn query(user: &str, pass: &str) -> String {
    format!("source=test&user={user}&pass={pass}&function=did_list&did_pattern=7275551114")
}

on_each_database! {
    whoever_guesses_keeps_no_one_waiting
    guesses_made_at_once_are_all_counted
    a_locked_user_costs_nothing_and_an_unknown_one_as_much_as_any
    what_a_failure_leaves_is_the_references
}

fn whoever_guesses_keeps_no_one_waiting(backend: Backend) {
    const GUESSES: usize = 24;
    let mut site = site(backend, 10);
    let signed_in = site.client.get(&query("6666", "1234"));
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    let answered = Arc::new(AtomicUsize::new(0));
    let begun = Arc::new(AtomicUsize::new(0));
    let guesses: Vec<_> = (0..GUESSES)
        .map(|guess| {
            let mut client = site.server.client();
            let (begun, answered) = (Arc::clone(&begun), Arc::clone(&answered));
            std::thread::spawn(move || {
                begun.fetch_add(1, Ordering::SeqCst);
                let body = client.get(&query(&format!("nobody{guess}"), "guess")).body;
                answered.fetch_add(1, Ordering::SeqCst);
                body
            })
        })
        .collect();
    eventually("the guesses have begun", || {
        begun.load(Ordering::SeqCst) == GUESSES
    });
    // Who has signed in before is not behind them, and neither is a change.
    let added = site.body("add_did&did_pattern=7275550900");
    assert!(added.starts_with("SUCCESS"), "{added}");
    let early = answered.load(Ordering::SeqCst);
    assert!(early < GUESSES / 2, "{early} guesses were answered before");
    for guess in guesses {
        let body = guess.join().expect("a client");
        assert!(body.contains("BAD"), "{body}");
    }
}

fn guesses_made_at_once_are_all_counted(backend: Backend) {
    const GUESSES: usize = 30;
    let site = site(backend, 4);
    // One sign-in of long ago would give it ten more.
    users(&site, |user| {
        user.insert("last_login_date".to_owned(), json!("2037-12-31 00:00:00"));
    });
    let barrier = Arc::new(Barrier::new(GUESSES));
    let guesses: Vec<_> = (0..GUESSES)
        .map(|guess| {
            let (mut client, barrier) = (site.server.client(), Arc::clone(&barrier));
            std::thread::spawn(move || {
                barrier.wait();
                client.get(&query("1001", &format!("guess{guess}"))).body
            })
        })
        .collect();
    let bodies: Vec<String> = guesses
        .into_iter()
        .map(|guess| guess.join().expect("a client"))
        .collect();
    let of = |word: &str| bodies.iter().filter(|body| body.contains(word)).count();
    assert_eq!((of("BAD"), of("LOCK")), (10, 20), "{bodies:?}");
    let user = site.row("vicidial_users", "user", "1001");
    assert_eq!(user["failed_login_count"], 10);
    assert_eq!(user["failed_login_attempts_today"], 30);
}

fn a_locked_user_costs_nothing_and_an_unknown_one_as_much_as_any(backend: Backend) {
    // It takes minutes.
    const COST: u32 = 20;
    let site = Site::with(
        "documented",
        backend,
        json!({ "system_settings": hashed(COST) }),
    );
    let locked = site.server.client().get(&query("1009", "1234")).body;
    assert!(locked.contains("LOCK"), "{locked}");
    for user in ["6666", "nobody"] {
        let mut waiting = Client::patient(site.server.address, Duration::from_millis(400));
        let target = format!("/vicidial/non_agent_api.php?{}", query(user, "guess"));
        let answer = waiting.try_request("GET", &target, &[], b"");
        assert!(answer.is_err(), "{user}: answered without a digest");
    }
    let mut others = site.server.client();
    let version = others.get("function=version").body;
    assert!(version.starts_with("VERSION"), "{version}");
    assert_eq!(site.server.stop(), Some(0));
}

fn what_a_failure_leaves_is_the_references(backend: Backend) {
    let mut site = Site::start(backend);
    let failed = |site: &Site, user: &str| {
        let row = site.row("vicidial_users", "user", user);
        (
            row["failed_login_count"].clone(),
            row["failed_last_ip_today"].clone(),
            row["failed_last_type_today"].clone(),
        )
    };
    let (count, address, _) = failed(&site, "1009");
    let body = site.body_as("1009", "did_list&did_pattern=7275551114");
    assert!(body.contains("LOCK"), "{body}");
    assert_eq!(failed(&site, "1009"), (count, address, json!("aLOCK")));
    // Ten failures, and no date of the last one: one more fails, whatever the password, and is the first of the next.
    users(&site, |user| {
        if user["user"] == "1001" {
            user.insert("failed_login_count".to_owned(), json!(10));
            user.insert("last_login_date".to_owned(), Value::Null);
        }
    });
    let body = site.body_as("1001", "did_list&did_pattern=7275551114");
    assert!(body.contains("BAD"), "{body}");
    assert_eq!(
        failed(&site, "1001"),
        (json!(1), json!("127.0.0.1"), json!("aBAD"))
    );
    let body = site.body_as("1001", "did_list&did_pattern=7275551114");
    assert!(!body.contains("BAD"), "{body}");
}
