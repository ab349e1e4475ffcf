//! Resets while calls are under way.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::Value;

use super::{NEW, site};
use crate::common::eventually;

const CLIENTS: usize = 4;
const RESETS: usize = 25;

/// A call that was answered with SUCCESS: its number, and how many resets had been answered before it was sent, and how many
/// had been sent when it was answered.
struct Added {
    number: String,
    after: usize,
    before: usize,
}

#[test]
fn every_success_since_the_last_reset_is_there_and_none_from_before_it() {
    let mut site = site();
    let [sent, answered, count] = [const { AtomicUsize::new(0) }; 3];
    let is_over = AtomicBool::new(false);
    let address = site.server.address;
    let before: BTreeSet<String> = site.patterns().into_iter().collect();
    let added: Vec<Added> = std::thread::scope(|scope| {
        let (sent, answered, count, is_over) = (&sent, &answered, &count, &is_over);
        let add = move |client: usize| {
            let mut connection = crate::common::client::Client::connect(address);
            let mut added = Vec::new();
            for step in 0.. {
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
                let number = format!("9{client}{step:08}");
                let after = answered.load(Ordering::SeqCst);
                let query = format!(
                    "source=test&user=6666&pass=1234&function=add_did&did_pattern={number}"
                );
                let reply = connection.get(&query).body;
                assert_eq!(
                    reply,
                    format!("SUCCESS: add_did DID HAS BEEN ADDED - 6666|{number}\n")
                );
                count.fetch_add(1, Ordering::SeqCst);
                let before = sent.load(Ordering::SeqCst);
                added.push(Added {
                    number,
                    after,
                    before,
                });
            }
            added
        };
        let adders: Vec<_> = (0..CLIENTS)
            .map(|client| scope.spawn(move || add(client)))
            .collect();
        // Some are certainly between two resets.
        let wait = || {
            let enough = count.load(Ordering::SeqCst) + 2 * CLIENTS;
            eventually("calls", || count.load(Ordering::SeqCst) >= enough);
        };
        for _ in 0..RESETS {
            wait();
            sent.fetch_add(1, Ordering::SeqCst);
            site.reset();
            answered.fetch_add(1, Ordering::SeqCst);
        }
        wait();
        is_over.store(true, Ordering::SeqCst);
        adders
            .into_iter()
            .flat_map(|adder| adder.join().expect("it adds"))
            .collect()
    });
    let there: BTreeSet<String> = site.patterns().into_iter().collect();
    let (mut kept, mut taken) = (0, 0);
    for Added {
        number,
        after,
        before,
    } in &added
    {
        if *after == RESETS {
            assert!(
                there.contains(number),
                "{number} was added after the last reset, and is not there"
            );
            kept += 1;
        } else if *before < RESETS {
            assert!(
                !there.contains(number),
                "{number} was added before the last reset, and is there"
            );
            taken += 1;
        }
    }
    assert!(kept > 0 && taken > 0, "{kept} {taken}");
    // What is there is the rows of the start, and what was answered with SUCCESS.
    let numbers: BTreeSet<String> = added.into_iter().map(|added| added.number).collect();
    assert!(
        there
            .difference(&before)
            .all(|number| numbers.contains(number))
    );
    assert!(before.is_subset(&there));
    // Each has its log rows, and none is left of those that were taken back.
    let logged = site.database.rows("vicidial_admin_log").len();
    assert_eq!(logged, there.len() - before.len());
    assert_eq!(site.database.rows("vicidial_api_log").len(), logged);
    site.reset();
    let mut ids = Vec::new();
    for _ in 0..2 {
        site.body(&format!("add_did&did_pattern={NEW}"));
        ids.push(site.row("vicidial_inbound_dids", "did_pattern", NEW)["did_id"].clone());
        site.controls("POST", "reset", Value::Null, 200);
    }
    assert_eq!(ids[0], ids[1]);
}
