//! The number-form guard: a lost plus, a number that is there in another form.

use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database! {
    a_doubtful_number_is_done_with_a_warning
    strict_numbers_refuse_it
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
