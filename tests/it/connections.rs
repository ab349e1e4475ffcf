//! Many connections, and ones that do not do their part: silent, half-sent, unread.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::common::client::{Client, Response};
use crate::common::database::{Backend, Database};
use crate::common::dialer::{Dialer, answer};
use crate::common::server::{Server, run, vicishim};

const VERSION: &str = "GET /vicidial/non_agent_api.php?function=version HTTP/1.1\r\nHost: x\r\n";

/// A server whose shell has set this limit of descriptors.
fn limited(database: &Database, ulimit: &str, arguments: &[&str]) -> Server {
    let program = vicishim();
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{ulimit}; exec \"$0\" \"$@\"")])
        .arg(program.get_program())
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--database",
            &database.url,
        ])
        .args(arguments)
        .env("VICISHIM_GRACE", "0s")
        .env("RUST_LOG", "debug");
    Server::spawn(command)
}

/// Lets this process have as many descriptors as the system allows.
fn raise_our_own_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, raised).expect("the limit is raised");
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server listens");
    let limit = Some(Duration::from_secs(60));
    stream.set_read_timeout(limit).expect("a time limit");
    stream
}

/// Connections that have had an answer each and wait for another request.
fn idle(server: &Server, count: usize) -> Vec<Client> {
    let one = || {
        let mut client = server.client();
        assert_eq!(client.get("function=version").status, 200);
        client
    };
    (0..count).map(|_| one()).collect()
}

/// Whether the server has closed it; it must have sent nothing.
fn is_closed(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).expect("it is set");
    let read = (&mut &*stream).read(&mut [0; 16]);
    stream.set_nonblocking(false).expect("it is set");
    match read {
        Ok(0) => true,
        Ok(_) => panic!("something was sent"),
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

fn health(server: &Server) -> Response {
    server.client().request("GET", "/healthz", &[], b"")
}

#[test]
fn more_idle_connections_than_descriptors_at_the_start() {
    raise_our_own_limit();
    let database = Database::with_state(Backend::Sqlite);
    // As a login shell has it: 1,024 at first, more for who asks.
    let server = limited(&database, "ulimit -Hn 4096; ulimit -Sn 1024", &[]);
    let since = Instant::now();
    let mut open = idle(&server, 1_200);
    assert_eq!(health(&server).body, "ok\n");
    assert_eq!(open[1_199].get("function=version").status, 200);
    // Idle connections are closed after 75 seconds, which a busy machine may need for so many.
    if since.elapsed() < Duration::from_secs(60) {
        assert_eq!(open[0].get("function=version").status, 200);
    }
}

#[test]
fn more_connections_than_the_system_allows_descriptors() {
    raise_our_own_limit();
    let database = Database::with_state(Backend::Sqlite);
    let server = limited(&database, "ulimit -n 400", &[]);
    let silent: Vec<TcpStream> = (0..1_200).map(|_| connect(server.address)).collect();
    assert_eq!(health(&server).body, "ok\n");
    assert_eq!(server.client().get("function=version").status, 200);
    assert!(is_closed(&silent[0]));
    let log = server.log();
    assert!(!log.contains("os error 24"), "out of descriptors: {log}");
}

#[test]
fn the_longest_idle_make_room() {
    let database = Database::with_state(Backend::Sqlite);
    let server = limited(&database, "true", &["--max-connections", "20"]);
    let mut open = idle(&server, 20);
    let mut late = idle(&server, 5);
    // One that is read from first is closed by the server.
    for client in &mut open[..5] {
        assert_eq!(client.stream().read(&mut [0]).ok(), Some(0), "not closed");
    }
    for client in open[5..].iter_mut().chain(&mut late) {
        assert_eq!(client.get("function=version").status, 200);
    }
}

#[test]
fn where_all_connections_are_busy_new_calls_are_refused_and_health_is_not() {
    let database = Database::with_state(Backend::Sqlite);
    let server = limited(&database, "true", &["--max-connections", "4"]);
    let head = format!(
        "POST {}Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
        VERSION.strip_prefix("GET ").expect("a GET")
    );
    let mut busy: Vec<TcpStream> = (0..4).map(|_| connect(server.address)).collect();
    for stream in &mut busy {
        stream.write_all(head.as_bytes()).expect("it is sent");
        let mut answer = [0; 25];
        stream.read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
    }
    let refused = || {
        let answer = server.client().raw(format!("{VERSION}\r\n").as_bytes());
        answer.starts_with("HTTP/1.1 503 ")
            && answer.contains("retry-after: 1\r\n")
            && answer.contains("connection: close\r\n")
            && answer.ends_with("\r\n\r\nERROR: TOO MANY CONNECTIONS, TRY AGAIN LATER\n")
    };
    assert!(refused());
    let json = server.client().request("GET", "/api/dids", &[], b"");
    assert_eq!(json.status, 503);
    assert_eq!(
        json.header("content-type"),
        Some("application/problem+json")
    );
    assert!(
        json.body
            .contains("\"detail\":\"too many connections, try again later\"")
    );
    for _ in 0..100 {
        assert_eq!(health(&server).body, "ok\n");
    }
    server.logs("status=503 refused: TOO MANY CONNECTIONS");
    // Those under way are finished, and calls are answered again.
    for stream in &mut busy {
        stream.write_all(b"x=1&y=234").expect("it is sent");
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
    }
    assert_eq!(server.client().get("function=version").status, 200);
}

#[test]
fn those_who_take_no_answer_make_room() {
    let database = Database::with_state(Backend::Sqlite);
    let server = limited(&database, "true", &["--max-connections", "4"]);
    let request = format!("{VERSION}\r\n").replace(
        "/vicidial/non_agent_api.php?function=version",
        "/api/openapi.json",
    );
    let unread: Vec<TcpStream> = (0..4)
        .map(|_| {
            let mut stream = connect(server.address);
            let limit = Some(Duration::from_millis(500));
            stream.set_write_timeout(limit).expect("a time limit");
            while stream.write(request.repeat(100).as_bytes()).is_ok() {}
            stream
        })
        .collect();
    // Before they are cut off for it.
    let since = Instant::now();
    crate::common::eventually("a call is answered", || {
        server.client().get("function=version").status == 200
    });
    assert!(
        since.elapsed() < Duration::from_secs(20),
        "{:?}",
        since.elapsed()
    );
    drop(unread);
}

#[test]
fn more_connections_than_descriptors_are_refused_at_the_start() {
    let wanted = [
        "serve",
        "--database",
        "/nowhere/at-all.db",
        "--max-connections",
    ];
    let output = run(&[&wanted[..], &["4000000000"]].concat());
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.starts_with("vicishim: --max-connections 4000000000 needs 4000000192 file descriptors; the limit here is "),
        "{text}"
    );
}

#[test]
fn a_client_that_never_reads_is_cut_off() {
    let database = Database::with_state(Backend::Sqlite);
    let server = limited(&database, "true", &[]);
    let mut stream = connect(server.address);
    let limit = Some(Duration::from_secs(1));
    stream.set_write_timeout(limit).expect("a time limit");
    let requests = format!("{VERSION}\r\n").repeat(1_000);
    let since = Instant::now();
    loop {
        // It takes nothing more at some point, and is reset then.
        match stream.write(requests.as_bytes()) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
        assert!(since.elapsed() < Duration::from_secs(90), "it lives on");
    }
    server.logs("a connection is closed: its client takes no answer");
}

#[test]
fn a_half_sent_request_does_not_stay_on_a_connection_that_was_used() {
    let database = Database::with_state(Backend::Sqlite);
    let server = limited(&database, "true", &[]);
    for half in ["GET /vici", "GET /vicidial/x HTTP/1.1\r\nHost: x\r\nAccept"] {
        let answer = server
            .client()
            .raw(format!("{VERSION}\r\n{half}").as_bytes());
        let (first, second) = answer.split_at(answer.rfind("HTTP/1.1 ").expect("an answer"));
        assert!(first.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(
            second.starts_with("HTTP/1.1 408 Request Timeout\r\n"),
            "{answer}"
        );
        assert!(
            second.contains("\r\nx-content-type-options: nosniff\r\n"),
            "{answer}"
        );
        assert!(
            second.ends_with("\r\n\r\nERROR: REQUEST DID NOT ARRIVE IN TIME\n"),
            "{answer}"
        );
    }
}

#[test]
fn a_half_sent_request_costs_the_one_before_it_nothing() {
    // Longer than a head may take.
    let dialer = Dialer::start(|_| {
        std::thread::sleep(Duration::from_secs(12));
        answer("200 OK", &[], b"late")
    });
    let database = Database::with_state(Backend::Sqlite);
    let server = limited(&database, "true", &["--upstream", &dialer.url()]);
    let first = VERSION.replace("version", "add_user");
    let text = server
        .client()
        .raw(format!("{first}\r\nGET /half").as_bytes());
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    let second = text.split("late").nth(1).expect("the first answer");
    assert!(
        second.starts_with("HTTP/1.1 408 Request Timeout\r\n"),
        "{text}"
    );
}
