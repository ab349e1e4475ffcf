//! On a MariaDB: what is found there, what is never touched, and what happens when it goes away.

use crate::common::client::Client;
use crate::common::database::{Backend, Database, state};
use crate::common::eventually;
use crate::common::mariadb;
use crate::common::proxy::Proxy;
use crate::common::server::{Server, run};

const UNAVAILABLE: &str = "ERROR: DATABASE UNAVAILABLE, NOTHING WAS CHANGED\n";

fn add(number: &str) -> String {
    format!("source=test&user=6666&pass=1234&function=add_did&did_pattern={number}")
}

fn added(number: &str) -> String {
    format!("SUCCESS: add_did DID HAS BEEN ADDED - 6666|{number}\n")
}

/// A server behind a proxy, on VICIdial's tables or on ours.
fn behind_a_proxy(backend: Backend) -> (Database, Proxy, Server) {
    let database = Database::with_state(backend);
    let proxy = Proxy::to(mariadb::shared().port);
    let server = Server::start(&["--database", &mariadb::url(proxy.port, database.name())]);
    (database, proxy, server)
}

fn refused(arguments: &[&str], code: i32) -> String {
    let output = run(arguments);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(
        !message.contains("panicked") && !message.contains(mariadb::PASSWORD),
        "{message}"
    );
    message
}

#[test]
fn a_vicidial_database_is_never_altered() {
    let database = Database::with_state(Backend::Vicidial);
    let shape = "SELECT table_name, column_name, column_type, column_default FROM information_schema.columns \
                 WHERE table_schema = DATABASE() ORDER BY 1, 2";
    let before = database.run(shape);
    let server = Server::start(&["--database", &database.url]);
    assert_eq!(
        server.client().get(&add("7275550100")).body,
        added("7275550100")
    );
    let message = refused(
        &[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--database",
            &database.url,
            "--create-tables",
        ],
        1,
    );
    assert!(
        message.contains("none of them will be touched"),
        "{message}"
    );
    assert_eq!(server.stop(), Some(0));
    assert_eq!(database.run(shape), before);
}

#[test]
fn what_is_missing_is_named_with_what_needs_it() {
    let database = Database::empty_on_mariadb();
    database.run(&mariadb::vicidial_tables(&[
        "vicidial_users.api_allowed_functions",
    ]));
    database.run("DROP TABLE vicidial_urls");
    let message = refused(
        &[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--database",
            &database.url,
        ],
        1,
    );
    assert!(
        message.contains("column vicidial_users.api_allowed_functions (for sign-in)"),
        "{message}"
    );
    assert!(
        message.contains("table vicidial_urls (for every function's log)"),
        "{message}"
    );
    let ours = message.lines().filter(|line| !line.starts_with('['));
    assert_eq!(ours.count(), 1, "{message}");
}

#[test]
fn an_older_vicidial_lacks_columns_and_works() {
    const LACKS: &[&str] = &[
        "pre_filter_recent_call",
        "pre_filter_recent_extension",
        "max_queue_ingroup_calls",
        "entry_list_id",
    ];
    let database = Database::empty_on_mariadb();
    let lacks: Vec<String> = LACKS
        .iter()
        .map(|column| format!("vicidial_inbound_dids.{column}"))
        .collect();
    database.run(&mariadb::vicidial_tables(
        &lacks.iter().map(String::as_str).collect::<Vec<_>>(),
    ));
    let mut tables = state();
    for did in tables.get_mut("vicidial_inbound_dids").expect("DIDs") {
        did.retain(|column, _| !LACKS.contains(&column.as_str()));
    }
    database.load(&tables);
    let server = Server::start(&["--database", &database.url]);
    let mut client = server.client();
    assert_eq!(client.get(&add("7275550100")).body, added("7275550100"));
    let copy = "source=test&user=6666&pass=1234&function=copy_did&source_did_pattern=7275551114&new_dids=7275550101";
    assert!(
        client
            .get(copy)
            .body
            .ends_with("SUCCESS: copy_did DIDS HAVE BEEN ADDED - 6666|7275551114|1|0\n")
    );
    let update =
        "source=test&user=6666&pass=1234&function=update_did&did_pattern=7275550101&active=N";
    assert_eq!(
        client.get(update).body,
        "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|7275550101\n"
    );
    let with_it = format!("{}&entry_list_id=44", add("7275550102"));
    assert_eq!(
        client.get(&with_it).body,
        "ERROR: add_did THIS DATABASE HAS NO COLUMN FOR THIS FIELD, THIS IS AN OPTIONAL FIELD - 6666|entry_list_id\n"
    );
    let copied = database.run("SELECT list_id, custom_one, did_active FROM vicidial_inbound_dids WHERE did_pattern = '7275550101'");
    assert_eq!(copied, "998\tone\tN\n");
}

#[test]
fn an_empty_database_gets_our_tables_only_when_told_to() {
    let database = Database::empty_on_mariadb();
    let serve = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--database",
        &database.url,
    ];
    let message = refused(&serve, 1);
    assert!(
        message.contains("table vicidial_inbound_dids") && message.contains("--create-tables"),
        "{message}"
    );
    assert_eq!(database.run("SHOW TABLES"), "");
    let server = Server::start(&["--database", &database.url, "--create-tables", "--demo"]);
    assert_eq!(
        server.client().get(&add("7275550100")).body,
        added("7275550100")
    );
    assert_eq!(server.stop(), Some(0));
    // Once made, they are found as they are.
    let server = Server::start(&["--database", &database.url, "--create-tables"]);
    assert_eq!(
        server.client().get(&add("7275550100")).body,
        "ERROR: add_did DID ALREADY EXISTS - 6666|7275550100\n"
    );
}

#[test]
fn a_dialers_own_file_names_its_database() {
    let database = Database::with_state(Backend::Vicidial);
    let directory = tempfile::TempDir::new().expect("a directory");
    let file = directory.path().join("astguiclient.conf");
    let (port, name, password) = (mariadb::shared().port, database.name(), mariadb::PASSWORD);
    let text = format!(
        "# astguiclient.conf\nPATHhome => /usr/share/astguiclient\nVARserver_ip => 10.0.9.8\nVARDB_server => 127.0.0.1\n\
         VARDB_database => {name}\nVARDB_user => vicishim\nVARDB_pass => {password}\nVARDB_port => {port}\n"
    );
    std::fs::write(&file, text).expect("a file");
    let file = file.to_str().expect("a path");
    let server = Server::start(&["--astguiclient-conf", file]);
    assert_eq!(
        server.greeting.trim().rsplit(" with ").next(),
        Some(format!("mysql://127.0.0.1:{port}/{name}").as_str())
    );
    assert_eq!(
        server.client().get(&add("7275550100")).body,
        added("7275550100")
    );
    assert!(
        !server.log().contains(password),
        "the database's password is in the log"
    );
    refused(&["serve", "--astguiclient-conf", "/nowhere.conf"], 1);
    refused(
        &["serve", "--astguiclient-conf", file, "--database", "x.db"],
        2,
    );
}

#[test]
fn a_database_that_is_down_at_the_start_is_one_clear_line() {
    let proxy = Proxy::to(mariadb::shared().port);
    proxy.cut();
    let url = mariadb::url(proxy.port, "asterisk");
    let message = refused(&["serve", "--listen", "127.0.0.1:0", "--database", &url], 1);
    assert!(message.contains("cannot reach the database"), "{message}");
}

#[test]
fn a_database_that_is_down_at_the_start_is_waited_for() {
    let database = Database::with_state(Backend::Vicidial);
    let proxy = Proxy::to(mariadb::shared().port);
    proxy.cut();
    let url = mariadb::url(proxy.port, database.name());
    let restorer = std::thread::spawn(move || {
        eventually("the server has tried twice", || proxy.refused() >= 2);
        proxy.restore();
        proxy
    });
    let server = Server::start(&["--database", &url, "--wait-for-database", "30s"]);
    assert_eq!(
        server.client().get(&add("7275550100")).body,
        added("7275550100")
    );
    drop(restorer.join());
}

fn goes_away_and_comes_back(backend: Backend) {
    let (database, proxy, server) = behind_a_proxy(backend);
    let mut client = server.client();
    assert_eq!(client.get(&add("7275550100")).body, added("7275550100"));
    proxy.cut();
    for number in 101..110 {
        let response = client.get(&add(&format!("7275550{number}")));
        assert_eq!(
            (response.status, response.body.as_str()),
            (503, UNAVAILABLE)
        );
    }
    let health = client.request("GET", "/healthz", &[], b"");
    assert_eq!(
        (health.status, health.body.as_str()),
        (503, "ERROR: DATABASE UNAVAILABLE\n")
    );
    proxy.restore();
    assert_eq!(client.get(&add("7275550120")).body, added("7275550120"));
    assert_eq!(client.request("GET", "/healthz", &[], b"").body, "ok\n");
    let numbers: Vec<_> = database
        .rows("vicidial_inbound_dids")
        .into_iter()
        .map(|did| did["did_pattern"].clone())
        .collect();
    assert_eq!(numbers[6..], ["7275550100", "7275550120"]);
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[test]
fn vicidials_database_goes_away_and_comes_back() {
    goes_away_and_comes_back(Backend::Vicidial);
}

#[test]
fn our_database_goes_away_and_comes_back() {
    goes_away_and_comes_back(Backend::Innodb);
}

#[test]
fn a_connection_that_was_closed_costs_no_request() {
    for backend in [Backend::Vicidial, Backend::Innodb] {
        let (_database, proxy, server) = behind_a_proxy(backend);
        let mut client = server.client();
        for number in 100..120 {
            proxy.hiccup();
            assert_eq!(
                client.get(&add(&format!("7275550{number}"))).body,
                added(&format!("7275550{number}"))
            );
            assert_eq!(client.request("GET", "/healthz", &[], b"").status, 200);
        }
    }
}

#[test]
fn an_answer_that_was_lost_is_never_called_unchanged_on_vicidials_tables() {
    let (database, proxy, server) = behind_a_proxy(Backend::Vicidial);
    let mut client = server.client();
    // The statement is prepared by the first call; the second sends only its values.
    assert_eq!(client.get(&add("7275550100")).body, added("7275550100"));
    for _ in 0..4 {
        proxy.cut_at("7275550199");
        let response = client.get(&add("7275550199"));
        proxy.restore();
        let there = database
            .run("SELECT count(*) FROM vicidial_inbound_dids WHERE did_pattern = '7275550199'")
            == "1\n";
        // Cut at the look-up nothing had been sent, and it was asked again.
        match response.body.as_str() {
            UNAVAILABLE => assert!(!there),
            body if body.starts_with("SUCCESS") => assert!(there),
            body => assert!(
                body.starts_with("ERROR: DATABASE CONNECTION LOST")
                    || body.contains("ALREADY EXISTS"),
                "{body}"
            ),
        }
    }
}

#[test]
fn every_change_on_vicidials_tables_has_its_admin_log_row_whenever_it_is_cut() {
    let (database, proxy, server) = behind_a_proxy(Backend::Vicidial);
    let address = server.address;
    let cutter = std::thread::spawn(move || {
        for round in 0..40 {
            std::thread::sleep(std::time::Duration::from_millis(10 + round % 7));
            proxy.hiccup();
        }
        proxy
    });
    let mut client = Client::connect(address);
    let mut successes = Vec::new();
    for number in 1000..1300 {
        let number = format!("800555{number}");
        if client.get(&add(&number)).body == added(&number) {
            successes.push(number);
        }
    }
    drop(cutter.join());
    assert_eq!(server.stop(), Some(0));
    let dids = database
        .run("SELECT did_pattern FROM vicidial_inbound_dids WHERE did_pattern LIKE '800555%'");
    let dids: Vec<&str> = dids.lines().collect();
    let log = database.run("SELECT event_notes FROM vicidial_admin_log ORDER BY admin_log_id");
    let begun = log.matches("begun, not finished").count();
    let unlogged = dids
        .iter()
        .filter(|did| !log.contains(&format!("did: {did} did_id:")))
        .count();
    assert!(
        unlogged <= begun,
        "{unlogged} DIDs without a row, {begun} rows begun"
    );
    assert!(
        successes
            .iter()
            .all(|number| dids.contains(&number.as_str())),
        "a SUCCESS is missing"
    );
    assert!(
        successes.len() > 200,
        "only {} of 300 went through",
        successes.len()
    );
}

#[test]
fn a_read_only_server_is_a_clear_error() {
    let server = mariadb::MariaDb::start(&[]);
    server.run("mysql", "CREATE DATABASE asterisk");
    server.run("asterisk", &mariadb::vicidial_tables(&[]));
    let user = "INSERT INTO vicidial_users (user, pass, user_level, vdc_agent_api_access, modify_inbound_dids) \
                VALUES ('6666', '1234', 9, '1', '1'); INSERT INTO system_settings (use_non_latin) VALUES ('0')";
    server.run("asterisk", user);
    server.run(
        "mysql",
        "REVOKE SUPER, READ ONLY ADMIN ON *.* FROM 'vicishim'@'%'; SET GLOBAL read_only = 1",
    );
    let vicishim = Server::start(&["--database", &server.url("asterisk")]);
    let response = vicishim.client().get(&add("7275550100"));
    assert_eq!(
        (response.status, response.body.as_str()),
        (503, UNAVAILABLE)
    );
    server.run("mysql", "SET GLOBAL read_only = 0");
    assert_eq!(
        vicishim.client().get(&add("7275550100")).body,
        added("7275550100")
    );
}

#[test]
fn two_servers_on_one_database_add_each_number_once() {
    for backend in [Backend::Vicidial, Backend::Innodb] {
        let database = Database::with_state(backend);
        let servers = [
            Server::start(&["--database", &database.url]),
            Server::start(&["--database", &database.url]),
        ];
        let addresses: Vec<_> = servers.iter().map(|server| server.address).collect();
        let clients: Vec<_> = (0..16)
            .map(|client| {
                let address = addresses[client % 2];
                std::thread::spawn(move || {
                    let mut connection = Client::connect(address);
                    let mut won = Vec::new();
                    for step in 0..40 {
                        let number = format!("9005550{:03}", (client * 7 + step) % 60);
                        let new = format!("9005551{:03},9005552{:03}", (step + client) % 40, (step * 3 + client) % 40);
                        let single = connection.get(&add(&number));
                        assert_eq!(single.status, 200, "{}", single.body);
                        if single.body == added(&number) {
                            won.push(number);
                        }
                        let copy = format!(
                            "source=test&user=6666&pass=1234&function=copy_did&source_did_pattern=7275551114&new_dids={new}"
                        );
                        let copied = connection.get(&copy);
                        assert_eq!(copied.status, 200, "{}", copied.body);
                        let lines = copied.body.lines().filter_map(|line| line.strip_prefix("NOTICE: copy_did DID HAS BEEN ADDED - 6666|"));
                        won.extend(lines.map(|line| line.split('|').next().expect("a number").to_owned()));
                    }
                    won
                })
            })
            .collect();
        let mut won: Vec<String> = clients
            .into_iter()
            .flat_map(|client| client.join().expect("a client"))
            .collect();
        won.sort();
        let count = won.len();
        won.dedup();
        assert_eq!(won.len(), count, "a number was added twice");
        let dids = database
            .run("SELECT count(*) FROM vicidial_inbound_dids WHERE did_pattern LIKE '900555%'");
        assert_eq!(dids.trim(), won.len().to_string());
    }
}

#[test]
fn dates_are_the_servers_local_time() {
    let server = mariadb::MariaDb::start(&["--default-time-zone=-05:00"]);
    server.run("mysql", "CREATE DATABASE asterisk");
    let vicishim = Server::start(&[
        "--database",
        &server.url("asterisk"),
        "--create-tables",
        "--demo",
    ]);
    assert_eq!(
        vicishim.client().get(&add("7275550100")).body,
        added("7275550100")
    );
    let query = "SELECT ABS(TIMESTAMPDIFF(SECOND, modify_stamp, NOW())) < 60 FROM vicidial_inbound_dids WHERE did_pattern = '7275550100'";
    assert_eq!(server.run("asterisk", query), "1\n");
}

#[test]
fn a_lock_that_is_not_given_is_a_clear_error() {
    let database = Database::with_state(Backend::Innodb);
    let server = Server::start(&["--database", &database.url]);
    let mut client = server.client();
    let port = format!("--port={}", mariadb::shared().port);
    let hold = "BEGIN; UPDATE vicidial_inbound_dids SET did_active = 'N' WHERE did_pattern = 'default'; \
                DO SLEEP(13); ROLLBACK";
    let mut holder = std::process::Command::new("mariadb")
        .args([
            "--no-defaults",
            "--host=127.0.0.1",
            "--protocol=TCP",
            "--user=root",
            &port,
        ])
        .args([database.name(), "--execute", hold])
        .stdin(std::process::Stdio::null())
        .spawn()
        .expect("a client");
    // Not from `innodb_trx`, which shows nothing new while it is asked more often than ten times a second.
    let held = "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED; \
                SELECT COUNT(*) FROM vicidial_inbound_dids WHERE did_pattern = 'default' AND did_active = 'N'";
    eventually("somebody holds the lock", || database.run(held) == "1\n");
    let update = "source=test&user=6666&pass=1234&function=update_did&did_pattern=default&active=Y";
    let response = client.get(update);
    assert_eq!(
        (response.status, response.body.as_str()),
        (503, UNAVAILABLE)
    );
    assert!(
        database.rows("vicidial_admin_log").is_empty(),
        "a refused call left a row"
    );
    // Others go through meanwhile, and so does it once the lock is gone.
    assert_eq!(client.get(&add("7275550101")).body, added("7275550101"));
    assert!(holder.wait().expect("it ends").success());
    let updated = "SUCCESS: update_did DID HAS BEEN UPDATED - 6666|default\n";
    assert_eq!(client.get(update).body, updated);
}

#[test]
fn changes_that_wait_together_leave_their_rows_and_no_others() {
    const NUMBERS: usize = 200;
    let database = Database::with_state(Backend::Vicidial);
    let server = Server::start(&["--database", &database.url]);
    let address = server.address;
    // Every number twice: one of the two is refused, after it was announced with the others.
    let clients: Vec<_> = (0..16)
        .map(|client| {
            std::thread::spawn(move || {
                let mut connection = Client::connect(address);
                let own = (0..NUMBERS * 2).filter(|place| place % 16 == client);
                own.filter(|place| {
                    let number = (72_755_530_000 + place / 2).to_string();
                    connection.get(&add(&number)).body == added(&number)
                })
                .count()
            })
        })
        .collect();
    let clients = clients.into_iter();
    let made: usize = clients.map(|client| client.join().expect("a client")).sum();
    assert_eq!(made, NUMBERS);
    assert_eq!(server.stop(), Some(0));
    let rows = database.run(
        "SELECT l.user, l.ip_address, l.event_section, l.event_type, l.event_code, \
         l.event_notes = CONCAT('did: ', d.did_pattern, ' did_id: ', d.did_id, ' inserted: 1'), COUNT(DISTINCT l.record_id) \
         FROM vicidial_admin_log l LEFT JOIN vicidial_inbound_dids d ON d.did_id = l.record_id GROUP BY 1, 2, 3, 4, 5, 6",
    );
    assert_eq!(
        rows,
        format!("6666\t127.0.0.1\tDIDS\tADD\tADMIN API ADD DID\t1\t{NUMBERS}\n")
    );
}
