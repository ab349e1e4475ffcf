//! `did_log_export`, where the reference has its own ways: what it echoes, which days it reads, how long a call was.

use crate::common::database::{Backend, Database, Tables, load, state};
use crate::common::mariadb::{MariaDb, vicidial_tables};
use crate::common::site::Site;
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use serde_json::{Value, json};
use vicishim::store::collation;
use vicishim::store::did_log::DidLogPages;
use vicishim::store::{CreateTables, Db};

on_each_database! {
    the_wire_echoes_an_agent_and_a_lead
    a_day_is_found_however_many_digits_it_has
    a_call_whose_last_part_has_no_time_has_a_negative_length
    a_number_has_1_to_20_digits
}

fn the_wire_echoes_an_agent_and_a_lead(backend: Backend) {
    let query = "did_log_export&phone_number=3125551212&agent_user=1001&lead_id=7x&date=";
    for (dialect, nothing) in [
        ("wire", "6666|1001|7|2010-12-05"),
        ("documented", "6666|3125551212|2010-12-05"),
    ] {
        let mut listing = Site::speaking(dialect, backend);
        listing.says(
            &format!("{query}2010-12-05"),
            &format!("ERROR: did_log_export NO RECORDS FOUND - {nothing}\n"),
        );
        let log = listing.last("vicidial_api_log", "api_id");
        assert_eq!(log["data"], "6666|1001|7|2010-12-05");
        listing.body(&format!("{query}2010-12-03&stage=tab"));
        let log = listing.last("vicidial_api_log", "api_id");
        assert_eq!(log["data"], "6666|1001|7|2010-12-03|tab");
    }
}

fn a_day_is_found_however_many_digits_it_has(backend: Backend) {
    let mut listing = Site::start(backend);
    let export = |date| format!("did_log_export&phone_number=3125551212&date={date}");
    let calls = listing.body(&export("2010-12-03"));
    assert_eq!(calls.lines().count(), 2);
    for date in ["2010-012-3", "02010-12-3", "10-12-0003"] {
        listing.says(&export(date), &calls);
    }
    for date in ["12010-12-3", "2010--12-3", "0-12-00003", "2010-00-03"] {
        let nothing = format!("NO RECORDS FOUND - 6666|3125551212|{date}\n");
        listing.says(&export(date), &format!("ERROR: did_log_export {nothing}"));
    }
}

fn a_call_whose_last_part_has_no_time_has_a_negative_length(backend: Backend) {
    let calls = json!([{"uniqueid": "1", "extension": "100", "call_date": "2010-12-03 12:00:01"}]);
    let closer = json!([{"lead_id": 1, "call_date": null, "length_in_sec": 9, "uniqueid": "1"}]);
    let tables = json!({"vicidial_did_log": calls, "vicidial_closer_log": closer});
    let mut listing = Site::with("wire", backend, tables);
    let arrival = chrono::NaiveDate::from_ymd_opt(2010, 12, 3)
        .and_then(|day| {
            day.and_hms_opt(12, 0, 1)?
                .and_local_timezone(chrono::Local)
                .single()
        })
        .expect("a time");
    listing.says(
        "did_log_export&phone_number=100&date=2010-12-03",
        &format!("100||2010-12-03 12:00:01|-{}\n", arrival.timestamp()),
    );
}

fn a_number_has_1_to_20_digits(backend: Backend) {
    let mut listing = Site::start(backend);
    for (digits, reason) in [
        (0, "INVALID SEARCH PARAMETERS"),
        (1, "NO RECORDS FOUND"),
        (20, "NO RECORDS FOUND"),
        (21, "INVALID SEARCH PARAMETERS"),
    ] {
        let number = "7".repeat(digits);
        let body = listing.body(&format!(
            "did_log_export&phone_number={number}&date=2010-12-03"
        ));
        let begins = format!("ERROR: did_log_export {reason}");
        assert!(body.starts_with(&begins), "{digits}: {body}");
    }
}

#[test]
fn a_day_has_100_000_calls_at_most() {
    let listing = &mut Site::start(Backend::Sqlite);
    let mut connection = SqliteConnection::establish(&listing.database.url).expect("the file");
    collation::register(&mut connection).expect("its comparison");
    connection
        .batch_execute(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100001)
             INSERT INTO vicidial_did_log (uniqueid, extension, call_date)
             SELECT CAST(n AS TEXT), '100', '2026-01-02 10:00:00' FROM n",
        )
        .expect("rows");
    let body = listing.body("did_log_export&phone_number=100&date=2026-01-02");
    assert_eq!(body.lines().count(), 100_000);
    let log = listing.last("vicidial_api_log", "api_id");
    assert_eq!(log["result_reason"], "did_log_export RECORDS FOUND: 100000");
}

/// When a call came, when its last part of 10 seconds began, and how long it was, in New York, whose clocks were put forward
/// at 2 o'clock on 2026-03-08 and back at 2 o'clock on 2025-11-02.
const CLOCKS: [(&str, &str, i64); 3] = [
    ("2026-03-08 01:59:00", "2026-03-08 03:00:30", 100),
    ("2026-03-07 01:59:00", "2026-03-07 03:00:30", 3700),
    ("2025-11-02 00:30:00", "2025-11-02 02:30:00", 10_810),
];

fn calls_across_the_clocks() -> Tables {
    let rows = |columns: fn(usize, &(&str, &str, i64)) -> Value| {
        let rows = CLOCKS
            .iter()
            .enumerate()
            .map(|(id, call)| columns(id, call));
        rows.map(|row| row.as_object().expect("a row").clone())
            .collect()
    };
    Tables::from([
        (
            "vicidial_did_log".to_owned(),
            rows(
                |id, call| json!({"uniqueid": id.to_string(), "extension": "100", "call_date": call.0}),
            ),
        ),
        (
            "vicidial_closer_log".to_owned(),
            rows(
                |id, call| json!({"uniqueid": id.to_string(), "lead_id": 1, "call_date": call.1, "length_in_sec": 10}),
            ),
        ),
    ])
}

#[test]
fn a_length_counts_a_change_of_the_clocks_on_the_embedded_file() {
    let mut tables = state();
    tables.extend(calls_across_the_clocks());
    let database = Database::with(Backend::Sqlite, &tables);
    let mut listing = Site::on_with(database, &[("TZ", "America/New_York")], &[]);
    for (came, _, seconds) in CLOCKS {
        let query = format!("did_log_export&phone_number=100&date={}", &came[..10]);
        let body = listing.body(&query);
        assert!(body.contains(&format!("100|{came}||{seconds}\n")), "{body}");
    }
}

#[test]
fn a_length_counts_a_change_of_the_clocks_on_a_dialer() {
    let server = MariaDb::start_with(&[("TZ", "America/New_York")], &[]);
    server.run("mysql", "CREATE DATABASE asterisk");
    server.run("asterisk", &vicidial_tables(&[]));
    load(&server.url("asterisk"), &calls_across_the_clocks());
    let address = server.url("asterisk").parse().expect("an address");
    let mut db = Db::open(&address, CreateTables::No).expect("the database opens");
    for (came, _, seconds) in CLOCKS {
        let calls = DidLogPages::new("100", &came[..10], 100).next(&mut db);
        let calls = calls.expect("calls").rows;
        let call = calls.iter().find(|call| call.call_date == came);
        assert_eq!(call.expect("the call").seconds, seconds, "{came}");
    }
}
