//! Values that are made to be taken for something else: SQL, a second line, a second field.

use serde_json::json;

use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database! {
    no_value_becomes_sql
    no_name_of_a_field_or_parameter_becomes_sql
}

/// What ends a text, a list or a statement in SQLite or in MariaDB.
const HOSTILE: &[&str] = &[
    "x'); DELETE FROM vicidial_users; --",
    "x' OR '1'='1",
    "x\\'; DROP TABLE vicidial_inbound_dids; #",
    "x\"; DELETE FROM vicidial_users; /*",
    "$1 ? :a @b `did_id`",
    "x\u{ff07} OR 1=1",
];

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Asserts that no user and no DID of the beginning is gone or changed.
fn all_is_there(site: &Site, users: usize, dids: &[String]) {
    assert_eq!(site.database.rows("vicidial_users").len(), users);
    let there = site.patterns();
    assert!(dids.iter().all(|did| there.contains(did)), "{there:?}");
}

fn no_value_becomes_sql(backend: Backend) {
    let mut site = Site::demo(backend);
    let (users, dids) = (site.database.rows("vicidial_users").len(), site.patterns());
    for (place, hostile) in HOSTILE.iter().enumerate() {
        let value = encoded(hostile);
        for query in [
            format!(
                "add_did&did_pattern=72755508{place:02}&did_description={value}&did_carrier_description={value}"
            ),
            format!("copy_did&source_did_pattern={value}&new_dids={value}"),
            format!(
                "update_did&did_pattern=7275551114&did_description={value}&custom_one={value}&user={value}"
            ),
            format!("did_list&did_pattern={value}&search={value}"),
            format!("did_route_test&did_pattern=7275551114&caller={value}"),
            format!("update_phone&extension={value}&server_ip={value}&phone_full_name={value}"),
            format!("update_cid_group_entry&stage=DELETE&cid_group_id={value}&areacode={value}"),
            format!("delete_fpg_phone&group={value}&phone_number={value}"),
            format!("did_log_export&phone_number={value}&date={value}"),
        ] {
            let body = site.body(&query);
            assert!(!body.contains("DATABASE"), "{query}: {body}");
        }
        let signed_in = site.client.get(&format!(
            "source=test&user={value}&pass={value}&function=did_list"
        ));
        assert!(
            signed_in.body.contains("Login incorrect"),
            "{}",
            signed_in.body
        );
        let made = site.post("/api/dids", json!({
            "number": format!("72755509{place:02}"), "user_group": "SALES", "description": hostile, "provider": hostile
        }));
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(
            (&made.body["description"], &made.body["provider"]),
            (&json!(hostile), &json!(hostile))
        );
        let found = site.get(&format!("/api/dids?search={value}"));
        assert_eq!(found.body["total"], 1, "{}", found.body);
    }
    all_is_there(&site, users, &dids);
}

fn no_name_of_a_field_or_parameter_becomes_sql(backend: Backend) {
    let mut site = Site::demo(backend);
    let (users, dids) = (site.database.rows("vicidial_users").len(), site.patterns());
    for hostile in HOSTILE {
        let name = encoded(hostile);
        site.body(&format!("update_did&did_pattern=7275551114&{name}=1"));
        let refused = site.get(&format!("/api/dids?{name}=1&sort={name}"));
        assert!((400..500).contains(&refused.status), "{}", refused.body);
        let refused = site.patch("/api/dids/2", json!({ *hostile: "1" }));
        assert_eq!(refused.status, 422, "{}", refused.body);
    }
    all_is_there(&site, users, &dids);
}
