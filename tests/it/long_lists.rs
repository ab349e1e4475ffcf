//! A list of 100,000 rows holds neither memory, nor a reader, nor a writer; and one that breaks off is seen to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::common::client::Client;
use crate::common::database::{Backend, Database};
use crate::common::eventually;
use crate::common::server::Server;
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use vicishim::store::collation;

/// DIDs in the long list.
const COUNT: usize = 100_000;

/// More lists at a time than the store has readers.
const LISTS: usize = 4;

const SIGNED_IN: &str = "source=test&user=6666&pass=1234";

on_each_database! {
    a_long_list_holds_nothing
}

/// `2000000001` and on, with descriptions as long as their columns.
fn fill(database: &Database, backend: Backend) {
    let columns =
        "INSERT INTO vicidial_inbound_dids (did_pattern, did_description, did_carrier_description)";
    let texts = format!("'{}', '{}'", "d".repeat(50), "c".repeat(255));
    if backend != Backend::Sqlite {
        let numbers = format!("SELECT 2000000000 + seq, {texts} FROM seq_1_to_{COUNT}");
        database.run(&format!("{columns} {numbers}"));
        return;
    }
    let mut connection = SqliteConnection::establish(&database.url).expect("the file");
    collation::register(&mut connection).expect("its comparison");
    let numbers = format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {COUNT})"
    );
    connection
        .batch_execute(&format!(
            "{numbers} {columns} SELECT CAST(2000000000 + n AS TEXT), {texts} FROM n"
        ))
        .expect("rows");
}

/// A list whose client has read its head only.
struct Slow {
    stream: BufReader<TcpStream>,
}

impl Slow {
    fn start(server: &Server, query: &str) -> Self {
        let mut stream = TcpStream::connect(server.address).expect("the server listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(120)))
            .expect("a time limit");
        write!(
            stream,
            "GET /vicidial/non_agent_api.php?{SIGNED_IN}&function=did_list&{query} HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        .expect("sent");
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).expect("a status");
        assert_eq!(line, "HTTP/1.1 200 OK\r\n");
        while line != "\r\n" {
            line.clear();
            stream.read_line(&mut line).expect("a header");
        }
        Self { stream }
    }

    /// Reads the rest; the lines' first fields, or none where the answer was cut off before its end.
    fn finish(mut self) -> Option<Vec<String>> {
        let (mut rest, mut patterns, mut line) = (Vec::new(), Vec::new(), String::new());
        loop {
            line.clear();
            if self.stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let size = usize::from_str_radix(line.trim_end(), 16).expect("a chunk's size");
            let mut chunk = vec![0; size + 2];
            self.stream.read_exact(&mut chunk).ok()?;
            if size == 0 {
                assert!(rest.is_empty(), "the last line has its end");
                return Some(patterns);
            }
            rest.extend_from_slice(&chunk[..size]);
            let end = rest
                .iter()
                .rposition(|&b| b == b'\n')
                .map_or(0, |at| at + 1);
            for row in String::from_utf8(rest.drain(..end).collect())
                .expect("UTF-8")
                .lines()
            {
                assert_eq!(row.matches('|').count(), 16, "{row}");
                patterns.push(row.split('|').next().expect("a field").to_owned());
            }
        }
    }
}

/// The most memory that the process has had, in KiB.
fn peak_memory(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id()));
    let status = status.expect("the server's status");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|n| n.parse().ok()).expect("a number")
}

/// Adds one more DID; its pattern is the name and a number.
fn add(client: &mut Client, name: &str, number: usize) {
    let pattern = format!("{name}{number}");
    let query = format!("{SIGNED_IN}&function=add_did&did_pattern={pattern}");
    assert_eq!(
        client.get(&query).body,
        format!("SUCCESS: add_did DID HAS BEEN ADDED - 6666|{pattern}\n")
    );
}

/// Says that it is over, also when its owner panics.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn a_long_list_holds_nothing(backend: Backend) {
    let database = Database::with_state(backend);
    fill(&database, backend);
    let server = Server::start(&["--database", &database.url]);
    let mut client = server.client();
    // What every process needs once is not what is measured.
    let warm = client.get(&format!(
        "{SIGNED_IN}&function=did_list&did_pattern=2*&records=3000"
    ));
    assert_eq!(warm.body.lines().count(), 3000);
    let before = peak_memory(&server);

    let lists: Vec<Slow> = (0..LISTS)
        .map(|_| Slow::start(&server, "did_pattern=2*&records=100000"))
        .collect();
    // None of them is read now: writers, readers and other lists go on.
    for number in 0..50 {
        add(&mut client, "1", number);
    }
    let short = client.get(&format!("{SIGNED_IN}&function=did_list&did_pattern=1*"));
    assert_eq!(short.body.lines().count(), 50);
    assert_eq!(client.request("GET", "/healthz", &[], b"").status, 200);

    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Behind all that are listed, and no list waits for them.
        let adding = scope.spawn(|| {
            let mut client = server.client();
            let adds = (0..).take_while(|_| !over.load(Ordering::Relaxed));
            adds.map(|number| add(&mut client, "3", number)).count()
        });
        let end = Over(&over);
        let reading: Vec<_> = lists
            .into_iter()
            .map(|list| scope.spawn(|| list.finish()))
            .collect();
        for list in reading {
            let patterns = list.join().expect("a list").expect("it is whole");
            assert_eq!(patterns.len(), COUNT);
            for (index, pattern) in patterns.iter().enumerate() {
                assert_eq!(*pattern, (2_000_000_001 + index).to_string());
            }
        }
        drop(end);
        assert!(adding.join().expect("the adds") > 0);
    });
    // Each list has over 35 MB, and all of them were under way at once.
    let growth = peak_memory(&server) - before;
    assert!(growth < 24 * 1024, "grown by {growth} KiB");
    let log = database.rows("vicidial_api_log");
    let found = "did_list RECORDS FOUND: 100000";
    let count = log.iter().filter(|row| row["result_reason"] == found);
    assert_eq!(count.count(), LISTS);
}

/// A list whose table goes away in the middle is cut off, not ended.
fn a_broken_list_has_no_end(backend: Backend) {
    let database = Database::with_state(backend);
    fill(&database, backend);
    let server = Server::start(&["--database", &database.url]);
    let list = Slow::start(&server, "records=100000");
    database.run("RENAME TABLE vicidial_inbound_dids TO gone");
    assert_eq!(list.finish(), None);
    let query = format!("{SIGNED_IN}&function=did_list");
    let refused = server.client().get(&query);
    assert_eq!(refused.status, 503);
    assert_eq!(
        refused.body,
        "ERROR: DATABASE UNAVAILABLE, NOTHING WAS CHANGED\n"
    );
    database.run("RENAME TABLE gone TO vicidial_inbound_dids");
    assert_eq!(server.client().get(&query).body.lines().count(), 1000);
    assert!(server.log().contains("in the middle of an answer"));
}

#[test]
fn a_broken_list_on_vicidials_tables_has_no_end() {
    a_broken_list_has_no_end(Backend::Vicidial);
}

#[test]
fn a_broken_list_on_innodb_has_no_end() {
    a_broken_list_has_no_end(Backend::Innodb);
}

/// More readings of one user than there are readers, all of which wait for a lock: nobody else does.
#[test]
fn one_users_reports_hold_up_nobody_else() {
    let database = Database::with_state(Backend::Innodb);
    let server = Server::start(&["--database", &database.url]);
    let waiting = format!(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE db = '{}' AND state LIKE 'Waiting for table%'",
        database.name()
    );
    std::thread::scope(|scope| {
        scope.spawn(|| database.run("LOCK TABLES vicidial_inbound_dids WRITE; SELECT SLEEP(6)"));
        let sleeping = waiting.replace("state LIKE 'Waiting for table%'", "state = 'User sleep'");
        eventually("the lock", || database.run(&sleeping).trim() == "1");
        let lists: Vec<_> = ["1002", "1002", "1002", "1002"]
            .map(|user| {
                let mut client = server.client();
                let query = format!("source=test&user={user}&pass=1234&function=did_list");
                scope.spawn(move || client.get(&query).body)
            })
            .into();
        eventually("a list that waits", || database.run(&waiting).trim() == "1");
        let begun = Instant::now();
        let mut client = server.client();
        assert_eq!(client.request("GET", "/healthz", &[], b"").status, 200);
        assert!(client.get("function=version").body.starts_with("VERSION: "));
        let export = "function=did_log_export&phone_number=3125551212&date=2010-12-03";
        let export = client.get(&format!("{SIGNED_IN}&{export}")).body;
        assert!(export.starts_with("3125551212|"), "{export}");
        let took = begun.elapsed();
        assert_eq!(
            database.run(&waiting).trim(),
            "1",
            "still locked, and one list alone has a reader"
        );
        assert!(took < Duration::from_secs(3), "{took:?}");
        for list in lists {
            let list = list.join().expect("a list");
            assert!(list.lines().count() > 1, "{list}");
        }
    });
}
