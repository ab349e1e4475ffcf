//! Ctrl-C and kill, and going on afterwards.

use super::bench::{Bench, counted, counts, ended, never, numbers, run};
use super::gate::{gate, signal, start, wait_for_line};
use crate::common::database::Backend;
use crate::common::scripted::Scripted;

#[test]
fn ctrl_c_stops_after_the_calls_under_way_and_a_second_run_goes_on() {
    let bench = Bench::new(Backend::Sqlite, "wire");
    let (gate, script) = gate(3);
    let front = Scripted::start(bench.site.server.address, never, script);
    let list = numbers(5000);
    let mut command = bench.reported(front.address, "copy-did", &list.join("\n"));
    let mut child = start(&mut command);
    gate.wait_for(4);
    signal(&child, "INT");
    wait_for_line(&mut child, "stopping after the calls under way");
    gate.open();
    let (code, out, _) = ended(child.wait_with_output().expect("it ends"));
    assert_eq!(code, Some(130), "{out}");
    assert_eq!(front.count(), 7, "the calls under way, and no more");
    let done = front.numbers().len();
    assert_eq!(counted(&out, "added"), Some(done), "{out}");
    assert_eq!(counted(&out, "left to do"), Some(5000 - done), "{out}");
    assert_eq!(bench.results(), counts(&[("added", done)]));

    let (code, out, _) = run(&mut command);
    assert_eq!(code, Some(0), "{out}");
    assert_eq!(counted(&out, "done before"), Some(done), "{out}");
    let mut asked = front.numbers();
    asked.sort();
    assert_eq!(asked, list, "each number was asked for once");
    assert_eq!(bench.results(), counts(&[("added", 5000)]));
}

#[test]
fn a_second_ctrl_c_stops_at_once_and_leaves_the_calls_under_way_unknown() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    let (gate, script) = gate(1);
    let front = Scripted::start(bench.site.server.address, never, script);
    let mut command = bench.reported(front.address, "add-did", &numbers(9).join("\n"));
    let mut child = start(&mut command);
    gate.wait_for(4);
    signal(&child, "INT");
    wait_for_line(&mut child, "stopping");
    signal(&child, "TERM");
    let (code, out, _) = ended(child.wait_with_output().expect("it ends"));
    gate.open();
    assert_eq!(
        (code, counted(&out, "left to do")),
        (Some(130), Some(4)),
        "{out}"
    );
    assert_eq!(bench.results(), counts(&[("added", 1), ("unknown", 4)]));
}

#[test]
fn a_killed_run_loses_no_more_than_the_calls_under_way() {
    let bench = Bench::new(Backend::Sqlite, "documented");
    let (gate, script) = gate(5);
    let front = Scripted::start(bench.site.server.address, never, script);
    let list = numbers(20);
    let mut command = bench.reported(front.address, "add-did", &list.join("\n"));
    command.args(["--parallel", "2"]);
    let mut child = start(&mut command);
    gate.wait_for(2);
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    gate.open();
    assert_eq!(bench.results(), counts(&[("added", 5)]));
    let (code, out, _) = run(&mut command);
    assert_eq!(
        (code, counted(&out, "done before")),
        (Some(0), Some(5)),
        "{out}"
    );
    assert_eq!(front.count(), 22);
    assert_eq!(bench.report().0.len(), 20);
    assert_eq!(bench.dids("did_active").len(), 26);
}
