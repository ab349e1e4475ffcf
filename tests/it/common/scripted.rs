//! A server that behaves badly: it stands before a real one, and does with each request what the test says.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::client::Client;

/// What is done with a request.
pub enum Act {
    /// The server behind answers it.
    Pass,
    /// The server behind answers it, and the answer is lost.
    PassAndDrop,
    /// The connection is closed.
    Drop,
    /// It is answered with this status and text.
    Answer(u16, &'static str),
    /// It is sent on to another address.
    SendOn(&'static str),
}

/// A request's parameters, and how many there were before it.
#[derive(Clone)]
pub struct Request {
    pub at: usize,
    pub method: String,
    pub target: String,
    pub parameters: BTreeMap<String, String>,
}

impl Request {
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// The numbers that it asks for.
    pub fn numbers(&self) -> Vec<String> {
        let copies = self.parameter("new_dids").split(',');
        copies
            .chain([self.parameter("did_pattern")])
            .filter(|number| !number.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

/// The server. It ends with the test's process.
pub struct Scripted {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Scripted {
    /// Listens on a free loopback port. A connection whose place in their order `refuses` is closed unread.
    pub fn start(
        behind: SocketAddr,
        refuses: impl Fn(usize) -> bool + Send + 'static,
        script: impl Fn(&Request) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (collected, script) = (Arc::clone(&seen), Arc::new(script));
        std::thread::spawn(move || {
            for (at, stream) in listener.incoming().flatten().enumerate() {
                if !refuses(at) {
                    let (seen, script) = (Arc::clone(&collected), Arc::clone(&script));
                    std::thread::spawn(move || serve(stream, behind, &seen, &*script));
                }
            }
        });
        Self { address, seen }
    }

    /// How many requests it has read.
    pub fn count(&self) -> usize {
        self.seen.lock().expect("requests").len()
    }

    /// All numbers that it was asked for, in order.
    pub fn numbers(&self) -> Vec<String> {
        let seen = self.seen.lock().expect("requests");
        seen.iter().flat_map(Request::numbers).collect()
    }

    /// What a test finds out from each request.
    pub fn requests<T>(&self, find: impl FnMut(&Request) -> T) -> Vec<T> {
        self.seen
            .lock()
            .expect("requests")
            .iter()
            .map(find)
            .collect()
    }
}

fn serve(
    stream: TcpStream,
    behind: SocketAddr,
    seen: &Mutex<Vec<Request>>,
    script: &dyn Fn(&Request) -> Act,
) {
    let mut stream = BufReader::new(stream);
    while let Some((method, target, form)) = read(&mut stream) {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let pairs = vicishim::http::query::pairs(format!("{query}&{form}").as_bytes());
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let parameters = pairs.into_iter().map(|(name, value)| (name, text(value)));
        let request = {
            let mut seen = seen.lock().expect("requests");
            let request = Request {
                at: seen.len(),
                method: method.clone(),
                target: target.clone(),
                parameters: parameters.collect(),
            };
            seen.push(request.clone());
            request
        };
        let mut headers = String::new();
        let (status, body) = match script(&request) {
            Act::Answer(status, body) => (status, body.to_owned()),
            Act::SendOn(location) => {
                headers = format!("Location: {location}\r\n");
                (302, String::new())
            }
            Act::Drop => return,
            pass => {
                let answer = Client::connect(behind).request(
                    &method,
                    &target,
                    &[("Content-Type", "application/x-www-form-urlencoded")],
                    form.as_bytes(),
                );
                if matches!(pass, Act::PassAndDrop) {
                    return;
                }
                let ours = |(name, _): &&(String, String)| name.starts_with("x-vicishim-");
                for (name, value) in answer.headers.iter().filter(ours) {
                    headers.push_str(&format!("{name}: {value}\r\n"));
                }
                (answer.status, answer.body)
            }
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        if stream
            .get_mut()
            .write_all((head + &body).as_bytes())
            .is_err()
        {
            return;
        }
    }
}

/// A request's method, target and form.
fn read(stream: &mut BufReader<TcpStream>) -> Option<(String, String, String)> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line).ok()?;
        match line.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().expect("a length"),
            Some(_) => {}
            None => break,
        }
    }
    let mut form = vec![0; length];
    stream.read_exact(&mut form).ok()?;
    Some((method, target, String::from_utf8(form).expect("UTF-8")))
}
