use super::*;

const HEAD: &str = "line,number,result,reason,did_id,row\n";

fn copies() -> Job {
    Job::Copy {
        source: "default".to_owned(),
    }
}

fn open(path: &Path) -> (Report, Done) {
    Report::open(Some(path), &copies()).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(text: &str, job: &Job) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("report.csv");
    std::fs::write(&path, text).expect("a file");
    let error = Report::open(Some(&path), job).err().expect("a refusal");
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), text);
    assert!(super::done(&path, job).is_err());
    error
}

#[test]
fn a_report_says_what_is_done_and_a_later_line_takes_the_place_of_an_earlier_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("report.csv");
    let (mut report, _) = open(&path);
    report
        .write(&[
            Outcome {
                did_id: "12".to_owned(),
                ..Outcome::new("+1001", Word::Added).of(1, "a1")
            },
            Outcome::new("1002", Word::There).of(2, "a2"),
            Outcome::because("1003", Word::Refused, "NOT, \"NOW\"\r\nLATER").of(3, "a3"),
            Outcome::because("1004", Word::Unknown, "no answer").of(4, "a4"),
            Outcome::new("1002", Word::Duplicate).of(5, "a2"),
            Outcome::new("1004", Word::Duplicate).of(6, "a4"),
        ])
        .expect("written");
    report.finish().expect("written");
    let first = std::fs::read_to_string(&path).expect("the report");
    assert_eq!(
        first,
        format!(
            "{HEAD}1,+1001,added,,12,a1\n2,1002,there already,,,a2\n3,1003,refused,\"NOT, \"\"NOW\"\"  LATER\",,a3\n\
            4,1004,unknown,no answer,,a4\n5,1002,duplicate,,,a2\n6,1004,duplicate,,,a4\n"
        )
    );

    let (mut report, mut done) = open(&path);
    assert!(done.has("+1001", "a1") && done.has("1002", "a2"));
    assert!(!done.has("1003", "a3") && !done.has("1004", "a4") && !done.has("1005", "a5"));
    assert!(!done.has("1002", "b2"), "its row is another one now");
    assert!(done.take_duplicate("1002", "a2") && !done.take_duplicate("1002", "a2"));
    report
        .write(&[
            Outcome::new("1004", Word::There).of(4, "a4"),
            Outcome::new("1002", Word::There).of(2, "b2"),
        ])
        .expect("written");
    report.finish().expect("written");
    let second = std::fs::read_to_string(&path).expect("the report");
    let expected = first
        .replace("4,1004,unknown,no answer,,a4\n", "")
        .replace("2,1002,there already,,,a2\n", "")
        + "4,1004,there already,,,a4\n2,1002,there already,,,b2\n";
    assert_eq!(second, expected);
    assert!(!directory.path().join("report.csv.new").exists());
}

#[test]
fn a_line_that_a_kill_cut_off_is_dropped() {
    for cut in [
        "",
        "line,number,res",
        "line,number,result,reason,did_id,row\n1,1001,added,,12,a1\n2,10",
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("report.csv");
        std::fs::write(&path, cut).expect("a file");
        let (mut report, done) = open(&path);
        assert_eq!(done.has("1001", "a1"), cut.contains("1001"));
        report
            .write(&[Outcome::new("1002", Word::Added).of(2, "a2")])
            .expect("written");
        let text = std::fs::read_to_string(&path).expect("the report");
        assert!(
            text.starts_with(HEAD) && text.ends_with("\n2,1002,added,,,a2\n"),
            "{text:?}"
        );
    }
}

#[test]
fn a_file_that_is_no_report_of_this_job_is_left_alone() {
    for text in [
        "7275550100",
        "7275550100\n",
        "did_pattern,active\n72,Y\n",
        "number,result,reason,did_id\n72,added,,\n",
        "line,number,result,reason,did_id,row\n1,72,done,,,a1\n",
    ] {
        let error = refusal(text, &copies());
        assert!(error.contains("name a new file"), "{text:?}: {error}");
    }
    let added = format!("{HEAD}1,1001,added,,12,a1\n");
    assert!(refusal(&added, &Job::Update).contains("another job"));
    assert!(refusal(&format!("{HEAD}1,1001,deleted,,12,a1\n"), &Job::Add).contains("another job"));
}

#[test]
fn two_runs_do_not_write_one_report() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("report.csv");
    let first = open(&path);
    let error = Report::open(Some(&path), &copies())
        .err()
        .expect("a refusal");
    assert!(error.contains("another run"), "{error}");
    drop(first);
    open(&path);
}
