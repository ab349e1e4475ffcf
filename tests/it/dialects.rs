//! Every reply line of the DID functions, of sign-in and of what every function checks, in both dialects.

use crate::common::database::{Backend, Database, Tables, state};
use crate::common::site::Site;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;

/// The same database behind both dialects.
struct Both {
    documented: Site,
    wire: Site,
}

impl Both {
    fn start() -> Self {
        Self::with(&state())
    }

    fn with(tables: &Tables) -> Self {
        let side = |dialect| {
            Site::on(
                Database::with(Backend::Sqlite, tables),
                &["--dialect", dialect],
            )
        };
        Self {
            documented: side("documented"),
            wire: side("wire"),
        }
    }

    /// Asks both; compares the documented reply and the wire's.
    fn check(&mut self, query: &str, documented: &str, wire: &str) {
        assert_eq!(
            self.documented.client.get(query).body,
            documented,
            "documented: {query}"
        );
        assert_eq!(self.wire.client.get(query).body, wire, "wire: {query}");
    }

    /// An error or notice of the usual form.
    fn usual(&mut self, query: &str, status: &str, reason: &str, user: &str, data: &str) {
        let documented = format!("{status}: {reason} - {user}|{data}\n");
        self.check(
            query,
            &documented,
            &format!("{status}: {reason}: |{user}|{data}\n"),
        );
    }

    fn success(&mut self, query: &str, line: &str) {
        self.check(query, &format!("{line}\n"), &format!("{line}\n"));
    }
}

fn signed_in(rest: &str) -> String {
    format!("source=test&user=6666&pass=1234&{rest}")
}

#[test]
fn what_every_function_checks() {
    let mut both = Both::start();
    for function in ["add_did", "copy_did", "update_did"] {
        let call = |user: &str| format!("source=test&user={user}&pass=1234&function={function}");
        let verb = if function == "update_did" {
            "UPDATE"
        } else {
            "ADD"
        };
        let refusal = format!("ERROR: {function} USER DOES NOT HAVE PERMISSION TO {verb} DIDS");
        for user in ["1002", "1003", "1006"] {
            both.check(
                &call(user),
                &format!("{refusal} - {user}\n"),
                &format!("{refusal}: |{user}|0\n"),
            );
        }
        let refusal = "ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION";
        let documented = format!("{refusal} - 1014|{function}\n");
        both.check(
            &call("1014"),
            &documented,
            &format!("{refusal}: |1014|{function}|\n"),
        );
        let short = format!("source=x&user=6666&pass=1234&function={function}");
        both.check(
            &short,
            "ERROR: Invalid Source - x\n",
            "ERROR: Invalid Source - x\nERROR: Invalid Source: |x|\n",
        );
    }
    for rest in ["function=", "function=no_such", "", "function=ADD_DID"] {
        both.success(&signed_in(rest), "ERROR: NO FUNCTION SPECIFIED");
    }
}

#[test]
fn sign_in() {
    let mut both = Both::start();
    both.check(
        "source=test&user=6666&pass=wr%21ong&function=add_did",
        "ERROR: Login incorrect, please try again - 6666|BAD\n",
        "ERROR: Login incorrect, please try again: |6666|wrong|BAD|\n",
    );
    both.check(
        "",
        "ERROR: Login incorrect, please try again - |BAD\n",
        "ERROR: Login incorrect, please try again: |||BAD|\n",
    );
    both.check(
        "source=test&user=1009&pass=1234&function=add_did",
        "ERROR: Too many login attempts, try again in 15 minutes - 1009|LOCK\n",
        "ERROR: Too many login attempts, try again in 15 minutes: |1009|LOCK|\n",
    );
    let mut tables = state();
    tables.insert(
        "system_settings".to_owned(),
        serde_json::from_value(json!([{
            "allow_ip_lists": "1", "system_ip_blacklist": "BADIPS",
            "two_factor_auth_hours": 24, "two_factor_container": "CONTAINER",
        }]))
        .expect("settings"),
    );
    let mut both = Both::with(&tables);
    both.check(
        "source=test&user=6666&pass=1234&function=add_did",
        "ERROR: Your IP Address is not allowed - 6666|IPBLOCK|127.0.0.1\n",
        "ERROR: Your IP Address is not allowed: 127.0.0.1: ||IPBLOCK|\n",
    );
    both.check(
        "source=test&user=1013&pass=1234&function=add_did",
        "ERROR: Login incorrect, please try again - 1013|2FA\n",
        "ERROR: Login incorrect, please try again: |1013|1234|2FA|\n",
    );
}

/// A value that is refused for each field, with its reason.
const FIELDS: &[(&str, &str, &str)] = &[
    (
        "did_description",
        "012",
        "DID DESCRIPTION MUST BE FROM 6 TO 50 CHARACTERS",
    ),
    ("active", "U", "ACTIVE MUST BE Y OR N"),
    ("did_route", "12", "DID ROUTE IS NOT VALID"),
    ("record_call", "X", "RECORD CALL MUST BE Y OR N"),
    (
        "extension",
        "9999999999-9999999999-9999999999-9999999999-9999999",
        "EXTENSION MUST BE FROM 1 TO 50 CHARACTERS",
    ),
    (
        "exten_context",
        "9999999999-9999999999-9999999999-9999999999-9999999",
        "EXTENSION CONTEXT MUST BE FROM 1 TO 50 CHARACTERS",
    ),
    (
        "voicemail_ext",
        "12345678901",
        "VOICEMAIL EXTENSION MUST BE FROM 1 TO 10 CHARACTERS",
    ),
    (
        "phone_extension",
        "9999999999-9999999999-9999999999-9999999999-9999999999-9999999999-9999999999-9999999999-9999999999-99",
        "PHONE EXTENSION MUST BE FROM 1 TO 100 CHARACTERS",
    ),
    (
        "server_ip",
        "0.0.0.0",
        "SERVER IP MUST BE A VALID SERVER IN THE SYSTEM",
    ),
    (
        "group",
        "test",
        "GROUP ID MUST BE A VALID INBOUND GROUP IN THE SYSTEM",
    ),
    (
        "menu_id",
        "test_menu",
        "MENU ID MUST BE A VALID CALL MENU IN THE SYSTEM",
    ),
    (
        "filter_clean_cid_number",
        "123456789012345678901",
        "CLEAN CID NUMBER MUST BE FROM 1 TO 20 CHARACTERS",
    ),
    (
        "call_handle_method",
        "1",
        "CALL HANDLE METHOD MUST BE FROM 3 TO 20 CHARACTERS",
    ),
    (
        "agent_search_method",
        "1",
        "AGENT SEARCH METHOD MUST BE 2 CHARACTERS",
    ),
    (
        "agent_search_method",
        "XX",
        "AGENT SEARCH METHOD MUST BE 2 CHARACTERS",
    ),
    ("list_id", "1", "LIST ID MUST BE FROM 3 TO 14 DIGITS"),
    ("list_id", "12x4", "LIST ID MUST BE FROM 3 TO 14 DIGITS"),
    (
        "entry_list_id",
        "999999999999999",
        "ENTRY LIST ID MUST BE FROM 1 TO 14 DIGITS",
    ),
    (
        "campaign_id",
        "TESTCAMPS",
        "CAMPAIGN MUST BE FROM 1 TO 8 CHARACTERS",
    ),
    (
        "phone_code",
        "99999999999",
        "PHONE CODE MUST BE FROM 1 TO 10 CHARACTERS",
    ),
];

#[test]
fn every_field_that_is_refused() {
    let mut both = Both::start();
    for (function, pattern) in [("add_did", "7275550100"), ("update_did", "7275551114")] {
        for (field, value, reason) in FIELDS {
            let query = signed_in(&format!(
                "function={function}&did_pattern={pattern}&{field}={value}"
            ));
            let reason = |function: &str| format!("{function} {reason}, THIS IS AN OPTIONAL FIELD");
            // On the wire this one names update_did from add_did, too.
            let on_the_wire = reason(if *field == "menu_id" {
                "update_did"
            } else {
                function
            });
            let documented = format!("ERROR: {} - 6666|{value}\n", reason(function));
            both.check(
                &query,
                &documented,
                &format!("ERROR: {on_the_wire}: |6666|{value}\n"),
            );
        }
    }
    assert!(
        both.documented
            .database
            .rows("vicidial_admin_log")
            .is_empty(),
        "nothing was changed"
    );
}

/// The documented dialect refuses what the wire takes for not sent, or stores as it is.
#[test]
fn a_value_that_the_wire_drops_is_refused_in_the_documented_dialect() {
    let optional = "THIS IS AN OPTIONAL FIELD";
    for (function, pattern) in [("add_did", "7275550100"), ("update_did", "7275551114")] {
        for (field, value, echo, reason) in [
            ("active", "n", "n", "ACTIVE MUST BE Y OR N"),
            ("active", "0", "0", "ACTIVE MUST BE Y OR N"),
            ("active", "false", "false", "ACTIVE MUST BE Y OR N"),
            ("active", "%7C%0A*", "", "ACTIVE MUST BE Y OR N"),
            ("did_active", "no", "no", "ACTIVE MUST BE Y OR N"),
            ("active=n&did_active", "Y", "n", "ACTIVE MUST BE Y OR N"),
            (
                "phone_code",
                "US",
                "US",
                "PHONE CODE MUST BE FROM 1 TO 10 CHARACTERS",
            ),
            (
                "call_handle_method",
                "CIDLOKUP",
                "CIDLOKUP",
                "CALL HANDLE METHOD IS NOT VALID",
            ),
        ] {
            let mut both = Both::start();
            let rest = format!("function={function}&did_pattern={pattern}&did_route=EXTEN");
            let query = signed_in(&format!("{rest}&{field}={value}"));
            let did = if function == "add_did" {
                "ADDED"
            } else {
                "UPDATED"
            };
            both.check(
                &query,
                &format!("ERROR: {function} {reason}, {optional} - 6666|{echo}\n"),
                &format!("SUCCESS: {function} DID HAS BEEN {did} - 6666|{pattern}\n"),
            );
            let changes = both.documented.database.rows("vicidial_admin_log");
            assert!(changes.is_empty(), "{query} changed something");
        }
    }
    let mut both = Both::start();
    for method in [
        "CID",
        "CIDLOOKUPRC",
        "VIDPROMPTLOOKUP",
        "4DIGITID",
        "CLOSER",
    ] {
        let rest = format!("function=update_did&did_pattern=default&call_handle_method={method}");
        let updated = "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|default";
        both.success(&signed_in(&rest), updated);
    }
    for active in ["n", "0", "yes", "X"] {
        let entry = "cid_group_id=EMPTYCID&areacode=212&outbound_cid=2125550001";
        for stage in ["ADD", "UPDATE"] {
            let rest = format!("function=update_cid_group_entry&stage={stage}&{entry}");
            let reply = both
                .documented
                .client
                .get(&signed_in(&format!("{rest}&active={active}")));
            let reason = "update_cid_group_entry ACTIVE MUST BE Y OR N";
            let refusal = format!("ERROR: {reason}, {optional} - 6666|{active}\n");
            assert_eq!(reply.body, refusal, "{stage}");
        }
        let rest = "function=update_phone&extension=cc100&server_ip=10.0.9.8&email=a@b.example";
        let reply = both
            .documented
            .client
            .get(&signed_in(&format!("{rest}&active={active}")));
        let reason = "update_phone ACTIVE MUST BE Y OR N";
        let refusal = format!("ERROR: {reason}, {optional} - 6666|{active}\n");
        assert_eq!(reply.body, refusal);
    }
}

#[test]
fn add_did() {
    let mut both = Both::start();
    let add = |rest: &str| signed_in(&format!("function=add_did&{rest}"));
    both.usual(
        &add("did_pattern=1"),
        "ERROR",
        "add_did YOU MUST USE ALL REQUIRED FIELDS",
        "6666",
        "1",
    );
    both.usual(
        &add(""),
        "ERROR",
        "add_did YOU MUST USE ALL REQUIRED FIELDS",
        "6666",
        "",
    );
    both.success(
        &add("did_pattern=1101"),
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|1101",
    );
    both.usual(
        &add("did_pattern=1101"),
        "ERROR",
        "add_did DID ALREADY EXISTS",
        "6666",
        "1101",
    );
}

#[test]
fn update_did() {
    let mut both = Both::start();
    let update = |rest: &str| signed_in(&format!("function=update_did&{rest}"));
    both.usual(
        &update("did_pattern=1"),
        "ERROR",
        "update_did YOU MUST USE ALL REQUIRED FIELDS",
        "6666",
        "1",
    );
    both.usual(
        &update("did_pattern=1000"),
        "ERROR",
        "update_did DID DOES NOT EXIST",
        "6666",
        "1000",
    );
    both.usual(
        &update("did_pattern=default"),
        "NOTICE",
        "update_did NO UPDATES DEFINED",
        "6666",
        "",
    );
    both.success(
        &update("did_pattern=default&active=N"),
        "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|default",
    );
    let refusal = "ERROR: update_did USER DOES NOT HAVE PERMISSION TO DELETE DIDS";
    let delete =
        "source=test&user=1001&pass=1234&function=update_did&did_pattern=default&delete_did=Y";
    both.check(
        delete,
        &format!("{refusal} - 1001\n"),
        &format!("{refusal}: |1001|1\n"),
    );
    both.success(
        &update("did_pattern=default&delete_did=Y"),
        "SUCCESS: update_did DID HAS BEEN DELETED - 6666|default|1",
    );
}

#[test]
fn copy_did() {
    let mut both = Both::start();
    let copy = |rest: &str| signed_in(&format!("function=copy_did&{rest}"));
    both.usual(
        &copy("source_did_pattern=1&new_dids=1"),
        "ERROR",
        "copy_did YOU MUST USE ALL REQUIRED FIELDS",
        "6666",
        "1|1",
    );
    let unknown = copy("source_did_pattern=1000&new_dids=1001");
    both.usual(
        &unknown,
        "ERROR",
        "copy_did SOURCE DID DOES NOT EXIST",
        "6666",
        "1000",
    );
    let described = copy("source_did_pattern=default&new_dids=1001&did_description=012");
    let reason = "copy_did DID DESCRIPTION MUST BE EITHER BLANK OR FROM 6 TO 50 CHARACTERS, THIS IS AN OPTIONAL FIELD";
    both.usual(&described, "ERROR", reason, "6666", "012");
    both.success(
        &copy("source_did_pattern=default&new_dids=1001"),
        "NOTICE: copy_did DID HAS BEEN ADDED - 6666|1001|default|7|1\nSUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|default|1|0",
    );
    let again = copy("source_did_pattern=default&new_dids=1001");
    let exists = "NOTICE: copy_did DID ALREADY EXISTS - 6666|1001\nERROR: copy_did NO DIDS ADDED - 6666|default|0|1";
    both.success(&again, exists);
    // What cannot be a pattern is refused, and the others are added.
    let long = "9".repeat(51);
    let lines = format!(
        "NOTICE: copy_did DID PATTERN MUST BE FROM 2 TO 50 CHARACTERS - 6666|\n\
         NOTICE: copy_did DID PATTERN MUST BE FROM 2 TO 50 CHARACTERS - 6666|7\n\
         NOTICE: copy_did DID HAS BEEN ADDED - 6666|1002|default|8|1\n\
         NOTICE: copy_did DID PATTERN MUST BE FROM 2 TO 50 CHARACTERS - 6666|{long}\n\
         SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|default|1|3"
    );
    both.success(
        &copy(&format!(
            "source_did_pattern=default&new_dids=,7,1002,{long}"
        )),
        &lines,
    );
}

#[test]
fn names_that_only_the_documented_dialect_takes() {
    let mut both = Both::start();
    let add = |rest: &str| signed_in(&format!("function=add_did&{rest}"));
    let rest = "did_pattern=1101&did_active=N&group_id=TEST_IN2&user_id=1001&did_route=AGENT";
    both.success(
        &add(rest),
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|1101",
    );
    let did = |side: &Site| {
        side.database
            .rows("vicidial_inbound_dids")
            .pop()
            .expect("a DID")
    };
    let (documented, wire) = (did(&both.documented), did(&both.wire));
    let of = |did: &serde_json::Map<String, serde_json::Value>| {
        json!([
            did["did_active"],
            did["group_id"],
            did["user"],
            did["did_route"]
        ])
    };
    assert_eq!(of(&documented), json!(["N", "TEST_IN2", "1001", "AGENT"]));
    assert_eq!(of(&wire), json!(["Y", null, null, "AGENT"]));
    // VICIdial's own name wins where it is given.
    both.success(
        &add("did_pattern=1102&active=Y&did_active=N"),
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|1102",
    );
    assert_eq!(did(&both.documented)["did_active"], "Y");
    for user in ["nobody", "1005"] {
        let answer = both
            .documented
            .client
            .get(&add(&format!("did_pattern=1103&user_id={user}")));
        let reason =
            "add_did USER ID MUST BE A VALID USER IN THE SYSTEM, THIS IS AN OPTIONAL FIELD";
        assert_eq!(answer.body, format!("ERROR: {reason} - 6666|{user}\n"));
    }
}

#[test]
fn coffee_is_refused_in_both() {
    let mut both = Both::start();
    for function in ["coffee", "start_coffee", "make_coffee", "brew_coffee"] {
        for side in [&mut both.documented, &mut both.wire] {
            let response = side.client.get(&format!("function={function}"));
            assert_eq!(
                (response.status, response.body),
                (418, format!("Coffee: {function}|Error 418 I'm a teapot"))
            );
        }
    }
    assert!(both.documented.server.log().contains("status=418"));
}

#[test]
fn no_value_forges_a_line_or_a_field() {
    let both = std::cell::RefCell::new(Both::start());
    let value = || proptest::collection::vec(any::<u8>(), 0..40);
    let bytes = |value: &[u8]| {
        percent_encoding::percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let strategy = (
        value(),
        value(),
        value(),
        prop_oneof![Just("add_did"), Just("update_did"), Just("no\n_such")],
    );
    runner
        .run(&strategy, |(user, pattern, source, function)| {
            let query = format!(
                "source=te{}&user={}&pass=%0A|1234&function={}&did_pattern={}",
                bytes(&source),
                bytes(&[b"6666\r\n|".as_slice(), &user].concat()),
                bytes(function.as_bytes()),
                bytes(&[b"|ERROR: forged\n".as_slice(), &pattern].concat())
            );
            let Both { documented, wire } = &mut *both.borrow_mut();
            for (side, most) in [(documented, 1), (wire, 4)] {
                let response = side.client.get(&query);
                prop_assert_eq!(response.status, 200);
                prop_assert_eq!(
                    response.body.matches('\n').count(),
                    1,
                    "{:?}",
                    response.body
                );
                let fields = response.body.matches('|').count();
                prop_assert!(fields <= most, "{:?}", response.body);
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}
