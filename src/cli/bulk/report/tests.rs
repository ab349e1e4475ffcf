use super::*;

const HEAD: &str = "number,result,reason,did_id\n";

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
                ..Outcome::new("+1001", Word::Added)
            },
            Outcome::new("1002", Word::There),
            Outcome::because("1003", Word::Refused, "NOT, \"NOW\"\r\nLATER"),
            Outcome::because("1004", Word::Unknown, "no answer"),
            Outcome::new("1002", Word::Duplicate),
            Outcome::new("1004", Word::Duplicate),
        ])
        .expect("written");
    report.finish().expect("written");
    let first = std::fs::read_to_string(&path).expect("the report");
    assert_eq!(
        first,
        format!(
            "{HEAD}+1001,added,,12\n1002,there already,,\n1003,refused,\"NOT, \"\"NOW\"\"  LATER\",\n1004,unknown,no answer,\n\
            1002,duplicate,,\n1004,duplicate,,\n"
        )
    );

    let (mut report, mut done) = open(&path);
    assert!(done.has("+1001") && done.has("1002"));
    assert!(!done.has("1003") && !done.has("1004") && !done.has("1005"));
    assert!(done.take_duplicate("1002") && !done.take_duplicate("1002"));
    report
        .write(&[Outcome::new("1004", Word::There)])
        .expect("written");
    report.finish().expect("written");
    let second = std::fs::read_to_string(&path).expect("the report");
    let expected = first.replace("1004,unknown,no answer,\n", "") + "1004,there already,,\n";
    assert_eq!(second, expected);
    assert!(!directory.path().join("report.csv.new").exists());
}

#[test]
fn a_line_that_a_kill_cut_off_is_dropped() {
    for cut in [
        "",
        "number,res",
        "number,result,reason,did_id\n1001,added,,12\n10",
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("report.csv");
        std::fs::write(&path, cut).expect("a file");
        let (mut report, done) = open(&path);
        assert_eq!(done.has("1001"), cut.contains("1001"));
        report
            .write(&[Outcome::new("1002", Word::Added)])
            .expect("written");
        let text = std::fs::read_to_string(&path).expect("the report");
        assert!(
            text.starts_with(HEAD) && text.ends_with("\n1002,added,,\n"),
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
        "number,result,reason,did_id\n72,done,,\n",
    ] {
        let error = refusal(text, &copies());
        assert!(error.contains("name a new file"), "{text:?}: {error}");
    }
    let added = format!("{HEAD}1001,added,,12\n");
    assert!(refusal(&added, &Job::Update).contains("another job"));
    assert!(refusal(&format!("{HEAD}1001,deleted,,12\n"), &Job::Add).contains("another job"));
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
