//! HTTP/2 over TLS.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use http02::{Method, Request, StatusCode};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use crate::common::database::{Backend, Database};
use crate::common::server::Server;
use crate::tls::Pair;

const API: &str = "https://localhost/vicidial/non_agent_api.php";
const CALL: &str = "source=test&user=6666&pass=1234&function=";

/// What trusts this certificate, and offers these protocols.
fn connector(pair: &Pair, offered: &[&[u8]]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(pair.certificate.clone()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = offered.iter().map(|name| name.to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

type Secured = tokio_rustls::client::TlsStream<TcpStream>;

async fn secure(pair: &Pair, address: SocketAddr, offered: &[&[u8]]) -> Secured {
    let stream = TcpStream::connect(address)
        .await
        .expect("the server listens");
    let name = ServerName::try_from("localhost").expect("a name");
    let secured = connector(pair, offered).connect(name, stream).await;
    secured.expect("TLS")
}

/// A connection of HTTP/2, and what ends with it.
async fn connect(
    pair: &Pair,
    address: SocketAddr,
) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let stream = secure(pair, address, &[b"h2", b"http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (client, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    (client, tokio::spawn(connection))
}

/// Sends a request with this form.
fn send(
    client: &mut SendRequest<Bytes>,
    method: Method,
    target: &str,
    form: &str,
) -> ResponseFuture {
    let request = Request::builder()
        .method(method)
        .uri(target)
        .header("content-type", "application/x-www-form-urlencoded");
    let request = request.body(()).expect("a request");
    let (answer, mut body) = client
        .send_request(request, form.is_empty())
        .expect("it is sent");
    if !form.is_empty() {
        let form = Bytes::copy_from_slice(form.as_bytes());
        body.send_data(form, true).expect("it is sent");
    }
    answer
}

async fn read(answer: ResponseFuture) -> (StatusCode, String) {
    let mut answer = answer.await.expect("an answer");
    let mut text = Vec::new();
    while let Some(piece) = answer.body_mut().data().await {
        let piece = piece.expect("a piece");
        answer
            .body_mut()
            .flow_control()
            .release_capacity(piece.len())
            .expect("room");
        text.extend_from_slice(&piece);
    }
    (answer.status(), String::from_utf8(text).expect("UTF-8"))
}

/// A server with a certificate, for a test that takes four minutes at the most.
fn with_server(test: impl AsyncFnOnce(&Pair, &Database, Server)) {
    let (pair, database) = (Pair::new(), Database::with_state(Backend::Sqlite));
    let server = pair.serve(&["--database", &database.url]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let limited = async {
        let test = test(&pair, &database, server);
        tokio::time::timeout(Duration::from_secs(240), test).await
    };
    runtime
        .expect("a runtime")
        .block_on(limited)
        .expect("in time");
}

#[test]
fn many_calls_share_a_connection() {
    with_server(async |pair, database, server| {
        let (client, _connection) = connect(pair, server.address).await;
        let mut client = client.ready().await.expect("it is ready");
        let mut answers = Vec::new();
        for number in 0..50 {
            let query = format!("{API}?{CALL}add_did");
            let form = format!("did_pattern=727555{number:04}");
            answers.push(send(&mut client, Method::POST, &query, &form));
        }
        for (number, answer) in answers.into_iter().enumerate() {
            let (status, text) = read(answer).await;
            assert_eq!(status, 200);
            assert_eq!(
                text,
                format!("SUCCESS: add_did DID HAS BEEN ADDED - 6666|727555{number:04}\n")
            );
        }
        let list = format!("{API}?{CALL}did_list&did_pattern=7275550*");
        let (status, text) = read(send(&mut client, Method::GET, &list, "")).await;
        assert_eq!((status.as_u16(), text.lines().count()), (200, 50));
        assert!(server.log().contains("https function=add_did user=6666"));
        drop((client, server.stop()));
        let urls = database.rows("vicidial_urls");
        assert_eq!(urls.len(), 1, "{urls:?}");
        assert_eq!(urls[0]["url"], API);
        assert_eq!(
            database.rows("vicidial_webservers")[0]["webserver"],
            "localhost"
        );
    });
}

#[test]
fn a_client_without_http2_is_answered_as_ever() {
    with_server(async |pair, _, server| {
        let offers: [&[&[u8]]; 3] = [&[], &[b"http/1.1"], &[b"http/1.1", b"h2"]];
        for offered in offers {
            let stream = secure(pair, server.address, offered).await;
            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(&b"h2"[..]);
            assert_eq!(is_http2, offered.contains(&&b"h2"[..]), "ours comes first");
            if is_http2 {
                continue;
            }
            let (stream, mut session) = stream.into_inner();
            let mut stream = stream.into_std().expect("a stream");
            stream.set_nonblocking(false).expect("it is set");
            let head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            let mut secured = rustls::Stream::new(&mut session, &mut stream);
            secured.write_all(head.as_bytes()).expect("it is sent");
            let mut answer = String::new();
            secured.read_to_string(&mut answer).expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        }
    });
}

#[test]
fn calls_beyond_what_a_connection_may_have_are_refused() {
    with_server(async |pair, _, server| {
        let (client, connection) = connect(pair, server.address).await;
        let mut client = client.ready().await.expect("it is ready");
        // Their forms are never finished.
        let mut held = Vec::new();
        for _ in 0..128 {
            let request = Request::post(format!("{API}?function=version"));
            let request = request.body(()).expect("a request");
            held.push(client.send_request(request, false).expect("it is sent"));
        }
        let target = format!("{API}?function=version");
        let (status, text) = read(send(&mut client, Method::GET, &target, "")).await;
        assert_eq!(status, 503);
        assert_eq!(
            text,
            "ERROR: TOO MANY REQUESTS AT ONCE ON THIS CONNECTION, AT MOST 128\n"
        );
        // Each is answered in the end; on a machine that is busy a form may be late.
        for (answer, mut body) in held {
            body.send_data(Bytes::new(), true).ok();
            let status = read(answer).await.0.as_u16();
            assert!(matches!(status, 200 | 408), "{status}");
        }
        assert_eq!(
            read(send(&mut client, Method::GET, &target, "")).await.0,
            200
        );
        // Who goes on and on, and takes no answer, is cut off.
        let mut held = Vec::new();
        for _ in 0..5_000 {
            let request = Request::post(format!("{API}?function=version"));
            let request = request.body(()).expect("a request");
            match client.send_request(request, false) {
                Ok(request) => held.push(request),
                Err(_) => break,
            }
            tokio::task::yield_now().await;
        }
        connection.await.expect("it ends").ok();
    });
}

#[test]
fn too_many_headers_end_a_connection() {
    with_server(async |pair, _, server| {
        let (client, connection) = connect(pair, server.address).await;
        let mut client = client.ready().await.expect("it is ready");
        let mut request = Request::get(format!("{API}?function=version"));
        for number in 0..1_000 {
            request = request.header(format!("x-{number}"), "y");
        }
        let request = request.body(()).expect("a request");
        let (answer, _) = client.send_request(request, true).expect("it is sent");
        let is_answered = answer.await.is_ok_and(|answer| answer.status() == 200);
        assert!(!is_answered);
        connection.await.expect("it ends").ok();
    });
}

#[test]
fn an_idle_connection_ends_with_the_server() {
    with_server(async |pair, _, server| {
        let (client, connection) = connect(pair, server.address).await;
        let mut client = client.ready().await.expect("it is ready");
        let target = format!("{API}?function=version");
        assert_eq!(
            read(send(&mut client, Method::GET, &target, "")).await.0,
            200
        );
        let since = std::time::Instant::now();
        assert_eq!(server.stop(), Some(0));
        assert!(
            since.elapsed() < Duration::from_secs(10),
            "{:?}",
            since.elapsed()
        );
        connection.await.expect("it ends").ok();
    });
}
