//! `did_list` and `did_log_export`: what they list, how it is written, and that long lists hold neither memory nor
//! writers nor readers.

use std::collections::BTreeMap;

use crate::common::client::Response;
use crate::common::database::Backend;
use crate::common::site::Site;
use serde_json::{Value, json};

on_each_database! {
    every_format_has_the_same_columns
    hostile_descriptions_forge_nothing
    each_filter_lets_its_own_through
    pages_follow_each_other
    a_user_sees_the_rows_of_its_scope
    bad_values_are_refused
    what_was_asked_is_logged
    the_documented_did_log
    hostile_callers_forge_nothing
    a_day_of_many_calls_is_whole
}

const HEADER: &str = "did_pattern|did_description|did_active|did_route|extension|exten_context|voicemail_ext|phone|server_ip|\
                      user|group_id|menu_id|record_call|user_group|did_carrier_description|did_id|modify_stamp";

/// A server on a database with these tables in place of the recordings'.
fn with_tables(
    dialect: &str,
    backend: Backend,
    changed: impl IntoIterator<Item = (&'static str, Value)>,
) -> Site {
    let changed = changed.into_iter();
    let changed = changed.map(|(table, rows)| (table.to_owned(), rows));
    Site::with(dialect, backend, Value::Object(changed.collect()))
}

fn with_dids(backend: Backend, dids: Value) -> Site {
    Site::with(
        "documented",
        backend,
        json!({ "vicidial_inbound_dids": dids }),
    )
}

fn list(site: &mut Site, query: &str) -> Response {
    site.ask(&format!("did_list&{query}"))
}

/// The patterns that are listed.
fn patterns(site: &mut Site, user: &str, query: &str) -> Vec<String> {
    let body = site.body_as(user, &format!("did_list&{query}"));
    if body.starts_with("NOTICE: did_list NO RECORDS FOUND - ") {
        return Vec::new();
    }
    let first = |line: &str| line.split('|').next().expect("a field").to_owned();
    body.lines().map(first).collect()
}

fn three_dids() -> Value {
    json!([
        {"did_pattern": "7275550101", "did_description": "Sales line", "did_active": "N", "did_route": "CALLMENU",
         "menu_id": "main_menu", "user_group": "SALES", "modify_stamp": "2026-01-02 03:04:05"},
        {"did_pattern": "+17275550100", "did_description": "Main line", "did_route": "IN_GROUP", "group_id": "TEST_IN2",
         "record_call": "Y", "did_carrier_description": "Carrier A", "modify_stamp": "2026-01-02 03:04:06"},
        {"did_pattern": "default", "did_description": null, "did_route": "PHONE", "phone": "cc100",
         "server_ip": "10.0.9.8", "modify_stamp": "2026-01-02 03:04:07"},
    ])
}

fn every_format_has_the_same_columns(backend: Backend) {
    let mut listing = with_dids(backend, three_dids());
    let expected = [
        "+17275550100|Main line|Y|IN_GROUP|9998811112|default|||||TEST_IN2||Y|---ALL---|Carrier A|2|2026-01-02 03:04:06",
        "7275550101|Sales line|N|CALLMENU|9998811112|default||||||main_menu|N|SALES||1|2026-01-02 03:04:05",
        "default||Y|PHONE|9998811112|default||cc100|10.0.9.8||||N|---ALL---||3|2026-01-02 03:04:07",
    ];
    let lines = expected.join("\n");
    let plain = Some("text/plain; charset=utf-8");

    let response = list(&mut listing, "");
    assert_eq!(response.body, format!("{lines}\n"));
    assert_eq!(
        (response.status, response.header("content-type")),
        (200, plain)
    );
    let response = list(&mut listing, "stage=pipe&header=YES");
    assert_eq!(response.body, format!("{HEADER}\n{lines}\n"));
    // A fixed word is compared exactly.
    assert_eq!(list(&mut listing, "header=yes").body, format!("{lines}\n"));

    let response = list(&mut listing, "stage=tab&header=YES");
    assert_eq!(
        response.body,
        format!("{HEADER}\n{lines}\n").replace('|', "\t")
    );
    assert_eq!(response.header("content-type"), plain);

    let response = list(&mut listing, "stage=csv&header=YES");
    assert_eq!(
        response.body,
        format!("{HEADER}\n{lines}\n").replace('|', ",")
    );
    assert_eq!(
        response.header("content-type"),
        Some("text/csv; charset=utf-8")
    );

    let response = list(&mut listing, "stage=json&header=YES");
    assert_eq!(response.header("content-type"), Some("application/json"));
    let listed: Vec<serde_json::Map<String, Value>> =
        serde_json::from_str(&response.body).expect("JSON");
    assert_eq!(listed.len(), 3);
    for (row, line) in listed.iter().zip(expected) {
        let columns: Vec<&str> = row.keys().map(String::as_str).collect();
        assert_eq!(columns.join("|"), HEADER);
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert_eq!(row.values().map(text).collect::<Vec<_>>().join("|"), line);
    }
    assert_eq!(
        (&listed[2]["did_id"], &listed[2]["did_description"]),
        (&json!(3), &Value::Null)
    );
    assert_eq!(response.body.lines().count(), 5, "a row a line");
}

fn hostile_descriptions_forge_nothing(backend: Backend) {
    let hostile = "\"a\", |b|\tc\r\nERROR: d\u{2028}'\\";
    let dids = json!([
        {"did_pattern": "7275550100", "did_description": hostile},
        {"did_pattern": "7275550101", "did_description": "Main line"},
    ]);
    let mut listing = with_dids(backend, dids);
    let body = list(&mut listing, "stage=csv&header=YES").body;
    let mut reader = csv::Reader::from_reader(body.as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().map(|r| r.expect("a record")).collect();
    assert_eq!(records.len(), 2);
    assert_eq!(
        (&records[0][0], &records[0][1], &records[1][1]),
        ("7275550100", hostile, "Main line")
    );

    let body = list(&mut listing, "stage=json").body;
    let listed: Vec<BTreeMap<String, Value>> = serde_json::from_str(&body).expect("JSON");
    assert_eq!(listed[0]["did_description"], hostile);

    let body = list(&mut listing, "stage=pipe").body;
    let shown = "7275550100|\"a\",  b  c  ERROR: d '\\|Y|EXTEN|";
    assert!(body.starts_with(shown), "{body}");
    assert_eq!(body.lines().count(), 2);
    assert!(
        body.lines().all(|line| line.matches('|').count() == 16),
        "{body}"
    );

    let body = list(&mut listing, "stage=tab").body;
    let shown = "7275550100\t\"a\", |b| c  ERROR: d '\\\tY\tEXTEN\t";
    assert!(body.starts_with(shown), "{body}");
    assert!(
        body.lines().all(|line| line.matches('\t').count() == 16),
        "{body}"
    );
}

fn each_filter_lets_its_own_through(backend: Backend) {
    let dids = json!([
        {"did_pattern": "7275550100", "did_description": "Clearwater main", "did_route": "IN_GROUP", "group_id": "TEST_IN2"},
        {"did_pattern": "7275550101", "did_description": "50% off_hours", "did_active": "N", "user_group": "SALES"},
        {"did_pattern": "727555", "did_description": "50 of hours", "did_route": "CALLMENU", "user_group": "SUPPORT"},
        {"did_pattern": "_XX*", "did_description": "Señal única"},
        {"did_pattern": "AXX9", "did_description": null, "did_active": "N"},
    ]);
    let mut tables = vec![("vicidial_inbound_dids", dids)];
    tables.push(("system_settings", json!([{"use_non_latin": "1"}])));
    let mut listing = with_tables("documented", backend, tables);
    let all = ["_XX*", "727555", "7275550100", "7275550101", "AXX9"];
    for (query, expected) in [
        ("", &all[..]),
        ("did_pattern=727555", &["727555"]),
        ("did_pattern=7275550", &[]),
        (
            "did_pattern=727555*",
            &["727555", "7275550100", "7275550101"],
        ),
        ("did_pattern=72755501*", &["7275550100", "7275550101"]),
        ("did_pattern=*", &all),
        // An underscore is an underscore, and case counts for nothing.
        ("did_pattern=_X*", &["_XX*"]),
        ("did_pattern=axx9", &["AXX9"]),
        ("did_pattern=ax*", &["AXX9"]),
        ("did_pattern=9*", &[]),
        ("active=N", &["7275550101", "AXX9"]),
        ("did_active=N", &["7275550101", "AXX9"]),
        ("active=Y", &["_XX*", "727555", "7275550100"]),
        ("did_route=CALLMENU", &["727555"]),
        ("did_route=VOICEMAIL", &[]),
        ("group=TEST_IN2", &["7275550100"]),
        ("group_id=test_in2", &["7275550100"]),
        ("group=NOSUCH", &[]),
        ("user_group_filter=SALES", &["7275550101"]),
        ("user_group_filter=sales", &["7275550101"]),
        (
            "user_group_filter=---ALL---",
            &["_XX*", "7275550100", "AXX9"],
        ),
        ("search=WATER", &["7275550100"]),
        ("search=50", &["727555", "7275550100", "7275550101"]),
        ("search=50%25", &["7275550101"]),
        ("search=off_", &["7275550101"]),
        ("search=0%25o", &[]),
        ("search=of", &["727555", "7275550101"]),
        ("search=xx", &["_XX*", "AXX9"]),
        ("search=senal", &["_XX*"]),
        ("search=%C3%91AL%20%C3%9A", &["_XX*"]),
        ("search=_XX*", &["_XX*"]),
        (
            "did_pattern=7*&active=Y&search=hours&user_group_filter=SUPPORT",
            &["727555"],
        ),
        ("did_pattern=7275550100&active=N", &[]),
    ] {
        assert_eq!(patterns(&mut listing, "6666", query), expected, "{query}");
    }
    let nothing = list(&mut listing, "did_pattern=9*&active=Y&group=A|B&search=x").body;
    assert_eq!(
        nothing,
        "NOTICE: did_list NO RECORDS FOUND - 6666|9*|Y||A B||x\n"
    );
    let nothing = list(&mut listing, "stage=json&offset=5");
    assert_eq!(
        nothing.body,
        "NOTICE: did_list NO RECORDS FOUND - 6666||||||\n"
    );
    assert_eq!(
        nothing.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
}

fn pages_follow_each_other(backend: Backend) {
    // One more than two of the pages in which they are read.
    let numbers: Vec<String> = (0..2001).map(|n| format!("2{n:09}")).collect();
    let dids: Vec<Value> = numbers
        .iter()
        .rev()
        .map(|n| json!({"did_pattern": n}))
        .collect();
    let mut listing = with_dids(backend, dids.into());
    assert_eq!(
        patterns(&mut listing, "6666", ""),
        numbers[..1000],
        "1000 where records is not sent"
    );
    for (query, expected) in [
        ("records=1", 0..1),
        ("records=999", 0..999),
        ("records=1001", 0..1001),
        ("records=2000", 0..2000),
        ("records=2001", 0..2001),
        ("records=100000", 0..2001),
        ("records=100000&offset=1", 1..2001),
        ("records=1000&offset=1000", 1000..2000),
        ("records=1000&offset=2000", 2000..2001),
        ("records=2&offset=1999", 1999..2001),
        ("offset=2001", 0..0),
        ("offset=4294967295", 0..0),
        ("after=2000000999&records=3", 1000..1003),
        ("after=2000000999", 1000..2000),
        ("after=2000000999x&records=2001", 1000..2001),
        ("after=2000000999&offset=1&records=1", 1001..1002),
        ("after=20000009&did_pattern=20000010*&records=1", 1000..1001),
        ("after=2000001005&did_pattern=20000010*", 1006..1100),
        ("after=2000001005&did_pattern=2000001006", 1006..1007),
        ("after=2000001006&did_pattern=2000001006", 0..0),
        ("after=9", 0..0),
        ("after=%20!", 0..1000),
    ] {
        assert_eq!(
            patterns(&mut listing, "6666", query),
            numbers[expected],
            "{query}"
        );
    }
    for count in [1000, 2000, 2001] {
        let body = list(&mut listing, &format!("stage=json&records={count}")).body;
        let listed: Vec<BTreeMap<String, Value>> = serde_json::from_str(&body).expect("JSON");
        assert_eq!(listed.len(), count);
        let body = list(
            &mut listing,
            &format!("stage=csv&header=YES&records={count}"),
        )
        .body;
        assert_eq!(
            csv::Reader::from_reader(body.as_bytes()).records().count(),
            count
        );
    }
    let found: Vec<String> = listing
        .database
        .rows("vicidial_api_log")
        .iter()
        .map(|row| row["result_reason"].as_str().expect("a text").to_owned())
        .filter(|reason| reason.ends_with(": 2000") || reason.ends_with(": 2001"))
        .collect();
    assert_eq!(found.len(), 2 + 2 + 3 + 1, "{found:?}");
}

fn a_user_sees_the_rows_of_its_scope(backend: Backend) {
    let dids = json!([
        {"did_pattern": "1000", "user_group": "---ALL---"},
        {"did_pattern": "1001", "user_group": "sales"},
        {"did_pattern": "1002", "user_group": "SUPPORT"},
        {"did_pattern": "1003", "user_group": "EXEC"},
        {"did_pattern": "1004", "user_group": ""},
        {"did_pattern": "1005", "user_group": null},
    ]);
    let mut listing = with_dids(backend, dids);
    let all = ["1000", "1001", "1002", "1003", "1004", "1005"];
    assert_eq!(patterns(&mut listing, "6666", ""), all);
    // A level of 7 is enough.
    assert_eq!(patterns(&mut listing, "1002", ""), all);
    // Of the group SALES, which sees ` SALES SUPPORT `.
    assert_eq!(
        patterns(&mut listing, "1007", ""),
        ["1000", "1001", "1002", "1004"]
    );
    assert_eq!(
        patterns(&mut listing, "1007", "records=2&offset=1"),
        ["1001", "1002"]
    );
    assert!(patterns(&mut listing, "1007", "user_group_filter=EXEC").is_empty());
    // Of a group that does not exist.
    assert_eq!(patterns(&mut listing, "1016", ""), ["1000", "1004"]);
}

fn bad_values_are_refused(backend: Backend) {
    let mut listing = with_dids(backend, three_dids());
    for (query, reason, data) in [
        ("records=abc", "RECORDS MUST BE FROM 1 TO 100000", "abc"),
        ("records=0", "RECORDS MUST BE FROM 1 TO 100000", "0"),
        ("records=-5", "RECORDS MUST BE FROM 1 TO 100000", "-5"),
        ("records=1.5", "RECORDS MUST BE FROM 1 TO 100000", "1.5"),
        (
            "records=100001",
            "RECORDS MUST BE FROM 1 TO 100000",
            "100001",
        ),
        (
            "records=99999999999999999999",
            "RECORDS MUST BE FROM 1 TO 100000",
            "99999999999999999999",
        ),
        (
            "offset=x",
            "OFFSET MUST BE A NUMBER FROM 0 TO 4294967295",
            "x",
        ),
        (
            "offset=-1",
            "OFFSET MUST BE A NUMBER FROM 0 TO 4294967295",
            "-1",
        ),
        (
            "offset=4294967296",
            "OFFSET MUST BE A NUMBER FROM 0 TO 4294967295",
            "4294967296",
        ),
        ("stage=xml", "STAGE MUST BE pipe, csv, tab OR json", "xml"),
        ("stage=CSV", "STAGE MUST BE pipe, csv, tab OR json", "CSV"),
        ("active=X", "ACTIVE MUST BE Y OR N", "X"),
        ("did_route=SIDEWAYS", "DID ROUTE IS NOT VALID", "SIDEWAYS"),
        // Nothing of these is left by the parameters' rules: the list would not be what was asked for.
        ("active=n", "THE VALUE HAS NO VALID CHARACTERS", "active"),
        (
            "did_pattern=%C3%A9",
            "THE VALUE HAS NO VALID CHARACTERS",
            "did_pattern",
        ),
        ("search=%22", "THE VALUE HAS NO VALID CHARACTERS", "search"),
    ] {
        let expected =
            format!("ERROR: did_list {reason}, THIS IS AN OPTIONAL FIELD - 6666|{data}\n");
        assert_eq!(list(&mut listing, query).body, expected, "{query}");
    }
    // Empty is not sent.
    let all = list(&mut listing, "").body;
    let empty = list(
        &mut listing,
        "stage=&header=&did_pattern=&active=&did_route=&group=&user_group_filter=&search=&records=&offset=",
    );
    assert_eq!(empty.body, all);

    for (user, expected) in [
        (
            "1003",
            "ERROR: did_list USER DOES NOT HAVE PERMISSION TO LIST DIDS - 1003\n",
        ),
        (
            "1006",
            "ERROR: did_list USER DOES NOT HAVE PERMISSION TO LIST DIDS - 1006\n",
        ),
        (
            "1004",
            "ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION - 1004|did_list\n",
        ),
        (
            "1008",
            "ERROR: Login incorrect, please try again - 1008|BAD\n",
        ),
    ] {
        assert_eq!(listing.ask_as(user, "did_list").body, expected);
    }
    let sourceless = listing
        .client
        .get("source=x&user=6666&pass=1234&function=did_list");
    assert_eq!(sourceless.body, "ERROR: Invalid Source - x\n");

    let mut wire = Site::speaking("wire", backend);
    assert_eq!(list(&mut wire, "").body, "ERROR: NO FUNCTION SPECIFIED\n");
}

fn what_was_asked_is_logged(backend: Backend) {
    let mut listing = with_dids(backend, three_dids());
    list(
        &mut listing,
        "stage=csv&did_pattern=7*&search=line&records=5",
    );
    list(&mut listing, "did_pattern=9");
    list(&mut listing, "stage=json");
    list(&mut listing, "stage=xml");
    let log: Vec<Vec<String>> = listing
        .database
        .rows("vicidial_api_log")
        .iter()
        .map(|row| {
            let text = |column: &str| row[column].as_str().unwrap_or_default().to_owned();
            ["user", "function", "result", "result_reason", "data"]
                .map(text)
                .into()
        })
        .collect();
    let list = |rest: [&str; 3]| {
        let mut row = vec!["6666".to_owned(), "did_list".to_owned()];
        row.extend(rest.map(str::to_owned));
        row
    };
    assert_eq!(
        log,
        [
            list(["SUCCESS", "did_list RECORDS FOUND: 1", "7*|||||line|csv"]),
            list(["NOTICE", "did_list NO RECORDS FOUND", "9|||||"]),
            list(["SUCCESS", "did_list RECORDS FOUND: 3", "||||||json"]),
            list([
                "ERROR",
                "did_list STAGE MUST BE pipe, csv, tab OR json, THIS IS AN OPTIONAL FIELD",
                "xml"
            ]),
        ]
    );
    assert_eq!(listing.database.rows("vicidial_api_urls").len(), 4);
    assert!(listing.database.rows("vicidial_admin_log").is_empty());
    let access = "function=did_list user=6666 source=test status=200 SUCCESS";
    assert!(listing.server.log().contains(access));
    assert!(!listing.server.log().contains("pass="));
}

fn the_documented_did_log(backend: Backend) {
    let mut listing = Site::start(backend);
    let calls = "3125551212|2010-12-03 12:00:01|7275551212|119\n3125551212|2010-12-03 12:01:01|7275551313|0\n";
    let header = "did_number|call_date|caller_id_number|length_in_sec\n";
    let query = "did_log_export&phone_number=3125551212&date=2010-12-03";
    for (rest, expected) in [
        ("", calls.to_owned()),
        ("&stage=pipe&header=YES", format!("{header}{calls}")),
        ("&stage=xml&header=yes", calls.to_owned()),
        (
            "&stage=tab&header=YES",
            format!("{header}{calls}").replace('|', "\t"),
        ),
        (
            "&stage=csv&header=YES",
            format!("{header}{calls}").replace('|', ","),
        ),
    ] {
        let response = listing.ask(&format!("{query}{rest}"));
        assert_eq!(response.body, expected, "{rest}");
        assert_eq!(
            response.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
    }
    for (user, query, expected) in [
        (
            "1003",
            "phone_number=3125551212&date=2010-12-03",
            "USER DOES NOT HAVE PERMISSION TO GET DID INFO - 1003|0",
        ),
        (
            "6666",
            "phone_number=3125551212&date=20101203",
            "INVALID SEARCH PARAMETERS - 6666|3125551212|20101203",
        ),
        (
            "6666",
            "date=2010-12-03",
            "INVALID SEARCH PARAMETERS - 6666||2010-12-03",
        ),
        (
            "6666",
            "phone_number=3125551212&date=2010-12-05",
            "NO RECORDS FOUND - 6666|3125551212|2010-12-05",
        ),
        (
            "6666",
            "phone_number=3125551212&date=2010-12-99",
            "NO RECORDS FOUND - 6666|3125551212|2010-12-99",
        ),
        (
            "6666",
            "phone_number=3125551212&date=----------",
            "NO RECORDS FOUND - 6666|3125551212|----------",
        ),
    ] {
        let body = listing
            .ask_as(user, &format!("did_log_export&{query}"))
            .body;
        assert_eq!(body, format!("ERROR: did_log_export {expected}\n"));
    }
    // The log is that of the wire.
    let log = listing.database.rows("vicidial_api_log");
    let logged = |index: usize| (&log[index]["result_reason"], &log[index]["data"]);
    assert_eq!(
        logged(4),
        (
            &json!("did_log_export RECORDS FOUND: 2"),
            &json!("6666|||2010-12-03|csv")
        )
    );
    assert_eq!(
        logged(6),
        (
            &json!("did_log_export INVALID SEARCH PARAMETERS"),
            &json!("6666|3125551212|20101203")
        )
    );
    assert_eq!(
        logged(8),
        (
            &json!("did_log_export NO RECORDS FOUND"),
            &json!("6666|||2010-12-05")
        )
    );
}

fn hostile_callers_forge_nothing(backend: Backend) {
    let call = |caller: Value, time: &str| json!({"uniqueid": time, "extension": "100", "caller_id_number": caller, "call_date": format!("2026-01-02 {time}")});
    let calls = json!([
        call(json!("a|b,\"c\"\nd"), "00:00:00"),
        call(json!(null), "23:59:59"),
    ]);
    let closer = json!([
        // Still under way, and one that ended before it came: the numbers are as they are.
        {"lead_id": 1, "call_date": "2026-01-02 00:00:07", "length_in_sec": null, "uniqueid": "00:00:00"},
        {"lead_id": 1, "call_date": "2026-01-02 23:59:00", "length_in_sec": 9, "uniqueid": "23:59:59"},
    ]);
    let tables = [("vicidial_did_log", calls), ("vicidial_closer_log", closer)];
    let mut listing = with_tables("documented", backend, tables.clone());
    let query = "did_log_export&phone_number=100&date=2026-01-02";
    let body = listing.ask(query).body;
    assert_eq!(
        body,
        "100|2026-01-02 00:00:00|a b,\"c\" d|7\n100|2026-01-02 23:59:59||-50\n"
    );
    let body = listing.ask(&format!("{query}&stage=csv")).body;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(body.as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().map(|r| r.expect("a record")).collect();
    assert_eq!(records.len(), 2);
    assert_eq!(&records[0][2], "a|b,\"c\"\nd");
    // The wire sends it as it is.
    let mut listing = with_tables("wire", backend, tables);
    for (stage, between) in [("pipe", "|"), ("tab", "\t"), ("csv", ",")] {
        let expected = "100;a|b,\"c\"\nd;2026-01-02 00:00:00;7\n100;;2026-01-02 23:59:59;-50\n";
        assert_eq!(
            listing.body(&format!("{query}&stage={stage}")),
            expected.replace(';', between)
        );
    }
}

fn a_day_of_many_calls_is_whole(backend: Backend) {
    // More than one of the pages in which they are read, 700 to a second, so that a page ends within a second.
    let calls: Vec<Value> = (0..6000)
        .map(|n| {
            let second = n / 700;
            json!({"uniqueid": format!("{second}.{n:05}"), "extension": "100", "caller_id_number": format!("{n}"),
                   "call_date": format!("2026-01-02 10:00:{second:02}")})
        })
        .collect();
    let closer: Vec<Value> = (0..6000)
        .step_by(1000)
        .map(|n| {
            let second = n / 700;
            json!({"lead_id": 1, "call_date": format!("2026-01-02 10:00:{second:02}"), "length_in_sec": n,
                   "uniqueid": format!("{second}.{n:05}")})
        })
        .collect();
    let tables = [
        ("vicidial_did_log", Value::from(calls)),
        ("vicidial_closer_log", Value::from(closer)),
    ];
    let mut listing = with_tables("documented", backend, tables);
    let query = "did_log_export&phone_number=100&date=2026-01-02";
    let body = listing.ask(query).body;
    let lines: Vec<&str> = body.lines().collect();
    assert_eq!(lines.len(), 6000);
    for (n, line) in lines.into_iter().enumerate() {
        let second = n / 700;
        let seconds = if n % 1000 == 0 { n } else { 0 };
        assert_eq!(
            line,
            format!("100|2026-01-02 10:00:{second:02}|{n}|{seconds}")
        );
    }
    let log = listing.database.rows("vicidial_api_log");
    assert_eq!(
        log[0]["result_reason"],
        "did_log_export RECORDS FOUND: 6000"
    );
}
