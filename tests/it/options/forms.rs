//! The number-form guard: a lost plus, a number that is there in another form.

use crate::common::database::{Backend, Database, state};
use crate::common::site::Site;
use serde_json::json;

on_each_database_and_with_state! {
    a_doubtful_number_is_done_with_a_warning
    strict_numbers_refuse_it
    no_separator_is_stored_where_numbers_are_strict
    a_separator_that_is_stored_is_told_of
    a_server_writes_new_numbers_in_its_form
    the_wire_dialect_has_no_guard
}

/// A doubtful call; its warning; the strict refusal.
const DOUBTFUL: &[(&str, &str, &str)] = &[
    (
        "add_did&did_pattern=%252B17275550001",
        "did_pattern holds %2B, a plus that was encoded twice",
        "add_did DID PATTERN HOLDS %2B, A PLUS THAT WAS ENCODED TWICE - 6666|2B17275550001",
    ),
    (
        "add_did&did_pattern=+17275550002",
        "did_pattern begins with a space, a plus must be sent as %2B",
        "add_did DID PATTERN BEGINS WITH A SPACE, A PLUS MUST BE SENT AS %2B - 6666|17275550002",
    ),
    (
        "add_did&did_pattern=%2B17275551114",
        "+17275551114 is there as 7275551114",
        "add_did DID DIFFERS FROM ANOTHER ONLY BY A LEADING + OR 1 - 6666|+17275551114|7275551114",
    ),
    (
        "update_did&did_pattern=+7275551114&active=N",
        "did_pattern begins with a space, a plus must be sent as %2B",
        "update_did DID PATTERN BEGINS WITH A SPACE, A PLUS MUST BE SENT AS %2B - 6666|7275551114",
    ),
    (
        "update_did&did_pattern=%252B1&active=N",
        "did_pattern holds %2B, a plus that was encoded twice",
        "update_did DID PATTERN HOLDS %2B, A PLUS THAT WAS ENCODED TWICE - 6666|2B1",
    ),
    (
        "copy_did&source_did_pattern=+default&new_dids=7275550003",
        "source_did_pattern begins with a space, a plus must be sent as %2B",
        "copy_did SOURCE DID PATTERN BEGINS WITH A SPACE, A PLUS MUST BE SENT AS %2B - 6666|default",
    ),
    (
        "copy_did&source_did_pattern=default&new_dids=+17275550004,+17275550005",
        "new_dids begins with a space, a plus must be sent as %2B",
        "copy_did NEW DIDS BEGINS WITH A SPACE, A PLUS MUST BE SENT AS %2B - 6666|17275550004,17275550005",
    ),
    (
        "copy_did&source_did_pattern=default&new_dids=7275550006,17275551114,%2B7275551114,7275551114",
        "17275551114 is there as 7275551114, and 1 more are there in another form",
        "copy_did DID DIFFERS FROM ANOTHER ONLY BY A LEADING + OR 1 - 6666|17275551114|7275551114",
    ),
    (
        "add_did&did_pattern=727.555.0007x22",
        "did_pattern has more in it than a number, as an extension",
        "add_did DID PATTERN HAS MORE IN IT THAN A NUMBER, AS AN EXTENSION - 6666|727.555.0007x22",
    ),
    (
        "copy_did&source_did_pattern=default&new_dids=7275550008,7275550009/7275550010,(727)+555-0011/12",
        "new_dids is more than one number, and 1 more are doubtful",
        "copy_did DID PATTERN IS MORE THAN ONE NUMBER - 6666|72755500097275550010",
    ),
];

fn a_doubtful_number_is_done_with_a_warning(backend: Backend) {
    for (query, warning, _) in DOUBTFUL {
        let mut api = Site::start(backend);
        let before = api.stored();
        let response = api.ask(query);
        assert_eq!(
            response.header("x-vicishim-warning"),
            Some(*warning),
            "{query}"
        );
        assert_ne!(api.stored(), before);
        let line = format!("user=6666 {warning}");
        api.logs(&line);
        let harmless = "add_did&did_pattern=7275550100";
        assert_eq!(api.ask(harmless).header("x-vicishim-warning"), None);
    }
}

fn strict_numbers_refuse_it(backend: Backend) {
    let mut api = Site::start(backend);
    let dids = api.database.rows("vicidial_inbound_dids");
    for (query, _, refusal) in DOUBTFUL {
        let response = api.ask(&format!("{query}&strict_numbers=Y"));
        assert_eq!(response.body, format!("ERROR: {refusal}\n"), "{query}");
        assert_eq!(response.header("x-vicishim-warning"), None);
    }
    api.says(
        "add_did&did_pattern=7275550001&strict_numbers=on",
        "ERROR: add_did STRICT NUMBERS MUST BE Y OR N, THIS IS AN OPTIONAL FIELD - 6666|on\n",
    );
    assert_eq!(api.database.rows("vicidial_inbound_dids"), dids);
    api.says(
        "add_did&did_pattern=%2B17275550001&strict_numbers=Y",
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|+17275550001\n",
    );
}

fn no_separator_is_stored_where_numbers_are_strict(backend: Backend) {
    let mut api = Site::start(backend);
    let before = api.patterns();
    let mut stored = Vec::new();
    // Percent-encoded: dot, tel:, brackets, slash, underscore, dash and space of Unicode, a quotation mark, invisible ones.
    for separator in [
        ".",
        "/",
        "_",
        "-",
        ")+(",
        "%E2%80%93",
        "%E2%88%92",
        "%C2%A0",
        "%E2%80%AF",
        "%22",
        "%E2%80%8B",
        "%C2%B7",
    ] {
        let number = format!("72755501{:02}", stored.len());
        let written = [&number[..3], &number[3..6], &number[6..]].join(separator);
        let query = format!("add_did&did_pattern=tel:{written}&strict_numbers=Y");
        api.says(
            &query,
            &format!("SUCCESS: add_did DID HAS BEEN ADDED - 6666|{number}\n"),
        );
        stored.push(number);
        let number = format!("72755502{:02}", stored.len());
        let written = [&number[..3], &number[3..6], &number[6..]].join(separator);
        let query =
            format!("copy_did&source_did_pattern=default&new_dids={written}&strict_numbers=Y");
        let reply = api.body(&query);
        assert!(
            reply.starts_with(&format!(
                "NOTICE: copy_did DID HAS BEEN ADDED - 6666|{number}|"
            )),
            "{query}: {reply}"
        );
        stored.push(number);
    }
    for mixed in [
        "7275550001x22",
        "7275550001%2322",
        "7275550001,7275550002+ext.+22",
        "%D9%A7%D9%A2%D9%A75550001",
    ] {
        for query in [
            "add_did&did_pattern=",
            "copy_did&source_did_pattern=default&new_dids=",
        ] {
            let reply = api.body(&format!("{query}{mixed}&strict_numbers=Y"));
            assert!(
                reply.contains(" DID PATTERN ") && reply.starts_with("ERROR"),
                "{query}{mixed}: {reply}"
            );
        }
    }
    assert_eq!(api.patterns(), [before, stored].concat());
}

fn a_separator_that_is_stored_is_told_of(backend: Backend) {
    let mut api = Site::start(backend);
    let response = api.ask("add_did&did_pattern=727.555.0100");
    assert_eq!(
        response.body,
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|727.555.0100\n"
    );
    assert_eq!(
        response.header("x-vicishim-warning"),
        Some("did_pattern has separators that are stored, the number alone is 7275550100")
    );
    for pattern in ["_727555XXXX", "*98", "10.1", "sip.trunk.1"] {
        let response = api.ask(&format!("add_did&did_pattern={pattern}&strict_numbers=Y"));
        assert_eq!(
            response.body,
            format!("SUCCESS: add_did DID HAS BEEN ADDED - 6666|{pattern}\n")
        );
    }
    let patterns = [
        "727.555.0100",
        "7275550101 x22",
        "7275550102",
        "_727555XXXX",
    ];
    let dids = patterns
        .map(|pattern| json!({"did_pattern": pattern, "did_route": "EXTEN", "extension": "1"}));
    api.load(json!({ "vicidial_inbound_dids": dids }));
    let found = api.body("did_lint");
    for detail in [
        "|727.555.0100|malformed_number|no call finds it: the number has separators, without them it is 7275550100\n",
        "|7275550101 x22|malformed_number|no call finds it: the number has more in it than a number, as an extension\n",
    ] {
        assert!(found.contains(detail), "{found}");
    }
    assert_eq!(found.matches("malformed_number").count(), 2, "{found}");
}

fn a_server_writes_new_numbers_in_its_form(backend: Backend) {
    for (form, country, numbers) in [
        ("10", "1", ["7275550100", "7275550101", "7275550102"]),
        ("11", "1", ["17275550100", "17275550101", "17275550102"]),
        (
            "e164",
            "1",
            ["+17275550100", "+17275550101", "+17275550102"],
        ),
        (
            "e164",
            "44",
            ["+447275550100", "+447275550101", "+447275550102"],
        ),
    ] {
        let arguments = ["--number-form", form, "--country", country];
        let mut api = Site::on(Database::with(backend, &state()), &arguments);
        let before = api.patterns();
        let trunk = if country == "1" { "" } else { "0" };
        api.says(
            &format!("add_did&did_pattern={trunk}727.555.0100"),
            &format!(
                "SUCCESS: add_did DID HAS BEEN ADDED - 6666|{}\n",
                numbers[0]
            ),
        );
        let range = format!(
            "copy_did&source_did_pattern=default&new_dids={trunk}7275550101-{trunk}7275550102"
        );
        let reply = api.body(&range);
        assert!(
            reply.ends_with("SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|default|2|0\n"),
            "{reply}"
        );
        assert_eq!(
            api.patterns(),
            [before, numbers.map(str::to_owned).to_vec()].concat()
        );
        api.says(
            "add_did&did_pattern=%2B727555",
            "ERROR: add_did DID PATTERN IS NO NUMBER OF THIS COUNTRY - 6666|+727555\n",
        );
        api.says(
            "add_did&did_pattern=_72755XXXXX",
            "SUCCESS: add_did DID HAS BEEN ADDED - 6666|_72755XXXXX\n",
        );
    }
}

fn the_wire_dialect_has_no_guard(backend: Backend) {
    let mut api = Site::speaking("wire", backend);
    for (query, _, _) in DOUBTFUL {
        let response = api.ask(&format!("{query}&strict_numbers=Y"));
        assert_eq!(response.header("x-vicishim-warning"), None, "{query}");
        assert!(
            !response.body.contains("PLUS") && !response.body.contains("LEADING"),
            "{}",
            response.body
        );
    }
}
