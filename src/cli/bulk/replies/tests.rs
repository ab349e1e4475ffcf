use super::*;

fn copies() -> Job {
    Job::Copy {
        source: "1000".to_owned(),
    }
}

fn outcomes(job: &Job, numbers: &[&str], text: &str) -> Vec<Outcome> {
    match read(job, numbers, "6666", text) {
        Reply::Outcomes(outcomes) => outcomes,
        Reply::Stop(why) => panic!("{text:?} stops: {why}"),
    }
}

fn stops(text: &str) -> String {
    match read(&Job::Add, &["1000"], "6666", text) {
        Reply::Stop(why) => why,
        Reply::Outcomes(outcomes) => panic!("{text:?} does not stop: {outcomes:?}"),
    }
}

/// The outcome of a call for 1000.
fn one(job: &Job, text: &str) -> (Word, String) {
    let outcome = outcomes(job, &["1000"], text).remove(0);
    (outcome.word, outcome.reason)
}

#[test]
fn one_number_s_answer_is_read_in_both_dialects() {
    let (add, update) = (Job::Add, Job::Update);
    for text in [
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|1000\n",
        "<br />\n<b>Warning</b>: something - odd|1000\nSUCCESS: add_did DID HAS BEEN ADDED - 6666|1000\r\n",
    ] {
        assert_eq!(one(&add, text), (Word::Added, String::new()));
    }
    for text in [
        "ERROR: add_did DID ALREADY EXISTS - 6666|1000\n",
        "ERROR: add_did DID ALREADY EXISTS: |6666|1000\n",
    ] {
        assert_eq!(one(&add, text), (Word::There, String::new()));
    }
    for text in [
        "ERROR: add_did LIST ID MUST BE FROM 3 TO 14 DIGITS, THIS IS AN OPTIONAL FIELD - 6666|1\n",
        "ERROR: add_did LIST ID MUST BE FROM 3 TO 14 DIGITS, THIS IS AN OPTIONAL FIELD: |6666|1\n",
    ] {
        let reason =
            "LIST ID MUST BE FROM 3 TO 14 DIGITS, THIS IS AN OPTIONAL FIELD (1)".to_owned();
        assert_eq!(one(&add, text), (Word::Refused, reason));
    }
    for text in [
        "NOTICE: update_did NO UPDATES DEFINED - 6666|\n",
        "NOTICE: update_did NO UPDATES DEFINED: |6666|\n",
    ] {
        assert_eq!(
            one(&update, text),
            (Word::Refused, "NO UPDATES DEFINED".to_owned())
        );
    }
    assert_eq!(
        one(
            &update,
            "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|1000\n"
        )
        .0,
        Word::Updated
    );
    let deleted = outcomes(
        &update,
        &["1000"],
        "SUCCESS: update_did DID HAS BEEN DELETED - 6666|1000|23\n",
    );
    assert_eq!(
        (deleted[0].word, deleted[0].did_id.as_str()),
        (Word::Deleted, "23")
    );
}

#[test]
fn an_answer_that_is_none_leaves_the_outcome_unknown() {
    for text in [
        "",
        "<html>welcome</html>",
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|1001\n",
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|10",
        "SUCCESS: add_did SOMETHING ELSE - 6666|1000\n",
    ] {
        assert_eq!(one(&Job::Add, text).0, Word::Unknown, "{text:?}");
    }
    assert_eq!(one(&Job::Add, "").1, "the answer is empty");
}

#[test]
fn a_copy_s_answer_is_read_number_by_number() {
    let notices = "NOTICE: copy_did DID ALREADY EXISTS - 6666|1001\n\
        NOTICE: copy_did DID HAS BEEN ADDED - 6666|1002|1000|12|1\n\
        NOTICE: copy_did DID PATTERN MUST BE FROM 2 TO 50 CHARACTERS - 6666|1\n";
    for last in [
        "SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|1000|1|2\n",
        "SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|1000|1|2",
    ] {
        let text = format!("{notices}{last}");
        let found = outcomes(&copies(), &["1001", "1002", "1", "1003"], &text);
        let words: Vec<Word> = found.iter().map(|outcome| outcome.word).collect();
        assert_eq!(
            words,
            [Word::There, Word::Added, Word::Refused, Word::Unknown]
        );
        assert_eq!(found[1].did_id, "12");
        assert_eq!(
            found[2].reason,
            "DID PATTERN MUST BE FROM 2 TO 50 CHARACTERS"
        );
        assert_eq!(found[3].reason, "the answer has no line for it");
    }
    for text in [
        "NOTICE: copy_did DID ALREADY EXISTS - 6666|1001\nERROR: copy_did NO DIDS ADDED - 6666|1000|0|1\n",
        "NOTICE: copy_did DID ALREADY EXISTS - 6666|1001\nERROR: copy_did NO DIDS ADDED: |6666|1000|0|1\n",
    ] {
        assert_eq!(outcomes(&copies(), &["1001"], text)[0].word, Word::There);
    }
}

#[test]
fn a_description_that_stops_a_copy_refuses_the_numbers_after_it() {
    let reason = "DID DESCRIPTION MUST BE EITHER BLANK OR FROM 6 TO 50 CHARACTERS, THIS IS AN OPTIONAL FIELD";
    for separator in [" - ", ": |"] {
        let text = format!(
            "NOTICE: copy_did DID ALREADY EXISTS - 6666|1001\nERROR: copy_did {reason}{separator}6666|012\n"
        );
        let found = outcomes(&copies(), &["1001", "1002", "1003"], &text);
        assert_eq!(found[0].word, Word::There);
        for outcome in &found[1..] {
            assert_eq!(outcome.word, Word::Refused);
            assert_eq!(outcome.reason, format!("{reason} (012)"));
        }
    }
}

#[test]
fn an_answer_that_was_cut_off_says_nothing_of_the_rest() {
    let text = "NOTICE: copy_did DID HAS BEEN ADDED - 6666|1002|1000|12|1\nNOTICE: copy_did DID ALREADY EXISTS - 6666|10";
    let found = outcomes(&copies(), &["1002", "1003", "10"], text);
    let words: Vec<Word> = found.iter().map(|outcome| outcome.word).collect();
    assert_eq!(words, [Word::Added, Word::Unknown, Word::Unknown]);
}

#[test]
fn a_refused_sign_in_or_permission_stops_the_run_without_the_password() {
    for (text, said) in [
        (
            "ERROR: Login incorrect, please try again - 6666|BAD\n",
            "the sign-in of user 6666: Login incorrect",
        ),
        (
            "ERROR: Login incorrect, please try again: |6666|Pa-ss_99|BAD|\n",
            "the sign-in of user 6666: Login incorrect",
        ),
        (
            "ERROR: Login incorrect, please try again: |6666|LOCK|BAD|\n",
            "Login incorrect, please try again",
        ),
        (
            "ERROR: Login incorrect, please try again: |6666|Pa-ss_99|2FA|\n",
            "(2FA)",
        ),
        (
            "ERROR: Too many login attempts, try again in 15 minutes: |6666|LOCK|\n",
            "15 minutes (LOCK)",
        ),
        (
            "ERROR: Your IP Address is not allowed: 127.0.0.1: ||IPBLOCK|\n",
            "not allowed: 127.0.0.1",
        ),
        (
            "ERROR: Your IP Address is not allowed - 6666|IPBLOCK|127.0.0.1\n",
            "not allowed",
        ),
        (
            "ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: |6666|add_did|\n",
            "user 6666: USER DOES NOT",
        ),
        (
            "ERROR: add_did USER DOES NOT HAVE PERMISSION TO ADD DIDS - 6666\n",
            "PERMISSION TO ADD DIDS",
        ),
        (
            "ERROR: add_did USER DOES NOT HAVE PERMISSION TO ADD DIDS: |6666|0\n",
            "PERMISSION TO ADD DIDS",
        ),
        (
            "ERROR: Invalid Source - x\nERROR: Invalid Source: |x|\n",
            "--source",
        ),
        ("ERROR: NO FUNCTION SPECIFIED\n", "does not know"),
        (
            "ERROR: copy_did SOURCE DID DOES NOT EXIST: |6666|1000\n",
            "SOURCE DID DOES NOT EXIST",
        ),
    ] {
        let why = stops(text);
        assert!(why.contains(said), "{text:?}: {why}");
        assert!(
            !why.contains("Pa-ss_99") && !why.ends_with("again (LOCK)"),
            "{why}"
        );
    }
}

#[test]
fn an_excerpt_is_one_short_line() {
    assert_eq!(excerpt(" a\r\n\tb "), "a b");
    assert_eq!(excerpt(&"é ".repeat(500)).chars().count(), 121);
}

#[test]
fn a_server_may_answer_in_the_form_that_it_writes_numbers_in() {
    let text = "NOTICE: copy_did DID HAS BEEN ADDED - 6666|+17275550100|default|11|1\n\
                NOTICE: copy_did DID ALREADY EXISTS - 6666|+17275550101\n\
                SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|default|1|1\n";
    let job = Job::Copy {
        source: "default".to_owned(),
    };
    let words: Vec<Word> = outcomes(&job, &["7275550100", "17275550101", "7275550102"], text)
        .iter()
        .map(|outcome| outcome.word)
        .collect();
    assert_eq!(words, [Word::Added, Word::There, Word::Unknown]);
    let added = outcomes(
        &Job::Add,
        &["7275550100"],
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|+17275550100\n",
    );
    assert_eq!(added[0].word, Word::Added);
}
