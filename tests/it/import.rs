//! `vicishim import`: a dialer's rows into a database of ours.

use std::process::Output;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::common::database::{Backend, Database, state};
use crate::common::mariadb;
use crate::common::scratch;
use crate::common::server::{Server, run};

const LOGS: [&str; 5] = [
    "vicidial_admin_log",
    "vicidial_api_log",
    "vicidial_api_urls",
    "vicidial_closer_log",
    "vicidial_did_log",
];

fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = text.lines().filter(|line| !line.starts_with('['));
    lines.map(|line| format!("{line}\n")).collect()
}

fn import(from: &str, to: &Database, more: &[&str]) -> Output {
    run(&[&["import", from, "--database", &to.url], more].concat())
}

fn imported(from: &Database, to: &Database, more: &[&str]) -> (String, String) {
    let output = import(&from.url, to, more);
    assert!(output.status.success(), "{}", said(&output));
    (
        String::from_utf8(output.stdout.clone()).expect("UTF-8"),
        said(&output),
    )
}

fn refused(from: &str, to: &Database, more: &[&str]) -> String {
    let output = import(from, to, more);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    said(&output)
}

/// A dialer's database with a row in each of its logs.
fn dialer() -> Database {
    let dialer = Database::with_state(Backend::Vicidial);
    dialer.run(
        "INSERT INTO vicidial_api_log SET api_id = 7, user = '6666', function = 'add_phone', value = 'hush', data = 'hush'; \
         INSERT INTO vicidial_api_urls SET api_id = 7, url = 'http://x/y.php?user=6666&pass=hush'; \
         INSERT INTO vicidial_admin_log SET admin_log_id = 9, event_date = NOW(), user = '6666', ip_address = '', \
             event_section = 'PHONES', record_id = 'cc100', event_code = 'ADMIN MODIFY PHONE', event_sql = 'pass=hush'; \
         INSERT INTO vicidial_did_log SET uniqueid = '1.1', channel = '', server_ip = '', extension = '1', call_date = NOW(); \
         INSERT INTO vicidial_did_log SET uniqueid = '1.1', channel = '', server_ip = '', extension = '1', call_date = NOW(); \
         INSERT INTO vicidial_closer_log SET closecallid = 5, lead_id = 3;",
    );
    dialer
}

/// The rows of a dialer's table, with the columns that ours has.
fn rows_of(dialer: &Database, table: &str, ours: &Database) -> Vec<Map<String, Value>> {
    let columns = ours.open().columns();
    let mut rows = dialer.rows(table);
    for row in &mut rows {
        row.retain(|column, _| columns.find(table, column).is_some());
    }
    rows
}

#[test]
fn all_rows_come_with_their_ids() {
    let dialer = dialer();
    let before = dialer.dump(&[]);
    for backend in [Backend::Sqlite, Backend::Innodb] {
        for logs in [false, true] {
            let ours = Database::fresh(backend);
            let more: &[&str] = if logs { &["--logs"] } else { &[] };
            let (printed, told) = imported(&dialer, &ours, more);
            let mut count = 0;
            for table in dialer.open().columns().tables() {
                let is_left_out = !logs && LOGS.contains(&table);
                let expected = match is_left_out {
                    true => Vec::new(),
                    false => rows_of(&dialer, table, &ours),
                };
                assert_eq!(ours.rows(table), expected, "{table}");
                count += expected.len();
            }
            let first = format!(
                "{count} rows of {} imported into {}\n",
                dialer.address(),
                ours.address()
            );
            assert!(printed.starts_with(&first), "{printed}");
            assert!(printed.contains("\n  vicidial_users 17\n"), "{printed}");
            let names_logs = told.contains(&format!(
                "left out are the logs (--logs imports them): {}\n",
                LOGS.join(", ")
            ));
            assert_eq!(names_logs, !logs, "{told}");
            assert!(
                told.contains(
                    "phones: left out are columns that vicishim does not know: phone_ip, "
                ),
                "{told}"
            );
            assert!(
                told.contains("each is read as it is at one moment"),
                "{told}"
            );
        }
    }
    assert_eq!(dialer.dump(&[]), before);
    // The copy is served, and the next DID has the next number.
    let ours = Database::fresh(Backend::Sqlite);
    imported(&dialer, &ours, &[]);
    let server = Server::start(&["--database", &ours.url]);
    let last = ours
        .rows("vicidial_inbound_dids")
        .iter()
        .filter_map(|row| row["did_id"].as_i64())
        .max();
    let query = "source=test&user=6666&pass=1234&function=add_did&did_pattern=7275550177";
    assert!(server.client().get(query).body.starts_with("SUCCESS"));
    assert_eq!(
        ours.rows("vicidial_inbound_dids").last().expect("a row")["did_id"].as_i64(),
        last.map(|last| last + 1)
    );
}

#[test]
fn an_older_and_changed_dialer_is_imported_by_an_account_that_only_reads() {
    let dialer = Database::empty_on_mariadb();
    dialer.run(&mariadb::vicidial_tables(&[
        "vicidial_inbound_dids.did_carrier_description",
    ]));
    dialer.run(
        "INSERT INTO system_settings (use_non_latin) VALUES ('0'); DROP TABLE vicidial_voicemail; \
         ALTER TABLE vicidial_inbound_dids ADD COLUMN of_a_later_version VARCHAR(20) DEFAULT 'x'; \
         INSERT INTO vicidial_users SET user = '6666', pass = '1234', last_login_date = '0000-00-00 00:00:00'; \
         INSERT INTO vicidial_inbound_dids SET did_id = 77, did_pattern = '7275550100';",
    );
    let name = dialer.name();
    dialer.run(&format!(
        "CREATE USER 'reader_{name}'@'%' IDENTIFIED BY 'r'; GRANT SELECT ON {name}.* TO 'reader_{name}'@'%'"
    ));
    let place = dialer.url.rsplit_once('@').expect("an address").1;
    let reader = format!("mysql://reader_{name}:r@{place}");
    let ours = Database::fresh(Backend::Sqlite);
    let output = import(&reader, &ours, &[]);
    dialer.run(&format!("DROP USER 'reader_{name}'@'%'"));
    assert!(output.status.success(), "{}", said(&output));
    let told = said(&output);
    for line in [
        "not there, or not to be read by this account: vicidial_voicemail\n",
        "vicidial_inbound_dids: left out are columns that vicishim does not know: of_a_later_version\n",
        "vicidial_inbound_dids: these columns get their default, because the dialer has none, or this account may not read them: did_carrier_description\n",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    let did = &ours.rows("vicidial_inbound_dids")[0];
    assert_eq!(
        (&did["did_id"], &did["did_carrier_description"]),
        (&json!(77), &json!(""))
    );
}

#[test]
fn every_password_is_masked_and_somebody_can_sign_in() {
    let dialer = dialer();
    dialer.run(
        "UPDATE vicidial_users SET pass = 'hush', pass_hash = 'hush'; UPDATE phones SET pass = 'hush', conf_secret = 'hush'; \
         UPDATE vicidial_voicemail SET pass = 'hush'; \
         INSERT INTO vicidial_conf_templates SET template_id = 'a', template_name = 'a', template_contents = 'secret=hush'; \
         INSERT INTO vicidial_two_factor_auth SET user = '6666', auth_code = 'hush'; \
         UPDATE vicidial_inbound_dids SET filter_url = 'https://joe:hush@example.com/a.php?key=hush'",
    );
    for hashed in ["0", "1"] {
        dialer.run(&format!(
            "UPDATE system_settings SET pass_hash_enabled = '{hashed}', pass_key = 'hushhushhushhush', pass_cost = 4"
        ));
        let directory = TempDir::new_in(scratch()).expect("a directory");
        let file = directory.path().join("sandbox.db");
        let file = file.to_str().expect("a path");
        let output = run(&[
            "import",
            &dialer.url,
            "--database",
            file,
            "--logs",
            "--mask-passwords",
        ]);
        assert!(output.status.success(), "{}", said(&output));
        let bytes: Vec<u8> = std::fs::read_dir(directory.path())
            .expect("a directory")
            .flat_map(|file| std::fs::read(file.expect("a file").path()).expect("it is read"))
            .collect();
        assert!(bytes.len() > 100_000);
        assert!(!bytes.windows(4).any(|part| part == b"hush"));
        assert!(
            bytes
                .windows(25)
                .any(|part| part == b"https://example.com/a.php")
        );
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        let last = printed.lines().last().expect("a line");
        let password = last.strip_prefix("every user, phone and voicemail box has the password ");
        let password = password.expect("a password");
        assert_eq!(password.len(), 10);
        let server = Server::start(&["--database", file]);
        let sign_in = |password: &str| {
            let query = format!("source=test&user=6666&pass={password}&function=did_list");
            !server.client().get(&query).body.contains("Login incorrect")
        };
        assert!(sign_in(password) && !sign_in("hush"), "hashed: {hashed}");
    }
    let ours = Database::fresh(Backend::Sqlite);
    let (printed, _) = imported(&dialer, &ours, &["--mask-passwords=sandbox"]);
    assert!(printed.ends_with("has the password sandbox\n"), "{printed}");
    let other = Database::fresh(Backend::Sqlite);
    for (password, part) in [
        (
            "--mask-passwords=01234567890",
            "is longer than 10 characters: vicidial_voicemail",
        ),
        ("--mask-passwords=a&b", "takes two letters"),
    ] {
        let message = refused(&dialer.url, &other, &[password]);
        assert!(message.contains(part), "{message}");
    }
    assert!(other.rows("vicidial_users").is_empty());
}

#[test]
fn values_that_do_not_fit_are_named_and_nothing_is_imported() {
    let dialer = Database::with_state(Backend::Vicidial);
    dialer.run(
        "ALTER TABLE vicidial_inbound_dids MODIFY did_description VARCHAR(200), MODIFY did_route VARCHAR(30); \
         ALTER TABLE vicidial_users MODIFY pass VARCHAR(200); \
         UPDATE vicidial_users SET pass = REPEAT('hush', 40) WHERE user = '6666'; \
         INSERT INTO vicidial_inbound_dids SET did_id = 770, did_pattern = '1', did_description = REPEAT('a', 51); \
         INSERT INTO vicidial_inbound_dids SET did_id = 771, did_pattern = '2', did_route = 'TO_THE_MOON';",
    );
    let ours = Database::fresh(Backend::Sqlite);
    let before = ours.dump(&[]);
    let message = refused(&dialer.url, &ours, &[]);
    let user = dialer.rows("vicidial_users")[0]["user_id"].clone();
    for part in [
        format!("table vicidial_inbound_dids, did_id 770, column did_description: \"{}\" is longer than 50 characters\n", "a".repeat(51)),
        "table vicidial_inbound_dids, did_id 771, column did_route: \"TO_THE_MOON\" is none of EXTEN, ".to_owned(),
        format!("table vicidial_users, user_id {user}, column pass: is longer than 100 characters\n"),
        "our columns cannot hold 3 of the dialer's values; nothing was imported\n".to_owned(),
    ] {
        assert!(message.contains(&part), "{part}: {message}");
    }
    assert!(!message.contains("hush"), "{message}");
    assert_eq!(ours.dump(&[]), before);
    dialer.run("UPDATE vicidial_inbound_dids SET did_route = 'TO_THE_MOON'");
    let many = dialer.rows("vicidial_inbound_dids").len();
    let message = refused(&dialer.url, &ours, &[]);
    assert_eq!(
        message.matches(", column ").count(),
        20.min(many + 2),
        "{message}"
    );
}

#[test]
fn what_is_there_already_is_kept_or_asked_for() {
    let dialer = Database::with_state(Backend::Vicidial);
    for backend in [Backend::Sqlite, Backend::Innodb] {
        let ours = Database::with_state(backend);
        let before = ours.dump(&[]);
        let message = refused(&dialer.url, &ours, &[]);
        assert!(
            message.contains("there is nobody to ask: --yes"),
            "{message}"
        );
        assert_eq!(ours.dump(&[]), before);
        // A row of the dialer has the key of one row and the number of another: all is taken back.
        dialer
            .run("INSERT INTO vicidial_inbound_dids SET did_id = 880, did_pattern = '7275550188'");
        let own = json!([{"did_id": 881, "did_pattern": "7275550188"}]);
        crate::common::database::load(
            &ours.url,
            &serde_json::from_value(json!({"vicidial_inbound_dids": own})).expect("rows"),
        );
        let before = ours.dump(&[]);
        let message = refused(&dialer.url, &ours, &["--yes"]);
        assert!(
            message.contains("table vicidial_inbound_dids, did_id 880: "),
            "{message}"
        );
        assert!(message.ends_with("; nothing was imported\n"), "{message}");
        assert_eq!(ours.dump(&[]), before);
        dialer.run("DELETE FROM vicidial_inbound_dids WHERE did_id = 880");
        imported(&dialer, &ours, &["--yes"]);
        let history = run(&["history", "--database", &ours.url]);
        let history = String::from_utf8_lossy(&history.stdout).into_owned();
        assert!(
            history.contains("  import  by command line\n  + did "),
            "{history}"
        );
        let patterns: Vec<_> = ours
            .rows("vicidial_inbound_dids")
            .iter()
            .map(|row| row["did_pattern"].clone())
            .collect();
        assert!(patterns.contains(&json!("7275550188")));
        assert_eq!(patterns.len(), state()["vicidial_inbound_dids"].len() + 1);
    }
}

#[test]
fn only_a_dialer_is_imported_and_only_into_a_database_of_ours() {
    let dialer = Database::with_state(Backend::Vicidial);
    let other = Database::with_state(Backend::Vicidial);
    let before = other.dump(&[]);
    let message = refused(&dialer.url, &other, &["--yes"]);
    assert!(message.contains("is not a database of ours"), "{message}");
    assert_eq!(other.dump(&[]), before);
    let ours = Database::fresh(Backend::Innodb);
    let file = Database::fresh(Backend::Sqlite);
    let empty = Database::empty_on_mariadb();
    for (from, part) in [
        (&ours.url, "is a database of ours, not a dialer's"),
        (&empty.url, "it has no table vicidial_users"),
        (
            &"mysql://127.0.0.1:1/asterisk".to_owned(),
            "cannot reach the database",
        ),
        (&"/nowhere.conf".to_owned(), "cannot read /nowhere.conf"),
    ] {
        let message = refused(from, &file, &[]);
        assert!(message.contains(part), "{message}");
    }
    // InnoDB's tables are seen at one moment. The address may be that of the dialer's own scripts.
    let tables = dialer
        .run("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()");
    for table in tables.lines() {
        dialer.run(&format!(
            "SET innodb_strict_mode = 0; ALTER TABLE {table} ENGINE = InnoDB"
        ));
    }
    let directory = TempDir::new_in(scratch()).expect("a directory");
    let conf = directory.path().join("astguiclient.conf");
    let port = dialer
        .url
        .rsplit(':')
        .next()
        .and_then(|rest| rest.split('/').next())
        .expect("a port");
    let text = format!(
        "VARDB_server => 127.0.0.1\nVARDB_database => {}\nVARDB_user => vicishim\nVARDB_pass => {}\nVARDB_port => {port}\n",
        dialer.name(),
        mariadb::PASSWORD
    );
    std::fs::write(&conf, text).expect("a file");
    let output = import(conf.to_str().expect("a path"), &file, &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(!said(&output).contains("one moment"), "{}", said(&output));
    assert_eq!(file.rows("vicidial_users").len(), 17);
}
