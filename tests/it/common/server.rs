//! The server as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::client::Client;

/// The command under test.
pub fn vicishim() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vicishim"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("VICISHIM_")) {
        command.env_remove(name);
    }
    command
        .env("RUST_LOG", "trace")
        .env_remove("RUST_BACKTRACE");
    command
}

/// Runs the command to its end.
pub fn run(arguments: &[&str]) -> Output {
    vicishim()
        .args(arguments)
        .output()
        .expect("the command runs")
}

/// A server that was started and is killed when it is dropped.
pub struct Server {
    pub child: Child,
    pub address: SocketAddr,
    /// What it printed first.
    pub greeting: String,
    printed: Arc<Mutex<String>>,
    log: Arc<Mutex<String>>,
    logger: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts `vicishim serve` on a free loopback port.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_with(&[], arguments)
    }

    /// The same with environment variables.
    pub fn start_with(variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = vicishim();
        command
            // Tests that end with idle connections do not wait for them.
            .env("VICISHIM_GRACE", "0s")
            .envs(variables.iter().copied())
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments);
        Self::spawn(command)
    }

    /// Starts a command that becomes the server.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let log = Arc::new(Mutex::new(String::new()));
        let collected = Arc::clone(&log);
        let mut stderr = child.stderr.take().expect("its stderr");
        let collector = std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = stderr.read(&mut buffer) {
                collected
                    .lock()
                    .expect("the log")
                    .push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        let mut stdout = BufReader::new(child.stdout.take().expect("its stdout"));
        let mut greeting = String::new();
        if stdout.read_line(&mut greeting).expect("its first line") == 0 {
            child.wait().ok();
            collector.join().ok();
            panic!("the server did not start: {}", log.lock().expect("the log"));
        }
        let printed = Arc::new(Mutex::new(greeting.clone()));
        let collected = Arc::clone(&printed);
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let mut printed = collected.lock().expect("its output");
                printed.push_str(&line);
                printed.push('\n');
            }
        });
        let address = greeting
            .split("://")
            .nth(1)
            .and_then(|rest| rest.split('/').next())
            .expect("an address in it");
        let address = address.parse().expect("an address in it");
        Self {
            child,
            address,
            greeting,
            printed,
            log,
            logger: Some(collector),
        }
    }

    pub fn client(&self) -> Client {
        Client::connect(self.address)
    }

    /// Waits until it has printed this; all that it has printed.
    pub fn prints(&self, text: &str) -> String {
        let printed = || self.printed.lock().expect("its output").clone();
        super::eventually(text, || printed().contains(text));
        printed()
    }

    /// Waits until its log has this.
    pub fn logs(&self, text: &str) {
        super::eventually(text, || self.log().contains(text));
    }

    /// Everything it has logged, at every level.
    pub fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(status.expect("kill runs").success());
    }

    /// Ends it as an operator does; its exit code.
    pub fn stop(self) -> Option<i32> {
        self.signal("TERM");
        self.wait()
    }

    /// Ends it as an operator does; everything it has logged.
    pub fn stop_and_log(mut self) -> String {
        self.signal("TERM");
        self.child.wait().expect("it ends");
        let logger = self.logger.take().expect("its log is read");
        logger.join().expect("its log is read");
        self.log()
    }

    /// Waits for its end; its exit code.
    pub fn wait(mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
