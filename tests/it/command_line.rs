//! The commands: what they print, what they refuse, and that a refusal changes nothing.

use std::path::Path;
use std::process::Output;

use crate::common::database::{Backend, Database, state};
use crate::common::fixture;
use crate::common::scratch;
use crate::common::server::{Server, run};
use serde_json::json;
use tempfile::TempDir;

/// What it said on standard error, without the log's own lines.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines()
        .filter(|line| !line.starts_with('['))
        .map(|line| format!("{line}\n"))
        .collect()
}

fn refused(arguments: &[&str], code: i32) -> String {
    let output = run(arguments);
    let message = said(&output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(
        !message.contains("panicked") && !message.contains("RUST_BACKTRACE"),
        "{message}"
    );
    message
}

fn write(directory: &TempDir, name: &str, text: &str) -> String {
    let file = directory.path().join(name);
    std::fs::write(&file, text).expect("a file");
    file.to_str().expect("a path").to_owned()
}

#[test]
fn wrong_arguments_are_exit_code_2() {
    for arguments in [
        &["serve", "--nonsense"][..],
        &["serve", "--listen", "here"],
        &["serve", "--dialect", "latin"],
        &["serve", "--time-zone", "Mars/Olympus"],
        &["serve", "--database", "postgres://x/y"],
        &["serve", "--database", "mysql://nothing"],
        &["brew"],
        &["load"],
    ] {
        assert!(!refused(arguments, 2).is_empty(), "{arguments:?}");
    }
}

#[test]
fn every_flag_of_serve_has_an_environment_twin() {
    let output = run(&["serve", "--help"]);
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    let flags = help
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("--"))
        .filter(|flag| !flag.starts_with("help"));
    let mut count = 0;
    for flag in flags {
        let name = flag.split([' ', '\n']).next().unwrap_or_default();
        let twin = format!("VICISHIM_{}", name.to_uppercase().replace('-', "_"));
        assert!(
            help.contains(&format!("[env: {twin}")),
            "--{name} has no {twin}:\n{help}"
        );
        count += 1;
    }
    assert!(count >= 5, "{help}");
}

#[test]
fn what_cannot_be_opened_is_one_clear_line() {
    let directory = TempDir::new_in(scratch()).expect("a directory");
    let no_database = write(
        &directory,
        "text.db",
        "this is no database, whatever its name says, and it is long enough\n",
    );
    let serve = |database: &str| {
        refused(
            &["serve", "--listen", "127.0.0.1:0", "--database", database],
            1,
        )
    };
    for (database, part) in [
        (no_database.as_str(), "file is not a database"),
        (
            "/nowhere/at/all.db",
            "cannot open the database /nowhere/at/all.db",
        ),
        (
            directory.path().to_str().expect("a path"),
            "it is a directory",
        ),
    ] {
        let message = serve(database);
        assert!(
            message.contains(part) && message.lines().count() == 1,
            "{message}"
        );
    }
    assert_eq!(
        std::fs::read_to_string(&no_database)
            .expect("the file")
            .len(),
        67
    );
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = listener.local_addr().expect("a port").to_string();
    let message = refused(
        &[
            "serve",
            "--listen",
            &taken,
            "--database",
            &write(&directory, "x.db", ""),
        ],
        1,
    );
    assert!(
        message.contains(&format!("cannot listen on {taken}")) && message.lines().count() == 1,
        "{message}"
    );
}

#[test]
fn another_programs_database_is_left_alone() {
    let directory = TempDir::new_in(scratch()).expect("a directory");
    let path = directory.path().join("other.db");
    let path = path.to_str().expect("a path");
    use diesel::connection::SimpleConnection;
    use diesel::{Connection, SqliteConnection};
    let mut other = SqliteConnection::establish(path).expect("a file");
    other
        .batch_execute("CREATE TABLE bookmarks (url TEXT)")
        .expect("a table");
    drop(other);
    let before = std::fs::read(path).expect("the file");
    let message = refused(&["serve", "--listen", "127.0.0.1:0", "--database", path], 1);
    assert!(
        message.contains("is the database of another program"),
        "{message}"
    );
    let mut other = SqliteConnection::establish(path).expect("a file");
    let tables = diesel::RunQueryDsl::get_result::<i64>(
        diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(
            "(SELECT count(*) FROM sqlite_master)",
        )),
        &mut other,
    );
    assert_eq!(tables, Ok(1));
    assert!(!before.is_empty());
}

#[test]
fn shells_and_man_know_the_command_line() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completions", shell]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        for word in ["serve", "history-days", "backup"] {
            assert!(text.contains(word), "{shell}: {word}");
        }
    }
    let output = run(&["man"]);
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(page.contains(".TH vicishim 1"), "{page}");
    let output = run(&["man", "serve"]);
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(page.contains("history\\-days"), "{page}");
    assert_eq!(run(&["man", "nothing"]).status.code(), Some(1));
}

#[test]
fn rows_are_loaded_before_the_server_answers() {
    let directory = TempDir::new_in(scratch()).expect("a directory");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("it is written");
        path.to_str().expect("a path").to_owned()
    };
    let path = directory.path().join("loaded.db");
    let path = path.to_str().expect("a path");
    let group = |name: &str| {
        format!(
            r#"{{"vicidial_inbound_groups": [{{"group_id": "{name}", "group_name": "{name}", "active": "Y"}}]}}"#
        )
    };
    let [first, second] = ["FIRST", "SECOND"].map(|name| file(name, &group(name)));
    let bad = file("bad", r#"{"vicidial_inbound_groups": [{"group_x": "1"}]}"#);
    let message = refused(&["serve", "--load", &bad, "--database", path], 1);
    assert!(message.contains("group_x"), "{message}");
    let message = refused(
        &[
            "serve",
            "--load",
            &first,
            "--database",
            "mysql://u:p@127.0.0.1:1/asterisk",
        ],
        1,
    );
    assert!(message.contains("a dialer's rows are its own"), "{message}");
    // Twice: rows that are there already are replaced.
    for _ in 0..2 {
        let arguments = [
            "--demo-anywhere",
            "--database",
            path,
            "--load",
            &first,
            "--load",
            &second,
        ];
        let server = Server::start(&arguments);
        let query = "source=test&user=6666&pass=1234&function=ingroup_list&stage=csv";
        let listed = server.client().get(query).body;
        for name in ["FIRST", "SECOND"] {
            assert_eq!(
                listed.matches(&format!("{name},{name}")).count(),
                1,
                "{listed}"
            );
        }
    }
}

#[test]
fn demo_is_for_loopback_and_for_an_empty_database() {
    let directory = TempDir::new_in(scratch()).expect("a directory");
    let path = directory.path().join("demo.db");
    let path = path.to_str().expect("a path");
    let message = refused(
        &[
            "serve",
            "--demo",
            "--listen",
            "0.0.0.0:0",
            "--database",
            path,
        ],
        1,
    );
    assert!(message.contains("--demo is for loopback only"), "{message}");
    assert!(!Path::new(path).exists());
    let server = Server::start(&["--demo", "--database", path]);
    let query = "source=test&user=6666&pass=1234&function=add_did&did_pattern=7275550100";
    assert_eq!(
        server.client().get(query).body,
        "SUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550100\n"
    );
    assert_eq!(server.stop(), Some(0));
    // A second start finds the rows and adds none; it says so, with a command that works.
    let server = Server::start_with(&[("VICISHIM_DEMO", "yes")], &["--database", path]);
    let greeting = server.prints("try: curl '");
    assert!(
        greeting.contains("the database has users already, so nothing was loaded"),
        "{greeting}"
    );
    assert_eq!(
        server.client().get(query).body,
        "ERROR: add_did DID ALREADY EXISTS - 6666|7275550100\n"
    );
    let (_, url) = greeting.split_once("try: curl '").expect("a command");
    let query = url.split(['?', '\'']).nth(1).expect("a query");
    assert!(
        server.client().get(query).body.starts_with("VERSION: "),
        "{greeting}"
    );
}

#[test]
fn switches_are_set_by_the_words_that_people_use() {
    for (word, is_on) in [
        ("1", true),
        ("on", true),
        ("true", true),
        ("0", false),
        ("no", false),
    ] {
        let directory = TempDir::new_in(scratch()).expect("a directory");
        let path = directory.path().join("demo.db");
        let arguments = ["--database", path.to_str().expect("a path")];
        let server = Server::start_with(&[("VICISHIM_DEMO", word)], &arguments);
        let reply = server
            .client()
            .get("source=test&user=6666&pass=1234&function=update_did&did_pattern=1000");
        assert_eq!(
            reply.body.contains("DID DOES NOT EXIST"),
            is_on,
            "{word}: {}",
            reply.body
        );
    }
}

#[test]
fn an_address_to_listen_on_may_be_a_name_or_a_port_alone() {
    for listen in ["localhost:0", ":0", "127.0.0.1:0"] {
        let database = Database::fresh(Backend::Sqlite);
        let arguments = ["--listen", listen, "--database", &database.url];
        let mut command = crate::common::server::vicishim();
        command
            .arg("serve")
            .args(arguments)
            .env("VICISHIM_GRACE", "0s");
        let server = Server::spawn(command);
        assert!(
            server.address.ip().is_loopback() && server.address.is_ipv4(),
            "{listen}"
        );
        assert_eq!(
            server.client().request("GET", "/healthz", &[], b"").status,
            200
        );
    }
}

#[test]
fn a_database_in_memory_alone_is_refused() {
    for name in [
        ":memory:",
        "sqlite::memory:",
        "file::memory:?cache=shared",
        "file:x?mode=memory",
    ] {
        let message = refused(&["serve", "--listen", "127.0.0.1:0", "--database", name], 1);
        assert!(message.contains("Name a file"), "{message}");
    }
}

#[test]
fn a_row_without_its_key_is_refused_and_one_row_is_one() {
    let database = Database::fresh(Backend::Sqlite);
    let directory = TempDir::new_in(scratch()).expect("a directory");
    let load = |rows: serde_json::Value| {
        let file = write(&directory, "rows.json", &rows.to_string());
        run(&["load", &file, "--database", &database.url])
    };
    for (rows, part) in [
        (
            json!({"vicidial_users": [{"pass": "x"}]}),
            "table vicidial_users, row 1: has no user, which is its key",
        ),
        (
            json!({"vicidial_inbound_dids": [{"did_pattern": "1001"}, {"did_route": "EXTEN"}]}),
            "row 2: has no did_pattern",
        ),
        (
            json!({"phones": [{"extension": "cc100"}]}),
            "has no server_ip",
        ),
    ] {
        let output = load(rows);
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains(part), "{}", said(&output));
    }
    assert!(database.rows("vicidial_inbound_dids").is_empty());
    // A key that the database counts up is not needed.
    let output = load(json!({"vicidial_closer_log": [{"lead_id": 7}]}));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("1 row loaded into {}\n", shown(&database)),
        "{}",
        said(&output)
    );
}

#[test]
fn a_database_without_users_starts_and_says_how_to_add_one() {
    let directory = TempDir::new_in(scratch()).expect("a directory");
    let path = directory.path().join("empty.db");
    let child = crate::common::server::vicishim()
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--database",
            path.to_str().expect("a path"),
        ])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the server starts");
    let mut child = child;
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(
        child.stdout.take().expect("its stdout"),
    ));
    assert!(
        lines
            .next()
            .expect("a line")
            .expect("a line")
            .starts_with("vicishim listens on http://127.0.0.1:")
    );
    assert!(
        lines
            .next()
            .expect("a line")
            .expect("a line")
            .contains("there is no user yet: add one with `vicishim load FILE`")
    );
    child.kill().expect("it ends");
    child.wait().expect("it ends");
}

#[test]
fn what_was_dumped_can_be_loaded() {
    let dump = |database: &Database| {
        let output = run(&["dump", "--database", &database.url]);
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    for backend in [Backend::Sqlite, Backend::Vicidial, Backend::Innodb] {
        let rows = dump(&Database::with_state(backend));
        let directory = TempDir::new_in(scratch()).expect("a directory");
        let file = write(&directory, "dump.json", &rows);
        let to = Database::fresh(backend);
        for _ in 0..2 {
            let output = run(&["load", "--yes", &file, "--database", &to.url]);
            assert!(output.status.success(), "{}", said(&output));
            assert_eq!(dump(&to), rows);
        }
    }
}

#[test]
fn the_recordings_first_state_is_loaded_as_it_stands() {
    for backend in [Backend::Sqlite, Backend::Vicidial, Backend::Innodb] {
        let database = Database::fresh(backend);
        let file = fixture("golden/state.json");
        let output = run(&[
            "load",
            "--yes",
            file.to_str().expect("a path"),
            "--database",
            &database.url,
        ]);
        assert!(output.status.success(), "{}", said(&output));
        let expected: usize = state().values().map(Vec::len).sum();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            format!("{expected} rows loaded into {}\n", shown(&database))
        );
        let users = database.rows("vicidial_users");
        assert_eq!(
            (users.len(), &users[0]["user"], &users[0]["user_level"]),
            (17, &json!("6666"), &json!(9))
        );
    }
}

fn shown(database: &Database) -> String {
    database.address().to_string()
}

#[test]
fn a_row_is_changed_by_its_key_and_keeps_what_is_not_named() {
    for backend in [Backend::Sqlite, Backend::Vicidial, Backend::Innodb] {
        let database = Database::with_state(backend);
        let directory = TempDir::new_in(scratch()).expect("a directory");
        let rows = json!({
            "vicidial_users": [{"user": "6666", "full_name": "Renamed"}, {"user": "7777", "pass": "x", "user_level": 8}],
            "system_settings": [{"use_non_latin": "1"}],
        });
        let file = write(&directory, "rows.json", &rows.to_string());
        assert!(
            run(&["load", "--yes", &file, "--database", &database.url])
                .status
                .success()
        );
        let users = database.rows("vicidial_users");
        assert_eq!(
            (users.len(), &users[0]["full_name"], &users[0]["pass"]),
            (18, &json!("Renamed"), &json!("1234"))
        );
        let settings = database.rows("system_settings");
        assert_eq!(
            (settings.len(), &settings[0]["use_non_latin"]),
            (1, &json!("1"))
        );
    }
}

#[test]
fn what_does_not_fit_is_named_and_changes_nothing() {
    let directory = TempDir::new_in(scratch()).expect("a directory");
    let good = json!({"vicidial_inbound_dids": [{"did_pattern": "7275550100"}]}).to_string();
    let good = write(&directory, "good.json", &good);
    for backend in [Backend::Sqlite, Backend::Vicidial, Backend::Innodb] {
        let database = Database::with_state(backend);
        let before = database.dump(&[]);
        for (text, parts) in [
            (
                r#"{"vicidial_inbound_dids": [{"did_pattern": "1"}, "#,
                &["not the JSON of tables"][..],
            ),
            (
                r#"{"no_such_table": []}"#,
                &["there is no table no_such_table"],
            ),
            (
                r#"{"vicidial_users": {"user": "1"}}"#,
                &["table vicidial_users is not a list"],
            ),
            (
                r#"{"vicidial_users": ["x"]}"#,
                &["table vicidial_users, row 1", "is not an object"],
            ),
            (
                r#"{"vicidial_users": [{"user": "1"}, {"usr": "2"}]}"#,
                &["table vicidial_users, row 2", "no column usr"],
            ),
            (
                r#"{"vicidial_users": [{"user": "1", "user_level": "high"}]}"#,
                &["column user_level", "not a whole number"],
            ),
            (
                r#"{"vicidial_users": [{"user": "1", "user_level": 900}]}"#,
                &["column user_level", "not between 0 and 255"],
            ),
            (
                r#"{"vicidial_users": [{"user": "123456789012345678901"}]}"#,
                &["column user", "longer than 20 characters"],
            ),
            (
                r#"{"vicidial_users": [{"user": "1", "active": "maybe"}]}"#,
                &["column active", "is none of Y, N"],
            ),
            (
                r#"{"vicidial_users": [{"user": null}]}"#,
                &["column user", "must have a value"],
            ),
            (
                r#"{"vicidial_users": [{"user": ["1"]}]}"#,
                &["column user", "neither a text, a number nor null"],
            ),
            (
                r#"{"vicidial_users": [{"user": "1", "last_login_date": "yesterday"}]}"#,
                &["column last_login_date", "not a date"],
            ),
        ] {
            let bad = write(&directory, "bad.json", text);
            let message = refused(&["load", &good, &bad, "--database", &database.url], 1);
            assert!(
                message.contains("bad.json") && message.lines().count() == 1,
                "{message}"
            );
            for part in parts {
                assert!(message.contains(part), "{part}: {message}");
            }
            assert_eq!(database.dump(&[]), before, "{message}");
        }
    }
    assert!(
        refused(&["load", "/nowhere.json", "--database", "x.db"], 1)
            .contains("cannot read /nowhere.json")
    );
}

#[test]
fn permissions_that_do_not_count_are_named_and_fixed() {
    let database = Database::with_state(Backend::Sqlite);
    let directory = TempDir::new_in(scratch()).expect("a directory");
    let user = |user: &str, list: &str| json!({"user": user, "api_allowed_functions": list});
    let rows = json!({"vicidial_users": [
        user("1001", "ALL"), user("1002", " version "), user("1003", "add_did"), user("1004", " ALL_FUNCTIONS "),
    ]});
    let file = write(&directory, "rows.json", &rows.to_string());
    let stored = || {
        let mut rows = database.rows("vicidial_users");
        rows.retain(|row| {
            ["1001", "1002", "1003", "1004"]
                .map(|name| json!(name))
                .contains(&row["user"])
        });
        let lists = rows.iter().map(|row| {
            row["api_allowed_functions"]
                .as_str()
                .expect("a list")
                .to_owned()
        });
        lists.collect::<Vec<_>>()
    };
    let load = |more: &[&str]| run(&[&["load", &file, "--database", &database.url], more].concat());

    let output = load(&[]);
    assert!(output.status.success());
    let row =
        |number: u8| format!("{file}: table vicidial_users, row {number}: api_allowed_functions");
    let not_allowed = "names functions that it does not allow; --fix stores";
    let notes = [
        format!("{} \"ALL\" {not_allowed} \" ALL_FUNCTIONS \"\n", row(1)),
        format!("{} \"add_did\" {not_allowed} \" add_did \"\n", row(3)),
    ];
    assert_eq!(said(&output), notes.concat());
    assert_eq!(stored(), ["ALL", " version ", "add_did", " ALL_FUNCTIONS "]);

    let output = load(&["--fix"]);
    let notes = [
        format!("{} \"ALL\" is stored as \" ALL_FUNCTIONS \"\n", row(1)),
        format!("{} \"add_did\" is stored as \" add_did \"\n", row(3)),
    ];
    assert_eq!(said(&output), notes.concat());
    let fixed = [
        " ALL_FUNCTIONS ",
        " version ",
        " add_did ",
        " ALL_FUNCTIONS ",
    ];
    assert_eq!(stored(), fixed);

    // A list that is full cannot take the spaces: nothing is stored.
    let full = "x".repeat(1000 - "add_did,".len());
    let rows = json!({"vicidial_users": [user("1003", &format!("add_did,{full}"))]});
    let file = write(&directory, "full.json", &rows.to_string());
    let message = refused(&["load", &file, "--fix", "--database", &database.url], 1);
    assert!(
        message.contains("is longer than 1000 characters; nothing was loaded"),
        "{message}"
    );
    assert_eq!(stored(), fixed);
}

#[test]
fn a_dump_takes_tables_and_refuses_unknown_ones() {
    let database = Database::with_state(Backend::Sqlite);
    let output = run(&[
        "dump",
        "vicidial_ip_lists",
        "servers",
        "--database",
        &database.url,
    ]);
    let tables: crate::common::database::Tables =
        serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        tables
            .iter()
            .map(|(table, rows)| (table.as_str(), rows.len()))
            .collect::<Vec<_>>(),
        [("servers", 2), ("vicidial_ip_lists", 3)]
    );
    assert!(
        refused(&["dump", "nothing", "--database", &database.url], 1)
            .contains("there is no table nothing")
    );
    assert!(
        refused(&["dump", "--database", "/nowhere.db"], 1)
            .contains("there is no database /nowhere.db")
    );
}

#[test]
fn version_is_our_own() {
    let output = run(&["--version"]);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        concat!("vicishim ", env!("CARGO_PKG_VERSION"), "\n")
    );
}
