//! A small server in the place of a dialer's: it keeps each request as it came over the wire, and answers what the test
//! says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// `GET /path?query HTTP/1.1`
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    /// The values of a header, in any case.
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// What follows the path's `?`.
    pub fn query(&self) -> &str {
        let target = self.line.split(' ').nth(1).expect("a target");
        target.split_once('?').expect("a query").1
    }
}

/// A running one.
pub struct Dialer {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Received>>>,
}

impl Dialer {
    /// Answers each request with these bytes, and closes the connection after them where `keep` is false.
    pub fn start(answer: impl Fn(&Received) -> (Vec<u8>, Keep) + Send + Sync + 'static) -> Self {
        Self::start_over(answer, |stream| stream)
    }

    /// The same over what `wrap` makes of a connection.
    pub fn start_over<S: Read + Write>(
        answer: impl Fn(&Received) -> (Vec<u8>, Keep) + Send + Sync + 'static,
        wrap: impl Fn(std::net::TcpStream) -> S + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::new((answer, wrap, Arc::clone(&requests)));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || {
                    let (answer, wrap, requests) = &*shared;
                    let mut stream = BufReader::new(wrap(stream.expect("a connection")));
                    while let Some(request) = read(&mut stream) {
                        requests.lock().expect("requests").push(request.clone());
                        let (bytes, keep) = answer(&request);
                        let sent = stream.get_mut().write_all(&bytes);
                        if sent.and(stream.get_mut().flush()).is_err() || keep == Keep::No {
                            break;
                        }
                    }
                });
            }
        });
        Self { address, requests }
    }

    /// One that answers each request with this text.
    pub fn saying(text: &'static str) -> Self {
        Self::start(move |_| answer("200 OK", &[], text.as_bytes()))
    }

    /// Its API's address.
    pub fn url(&self) -> String {
        format!("http://{}/vicidial/non_agent_api.php", self.address)
    }

    /// What it was asked so far.
    pub fn requests(&self) -> Vec<Received> {
        self.requests.lock().expect("requests").clone()
    }

    /// The one request it was asked.
    pub fn request(&self) -> Received {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.remove(0)
    }
}

/// Whether a connection is kept after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Yes,
    No,
}

/// An answer with a length.
pub fn answer(status: &str, headers: &[(&str, &str)], body: &[u8]) -> (Vec<u8>, Keep) {
    let mut text = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    (bytes, Keep::Yes)
}

/// Bytes as they are, after which the connection is closed.
pub fn raw(bytes: impl Into<Vec<u8>>) -> (Vec<u8>, Keep) {
    (bytes.into(), Keep::No)
}

fn read(stream: &mut impl BufRead) -> Option<Received> {
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|&size| size > 0)?;
    let mut request = Received {
        line: line.trim_end().to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        line.clear();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        request.headers.push((name.to_owned(), value.to_owned()));
    }
    let length = request
        .header("content-length")
        .first()
        .map(|length| length.parse());
    request.body = vec![0; length.transpose().ok()?.unwrap_or(0)];
    stream.read_exact(&mut request.body).ok()?;
    Some(request)
}
