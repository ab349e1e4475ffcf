//! `cargo bench --bench load -- --database sqlite|mariadb|mysql://USER:PASS@HOST:PORT/DATABASE [--seconds 5] [--only add_did]`
//!
//! Starts the release server on a database of its own (an SQLite file; a MariaDB with a VICIdial's tables; or the MariaDB
//! database that is named, which must be empty or hold a VICIdial's tables: rows are added to it), drives it over loopback with keep-alive connections from
//! a process of their own, and prints, for each kind of call and 1, 16 and 64 connections, what it made. In the same run
//! it writes the same rows with a bare loop on the same database: the floor.

mod calls;
mod client;
mod database;
mod empty;
mod floor;
#[path = "../../tests/it/common/mariadb.rs"]
mod mariadb;
mod measure;
mod server;

use std::time::Duration;

use calls::Kind;
use client::Made;
use database::Database;
use server::Server;

/// What the command line says.
struct Arguments {
    database: String,
    seconds: u64,
    only: Option<String>,
    connections: Vec<usize>,
    rows: Option<u64>,
}

impl Arguments {
    fn read() -> Self {
        let words: Vec<String> = std::env::args().collect();
        let value = |name: &str| {
            words
                .iter()
                .position(|word| word == name)
                .and_then(|at| words.get(at + 1))
                .cloned()
        };
        Self {
            database: value("--database").unwrap_or_else(|| "sqlite".to_owned()),
            seconds: value("--seconds").and_then(|n| n.parse().ok()).unwrap_or(5),
            only: value("--only"),
            connections: value("--connections")
                .map(|list| list.split(',').filter_map(|n| n.parse().ok()).collect())
                .unwrap_or_else(|| vec![1, 16, 64]),
            rows: value("--rows").and_then(|n| n.parse().ok()),
        }
    }
}

fn main() {
    if let Some(job) = std::env::args().skip_while(|word| word != "--drive").nth(1) {
        client::drive(&job);
        return;
    }
    if std::env::args().any(|word| word == "--empty") {
        empty::serve();
        return;
    }
    if std::env::args().any(|word| word == "--test") {
        // `cargo test --benches` asks only whether it runs.
        return;
    }
    let arguments = Arguments::read();
    let database = Database::of(&arguments.database);
    println!("machine: {}", measure::machine());
    println!("database: {}", database.shown);
    let columns = database.prepare();
    if let Some(rows) = arguments.rows {
        let since = std::time::Instant::now();
        floor::fill(&database.url, rows);
        println!(
            "filled with {rows} DIDs and {} api-log rows in {:.0?}",
            rows * 5,
            since.elapsed()
        );
    }
    for (name, made) in floor::run(
        &database.url,
        &columns,
        Duration::from_secs(arguments.seconds),
    ) {
        println!("floor: {name}: {made:.0} DIDs/s");
    }
    println!("{}", Made::HEADING);
    let mut run = Run {
        arguments: &arguments,
        first_number: 1,
    };
    run.of(Kind::Empty, &Server::empty());
    let server = Server::start(&database.url);
    for kind in Kind::OURS {
        let only = arguments.only.as_deref();
        if only.is_none_or(|only| only == kind.name()) {
            run.of(kind, &server);
        }
    }
    println!("start-up: {:.0?}", server.start_up);
    if arguments.rows.is_some() && arguments.only.is_none() {
        run.of(Kind::Page, &server);
        for export in [Kind::List, Kind::Calls] {
            run.beside(export, &server);
        }
    }
}

/// Where the databases are: on a disk, as a dialer's is.
fn scratch() -> std::path::PathBuf {
    std::env::temp_dir()
}

/// The text of a file under `fixtures/`.
fn read_fixture(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The calls of one run; no number is used twice.
struct Run<'a> {
    arguments: &'a Arguments,
    first_number: u64,
}

impl Run<'_> {
    /// Sends calls of this kind to a server, over each number of connections.
    fn of(&mut self, kind: Kind, server: &Server) {
        for &connections in &self.arguments.connections {
            let before = server.usage();
            let made = client::run(
                kind,
                connections,
                self.arguments.seconds,
                server.address,
                self.arguments.rows.unwrap_or(0),
                &mut self.first_number,
            );
            println!("{}", made.line(kind, connections, &before, &server.usage()));
        }
    }

    /// Adds beside an export that is asked for again and again: what both made.
    fn beside(&mut self, export: Kind, server: &Server) {
        println!("alone, then beside {}:", export.name());
        self.of(Kind::Add, server);
        for &connections in &self.arguments.connections {
            let before = server.usage();
            let (seconds, rows) = (self.arguments.seconds, self.arguments.rows.unwrap_or(0));
            let address = server.address;
            let exporting =
                std::thread::spawn(move || client::run(export, 1, seconds, address, rows, &mut 0));
            let added = client::run(
                Kind::Add,
                connections,
                seconds,
                address,
                rows,
                &mut self.first_number,
            );
            let exported = exporting.join().expect("an export");
            let after = server.usage();
            println!("{}", added.line(Kind::Add, connections, &before, &after));
            println!("{}", exported.line(export, 1, &before, &after));
        }
    }
}
