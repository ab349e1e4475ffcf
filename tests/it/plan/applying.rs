//! Doing what a plan says: all of it, nothing else, and back again.

use super::bench::Bench;
use crate::bulk::bench::{ended, never};
use crate::bulk::gate::{gate, signal, start, wait_for_line};
use crate::common::database::Backend;
use crate::common::scripted::{Act, Scripted};

on_each_database! {
    what_is_applied_is_as_the_table_says
}

on_our_own! {
    what_was_applied_is_taken_back_by_one_command
}

const TABLE: &str =
    "did_pattern,did_description,group\n7275551114,New name,\n+17275550100,First line,TEST_IN2\n";

fn what_is_applied_is_as_the_table_says(backend: Backend) {
    let bench = Bench::new(backend);
    let before = bench.dids();
    let (code, _, err) = bench.apply(TABLE, "");
    assert_eq!(code, Some(1));
    assert!(err.contains("there is nobody to ask"), "{err}");
    assert_eq!(bench.dids(), before);
    let (code, out, err) = bench.apply(TABLE, "--yes");
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("2 of 2 done"), "{out}");
    let added = bench
        .site
        .row("vicidial_inbound_dids", "did_pattern", "+17275550100");
    assert_eq!(
        (&added["group_id"], &added["did_description"]),
        (&"TEST_IN2".into(), &"First line".into())
    );
    assert_eq!(bench.dids().len(), before.len() + 1);
    for applied in [bench.plan(TABLE, ""), bench.apply(TABLE, "--yes")] {
        assert_eq!(applied.0, Some(0), "{}", applied.1);
    }
    let exported = bench.export();
    assert_eq!(bench.plan(&exported, "--delete-missing").0, Some(0));
}

fn what_was_applied_is_taken_back_by_one_command(backend: Backend) {
    let bench = Bench::new(backend);
    let before = bench.dids();
    let table = format!("{TABLE}did_system_filter,,\n");
    let (code, _, err) = bench.plan(&table, "--delete-missing --out plan.json");
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("more than a third"), "{err}");
    let (code, _, err) = bench.runs("apply plan.json --yes");
    assert_eq!(code, Some(1));
    assert!(err.contains("--force"), "{err}");
    assert_eq!(bench.dids(), before);
    let (code, out, err) = bench.runs("apply plan.json --yes --force");
    assert_eq!(code, Some(0), "{err}");
    let mut left = bench.site.patterns();
    left.sort();
    assert_eq!(
        left,
        ["+17275550100", "7275551114", "default", "did_system_filter"]
    );
    bench.takes_back(&out);
    assert_eq!(bench.dids(), before);
}

#[test]
fn a_server_that_has_moved_on_is_left_alone() {
    let mut bench = Bench::new(Backend::Sqlite);
    let table = format!("{TABLE}7275550101,Other line,\n");
    assert_eq!(bench.plan(&table, "--out plan.json").0, Some(2));
    bench
        .site
        .body("update_did&did_pattern=7275551114&did_description=Somebody+else");
    bench
        .site
        .body("add_did&did_pattern=7275550101&did_description=Somebody+too");
    let before = bench.dids();
    let (code, _, err) = bench.runs("apply plan.json --yes --force");
    assert_eq!(code, Some(1));
    assert!(err.contains("7275551114 did_description was"), "{err}");
    assert!(
        err.contains("is planned as New name, and is Somebody else"),
        "{err}"
    );
    assert!(
        err.contains(
            "7275550101 did_description was nothing, is planned as Other line, and is Somebody too"
        ),
        "{err}"
    );
    assert!(
        err.contains("2 DIDs were changed since the plan was made"),
        "{err}"
    );
    assert_eq!(bench.dids(), before);
}

#[test]
fn an_apply_that_is_interrupted_goes_on_and_all_of_it_is_taken_back() {
    let bench = Bench::new(Backend::Sqlite);
    let before = bench.dids();
    let rows: String = (100..140)
        .map(|at| format!("7275550{at},Line {at}\n"))
        .collect();
    let (gate, script) = gate(10);
    let front = Scripted::start(bench.site.server.address, never, script);
    bench.write(&format!("did_pattern,did_description\n{rows}"));
    let (plan, apply) = ("plan dids.csv --out plan.json", "apply plan.json --yes");
    // The plan is made for the address behind which the gate is.
    let planned = bench.runs(plan);
    assert_eq!(planned.0, Some(2), "{}", planned.2);
    let text = std::fs::read_to_string(bench.file("plan.json")).expect("a plan");
    let [behind, before_it] =
        [bench.site.server.address, front.address].map(|address| address.to_string());
    std::fs::write(bench.file("plan.json"), text.replace(&behind, &before_it)).expect("a plan");
    let mut child = start(&mut bench.command_at(front.address, apply));
    gate.wait_for(4);
    signal(&child, "INT");
    wait_for_line(&mut child, "stopping after the calls under way");
    gate.open();
    let (code, out, _) = ended(child.wait_with_output().expect("it ends"));
    assert_eq!(code, Some(130), "{out}");
    let done = bench.dids().len() - before.len();
    assert!((1..40).contains(&done), "{done}");
    assert!(out.contains(&format!("{done} of 40 done")), "{out}");
    let (code, out, err) = ended(
        bench
            .command_at(front.address, apply)
            .output()
            .expect("it runs"),
    );
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains(&format!("{done} are done already")), "{out}");
    assert!(!out.contains("are not in it"), "{out}");
    assert_eq!(bench.dids().len(), before.len() + 40);
    bench.takes_back(&out);
    assert_eq!(bench.dids(), before);
}

#[test]
fn what_the_server_says_is_looked_at() {
    let bench = Bench::new(Backend::Sqlite);
    let liar = |request: &crate::common::scripted::Request| match request.parameter("function")
        == "update_did"
        && request.parameter("dry_run").is_empty()
    {
        true => Act::Answer(
            200,
            "SUCCESS: update_did DID HAS BEEN UPDATED - apiuser|7275551114\n",
        ),
        false => Act::Pass,
    };
    let front = Scripted::start(bench.site.server.address, never, liar);
    bench.write("did_pattern,did_description\n7275551114,New name\n");
    let (code, _, err) = ended(
        bench
            .command_at(front.address, "apply dids.csv --yes")
            .output()
            .expect("it runs"),
    );
    assert_eq!(code, Some(1), "{err}");
    assert!(
        err.contains("1 DIDs are not as planned: 7275551114"),
        "{err}"
    );
}

#[test]
fn a_file_that_is_no_plan_or_another_servers_is_refused() {
    let bench = Bench::new(Backend::Sqlite);
    let before = bench.dids();
    let step = |server: &str, step: &str| {
        format!(r#"{{"vicishim_plan": 1, "server": "{server}", "there": 9, "steps": [{step}]}}"#)
    };
    let here = format!(
        "http://{}/vicidial/non_agent_api.php",
        bench.site.server.address
    );
    for (text, error) in [
        ("{}".to_owned(), "it is no plan of `vicishim plan`"),
        (
            step("http://dialer/x.php", ""),
            "it was made for http://dialer/x.php",
        ),
        (
            step(
                &here,
                r#"{"do": "delete", "number": "DEFAULT", "before": {}}"#,
            ),
            "it deletes DEFAULT, which is never deleted",
        ),
        (
            step(
                &here,
                r#"{"do": "add", "number": "100", "set": {"did_id": "1"}}"#,
            ),
            "100: nothing sets the column did_id",
        ),
        (
            step(
                &here,
                r#"{"do": "delete", "number": "727-5551114", "before": {}}"#,
            ),
            "727-5551114: a call cannot name it",
        ),
        (
            step(&here, r#"{"do": "drop", "number": "100"}"#),
            "unknown variant",
        ),
    ] {
        std::fs::write(bench.file("plan.json"), &text).expect("a plan");
        let (code, _, err) = bench.runs("apply plan.json --yes --force");
        assert_eq!(code, Some(1), "{text}");
        assert!(err.contains(error), "{text}: {err}");
    }
    assert_eq!(bench.dids(), before);
}

#[test]
fn a_value_that_the_server_stores_otherwise_is_not_called_done() {
    // Its system setting use_non_latin is off: it drops the letter, and answers SUCCESS.
    let bench = Bench::new(Backend::Sqlite);
    let (code, out, err) = bench.apply(
        "did_pattern,did_description\n7275551114,Café line\n",
        "--yes",
    );
    assert_eq!(code, Some(1), "{out}");
    assert!(
        err.contains("1 DIDs are not as planned: 7275551114"),
        "{err}"
    );
    bench.takes_back(&out);
}

#[test]
fn an_answer_that_is_lost_is_not_forgotten() {
    let bench = Bench::new(Backend::Sqlite);
    let loses = |request: &crate::common::scripted::Request| {
        let is_dry_run = !request.parameter("dry_run").is_empty();
        match request.parameter("did_pattern") == "7275550101" && !is_dry_run {
            true => Act::PassAndDrop,
            false => Act::Pass,
        }
    };
    let front = Scripted::start(bench.site.server.address, never, loses);
    bench.write("did_pattern\n7275550100\n7275550101\n7275550102\n");
    let (code, out, err) = ended(
        bench
            .command_at(front.address, "apply dids.csv --yes")
            .output()
            .expect("it runs"),
    );
    // It was done all the same, and that was looked at.
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("7275550101: no answer"), "{err}");
    assert!(out.contains("2 of 3 done"), "{out}");
    assert!(out.contains("1 answers were lost"), "{out}");
}

#[test]
fn an_output_that_nobody_reads_stops_nothing() {
    let bench = Bench::new(Backend::Sqlite);
    bench.write(TABLE);
    let mut child = start(&mut bench.command_at(bench.site.server.address, "apply dids.csv --yes"));
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(bench.plan(TABLE, "").0, Some(0));
}

#[test]
fn what_the_command_does_not_take_back_is_said() {
    let bench = Bench::new(Backend::Sqlite);
    assert_eq!(bench.plan(TABLE, "--out plan.json").0, Some(2));
    // Half of it was done by somebody else.
    let half = "did_pattern,did_description\n7275551114,New name\n";
    assert_eq!(bench.apply(half, "--yes").0, Some(0));
    let (code, out, err) = bench.runs("apply plan.json --yes");
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("1 are done already"), "{out}");
    assert!(
        out.contains("1 changes are not in it: their numbers are not known"),
        "{out}"
    );
}
