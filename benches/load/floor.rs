//! What the database itself can do: the rows of one `add_did`, written by a bare loop of prepared statements.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::AsyncMysqlConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use vicishim::store::collation;

type Mysql = AsyncConnectionWrapper<AsyncMysqlConnection>;

diesel::table! { vicidial_users (user_id) { user_id -> BigInt, user -> Text, pass -> Text } }
diesel::table! {
    vicidial_inbound_dids (did_id) {
        did_id -> BigInt, did_pattern -> Text, did_description -> Text, did_route -> Text, group_id -> Text,
        record_call -> Text, list_id -> BigInt,
    }
}
diesel::table! {
    vicidial_admin_log (admin_log_id) {
        admin_log_id -> BigInt, event_date -> Text, user -> Text, ip_address -> Text, event_section -> Text,
        event_type -> Text, record_id -> Text, event_code -> Text, event_sql -> Text, event_notes -> Text,
    }
}
diesel::table! {
    vicidial_api_log (api_id) {
        api_id -> BigInt, user -> Text, api_date -> Text, api_script -> Text, function -> Text, agent_user -> Text,
        value -> Text, result -> Text, result_reason -> Text, source -> Text, data -> Text, run_time -> Text,
        webserver -> BigInt, api_url -> BigInt,
    }
}
diesel::table! { vicidial_api_urls (api_id) { api_id -> BigInt, api_date -> Text, remote_ip -> Text, url -> Text } }

const NOW: &str = "2026-11-20 12:00:00";
const STATEMENT: &str = "INSERT INTO vicidial_inbound_dids (did_pattern, did_description, did_route, group_id, record_call, \
                         list_id) VALUES ('70000000000', 'Bench number', 'IN_GROUP', 'TEST_IN2', 'Y', '998')";
const URL: &str = "http://127.0.0.1/vicidial/non_agent_api.php?source=bench&user=6666&pass=*&function=add_did&did_pattern=\
                   70000000000&did_description=Bench+number&did_route=IN_GROUP&group=TEST_IN2&record_call=Y&list_id=998";

/// The statements of one add, on a connection of either kind. The checks, the DID; and its log rows.
macro_rules! add {
    ($connection:expr, $pattern:expr, $api_id:expr) => {{
        let (connection, pattern): (_, String) = ($connection, $pattern);
        let _: String = vicidial_users::table
            .filter(vicidial_users::user.eq("6666"))
            .select(vicidial_users::pass)
            .first(connection)
            .expect("a user");
        let there: Option<i64> = vicidial_inbound_dids::table
            .filter(vicidial_inbound_dids::did_pattern.eq(&pattern))
            .select(vicidial_inbound_dids::did_id)
            .first(connection)
            .optional()
            .expect("a look-up");
        assert_eq!(there, None);
        use vicidial_inbound_dids as d;
        let did = (
            d::did_pattern.eq(&pattern),
            d::did_description.eq("Bench number"),
            d::did_route.eq("IN_GROUP"),
            d::group_id.eq("TEST_IN2"),
            d::record_call.eq("Y"),
            d::list_id.eq(998),
        );
        diesel::insert_into(d::table)
            .values(did)
            .execute(connection)
            .expect("a DID");
    }};
}

/// Its row in the admin log.
macro_rules! admin_row {
    ($connection:expr, $statement:expr, $notes:expr) => {{
        use vicidial_admin_log as m;
        let admin = (
            m::event_date.eq(NOW),
            m::user.eq("6666"),
            m::ip_address.eq("127.0.0.1"),
            m::event_section.eq("DIDS"),
            m::event_type.eq("ADD"),
            m::record_id.eq("1"),
            m::event_code.eq("ADMIN API ADD DID"),
            m::event_sql.eq($statement),
            m::event_notes.eq($notes),
        );
        diesel::insert_into(m::table)
            .values(admin)
            .execute($connection)
            .expect("a row");
    }};
}

/// The rows of these numbers in the API's log, one by one.
macro_rules! api_rows {
    ($connection:expr, $patterns:expr, $first_id:expr, $url:expr) => {{
        use {vicidial_api_log as a, vicidial_api_urls as u};
        let connection = $connection;
        for (offset, pattern) in $patterns.iter().enumerate() {
            let id = $first_id + offset as i64;
            let api = (
                a::api_id.eq(id),
                a::user.eq("6666"),
                a::api_date.eq(NOW),
                a::api_script.eq("non-agent"),
                a::function.eq("add_did"),
                a::agent_user.eq(""),
                a::value.eq(""),
                a::result.eq("SUCCESS"),
                a::result_reason.eq("add_did DID HAS BEEN ADDED"),
                a::source.eq("bench"),
                a::data.eq(pattern),
                a::run_time.eq("0.001"),
                a::webserver.eq(1),
                a::api_url.eq(1),
            );
            diesel::insert_into(a::table)
                .values(api)
                .execute(connection)
                .expect("a row");
            let url = (
                u::api_id.eq(id),
                u::api_date.eq(NOW),
                u::remote_ip.eq("127.0.0.1"),
                u::url.eq($url),
            );
            diesel::insert_into(u::table)
                .values(url)
                .execute(connection)
                .expect("a row");
        }
    }};
}

/// How many calls are filled in: as many as one export has.
const CALLS: u64 = 100_000;

/// How many DIDs one copy adds.
const COPIES: usize = 150;

/// The next free `api_id`.
const NEXT_ID: &str = "(SELECT COALESCE(MAX(api_id), 0) + 1 FROM vicidial_api_log)";

/// Writes for so long one by one, in groups, and copies; the DIDs a second of each. `columns` are those that a copy takes
/// over.
pub fn run(url: &str, columns: &str, time: Duration) -> Vec<(String, f64)> {
    let is_mysql = url.starts_with("mysql://");
    let adds = |group| match is_mysql {
        false => (
            format!("add, one thread, committed by {group}"),
            sqlite(url, group, time),
        ),
        true => (
            format!("add, 8 threads, logs batched by {group}"),
            mysql(url, group, false, time),
        ),
    };
    let groups: &[usize] = if is_mysql { &[1, 8] } else { &[1, 8, 32] };
    let mut made: Vec<_> = groups.iter().copied().map(adds).collect();
    if is_mysql {
        made.push((
            "add, 8 threads, logs batched by 8, but the admin log's row before each DID".to_owned(),
            mysql(url, 8, true, time),
        ));
    }
    made.push(match is_mysql {
        false => (
            format!("copies of {COPIES}, one thread"),
            sqlite_copies(url, columns, time),
        ),
        true => (
            format!("copies of {COPIES}, 8 threads"),
            mysql_copies(url, columns, time),
        ),
    });
    made
}

fn open_sqlite(path: &str) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(path).expect("the file");
    collation::register(&mut connection).expect("a collation");
    connection
        .batch_execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000",
        )
        .expect("a pragma");
    connection
}

/// The rows of one `copy_did` of 150 after another, each committed alone; DIDs a second. The address asked for, with all
/// numbers in it, is kept with each number's row.
fn sqlite_copies(path: &str, columns: &str, time: Duration) -> f64 {
    let mut connection = open_sqlite(path);
    let (since, mut count) = (Instant::now(), 0);
    while since.elapsed() < time {
        let mut id: i64 = diesel::select(diesel::dsl::sql::<BigInt>(NEXT_ID))
            .get_result(&mut connection)
            .expect("an id");
        let patterns: Vec<String> = (0..COPIES)
            .map(|offset| format!("61{:09}", count + offset))
            .collect();
        let (statement, url) = copying(&patterns, columns);
        connection
            .batch_execute("BEGIN IMMEDIATE")
            .expect("a transaction");
        connection.batch_execute(&statement).expect("copies");
        admin_row!(&mut connection, &statement, "copies");
        api_rows!(&mut connection, patterns, id, &url);
        connection.batch_execute("COMMIT").expect("a commit");
        id += COPIES as i64;
        count += COPIES;
    }
    count as f64 / since.elapsed().as_secs_f64()
}

/// The statement that copies the demo's DID under these patterns, and the address that asks for it.
fn copying(patterns: &[String], columns: &str) -> (String, String) {
    let numbers: Vec<String> = patterns
        .iter()
        .map(|pattern| format!("SELECT '{pattern}' AS number"))
        .collect();
    let statement = format!(
        "INSERT INTO vicidial_inbound_dids (did_pattern, {columns}) SELECT number, {columns} FROM vicidial_inbound_dids, ({}) \
         numbers WHERE did_pattern = '7275551114'",
        numbers.join(" UNION ALL ")
    );
    (statement, format!("{URL}&new_dids={}", patterns.join(",")))
}

fn sqlite(path: &str, group: usize, time: Duration) -> f64 {
    let mut connection = open_sqlite(path);
    let mut id: i64 = diesel::select(diesel::dsl::sql::<BigInt>(NEXT_ID))
        .get_result(&mut connection)
        .expect("an id");
    let (since, mut count) = (Instant::now(), 0);
    while since.elapsed() < time {
        connection
            .batch_execute("BEGIN IMMEDIATE")
            .expect("a transaction");
        let patterns: Vec<String> = (0..group)
            .map(|offset| format!("6{group:02}{:09}", count + offset))
            .collect();
        for pattern in &patterns {
            add!(&mut connection, pattern.clone(), id);
        }
        for pattern in &patterns {
            admin_row!(&mut connection, STATEMENT, pattern);
        }
        api_rows!(&mut connection, patterns, id, URL);
        connection.batch_execute("COMMIT").expect("a commit");
        id += group as i64;
        count += group;
    }
    count as f64 / since.elapsed().as_secs_f64()
}

fn open_mysql(url: &str) -> Mysql {
    let separator = if url.contains('?') { "&" } else { "?" };
    Mysql::establish(&format!("{url}{separator}prefer_socket=false")).expect("a connection")
}

/// As [`sqlite_copies`], on eight connections.
fn mysql_copies(url: &str, columns: &str, time: Duration) -> f64 {
    let copies = |thread: usize| {
        let (url, columns) = (url.to_owned(), columns.to_owned());
        std::thread::spawn(move || {
            let mut connection = open_mysql(&url);
            let (since, mut count) = (Instant::now(), 0);
            while since.elapsed() < time {
                let first_id = 1_700_000_000 + (thread * 10_000_000 + count) as i64;
                let patterns: Vec<String> = (0..COPIES)
                    .map(|offset| format!("61{thread}{:08}", count + offset))
                    .collect();
                let (statement, url) = copying(&patterns, &columns);
                connection.batch_execute(&statement).expect("copies");
                admin_row!(&mut connection, &statement, "copies");
                mysql_api_rows(&mut connection, &patterns, first_id, &url);
                count += COPIES;
            }
            count as f64 / since.elapsed().as_secs_f64()
        })
    };
    let threads: Vec<_> = (0..8).map(copies).collect();
    let made = threads.into_iter().map(|thread| thread.join());
    made.map(|made| made.expect("a thread")).sum()
}

/// Adds in groups, on eight connections. `safely` writes the row of the admin log before the DID, as it must be where
/// nothing can be taken back.
fn mysql(url: &str, group: usize, safely: bool, time: Duration) -> f64 {
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let url = url.to_owned();
            std::thread::spawn(move || {
                let mut connection = open_mysql(&url);
                let (since, mut count) = (Instant::now(), 0);
                let mut id = 1_000_000_000
                    + i64::from(thread) * 50_000_000
                    + group as i64 * 2_000_000
                    + i64::from(safely) * 20_000_000;
                let first = if safely { "62" } else { "6" };
                while since.elapsed() < time {
                    let patterns: Vec<String> = (0..group)
                        .map(|offset| format!("{first}{group:02}{thread}{:08}", count + offset))
                        .collect();
                    for pattern in &patterns {
                        if safely {
                            admin_row!(&mut connection, STATEMENT, "begun");
                        }
                        add!(&mut connection, pattern.clone(), id);
                    }
                    match safely {
                        true => mysql_api_rows(&mut connection, &patterns, id, URL),
                        false => mysql_logs(&mut connection, &patterns, id),
                    }
                    id += group as i64;
                    count += group;
                }
                count as f64 / since.elapsed().as_secs_f64()
            })
        })
        .collect();
    threads
        .into_iter()
        .map(|thread| thread.join().expect("a thread"))
        .sum()
}

/// The log rows of a group, each table's as one statement.
fn mysql_logs(connection: &mut Mysql, patterns: &[String], first_id: i64) {
    use vicidial_admin_log as m;
    let admin: Vec<_> = patterns
        .iter()
        .map(|pattern| {
            (
                m::event_date.eq(NOW),
                m::user.eq("6666"),
                m::ip_address.eq("127.0.0.1"),
                m::event_section.eq("DIDS"),
                m::event_type.eq("ADD"),
                m::record_id.eq("1"),
                m::event_code.eq("ADMIN API ADD DID"),
                m::event_sql.eq(STATEMENT),
                m::event_notes.eq(pattern),
            )
        })
        .collect();
    diesel::insert_into(m::table)
        .values(&admin)
        .execute(connection)
        .expect("rows");
    mysql_api_rows(connection, patterns, first_id, URL);
}

fn mysql_api_rows(connection: &mut Mysql, patterns: &[String], first_id: i64, url: &str) {
    use {vicidial_api_log as a, vicidial_api_urls as u};
    let rows = patterns.iter().enumerate();
    let api: Vec<_> = rows
        .map(|(offset, pattern)| {
            (
                a::api_id.eq(first_id + offset as i64),
                a::user.eq("6666"),
                a::api_date.eq(NOW),
                a::api_script.eq("non-agent"),
                a::function.eq("add_did"),
                a::agent_user.eq(""),
                a::value.eq(""),
                a::result.eq("SUCCESS"),
                a::result_reason.eq("add_did DID HAS BEEN ADDED"),
                a::source.eq("bench"),
                a::data.eq(pattern),
                a::run_time.eq("0.001"),
                a::webserver.eq(1),
                a::api_url.eq(1),
            )
        })
        .collect();
    diesel::insert_into(a::table)
        .values(&api)
        .execute(connection)
        .expect("rows");
    let rows = 0..patterns.len() as i64;
    let urls: Vec<_> = rows
        .map(|offset| {
            (
                u::api_id.eq(first_id + offset),
                u::api_date.eq(NOW),
                u::remote_ip.eq("127.0.0.1"),
                u::url.eq(url),
            )
        })
        .collect();
    diesel::insert_into(u::table)
        .values(&urls)
        .execute(connection)
        .expect("rows");
}

/// Fills the tables: so many DIDs, five times as many rows in the API's log, and a day's calls to one number.
pub fn fill(url: &str, dids: u64) {
    let is_mysql = url.starts_with("mysql://");
    let statements = |count: u64| {
        let time = match is_mysql {
            true => "CONCAT('2026-11-19 ', SEC_TO_TIME(i % 86400))",
            false => "'2026-11-19 ' || time(i % 86400, 'unixepoch')",
        };
        let calls = format!("i, 'SIP/bench', '127.0.0.1', '3125550100', '7275551114', {time}");
        let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ";
        [
            (
                "vicidial_inbound_dids (did_pattern, did_description)",
                "50000000000 + i, 'Filled in'",
                count,
            ),
            (
                "vicidial_api_log (user, api_date, api_script, function, result, result_reason, source, data)",
                "'6666', '2026-11-19 12:00:00', 'non-agent', 'add_did', 'SUCCESS', 'add_did DID HAS BEEN ADDED', 'bench', i",
                count * 5,
            ),
            (
                "vicidial_did_log (uniqueid, channel, server_ip, caller_id_number, extension, call_date)",
                &calls,
                count.min(CALLS),
            ),
        ]
        .map(|(into, values, count)| {
            let (insert, with) = (format!("INSERT INTO {into} "), format!("{numbers}{count}) "));
            (insert, with, format!("SELECT {values} FROM n"))
        })
    };
    if is_mysql {
        let mut connection = open_mysql(url);
        connection
            .batch_execute("SET max_recursive_iterations = 4294967295")
            .expect("a setting");
        for (insert, with, select) in statements(dids) {
            connection
                .batch_execute(&format!("{insert}{with}{select}"))
                .expect("rows");
        }
    } else {
        let mut connection = SqliteConnection::establish(url).expect("the file");
        collation::register(&mut connection).expect("a collation");
        for (insert, with, select) in statements(dids) {
            connection
                .batch_execute(&format!("{with}{insert}{select}"))
                .expect("rows");
        }
    }
}
