//! Statements that are killed, a database that hangs, and rows that it does not take: no answer is untrue.
//!
//! `VICISHIM_TEST_KILLS` is how many statements each of the tests that kill them does (150): 1,000 take about a minute each.

use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use crate::common::client::Client;
use crate::common::database::{Backend, Database};
use crate::common::ledger::{Answer, Caller, Ledger, Load, SOURCE, Truth};
use crate::common::mariadb;
use crate::common::proxy::Proxy;
use crate::common::server::Server;
use mysql_async::prelude::Queryable;
use vicishim::store::dids;

const CLIENTS: usize = 12;

/// How many calls may be told to look, of a hundred statements that were killed.
const LOOKS_PERCENT: usize = 5;

/// The tables of a VICIdial, or ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tables {
    /// A VICIdial's as they are: MyISAM.
    MyIsam,
    /// A VICIdial's, converted: they survive a crash, and cannot roll back.
    Aria,
    /// Ours.
    InnoDb,
}

impl Tables {
    fn database(self) -> Database {
        let backend = match self {
            Self::MyIsam | Self::Aria => Backend::Vicidial,
            Self::InnoDb => Backend::Innodb,
        };
        let database = Database::with_state(backend);
        if self == Self::Aria {
            let tables = database.run("SHOW TABLES");
            let convert = |table: &str| format!("ALTER TABLE `{table}` ENGINE=Aria;");
            database.run(&tables.lines().map(convert).collect::<String>());
        }
        database
    }
}

on_each! {
    { myisam: super::Tables::MyIsam, aria: super::Tables::Aria, innodb: super::Tables::InnoDb, }
    statements_are_killed
    a_deletion_that_is_killed_is_no_deletion
    statements_take_too_long
    a_number_is_deleted_once
    a_number_that_the_database_does_not_take_does_not_exist
    keys_are_used_up
}

// On tables that cannot roll back, and on tables that do.
on_each! {
    { myisam: super::Tables::MyIsam, innodb: super::Tables::InnoDb, }
    a_network_that_falls_silent_is_left
    a_call_whose_client_has_gone_is_not_carried_out
    it_ends_while_the_database_hangs
}

fn serve(url: &str) -> Server {
    Server::start_with(&[("RUST_LOG", "warn")], &["--database", url])
}

/// Begins with clients of a server.
fn load(server: &Server) -> Load {
    Load::begin(CLIENTS, &[server.address], Caller::live)
}

/// Asserts that every answer is true, once the server has ended and another one has begun.
fn check(database: &Database, server: Server, ledger: &Ledger, what: &str) {
    println!("{what}: {}", ledger.summary());
    let log = server.log();
    assert_eq!(server.stop(), Some(0), "{what}");
    // What was left half done is completed or taken back at the start.
    let next = serve(&database.url);
    assert_eq!(
        next.client().request("GET", "/healthz", &[], b"").status,
        200
    );
    assert_eq!(next.stop(), Some(0), "{what}");
    let truth = Truth::read(|query| database.run(query));
    ledger.lies(&truth).assert_none(what, &[log]);
}

/// A connection to the tests' MariaDB that is kept.
struct Sql {
    runtime: tokio::runtime::Runtime,
    connection: mysql_async::Conn,
}

impl Sql {
    fn on(database: &Database) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let connection = runtime.block_on(mysql_async::Conn::from_url(&database.url));
        Self {
            connection: connection.expect("a connection"),
            runtime,
        }
    }

    fn query<Row: mysql_async::prelude::FromRow + Send + 'static>(
        &mut self,
        query: &str,
    ) -> Vec<Row> {
        let rows = self.runtime.block_on(self.connection.query(query));
        rows.expect(query)
    }

    /// Whether the statement was run.
    fn run(&mut self, statement: &str) -> bool {
        let run = self.runtime.block_on(self.connection.query_drop(statement));
        run.is_ok()
    }
}

/// A number below a bound.
fn random(bound: u64) -> u64 {
    getrandom::u64().expect("a random number") % bound
}

/// Kills so many statements of a database's connections at random instants, and more until a quarter of that number were
/// running when it looked; how many it killed, and how many were running.
pub fn kill(database: &Database, kills: usize) -> (usize, usize) {
    let mut sql = Sql::on(database);
    let (mut killed, mut running) = (0, 0);
    while killed < kills || (running <= kills / 4 && killed < 8 * kills) {
        std::thread::sleep(Duration::from_micros(random(80_000)));
        let connections: Vec<(u64, String)> = sql.query(
            "SELECT id, command FROM information_schema.processlist \
             WHERE db = DATABASE() AND user = 'vicishim' AND id <> CONNECTION_ID()",
        );
        let at_work: Vec<_> = connections
            .iter()
            .filter(|(_, command)| command != "Sleep")
            .collect();
        // Those at work, and at times any: what is killed may be the next statement.
        let (id, command) = match connections.len() as u64 {
            0 => continue,
            _ if !at_work.is_empty() && random(4) > 0 => {
                at_work[random(at_work.len() as u64) as usize]
            }
            count => &connections[random(count) as usize],
        };
        if sql.run(&format!("KILL QUERY {id}")) {
            killed += 1;
            running += usize::from(command != "Sleep");
        }
    }
    (killed, running)
}

fn statements_are_killed(tables: Tables) {
    let kills = std::env::var("VICISHIM_TEST_KILLS").ok();
    let kills = kills.map_or(150, |kills| kills.parse().expect("a number of kills"));
    let database = tables.database();
    let server = serve(&database.url);
    let load = load(&server);
    let (killed, running) = kill(&database, kills);
    let ledger = load.end();
    println!("{tables:?}: {killed} statements killed, {running} were running");
    assert!(
        running > kills / 4,
        "only {running} statements were running"
    );
    let looks = ledger.count(Answer::Look);
    assert!(
        looks * 100 <= kills * LOOKS_PERCENT,
        "{looks} calls of {kills} kills were told to look: {}",
        ledger.summary()
    );
    check(&database, server, &ledger, "statements are killed");
}

/// A DELETE that was killed may be answered as one that has found no row: a few of a thousand that are killed so often.
fn a_deletion_that_is_killed_is_no_deletion(tables: Tables) {
    const DID: i64 = 70_000;
    const DELETIONS: usize = 5000;
    let database = tables.database();
    let mut db = database.open();
    let mut sql = Sql::on(&database);
    // Earlier ones may not have ended yet.
    let last: Vec<u64> = sql.query(
        "SELECT MAX(id) FROM information_schema.processlist \
         WHERE db = DATABASE() AND user = 'vicishim' AND id <> CONNECTION_ID()",
    );
    let kill = format!("KILL QUERY {}", last[0]);
    let is_over = Arc::new(AtomicBool::new(false));
    let killer = std::thread::spawn({
        let (mut sql, is_over) = (Sql::on(&database), Arc::clone(&is_over));
        move || {
            while !is_over.load(Ordering::Relaxed) {
                sql.run(&kill);
                std::thread::sleep(Duration::from_micros(random(400)));
            }
        }
    });
    let insert = format!(
        "INSERT IGNORE INTO vicidial_inbound_dids (did_id, did_pattern) VALUES ({DID}, '8444550000')"
    );
    let look = format!("SELECT did_id FROM vicidial_inbound_dids WHERE did_id = {DID}");
    let (mut deleted, mut failed, mut lies) = (0, 0, 0);
    while deleted < DELETIONS {
        assert!(sql.run(&insert));
        match dids::delete(&mut db, &[DID]) {
            Ok(()) => {
                deleted += 1;
                lies += sql.query::<u64>(&look).len();
            }
            Err(_) => failed += 1,
        }
    }
    is_over.store(true, Ordering::Relaxed);
    killer.join().expect("the thread that kills");
    println!("{tables:?}: {deleted} deletions, {failed} more have failed");
    assert_eq!(lies, 0, "of {deleted} rows that were deleted are there");
}

/// The statement that looks for a call's log names is interrupted: the row waits for the next try, whatever key this
/// connection was given last. A DID's key is that of an earlier call's row here.
#[test]
fn a_log_row_waits_for_its_names() {
    const CALLS: usize = 12;
    let database = Tables::MyIsam.database();
    database.run(
        "ALTER TABLE vicidial_inbound_dids AUTO_INCREMENT = 100000; \
         ALTER TABLE vicidial_api_log AUTO_INCREMENT = 100001",
    );
    let interrupt_once = "CREATE TRIGGER t BEFORE INSERT ON vicidial_webservers FOR EACH ROW \
         IF COALESCE(@last, '') <> NEW.webserver THEN \
             SET @last = NEW.webserver; SIGNAL SQLSTATE '70100' SET MYSQL_ERRNO = 1317; \
         END IF";
    assert!(Sql::on(&database).run(interrupt_once));
    let server = serve(&database.url);
    for call in 0..CALLS {
        let head = format!(
            "GET /vicidial/non_agent_api.php?source=test&user=6666&pass=1234&function=add_did\
             &did_pattern=72755560{call:02} HTTP/1.1\r\nHost: host{call}.example\r\nConnection: close\r\n\r\n"
        );
        let answer = server.client().raw(head.as_bytes());
        assert!(answer.contains("\nSUCCESS"), "{answer}");
    }
    let log = server.log();
    assert_eq!(server.stop(), Some(0));
    assert!(!log.contains("are lost"), "{log}");
    let logged = "SELECT COUNT(*), COUNT(DISTINCT data), COUNT(DISTINCT webserver) FROM vicidial_api_log \
                  WHERE result = 'SUCCESS' AND api_id > 100000";
    assert_eq!(
        database.run(logged),
        format!("{CALLS}\t{CALLS}\t{CALLS}\n"),
        "{log}"
    );
}

/// The statement that writes log rows is interrupted after some of them: none is lost, none is there twice.
#[test]
fn log_rows_are_written_once() {
    let database = Tables::MyIsam.database();
    let interrupt = "CREATE TRIGGER t AFTER INSERT ON vicidial_api_log FOR EACH ROW \
         IF NEW.api_id % 7 = 0 THEN SIGNAL SQLSTATE '70100' SET MYSQL_ERRNO = 1317; END IF";
    assert!(Sql::on(&database).run(interrupt));
    // Keys of the three tables are the same numbers.
    database.run(
        "ALTER TABLE vicidial_inbound_dids AUTO_INCREMENT = 100000; \
         ALTER TABLE vicidial_admin_log AUTO_INCREMENT = 100000; \
         ALTER TABLE vicidial_api_log AUTO_INCREMENT = 100000",
    );
    let server = serve(&database.url);
    let load = load(&server);
    std::thread::sleep(Duration::from_millis(1500));
    let ledger = load.end();
    assert_eq!(database.run("DROP TRIGGER t"), "");
    check(&database, server, &ledger, "log rows are interrupted");
}

/// Some rows take too long: before they are stored or after.
fn statements_take_too_long(tables: Tables) {
    const LIMIT: f64 = 0.25;
    let database = tables.database();
    // One of 50 rows; the account's limit is that of `max_statement_time` for its sessions.
    let slow = format!("DO IF(RAND() < 0.02, SLEEP({}), 0)", 4.0 * LIMIT);
    for (name, event) in [
        ("a", "AFTER INSERT"),
        ("b", "BEFORE INSERT"),
        ("c", "AFTER UPDATE"),
        ("d", "AFTER DELETE"),
        ("e", "BEFORE DELETE"),
    ] {
        database.run(&format!(
            "CREATE TRIGGER {name} {event} ON vicidial_inbound_dids FOR EACH ROW {slow}"
        ));
    }
    let user = format!("hurried_{}", database.name());
    database.run(&format!(
        "CREATE USER '{user}'@'%' IDENTIFIED BY 'x'; GRANT ALL ON *.* TO '{user}'@'%' WITH MAX_STATEMENT_TIME {LIMIT}"
    ));
    let port = mariadb::shared().port;
    let server = serve(&format!(
        "mysql://{user}:x@127.0.0.1:{port}/{}",
        database.name()
    ));
    let load = load(&server);
    std::thread::sleep(Duration::from_secs(6));
    // It is over: the triggers go, and what waits for them goes through.
    for name in ["a", "b", "c", "d", "e"] {
        database.run(&format!("DROP TRIGGER {name}"));
    }
    let mended = Instant::now();
    std::thread::sleep(Duration::from_secs(1));
    let ledger = load.end();
    let after = ledger.calls.iter().filter(|call| call.at > mended);
    let failed_after = after.filter(|call| call.answer != Answer::Success).count();
    println!("{tables:?}: {failed_after} calls failed after the end");
    let failed = ledger.count(Answer::NothingChanged) + ledger.count(Answer::Look);
    let log = server.log();
    let is_hit = log.contains("max_statement_time") || failed > 0;
    assert!(is_hit, "no statement took too long");
    check(&database, server, &ledger, "statements take too long");
    database.run(&format!("DROP USER '{user}'@'%'"));
}

/// Many delete the same numbers through two servers, and others change them: one SUCCESS each, and no change after it.
fn a_number_is_deleted_once(tables: Tables) {
    const NUMBERS: usize = 300;
    let database = tables.database();
    let servers = [serve(&database.url), serve(&database.url)];
    let number = |place: usize| format!("80055{place:05}");
    let range = format!("{}-{}", number(0), number(NUMBERS - 1));
    let base = "source=test&user=6666&pass=1234&function=";
    let copy = format!("{base}copy_did&source_did_pattern={SOURCE}&new_dids={range}");
    let copied = servers[0].client().get(&copy).body;
    assert!(copied.ends_with(&format!("|{NUMBERS}|0\n")), "{copied}");
    let barrier = Arc::new(Barrier::new(CLIENTS));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (address, barrier) = (servers[client % 2].address, Arc::clone(&barrier));
            std::thread::spawn(move || {
                let mut connection = Client::connect(address);
                barrier.wait();
                let answers = (0..NUMBERS).map(|place| {
                    let change = match client % 3 {
                        0 => "did_description=Changed",
                        _ => "delete_did=Y",
                    };
                    let query = format!("{base}update_did&did_pattern={}&{change}", number(place));
                    connection.get(&query).body
                });
                answers.collect::<Vec<String>>()
            })
        })
        .collect();
    let answers: Vec<Vec<String>> = clients
        .into_iter()
        .map(|client| client.join().expect("a client"))
        .collect();
    let mut wrong = Vec::new();
    for place in 0..NUMBERS {
        let of_number: Vec<&str> = answers
            .iter()
            .map(|answers| answers[place].trim())
            .collect();
        let deleted = of_number
            .iter()
            .filter(|body| body.contains("HAS BEEN DELETED"));
        let known = |body: &&&str| {
            body.starts_with("SUCCESS: update_did") || body.contains("DID DOES NOT EXIST")
        };
        if deleted.count() != 1 || of_number.iter().filter(known).count() != CLIENTS {
            wrong.push(format!("{of_number:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {NUMBERS}: {}",
        wrong.len(),
        wrong[0]
    );
    for server in servers {
        assert_eq!(server.stop(), Some(0));
    }
    let left =
        database.run("SELECT COUNT(*) FROM vicidial_inbound_dids WHERE did_pattern LIKE '80055%'");
    assert_eq!(left, "0\n");
    let logged = database.run(
        "SELECT COUNT(*), COUNT(DISTINCT record_id) FROM vicidial_admin_log WHERE event_code = 'ADMIN API DELETE DID'",
    );
    assert_eq!(logged, format!("{NUMBERS}\t{NUMBERS}\n"));
    let updates =
        "SELECT COUNT(*) FROM vicidial_admin_log WHERE event_code = 'ADMIN API UPDATE DID'";
    let told = answers
        .iter()
        .flatten()
        .filter(|body| body.contains("HAS BEEN UPDATED"));
    assert_eq!(database.run(updates), format!("{}\n", told.count()));
    if tables == Tables::InnoDb {
        // There a change holds its row until it is logged: none comes after the deletion.
        let late = database.run(
            "SELECT COUNT(*) FROM vicidial_admin_log u JOIN vicidial_admin_log d ON d.record_id = u.record_id \
             AND d.event_code = 'ADMIN API DELETE DID' WHERE u.event_code = 'ADMIN API UPDATE DID' \
             AND u.admin_log_id > d.admin_log_id",
        );
        assert_eq!(late, "0\n", "a DID was changed after it was deleted");
    }
    let begun = "SELECT COUNT(*) FROM vicidial_admin_log WHERE event_notes = 'begun, not finished'";
    assert_eq!(database.run(begun), "0\n");
}

/// A row that the database passes over for a reason of its own was not there before.
fn a_number_that_the_database_does_not_take_does_not_exist(tables: Tables) {
    let database = tables.database();
    database.run(
        "ALTER TABLE vicidial_inbound_dids ADD CONSTRAINT none_of_these CHECK (did_pattern NOT LIKE '8666%')",
    );
    refused_numbers_are_not_called_there(&database);
}

fn keys_are_used_up(tables: Tables) {
    let database = tables.database();
    database.run(
        "INSERT INTO vicidial_inbound_dids (did_id, did_pattern) VALUES (4294967295, '8665550000')",
    );
    refused_numbers_are_not_called_there(&database);
}

/// Numbers that begin with 8666 are not taken by the database; a copy onto some others is.
fn refused_numbers_are_not_called_there(database: &Database) {
    let server = serve(&database.url);
    let mut client = server.client();
    let base = "source=test&user=6666&pass=1234&function=";
    let copy = format!("{base}copy_did&source_did_pattern={SOURCE}&new_dids=");
    for call in [
        format!("{base}add_did&did_pattern=8666550001"),
        format!("{copy}8666550002,8666550003"),
        format!("{copy}8666550004,8666550005&atomic=Y"),
        format!("{base}add_did&did_pattern=8666550001"),
    ] {
        let response = client.get(&call);
        let body = &response.body;
        assert!(
            !body.contains("ALREADY EXISTS") && !body.contains("HAS BEEN ADDED"),
            "{call}: {body}"
        );
        // It is known that nothing was added.
        assert!(!body.contains("LOOK WHETHER"), "{call}: {body}");
        assert!(body.contains("ERROR: "), "{call}: {body}");
    }
    let there = "SELECT COUNT(*) FROM vicidial_inbound_dids WHERE did_pattern LIKE '8666%'";
    assert_eq!(database.run(there), "0\n");
    // What is there is told so, as ever.
    for call in [
        format!("{base}add_did&did_pattern={SOURCE}"),
        format!("{copy}{SOURCE}"),
    ] {
        let body = client.get(&call).body;
        assert!(
            body.contains("DID ALREADY EXISTS - 6666|7275551114"),
            "{call}: {body}"
        );
    }
    assert_eq!(server.stop(), Some(0));
    let added = "SELECT COUNT(*) FROM vicidial_admin_log WHERE event_notes LIKE '%8666550001 did_id%' \
                 OR event_notes LIKE '%ADDED, did_id%' OR event_notes = 'begun, not finished'";
    assert_eq!(database.run(added), "0\n");
}

/// The connections of a server lead nowhere any more, and new ones do: what a failover of the network leaves.
fn a_network_that_falls_silent_is_left(tables: Tables) {
    /// The time limit of a round trip, and some time to connect anew.
    const LIMIT: Duration = Duration::from_secs(13);
    let database = tables.database();
    let proxy = Proxy::to(mariadb::shared().port);
    let server = serve(&mariadb::url(proxy.port, database.name()));
    let load = load(&server);
    std::thread::sleep(Duration::from_millis(700));
    proxy.silence();
    let since = Instant::now();
    // Its own health is told meanwhile, whatever it is.
    let mut health = Client::connect(server.address);
    let mut slowest = Duration::ZERO;
    while since.elapsed() < LIMIT {
        let asked = Instant::now();
        let response = health.try_request("GET", "/healthz", &[], b"");
        slowest = slowest.max(asked.elapsed());
        let status = response.expect("an answer").status;
        assert!(status == 200 || status == 503, "{status}");
        std::thread::sleep(Duration::from_millis(200));
    }
    let healthy = health.request("GET", "/healthz", &[], b"").status;
    let mut fresh = Caller::new(99, server.address);
    let number = fresh.fresh();
    let asked = Instant::now();
    let answer = fresh.add(&number);
    let took = asked.elapsed();
    let mut ledger = load.end();
    ledger.calls.extend(fresh.calls);
    // The database takes back what those connections had begun.
    proxy.cut();
    proxy.restore();
    println!("{tables:?}: silent, health took {slowest:.1?}; then {answer:?} in {took:.1?}");
    check(&database, server, &ledger, "a silent network");
    assert_eq!(
        (answer, healthy),
        (Answer::Success, 200),
        "{LIMIT:?} after the silence"
    );
    assert!(
        took < Duration::from_secs(3),
        "a call took {took:?} after {LIMIT:?}"
    );
    assert!(
        slowest < Duration::from_secs(4),
        "/healthz took {slowest:?}"
    );
    let slowest = ledger
        .calls
        .iter()
        .map(|call| call.took)
        .max()
        .unwrap_or_default();
    assert!(slowest < 2 * LIMIT, "a call took {slowest:?}");
}

fn a_call_whose_client_has_gone_is_not_carried_out(tables: Tables) {
    let database = tables.database();
    let proxy = Proxy::to(mariadb::shared().port);
    let server = serve(&mariadb::url(proxy.port, database.name()));
    let base =
        "/vicidial/non_agent_api.php?source=test&user=6666&pass=1234&function=add_did&did_pattern=";
    let send = |number: String| {
        let mut stream = std::net::TcpStream::connect(server.address).expect("it listens");
        let head = format!("GET {base}{number} HTTP/1.1\r\nHost: test\r\n\r\n");
        std::io::Write::write_all(&mut stream, head.as_bytes()).expect("it takes a request");
        stream
    };
    let mut client = server.client();
    assert_eq!(
        client
            .get("source=test&user=6666&pass=1234&function=add_did&did_pattern=7005550000")
            .status,
        200
    );
    proxy.freeze();
    // Each writer is busy with one of these; those after them wait. One after another, lest one writer takes them all.
    let busy: Vec<_> = (0..8)
        .map(|n| {
            let stream = send(format!("700555010{n}"));
            std::thread::sleep(Duration::from_millis(100));
            stream
        })
        .collect();
    let gone: Vec<_> = (0..40).map(|n| send(format!("70055502{n:02}"))).collect();
    std::thread::sleep(Duration::from_millis(500));
    for stream in &gone {
        stream.shutdown(Shutdown::Both).expect("it is open");
    }
    drop(gone);
    std::thread::sleep(Duration::from_millis(500));
    proxy.thaw();
    // All that was queued before this one was taken, or is.
    for number in 0..8 {
        let query = format!(
            "source=test&user=6666&pass=1234&function=add_did&did_pattern=700555030{number}"
        );
        let body = client.get(&query).body;
        assert!(body.starts_with("SUCCESS"), "{body}");
    }
    drop(busy);
    assert_eq!(server.stop(), Some(0));
    let made = database
        .run("SELECT COUNT(*) FROM vicidial_inbound_dids WHERE did_pattern LIKE '70055502%'");
    assert_eq!(
        made, "0\n",
        "calls were carried out for clients that had gone"
    );
}

fn it_ends_while_the_database_hangs(tables: Tables) {
    let database = tables.database();
    let proxy = Proxy::to(mariadb::shared().port);
    let server = serve(&mariadb::url(proxy.port, database.name()));
    let mut caller = Caller::new(0, server.address);
    let number = caller.fresh();
    assert_eq!(caller.add(&number), Answer::Success);
    proxy.freeze();
    let waiting = std::thread::spawn(move || {
        let number = caller.fresh();
        caller.add(&number);
        caller
    });
    std::thread::sleep(Duration::from_millis(300));
    let since = Instant::now();
    assert_eq!(server.stop(), Some(0));
    let took = since.elapsed();
    let ledger = Ledger::of([waiting.join().expect("a client")]);
    println!("{tables:?}: it ended in {took:.1?}: {}", ledger.summary());
    assert!(took < Duration::from_secs(40), "it took {took:?} to end");
    proxy.thaw();
    proxy.cut();
    let truth = Truth::read(|query| database.run(query));
    ledger.lies(&truth).assert_none("ending", &[]);
}
