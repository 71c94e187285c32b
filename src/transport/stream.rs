//! The byte stream under a WebSocket: a socket taken over from Node by its descriptor, or a Node stream
//! (TLS, Windows) whose bytes come and go through JavaScript.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// Bytes a Node stream may hold in either direction before the other side waits.
const HIGH_WATER: usize = 256 * 1024;
/// The same for what it delivered, while what all clients have waiting and unfinished is at its bound.
const HIGH_WATER_WHEN_FULL: usize = 16 * 1024;

/// Where bytes for a Node stream go.
pub trait StreamSink: Send + Sync {
    /// Write to the Node stream.
    fn data(&self, key: u32, bytes: Bytes);
    /// End the Node stream after what was written.
    fn end(&self, key: u32);
    /// The Node stream may flow again.
    fn resume(&self, key: u32);
    /// What it delivered and nobody has read was `before` bytes and is `now`. False: there is no room for more.
    fn held(&self, before: usize, now: usize) -> bool;
}

/// What a stream is ready for.
#[derive(Debug, Clone, Copy)]
pub struct Readiness {
    /// A read gives bytes, the end, or an error.
    pub readable: bool,
    /// A write takes bytes.
    pub writable: bool,
}

/// The byte stream under a WebSocket.
pub enum Stream {
    /// A socket the engine owns.
    #[cfg(unix)]
    Socket(tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>),
    /// A stream that lives in Node.
    Node(Arc<NodeStream>),
}

impl Stream {
    /// Takes a duplicate of a connected socket. The caller keeps, and should drop, its own descriptor.
    ///
    /// Must be called within the engine's runtime.
    #[cfg(unix)]
    pub fn from_fd(fd: std::os::fd::BorrowedFd<'_>) -> io::Result<Self> {
        let owned = rustix::io::fcntl_dupfd_cloexec(fd, 3)?;
        rustix::io::ioctl_fionbio(&owned, true)?;
        // SAFETY: an `OwnedFd` answers the same descriptor all its life and closes it only when it is dropped.
        Ok(Stream::Socket(unsafe { tokio::io::unix::AsyncFd::register(owned)? }))
    }

    /// Writes what fits without waiting; `WouldBlock` when nothing does.
    pub fn try_write(&self, bytes: &Bytes) -> io::Result<usize> {
        match self {
            #[cfg(unix)]
            Stream::Socket(fd) => loop {
                match rustix::io::write(fd.get_ref(), bytes) {
                    Ok(written) => return Ok(written),
                    Err(rustix::io::Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
            },
            Stream::Node(stream) => stream.write(bytes),
        }
    }

    /// Reads without waiting; `Ok(0)` is the end, `WouldBlock` means wait for readiness.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            #[cfg(unix)]
            Stream::Socket(fd) => {
                fd.try_io(tokio::io::Interest::READABLE, |fd| Ok(rustix::io::read(fd, &mut *buffer)?))
            }
            Stream::Node(stream) => stream.read(buffer),
        }
    }

    /// Whether the peer has sent bytes, or ended, that were not read.
    pub fn has_unread(&self) -> bool {
        match self {
            #[cfg(unix)]
            Stream::Socket(fd) => {
                use rustix::net::RecvFlags;
                // The descriptor does not block.
                let peeked = rustix::net::recv(fd.get_ref(), &mut [0; 1], RecvFlags::PEEK);
                !matches!(peeked, Err(rustix::io::Errno::AGAIN))
            }
            Stream::Node(stream) => stream.has_unread(),
        }
    }

    /// Clears the write readiness after a write that would block, so that the next wait really waits.
    pub fn await_writable(&self) {
        match self {
            #[cfg(unix)]
            Stream::Socket(fd) => {
                let _ = fd.try_io(tokio::io::Interest::WRITABLE, |_| {
                    Err::<(), _>(io::Error::from(io::ErrorKind::WouldBlock))
                });
            }
            Stream::Node(_) => {}
        }
    }

    /// Waits until the stream can be read or written, as asked; reading if neither is. Cancel safe.
    pub async fn ready(&self, want_read: bool, want_write: bool) -> io::Result<Readiness> {
        match self {
            #[cfg(unix)]
            Stream::Socket(fd) => {
                use tokio::io::Interest;
                let interest = match (want_read, want_write) {
                    (true, true) => Interest::READABLE | Interest::WRITABLE,
                    (false, true) => Interest::WRITABLE,
                    (_, false) => Interest::READABLE,
                };
                let mut guard = fd.ready(interest).await?;
                let ready = guard.ready();
                guard.retain_ready();
                Ok(Readiness { readable: ready.is_readable(), writable: ready.is_writable() })
            }
            Stream::Node(stream) => Ok(stream.ready(want_read || !want_write, want_write).await),
        }
    }

    /// Ends the stream. A socket closes when its last reference goes.
    pub fn shutdown(&self) {
        match self {
            #[cfg(unix)]
            Stream::Socket(fd) => {
                let _ = rustix::net::shutdown(fd.get_ref(), rustix::net::Shutdown::Both);
            }
            Stream::Node(stream) => stream.shutdown(),
        }
    }
}

/// What Node has delivered and the reader has not taken yet.
#[derive(Default)]
struct Inbox {
    chunks: VecDeque<Bytes>,
    bytes: usize,
    paused: bool,
    ended: bool,
}

/// The engine's end of a Node stream.
pub struct NodeStream {
    key: u32,
    sink: Arc<dyn StreamSink>,
    inbox: Mutex<Inbox>,
    in_flight: AtomicUsize,
    shut: AtomicBool,
    changed: Notify,
}

impl NodeStream {
    /// The stream JavaScript knows as `key`.
    pub fn new(key: u32, sink: Arc<dyn StreamSink>) -> Self {
        Self {
            key,
            sink,
            inbox: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            shut: AtomicBool::new(false),
            changed: Notify::new(),
        }
    }

    /// Bytes read by Node. False asks Node to pause until [`StreamSink::resume`].
    pub fn push(&self, bytes: Bytes) -> bool {
        let mut inbox = self.inbox.lock();
        let before = inbox.bytes;
        inbox.bytes += bytes.len();
        inbox.chunks.push_back(bytes);
        let has_room = self.sink.held(before, inbox.bytes);
        inbox.paused = inbox.bytes >= if has_room { HIGH_WATER } else { HIGH_WATER_WHEN_FULL };
        let flowing = !inbox.paused;
        drop(inbox);
        self.changed.notify_one();
        flowing
    }

    /// The Node stream ended, closed or failed.
    pub fn finish(&self) {
        self.inbox.lock().ended = true;
        self.changed.notify_one();
    }

    /// Node wrote out so many of the bytes it was given.
    pub fn drained(&self, bytes: usize) {
        let subtract = |now: usize| Some(now.saturating_sub(bytes));
        let _ = self.in_flight.fetch_update(Ordering::AcqRel, Ordering::Acquire, subtract);
        self.changed.notify_one();
    }

    fn is_writable(&self) -> bool {
        self.in_flight.load(Ordering::Acquire) < HIGH_WATER
    }

    fn write(&self, bytes: &Bytes) -> io::Result<usize> {
        if self.shut.load(Ordering::Acquire) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let room = HIGH_WATER.saturating_sub(self.in_flight.load(Ordering::Acquire));
        if room == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = bytes.len().min(room);
        self.in_flight.fetch_add(length, Ordering::AcqRel);
        self.sink.data(self.key, bytes.slice(..length));
        Ok(length)
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut inbox = self.inbox.lock();
        let Some(front) = inbox.chunks.front_mut() else {
            return if inbox.ended { Ok(0) } else { Err(io::ErrorKind::WouldBlock.into()) };
        };
        let length = front.len().min(buffer.len());
        buffer[..length].copy_from_slice(&front[..length]);
        front.advance(length);
        if front.is_empty() {
            inbox.chunks.pop_front();
        }
        inbox.bytes -= length;
        self.sink.held(inbox.bytes + length, inbox.bytes);
        let resume = inbox.paused && inbox.bytes == 0;
        if resume {
            inbox.paused = false;
        }
        drop(inbox);
        if resume {
            self.sink.resume(self.key);
        }
        Ok(length)
    }

    fn has_unread(&self) -> bool {
        let inbox = self.inbox.lock();
        inbox.ended || !inbox.chunks.is_empty()
    }

    async fn ready(&self, want_read: bool, want_write: bool) -> Readiness {
        loop {
            let changed = self.changed.notified();
            let readable = want_read && self.has_unread();
            let writable = want_write && self.is_writable();
            if readable || writable {
                return Readiness { readable, writable };
            }
            changed.await;
        }
    }

    fn shutdown(&self) {
        if !self.shut.swap(true, Ordering::AcqRel) {
            self.sink.end(self.key);
            self.finish();
        }
    }
}

impl Drop for NodeStream {
    fn drop(&mut self) {
        self.sink.held(self.inbox.get_mut().bytes, 0);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
        os::fd::AsFd,
    };

    /// The tests of memory run this one above all: it is the way through the `unsafe` of this module.
    #[tokio::test]
    async fn a_socket_lives_on_a_descriptor_of_its_own_until_it_is_dropped() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (theirs, _) = listener.accept().unwrap();
        let stream = Stream::from_fd(theirs.as_fd()).unwrap();
        drop(theirs);
        let mut buffer = [0; 16];
        let waits = stream.try_read(&mut buffer).unwrap_err();
        assert_eq!(waits.kind(), io::ErrorKind::WouldBlock);
        assert!(!stream.has_unread());
        peer.write_all(b"in").unwrap();
        assert!(stream.ready(true, false).await.unwrap().readable);
        assert!(stream.has_unread());
        assert_eq!(stream.try_read(&mut buffer).unwrap(), 2);
        assert!(!stream.has_unread());
        assert!(stream.ready(false, true).await.unwrap().writable);
        assert_eq!(stream.try_write(&Bytes::from_static(b"out")).unwrap(), 3);
        peer.read_exact(&mut buffer[..3]).unwrap();
        assert_eq!(&buffer[..3], b"out");
        drop(stream);
        assert_eq!(peer.read(&mut buffer).unwrap(), 0, "the descriptor is closed");
    }

    #[tokio::test]
    #[cfg_attr(miri, ignore = "Miri knows ioctl of sockets only")]
    async fn what_cannot_be_waited_for_is_refused_and_closed() {
        let file = std::fs::File::open(file!()).unwrap();
        assert!(Stream::from_fd(file.as_fd()).is_err());
    }
}
