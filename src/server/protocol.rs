//! What a client's messages mean: forwarded to JavaScript for attached connections, answered here for others.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use bytes::Bytes;
use parking_lot::MutexGuard;

use super::{
    conn::{Client, CloseReason, Conn, Sockets},
    core::Core,
    events::Event,
    packet::{self, Packet, PacketType},
    patience::Patience,
};
use crate::{security::Verdict as Pace, transport::outbox::Progress};

/// What a client is told whose packet was refused for its pace: in the acknowledgement it asked for, as an event, or as
/// the reason why it cannot join a namespace.
const RATE_EXCEEDED_MESSAGE: &str = "Rate limit exceeded";
const RATE_EXCEEDED_ACK: &str = r#"{"success":false,"error":"Rate limit exceeded"}"#;
const RATE_EXCEEDED: &str = r#"{"message":"Rate limit exceeded"}"#;

/// Bytes of the name of a namespace in an answer.
const MAX_NAMESPACE: usize = 1024;

/// What became of a packet.
pub(super) enum Verdict {
    /// It was dealt with.
    Done,
    /// An answer was queued, or found no room.
    Answer(Progress),
    /// The same, and the connection ends after it, without waiting for a client that does not read.
    LastAnswer(Progress),
    /// It makes no sense in the state of the client.
    Nonsense,
}

impl Core {
    /// An Engine.IO text message.
    pub(super) fn on_text(self: &Arc<Self>, conn: &Arc<Conn>, text: &str) {
        self.counters.received(text.len());
        let mut client = conn.client.lock();
        // It broke a bound: JavaScript hears nothing more of it, also if its end waits behind its last answer.
        if conn.cut.load(Ordering::Relaxed) {
            return;
        }
        let verdict = match text.as_bytes() {
            [b'2' | b'5', ..] => {
                self.limit(conn, &mut client, Some(text)).or_else(|| self.inspect(conn, &mut client, text))
            }
            [b'0' | b'1', ..] => self
                .limit(conn, &mut client, Some(text))
                .or_else(|| self.refuse_large_connect(conn, &mut client, text))
                .or_else(|| self.judge_control(conn, &mut client, text)),
            _ => None,
        };
        if let Some(verdict) = verdict {
            drop(client);
            return self.settle(conn, verdict);
        }
        if !client.attached && matches!(text.as_bytes(), [b'2' | b'5', ..]) {
            client.attached = self.is_handled(&client, text);
            if client.attached {
                self.hand_over(conn, &mut client);
            }
        }
        self.take(conn, client, text);
    }

    /// Gives a message to JavaScript.
    pub(super) fn forward(&self, conn: &Conn, text: String) {
        self.events.push(&conn.lane, Event::Text(conn.id.clone(), text));
    }

    /// JavaScript takes over: it gets the requests that wait, before what comes after them.
    pub(super) fn hand_over(&self, conn: &Arc<Conn>, client: &mut Client) {
        let Some(queue) = &mut client.requests else { return };
        for text in queue.take() {
            self.forward(conn, text);
        }
    }

    /// A packet that was judged: goes to JavaScript, or is dealt with here.
    pub(super) fn take(&self, conn: &Arc<Conn>, mut client: MutexGuard<'_, Client>, text: &str) {
        if client.attached {
            client.announced = packet::announced(text);
            let bytes = if client.announced > 0 { text.len() } else { 0 };
            self.set_incomplete(conn, &mut client, bytes);
            drop(client);
            return self.forward(conn, text.to_owned());
        }
        // `ended` has the lock when it closes the session: nothing may join afterwards.
        if conn.is_closed() {
            return;
        }
        let verdict = match packet::decode(text) {
            Ok(packet) if client.attachments == 0 => self.on_packet(conn, &mut client, &packet, text),
            _ => Verdict::Nonsense,
        };
        drop(client);
        self.settle(conn, verdict);
    }

    pub(super) fn settle(&self, conn: &Arc<Conn>, verdict: Verdict) {
        match verdict {
            Verdict::Done => {}
            Verdict::Answer(Progress::TooSlow) | Verdict::LastAnswer(Progress::TooSlow) => {
                self.too_slow(conn);
            }
            Verdict::Answer(_) => self.flush(conn),
            Verdict::LastAnswer(_) => {
                self.flush(conn);
                self.finish(conn, false);
            }
            Verdict::Nonsense => self.finish(conn, false),
        }
    }

    /// Judges the pace of the client. None: the event passes.
    fn limit(&self, conn: &Arc<Conn>, client: &mut Client, text: Option<&str>) -> Option<Verdict> {
        let limit = self.security.rules().max_events_per_second;
        let is_control = matches!(text.map(str::as_bytes), Some([b'0' | b'1', ..]));
        let rate = if is_control { &mut client.control_rate } else { &mut client.rate };
        let pace = rate.judge(limit, Instant::now());
        if pace == Pace::Pass {
            return None;
        }
        self.counters.limited.fetch_add(1, Ordering::Relaxed);
        if pace == Pace::Disconnect {
            self.log_end(conn, "it keeps sending too many events");
            return Some(Verdict::Nonsense);
        }
        // What cannot be read is for JavaScript to refuse.
        let Some(Ok(packet)) = text.map(packet::decode) else {
            return text.is_none().then_some(Verdict::Done);
        };
        client.attachments = packet.attachments;
        let answer = match (packet.kind, packet.id) {
            // It is counted; a client that wants to leave may.
            (PacketType::Disconnect, _) => return None,
            (PacketType::Connect, _) => packet::refused(packet.nsp, RATE_EXCEEDED_MESSAGE),
            (_, Some(id)) => packet::acknowledged(packet.nsp, id, RATE_EXCEEDED_ACK),
            (_, None) => packet::event(packet.nsp, "error", RATE_EXCEEDED),
        };
        Some(Verdict::Answer(self.answer(conn, answer)))
    }

    /// Refuses a CONNECT packet larger than any credentials. It is answered, unless its namespace is that large.
    fn refuse_large_connect(&self, conn: &Arc<Conn>, client: &mut Client, text: &str) -> Option<Verdict> {
        if !text.starts_with('0') || text.len() <= packet::MAX_CONNECT {
            return None;
        }
        let nsp = packet::namespace(text);
        if nsp.len() > MAX_NAMESPACE {
            return Some(Verdict::Nonsense);
        }
        let message = format!("connect payload larger than {} bytes", packet::MAX_CONNECT);
        Some(self.refuse(conn, client, nsp, &message))
    }

    /// An Engine.IO binary message.
    pub(super) fn on_binary(&self, conn: &Arc<Conn>, bytes: &[u8]) {
        self.counters.received(bytes.len());
        let mut client = conn.client.lock();
        if conn.cut.load(Ordering::Relaxed) {
            return;
        }
        if client.attachments > 0 {
            client.attachments -= 1;
        } else if client.attached {
            if self.is_too_large(bytes.len()) {
                drop(client);
                return self.finish(conn, false);
            }
            if client.announced > 0 {
                client.announced -= 1;
                let so_far = conn.incomplete.load(Ordering::Relaxed) + bytes.len();
                let bytes = if client.announced > 0 { so_far } else { 0 };
                self.set_incomplete(conn, &mut client, bytes);
            } else if let Some(verdict) = self.limit(conn, &mut client, None) {
                // A packet of a parser of the user's: it cannot be answered, only left out.
                drop(client);
                return self.settle(conn, verdict);
            }
            drop(client);
            self.events.push(&conn.lane, Event::Binary(conn.id.clone(), Bytes::copy_from_slice(bytes)));
        } else {
            drop(client);
            self.finish(conn, false);
        }
    }

    /// Notes how many bytes JavaScript keeps until the last attachment of a packet is there: they count among the
    /// unfinished messages.
    pub(super) fn set_incomplete(&self, conn: &Conn, client: &mut Client, bytes: usize) {
        let bytes = if conn.is_closed() { 0 } else { bytes };
        client.announced_since = (bytes > 0).then(|| Patience::new(&self.events.watch));
        self.events.recount(conn.incomplete.swap(bytes, Ordering::Relaxed), bytes);
    }

    pub(super) fn on_packet(
        &self,
        conn: &Arc<Conn>,
        client: &mut Client,
        packet: &Packet<'_>,
        text: &str,
    ) -> Verdict {
        let joined = client.sockets.iter().position(|(nsp, _)| &*nsp.name == packet.nsp);
        match (packet.kind, joined) {
            (PacketType::Connect, None) if self.is_eager() => {
                client.attached = true;
                self.forward(conn, text.to_owned());
            }
            (PacketType::Connect, None) => {
                return match self.access.guarded(packet.nsp) {
                    Some(guarded) => self.connect_guarded(conn, client, packet, text, guarded),
                    None => self.connect(conn, client, packet),
                };
            }
            (PacketType::Disconnect, Some(at)) => {
                let (nsp, member) = client.sockets.remove(at);
                nsp.remove(&member.sid);
                client.allow_events(&nsp.name, None);
                self.forget_subscriptions(&member);
                self.record_disconnect(&nsp, &member, "client namespace disconnect");
            }
            (PacketType::Event, Some(_))
                if let Some(verdict) = self.on_client_event(conn, client, packet, text) =>
            {
                return verdict;
            }
            // Nobody listens for events or acknowledgements of a connection without JavaScript.
            (PacketType::Event | PacketType::Ack, Some(_)) => client.attachments = packet.attachments,
            _ => return Verdict::Nonsense,
        }
        Verdict::Done
    }

    fn connect(&self, conn: &Arc<Conn>, client: &mut Client, packet: &Packet<'_>) -> Verdict {
        let Some(nsp) = self.open_namespace_named(packet.nsp) else {
            return self.refuse(conn, client, packet.nsp, "Invalid namespace");
        };
        let sid: Arc<str> = super::core::generate_id().into();
        let auth = if packet.data.is_empty() { "{}" } else { packet.data };
        let mut answered = Progress::Idle;
        let member = nsp.add_after(sid.clone(), conn.clone(), auth, || {
            answered = self.answer(conn, packet::connected(packet.nsp, &sid));
        });
        nsp.join(&sid, &sid);
        client.sockets.push((nsp, member));
        Verdict::Answer(answered)
    }

    /// The session ended: leave all namespaces, unless JavaScript still has to see the rooms.
    pub(super) fn leave_all(&self, conn: &Arc<Conn>) -> Sockets {
        let sockets = std::mem::take(&mut conn.client.lock().sockets);
        for (nsp, member) in &sockets {
            nsp.remove(&member.sid);
            self.forget_subscriptions(member);
        }
        sockets
    }

    /// Ends a session because its client broke a protocol or went away.
    pub(super) fn fail(&self, conn: &Arc<Conn>, reason: CloseReason) {
        conn.outbox.abort();
        self.ended(conn, reason);
    }
}
