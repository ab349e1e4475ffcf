//! SIP on loopback: Debian's Kamailio, with the configuration that docs/dialplan.md shows, and SIPp for the callers.

use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::{eventually, fixture};

/// A running Kamailio.
pub struct Kamailio {
    address: SocketAddr,
    /// Ends it when its standard input closes: also when the tests are killed.
    keeper: Child,
    directory: TempDir,
}

const KEEPER: &str = r#"
kamailio -f "$1" -l "udp:$2" -Y "$3" -DD -E >"$3/log" 2>&1 &
server=$!
trap 'kill $server; wait $server' EXIT
cat >/dev/null
"#;

impl Kamailio {
    /// Starts one that asks this server with this key, and redirects calls to that exchange.
    pub fn start(route_url: &str, key: &str, exchange: &str) -> Self {
        let address = free_address();
        let directory = TempDir::new().expect("a directory");
        let keeper = Command::new("bash")
            .args(["-c", KEEPER, "keeper"])
            .arg(fixture("deploy/kamailio.cfg"))
            .arg(address.to_string())
            .arg(directory.path())
            .envs([
                ("ROUTE_URL", route_url),
                ("ROUTE_KEY", key),
                ("EXCHANGE", exchange),
            ])
            .stdin(Stdio::piped())
            .spawn()
            .expect("bash runs");
        let server = Self {
            address,
            keeper,
            directory,
        };
        eventually(
            "Kamailio answers (Debian: kamailio, kamailio-utils-modules)",
            || server.is_there(),
        );
        server
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn is_there(&self) -> bool {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let own = socket.local_addr().expect("an address");
        let timeout = socket.set_read_timeout(Some(Duration::from_millis(200)));
        timeout.expect("a time limit");
        let options = format!(
            "OPTIONS sip:{address} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK1\r\nFrom: <sip:test@{own}>;tag=1\r\n\
             To: <sip:{address}>\r\nCall-ID: ready\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
            address = self.address,
        );
        let mut answer = [0; 2048];
        socket.send_to(options.as_bytes(), self.address).is_ok() && socket.recv(&mut answer).is_ok()
    }

    /// An INVITE from a caller to a number, with this Call-ID: the status, and the address of a Contact.
    pub fn invite(&self, caller: &str, number: &str, call_id: &str) -> (u16, String) {
        let messages = self.directory.path().join("messages");
        let output = Command::new("sipp")
            .args(["-sf"])
            .arg(fixture("sip/call.xml"))
            .args(["-key", "caller", caller, "-s", number, "-cid_str", call_id])
            .args(["-i", "127.0.0.1", "-m", "1", "-nostdin", "-timeout", "30s"])
            .args(["-trace_msg", "-message_overwrite", "true", "-message_file"])
            .arg(&messages)
            .arg(self.address.to_string())
            .env("TERM", "dumb")
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .output()
            .expect("SIPp runs (Debian: sip-tester)");
        let text = std::fs::read_to_string(&messages).unwrap_or_default();
        assert!(
            output.status.success(),
            "{}\n{text}\n{}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr),
            self.log()
        );
        let (_, answer) = text.split_once("\nSIP/2.0 ").expect("an answer");
        let status = answer[..3].parse().expect("a status");
        let contact = answer
            .lines()
            .find_map(|line| line.strip_prefix("Contact: <"))
            .filter(|_| status == 302);
        let contact = contact.map_or("", |contact| contact.trim_end().trim_end_matches('>'));
        (status, contact.to_owned())
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().ok();
    }
}

/// A loopback address for UDP that nobody has.
fn free_address() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.local_addr().expect("an address")
}
