//! The time that calls see.

use serde_json::{Value, json};

use super::{NEW, on, site};
use crate::common::database::Backend;
use crate::common::site::Site;

on_each! {
    { sqlite: super::Backend::Sqlite, innodb: super::Backend::Innodb, }
    a_fixed_time_is_that_of_logs_stamps_changes_and_replies
}

/// What this machine's clock shows then, as the tables write it.
fn stamp(time: &str) -> String {
    let at = chrono::DateTime::parse_from_rfc3339(time).expect("a time");
    at.with_timezone(&chrono::Local)
        .format("%Y-%m-%d %H:%M:%S")
        .to_string()
}

fn a_fixed_time_is_that_of_logs_stamps_changes_and_replies(backend: Backend) {
    let mut site = on(Site::demo_rows(backend, json!({})));
    let eve = "2026-12-24T18:00:00-05:00";
    site.controls("POST", "clock", json!({ "fixed": eve }), 200);
    site.body(&format!("add_did&did_pattern={NEW}"));
    site.body("update_did&did_pattern=7275551114&did_description=Changed");
    let stamp = stamp(eve);
    for (table, key, column) in [
        ("vicidial_api_log", "api_id", "api_date"),
        ("vicidial_admin_log", "admin_log_id", "event_date"),
    ] {
        assert_eq!(site.last(table, key)[column], stamp.as_str(), "{table}");
    }
    for pattern in [NEW, "7275551114"] {
        let row = site.row("vicidial_inbound_dids", "did_pattern", pattern);
        assert_eq!(row["modify_stamp"], stamp.as_str(), "{pattern}");
    }
    let change = site.last("vicishim_changes", "change_id");
    assert_eq!(
        change["changed_at"].to_string().trim_matches('"'),
        "1798153200"
    );
    let version = site.client.get("function=version").body;
    assert!(
        version.contains(&format!("DATE: {stamp}|EPOCH: 1798153200|")),
        "{version}"
    );
}

#[test]
fn hours_follow_the_clock() {
    let mut site = site();
    let mut at = |time: &str| {
        site.controls("POST", "clock", json!({ "fixed": time }), 200);
        site.body("did_route_test&did_pattern=7275550108")
    };
    // The demo's DID is for office hours; the day after is a holiday of it.
    for (time, verdict) in [
        (
            "2026-11-25T10:00:00-05:00",
            "schedule|passed|within the hours",
        ),
        ("2026-11-25T23:00:00-05:00", "outside the hours"),
        ("2026-11-26T10:00:00-05:00", "a holiday of Office hours"),
    ] {
        let line = at(time);
        assert!(line.contains(verdict), "{time}: {line}");
    }
}

#[test]
fn a_shifted_clock_goes_on_and_a_real_one_is_the_machines() {
    let mut site = site();
    let epoch = |site: &mut Site| {
        let version = site.client.get("function=version").body;
        let epoch = version
            .split("EPOCH: ")
            .nth(1)
            .and_then(|rest| rest.split('|').next());
        epoch.expect("an epoch").parse::<i64>().expect("seconds")
    };
    let real = |site: &mut Site| {
        let now = chrono::Utc::now().timestamp();
        epoch(site) - now
    };
    site.controls("POST", "clock", json!({"shift_seconds": -86_400}), 200);
    assert!((-86_400..-86_370).contains(&real(&mut site)));
    site.controls("POST", "clock", json!({"real": true}), 200);
    assert!((0..30).contains(&real(&mut site)));
}

#[test]
fn a_time_that_cannot_be_kept_is_refused() {
    let mut site = site();
    for wrong in [
        json!({"fixed": "yesterday"}),
        json!({"fixed": "1960-01-01T00:00:00Z"}),
        json!({"fixed": "2039-01-01T00:00:00Z"}),
        json!({"shift_seconds": i64::MAX}),
        json!({"shift_seconds": 3_000_000_000_i64}),
        json!({"real": false}),
        json!({"fixed": "2026-12-24T18:00:00Z", "shift_seconds": 1}),
        json!({}),
        json!({"later": 1}),
    ] {
        site.controls("POST", "clock", wrong, 422);
    }
    let clock = site.controls("GET", "clock", Value::Null, 200);
    assert_eq!(clock["real"], true);
}

#[test]
fn the_time_is_taken_in_one_place() {
    let mut waiting = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a directory");
            waiting.extend(entries.map(|entry| entry.expect("a file").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a file");
            if text.contains("Utc::now()")
                || text.contains("Local::now()")
                || text.contains("SystemTime::now()")
            {
                found.push(path.file_name().expect("a name").to_owned());
            }
        }
    }
    assert_eq!(found, ["now.rs"]);
}
