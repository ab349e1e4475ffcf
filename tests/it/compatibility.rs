//! What `docs/compatibility.md` says and no other test shows: values and bounds as the documents print them.

use serde_json::{Value, json};

use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database! {
    callixs_parameters_are_taken_with_their_values
    the_bounds_of_laracopilots_fields
}

on_our_own! {
    the_words_for_faxes_are_kept
}

fn callixs_parameters_are_taken_with_their_values(backend: Backend) {
    let group = json!([{"group_id": "SUPPORT_TEAM", "group_name": "Support", "active": "Y", "user_group": "---ALL---"}]);
    let mut api = Site::demo_with(backend, json!({ "vicidial_inbound_groups": group }));
    let query = "source=DIDSetup&user=6666&pass=1234&function=add_did&did_pattern=18001234567&did_description=Support+Line\
                 &did_route=AGENT&user_id=1001&group_id=SUPPORT_TEAM&voicemail_ext=8500&did_active=Y";
    let reply = api.client.get(query).body;
    assert_eq!(
        reply,
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|18001234567\n"
    );
    let row = api.row("vicidial_inbound_dids", "did_pattern", "18001234567");
    for (column, value) in [
        ("did_description", "Support Line"),
        ("did_route", "AGENT"),
        ("user", "1001"),
        ("group_id", "SUPPORT_TEAM"),
        ("voicemail_ext", "8500"),
        ("did_active", "Y"),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
    let calls = api.database.rows("vicidial_api_log");
    assert_eq!(calls.last().expect("the call")["source"], "DIDSetup");
}

fn the_bounds_of_laracopilots_fields(backend: Backend) {
    let mut api = Site::demo(backend);
    let with = |body: &Value, field: &str, value: Value| {
        let mut body = body.clone();
        body[field] = value;
        body
    };
    let did = json!({"user_group": "SALES", "number": "7275550001"});
    let extension =
        json!({"user_group": "SALES", "extension_number": "1001", "secret": "s3cur3p@ss"});
    for (path, body, field, longest) in [
        ("/api/dids", &did, "number", 50),
        ("/api/extensions", &extension, "extension_number", 20),
    ] {
        let taken = api.post(path, with(body, field, json!("A".repeat(longest))));
        assert_eq!(
            (taken.status, &taken.body[field]),
            (201, &json!("A".repeat(longest))),
            "{}",
            taken.body
        );
        let refused = api.post(path, with(body, field, json!("B".repeat(longest + 1))));
        assert_eq!(
            (refused.status, refused.wrong()),
            (422, vec![field.to_owned()])
        );
        // Whose it is must be said.
        let mut nobodys = body.clone();
        nobodys
            .as_object_mut()
            .expect("an object")
            .remove("user_group");
        let refused = api.post(path, nobodys);
        assert_eq!(
            (refused.status, refused.wrong()),
            (422, vec!["tenant_id".to_owned()]),
            "{path}"
        );
    }
}

fn the_words_for_faxes_are_kept(backend: Backend) {
    let mut api = Site::demo(backend);
    for word in ["t38", "passthrough", "voice"] {
        let changed = api.patch("/api/dids/2", json!({"fax_mode": word}));
        assert_eq!(
            (changed.status, &changed.body["fax_mode"]),
            (200, &json!(word))
        );
        assert_eq!(api.get("/api/dids/2").body["fax_mode"], word);
    }
}
