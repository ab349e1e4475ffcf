//! A TCP proxy that can be cut and restored: what a network does to a database connection.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// The statement as a packet.
const ROLLBACK: &[u8] = b"\x09\x00\x00\x00\x03ROLLBACK";

/// A proxy to one port.
pub struct Proxy {
    pub port: u16,
    state: Arc<State>,
}

struct State {
    open: AtomicBool,
    refused: AtomicUsize,
    streams: Mutex<Vec<TcpStream>>,
    target: SocketAddr,
    /// The connection is cut when this text passes towards the database.
    cut_at: Mutex<Option<Vec<u8>>>,
    /// The transaction is taken back, in silence, before this text passes towards the database.
    roll_back_before: Mutex<Option<Vec<u8>>>,
    /// How many connections there were so far, and how many of them are silent: the first ones.
    accepted: AtomicUsize,
    silent: AtomicUsize,
    frozen: Mutex<bool>,
    /// All bytes are held back from when this text comes to be sent to the database.
    freeze_at: Mutex<Option<Vec<u8>>>,
    thawed: Condvar,
}

impl Proxy {
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let own = listener.local_addr().expect("a port").port();
        let state = Arc::new(State {
            open: AtomicBool::new(true),
            refused: AtomicUsize::new(0),
            streams: Mutex::default(),
            target: SocketAddr::from(([127, 0, 0, 1], port)),
            cut_at: Mutex::default(),
            roll_back_before: Mutex::default(),
            accepted: AtomicUsize::new(0),
            silent: AtomicUsize::new(0),
            frozen: Mutex::new(false),
            freeze_at: Mutex::default(),
            thawed: Condvar::new(),
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

    /// How many connections were closed at once so far.
    pub fn refused(&self) -> usize {
        self.state.refused.load(Ordering::SeqCst)
    }

    /// Cuts as soon as this text has been sent to the database, so that its answer is lost.
    pub fn cut_at(&self, text: &str) {
        *self.state.cut_at.lock().expect("a lock") = Some(text.as_bytes().to_vec());
    }

    /// Takes the transaction back as soon as this text comes to be sent to the database, and tells nobody: what a node of
    /// a cluster does that aborts it while it sends a statement's rows.
    pub fn roll_back_before(&self, text: &str) {
        *self.state.roll_back_before.lock().expect("a lock") = Some(text.as_bytes().to_vec());
    }

    /// Whether a transaction was taken back since.
    pub fn has_rolled_back(&self) -> bool {
        let waits = self.state.roll_back_before.lock().expect("a lock");
        waits.is_none()
    }

    /// Loses whatever the connections of this moment bring, in both directions, and tells neither end: what a failover of
    /// the network does. New ones go through. The database keeps its ends until [`Proxy::cut`].
    pub fn silence(&self) {
        let accepted = self.state.accepted.load(Ordering::SeqCst);
        self.state.silent.store(accepted, Ordering::SeqCst);
    }

    /// Holds back all bytes, of new connections too, until [`Proxy::thaw`]: what a database that hangs does.
    pub fn freeze(&self) {
        *self.state.frozen.lock().expect("a lock") = true;
    }

    /// The same from when this text comes to be sent to the database.
    pub fn freeze_at(&self, text: &str) {
        *self.state.freeze_at.lock().expect("a lock") = Some(text.as_bytes().to_vec());
    }

    /// Lets go what was held back.
    pub fn thaw(&self) {
        *self.state.frozen.lock().expect("a lock") = false;
        self.state.thawed.notify_all();
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
            self.refused.fetch_add(1, Ordering::SeqCst);
            return;
        }
        let Ok(server) = TcpStream::connect(self.target) else {
            return;
        };
        let both = [&client, &server].map(|stream| stream.try_clone().expect("a stream"));
        self.streams.lock().expect("a lock").extend(both);
        let number = self.accepted.fetch_add(1, Ordering::SeqCst);
        let (to_server, to_client) = (server.try_clone(), client.try_clone());
        let is_swallowed = Arc::new(AtomicBool::new(false));
        let (swallow, swallowed) = (Arc::clone(&is_swallowed), is_swallowed);
        self.pump(number, client, to_server.expect("a stream"), true, swallow);
        self.pump(
            number,
            server,
            to_client.expect("a stream"),
            false,
            swallowed,
        );
    }

    fn pump(
        self: &Arc<Self>,
        number: usize,
        mut from: TcpStream,
        mut to: TcpStream,
        towards_database: bool,
        swallows_the_next: Arc<AtomicBool>,
    ) {
        let state = Arc::clone(self);
        let is_silent = move |state: &State| number < state.silent.load(Ordering::SeqCst);
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                let bytes = &buffer[..count];
                let mut frozen = state.frozen.lock().expect("a lock");
                *frozen |= towards_database && is_in(&state.freeze_at, bytes);
                drop(state.thawed.wait_while(frozen, |frozen| *frozen));
                if is_silent(&state) {
                    continue;
                }
                if !towards_database && swallows_the_next.swap(false, Ordering::SeqCst) {
                    continue;
                }
                let cut = towards_database && is_in(&state.cut_at, bytes);
                if towards_database && is_in(&state.roll_back_before, bytes) {
                    swallows_the_next.store(true, Ordering::SeqCst);
                    to.write_all(ROLLBACK).ok();
                    while swallows_the_next.load(Ordering::SeqCst) {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
                if to.write_all(bytes).is_err() {
                    break;
                }
                if cut {
                    // The database has it; its answer must not come through.
                    state.cut();
                }
            }
            if !is_silent(&state) {
                to.shutdown(Shutdown::Both).ok();
            }
        });
    }
}

/// Whether this text is waited for and among these bytes; then it is no longer waited for.
fn is_in(wanted: &Mutex<Option<Vec<u8>>>, bytes: &[u8]) -> bool {
    let mut wanted = wanted.lock().expect("a lock");
    let found = wanted
        .as_ref()
        .is_some_and(|text| bytes.windows(text.len()).any(|part| part == text));
    found && wanted.take().is_some()
}
