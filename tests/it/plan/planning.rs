//! What a plan says, and what it refuses.

use super::bench::Bench;
use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database! {
    a_plan_says_what_is_to_be_done_and_changes_nothing
}

fn a_plan_says_what_is_to_be_done_and_changes_nothing(backend: Backend) {
    let bench = Bench::new(backend);
    let before = (bench.dids(), bench.site.database.rows("vicidial_admin_log"));
    let table = "did_pattern,did_description,group\n7275551114,\"New, name\",\n+1 (727) 555-0100,First line,TEST_IN2\n";
    let (code, out, err) = bench.plan(table, "");
    assert_eq!(code, Some(2), "{err}");
    let lines: Vec<&str> = out.lines().collect();
    let old = &bench
        .site
        .row("vicidial_inbound_dids", "did_pattern", "7275551114")["did_description"];
    let old = old.as_str().expect("a text");
    assert_eq!(
        lines[0],
        format!("~ 7275551114 did_description: {old} → \"New, name\"")
    );
    assert_eq!(
        lines[1],
        "+ +17275550100 did_description: First line, group_id: TEST_IN2"
    );
    assert!(
        lines[2].starts_with("1 to add, 1 to change, 0 to delete; 0 unchanged, "),
        "{out}"
    );
    assert!(
        lines[2].ends_with(" not in the file are left alone"),
        "{out}"
    );
    assert!(
        err.contains("1 empty cells leave the server's value as it is: 7275551114 group_id"),
        "{err}"
    );
    let after = (bench.dids(), bench.site.database.rows("vicidial_admin_log"));
    assert_eq!(after, before);
}

#[test]
fn what_the_server_would_refuse_is_an_error_and_there_is_no_plan() {
    let bench = Bench::new(Backend::Sqlite);
    for (table, error) in [
        (
            "did_pattern,did_route\n7275551114,12\n",
            "7275551114: DID ROUTE IS NOT VALID, THIS IS AN OPTIONAL FIELD (12)",
        ),
        (
            "did_pattern,group\n7275550100,NOSUCH\n",
            "7275550100: GROUP ID MUST BE A VALID INBOUND GROUP IN THE SYSTEM, THIS IS AN OPTIONAL FIELD (NOSUCH)",
        ),
        (
            "did_pattern,user_group\n7275551114,SALES\n",
            "line 2: 7275551114 user_group: nothing changes this column: ---ALL--- → SALES",
        ),
        (
            "did_pattern,nosuch\n7275551114,1\n",
            "there is no column \"nosuch\"",
        ),
    ] {
        let (code, out, err) = bench.plan(table, "--out plan.json");
        assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
        assert!(err.contains(error), "{err}");
        assert!(!bench.file("plan.json").exists());
    }
    let (code, _, err) = bench.apply(
        "did_pattern,did_route\n7275551114,12\n7275550100,EXTEN\n",
        "--yes",
    );
    assert_eq!(code, Some(1));
    assert!(err.contains("nothing was changed"), "{err}");
    assert!(!bench.site.patterns().contains(&"7275550100".to_owned()));
}

#[test]
fn wrong_arguments_are_not_taken_for_changes() {
    let bench = Bench::new(Backend::Sqlite);
    for arguments in [
        "plan",
        "plan dids.csv --nosuch",
        "plan dids.csv --where nosuch=1",
    ] {
        assert_eq!(bench.runs(arguments).0, Some(1), "{arguments}");
    }
    assert_eq!(bench.runs("plan nowhere.csv").0, Some(1));
    assert_eq!(bench.runs("apply dids.csv --nosuch").0, Some(2));
}

#[test]
fn where_limits_what_is_exported_changed_and_deleted() {
    let bench = Bench::new(Backend::Sqlite);
    let (code, out, _) = bench.runs("export --where did_pattern=727*");
    assert_eq!(code, Some(0));
    let exported = out.lines().skip(1).count();
    let there = bench.site.patterns();
    let meant = there
        .iter()
        .filter(|pattern| pattern.starts_with("727"))
        .count();
    assert_eq!(exported, meant);
    let (code, out, err) = bench.plan(
        "did_pattern,active\n",
        "--where did_pattern=727* --delete-missing",
    );
    assert_eq!(code, Some(2), "{err}");
    assert!(
        out.contains(&format!("0 to add, 0 to change, {meant} to delete")),
        "{out}"
    );
    assert!(err.contains("more than a third"), "{err}");
    let (code, _, err) = bench.plan(
        "did_pattern,active\ndefault,N\n",
        "--where did_pattern=727*",
    );
    assert_eq!(code, Some(1));
    assert!(
        err.contains("line 2: default is there, but --where leaves it out"),
        "{err}"
    );
}

#[test]
fn numbers_are_those_that_the_server_stores() {
    let database = crate::common::database::Database::with_state(Backend::Sqlite);
    let bench = Bench::on(Site::on(database, &["--number-form", "e164"]));
    let table = "did_pattern\n(727) 555-0100\n";
    let (code, _, err) = bench.plan(table, "");
    assert_eq!(code, Some(1));
    assert!(
        err.contains("7275550100: the server would store it as +17275550100"),
        "{err}"
    );
    let (code, out, err) = bench.apply(table, "--number-form e164 --yes");
    assert_eq!(code, Some(0), "{err}{out}");
    assert_eq!(bench.plan(table, "--number-form e164").0, Some(0));
}

#[test]
fn a_server_without_dry_runs_or_lists_is_refused() {
    let bench = Bench::on(Site::speaking("wire", Backend::Sqlite));
    let (code, _, err) = bench.plan("did_pattern\n7275550100\n", "");
    assert_eq!(code, Some(1));
    assert!(
        err.contains("the server does not know this function"),
        "{err}"
    );
}
