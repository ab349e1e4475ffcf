//! A TCP proxy that can be cut and restored: what a network does to a database connection.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A proxy to one port.
pub struct Proxy {
    pub port: u16,
    state: Arc<State>,
}

struct State {
    open: AtomicBool,
    streams: Mutex<Vec<TcpStream>>,
    target: SocketAddr,
    /// The connection is cut when this text passes towards the database.
    cut_at: Mutex<Option<Vec<u8>>>,
}

impl Proxy {
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let own = listener.local_addr().expect("a port").port();
        let state = Arc::new(State {
            open: AtomicBool::new(true),
            streams: Mutex::default(),
            target: SocketAddr::from(([127, 0, 0, 1], port)),
            cut_at: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                shared.accept(stream);
            }
        });
        Self { port: own, state }
    }

    /// Cuts every connection; new ones are closed at once.
    pub fn cut(&self) {
        self.state.cut();
    }

    /// Cuts every connection once; new ones go through.
    pub fn hiccup(&self) {
        self.state.cut();
        self.restore();
    }

    /// Cuts as soon as this text has been sent to the database, so that its answer is lost.
    pub fn cut_at(&self, text: &str) {
        *self.state.cut_at.lock().expect("a lock") = Some(text.as_bytes().to_vec());
    }

    pub fn restore(&self) {
        self.state.open.store(true, Ordering::SeqCst);
    }
}

impl State {
    fn cut(&self) {
        self.open.store(false, Ordering::SeqCst);
        for stream in self.streams.lock().expect("a lock").drain(..) {
            stream.shutdown(Shutdown::Both).ok();
        }
    }

    fn accept(self: &Arc<Self>, client: TcpStream) {
        if !self.open.load(Ordering::SeqCst) {
            return;
        }
        let Ok(server) = TcpStream::connect(self.target) else {
            return;
        };
        let both = [&client, &server].map(|stream| stream.try_clone().expect("a stream"));
        self.streams.lock().expect("a lock").extend(both);
        let (to_server, to_client) = (server.try_clone(), client.try_clone());
        self.pump(client, to_server.expect("a stream"), true);
        self.pump(server, to_client.expect("a stream"), false);
    }

    fn pump(self: &Arc<Self>, mut from: TcpStream, mut to: TcpStream, towards_database: bool) {
        let state = Arc::clone(self);
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                let bytes = &buffer[..count];
                let cut = towards_database && {
                    let mut cut_at = state.cut_at.lock().expect("a lock");
                    let found = cut_at
                        .as_ref()
                        .is_some_and(|text| bytes.windows(text.len()).any(|part| part == text));
                    found && cut_at.take().is_some()
                };
                if to.write_all(bytes).is_err() {
                    break;
                }
                if cut {
                    // The database has it; its answer must not come through.
                    state.cut();
                }
            }
            to.shutdown(Shutdown::Both).ok();
        });
    }
}
