//! Who may call each function of the text API (fixtures/reference/behaviour.md §4 to §6), and whether it asks for a `source`.

use serde_json::{Value, json};

use crate::common::database::{Backend, state};
use crate::common::site::Site;

const API: &str = "vdc_agent_api_access";
const DIDS: &str = "modify_inbound_dids";
const LISTS: &str = "modify_lists";
const CAMPAIGNS: &str = "modify_campaigns";
const PHONES: &str = "ast_admin_access";
const REPORTS: &str = "view_reports";

/// A function, the lowest level that may call it, the flags that it takes, and whether it asks for a `source`.
type Takes = (&'static str, i32, &'static [&'static str], bool);

const FUNCTIONS: &[Takes] = &[
    ("add_did", 8, &[API, DIDS], true),
    ("copy_did", 8, &[API, DIDS], true),
    ("update_did", 8, &[API, DIDS], true),
    ("did_list", 7, &[API, DIDS], true),
    ("did_route_test", 7, &[], true),
    ("did_lint", 7, &[], true),
    ("change_list", 7, &[API, DIDS], true),
    ("change_undo", 8, &[API], true),
    ("did_log_export", 7, &[API, REPORTS], true),
    ("add_fpg_phone", 8, &[LISTS], true),
    ("delete_fpg_phone", 8, &[LISTS], true),
    ("update_cid_group_entry", 8, &[API, CAMPAIGNS], true),
    ("ingroup_list", 7, &[], false),
    ("callmenu_list", 7, &[], false),
    ("vm_list", 7, &[], false),
    ("add_phone", 8, &[API, PHONES], true),
    ("update_phone", 8, &[API, PHONES], true),
    ("add_phone_alias", 8, &[API, PHONES], true),
    ("update_phone_alias", 8, &[API, PHONES], true),
];

/// A user of this level with these flags and no others.
fn user(name: &str, level: i32, flags: &[&str]) -> Value {
    let mut user = state()["vicidial_users"][0].clone();
    user.insert("user".to_owned(), json!(name));
    user.insert("user_level".to_owned(), json!(level));
    for flag in [API, DIDS, LISTS, CAMPAIGNS, PHONES, REPORTS] {
        let is_set = if flags.contains(&flag) { "1" } else { "0" };
        user.insert(flag.to_owned(), json!(is_set));
    }
    Value::Object(user)
}

#[test]
fn a_function_takes_its_level_and_all_of_its_flags() {
    let mut users = Vec::new();
    for (function, level, flags, _) in FUNCTIONS {
        users.push((function, *level, flags.to_vec(), true));
        users.push((function, level - 1, flags.to_vec(), false));
        for missing in *flags {
            let others = flags.iter().copied().filter(|flag| flag != missing);
            users.push((function, 9, others.collect(), false));
        }
    }
    let rows = users.iter().enumerate();
    let rows: Vec<Value> = rows
        .map(|(number, (_, level, flags, _))| user(&format!("user{number}"), *level, flags))
        .collect();
    let mut api = Site::with(
        "documented",
        Backend::Sqlite,
        json!({ "vicidial_users": rows }),
    );
    for (number, (function, level, flags, may_call)) in users.into_iter().enumerate() {
        let body = api.body_as(&format!("user{number}"), function);
        // Below level 7 nobody signs in.
        let is_refused =
            body.contains("DOES NOT HAVE PERMISSION") || body.contains("Login incorrect");
        assert_eq!(
            !is_refused, may_call,
            "{function} level {level} {flags:?}: {body}"
        );
    }
}

#[test]
fn a_source_of_2_characters_is_asked_for_but_by_the_lists() {
    let mut api = Site::start(Backend::Sqlite);
    for (function, _, _, asks_source) in FUNCTIONS {
        for (source, is_short) in [("", true), ("x", true), ("xy", false)] {
            let query = format!("source={source}&user=6666&pass=1234&function={function}");
            let body = api.client.get(&query).body;
            assert_eq!(
                body.contains("Invalid Source"),
                is_short && *asks_source,
                "{query}: {body}"
            );
        }
    }
}

#[test]
fn no_function_is_left_out() {
    let names = vicishim::api::functions()
        .filter(|function| function.permission() != "no sign-in")
        .map(vicishim::api::Function::name);
    assert!(names.eq(FUNCTIONS.iter().map(|takes| takes.0)));
}
