//! The always-on guard over CONNECT and DISCONNECT packets: how many, how many at a time, and how fast.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use tokio::sync::OwnedSemaphorePermit;

use super::{
    conn::{Client, Conn},
    core::Core,
    events::Level,
    fanout::Job,
    packet::{self, Packet, PacketType},
    protocol::Verdict,
};
use crate::{
    security::Turn,
    transport::{outbox::Progress, payload::Parcel},
};

/// Bytes of CONNECT packets that may wait for their turn, over all connections.
pub(super) const MAX_WAITING_BYTES: usize = 16 * 1024 * 1024;
/// Bytes that a waiting packet counts for beside its own.
const WAITING_OVERHEAD: usize = 1024;
/// CONNECT packets of one connection that wait while JavaScript works on others.
const MAX_JOINING: usize = 256;
/// Their bytes.
const MAX_JOINING_BYTES: usize = 256 * 1024;

/// What a client is told that joins too many namespaces at a time.
const TOO_MANY_PENDING: &str = "Too many pending connections";

/// A CONNECT packet that waits until JavaScript has answered others of its connection.
pub(super) struct Joining {
    text: String,
    _room: OwnedSemaphorePermit,
}

impl Core {
    /// Judges a packet that joins or leaves a namespace. None: it may go on.
    pub(super) fn judge_control(
        self: &Arc<Self>,
        conn: &Arc<Conn>,
        client: &mut Client,
        text: &str,
    ) -> Option<Verdict> {
        // What cannot be read ends the connection anyway.
        let packet = packet::decode(text).ok()?;
        if !client.guard.control(Instant::now()) {
            self.cut(conn, "it keeps joining and leaving namespaces");
            return Some(Verdict::LastAnswer(Progress::Idle));
        }
        let joined = || client.sockets.iter().any(|(nsp, _)| &*nsp.name == packet.nsp);
        let is_asked = self.is_eager() || self.access.guarded(packet.nsp).is_some();
        let is_forwarded = client.attached || (is_asked && client.attachments == 0 && !joined());
        if packet.kind != PacketType::Connect || !is_forwarded {
            return None;
        }
        if !client.guard.begin() {
            return Some(self.join_later(conn, client, packet.nsp, text));
        }
        self.wait_for_turn(conn, &packet, text)
    }

    /// Lets a CONNECT packet wait until JavaScript has answered others. A refusal for lack of room is not counted: a
    /// client that joins many namespaces at once has guessed nothing.
    fn join_later(&self, conn: &Arc<Conn>, client: &mut Client, nsp: &str, text: &str) -> Verdict {
        if conn.is_closed() {
            return Verdict::Done;
        }
        let bytes = client.joining.iter().map(|joining| joining.text.len()).sum::<usize>() + text.len();
        let has_room = client.joining.len() < MAX_JOINING && bytes <= MAX_JOINING_BYTES;
        let Some(room) = has_room.then(|| self.room_to_wait(text)).flatten() else {
            return Verdict::Answer(self.answer(conn, packet::refused(nsp, TOO_MANY_PENDING)));
        };
        client.joining.push_back(Joining { text: text.to_owned(), _room: room });
        Verdict::Done
    }

    /// One of them is answered: goes on with the packets that waited for it. False: the connection should end.
    pub(super) fn join_next(self: &Arc<Self>, conn: &Arc<Conn>, client: &mut Client) -> bool {
        while !client.joining.is_empty() && client.guard.begin() {
            let Some(Joining { text, _room }) = client.joining.pop_front() else { break };
            drop(_room);
            let Ok(packet) = packet::decode(&text) else { return false };
            match self.wait_for_turn(conn, &packet, &text) {
                None if client.attached || self.is_eager() => {
                    client.attached = true;
                    self.forward(conn, text);
                }
                None => match self.on_packet(conn, client, &packet, &text) {
                    Verdict::Done | Verdict::Answer(_) => {}
                    _ => return false,
                },
                Some(Verdict::Done) => {}
                Some(_) => return false,
            }
        }
        true
    }

    /// Room for a packet that waits. None: too many wait already.
    pub(super) fn room_to_wait(&self, text: &str) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(text.len() + WAITING_OVERHEAD).unwrap_or(u32::MAX);
        self.waiting.clone().try_acquire_many_owned(bytes).ok()
    }

    /// Lets a CONNECT packet with a payload wait if its address has made many wrong guesses.
    fn wait_for_turn(self: &Arc<Self>, conn: &Arc<Conn>, packet: &Packet<'_>, text: &str) -> Option<Verdict> {
        if packet.data.is_empty() || packet.data == "{}" {
            return None;
        }
        let wait = match self.security.guesses.turn(conn.address.group(), Instant::now()) {
            Turn::Now => return None,
            Turn::After(wait) => Some(wait),
            Turn::Never => None,
        };
        self.counters.limited.fetch_add(1, Ordering::Relaxed);
        let waits = wait.is_some_and(|wait| self.forward_later(conn, text, wait));
        if !waits {
            self.log_end(conn, "too many clients of its address wait for authentication");
        }
        // Clients whose connection ends come back by themselves; those that are refused do not.
        Some(if waits { Verdict::Done } else { Verdict::Nonsense })
    }

    /// False: too many packets wait already.
    fn forward_later(self: &Arc<Self>, conn: &Arc<Conn>, text: &str, wait: Duration) -> bool {
        let Some(permit) = self.room_to_wait(text) else { return false };
        let (conn, core, text) = (Arc::downgrade(conn), self.clone(), text.to_owned());
        self.runtime().spawn(async move {
            tokio::time::sleep(wait).await;
            if let Some(conn) = conn.upgrade().filter(|conn| conn.is_open()) {
                core.guard(&conn, "joining a namespace", || core.take(&conn, conn.client.lock(), &text));
            }
            drop(permit);
        });
        true
    }

    /// Answers CONNECT_ERROR, and ends the connection if it got too many.
    pub(super) fn refuse(&self, conn: &Arc<Conn>, client: &mut Client, nsp: &str, message: &str) -> Verdict {
        self.refuse_with(conn, client, packet::refused(nsp, message))
    }

    /// The same with a CONNECT_ERROR packet of the caller's.
    pub(super) fn refuse_with(&self, conn: &Arc<Conn>, client: &mut Client, packet: String) -> Verdict {
        let progress = self.answer(conn, packet);
        if client.guard.refused(Instant::now()) {
            return Verdict::Answer(progress);
        }
        self.cut(conn, "too many of its attempts to join a namespace were refused");
        Verdict::LastAnswer(progress)
    }

    /// Takes note of what JavaScript answers to CONNECT packets. True: the connection should end after this answer.
    pub(super) fn is_last_answer(self: &Arc<Self>, conn: &Arc<Conn>, parcel: &Parcel) -> bool {
        let refused = match parcel.first_text().map(str::as_bytes) {
            Some([b'0', ..]) => false,
            Some([b'4', ..]) => true,
            _ => return false,
        };
        let mut client = conn.client.lock();
        client.guard.answered();
        if refused && !client.guard.refused(Instant::now()) {
            // Under the lock: what the client sends after this answer is not read any more.
            self.cut(conn, "too many of its attempts to join a namespace were refused");
            client.joining = VecDeque::new();
            return true;
        }
        !self.join_next(conn, &mut client)
    }

    /// Ends a connection after what was queued for it, as far as that can be written at once.
    pub(super) fn end_after_answers(&self, conn: Arc<Conn>) {
        self.queue(Job::Close(conn, false));
    }

    fn cut(&self, conn: &Conn, why: &str) {
        conn.cut.store(true, Ordering::Relaxed);
        self.log_end(conn, why);
    }

    pub(super) fn log_end(&self, conn: &Conn, why: &str) {
        let line = format!("connection {} from {} closed: {why}", conn.id, conn.address.text);
        self.log(Level::Warn, "closed connections", line);
    }
}
