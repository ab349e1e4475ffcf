//! How a call ended, without reading its lines.

use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database_and_with_state! {
    each_reply_says_how_it_ended
}

#[test]
fn a_source_that_the_log_cuts_is_a_warning() {
    let warning = "source is cut to 20 characters in vicidial_api_log";
    for (dialect, source, expected) in [
        ("documented", "abcdefghijklmnopqrst", None),
        ("documented", "abcdefghijklmnopqrstu", Some(warning)),
        ("wire", "abcdefghijklmnopqrstu", None),
    ] {
        let mut api = Site::speaking(dialect, Backend::Sqlite);
        let call = "user=6666&pass=1234&function=add_did&did_pattern=7275550100";
        let response = api.client.get(&format!("source={source}&{call}"));
        assert_eq!(
            response.body,
            "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550100\n"
        );
        assert_eq!(response.header("x-vicishim-warning"), expected, "{source}");
        let logged = api.last("vicidial_api_log", "api_id");
        assert_eq!(logged["source"], "abcdefghijklmnopqrst");
    }
}

fn each_reply_says_how_it_ended(backend: Backend) {
    for dialect in ["documented", "wire"] {
        let mut api = Site::speaking(dialect, backend);
        for (query, result, copies) in [
            ("add_did&did_pattern=7275550001", "SUCCESS", None),
            ("add_did&did_pattern=7275550001", "ERROR", None),
            ("update_did&did_pattern=7275550001", "NOTICE", None),
            ("nothing_of_that_name", "ERROR", None),
            ("version", "SUCCESS", None),
            ("coffee", "ERROR", None),
            ("ingroup_list", "SUCCESS", None),
            ("did_log_export&phone_number=1&date=x", "ERROR", None),
            (
                "copy_did&source_did_pattern=default&new_dids=7275550001,7275550002,7275550003,1",
                "SUCCESS",
                Some(("2", "2")),
            ),
            (
                "copy_did&source_did_pattern=default&new_dids=7275550002",
                "ERROR",
                Some(("0", "1")),
            ),
            (
                "copy_did&source_did_pattern=default&new_dids=7275550004&did_description=short",
                "ERROR",
                Some(("0", "1")),
            ),
            (
                "copy_did&source_did_pattern=nowhere&new_dids=7275550004",
                "ERROR",
                None,
            ),
        ] {
            let response = api.ask(query);
            assert_eq!(
                response.header("x-vicishim-result"),
                Some(result),
                "{query}: {}",
                response.body
            );
            let counts = ["x-vicishim-added", "x-vicishim-refused"].map(|n| response.header(n));
            let copies: [Option<&str>; 2] = match copies {
                Some((added, refused)) => [Some(added), Some(refused)],
                None => [None, None],
            };
            assert_eq!(counts, copies, "{query}");
        }
        let failed = api
            .server
            .client()
            .get("source=test&user=6666&pass=wrong&function=version2");
        assert_eq!(failed.header("x-vicishim-result"), Some("ERROR"));
        if dialect == "documented" {
            let list = api.ask("did_list");
            assert_eq!(list.header("x-vicishim-result"), Some("SUCCESS"));
        }
    }
}
