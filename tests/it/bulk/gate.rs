//! Stopping a run where the test wants it: no test waits for a time.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex};

use crate::common::scripted::{Act, Request};

/// Lets requests wait until the test says.
pub struct Gate {
    arrived: Receiver<usize>,
    open: Arc<Mutex<bool>>,
    opened: Arc<Condvar>,
}

/// A gate, and the script that stops at it from the request `from` on.
pub fn gate(from: usize) -> (Gate, impl Fn(&Request) -> Act + Send + Sync + 'static) {
    let (sender, arrived) = channel();
    let (open, opened) = (Arc::new(Mutex::new(false)), Arc::new(Condvar::new()));
    let gate = Gate {
        arrived,
        open: Arc::clone(&open),
        opened: Arc::clone(&opened),
    };
    let sender = Mutex::new(sender);
    let script = move |request: &Request| {
        if request.at >= from {
            sender.lock().expect("a sender").send(request.at).ok();
            let open = open.lock().expect("the gate");
            drop(opened.wait_while(open, |open| !*open).expect("the gate"));
        }
        Act::Pass
    };
    (gate, script)
}

impl Gate {
    pub fn wait_for(&self, count: usize) {
        for _ in 0..count {
            self.arrived
                .recv_timeout(std::time::Duration::from_secs(60))
                .expect("a request");
        }
    }

    pub fn open(&self) {
        *self.open.lock().expect("the gate") = true;
        self.opened.notify_all();
    }
}

pub fn start(command: &mut Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

pub fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(status.expect("kill runs").success());
}

/// Reads its stderr up to a line with these words.
pub fn wait_for_line(child: &mut Child, words: &str) {
    let stderr = BufReader::new(child.stderr.take().expect("its stderr"));
    let mut lines = stderr.lines();
    assert!(
        lines.any(|line| line.expect("a line").contains(words)),
        "it never said {words}"
    );
    // What follows must go somewhere.
    std::thread::spawn(move || lines.for_each(drop));
}
