//! What is exported has nothing to do, whatever is in it and whichever program has written it again.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::bench::Bench;
use crate::common::database::Backend;

on_each_database_and_with_state! { an_export_has_nothing_to_do }

/// The same table as another program writes it.
fn written_again(table: &str, delimiter: u8, style: csv::QuoteStyle, is_windows: bool) -> Vec<u8> {
    let mut records = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(table.as_bytes());
    let terminator = match is_windows {
        true => csv::Terminator::CRLF,
        false => csv::Terminator::Any(b'\n'),
    };
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .quote_style(style)
        .terminator(terminator)
        .from_writer(if is_windows {
            b"\xEF\xBB\xBF".to_vec()
        } else {
            Vec::new()
        });
    for record in records.records() {
        writer
            .write_record(&record.expect("a record"))
            .expect("a record");
    }
    writer.into_inner().expect("a table")
}

fn nothing_to_do(bench: &Bench, table: &[u8]) {
    std::fs::write(bench.file("dids.csv"), table).expect("a table");
    let (code, out, err) = bench.runs("plan dids.csv --delete-missing");
    let table = String::from_utf8_lossy(table);
    assert_eq!(code, Some(0), "{out}{err}{table}");
    assert!(
        out.starts_with("0 to add, 0 to change, 0 to delete; "),
        "{out}"
    );
}

fn in_all_forms(bench: &Bench) {
    let table = bench.export();
    nothing_to_do(bench, table.as_bytes());
    for (delimiter, style, is_windows) in [
        // LibreOffice with all texts in quotation marks; a German Excel; a list with tabs.
        (b',', csv::QuoteStyle::NonNumeric, false),
        (b';', csv::QuoteStyle::Necessary, true),
        (b'\t', csv::QuoteStyle::Always, true),
    ] {
        nothing_to_do(bench, &written_again(&table, delimiter, style, is_windows));
    }
}

fn an_export_has_nothing_to_do(backend: Backend) {
    in_all_forms(&Bench::new(backend));
}

#[test]
fn random_dids_have_nothing_to_do() {
    let bench = Bench::new(Backend::Sqlite);
    let value = || {
        prop_oneof![
            Just(String::new()),
            "[ -~äéß日]{1,20}",
            "[\"',;\t\n=+@-]{1,9}",
            "[a-z, ]{50}"
        ]
    };
    let did = (value(), value(), value(), any::<bool>());
    let dids = proptest::collection::vec(did, 0..30);
    let mut runner = TestRunner::new(Config {
        cases: 12,
        failure_persistence: None,
        ..Config::default()
    });
    let tried = runner.run(&dids, |dids| {
        let row = |(at, (name, description, extension, is_active)): (usize, &(String, String, String, bool))| {
            let name: String = name.trim().chars().take(30).collect();
            json!({
                "did_id": at + 1, "did_pattern": format!("{at}{name}x"), "did_description": description,
                "extension": extension, "did_active": if *is_active { "Y" } else { "N" }, "did_carrier_description": description,
            })
        };
        let rows: Vec<_> = dids.iter().enumerate().map(row).collect();
        bench.site.load(json!({ "vicidial_inbound_dids": rows }));
        in_all_forms(&bench);
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_server_without_dids_exports_the_header_row() {
    let bench = Bench::new(Backend::Sqlite);
    bench.site.load(json!({ "vicidial_inbound_dids": [] }));
    assert!(bench.export().starts_with("did_pattern,did_description,"));
    assert_eq!(bench.export().lines().count(), 1);
    in_all_forms(&bench);
}

#[test]
fn what_was_applied_has_nothing_to_do() {
    let bench = Bench::new(Backend::Sqlite);
    let route = prop_oneof![Just("EXTEN"), Just("IN_GROUP"), Just("CALLMENU")];
    let row = (
        "[0-9]{1,2}",
        "([a-z][a-zA-Z0-9 ,.-]{3}[a-z]{2})?",
        "[YN]",
        route,
        "([a-z0-9_-]{1,50})?",
    );
    let table = proptest::collection::vec(row, 1..12);
    let mut runner = TestRunner::new(Config {
        cases: 8,
        failure_persistence: None,
        ..Config::default()
    });
    let tried = runner.run(&table, |rows| {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = [
            "did_pattern",
            "did_description",
            "did_active",
            "did_route",
            "extension",
        ];
        writer.write_record(header).expect("a row");
        let mut numbers = std::collections::BTreeSet::new();
        for (end, description, active, route, extension) in &rows {
            let number = format!("72755501{end}");
            if numbers.insert(number.clone()) {
                writer
                    .write_record([&number, description, active, *route, extension])
                    .expect("a row");
            }
        }
        let table = String::from_utf8(writer.into_inner().expect("a table")).expect("UTF-8");
        let (code, out, err) = bench.apply(&table, "--yes --force --delete-missing");
        assert_eq!(code, Some(0), "{table}{out}{err}");
        nothing_to_do(&bench, table.as_bytes());
        let there = bench.site.patterns();
        assert_eq!(
            there.len(),
            numbers.len() + 1,
            "those of the table, and default"
        );
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}
