//! `atomic=Y` on copy_did: all numbers or none.

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use vicishim::store::collation;

use crate::common::database::Backend;
use crate::common::site::Site;

on_each_database_and_with_state! {
    one_refused_number_refuses_all
    all_are_added_where_none_is_refused
    a_number_that_comes_in_between_takes_all_back
    without_it_a_number_that_comes_in_between_is_refused_alone
}

const COPY: &str = "copy_did&source_did_pattern=default&atomic=Y&new_dids=";

fn one_refused_number_refuses_all(backend: Backend) {
    let mut api = Site::start(backend);
    let before = api.database.rows("vicidial_inbound_dids");
    for dry_run in ["&dry_run=Y", ""] {
        let response = api.ask(&format!(
            "{COPY}7275550001,7275551114,7275550002,7275550001,1{dry_run}"
        ));
        assert_eq!(
            response.body,
            "NOTICE: copy_did DID ALREADY EXISTS - 6666|7275551114\n\
             NOTICE: copy_did DID ALREADY EXISTS - 6666|7275550001\n\
             NOTICE: copy_did DID PATTERN MUST BE FROM 2 TO 50 CHARACTERS - 6666|1\n\
             ERROR: copy_did NO DIDS ADDED - 6666|default|0|5\n"
        );
        assert_eq!(response.header("x-vicishim-added"), Some("0"));
        assert_eq!(response.header("x-vicishim-refused"), Some("5"));
        assert_eq!(api.database.rows("vicidial_inbound_dids"), before);
    }
    let log = api.database.rows("vicidial_admin_log");
    assert_eq!(log.len(), 1);
    assert_eq!(
        log[0]["event_notes"],
        "DID Source: default Inserts: 0 Insert Errors: 5 Copy Log:\n7275550001 NOT ADDED\n7275551114 ALREADY EXISTS\n\
         7275550002 NOT ADDED\n7275550001 ALREADY EXISTS\n1 MUST BE FROM 2 TO 50 CHARACTERS\n"
    );
    assert_eq!(log[0]["event_sql"], "");
    assert_eq!(api.database.rows("vicidial_api_log").len(), 4);
    api.says(
        &format!("{COPY}7275550001&atomic=yes"),
        "ERROR: copy_did ATOMIC MUST BE Y OR N, THIS IS AN OPTIONAL FIELD - 6666|yes\n",
    );
}

fn all_are_added_where_none_is_refused(backend: Backend) {
    let mut api = Site::start(backend);
    let body = api.body(&format!("{COPY}7275550001,7275550002"));
    assert!(
        body.ends_with("SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|default|2|0\n"),
        "{body}"
    );
    let mut wire = Site::speaking("wire", backend);
    let body = wire.body(&format!("{COPY}7275550001,7275551114"));
    assert!(
        body.ends_with("SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|default|1|1\n"),
        "{body}"
    );
}

/// Adds `7275550300` as another program would: behind the copy's check, before its own row of that number.
fn another_program_adds_it(api: &Site, backend: Backend) {
    match backend {
        Backend::Sqlite => {
            let mut connection = SqliteConnection::establish(&api.database.url).expect("the file");
            collation::register(&mut connection).expect("its comparison");
            connection
                .batch_execute(
                    "CREATE TRIGGER another AFTER INSERT ON vicidial_inbound_dids \
                     WHEN NEW.did_pattern = '7275550299' BEGIN \
                     INSERT OR IGNORE INTO vicidial_inbound_dids (did_pattern) VALUES ('7275550300'); END",
                )
                .expect("a trigger");
        }
        // The row that announces the copy is written between the two.
        Backend::Vicidial | Backend::VicidialWithSqlite | Backend::VicidialWithMariaDb => {
            drop(api.database.run(
                "CREATE TRIGGER another BEFORE INSERT ON vicidial_admin_log FOR EACH ROW \
             INSERT IGNORE INTO vicidial_inbound_dids (did_pattern) VALUES ('7275550300')",
            ))
        }
        // The check does not see what is not committed; the copy waits for it.
        Backend::Innodb => {
            let name = api.database.name().to_owned();
            std::thread::spawn(move || {
                crate::common::mariadb::shared().run(
                    &name,
                    "BEGIN; INSERT INTO vicidial_inbound_dids (did_pattern) VALUES ('7275550300'); DO SLEEP(2); COMMIT",
                )
            });
            let begun = "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED; \
                         SELECT count(*) FROM vicidial_inbound_dids WHERE did_pattern = '7275550300'";
            while api.database.run(begun) == "0\n" {}
        }
    }
}

fn a_number_that_comes_in_between_takes_all_back(backend: Backend) {
    let mut api = Site::start(backend);
    let before = api.database.rows("vicidial_inbound_dids");
    another_program_adds_it(&api, backend);
    let numbers: Vec<String> = (7_275_550_210_u64..7_275_550_370)
        .map(|number| number.to_string())
        .collect();
    let short = numbers.join(",");
    let response = api.ask(&format!("{COPY}{short}"));
    assert_eq!(
        response.body,
        "NOTICE: copy_did DID ALREADY EXISTS - 6666|7275550300\n\
         ERROR: copy_did NO DIDS ADDED - 6666|default|0|160\n"
    );
    let mut after = api.database.rows("vicidial_inbound_dids");
    after.retain(|did| did["did_pattern"] != "7275550300");
    assert_eq!(after, before);
    let plain = api.body(&format!(
        "copy_did&source_did_pattern=default&new_dids={short}"
    ));
    assert!(
        plain.ends_with("SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|default|159|1\n"),
        "{plain}"
    );
}

fn without_it_a_number_that_comes_in_between_is_refused_alone(backend: Backend) {
    let mut api = Site::start(backend);
    another_program_adds_it(&api, backend);
    let body =
        api.body("copy_did&source_did_pattern=default&new_dids=7275550299,7275550300,7275550301");
    let lines: Vec<&str> = body.lines().collect();
    let added = |number| format!("NOTICE: copy_did DID HAS BEEN ADDED - 6666|{number}|default|");
    assert!(lines[0].starts_with(&added("7275550299")), "{body}");
    let refused = "NOTICE: copy_did DID ALREADY EXISTS - 6666|7275550300";
    assert_eq!(lines[1], refused);
    assert!(lines[2].starts_with(&added("7275550301")), "{body}");
    let done = "SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|default|2|1";
    assert_eq!(lines[3..], [done]);
}
