//! Clients that remember what they asked and were told.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Answer, Call, Kind, Ledger, SOURCE};
use crate::common::client::Client;

/// How long a client waits after it was told that the database is not available.
const PAUSE: Duration = Duration::from_millis(20);

/// A client that remembers what it asked and was told. It numbers its DIDs so that no other client has them.
pub struct Caller {
    id: usize,
    address: SocketAddr,
    client: Option<Client>,
    numbers: usize,
    pub calls: Vec<Call>,
}

impl Caller {
    /// `id` is below 100, and no other caller's on the same database.
    pub fn new(id: usize, address: SocketAddr) -> Self {
        Self {
            id,
            address,
            client: None,
            numbers: 0,
            calls: Vec::new(),
        }
    }

    /// A number that no call had before.
    pub fn fresh(&mut self) -> String {
        self.numbers += 1;
        format!("8{:02}{:07}", self.id, self.numbers)
    }

    /// Sends the next calls to another server.
    pub fn turn_to(&mut self, address: SocketAddr) {
        self.address = address;
        self.client = None;
    }

    pub fn add(&mut self, number: &str) -> Answer {
        self.call(Kind::Add, false, &[number.to_owned()])
    }

    /// Adds a number that other clients add, too.
    pub fn add_shared(&mut self, number: &str) -> Answer {
        self.call(Kind::Add, true, &[number.to_owned()])
    }

    /// Copies onto numbers that other clients add, too.
    pub fn copy_shared(&mut self, numbers: &[String]) -> Answer {
        self.call(Kind::Copy { atomic: false }, true, numbers)
    }

    pub fn update(&mut self, number: &str) -> Answer {
        self.call(Kind::Update, false, &[number.to_owned()])
    }

    pub fn delete(&mut self, number: &str) -> Answer {
        self.call(Kind::Delete, false, &[number.to_owned()])
    }

    /// Copies onto so many fresh numbers.
    pub fn copy(&mut self, count: usize, atomic: bool) -> Answer {
        let numbers: Vec<String> = (0..count).map(|_| self.fresh()).collect();
        self.call(Kind::Copy { atomic }, false, &numbers)
    }

    /// What a number goes through: it is added, changed, and every other one deleted, as far as the answers allow to know
    /// what is there; then three are copied, and at every 20th step 300, for which one statement is not enough.
    pub fn live(&mut self, step: usize) {
        let number = self.fresh();
        if self.add(&number) == Answer::Success
            && self.update(&number) == Answer::Success
            && step.is_multiple_of(2)
        {
            self.delete(&number);
        }
        self.copy(3, step.is_multiple_of(3));
        let turn = step + self.id;
        if turn % 20 == 10 {
            self.copy(300, turn % 40 == 10);
        }
    }

    fn call(&mut self, kind: Kind, shared: bool, numbers: &[String]) -> Answer {
        let tag = format!("c{}n{}", self.id, self.calls.len());
        let list = numbers.join(",");
        let function = match kind {
            Kind::Add => format!("add_did&did_pattern={list}&did_description=Made {tag}."),
            Kind::Update => format!("update_did&did_pattern={list}&did_description=Made {tag}."),
            Kind::Delete => format!("update_did&did_pattern={list}&delete_did=Y"),
            Kind::Copy { atomic } => format!(
                "copy_did&source_did_pattern={SOURCE}&did_description=Made {tag}.{}",
                if atomic { "&atomic=Y" } else { "" }
            ),
        };
        let target = format!(
            "/vicidial/non_agent_api.php?source=test&user=6666&pass=1234&function={}&tag={tag}.",
            function.replace(' ', "+")
        );
        let since = Instant::now();
        let sent = self.send(&target, matches!(kind, Kind::Copy { .. }).then_some(&list));
        let took = since.elapsed();
        let (status, body) = match sent {
            Ok(response) => response,
            Err(error) => {
                self.client = None;
                (0, error.to_string())
            }
        };
        let line = body.trim_end().rsplit('\n').next().unwrap_or_default();
        let outcomes: Vec<(String, Answer)> = outcomes(kind, numbers, status, &body);
        // A copy that did not add all says of each number which; the others have one number.
        let answer = outcomes
            .iter()
            .map(|(_, answer)| *answer)
            .max()
            .unwrap_or(Answer::Other);
        self.calls.push(Call {
            tag,
            kind,
            shared,
            outcomes,
            answer,
            status,
            line: line.to_owned(),
            took,
            at: Instant::now(),
        });
        if answer == Answer::NothingChanged {
            std::thread::sleep(PAUSE);
        }
        answer
    }

    fn send(&mut self, target: &str, list: Option<&String>) -> std::io::Result<(u16, String)> {
        let client = match &mut self.client {
            Some(client) => client,
            none => none.insert(Client::try_connect(self.address)?),
        };
        let response = match list {
            Some(list) => {
                let form = format!("new_dids={list}");
                let kind = [("Content-Type", "application/x-www-form-urlencoded")];
                client.try_request("POST", target, &kind, form.as_bytes())?
            }
            None => client.try_request("GET", target, &[], b"")?,
        };
        Ok((response.status, response.body))
    }
}

/// What a reply says of each number.
fn outcomes(kind: Kind, numbers: &[String], status: u16, body: &str) -> Vec<(String, Answer)> {
    let all = |answer| {
        let numbers = numbers.iter().cloned();
        numbers.map(|number| (number, answer)).collect()
    };
    let last = body.trim_end().rsplit('\n').next().unwrap_or_default();
    if status == 0 {
        return all(Answer::Silence);
    }
    if last.contains("NOTHING WAS CHANGED") {
        return all(Answer::NothingChanged);
    }
    if last.contains("LOOK WHETHER") {
        return all(Answer::Look);
    }
    if last.contains("DOES NOT EXIST") {
        return all(Answer::Missing);
    }
    if !matches!(kind, Kind::Copy { .. }) {
        return all(match last {
            _ if last.starts_with("SUCCESS: ") => Answer::Success,
            _ if last.contains("DID ALREADY EXISTS") => Answer::Exists,
            _ => Answer::Other,
        });
    }
    let said: HashMap<&str, Answer> = body
        .lines()
        .filter_map(|line| {
            let (reason, data) = line.split_once(" - 6666|")?;
            let answer = match reason {
                "NOTICE: copy_did DID HAS BEEN ADDED" => Answer::Success,
                "NOTICE: copy_did DID ALREADY EXISTS" => Answer::Exists,
                _ => return None,
            };
            Some((data.split('|').next().unwrap_or_default(), answer))
        })
        .collect();
    let of = |number: &String| said.get(number.as_str()).copied().unwrap_or(Answer::Other);
    let numbers = numbers.iter();
    numbers.map(|number| (number.clone(), of(number))).collect()
}

/// Clients at work, until they are told to stop.
pub struct Load {
    clients: Vec<JoinHandle<Caller>>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// Begins with so many clients, which take these servers in turn; each does this work again and again, and is told how
    /// often it did.
    pub fn begin(clients: usize, servers: &[SocketAddr], work: fn(&mut Caller, usize)) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let clients = (0..clients).map(|id| {
            let mut caller = Caller::new(id, servers[id % servers.len()]);
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                for step in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    work(&mut caller, step);
                }
                caller
            })
        });
        Self {
            clients: clients.collect(),
            stop,
        }
    }

    /// Lets the calls under way end.
    pub fn end(self) -> Ledger {
        self.stop.store(true, Ordering::Relaxed);
        let clients = self.clients.into_iter();
        Ledger::of(clients.map(|client| client.join().expect("a client")))
    }
}
