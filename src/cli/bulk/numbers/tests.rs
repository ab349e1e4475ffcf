use super::*;

fn copies() -> Job {
    Job::Copy {
        source: "default".to_owned(),
    }
}

fn plain() -> Reading {
    Reading {
        form: NumberForm::default(),
        columns: Vec::new(),
        set: Vec::new(),
    }
}

fn parse(text: &str) -> List {
    List::parse(text.as_bytes(), &copies(), &plain())
        .unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn numbers(text: &str) -> Vec<String> {
    let list = parse(text);
    assert!(list.refused.is_empty(), "{:?}", list.refused);
    list.rows.into_iter().map(|row| row.number).collect()
}

fn refusal(text: &str, job: &Job) -> String {
    match List::parse(text.as_bytes(), job, &plain()) {
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
        let list = List::parse(text.as_bytes(), &Job::Add, &plain()).expect("a list");
        assert_eq!(list.columns, ["active", "did_description"]);
        assert_eq!(list.rows[0].values, ["Y", "Main: first"]);
        assert_eq!(list.rows[1].values, ["", ""]);
    }
    let list =
        List::parse(b"did_pattern,group_id\n72,TEST\n", &Job::Add, &plain()).expect("a list");
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
        &plain(),
    );
    assert_eq!(error.map(|_| ()), Err("line 2: it is not UTF-8".to_owned()));
}

#[test]
fn an_update_needs_something_to_set() {
    assert!(refusal("7275550100\n", &Job::Update).contains("header row"));
    assert!(refusal("did_pattern\n7275550100\n", &Job::Update).contains("header row"));
    let list =
        List::parse(b"did_pattern,delete_did\n72,Y\n", &Job::Update, &plain()).expect("a list");
    assert_eq!(list.columns, ["delete_did"]);
    assert!(refusal("did_pattern,delete_did\n72,Y\n", &Job::Add).contains("delete_did"));
}

/// Pairs as the flags give them.
fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

#[test]
fn columns_are_mapped_and_fields_are_set_for_rows_without_them() {
    let text = "Phone,Notes,Queue,did_description\n7275550100,x,SALES,Main line\n7275550101,y,,\n";
    let reading = Reading {
        columns: pairs(&[("phone", "did_pattern"), ("Notes", "-"), ("Queue", "group")]),
        set: pairs(&[("did_route", "IN_GROUP"), ("group_id", "TEST_IN2")]),
        ..plain()
    };
    let list = List::parse(text.as_bytes(), &Job::Add, &reading).expect("a list");
    assert_eq!(list.columns, ["group", "did_description", "did_route"]);
    assert_eq!(list.rows[0].values, ["SALES", "Main line", "IN_GROUP"]);
    assert_eq!(list.rows[1].values, ["TEST_IN2", "", "IN_GROUP"]);
    assert_eq!((list.rows[0].line, list.rows[1].line), (2, 3));
    let refused = |columns: &[(&str, &str)], set: &[(&str, &str)], words: &str| {
        let reading = Reading {
            columns: pairs(columns),
            set: pairs(set),
            ..plain()
        };
        let error = List::parse(text.as_bytes(), &Job::Add, &reading).expect_err("a refusal");
        assert!(error.contains(words), "{error}");
    };
    refused(
        &[("Phone", "number")],
        &[],
        "--column Phone=number: there is no such field in add_did",
    );
    refused(&[("Telephone", "did_pattern")], &[], "no column Telephone");
    refused(
        &[("Phone", "did_pattern"), ("Queue", "group")],
        &[],
        "--column \"Notes\"=- leaves it out",
    );
    let all = [("Phone", "did_pattern"), ("Notes", "-"), ("Queue", "group")];
    refused(
        &all,
        &[("colour", "red")],
        "--set colour: there is no such field",
    );
    // A plain list needs no header row where all is set.
    let reading = Reading {
        set: pairs(&[("active", "N")]),
        ..plain()
    };
    let list = List::parse(b"7275550100\n", &Job::Update, &reading).expect("a list");
    assert_eq!(
        (list.columns, &list.rows[0].values[..]),
        (vec!["active"], &["N".to_owned()][..])
    );
}

#[test]
fn what_did_list_prints_goes_back_in() {
    let text = "did_pattern,did_active,did_route,phone,server_ip,user,group_id,user_group,did_carrier_description,did_id,modify_stamp\n\
                7275550100,Y,PHONE,cc100,10.0.0.1,,,---ALL---,,7,2026-01-01 00:00:00\n";
    for job in [Job::Add, Job::Update] {
        let list = List::parse(text.as_bytes(), &job, &plain()).expect("a list");
        assert_eq!(
            list.columns,
            [
                "active",
                "did_route",
                "phone_extension",
                "server_ip",
                "user_id",
                "group"
            ]
        );
        assert_eq!(
            list.rows[0].values,
            ["Y", "PHONE", "cc100", "10.0.0.1", "", ""]
        );
        assert_eq!(
            list.left_out,
            [
                "user_group",
                "did_carrier_description",
                "did_id",
                "modify_stamp"
            ]
        );
    }
}

#[test]
fn a_hash_is_that_of_what_is_sent() {
    let hash = |text: &str, job: &Job| {
        let list = List::parse(text.as_bytes(), job, &plain()).expect("a list");
        list.hash(job, &list.rows[0])
    };
    let first = hash(
        "did_pattern,active,did_route\n7275550100,Y,EXTEN\n",
        &Job::Add,
    );
    assert_eq!(first.len(), 16);
    assert_eq!(
        hash(
            "did_route,did_pattern,active,group\nEXTEN,727-555-0100,Y,\n",
            &Job::Add
        ),
        first
    );
    for other in [
        hash(
            "did_pattern,active,did_route\n7275550100,N,EXTEN\n",
            &Job::Add,
        ),
        hash(
            "did_pattern,active,did_route\n7275550101,Y,EXTEN\n",
            &Job::Add,
        ),
        hash(
            "did_pattern,active,did_route\n7275550100,Y,EXTEN\n",
            &Job::Update,
        ),
        hash(
            "did_pattern,active,did_route\n7275550100,EXTEN,Y\n",
            &Job::Add,
        ),
    ] {
        assert_ne!(other, first);
    }
    let other = Job::Copy {
        source: "7275551114".to_owned(),
    };
    assert_ne!(
        hash("7275550100\n", &copies()),
        hash("7275550100\n", &other)
    );
}

#[test]
fn a_row_has_the_line_that_an_editor_shows() {
    for end in ["\n", "\r\n", "\r"] {
        let text = "1001\n\n\n1002\n \n1003\n\"1004\"\n7\n".replace('\n', end);
        let list = parse(&text);
        let lines: Vec<u64> = list.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [1, 4, 6, 7], "{end:?}");
        assert_eq!(list.refused[0].line, 8);
    }
    let list = List::parse(
        b"\xEF\xBB\xBFdid_pattern\r\n\r\n1001\r\n",
        &Job::Add,
        &plain(),
    )
    .expect("a list");
    assert_eq!(list.rows[0].line, 3);
}
