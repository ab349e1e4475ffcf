//! The calls: driven from a process of their own, over keep-alive connections, each number used once.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::measure::Usage;

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Version,
    Add,
    Update,
    Copy,
    Mix,
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::Version,
        Self::Add,
        Self::Update,
        Self::Copy,
        Self::Mix,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Add => "add_did",
            Self::Update => "update_did",
            Self::Copy => "copy_did",
            Self::Mix => "mix",
        }
    }

    fn of(name: &str) -> Self {
        *Self::ALL
            .iter()
            .find(|kind| kind.name() == name)
            .expect("a kind of call")
    }

    /// A call's query, and how many DIDs it adds or changes.
    fn query(self, number: u64) -> (String, u64) {
        const USER: &str = "source=bench&user=6666&pass=1234&function=";
        let pattern = 70_000_000_000 + number * 200;
        let add = || {
            format!(
                "{USER}add_did&did_pattern={pattern}&did_description=Bench+number&did_route=IN_GROUP&group=TEST_IN2&record_call=Y&list_id=998"
            )
        };
        let copies = |count: u64| {
            let numbers: Vec<String> = (1..=count)
                .map(|offset| (pattern + offset).to_string())
                .collect();
            format!(
                "{USER}copy_did&source_did_pattern=7275551114&new_dids={}",
                numbers.join(",")
            )
        };
        let update = || {
            format!(
                "{USER}update_did&did_pattern=7275551114&did_description=Changed+{number}&active=Y&list_id=998"
            )
        };
        match self {
            Self::Version => ("function=version".to_owned(), 0),
            Self::Add => (add(), 1),
            Self::Update => (update(), 1),
            Self::Copy => (copies(150), 150),
            Self::Mix => match number % 10 {
                0 => (copies(20), 20),
                1 => (update(), 1),
                2 => (format!("{USER}did_list&records=100&did_pattern=7*"), 0),
                _ => (add(), 1),
            },
        }
    }
}

/// What a run made.
pub struct Made {
    requests: u64,
    dids: u64,
    elapsed: f64,
    /// Microseconds: median, 99 of 100, the slowest.
    latency: [u64; 3],
    failed: u64,
}

impl Made {
    pub const HEADING: &str = "call        conn  requests/s      DIDs/s  p50 ms  p99 ms  max ms  RSS MiB  CPU s server  CPU s database  failed";

    pub fn line(&self, kind: Kind, connections: usize, before: &Usage, after: &Usage) -> String {
        let ms = |at: usize| self.latency[at] as f64 / 1000.0;
        format!(
            "{:<10} {connections:>5} {:>11.0} {:>11.0} {:>7.2} {:>7.2} {:>7.2} {:>8.1} {:>13.2} {:>15.2} {:>7}",
            kind.name(),
            self.requests as f64 / self.elapsed,
            self.dids as f64 / self.elapsed,
            ms(0),
            ms(1),
            ms(2),
            after.resident,
            after.server_cpu - before.server_cpu,
            after.database_cpu - before.database_cpu,
            self.failed,
        )
    }
}

/// Drives the server from a process of its own.
pub fn run(
    kind: Kind,
    connections: usize,
    seconds: u64,
    address: SocketAddr,
    first_number: &mut u64,
) -> Made {
    let job = format!(
        "{},{connections},{seconds},{address},{first_number}",
        kind.name()
    );
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--drive", &job])
        .output()
        .expect("a client");
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = text
        .split_whitespace()
        .filter_map(|n| n.parse().ok())
        .collect();
    let [requests, dids, elapsed, p50, p99, max, failed, last] = numbers[..] else {
        panic!(
            "the client failed: {text} {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    *first_number = last as u64 + 1;
    Made {
        requests: requests as u64,
        dids: dids as u64,
        elapsed,
        latency: [p50 as u64, p99 as u64, max as u64],
        failed: failed as u64,
    }
}

/// The other process: sends calls for so long, and prints what came of them.
pub fn drive(job: &str) {
    let words: Vec<&str> = job.split(',').collect();
    let [kind, connections, seconds, address, first] = words[..] else {
        panic!("{job}")
    };
    let (kind, address): (Kind, SocketAddr) =
        (Kind::of(kind), address.parse().expect("an address"));
    let (connections, first): (u64, u64) = (
        connections.parse().expect("a number"),
        first.parse().expect("a number"),
    );
    let (since, limit) = (
        Instant::now(),
        Duration::from_secs(seconds.parse().expect("a number")),
    );
    let clients: Vec<_> = (0..connections)
        .map(|client| {
            std::thread::spawn(move || {
                let mut connection = Connection::open(address);
                let (mut latencies, mut dids, mut failed, mut number) =
                    (Vec::new(), 0, 0, first + client);
                while since.elapsed() < limit {
                    let (query, count) = kind.query(number);
                    let sent = Instant::now();
                    let right = connection.call(&query, kind);
                    latencies.push(u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX));
                    dids += if right { count } else { 0 };
                    failed += u64::from(!right);
                    number += connections;
                }
                (latencies, dids, failed, number)
            })
        })
        .collect();
    let (mut latencies, mut dids, mut failed, mut last) = (Vec::new(), 0, 0, 0);
    for client in clients {
        let (own, own_dids, own_failed, number) = client.join().expect("a client");
        latencies.extend(own);
        dids += own_dids;
        failed += own_failed;
        last = last.max(number);
    }
    let elapsed = since.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |share: f64| {
        latencies
            .get((latencies.len() as f64 * share) as usize)
            .or(latencies.last())
            .copied()
            .unwrap_or(0)
    };
    println!(
        "{} {dids} {elapsed} {} {} {} {failed} {last}",
        latencies.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

struct Connection {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Self {
            stream: BufReader::with_capacity(65536, stream),
            body: Vec::new(),
        }
    }

    /// Sends a call; whether it was answered with success.
    fn call(&mut self, query: &str, kind: Kind) -> bool {
        let request =
            format!("GET /vicidial/non_agent_api.php?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        self.stream
            .get_mut()
            .write_all(request.as_bytes())
            .expect("the server reads");
        let (mut line, mut length, mut chunked) = (String::new(), 0, false);
        loop {
            line.clear();
            self.stream.read_line(&mut line).expect("a head");
            let lower = line.trim_end().to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length: ") {
                length = value.parse().expect("a length");
            }
            chunked |= lower == "transfer-encoding: chunked";
            if lower.is_empty() {
                break;
            }
        }
        self.body.clear();
        loop {
            if chunked {
                line.clear();
                self.stream.read_line(&mut line).expect("a chunk");
                length = usize::from_str_radix(line.trim(), 16).expect("a chunk's size") + 2;
            }
            let start = self.body.len();
            self.body.resize(start + length, 0);
            self.stream
                .read_exact(&mut self.body[start..])
                .expect("a body");
            if !chunked || length == 2 {
                break;
            }
        }
        match kind {
            Kind::Version => self.body.starts_with(b"VERSION"),
            Kind::Mix => !self.body.starts_with(b"ERROR"),
            _ => {
                self.body.starts_with(b"SUCCESS")
                    || self
                        .body
                        .starts_with(b"NOTICE: copy_did DID HAS BEEN ADDED")
            }
        }
    }
}
