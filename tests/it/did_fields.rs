//! The fields of a DID in `add_did` and `update_did`: bounds and words that the recordings do not show
//! (fixtures/reference/behaviour.md §5).

use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database! {
    one_character_is_enough_where_no_more_is_asked_for
    a_fixed_word_is_compared_exactly
}

const UPDATE: &str = "update_did&did_pattern=default";

fn one_character_is_enough_where_no_more_is_asked_for(backend: Backend) {
    let mut api = Site::start(backend);
    for (parameter, column) in [
        ("extension", "extension"),
        ("exten_context", "exten_context"),
        ("voicemail_ext", "voicemail_ext"),
        ("phone_extension", "phone"),
        ("filter_clean_cid_number", "filter_clean_cid_number"),
        ("campaign_id", "campaign_id"),
        ("phone_code", "phone_code"),
    ] {
        api.says(
            &format!("{UPDATE}&{parameter}=7"),
            "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|default\n",
        );
        let did = api.row("vicidial_inbound_dids", "did_pattern", "default");
        assert_eq!(did[column], "7", "{parameter}");
    }
}

fn a_fixed_word_is_compared_exactly(backend: Backend) {
    let mut api = Site::start(backend);
    for (parameter, word) in [
        ("did_route", "in_group"),
        ("record_call", "y"),
        ("agent_search_method", "lo"),
    ] {
        let body = api.body(&format!("{UPDATE}&{parameter}={word}"));
        assert!(
            body.starts_with("ERROR: update_did "),
            "{parameter}: {body}"
        );
        let body = api.body(&format!("{UPDATE}&{parameter}={}", word.to_uppercase()));
        assert!(body.starts_with("SUCCESS: "), "{parameter}: {body}");
    }
}
