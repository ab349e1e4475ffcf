//! The server under measurement.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::measure::{self, Usage};

/// A running server; ended when it is dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub start_up: Duration,
}

impl Server {
    /// Ours, on this database; another binary, such as an older one, where `VICISHIM_SERVER` names it.
    pub fn start(database: &str) -> Self {
        let built = env!("CARGO_BIN_EXE_vicishim").into();
        Self::of(
            Command::new(std::env::var_os("VICISHIM_SERVER").unwrap_or(built))
                .args(["serve", "--listen", "127.0.0.1:0", "--database", database])
                .env("RUST_LOG", "error"),
        )
    }

    /// One that answers nothing, to everything.
    pub fn empty() -> Self {
        Self::of(Command::new(std::env::current_exe().expect("this program")).arg("--empty"))
    }

    fn of(command: &mut Command) -> Self {
        let since = Instant::now();
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output"))
            .read_line(&mut line)
            .expect("its first line");
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split('/').next())
            .expect("an address in it");
        Self {
            child,
            address: address.parse().expect("an address"),
            start_up: since.elapsed(),
        }
    }

    /// What server and database have used so far.
    pub fn usage(&self) -> Usage {
        Usage::now(self.child.id(), &measure::processes_named("mariadbd"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
