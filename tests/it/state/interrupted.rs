//! Statements that are killed, on the dialer's database and on the state: every answer is true, and each copy has the settings
//! of its source, or is not there.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;

use crate::common::database::{Backend, Database};
use crate::common::ledger::{Answer, Caller, Load, SOURCE, Truth};
use crate::common::server::{Server, run};
use crate::kills::kill;

const CLIENTS: usize = 8;

/// How many statements are killed on each database, unless `VICISHIM_TEST_KILLS` says another number.
const KILLS: usize = 60;

/// How many calls may be told to look, of a hundred statements that were killed: a copy has more that cannot be repeated than
/// without a state.
const LOOKS_PERCENT: usize = 20;

#[test]
fn on_the_dialer() {
    statements_are_killed(Backend::VicidialWithSqlite);
}

#[test]
fn on_the_dialer_and_the_state() {
    statements_are_killed(Backend::VicidialWithMariaDb);
}

fn serve(database: &Database) -> Server {
    Server::start_with(&[("RUST_LOG", "warn")], &database.arguments())
}

fn statements_are_killed(backend: Backend) {
    let kills = std::env::var("VICISHIM_TEST_KILLS").ok();
    let kills = kills.map_or(KILLS, |kills| kills.parse().expect("a number of kills"));
    let database = Database::with_state(backend);
    let dids = database.rows("vicidial_inbound_dids");
    let source = dids.iter().find(|did| did["did_pattern"] == SOURCE);
    let settings = json!({
        "vicishim_dids": [{"did_id": source.expect("the source")["did_id"], "max_channels": 77}],
    });
    database.load(&serde_json::from_value(settings).expect("tables"));
    let server = serve(&database);
    let load = Load::begin(CLIENTS, &[server.address], Caller::live);
    let (killed, _) = kill(&database, kills);
    let of_state = match (&database.state, backend) {
        (Some(state), Backend::VicidialWithMariaDb) => kill(state, kills).0,
        _ => 0,
    };
    // What was interrupted at last ends.
    std::thread::sleep(Duration::from_millis(200));
    let ledger = load.end();
    let log = server.log();
    println!(
        "{backend:?}: {killed} and {of_state} statements killed, {}",
        ledger.summary()
    );
    assert_eq!(server.stop(), Some(0));
    let next = serve(&database);
    assert_eq!(
        next.client().request("GET", "/healthz", &[], b"").status,
        200
    );
    assert_eq!(next.stop(), Some(0));
    let truth = Truth::read(|query| database.run(query));
    let mut lies = ledger.lies(&truth);
    let own: HashMap<i64, String> = database
        .rows("vicishim_dids")
        .iter()
        .map(|row| {
            let number = row["did_pattern"].as_str().expect("a number");
            (row["did_id"].as_i64().expect("a did_id"), number.to_owned())
        })
        .collect();
    let copies = ledger.descriptions_of_copies();
    for did in database.rows("vicidial_inbound_dids") {
        let (number, description) = (&did["did_pattern"], &did["did_description"]);
        let is_copy = description
            .as_str()
            .is_some_and(|text| copies.contains(text));
        let bound = own.get(&did["did_id"].as_i64().expect("a did_id"));
        let has_settings = bound.is_some_and(|bound| number == bound.as_str());
        if has_settings != (is_copy || number == SOURCE) {
            lies.found("settings of a copy", format!("{did:?}: {has_settings}"));
        }
    }
    let mut orphans = vec!["orphans"];
    orphans.extend(database.arguments());
    let orphans = String::from_utf8(run(&orphans).stdout).expect("text");
    if orphans != "0 orphans found\n" {
        lies.found("orphans", orphans);
    }
    if !database.rows("vicishim_intentions").is_empty() {
        lies.found("intentions are left", "");
    }
    lies.assert_none("killed statements", &[log]);
    let looks = ledger.count(Answer::Look);
    assert!(
        looks * 100 <= (killed + of_state) * LOOKS_PERCENT,
        "{looks} calls were told to look"
    );
}
