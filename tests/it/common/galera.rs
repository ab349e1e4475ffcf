//! A Galera cluster of the tests' own: three nodes on loopback, gone with the process that started them.
//!
//! One cluster serves all tests of a process, one after another: [`Cluster::whole`] waits for its turn, and for all nodes to
//! be there and synced, whatever the test before did to them.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::mariadb;

/// How many nodes there are.
pub const NODES: usize = 3;

/// How long a node may take to start, to leave or to come back.
const PATIENCE: Duration = Duration::from_secs(120);

/// What starts and ends the nodes; its own first lines say what its commands are.
const KEEPER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/common/galera.sh");

/// Ports of one node: SQL, group, IST, SST.
const PORTS: usize = 4;

/// A running cluster.
pub struct Cluster {
    ports: Vec<u16>,
    /// Where the nodes' files are, and their logs.
    directory: String,
    /// Ends the nodes when its standard input closes: also when the tests are killed.
    keeper: Child,
    commands: Option<ChildStdin>,
    states: [State; NODES],
    databases: usize,
}

/// What a test has done to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Ended,
    Frozen,
    Isolated,
}

impl Cluster {
    /// The cluster of this test process, whole and for this test alone; started at the first call.
    pub fn whole() -> MutexGuard<'static, Self> {
        static SHARED: OnceLock<Mutex<Cluster>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| Mutex::new(Self::start()));
        let mut cluster = shared.lock().unwrap_or_else(PoisonError::into_inner);
        cluster.mend();
        cluster
    }

    fn start() -> Self {
        let ports = free_ports();
        let mut keeper = Command::new("bash")
            .arg(KEEPER)
            .args(ports.iter().map(u16::to_string))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash runs");
        let commands = keeper.stdin.take();
        let mut directory = String::new();
        BufReader::new(keeper.stdout.take().expect("its stdout"))
            .read_line(&mut directory)
            .expect("its directory");
        assert!(!directory.is_empty(), "the keeper ended");
        let mut cluster = Self {
            ports,
            directory: directory.trim().to_owned(),
            keeper,
            commands,
            states: [State::Ended; NODES],
            databases: 0,
        };
        for node in 0..NODES {
            let options = if node == 0 { "--wsrep-new-cluster" } else { "" };
            cluster.command(&format!("start {node} {options}"));
            cluster.states[node] = State::Running;
            cluster.wait_until_synced();
        }
        cluster.run(0, "mysql", &mariadb::account());
        cluster
    }

    fn command(&mut self, command: &str) {
        let commands = self.commands.as_mut().expect("the keeper's stdin");
        writeln!(commands, "{command}").expect("the keeper runs");
    }

    /// A new database on all nodes.
    pub fn create_database(&mut self) -> String {
        self.databases += 1;
        let name = format!("vicishim_test_{}", self.databases);
        self.run(0, "mysql", &format!("CREATE DATABASE {name}"));
        for node in 1..NODES {
            self.wait(&format!("database {name} on node {node}"), |cluster| {
                cluster.try_run(node, &name, "SELECT 1").is_ok()
            });
        }
        name
    }

    /// The port of a node.
    pub fn port(&self, node: usize) -> u16 {
        self.ports[node * PORTS]
    }

    /// The address of a database on a node.
    pub fn url(&self, node: usize, database: &str) -> String {
        mariadb::url(self.port(node), database)
    }

    /// Runs statements as root on a node, and gives what they print.
    pub fn run(&self, node: usize, database: &str, statements: &str) -> String {
        self.try_run(node, database, statements)
            .unwrap_or_else(|error| {
                panic!("node {node}: {statements}: {error}\n{}", self.log(node))
            })
    }

    fn try_run(&self, node: usize, database: &str, statements: &str) -> Result<String, String> {
        mariadb::try_run(self.port(node), database, statements)
    }

    /// Kills a node as a loss of power would.
    pub fn kill(&mut self, node: usize) {
        self.command(&format!("signal {node} KILL"));
        self.states[node] = State::Ended;
        self.wait_until_synced();
    }

    /// Ends a node as an operator does.
    pub fn leave(&mut self, node: usize) {
        self.command(&format!("signal {node} TERM"));
        self.states[node] = State::Ended;
        self.wait(&format!("the end of node {node}"), |cluster| {
            cluster.try_run(node, "mysql", "SELECT 1").is_err()
        });
        self.wait_until_synced();
    }

    /// Stops a node in the middle of whatever it does: it answers nothing, and its connections stay.
    pub fn freeze(&mut self, node: usize) {
        self.command(&format!("signal {node} STOP"));
        self.states[node] = State::Frozen;
        self.wait_until_synced();
    }

    /// Cuts a node off from the others; its clients still reach it.
    pub fn isolate(&mut self, node: usize) {
        self.set_isolated(node, true);
        self.states[node] = State::Isolated;
        self.wait(&format!("node {node} alone"), |cluster| {
            cluster.status(node, "wsrep_cluster_status") == "non-Primary"
        });
        self.wait_until_synced();
    }

    fn set_isolated(&self, node: usize, isolated: bool) {
        let set = format!(
            "SET GLOBAL wsrep_provider_options = 'gmcast.isolate={}'",
            u8::from(isolated)
        );
        self.run(node, "mysql", &set);
    }

    /// Brings back every node that was killed, has left, was frozen or isolated, and waits until all are synced.
    pub fn mend(&mut self) {
        for node in 0..NODES {
            match self.states[node] {
                State::Running => continue,
                State::Ended => self.command(&format!("start {node}")),
                State::Frozen => self.command(&format!("signal {node} CONT")),
                State::Isolated => self.set_isolated(node, false),
            }
            self.states[node] = State::Running;
            self.wait_until_synced();
        }
        self.wait_until_synced();
    }

    /// Waits until the running nodes, and no others, are one synced cluster.
    pub fn wait_until_synced(&self) {
        let running: Vec<usize> = (0..NODES)
            .filter(|node| self.states[*node] == State::Running)
            .collect();
        for node in &running {
            self.wait(
                &format!("node {node} in a cluster of {running:?}"),
                |cluster| {
                    cluster.status(*node, "wsrep_cluster_status") == "Primary"
                        && cluster.status(*node, "wsrep_cluster_size") == running.len().to_string()
                        && cluster.status(*node, "wsrep_local_state_comment") == "Synced"
                        && cluster.status(*node, "wsrep_ready") == "ON"
                },
            );
        }
    }

    /// A status variable of a node; empty where it does not answer.
    pub fn status(&self, node: usize, name: &str) -> String {
        let show = format!("SHOW GLOBAL STATUS LIKE '{name}'");
        let shown = self.try_run(node, "mysql", &show).unwrap_or_default();
        shown
            .trim_end()
            .rsplit('\t')
            .next()
            .unwrap_or_default()
            .to_owned()
    }

    fn wait(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let since = Instant::now();
        while !is_so(self) {
            assert!(
                since.elapsed() < PATIENCE,
                "waited for {what} in vain\n{}",
                (0..NODES).map(|node| self.log(node)).collect::<String>()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The tables of a database that are not the same on all nodes, with the rows that only some have.
    pub fn differences(&self, database: &str) -> Vec<String> {
        // A node shows its own state, which may be some changes behind the others'.
        let synced = "SET SESSION wsrep_sync_wait = 15;";
        let tables = self.run(0, database, &format!("{synced} SHOW TABLES"));
        let names: Vec<String> = tables.lines().map(|table| format!("`{table}`")).collect();
        let check = format!("{synced} CHECKSUM TABLE {}", names.join(", "));
        let sums: Vec<String> = (0..NODES)
            .map(|node| self.run(node, database, &check))
            .collect();
        let mut different = Vec::new();
        for (place, table) in names.iter().enumerate() {
            let line = |node: usize| sums[node].lines().nth(place).map(str::to_owned);
            if (1..NODES).all(|node| line(node) == line(0)) {
                continue;
            }
            let select = format!("{synced} SELECT * FROM {table}");
            let rows: Vec<Vec<String>> = (0..NODES)
                .map(|node| self.run(node, database, &select))
                .map(|text| text.lines().map(str::to_owned).collect())
                .collect();
            let counts: Vec<usize> = rows.iter().map(Vec::len).collect();
            let odd = rows
                .iter()
                .flatten()
                .find(|row| !rows.iter().all(|rows| rows.contains(row)));
            different.push(format!("{table}: {counts:?} rows, such as {odd:?}"));
        }
        different
    }

    /// The end of a node's log.
    fn log(&self, node: usize) -> String {
        let log = std::fs::read(format!("{}/{node}/server.log", self.directory));
        let log = String::from_utf8_lossy(&log.unwrap_or_default()).into_owned();
        let lines: Vec<&str> = log.lines().collect();
        let end = lines[lines.len().saturating_sub(60)..].join("\n");
        format!("--- node {node} ({:?}):\n{end}\n", self.states[node])
    }
}

/// Ports that nobody listens on, below those that the system gives away by itself: a node listens on some of its ports only
/// while it takes a state, and on none while it is away.
fn free_ports() -> Vec<u16> {
    let first = 20_000 + u16::try_from(std::process::id() % 500).expect("it is small") * 20;
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let ports: Vec<u16> = (first..).filter(is_free).take(NODES * PORTS).collect();
    assert_eq!(ports.len(), NODES * PORTS);
    ports
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.commands.take());
        self.keeper.wait().ok();
    }
}
