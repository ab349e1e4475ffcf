//! Handing the listening socket to the next process: a Unix socket on which a running server gives it away.
//!
//! Both processes then accept from one queue, until the old one stops: at no time is there a port without a listener. Two
//! sockets with `SO_REUSEPORT` would not do: each has a queue of its own, and closing one resets the connections in it.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::io::FdFlags;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};
use tokio::io::{AsyncReadExt, Interest};
use tokio::net::{UnixListener, UnixStream};

/// What comes with the socket: who sends it, and how both are to go on.
const GREETING: &[u8] = b"vicishim 1\n";

/// What the next process says when it accepts connections.
const TAKEN: &[u8] = b"taken\n";

/// How long the running server may take to send its socket.
const LIMIT: Duration = Duration::from_secs(5);

/// How long to wait after a connection could not be accepted: there may be no file descriptors left.
const PAUSE: Duration = Duration::from_secs(1);

/// The running server that gave its listening socket away. It goes on until another one accepts connections.
pub struct Predecessor(StdUnixStream);

impl Predecessor {
    /// Tells it that connections are accepted here, upon which it ends.
    ///
    /// # Errors
    /// It has ended already.
    pub(super) fn retire(mut self) -> io::Result<()> {
        self.0.write_all(TAKEN)
    }
}

/// The listening socket of the server that hands it over at this path; none where no server does.
///
/// # Errors
/// One sentence: the path leads to something else, or the server there belongs to another user or sends no socket.
pub fn take(path: &Path) -> Result<Option<(TcpListener, Predecessor)>, String> {
    let shown = path.display();
    let cannot = |error: io::Error| format!("no listening socket from {shown}: {error}");
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => return Err(not_a_socket(path)),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(error)),
        Ok(_) => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(cannot)?;
    runtime.block_on(async {
        let stream = match UnixStream::connect(path).await {
            // Left behind by a process that was killed.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => return Ok(None),
            stream => stream.map_err(cannot)?,
        };
        check_user(&stream).map_err(cannot)?;
        let received = tokio::time::timeout(LIMIT, receive(&stream)).await;
        let listener = received
            .unwrap_or_else(|_| Err(io::Error::other("the server there sends none")))
            .map_err(cannot)?;
        let stream = stream.into_std().map_err(cannot)?;
        stream.set_nonblocking(false).map_err(cannot)?;
        Ok(Some((listener, Predecessor(stream))))
    })
}

fn not_a_socket(path: &Path) -> String {
    format!(
        "--handover {}: there is a file, not a socket",
        path.display()
    )
}

/// Nobody but this user, of either side, may have a part in it.
fn check_user(stream: &UnixStream) -> io::Result<()> {
    let (theirs, ours) = (stream.peer_cred()?.uid(), rustix::process::geteuid());
    match theirs == ours.as_raw() {
        true => Ok(()),
        false => Err(io::Error::new(
            ErrorKind::PermissionDenied,
            format!("the process at the other end is user {theirs}'s"),
        )),
    }
}

async fn receive(stream: &UnixStream) -> io::Result<TcpListener> {
    let wrong = || io::Error::other("what the server there sends is no listening socket");
    let mut greeting = [0; GREETING.len()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let message = stream
        .async_io(Interest::READABLE, || {
            let parts = &mut [IoSliceMut::new(&mut greeting)];
            let flags = RecvFlags::empty();
            Ok(rustix::net::recvmsg(stream, parts, &mut ancillary, flags)?)
        })
        .await?;
    let sockets = ancillary.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(sockets) => Some(sockets),
        _ => None,
    });
    let sockets: Vec<OwnedFd> = sockets.flatten().collect();
    let [socket] = <[OwnedFd; 1]>::try_from(sockets).map_err(|_| wrong())?;
    if greeting[..message.bytes] != *GREETING || !rustix::net::sockopt::socket_acceptconn(&socket)?
    {
        return Err(wrong());
    }
    rustix::io::fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    let listener = TcpListener::from(socket);
    // Fails where it is none of TCP's.
    listener.local_addr().map_err(|_| wrong())?;
    Ok(listener)
}

/// Where the next process finds this one.
pub struct Offer {
    path: PathBuf,
    /// Where the socket is until it is shown, so that a server there is found until then.
    hidden: PathBuf,
    listener: StdUnixListener,
    /// The file's device and inode: another process may have put its own in the place.
    file: (u64, u64),
}

type StdUnixListener = std::os::unix::net::UnixListener;

impl Offer {
    /// Makes the socket, for this user alone, but does not show it yet.
    ///
    /// # Errors
    /// One sentence: there is something else at the path, or no socket can be made beside it.
    pub fn prepare(path: &Path) -> Result<Self, String> {
        if fs::symlink_metadata(path).is_ok_and(|found| !found.file_type().is_socket()) {
            return Err(not_a_socket(path));
        }
        let mut hidden = path.as_os_str().to_owned();
        hidden.push(format!(".{}", std::process::id()));
        Self::bind(path, PathBuf::from(hidden))
            .map_err(|error| format!("--handover {}: {error}", path.display()))
    }

    fn bind(path: &Path, hidden: PathBuf) -> io::Result<Self> {
        // Of a process with our number that was killed.
        fs::remove_file(&hidden).ok();
        let listener = StdUnixListener::bind(&hidden)?;
        fs::set_permissions(&hidden, Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            path: path.to_owned(),
            listener,
            file: file(&hidden)?,
            hidden,
        })
    }

    /// Shows the socket, in the place of one that is there.
    ///
    /// # Errors
    /// The directory is gone, or may not be written to any more.
    pub(super) fn show(&self) -> io::Result<()> {
        fs::rename(&self.hidden, &self.path)
    }

    /// Gives the listening socket to each process that asks for it, until one of them accepts connections on it.
    pub(super) async fn wait_until_taken(&self, socket: &TcpListener) -> io::Result<()> {
        let listener = UnixListener::from_std(self.listener.try_clone()?)?;
        loop {
            let taken = match listener.accept().await {
                Ok((mut stream, _)) => give(&mut stream, socket).await,
                Err(error) => {
                    tokio::time::sleep(PAUSE).await;
                    Err(error)
                }
            };
            match taken {
                Ok(()) => return Ok(()),
                Err(error) => log::warn!("the hand-over failed, this process goes on: {error}"),
            }
        }
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        for path in [&self.hidden, &self.path] {
            if file(path).is_ok_and(|found| found == self.file) {
                fs::remove_file(path).ok();
            }
        }
    }
}

fn file(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

async fn give(stream: &mut UnixStream, socket: &TcpListener) -> io::Result<()> {
    check_user(stream)?;
    let sockets = [socket.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(&sockets)) {
        return Err(io::Error::other("there is no room for a socket"));
    }
    let sent = &*stream;
    sent.async_io(Interest::WRITABLE, || {
        let parts = &[IoSlice::new(GREETING)];
        let flags = SendFlags::empty();
        Ok(rustix::net::sendmsg(sent, parts, &mut ancillary, flags)?)
    })
    .await?;
    log::info!("another process takes over");
    let mut taken = [0; TAKEN.len()];
    // Without a time limit: the other process may have to wait for its database.
    let read = stream.read_exact(&mut taken).await;
    match read.is_ok() && taken == *TAKEN {
        true => Ok(()),
        false => Err(io::Error::other("it ended before it accepted connections")),
    }
}
