use super::*;

fn copies() -> Job {
    Job::Copy {
        source: "default".to_owned(),
    }
}

fn parse(text: &str) -> List {
    List::parse(text.as_bytes(), &copies(), NumberForm::default())
        .unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn numbers(text: &str) -> Vec<String> {
    let list = parse(text);
    assert!(list.refused.is_empty(), "{:?}", list.refused);
    list.rows.into_iter().map(|row| row.number).collect()
}

fn refusal(text: &str, job: &Job) -> String {
    match List::parse(text.as_bytes(), job, NumberForm::default()) {
        Ok(list) => panic!("{text:?} is read as {list:?}"),
        Err(error) => error,
    }
}

#[test]
fn a_text_has_a_number_on_each_line_however_it_is_written() {
    for text in [
        "+1 (727) 555-0100\n727.555.0101\n\n7275550102\n",
        "\u{FEFF}+1 (727) 555-0100\r\n727.555.0101\r\n \r\n7275550102",
        "  +1-727-555-0100\r727.555.0101\r7275550102\t\r",
        "\"+1 727 555 0100\"\n'727.555.0101'\n\u{200E}7275550102\u{A0}\n",
    ] {
        assert_eq!(
            numbers(text),
            ["+17275550100", "7275550101", "7275550102"],
            "{text:?}"
        );
    }
    assert_eq!(
        numbers("_727555XXXX\n*98#\nñandú:2\n"),
        ["_727555XXXX", "*98#", "ñandú:2"]
    );
}

#[test]
fn a_header_row_gives_each_number_its_fields() {
    for delimiter in [",", ";", "\t"] {
        let text = "did_pattern,active,did_description\n7275550100,Y,\"Main, first\"\n7275550101\n"
            .replace("active,", "ACTIVE,")
            .replace("\"Main, first\"", "\"Main: first\"")
            .replace(',', delimiter);
        let list = List::parse(text.as_bytes(), &Job::Add, NumberForm::default()).expect("a list");
        assert_eq!(list.columns, ["active", "did_description"]);
        assert_eq!(list.rows[0].values, ["Y", "Main: first"]);
        assert_eq!(list.rows[1].values, ["", ""]);
    }
    let list = List::parse(
        b"did_pattern,group_id\n72,TEST\n",
        &Job::Add,
        NumberForm::default(),
    )
    .expect("a list");
    assert_eq!(list.columns, ["group"]);
    let list = parse("did_description,new_did\n\"Main, first\",7275550100\n");
    assert_eq!(list.rows[0].values, ["Main, first"]);
    assert_eq!(list.rows[0].number, "7275550100");
}

#[test]
fn what_cannot_be_a_number_is_refused_before_anything_is_sent() {
    let long = "7".repeat(51);
    for number in [
        "7",
        "---",
        "7.27556E+09",
        "%2B17275550100",
        "٧٢٧٥٥٥٠١٠٠",
        "727555٠١٠٠",
        "7275550100-7275550199",
        "7275550100 7275550101",
        "7275550100;7275550101",
        "727.555.0100 x22",
        "727-555-0100/01",
        &long,
    ] {
        let list = parse(&format!("new_did\t\n{number}\n"));
        assert_eq!(list.rows.len(), 0, "{number}");
        assert_eq!(list.refused.len(), 1, "{number}");
    }
    assert_eq!(parse(&format!("{}\n", &long[1..])).rows.len(), 1);
}

#[test]
fn a_list_that_cannot_be_understood_is_not_begun() {
    let said = |text: &str, words: &str| {
        let error = refusal(text, &Job::Add);
        assert!(error.contains(words), "{text:?}: {error}");
    };
    said("", "no number");
    said("\n\r\n", "no number");
    said("did_pattern\n", "no number");
    said("did_pattern,did_rout\n7275550100,EXTEN\n", "\"did_rout\"");
    said(
        "did_pattern,active,did_active\n72,Y,Y\n",
        "did_active twice",
    );
    said("did_pattern,active,active\n72,Y,Y\n", "active twice");
    said("active\nY\n", "no column did_pattern");
    said("Phone number\n7275550100\n", "did_pattern");
    said("7275550100,Main line\n", "line 1: more than one column");
    said(
        "72755501\n7275550101,7275550102\n",
        "line 2: more than one column",
    );
    said(
        "did_pattern,did_description\n72,Main, first\n",
        "line 2: 3 columns",
    );
    said(
        "72755501\n\"7275550101\n7275550102\n",
        "line 2: a quotation mark",
    );
    said("7\u{0}2\u{0}", "no text");
    let error = List::parse(
        b"did_pattern,did_description\n72,caf\xE9 one\n",
        &Job::Add,
        NumberForm::default(),
    );
    assert_eq!(error.map(|_| ()), Err("line 2: it is not UTF-8".to_owned()));
}

#[test]
fn an_update_needs_something_to_set() {
    assert!(refusal("7275550100\n", &Job::Update).contains("header row"));
    assert!(refusal("did_pattern\n7275550100\n", &Job::Update).contains("header row"));
    let list = List::parse(
        b"did_pattern,delete_did\n72,Y\n",
        &Job::Update,
        NumberForm::default(),
    )
    .expect("a list");
    assert_eq!(list.columns, ["delete_did"]);
    assert!(refusal("did_pattern,delete_did\n72,Y\n", &Job::Add).contains("delete_did"));
}
