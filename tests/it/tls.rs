//! HTTPS: answers, the bound on request lines, and certificates that are read again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use crate::common::database::{Backend, Database};
use crate::common::server::{Server, run, vicishim};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::json;
use tempfile::TempDir;

/// A certificate and its key in files.
pub struct Pair {
    directory: TempDir,
    pub certificate: CertificateDer<'static>,
}

/// A new certificate for localhost: itself, as PEM, and its key's PEM.
fn made() -> (CertificateDer<'static>, String, String) {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    (cert.der().clone(), cert.pem(), signing_key.serialize_pem())
}

fn write(path: String, text: &str) {
    std::fs::write(path, text).expect("it is written");
}

impl Pair {
    pub fn new() -> Self {
        let (certificate, text, key) = made();
        let directory = TempDir::new().expect("a directory");
        let pair = Self {
            directory,
            certificate,
        };
        write(pair.certificate_file(), &text);
        write(pair.key_file(), &key);
        pair
    }

    fn file(&self, name: &str) -> String {
        let path = self.directory.path().join(name);
        path.to_str().expect("a path").to_owned()
    }

    fn certificate_file(&self) -> String {
        self.file("cert.pem")
    }

    fn key_file(&self) -> String {
        self.file("key.pem")
    }

    pub fn serve(&self, arguments: &[&str]) -> Server {
        let (certificate, key) = (self.certificate_file(), self.key_file());
        let tls = ["--tls-cert", &certificate, "--tls-key", &key];
        Server::start(&[&tls, arguments].concat())
    }
}

type Secured = StreamOwned<ClientConnection, TcpStream>;

/// Connects, and trusts this certificate alone.
fn connect(address: SocketAddr, trusted: &CertificateDer<'static>) -> std::io::Result<Secured> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("TLS");
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut secured = StreamOwned::new(connection, stream);
    while secured.conn.is_handshaking() {
        secured.conn.complete_io(&mut secured.sock)?;
    }
    Ok(secured)
}

/// Asks over a connection that the server closes behind its answer; the whole answer.
fn get(stream: Secured, target: &str) -> String {
    let mut stream = stream;
    let head = format!("GET {target} HTTP/1.1\r\nHost: pbx.example\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it is sent");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("an answer, and an end of it");
    answer
}

const ADD: &str = "/vicidial/non_agent_api.php?source=test&user=6666&pass=1234&function=add_did&did_pattern=7275550100";

#[test]
fn the_api_answers_over_https_and_the_logs_say_so() {
    let (pair, database) = (Pair::new(), Database::with_state(Backend::Sqlite));
    let server = pair.serve(&["--database", &database.url]);
    let address = server.address;
    let greeting =
        format!("vicishim listens on https://{address}/vicidial/non_agent_api.php with ");
    assert!(
        server.greeting.starts_with(&greeting),
        "{}",
        server.greeting
    );
    let answer = get(connect(address, &pair.certificate).expect("TLS"), ADD);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let added = "\r\n\r\nSUCCESS: add_did DID HAS BEEN ADDED - 6666|7275550100\n";
    assert!(answer.ends_with(added), "{answer}");
    let answer = get(
        connect(address, &pair.certificate).expect("TLS"),
        "/healthz",
    );
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    server.logs("https function=add_did user=6666 source=test status=200");
    assert!(!server.log().contains("pass="), "a password in the log");
    assert_eq!(server.stop(), Some(0));
    let url = "https://pbx.example/vicidial/non_agent_api.php";
    assert_eq!(database.rows("vicidial_urls")[0]["url"], url);
    let logged = &database.rows("vicidial_api_urls")[0]["url"];
    assert!(logged.as_str().expect("text").starts_with(url), "{logged}");
    assert_ne!(logged, &json!(url));
}

#[test]
fn a_request_line_is_bounded_over_https_too() {
    let (pair, database) = (Pair::new(), Database::with_state(Backend::Sqlite));
    let server = pair.serve(&["--database", &database.url]);
    let refusal = "ERROR: REQUEST ADDRESS TOO LONG, AT MOST 65534 BYTES\n";
    for length in [65_535, 1_000_000] {
        let target = format!("/{}", "x".repeat(length - 1));
        let answer = get(
            connect(server.address, &pair.certificate).expect("TLS"),
            &target,
        );
        assert!(answer.starts_with("HTTP/1.1 414 "), "{length}: {answer}");
        assert!(answer.ends_with(refusal), "{length}: {answer}");
    }
    let bearable = format!("/{}", "x".repeat(65_533));
    let answer = get(
        connect(server.address, &pair.certificate).expect("TLS"),
        &bearable,
    );
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[test]
fn who_speaks_no_tls_is_not_answered_and_holds_nobody_up() {
    let (pair, database) = (Pair::new(), Database::with_state(Backend::Sqlite));
    let server = pair.serve(&["--database", &database.url]);
    let silent: Vec<TcpStream> = (0..20)
        .map(|_| TcpStream::connect(server.address).expect("a connection"))
        .collect();
    let said = server
        .client()
        .raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(!said.contains("HTTP/"), "{said}");
    let answer = get(
        connect(server.address, &pair.certificate).expect("TLS"),
        "/healthz",
    );
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    drop(silent);
}

#[test]
fn the_certificate_is_read_again_on_sighup_and_kept_where_the_new_one_is_broken() {
    let (pair, database) = (Pair::new(), Database::with_state(Backend::Sqlite));
    let server = pair.serve(&["--database", &database.url]);
    let address = server.address;
    let open = connect(address, &pair.certificate).expect("TLS");
    let (renewed, text, key) = made();
    write(pair.certificate_file(), &text);
    server.signal("HUP");
    server.logs("the old certificate is kept: ");
    server.logs(" are no pair: ");
    connect(address, &pair.certificate).expect("the old one is kept");
    write(pair.key_file(), &key);
    server.signal("HUP");
    server.logs("the certificate was read again");
    connect(address, &renewed).expect("the new one");
    connect(address, &pair.certificate).expect_err("not the old one");
    std::fs::remove_file(pair.key_file()).expect("it is removed");
    server.signal("HUP");
    server.logs(&format!(
        "the old certificate is kept: cannot read {}: ",
        pair.key_file()
    ));
    connect(address, &renewed).expect("still the new one");
    let answer = get(open, "/healthz");
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n"),
        "an open connection goes on: {answer}"
    );
    let secret = key.lines().nth(1).expect("a line");
    assert!(!server.log().contains(secret), "the key in the log");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn sighup_without_a_certificate_ends_nothing() {
    let database = Database::with_state(Backend::Sqlite);
    let server = Server::start(&["--database", &database.url]);
    let mut client = server.client();
    assert_eq!(client.get("function=version").status, 200);
    server.signal("HUP");
    server.logs("SIGHUP: there is no certificate");
    assert_eq!(client.get("function=version").status, 200);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn what_is_wrong_is_said_before_binding() {
    let (pair, other) = (Pair::new(), Pair::new());
    let (certificate, key) = (pair.certificate_file(), pair.key_file());
    let nonsense = pair.file("nonsense.pem");
    write(nonsense.clone(), "no PEM at all\n");
    let cut = pair.file("cut.pem");
    let whole = std::fs::read_to_string(&key).expect("the key");
    write(cut.clone(), &whole[..whole.len() - 40]);
    let strange = other.key_file();
    // Somebody has the port: to bind it would be another error.
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = taken.local_addr().expect("a port").to_string();
    for (arguments, said) in [
        (
            vec!["--tls-cert", &certificate],
            "--tls-cert needs --tls-key FILE\n".to_owned(),
        ),
        (
            vec!["--tls-key", &key],
            "--tls-key needs --tls-cert FILE\n".to_owned(),
        ),
        (
            vec!["--tls-cert", "/nowhere/c.pem", "--tls-key", &key],
            "cannot read /nowhere/c.pem: No such file or directory (os error 2)\n".to_owned(),
        ),
        (
            vec!["--tls-cert", &nonsense, "--tls-key", &key],
            format!("{nonsense} holds no certificate as PEM\n"),
        ),
        (
            vec!["--tls-cert", &certificate, "--tls-key", &certificate],
            format!("{certificate} holds no key as PEM\n"),
        ),
        (
            vec!["--tls-cert", &certificate, "--tls-key", &cut],
            format!("{cut} is broken: it holds no whole key as PEM\n"),
        ),
        (
            vec!["--tls-cert", &certificate, "--tls-key", &strange],
            format!("{certificate} and {strange} are no pair: "),
        ),
    ] {
        let database = pair.file("none.db");
        let serve = ["serve", "--listen", &listen, "--database", &database];
        let output = run(&[&serve, arguments.as_slice()].concat());
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.starts_with(&format!("vicishim: {said}")), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!Path::new(&database).exists(), "{text}");
    }
}

#[test]
fn the_demos_line_says_https() {
    let pair = Pair::new();
    let mut child = vicishim()
        .args([
            "serve",
            "--demo",
            "--listen",
            "127.0.0.1:0",
            "--database",
            &pair.file("demo.db"),
        ])
        .env("VICISHIM_TLS_CERT", pair.certificate_file())
        .env("VICISHIM_TLS_KEY", pair.key_file())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    let lines = BufReader::new(child.stdout.take().expect("its stdout")).lines();
    let lines: Vec<String> = lines.take(3).map(|line| line.expect("a line")).collect();
    child.kill().expect("it ends");
    child.wait().expect("it ends");
    assert!(
        lines[0].starts_with("vicishim listens on https://127.0.0.1:"),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with("the console, for a browser: https://127.0.0.1:"),
        "{lines:?}"
    );
    assert!(
        lines[2].starts_with("try: curl -k 'https://127.0.0.1:"),
        "{lines:?}"
    );
}
