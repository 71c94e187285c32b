//! The always-on guard over CONNECT and DISCONNECT packets: how many, how many at a time, and how fast.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use super::{
    conn::{Client, Conn},
    core::Core,
    events::{Event, Level},
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

/// What a client is told that joins too many namespaces at a time.
const TOO_MANY_PENDING: &str = "Too many pending connections";

impl Core {
    /// Judges a packet that joins or leaves a namespace. None: it may go on.
    pub(super) fn judge_control(&self, conn: &Arc<Conn>, client: &mut Client, text: &str) -> Option<Verdict> {
        // What cannot be read ends the connection anyway.
        let packet = packet::decode(text).ok()?;
        if !client.guard.control(Instant::now()) {
            self.cut(conn, "it keeps joining and leaving namespaces");
            return Some(Verdict::LastAnswer(Progress::Idle));
        }
        let joined = || client.sockets.iter().any(|(nsp, _)| &*nsp.name == packet.nsp);
        let is_forwarded = client.attached || (self.is_eager() && client.attachments == 0 && !joined());
        if packet.kind != PacketType::Connect || !is_forwarded {
            return None;
        }
        if !client.guard.begin() {
            return Some(self.refuse(conn, client, packet.nsp, TOO_MANY_PENDING));
        }
        self.wait_for_turn(conn, client, &packet, text)
    }

    /// Lets a CONNECT packet with a payload wait if its address has made many wrong guesses.
    fn wait_for_turn(
        &self,
        conn: &Arc<Conn>,
        client: &mut Client,
        packet: &Packet<'_>,
        text: &str,
    ) -> Option<Verdict> {
        if packet.data.is_empty() || packet.data == "{}" {
            return None;
        }
        let wait = match self.security.guesses.turn(conn.address.group(), Instant::now()) {
            Turn::Now => return None,
            Turn::After(wait) => Some(wait),
            Turn::Never => None,
        };
        client.attached = true;
        self.counters.limited.fetch_add(1, Ordering::Relaxed);
        let waits = wait.is_some_and(|wait| self.forward_later(conn, text, wait));
        if !waits {
            self.log_end(conn, "too many clients of its address wait for authentication");
        }
        // Clients whose connection ends come back by themselves; those that are refused do not.
        Some(if waits { Verdict::Done } else { Verdict::Nonsense })
    }

    /// False: too many packets wait already.
    fn forward_later(&self, conn: &Arc<Conn>, text: &str, wait: Duration) -> bool {
        let bytes = u32::try_from(text.len() + WAITING_OVERHEAD).unwrap_or(u32::MAX);
        let Ok(permit) = self.waiting.clone().try_acquire_many_owned(bytes) else { return false };
        let (conn, events, text) = (Arc::downgrade(conn), self.events.clone(), text.to_owned());
        self.runtime().spawn(async move {
            tokio::time::sleep(wait).await;
            if let Some(conn) = conn.upgrade().filter(|conn| conn.is_open()) {
                events.push(&conn.lane, Event::Text(conn.id.clone(), text));
            }
            drop(permit);
        });
        true
    }

    /// Answers CONNECT_ERROR, and ends the connection if it got too many.
    pub(super) fn refuse(&self, conn: &Arc<Conn>, client: &mut Client, nsp: &str, message: &str) -> Verdict {
        let progress = self.answer(conn, packet::refused(nsp, message));
        if client.guard.refused(Instant::now()) {
            return Verdict::Answer(progress);
        }
        self.cut(conn, "too many of its attempts to join a namespace were refused");
        Verdict::LastAnswer(progress)
    }

    /// Takes note of what JavaScript answers to CONNECT packets. True: the connection should end after this answer.
    pub(super) fn is_last_answer(&self, conn: &Arc<Conn>, parcel: &Parcel) -> bool {
        let refused = match parcel.first_text().map(str::as_bytes) {
            Some([b'0', ..]) => false,
            Some([b'4', ..]) => true,
            _ => return false,
        };
        let mut client = conn.client.lock();
        client.guard.answered();
        let ends = refused && !client.guard.refused(Instant::now());
        drop(client);
        if ends {
            self.cut(conn, "too many of its attempts to join a namespace were refused");
        }
        ends
    }

    /// A client sent a token that was never issued here.
    pub fn auth_failed(&self, conn: &str) {
        if let Some(conn) = self.conn(conn) {
            self.security.guesses.wrong(conn.address.group(), Instant::now());
        }
    }

    /// A client sent a valid token.
    pub fn auth_passed(&self, conn: &str) {
        if let Some(conn) = self.conn(conn) {
            self.security.guesses.right(conn.address.group(), Instant::now());
        }
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
