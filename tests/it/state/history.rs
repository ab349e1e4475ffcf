//! The history beside a VICIdial's database: what becomes of it, and of the call, where one of the two databases hangs or goes
//! away while both are written.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::outage::{behind_a_proxy, demo};
use crate::common::client::Response;
use crate::common::database::{Backend, Database};
use crate::common::eventually;
use crate::common::mariadb;
use crate::common::proxy::Proxy;
use crate::common::site::Site;

fn add(site: &mut Site, number: &str) -> Response {
    site.ask(&format!("add_did&did_pattern={number}"))
}

fn is_added(response: &Response, number: &str) {
    let added = format!("SUCCESS: add_did DID HAS BEEN ADDED - 6666|{number}\n");
    assert_eq!(response.body, added);
}

/// Whether the call has all its log rows: this is the last one.
fn is_logged(database: &Database, number: &str) -> bool {
    let query =
        format!("SELECT api_id FROM vicidial_api_urls WHERE url LIKE '%did_pattern={number}%'");
    !database.run(&query).is_empty()
}

/// The changes of a number, as the state has them.
fn changes(database: &Database, number: &str) -> Vec<String> {
    let state = database.state.as_ref().expect("a state");
    let query = format!("SELECT change_id FROM vicishim_changes WHERE subject = 'did {number}'");
    let changes = state.run(&query);
    changes.lines().map(str::to_owned).collect()
}

/// A call that adds a number, and is logged, while the state does not answer.
fn begin(site: &Site, state: &Proxy, number: &str) -> JoinHandle<Response> {
    let mut client = site.server.client();
    state.freeze_at(number);
    let query = format!("source=test&user=6666&pass=1234&function=add_did&did_pattern={number}");
    let call = std::thread::spawn(move || client.get(&query));
    eventually("the call is logged", || is_logged(&site.database, number));
    assert!(changes(&site.database, number).is_empty());
    assert!(!call.is_finished());
    call
}

/// The state's answer is waited for, but nothing else waits for it.
#[test]
fn the_dialers_log_is_written_while_the_state_takes_the_history() {
    let (mut site, proxy) = behind_a_proxy();
    for round in 0..4 {
        let number = format!("727555000{round}");
        let call = begin(&site, &proxy, &number);
        proxy.thaw();
        let response = call.join().expect("an answer");
        is_added(&response, &number);
        let change = response.header("x-vicishim-change").expect("a change");
        assert_eq!(changes(&site.database, &number), [change]);
    }
    let undo = site.body("change_undo&change_id=1");
    assert!(undo.contains("SUCCESS: "), "{undo}");
}

/// A state that goes away while it takes the history costs nothing else.
#[test]
fn a_state_that_goes_while_it_takes_the_history() {
    let (mut site, proxy) = behind_a_proxy();
    let call = begin(&site, &proxy, "7275550001");
    proxy.cut();
    proxy.thaw();
    let response = call.join().expect("an answer");
    is_added(&response, "7275550001");
    assert_eq!(response.header("x-vicishim-change"), None);
    assert!(changes(&site.database, "7275550001").is_empty());
    site.logs("1 changes are made and are not in the history");
    is_added(&add(&mut site, "7275550002"), "7275550002");
    proxy.restore();
    let mut number = 7_275_551_000_u64;
    eventually("changes are kept again", || {
        number += 1;
        let response = add(&mut site, &number.to_string());
        response.header("x-vicishim-change").is_some()
    });
}

/// A dialer that goes away while the state takes the history: the change is made, so it is in the history, and its log rows
/// come when the dialer is back.
#[test]
fn a_dialer_that_goes_while_the_state_takes_the_history() {
    let mut database = Database::with(Backend::VicidialWithMariaDb, &demo());
    let proxy = Proxy::to(mariadb::shared().port);
    database.url = mariadb::url(proxy.port, database.name());
    let mut site = Site::on(database, &[]);
    for round in 0..6 {
        let number = format!("727555000{round}");
        let is_back_at_once = round % 2 == 1;
        let is_over = AtomicBool::new(false);
        let response = std::thread::scope(|scope| {
            // In the last row of the call's logs.
            proxy.cut_at(&format!("did_pattern={number}"));
            if is_back_at_once {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        proxy.restore();
                    }
                });
            }
            let response = add(&mut site, &number);
            is_over.store(true, Ordering::Relaxed);
            response
        });
        is_added(&response, &number);
        let change = response.header("x-vicishim-change").expect("a change");
        assert_eq!(changes(&site.database, &number), [change]);
        proxy.restore();
        eventually("the call is logged", || {
            site.ask("version");
            is_logged(&site.database, &number)
        });
    }
}
