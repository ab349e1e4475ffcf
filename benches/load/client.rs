//! The calls: driven from a process of their own, over keep-alive connections, each number used once.

use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use crate::calls::Kind;
use crate::measure::Usage;

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
    pub const HEADING: &str = "call        conn  requests/s      DIDs/s  p50 ms  p99 ms  max ms  RSS MiB  CPU s server  client  database  failed";

    pub fn line(&self, kind: Kind, connections: usize, before: &Usage, after: &Usage) -> String {
        let ms = |at: usize| self.latency[at] as f64 / 1000.0;
        format!(
            "{:<10} {connections:>5} {:>11.0} {:>11.0} {:>7.2} {:>7.2} {:>7.2} {:>8.1} {:>13.2} {:>7.2} {:>9.2} {:>7}",
            kind.name(),
            self.requests as f64 / self.elapsed,
            self.dids as f64 / self.elapsed,
            ms(0),
            ms(1),
            ms(2),
            after.resident,
            after.server_cpu - before.server_cpu,
            after.client_cpu - before.client_cpu,
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
    filled: u64,
    first_number: &mut u64,
) -> Made {
    let job = format!(
        "{},{connections},{seconds},{address},{filled},{first_number}",
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

/// The other process: sends calls for so long, and prints what came of them. One thread, so that it takes little of the
/// cores that the server needs.
pub fn drive(job: &str) {
    let words: Vec<&str> = job.split(',').collect();
    let [kind, connections, seconds, address, filled, first] = words[..] else {
        panic!("{job}")
    };
    let (kind, address): (Kind, SocketAddr) =
        (Kind::of(kind), address.parse().expect("an address"));
    let [connections, filled, first]: [u64; 3] =
        [connections, filled, first].map(|n| n.parse().expect("a number"));
    let time = Duration::from_secs(seconds.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .expect("a runtime");
    let since = Instant::now();
    let clients = runtime.block_on(async {
        let clients: Vec<_> = (0..connections)
            .map(|client| {
                let numbers = Numbers {
                    first: first + client,
                    step: connections,
                    filled,
                };
                tokio::spawn(call(kind, address, numbers, since + time))
            })
            .collect();
        let mut own = Vec::new();
        for client in clients {
            own.push(client.await.expect("a client"));
        }
        own
    });
    let elapsed = since.elapsed().as_secs_f64();
    let mut all = Sent::default();
    for own in clients {
        all.latencies.extend(own.latencies);
        all.dids += own.dids;
        all.failed += own.failed;
        all.last = all.last.max(own.last);
    }
    all.latencies.sort_unstable();
    let at = |share: f64| {
        all.latencies
            .get((all.latencies.len() as f64 * share) as usize)
            .or(all.latencies.last())
            .copied()
            .unwrap_or(0)
    };
    println!(
        "{} {} {elapsed} {} {} {} {} {}",
        all.latencies.len(),
        all.dids,
        at(0.5),
        at(0.99),
        at(1.0),
        all.failed,
        all.last,
    );
}

/// What one connection sent.
#[derive(Default)]
struct Sent {
    latencies: Vec<u64>,
    dids: u64,
    failed: u64,
    last: u64,
}

/// The numbers of one connection's calls.
struct Numbers {
    first: u64,
    step: u64,
    /// How many DIDs were filled in before.
    filled: u64,
}

/// Sends calls over one connection until that moment.
async fn call(kind: Kind, address: SocketAddr, numbers: Numbers, until: Instant) -> Sent {
    let mut connection = Connection::open(address).await;
    let mut own = Sent {
        last: numbers.first,
        ..Sent::default()
    };
    while Instant::now() < until {
        let (query, count) = kind.query(own.last, numbers.filled);
        let sent = Instant::now();
        let right = connection.call(&query, kind).await;
        own.latencies
            .push(u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX));
        own.dids += if right { count } else { 0 };
        own.failed += u64::from(!right);
        own.last += numbers.step;
    }
    own
}

struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Self {
            stream,
            request: Vec::new(),
            answer: Vec::with_capacity(65536),
        }
    }

    /// Sends a call; whether it was answered with success.
    async fn call(&mut self, query: &str, kind: Kind) -> bool {
        self.request.clear();
        write!(
            self.request,
            "GET /vicidial/non_agent_api.php?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        )
        .expect("memory");
        let mut sent = 0;
        while sent < self.request.len() {
            match self.stream.try_write(&self.request[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.stream.writable().await.expect("the server reads");
                }
                Err(error) => panic!("{error}"),
            }
        }
        self.answer.clear();
        while !self.is_whole() {
            self.stream.readable().await.expect("an answer");
            match self.stream.try_read_buf(&mut self.answer) {
                Ok(0) => panic!("the server ended the connection"),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
        }
        let body = &self.answer[self.head().expect("a head")..];
        kind.is_answered_by(body)
    }

    /// Where the body begins.
    fn head(&self) -> Option<usize> {
        let mut lines = self.answer.windows(4);
        lines.position(|four| four == b"\r\n\r\n").map(|at| at + 4)
    }

    /// Whether the answer has come to its end.
    fn is_whole(&self) -> bool {
        let Some(head) = self.head() else {
            return false;
        };
        let text = String::from_utf8_lossy(&self.answer[..head]).to_ascii_lowercase();
        match text.split_once("content-length: ") {
            Some((_, rest)) => {
                let length = rest.split("\r\n").next().and_then(|n| n.parse().ok());
                self.answer.len() >= head + length.unwrap_or(0usize)
            }
            None => self.answer.ends_with(b"\r\n0\r\n\r\n"),
        }
    }
}
