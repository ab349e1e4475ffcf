use super::*;
use crate::api::did;

fn server(rows: &[(&str, &[(&str, &str)])]) -> Dids {
    let did = |(number, values): &(&str, &[(&str, &str)])| Listed {
        number: (*number).to_owned(),
        values: values
            .iter()
            .map(|(column, value)| ((*column).to_owned(), (*value).to_owned()))
            .collect(),
    };
    Dids::of(rows.iter().map(did).collect())
}

fn compare(table: &str, server: &Dids, deletes_missing: bool) -> Found {
    let table = Table::parse(table.as_bytes(), &did::RULES).expect("a table");
    Comparing {
        rules: did::RULES,
        table: &table,
        server,
        selection: None,
        form: NumberForm::default(),
        deletes_missing,
    }
    .run()
}

fn lines(found: &Found) -> Vec<String> {
    found.steps.iter().map(Step::to_string).collect()
}

#[test]
fn what_differs_is_a_step() {
    let server = server(&[
        ("100", &[("did_description", "One line"), ("group_id", "A")]),
        ("200", &[("did_description", " spaced "), ("group_id", "")]),
        ("300", &[("did_description", "a\nb"), ("group_id", "")]),
        ("default", &[]),
    ]);
    let table = "did_pattern;group;did_description\r\n\
        100;;\"New. line\"\r\n200;;spaced\r\n300;;\"a\nb\"\r\n(400) ;B;\r\n";
    let found = compare(table, &server, true);
    assert_eq!(found.errors, [""; 0]);
    assert_eq!(
        lines(&found),
        [
            "~ 100 did_description: One line → New. line",
            "+ 400 group_id: B"
        ]
    );
    assert_eq!(
        (found.unchanged, found.left),
        (2, vec!["100 group_id".to_owned()])
    );
}

#[test]
fn what_is_missing_is_deleted_where_that_is_asked_for_but_never_what_vicidial_needs() {
    let server = server(&[("100", &[]), ("DEFAULT", &[]), ("did_system_filter", &[])]);
    let found = compare("did_pattern,active\n", &server, false);
    assert_eq!((lines(&found).len(), found.missing), (0, 3));
    let found = compare("did_pattern,active\n", &server, true);
    assert_eq!(lines(&found), ["- 100"]);
    assert_eq!(found.missing, 2);
}

#[test]
fn what_cannot_be_done_is_named_with_its_line() {
    let server = server(&[
        (
            "100",
            &[
                ("user_group", "A"),
                ("did_id", "7"),
                ("did_description", "Line"),
            ],
        ),
        ("10-0", &[("did_description", "Line")]),
    ]);
    for (table, error) in [
        (
            "did_pattern,user_group\n\n100,B\n",
            "line 3: 100 user_group: nothing changes this column: A → B",
        ),
        (
            "did_pattern,did_id\n100,8\n",
            "line 2: 100 did_id: nothing changes this column: 7 → 8",
        ),
        (
            "did_pattern,did_id\n200,8\n",
            "line 2: 200 did_id: nothing gives a new DID this value (8): empty the cell",
        ),
        (
            "did_pattern\n100\n\"100 \"\n",
            "line 3: 100 is on line 2 already",
        ),
        (
            "did_pattern\n100x22222222\n",
            "line 2: 100x22222222: THE NUMBER HAS MORE IN IT THAN A NUMBER, AS AN EXTENSION",
        ),
        (
            "did_pattern\n\"2\n3\"\n",
            "line 2: \"2\\n3\": it has a line break: is a quotation mark not closed?",
        ),
        (
            "did_pattern,did_description\n100,Tom & Co\n",
            "line 2: 100 did_description: Tom & Co has characters that the API drops: it would become Tom  Co",
        ),
        (
            "did_pattern,did_description\n10-0,Other\n",
            "line 2: 10-0: a call cannot name it, it would mean 100",
        ),
    ] {
        assert_eq!(compare(table, &server, false).errors, [error], "{table}");
    }
    let found = compare(
        "did_pattern,user_group,did_id,modify_stamp\n100,A,7,2026\n",
        &server,
        false,
    );
    assert_eq!((found.errors.len(), found.unchanged), (0, 1));
    let found = compare(
        "did_pattern,user_group,did_description\n200,---ALL---,\n100,,\n",
        &server,
        false,
    );
    assert_eq!(lines(&found), ["+ 200"]);
    assert_eq!(found.left, ["100 user_group", "100 did_description"]);
}

#[test]
fn a_header_row_that_cannot_be_understood_is_refused() {
    for (table, error) in [
        (
            "",
            "it has no header row, which names the column did_pattern",
        ),
        ("group\n", "the header row has no column did_pattern"),
        (
            "did_pattern,group,GROUP_ID\n",
            "the header row names GROUP_ID twice",
        ),
        (
            "did_pattern,did_pattern\n",
            "the header row names did_pattern twice",
        ),
        (
            "did_pattern,campaign_id\n",
            "the header row: did_list does not show campaign_id, so it cannot be compared: set it with `vicishim bulk update-did`",
        ),
        (
            "did_pattern,active\n100,Y,Z\n",
            "line 2: 3 columns, but 2 in the header row; a value with a comma must be quoted",
        ),
        (
            "did_pattern\0",
            "it is no text; save a spreadsheet as CSV UTF-8",
        ),
        (
            "did_pattern,\u{FFFD}\n",
            "the header row: there is no column \"\u{FFFD}\", there are did_pattern, did_description, did_active, did_route, extension, exten_context, voicemail_ext, phone, server_ip, user, group_id, menu_id, record_call, user_group, did_carrier_description, did_id, modify_stamp",
        ),
    ] {
        assert_eq!(
            Table::parse(table.as_bytes(), &did::RULES),
            Err(error.to_owned()),
            "{table}"
        );
    }
}
