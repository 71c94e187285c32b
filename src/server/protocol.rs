//! What a client's messages mean: forwarded to JavaScript for attached connections, answered here for others.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use bytes::Bytes;

use super::{
    conn::{Client, CloseReason, Conn},
    core::Core,
    events::Event,
    log::Line,
    packet::{self, Packet, PacketType},
};
use crate::{security::Verdict as Pace, transport::outbox::Progress};

/// What a client is told whose event was refused for its pace: in the acknowledgement it asked for, or as an event.
const RATE_EXCEEDED_ACK: &str = r#"{"success":false,"error":"Rate limit exceeded"}"#;
const RATE_EXCEEDED: &str = r#"{"message":"Rate limit exceeded"}"#;

/// Bytes of the name of a namespace in an answer.
const MAX_NAMESPACE: usize = 1024;

/// What became of a packet.
enum Verdict {
    /// It was dealt with.
    Done,
    /// An answer was queued, or found no room.
    Answer(Progress),
    /// It makes no sense in the state of the client.
    Nonsense,
}

impl Core {
    /// An Engine.IO text message.
    pub(super) fn on_text(&self, conn: &Arc<Conn>, text: &str) {
        self.counters.received(text.len());
        let mut client = conn.client.lock();
        if matches!(text.as_bytes(), [b'2' | b'5', ..])
            && let Some(verdict) = self.limit(conn, &mut client, Some(text))
        {
            drop(client);
            return self.settle(conn, verdict);
        }
        if text.starts_with('0') && text.len() > packet::MAX_CONNECT {
            let verdict = self.refuse_large_connect(conn, text);
            drop(client);
            return self.settle(conn, verdict);
        }
        if client.attached {
            client.announced = packet::announced(text);
            drop(client);
            return self.events.push(&conn.lane, Event::Text(conn.id.clone(), text.to_owned()));
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

    fn settle(&self, conn: &Arc<Conn>, verdict: Verdict) {
        match verdict {
            Verdict::Done => {}
            Verdict::Answer(Progress::TooSlow) => self.too_slow(conn),
            Verdict::Answer(_) => self.flush(conn),
            Verdict::Nonsense => self.finish(conn, false),
        }
    }

    /// Judges the pace of the client. None: the event passes.
    fn limit(&self, conn: &Arc<Conn>, client: &mut Client, text: Option<&str>) -> Option<Verdict> {
        let limit = self.security.rules().max_events_per_second;
        let pace = client.rate.judge(limit, Instant::now());
        if pace == Pace::Pass {
            return None;
        }
        self.counters.limited.fetch_add(1, Ordering::Relaxed);
        if pace == Pace::Disconnect {
            self.events.log(Line::TooFast, || {
                let from = &conn.address.text;
                format!("connection {} from {from} closed: it keeps sending too many events", conn.id)
            });
            return Some(Verdict::Nonsense);
        }
        // What cannot be read is for JavaScript to refuse.
        let Some(Ok(packet)) = text.map(packet::decode) else {
            return text.is_none().then_some(Verdict::Done);
        };
        client.attachments = packet.attachments;
        let answer = match packet.id {
            Some(id) => packet::acknowledged(packet.nsp, id, RATE_EXCEEDED_ACK),
            None => packet::event(packet.nsp, "error", RATE_EXCEEDED),
        };
        Some(Verdict::Answer(self.answer(conn, answer)))
    }

    /// A CONNECT packet larger than any credentials. It is answered, unless its namespace is that large.
    fn refuse_large_connect(&self, conn: &Arc<Conn>, text: &str) -> Verdict {
        let nsp = packet::namespace(text);
        if nsp.len() > MAX_NAMESPACE {
            return Verdict::Nonsense;
        }
        let message = format!("connect payload larger than {} bytes", packet::MAX_CONNECT);
        Verdict::Answer(self.answer(conn, packet::refused(nsp, &message)))
    }

    /// An Engine.IO binary message.
    pub(super) fn on_binary(&self, conn: &Arc<Conn>, bytes: &[u8]) {
        self.counters.received(bytes.len());
        let mut client = conn.client.lock();
        if client.attachments > 0 {
            client.attachments -= 1;
        } else if client.attached {
            if client.announced > 0 {
                client.announced -= 1;
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

    fn on_packet(&self, conn: &Arc<Conn>, client: &mut Client, packet: &Packet<'_>, text: &str) -> Verdict {
        let joined = client.sockets.iter().position(|(nsp, _)| &*nsp.name == packet.nsp);
        match (packet.kind, joined) {
            (PacketType::Connect, None) if self.is_eager() => {
                client.attached = true;
                self.events.push(&conn.lane, Event::Text(conn.id.clone(), text.to_owned()));
            }
            (PacketType::Connect, None) => return self.connect(conn, client, packet),
            (PacketType::Disconnect, Some(at)) => {
                let (nsp, member) = client.sockets.remove(at);
                nsp.remove(&member.sid);
            }
            // Nobody listens for events or acknowledgements of a connection without JavaScript.
            (PacketType::Event | PacketType::Ack, Some(_)) => client.attachments = packet.attachments,
            _ => return Verdict::Nonsense,
        }
        Verdict::Done
    }

    fn connect(&self, conn: &Arc<Conn>, client: &mut Client, packet: &Packet<'_>) -> Verdict {
        let Some(nsp) = self.open_namespace_named(packet.nsp) else {
            return Verdict::Answer(self.answer(conn, packet::refused(packet.nsp, "Invalid namespace")));
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
    pub(super) fn leave_all(&self, conn: &Arc<Conn>) {
        let sockets = std::mem::take(&mut conn.client.lock().sockets);
        for (nsp, member) in sockets {
            nsp.remove(&member.sid);
        }
    }

    /// Ends a session because its client broke a protocol or went away.
    pub(super) fn fail(&self, conn: &Arc<Conn>, reason: CloseReason) {
        conn.outbox.abort();
        self.ended(conn, reason);
    }
}
