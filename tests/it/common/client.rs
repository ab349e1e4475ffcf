//! An HTTP client that sends a query as it is written: no library's idea of a URL comes between.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// A connection that is kept.
pub struct Client {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).expect("the server listens")
    }

    pub fn try_connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            address,
        })
    }

    /// One that waits no longer than this for an answer.
    pub fn patient(address: SocketAddr, time: Duration) -> Self {
        let client = Self::connect(address);
        let limited = client.stream.get_ref().set_read_timeout(Some(time));
        limited.expect("a time limit");
        client
    }

    /// GET of the API with this query.
    pub fn get(&mut self, query: &str) -> Response {
        self.request(
            "GET",
            &format!("/vicidial/non_agent_api.php?{query}"),
            &[],
            b"",
        )
    }

    /// POST of the API with this query and form.
    pub fn post(&mut self, query: &str, form: &str) -> Response {
        let path = if query.is_empty() {
            String::new()
        } else {
            format!("?{query}")
        };
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        self.request(
            "POST",
            &format!("/vicidial/non_agent_api.php{path}"),
            &kind,
            form.as_bytes(),
        )
    }

    pub fn request(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        self.try_request(method, target, headers, body)
            .expect("a response")
    }

    pub fn try_request(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Response> {
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", self.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || method == "POST" {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        self.stream.get_mut().write_all(&bytes)?;
        self.read_response(method)
    }

    /// The connection itself.
    pub fn stream(&mut self) -> &mut impl Read {
        &mut self.stream
    }

    /// Sends bytes as they are, and reads whatever comes until the server closes.
    pub fn raw(mut self, bytes: &[u8]) -> String {
        self.stream.get_mut().write_all(bytes).ok();
        let mut all = Vec::new();
        self.stream.read_to_end(&mut all).ok();
        String::from_utf8_lossy(&all).into_owned()
    }

    fn read_response(&mut self, method: &str) -> std::io::Result<Response> {
        let mut line = String::new();
        let broken = || {
            std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                "the server closed the connection",
            )
        };
        if self.stream.read_line(&mut line)? == 0 {
            return Err(broken());
        }
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(broken)?;
        let mut headers = Vec::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            headers.push((name.to_owned(), value.trim_start().to_owned()));
        }
        let mut response = Response {
            status,
            headers,
            body: String::new(),
        };
        if method == "HEAD" {
            return Ok(response);
        }
        let mut body = Vec::new();
        if response.header("transfer-encoding") == Some("chunked") {
            loop {
                line.clear();
                self.stream.read_line(&mut line)?;
                let size = usize::from_str_radix(line.trim(), 16).map_err(|_| broken())?;
                let mut chunk = vec![0; size + 2];
                self.stream.read_exact(&mut chunk)?;
                if size == 0 {
                    break;
                }
                body.extend_from_slice(&chunk[..size]);
            }
        } else {
            let length = response
                .header("content-length")
                .and_then(|length| length.parse().ok())
                .unwrap_or(0);
            body = vec![0; length];
            self.stream.read_exact(&mut body)?;
        }
        response.body = String::from_utf8(body).expect("replies are UTF-8");
        Ok(response)
    }
}
