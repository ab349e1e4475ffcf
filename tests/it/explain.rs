//! `vicishim explain`, and the same words in the process's log.

use std::process::Output;

use crate::common::database::{BACKENDS, Backend, Database, Tables};
use crate::common::eventually;
use crate::common::server::{Server, run};
use serde_json::json;

/// A database with these rows over those of the recordings.
fn database(backend: Backend, changes: serde_json::Value) -> Database {
    let database = Database::with_state(backend);
    let changes: Tables = serde_json::from_value(changes).expect("tables");
    database.load(&changes);
    database
}

/// IP lists and a second factor, both asked for.
fn strict() -> serde_json::Value {
    json!({
        "system_settings": [{
            "use_non_latin": "0", "pass_hash_enabled": "0", "pass_key": "", "pass_cost": 2, "allow_ip_lists": "1",
            "system_ip_blacklist": "BLACK", "two_factor_auth_hours": 24, "two_factor_container": "2FA"
        }],
        "vicidial_ip_list_entries": [
            {"ip_list_id": "BLACK", "ip_address": "192.0.2.66"},
            {"ip_list_id": "OFFICEIPS", "ip_address": "198.51.100.x"},
        ],
        "vicidial_two_factor_auth": [
            {"user": "1011", "auth_stage": "1", "auth_date": "2001-01-01 00:00:00", "auth_exp_date": "2037-12-31 00:00:00"},
        ],
    })
}

fn explain(database: &Database, arguments: &[&str]) -> Output {
    let database = ["--database", &database.url];
    run(&[&["explain"], arguments, &database].concat())
}

/// The lines of a table, with one space wherever there are several, and the exit code.
fn told(database: &Database, arguments: &[&str]) -> (Vec<String>, i32) {
    let output = explain(database, arguments);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let squeeze = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = text.lines().map(squeeze).collect();
    (lines, output.status.code().expect("an exit code"))
}

/// The lines about gates that do not open, and the exit code.
fn shut(database: &Database, arguments: &[&str]) -> (Vec<String>, i32) {
    let (lines, code) = told(database, arguments);
    let shut = lines.into_iter().filter(|line| line.starts_with("NO "));
    (shut.collect(), code)
}

#[test]
fn every_gate_is_told_and_nothing_is_changed() {
    for backend in BACKENDS {
        let database = database(backend, json!({}));
        let before = database.dump(&[]);
        let (lines, code) = told(&database, &["6666", "update_did"]);
        let wanted = [
            "ok function: changes or deletes a DID",
            "ok user: there is a user 6666",
            "ok active: is Y",
            "ok sign-in level: is 9, needs 7",
            "ok allowed functions: has ALL_FUNCTIONS",
            "ok level: is 9, needs 8",
            "ok vdc_agent_api_access: is set",
            "ok modify_inbound_dids: is set",
            "ok delete: delete_inbound_dids is set",
            "ok user group: ADMIN",
            "ok scope: every row",
            "ok ip lists: not looked at: allow_ip_lists is off",
            "ok lockout: 0 failed sign-ins in a row, 10 lock",
            "ok two-factor: not asked for on this system",
            "-- password: not looked at: none is asked for here",
        ];
        assert_eq!(lines, wanted, "{backend:?}");
        assert_eq!(code, 0, "{backend:?}");
        for user in ["1009", "1002", "nobody"] {
            explain(&database, &[user, "add_did", "--ip", "192.0.2.66"]);
        }
        assert_eq!(database.dump(&[]), before, "{backend:?}");
    }
}

#[test]
fn what_does_not_open_is_told() {
    for backend in BACKENDS {
        let database = database(backend, json!({}));
        for (user, function, wanted) in [
            ("1001", "add_did", &[][..]),
            (
                "1001",
                "update_did",
                &["delete: delete_inbound_dids is not set"],
            ),
            ("1002", "add_did", &["level: is 7, needs 8"]),
            ("1003", "add_did", &["modify_inbound_dids: is not set"]),
            ("1003", "add_fpg_phone", &["modify_lists: is not set"]),
            ("1006", "add_did", &["vdc_agent_api_access: is not set"]),
            ("1006", "add_fpg_phone", &[]),
            (
                "1004",
                "copy_did",
                &["allowed functions: has neither copy_did between two spaces nor ALL_FUNCTIONS"],
            ),
            ("1005", "ingroup_list", &["active: is not Y"]),
            (
                "1008",
                "did_list",
                &["sign-in level: is 6, needs 7", "level: is 6, needs 7"],
            ),
            (
                "1009",
                "add_did",
                &[
                    "lockout: 10 failed sign-ins in a row, locked for 15 minutes from 2037-12-31 00:00:00 on",
                ],
            ),
            ("1010", "add_did", &[]),
            ("nobody", "add_did", &["user: there is no user nobody"]),
            (
                "6666",
                "ADD_DID",
                &["function: there is no function ADD_DID here"],
            ),
            ("nobody", "version", &[]),
        ] {
            let wanted: Vec<String> = wanted.iter().map(|line| format!("NO {line}")).collect();
            let code = i32::from(!wanted.is_empty());
            assert_eq!(
                shut(&database, &[user, function]),
                (wanted, code),
                "{backend:?} {user} {function}"
            );
        }
    }
}

#[test]
fn a_permission_that_does_not_count_is_named() {
    let database = Database::with_state(Backend::Sqlite);
    let lists = [
        ("ALL", "add_did", "its ALL does not count"),
        ("add_did", "add_did", "its add_did does not count"),
        (" version add_did", "add_did", "its add_did does not count"),
        (
            " add_did,update_did ",
            "add_did",
            "its add_did does not count",
        ),
        (" ADD_DID ", "add_did", "its ADD_DID does not count"),
    ];
    for (list, function, why) in lists {
        let mut users = database.rows("vicidial_users");
        for user in &mut users {
            user.insert("api_allowed_functions".to_owned(), json!(list));
        }
        database.load(&[("vicidial_users".to_owned(), users)].into());
        let missing = format!(
            "NO allowed functions: has neither {function} between two spaces nor ALL_FUNCTIONS; {why}"
        );
        assert_eq!(shut(&database, &["6666", function]), (vec![missing], 1));
        // A word that says nothing of the function is not blamed.
        let (others, _) = shut(&database, &["6666", "copy_did"]);
        assert_eq!(
            others[0].contains("does not count"),
            list == "ALL",
            "{others:?}"
        );
    }
}

#[test]
fn the_scope_is_told_as_the_function_reads_it() {
    let database = database(Backend::Sqlite, json!({}));
    for (user, function, scope) in [
        (
            "1007",
            "copy_did",
            "ok scope: rows of ---ALL---, SALES, SUPPORT and those without a user group",
        ),
        ("1007", "add_did", "ok scope: every row"),
        (
            "1016",
            "did_list",
            "ok scope: rows of ---ALL--- and those without a user group",
        ),
        ("1016", "vm_list", "ok scope: every row"),
    ] {
        let (lines, code) = told(&database, &[user, function]);
        assert!(lines.iter().any(|line| line == scope), "{user} {lines:?}");
        assert_eq!(code, 0, "{user} {function}");
    }
    let (lines, _) = told(&database, &["1016", "did_list"]);
    let group = "ok user group: NOSUCH does not exist: no IP list is its own";
    assert!(lines.iter().any(|line| line == group), "{lines:?}");
}

#[test]
fn addresses_and_the_second_factor_are_told() {
    for backend in BACKENDS {
        let database = database(backend, strict());
        let no_factor = "two-factor: not passed, or no longer counts";
        for (user, ip, wanted) in [
            ("6666", "198.51.100.7", &[no_factor][..]),
            (
                "6666",
                "192.0.2.66",
                &["ip lists: 192.0.2.66 is in the blacklist BLACK", no_factor],
            ),
            ("1011", "198.51.100.7", &[]),
            ("1011", "::ffff:198.51.100.7", &[]),
            (
                "1011",
                "203.0.113.1",
                &["ip lists: 203.0.113.1 is not in the user group's list OFFICEIPS"],
            ),
            ("1013", "203.0.113.1", &[no_factor]),
        ] {
            let wanted: Vec<String> = wanted.iter().map(|line| format!("NO {line}")).collect();
            let code = i32::from(!wanted.is_empty());
            let found = shut(&database, &[user, "add_did", "--ip", ip]);
            assert_eq!(found, (wanted, code), "{backend:?} {user} {ip}");
        }
        let (lines, code) = told(&database, &["1011", "add_did"]);
        let unknown = "-- ip lists: looked at for this user: name the client's address with --ip";
        assert!(lines.iter().any(|line| line == unknown), "{lines:?}");
        assert_eq!(code, 0);
    }
}

#[test]
fn a_database_that_is_not_there_is_not_made() {
    let directory = tempfile::TempDir::new().expect("a directory");
    let path = directory.path().join("none.db");
    let path = path.to_str().expect("a path");
    let output = run(&["explain", "6666", "add_did", "--database", path]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("there is no database"), "{said}");
    assert!(!std::path::Path::new(path).exists());
}

/// The log's lines about refusals, from the function on, when so many calls have been answered.
fn refusals(server: &Server, calls: usize) -> Vec<String> {
    let of = |log: &str, target: &str| -> Vec<String> {
        let lines = log.lines().filter(|line| line.contains(target));
        lines
            .filter_map(|line| {
                Some(
                    line.split_once("] ")?
                        .1
                        .split_once(" request_id=")?
                        .0
                        .to_owned(),
                )
            })
            .collect()
    };
    // What is logged comes through a pipe.
    eventually("every call is in the log", || {
        of(&server.log(), "vicishim::access").len() >= calls
    });
    of(&server.log(), "vicishim::refused")
}

#[test]
fn the_log_says_why_a_call_was_refused() {
    let database = database(Backend::Sqlite, json!({}));
    let server = Server::start(&["--database", &database.url]);
    let mut client = server.client();
    let mut get = |user: &str, pass: &str, rest: &str| {
        client.get(&format!(
            "source=test&user={user}&pass={pass}&function={rest}"
        ))
    };
    get("6666", "1234", "add_did&did_pattern=7275550100");
    get("6666", "secretword", "add_did&did_pattern=7275550100");
    get("nobody", "secretword", "add_did");
    get("1005", "1234", "add_did");
    get("1008", "1234", "add_did");
    get("1009", "1234", "add_did");
    get("1002", "1234", "add_did");
    get("1003", "1234", "add_fpg_phone");
    get("1004", "1234", "copy_did");
    get(
        "1001",
        "1234",
        "update_did&did_pattern=7275550100&delete_did=Y",
    );
    // What is no refusal of a right.
    get("6666", "1234", "no_such");
    get("6666", "1234", "update_did&did_pattern=none");
    let wanted = [
        "function=add_did user=6666 client=127.0.0.1 password: is wrong",
        "function=add_did user=nobody client=127.0.0.1 user: there is no user nobody",
        "function=add_did user=1005 client=127.0.0.1 active: is not Y",
        "function=add_did user=1008 client=127.0.0.1 sign-in level: is 6, needs 7",
        "function=add_did user=1009 client=127.0.0.1 lockout: 10 failed sign-ins in a row, locked for 15 minutes from \
         2037-12-31 00:00:00 on",
        "function=add_did user=1002 client=127.0.0.1 level: is 7, needs 8",
        "function=add_fpg_phone user=1003 client=127.0.0.1 modify_lists: is not set",
        "function=copy_did user=1004 client=127.0.0.1 allowed functions: has neither copy_did between two spaces nor \
         ALL_FUNCTIONS",
        "function=update_did user=1001 client=127.0.0.1 delete: delete_inbound_dids is not set",
    ];
    assert_eq!(refusals(&server, 12), wanted);
    assert!(
        !server.log().contains("secretword"),
        "a password in the log"
    );
}

#[test]
fn the_log_says_which_list_or_factor_refused() {
    let database = database(Backend::Sqlite, strict());
    let server = Server::start(&["--database", &database.url]);
    let mut client = server.client();
    for user in ["1011", "6666"] {
        client.get(&format!(
            "source=test&user={user}&pass=1234&function=add_did"
        ));
    }
    let wanted = [
        "function=add_did user=1011 client=127.0.0.1 ip lists: 127.0.0.1 is not in the user group's list OFFICEIPS",
        "function=add_did user=6666 client=127.0.0.1 two-factor: not passed, or no longer counts",
    ];
    assert_eq!(refusals(&server, 2), wanted);
}
