//! `request_id=`: a repeated call is answered as the first was, and done once.

use std::sync::Barrier;

use serde_json::json;

use crate::common::client::Client;
use crate::common::database::Backend;
use crate::common::server::Server;
use crate::common::site::Site;

// A dialer's own database has no table for it.
on_our_own! {
    a_repeated_request_gets_the_first_answer
    a_request_is_its_users_and_its_functions
    an_answer_is_over_after_a_day
    requests_that_arrive_together_are_done_once
    an_id_has_its_bounds
    a_dry_run_keeps_nothing
}

fn a_repeated_request_gets_the_first_answer(backend: Backend) {
    let mut api = Site::start(backend);
    api.may_delete();
    let calls = [
        "add_did&did_pattern=%2B7275551114",
        "add_did&did_pattern=1",
        "add_did&did_pattern=7275550002&format=json",
        "copy_did&source_did_pattern=default&new_dids=7275550003,7275551114",
        "update_did&did_pattern=7275550002&did_description=Changed",
        "update_did&did_pattern=7275550002&delete_did=Y",
        "add_fpg_phone&phone_number=7275551313&group=TEST_IN_FILTER",
    ];
    let mut first = Vec::new();
    for (number, call) in calls.iter().enumerate() {
        let response = api.ask(&format!("{call}&request_id=r-{number}"));
        assert_eq!(response.header("x-vicishim-repeated"), None, "{call}");
        first.push(response);
    }
    // One that only reads is done again.
    let lint = api.body("did_lint&request_id=r-lint");
    assert!(lint.contains("|no_target|"), "{lint}");
    assert_eq!(api.body("did_lint&request_id=r-lint"), lint);
    let stored = api.stored();
    let restarted = Server::start(&api.database.arguments());
    for client in [&mut api.server.client(), &mut restarted.client()] {
        for (number, first) in first.iter().enumerate() {
            // What else is sent does not matter, and the second answer is in the form of the first.
            let function = calls[number].split('&').next().expect("a function");
            let again = client.get(&format!(
                "source=test&user=6666&pass=1234&function={function}&did_pattern=7275550009&request_id=r-{number}"
            ));
            assert_eq!((again.status, &again.body), (first.status, &first.body));
            assert_eq!(again.header("x-vicishim-repeated"), Some("1"));
            for name in [
                "content-type",
                "x-vicishim-result",
                "x-vicishim-added",
                "x-vicishim-refused",
                "x-vicishim-warning",
            ] {
                assert_eq!(again.header(name), first.header(name), "{name}");
            }
        }
    }
    assert_eq!(api.stored(), stored);
}

fn a_request_is_its_users_and_its_functions(backend: Backend) {
    let mut api = Site::start(backend);
    let mut users = api.database.rows("vicidial_users");
    let mut other = users
        .iter()
        .find(|user| user["user"] == "6666")
        .expect("6666")
        .clone();
    other.insert("user".to_owned(), json!("6667"));
    other.insert("user_id".to_owned(), json!(9999));
    users.push(other);
    api.load(json!({ "vicidial_users": users }));
    api.says(
        "add_did&did_pattern=7275550001&request_id=A",
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550001\n",
    );
    api.says(
        "update_did&did_pattern=7275550001&active=N&request_id=A",
        "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|7275550001\n",
    );
    api.says(
        "add_did&did_pattern=7275550002&request_id=a",
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550002\n",
    );
    let other = api.server.client().get(
        "source=test&user=6667&pass=1234&function=add_did&did_pattern=7275550003&request_id=A",
    );
    assert_eq!(
        other.body,
        "SUCCESS: add_did DID HAS BEEN ADDED - 6667|7275550003\n"
    );
    // Who may not, is told so, whatever was answered before.
    let refused = api.server.client().get(
        "source=test&user=6666&pass=wrong&function=add_did&did_pattern=7275550001&request_id=A",
    );
    assert_eq!(
        refused.body,
        "ERROR: Login incorrect, please try again - 6666|BAD\n"
    );
}

fn an_answer_is_over_after_a_day(backend: Backend) {
    let mut api = Site::start(backend);
    let call = |number| format!("add_did&did_pattern=727555000{number}&request_id=r{number}");
    for number in 0..6 {
        api.body(&call(number));
    }
    let mut rows = api.database.rows("vicishim_requests");
    assert_eq!(rows.len(), 6);
    for (age, row) in [86_395, 86_401, 90_000, 90_000, 90_000, 90_000]
        .into_iter()
        .zip(&mut rows)
    {
        let at = row["answered_at"].as_i64().expect("a number") - age;
        row.insert("answered_at".to_owned(), json!(at));
    }
    api.load(json!({ "vicishim_requests": rows }));
    api.says(
        &call(0),
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550000\n",
    );
    for _ in 0..2 {
        api.says(
            &call(1),
            "ERROR: add_did DID ALREADY EXISTS - 6666|7275550001\n",
        );
    }
    // A new one sweeps those that are over.
    api.body(&call(7));
    assert_eq!(api.database.rows("vicishim_requests").len(), 3);
}

fn requests_that_arrive_together_are_done_once(backend: Backend) {
    let api = Site::start(backend);
    let second = Server::start(&api.database.arguments());
    let barrier = Barrier::new(16);
    for round in 0..5 {
        let query = format!(
            "source=test&user=6666&pass=1234&function=copy_did&source_did_pattern=default\
             &new_dids=72755501{round}0-72755501{round}9&request_id=together-{round}"
        );
        let bodies: Vec<(String, bool)> = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..16)
                .map(|number| {
                    let address = [api.server.address, second.address][number % 2];
                    let (barrier, query) = (&barrier, &query);
                    scope.spawn(move || {
                        let mut client = Client::connect(address);
                        barrier.wait();
                        let response = client.get(query);
                        let again = response.header("x-vicishim-repeated").is_some();
                        (response.body, again)
                    })
                })
                .collect();
            asking
                .into_iter()
                .map(|asking| asking.join().expect("an answer"))
                .collect()
        });
        assert!(
            bodies[0]
                .0
                .ends_with("SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|default|10|0\n"),
            "{}",
            bodies[0].0
        );
        assert!(bodies.iter().all(|(body, _)| *body == bodies[0].0));
        assert_eq!(bodies.iter().filter(|(_, again)| !again).count(), 1);
    }
    assert_eq!(api.database.rows("vicidial_admin_log").len(), 5);
    assert_eq!(api.database.rows("vicidial_api_log").len(), 55);
}

fn an_id_has_its_bounds(backend: Backend) {
    let mut api = Site::start(backend);
    let long = "x".repeat(65);
    for (id, shown) in [
        ("", ""),
        ("%20%7C", ""),
        ("a%20b", "ab"),
        (long.as_str(), long.as_str()),
    ] {
        api.says(
            &format!("add_did&did_pattern=7275550001&request_id={id}"),
            &format!("ERROR: add_did REQUEST ID MUST BE FROM 1 TO 64 LETTERS, DIGITS AND - _ . : - 6666|{shown}\n"),
        );
    }
    assert!(api.database.rows("vicishim_requests").is_empty());
    for _ in 0..2 {
        api.says(
            &format!("add_did&did_pattern=7275550001&request_id={}", &long[1..]),
            "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550001\n",
        );
    }
    let list = api.ask("did_list&request_id=x");
    assert_eq!(list.header("x-vicishim-result"), Some("SUCCESS"));
    let mut wire = Site::speaking("wire", backend);
    wire.says(
        "add_did&did_pattern=7275550001&request_id=x",
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550001\n",
    );
    wire.says(
        "add_did&did_pattern=7275550001&request_id=x",
        "ERROR: add_did DID ALREADY EXISTS: |6666|7275550001\n",
    );
}

fn a_dry_run_keeps_nothing(backend: Backend) {
    let mut api = Site::start(backend);
    let call = "add_did&did_pattern=7275550001&request_id=x";
    for dry_run in ["&dry_run=Y", "", "&dry_run=Y"] {
        api.body(&format!("{call}{dry_run}"));
    }
    api.says(
        call,
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550001\n",
    );
    assert_eq!(api.database.rows("vicishim_requests").len(), 1);
}

#[test]
fn a_dialers_database_keeps_no_answers() {
    let mut api = Site::start(Backend::Vicidial);
    let before = api.database.rows("vicidial_inbound_dids");
    api.says(
        "add_did&did_pattern=7275550001&request_id=x",
        "ERROR: add_did REQUEST ID NEEDS A DATABASE OF OUR OWN - 6666|x\n",
    );
    assert_eq!(api.database.rows("vicidial_inbound_dids"), before);
    assert!(!api.database.run("SHOW TABLES").contains("vicishim"));
}
