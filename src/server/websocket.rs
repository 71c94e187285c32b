//! The task of a WebSocket, from its hand-off, through the upgrade if it has one to make, to its end.

use std::{
    cell::RefCell,
    sync::{Arc, atomic::Ordering},
};

use bytes::{Bytes, BytesMut};

use super::{
    conn::{CloseReason, Conn},
    control::ORDINARY,
    core::Core,
    events::{Event, SMALL, TINY, TOO_MUCH_UNFINISHED, Unfinished},
    patience::Patience,
};
use crate::{
    error::{Error, Result},
    transport::{
        frame::{self, FrameError, FrameKind, FrameReader, Incoming},
        outbox::Progress,
        payload::Control,
        request::{Protocol, RequestHead, websocket_key},
        stream::Stream,
        websocket::switching_protocols,
    },
};

/// Bytes read from a connection at a time; one buffer per worker thread.
const READ_BUFFER: usize = 16 * 1024;
/// The same while JavaScript is behind with this connection.
const READ_WHEN_BEHIND: usize = 4 * 1024;
/// The same while what all clients have waiting and unfinished is at its bound. Tiny messages take many times their
/// bytes, so this is some 20 KB of messages.
const READ_WHEN_FULL: usize = 1024;
/// Bytes read before other connections have their turn.
const BYTES_PER_TURN: usize = 64 * 1024;
/// Frames read, roughly, before other connections have their turn.
const FRAMES_PER_TURN: usize = 512;
/// Time in which a client must go on with a message, and finish a small one, while others find no room.
pub(super) const MAX_UNFINISHED_WAIT: std::time::Duration = std::time::Duration::from_secs(5);
/// Time a client waits for room for the rest of a message: those that keep the room without going on end before.
const MAX_WAIT_FOR_ROOM: std::time::Duration = std::time::Duration::from_secs(10);
/// How often a client that keeps room, or waits for it, looks whether that has changed.
const LOOK_FOR_ROOM: std::time::Duration = std::time::Duration::from_millis(500);
/// Bytes of an unfinished frame before a WebSocket carries its session: a probe has a few.
const MAX_PROBE: usize = 1024;
/// Close code of the IANA registry.
const TRY_AGAIN_LATER: u16 = 1013;
/// Time a client has to answer a close frame before its connection is cut.
const CLOSE_HANDSHAKE: std::time::Duration = std::time::Duration::from_secs(3);

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BUFFER].into());
}

impl Core {
    /// Takes a WebSocket whose request was verified: opens a session, or begins to upgrade the one it names.
    /// `leftover` are bytes the client sent after the request. Returns the session's id.
    pub fn take_websocket(
        self: &Arc<Self>,
        stream: Stream,
        leftover: &[u8],
        head: &RequestHead,
        id: Option<&str>,
        extra_headers: &[String],
        attach: bool,
    ) -> Result<Arc<str>> {
        let stream = Arc::new(stream);
        let answer = switching_protocols(websocket_key(head).unwrap_or_default(), extra_headers);
        let leftover = leftover.to_vec();
        if let Some(sid) = &head.sid {
            let conn = self.conn(sid).ok_or_else(|| Error::UnknownSession(sid.clone()))?;
            let id = conn.id.clone();
            self.runtime().spawn(upgrade(self.clone(), conn, stream, answer, leftover));
            return Ok(id);
        }
        let conn = self.open(head, id, attach)?;
        conn.upgrading.store(true, Ordering::Release);
        let open = frame::encode(FrameKind::Text, &[], self.open_packet(&conn, "websocket").as_bytes());
        let mut first = BytesMut::from(&answer[..]);
        first.extend_from_slice(&open);
        conn.outbox.switch(stream.clone(), first.freeze());
        let socket = Socket::new(self.clone(), conn.clone(), stream, Phase::Open);
        self.runtime().spawn(socket.start(leftover));
        Ok(conn.id.clone())
    }
}

/// How far a WebSocket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It must prove itself before it may carry the session.
    Probing,
    /// It answered the probe and waits for the client's word.
    Probed,
    /// It carries the session.
    Open,
    /// Its end was agreed on.
    Done,
}

/// The task of one WebSocket.
struct Socket {
    core: Arc<Core>,
    conn: Arc<Conn>,
    stream: Arc<Stream>,
    phase: Phase,
    /// The session's packets go this way.
    carries: bool,
    /// Bytes of the message that is not complete.
    unfinished: Unfinished,
    /// Frames read in this turn.
    frames: usize,
    /// The turn ended before everything was read.
    has_more: bool,
    /// Time since the client was read from last, or could be again.
    read: Patience,
    /// Time since it began with the message that is not complete, if that takes room.
    begun: Option<Patience>,
    /// Time since it found no room for the rest of its message.
    turned_away: Option<Patience>,
    /// Reading pauses.
    paused: bool,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.core.panicked(Some(&self.conn), "reading from a connection");
            self.stream.shutdown();
        }
    }
}

/// Carries a WebSocket through the upgrade of a polling session, and on if it succeeds.
async fn upgrade(core: Arc<Core>, conn: Arc<Conn>, stream: Arc<Stream>, answer: Bytes, leftover: Vec<u8>) {
    let timeout = core.options.upgrade_timeout;
    let mut socket = Socket::new(core, conn, stream, Phase::Probing);
    let mut reader = FrameReader::new(socket.core.options.max_payload);
    let written = socket.stream.try_write(&answer).is_ok_and(|written| written == answer.len());
    // One at a time, as in engine.io; one that succeeded stays for good.
    if written && !socket.conn.upgrading.swap(true, Ordering::AcqRel) {
        let probe = tokio::time::timeout(timeout, socket.probe(&mut reader, leftover)).await;
        if let Ok(Some(result)) = probe {
            return socket.run(reader, result).await;
        }
        // The session goes on polling as if nothing had been tried.
        socket.conn.outbox.unprobe();
        socket.conn.upgrading.store(false, Ordering::Release);
    }
    let _ = socket.stream.try_write(&frame::close(None));
    socket.stream.shutdown();
}

impl Socket {
    fn new(core: Arc<Core>, conn: Arc<Conn>, stream: Arc<Stream>, phase: Phase) -> Self {
        let unfinished = Unfinished::new(core.events.clone());
        let read = Patience::new(&core.events.watch);
        Self {
            core,
            conn,
            stream,
            phase,
            carries: phase == Phase::Open,
            unfinished,
            frames: 0,
            has_more: false,
            read,
            begun: None,
            turned_away: None,
            paused: false,
        }
    }

    /// Once the socket carries the session: what became of the bytes read so far.
    async fn probe(
        &mut self,
        reader: &mut FrameReader,
        mut leftover: Vec<u8>,
    ) -> Option<std::result::Result<(), End>> {
        let mut result = reader_feed(self, reader, &mut leftover);
        loop {
            if self.carries {
                return Some(result);
            }
            if self.unfinished.bytes() > MAX_PROBE {
                return None;
            }
            if result.is_err() || self.conn.is_closed() || self.phase == Phase::Done {
                return None;
            }
            tokio::select! {
                ready = self.stream.ready(true, false) => match ready {
                    Ok(_) => result = self.read(reader),
                    Err(_) => return None,
                },
                () = self.conn.outbox.changed() => {}
            }
            self.give_way().await;
        }
    }

    /// Drives the WebSocket that opened its session.
    async fn start(mut self, mut leftover: Vec<u8>) {
        let mut reader = FrameReader::new(self.core.options.max_payload);
        // The 101 goes before any answer to what the client sent behind its request.
        self.core.flush(&self.conn);
        let result = reader_feed(&mut self, &mut reader, &mut leftover);
        drop(leftover);
        self.run(reader, result).await;
    }

    /// Drives an open WebSocket until it ends.
    async fn run(mut self, mut reader: FrameReader, mut result: std::result::Result<(), End>) {
        loop {
            if let Err(end) = result {
                return self.end(end);
            }
            let progress = self.conn.outbox.flush();
            self.core.moved_on(&self.conn, progress);
            if self.phase == Phase::Done {
                return self.end(End::Closed);
            }
            if self.conn.is_closed() {
                return self.linger(reader).await;
            }
            // While JavaScript is behind with this client, reading pauses, but what waits for it still goes out.
            let (read, write) = (self.may_read(), progress == Progress::Backlog);
            self.look_at_clock(read);
            result = tokio::select! {
                biased;
                ready = self.stream.ready(read, write), if read || write => match ready {
                    Ok(ready) if read && ready.readable => self.read(&mut reader),
                    Ok(_) => Ok(()),
                    Err(_) => Err(End::Lost),
                },
                turn = self.turn(), if !read => turn,
                () = self.conn.outbox.changed() => Ok(()),
                () = self.stalled(), if read => Err(End::Overloaded),
            };
            self.give_way().await;
        }
    }

    /// The close frame is out: waits a moment for the client's, so that it sees a clean close.
    async fn linger(mut self, mut reader: FrameReader) {
        let until = tokio::time::Instant::now() + CLOSE_HANDSHAKE;
        // The timeout alone does not end it: a client that keeps sending is always ready.
        let is_over = |socket: &Self| {
            socket.phase == Phase::Done
                || socket.core.is_closed()
                || socket.conn.cut.load(Ordering::Relaxed)
                || tokio::time::Instant::now() >= until
        };
        while !is_over(&self) {
            let ready = tokio::time::timeout_at(until, self.stream.ready(true, false)).await;
            if !matches!(ready, Ok(Ok(_))) || self.read(&mut reader).is_err() {
                break;
            }
            self.give_way().await;
        }
        self.conn.outbox.abort();
    }

    fn end(&self, end: End) {
        let reason = match &end {
            End::Closed | End::Lost => CloseReason::TransportClose,
            End::Violation(error) => {
                self.conn.outbox.reply_close(Some(error.close_code()));
                CloseReason::TransportError
            }
            End::Overloaded => {
                self.core.log_end(&self.conn, TOO_MUCH_UNFINISHED);
                self.conn.outbox.reply_close(Some(TRY_AGAIN_LATER));
                CloseReason::TransportError
            }
            End::Flood => CloseReason::TransportError,
            End::NotEngineIo => CloseReason::ParseError,
        };
        self.core.fail(&self.conn, reason);
    }

    fn may_read(&self) -> bool {
        self.core.events.may_read(&self.conn.lane, self.held())
    }

    /// Bytes of the message that is not complete, attachments included.
    fn held(&self) -> usize {
        self.unfinished.bytes() + self.conn.incomplete.load(Ordering::Relaxed)
    }

    /// Begins and ends the times of a client: one that may not send loses none.
    fn look_at_clock(&mut self, may_read: bool) {
        let now = Patience::new(&self.core.events.watch);
        if may_read && self.paused {
            self.read = now;
            self.begun = self.begun.map(|_| now);
        }
        self.paused = !may_read;
        let waits_for_room = !may_read && self.conn.lane.waiting() == 0 && self.held() > 0;
        self.turned_away = waits_for_room.then(|| self.turned_away.unwrap_or(now));
    }

    /// Resolves when the client has not gone on with a message for too long, or not finished a small one, and others
    /// find no room for theirs.
    async fn stalled(&self) {
        let since = if self.held() > SMALL { Some(self.read) } else { self.begun };
        let Some(since) = since else { return std::future::pending().await };
        let left = || MAX_UNFINISHED_WAIT.saturating_sub(since.used(&self.core.events.watch));
        while !left().is_zero() || !self.core.events.is_out_of_bytes() {
            tokio::time::sleep(left().max(LOOK_FOR_ROOM)).await;
        }
    }

    /// Lets other connections have their turn: a client that keeps its socket readable would keep the thread as well.
    async fn give_way(&mut self) {
        if std::mem::take(&mut self.has_more) {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until reading may go on, for a moment at most. What all clients have unfinished is bounded: a client that
    /// keeps that room and sends nothing ends, and so does one that has waited for it too long.
    async fn turn(&self) -> std::result::Result<(), End> {
        let turn = self.core.events.turn(&self.conn.lane, self.held());
        let watch = &self.core.events.watch;
        if tokio::time::timeout(LOOK_FOR_ROOM, turn).await.is_ok() {
            return Ok(());
        }
        let Some(turned_away) = self.turned_away else { return Ok(()) };
        let withholds = self.read.used(watch) >= MAX_UNFINISHED_WAIT && !self.stream.has_unread();
        let waited = turned_away.used(watch) >= MAX_WAIT_FOR_ROOM;
        if withholds || waited { Err(End::Overloaded) } else { Ok(()) }
    }

    /// Reads what is there, at most one turn's share.
    fn read(&mut self, reader: &mut FrameReader) -> std::result::Result<(), End> {
        let mut result = Ok(());
        let mut bytes = 0;
        self.frames = 0;
        self.has_more = true;
        BUFFER.with_borrow_mut(|buffer| {
            while bytes < BYTES_PER_TURN && self.frames < FRAMES_PER_TURN && self.phase != Phase::Done {
                let size = match self.conn.lane.waiting() {
                    _ if self.core.events.is_full() => READ_WHEN_FULL,
                    0 => READ_BUFFER,
                    _ => READ_WHEN_BEHIND,
                };
                match self.stream.try_read(&mut buffer[..size]) {
                    Ok(0) => result = Err(End::Lost),
                    Ok(length) => {
                        bytes += length;
                        self.read = Patience::new(&self.core.events.watch);
                        result = reader_feed(self, reader, &mut buffer[..length]);
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                        self.has_more = false;
                        break;
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                    Err(_) => result = Err(End::Lost),
                }
                if result.is_err() || !self.may_read() {
                    break;
                }
            }
        });
        result
    }

    /// One frame of the client. False stops reading.
    fn on_frame(&mut self, incoming: Incoming<'_>) -> std::result::Result<(), End> {
        self.frames += 1;
        if matches!(incoming, Incoming::Text(_) | Incoming::Binary(_)) {
            self.begun = None;
        }
        match incoming {
            Incoming::Text(text) => self.on_packet(text)?,
            Incoming::Binary(bytes) if self.is_live() => {
                let message = match (self.conn.protocol, bytes) {
                    (Protocol::V3, [4, message @ ..]) | (Protocol::V4, message) => message,
                    _ => return Err(End::NotEngineIo),
                };
                self.core.on_binary(&self.conn, message);
            }
            Incoming::Binary(_) => {}
            Incoming::Ping(payload) => {
                self.count()?;
                self.reply(&frame::encode(FrameKind::Pong, &[], payload));
            }
            Incoming::Nothing => self.count()?,
            Incoming::Close(code) => {
                match self.phase {
                    Phase::Open => self.conn.outbox.reply_close(code),
                    _ => self.reply(&frame::close(code)),
                }
                self.phase = Phase::Done;
            }
        }
        Ok(())
    }

    fn on_packet(&mut self, text: &str) -> std::result::Result<(), End> {
        match (self.phase, text.as_bytes()) {
            (Phase::Probing, b"2probe") => {
                let pong = Control::ProbePong.as_str().as_bytes();
                self.reply(&frame::encode(FrameKind::Text, &[], pong));
                self.conn.outbox.probe();
                self.tell(Event::Upgrading);
                self.phase = Phase::Probed;
            }
            (Phase::Probed, b"5") => {
                if !self.conn.outbox.switch(self.stream.clone(), Bytes::new()) {
                    return Err(End::Closed);
                }
                self.phase = Phase::Open;
                self.carries = true;
                self.tell(Event::Upgrade);
            }
            (Phase::Probing | Phase::Probed, _) => return Err(End::NotEngineIo),
            (Phase::Open, [b'4', ..]) if self.is_live() => self.core.on_text(&self.conn, &text[1..]),
            (Phase::Open, [b'2', ..]) if self.is_live() => self.core.on_ping(&self.conn),
            (Phase::Open, [b'3', ..]) if self.is_live() => self.core.on_pong(&self.conn),
            (Phase::Open, [b'2'..=b'4', ..]) => {}
            (Phase::Open, [b'0'..=b'6', ..]) => self.count()?,
            (Phase::Open, _) => return Err(End::NotEngineIo),
            (Phase::Done, _) => {}
        }
        Ok(())
    }

    /// Counts a packet that carries no message.
    fn count(&self) -> std::result::Result<(), End> {
        if self.core.allows_control(&self.conn, ORDINARY) { Ok(()) } else { Err(End::Flood) }
    }

    /// Tells JavaScript, if it takes part in this connection.
    fn tell(&self, event: fn(Arc<str>) -> Event) {
        if self.conn.client.lock().attached {
            self.core.events.push(&self.conn.lane, event(self.conn.id.clone()));
        }
    }

    fn is_live(&self) -> bool {
        self.phase == Phase::Open && self.conn.is_open()
    }

    fn reply(&self, frame: &Bytes) {
        match self.phase {
            Phase::Open => self.conn.outbox.reply(frame),
            // Before it carries the session only this task writes, a few bytes to an empty socket.
            Phase::Probing | Phase::Probed => drop(self.stream.try_write(frame)),
            Phase::Done => {}
        }
    }
}

/// Why a WebSocket's task stops reading.
#[derive(Debug)]
enum End {
    /// The close handshake is done.
    Closed,
    /// The connection is gone.
    Lost,
    /// The client broke the WebSocket protocol.
    Violation(FrameError),
    /// There was no room for the rest of its message.
    Overloaded,
    /// The client sent too many control packets. The session has ended.
    Flood,
    /// The client sent something that is no Engine.IO packet.
    NotEngineIo,
}

fn reader_feed(
    socket: &mut Socket,
    reader: &mut FrameReader,
    bytes: &mut [u8],
) -> std::result::Result<(), End> {
    let mut end = None;
    let fed = reader.feed(bytes, |incoming| match socket.on_frame(incoming) {
        Ok(()) => socket.phase != Phase::Done,
        Err(reason) => {
            end = Some(reason);
            false
        }
    });
    socket.unfinished.set(reader.held());
    let takes_room = socket.held() > TINY;
    socket.begun = takes_room.then(|| socket.begun.unwrap_or(socket.read));
    match (end, fed) {
        (Some(end), _) => Err(end),
        (None, Err(error)) => Err(End::Violation(error)),
        (None, Ok(())) => Ok(()),
    }
}
