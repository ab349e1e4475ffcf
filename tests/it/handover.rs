//! The end of a server: no connection is refused and no request is left unanswered while another process takes over.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::common::client::Client;
use crate::common::database::{Backend, Database};
use crate::common::eventually;
use crate::common::server::{Server, run, vicishim};
use tempfile::TempDir;

/// Why a command failed, without the log's lines.
fn said(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = text.lines().filter(|line| !line.starts_with('['));
    lines.map(|line| format!("{line}\n")).collect()
}

/// A directory with a database and a place for the socket.
struct Site {
    database: Database,
    directory: TempDir,
}

impl Site {
    fn new() -> Self {
        Self {
            database: Database::with_state(Backend::Sqlite),
            directory: TempDir::new().expect("a directory"),
        }
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("handover")
    }

    fn handover(&self) -> String {
        self.socket().to_str().expect("a path").to_owned()
    }

    /// A server that can be taken over, with the time that clients have by default.
    fn serve(&self, arguments: &[&str]) -> Server {
        let (grace, handover) = (("VICISHIM_GRACE", "3s"), self.handover());
        let own = ["--database", &self.database.url, "--handover", &handover];
        let server = Server::start_with(&[grace], &[&own, arguments].concat());
        eventually("the socket is there", || self.socket().exists());
        server
    }

    /// Why a server with these arguments does not start.
    fn refusal(&self, arguments: &[&str]) -> String {
        let serve = ["serve", "--database", &self.database.url];
        said(&run(&[&serve, arguments].concat()))
    }
}

/// Clients that add DIDs one after another, half of them over connections that they keep.
struct Load {
    is_over: Arc<AtomicBool>,
    added: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Vec<String>>>,
}

impl Load {
    fn start(address: SocketAddr, clients: usize) -> Self {
        let (is_over, added) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let client = |client: usize| {
            let (is_over, added) = (Arc::clone(&is_over), Arc::clone(&added));
            std::thread::spawn(move || {
                let mut connection = None;
                let mut numbers = (0..).map(|number| format!("8{client:02}{number:07}"));
                let mut done = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    let number = numbers.next().expect("a number");
                    let mut taken = connection
                        .take()
                        .unwrap_or_else(|| Client::connect(address));
                    let query = "source=test&user=6666&pass=1234&function=add_did&did_pattern=";
                    let target = format!("/vicidial/non_agent_api.php?{query}{number}");
                    let answer = taken
                        .try_request("GET", &target, &[], b"")
                        .unwrap_or_else(|error| panic!("client {client}, {number}: {error}"));
                    assert_eq!(
                        (answer.status, answer.body.as_str()),
                        (
                            200,
                            &*format!("SUCCESS: add_did DID HAS BEEN ADDED - 6666|{number}\n")
                        )
                    );
                    done.push(number);
                    added.fetch_add(1, Ordering::Relaxed);
                    let is_kept =
                        client.is_multiple_of(2) && answer.header("connection") != Some("close");
                    connection = is_kept.then_some(taken);
                    // Some of them pause, as people and scripts do.
                    if client % 4 < 2 {
                        std::thread::sleep(Duration::from_millis(50 * client as u64));
                    }
                }
                done
            })
        };
        let clients = (0..clients).map(client).collect();
        Self {
            is_over,
            added,
            clients,
        }
    }

    /// Waits until so many more have been added.
    fn go_on(&self, count: usize) {
        let goal = self.added.load(Ordering::Relaxed) + count;
        eventually("the clients go on", || {
            self.added.load(Ordering::Relaxed) >= goal
                || self.clients.iter().any(JoinHandle::is_finished)
        });
    }

    /// The numbers that were added.
    fn end(self) -> BTreeSet<String> {
        self.is_over.store(true, Ordering::Relaxed);
        let clients = self.clients.into_iter();
        let numbers = clients.flat_map(|client| client.join().expect("every call is answered"));
        numbers.collect()
    }
}

/// The DIDs in the database beside those that every test begins with.
fn stored(database: &Database) -> BTreeSet<String> {
    let rows = database.rows("vicidial_inbound_dids");
    let patterns = rows.iter().map(|row| row["did_pattern"].as_str());
    let patterns = patterns.map(|pattern| pattern.expect("text").to_owned());
    patterns
        .filter(|pattern| pattern.len() == 10 && pattern.starts_with('8'))
        .collect()
}

#[test]
fn a_process_takes_over_under_load_and_no_call_fails() {
    let site = Site::new();
    let mut server = site.serve(&[]);
    let load = Load::start(server.address, 16);
    for _ in 0..3 {
        load.go_on(200);
        let next = site.serve(&[]);
        assert_eq!(next.address, server.address);
        let log = server.log();
        assert_eq!(
            std::mem::replace(&mut server, next).wait(),
            Some(0),
            "{log}"
        );
    }
    load.go_on(200);
    assert_eq!(load.end(), stored(&site.database));
    assert_eq!(server.stop(), Some(0));
    assert!(!site.socket().exists(), "the socket is left behind");
}

#[test]
fn a_socket_of_the_service_manager_refuses_nobody_while_the_service_is_restarted() {
    let site = Site::new();
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("its address");
    let start = || {
        // As systemd starts it: the socket is its descriptor 3.
        let script = "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"";
        let server = vicishim();
        let mut command = Command::new("sh");
        let environment = server.get_envs();
        command.envs(environment.filter_map(|(name, value)| Some((name, value?))));
        command
            .args(["-c", script, "sh"])
            .arg(server.get_program())
            .args(["serve", "--database", &site.database.url])
            .stdin(Stdio::from(std::os::fd::OwnedFd::from(
                socket.try_clone().expect("the socket"),
            )));
        Server::spawn(command)
    };
    let mut server = start();
    assert_eq!(server.address, address);
    let load = Load::start(address, 16);
    for _ in 0..2 {
        load.go_on(200);
        assert_eq!(server.stop(), Some(0));
        server = start();
    }
    load.go_on(200);
    assert_eq!(load.end(), stored(&site.database));
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_socket_of_the_service_manager_must_agree_with_the_arguments() {
    let site = Site::new();
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("its address");
    let refusal = |count: &str, arguments: &[&str]| {
        let script = "exec 3<&0 </dev/null; LISTEN_PID=$$ exec \"$@\"";
        let output = Command::new("sh")
            .env("LISTEN_FDS", count)
            .args(["-c", script, "sh", env!("CARGO_BIN_EXE_vicishim"), "serve"])
            .args(["--database", &site.database.url])
            .args(arguments)
            .stdin(Stdio::from(std::os::fd::OwnedFd::from(
                socket.try_clone().expect("the socket"),
            )))
            .output();
        said(&output.expect("it runs"))
    };
    assert_eq!(
        refusal("1", &["--listen", "127.0.0.1:1"]),
        format!(
            "vicishim: the socket that systemd passes listens on {address}: --listen must be the same, or left out\n"
        )
    );
    assert_eq!(
        refusal("1", &["--handover", &site.handover()]),
        "vicishim: --handover is not for a socket that systemd passes: systemd keeps it for the next process\n"
    );
    assert_eq!(
        refusal("2", &[]),
        "vicishim: systemd passes 2 sockets: one is needed\n"
    );
}

#[test]
fn only_its_user_may_take_over_and_only_at_the_same_address() {
    let site = Site::new();
    let server = site.serve(&[]);
    let permissions = std::fs::metadata(site.socket()).expect("the socket");
    assert_eq!(permissions.permissions().mode() & 0o777, 0o600);
    let refusal = site.refusal(&["--handover", &site.handover(), "--listen", "127.0.0.1:1"]);
    let (path, address) = (site.handover(), server.address);
    assert_eq!(
        refusal,
        format!(
            "vicishim: the server at {path} listens on {address}, not on 127.0.0.1:1: it can only be replaced by one with \
             --listen {address}\n"
        )
    );
    // Whoever asks for the socket and does not accept connections changes nothing.
    let mut curious = UnixStream::connect(site.socket()).expect("it listens");
    let mut greeting = [0; 11];
    curious.read_exact(&mut greeting).expect("a greeting");
    drop(curious);
    let mut rude = UnixStream::connect(site.socket()).expect("it listens");
    rude.write_all(b"other\n").expect("it reads");
    eventually("both are logged", || {
        let failed = "the hand-over failed, this process goes on";
        server.log().matches(failed).count() == 3
    });
    assert_eq!(server.client().get("function=version").status, 200);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn another_users_process_gets_no_socket() {
    let site = Site::new();
    let database = site.directory.path().join("other.db");
    let mut command = Command::new("setpriv");
    let server = vicishim();
    command
        .envs(
            server
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .args(["--reuid", "65534", "--clear-groups"])
        .arg(server.get_program())
        .args(["serve", "--listen", "127.0.0.1:0", "--handover"])
        .arg(site.socket())
        .arg("--database")
        .arg(&database);
    let mut probe = Command::new("setpriv");
    probe.args([
        "--reuid",
        "65534",
        "--clear-groups",
        env!("CARGO_BIN_EXE_vicishim"),
        "--version",
    ]);
    if !probe.status().is_ok_and(|status| status.success()) {
        eprintln!("only root can start a process of another user: not tested here");
        return;
    }
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(site.directory.path(), open).expect("a directory for everybody");
    let server = Server::spawn(command);
    eventually("the socket is there", || site.socket().exists());
    let refusal = site.refusal(&["--handover", &site.handover()]);
    let path = site.handover();
    assert_eq!(
        refusal,
        format!(
            "vicishim: no listening socket from {path}: the process at the other end is user 65534's\n"
        )
    );
    let mut all = Vec::new();
    let mut stream = UnixStream::connect(site.socket()).expect("root may");
    stream.read_to_end(&mut all).expect("it is closed");
    assert!(all.is_empty());
    eventually("it is logged", || {
        let refused = "this process goes on: the process at the other end is user 0's";
        server.log().contains(refused)
    });
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn what_a_killed_process_leaves_is_replaced_and_a_file_is_not() {
    let site = Site::new();
    drop(site.serve(&[]));
    assert!(site.socket().exists(), "a killed process cleans nothing up");
    let server = site.serve(&[]);
    assert_eq!(server.client().get("function=version").status, 200);
    let second = site.serve(&[]);
    assert_eq!((server.address, server.wait()), (second.address, Some(0)));
    assert_eq!(second.stop(), Some(0));
    std::fs::write(site.socket(), "notes").expect("a file");
    let refusal = site.refusal(&["--listen", "127.0.0.1:0", "--handover", &site.handover()]);
    let path = site.handover();
    assert_eq!(
        refusal,
        format!("vicishim: --handover {path}: there is a file, not a socket\n")
    );
    assert_eq!(std::fs::read(site.socket()).expect("the file"), b"notes");
    let refusal = site.refusal(&["--listen", "127.0.0.1:0", "--handover", "/nowhere/at/all"]);
    let missing = "vicishim: --handover /nowhere/at/all: No such file or directory";
    assert!(refusal.starts_with(missing), "{refusal}");
}

/// A request that is under way, whose body does not come.
fn half_a_request(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = "POST /vicidial/non_agent_api.php?function=version HTTP/1.1\r\nHost: x\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\
                Expect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("it reads");
    let mut go_on = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream
        .read_exact(&mut go_on)
        .expect("it waits for the body");
    stream
}

#[test]
fn clients_are_asked_to_move_and_requests_under_way_are_finished() {
    let site = Site::new();
    let variables = [("VICISHIM_GRACE", "2s"), ("RUST_LOG", "info")];
    let server = Server::start_with(&variables, &["--database", &site.database.url]);
    let (mut active, mut idle) = (server.client(), server.client());
    for client in [&mut active, &mut idle] {
        let answer = client.get("function=version");
        assert_eq!((answer.status, answer.header("connection")), (200, None));
    }
    let mut under_way = half_a_request(server.address);
    server.signal("TERM");
    eventually("it is ending", || server.log().contains("ending: "));
    let begun = Instant::now();
    // A connection that was idle is answered still, and so is a new one.
    for client in [&mut active, &mut server.client()] {
        let answer = client.get("function=version");
        assert_eq!(
            (answer.status, answer.header("connection")),
            (200, Some("close"))
        );
    }
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "before the grace is over"
    );
    // Idle for the whole time: it is closed.
    let target = "/vicidial/non_agent_api.php?function=version";
    let mut byte = [0];
    let closed = idle.stream().read(&mut byte).expect("an end");
    assert_eq!(closed, 0);
    assert!(
        begun.elapsed() > Duration::from_millis(1500),
        "after the grace"
    );
    idle.try_request("GET", target, &[], b"")
        .expect_err("it is closed");
    under_way.write_all(b"x=1").expect("it reads");
    let mut answer = String::new();
    under_way.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn a_server_without_connections_ends_at_once() {
    let site = Site::new();
    let variables = [("VICISHIM_GRACE", "60s")];
    let server = Server::start_with(&variables, &["--database", &site.database.url]);
    assert_eq!(server.client().get("function=version").status, 200);
    let begun = Instant::now();
    assert_eq!(server.stop(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let site = Site::new();
    for (first, second) in [("TERM", "TERM"), ("INT", "TERM"), ("TERM", "INT")] {
        let variables = [("VICISHIM_GRACE", "60s")];
        let server = Server::start_with(&variables, &["--database", &site.database.url]);
        assert_eq!(server.client().get("function=version").status, 200);
        let _under_way = half_a_request(server.address);
        server.signal(first);
        eventually("it is ending", || server.log().contains("ending: "));
        let begun = Instant::now();
        server.signal(second);
        assert_eq!(server.wait(), Some(1), "{first} {second}");
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
}
