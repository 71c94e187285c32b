//! What a client's messages mean: forwarded to JavaScript for attached connections, answered here for others.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    conn::{Client, CloseReason, Conn},
    core::Core,
    events::Event,
    packet::{self, Packet, PacketType},
};
use crate::transport::outbox::Progress;

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
        if client.attached {
            drop(client);
            return self.events.push(Event::Text(conn.id.clone(), text.to_owned()));
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
        match verdict {
            Verdict::Done => {}
            Verdict::Answer(Progress::TooSlow) => self.too_slow(conn),
            Verdict::Answer(_) => self.flush(conn),
            Verdict::Nonsense => self.finish(conn, false),
        }
    }

    /// An Engine.IO binary message.
    pub(super) fn on_binary(&self, conn: &Arc<Conn>, bytes: &[u8]) {
        self.counters.received(bytes.len());
        let mut client = conn.client.lock();
        if client.attachments > 0 {
            client.attachments -= 1;
        } else if client.attached {
            drop(client);
            self.events.push(Event::Binary(conn.id.clone(), Bytes::copy_from_slice(bytes)));
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
                self.events.push(Event::Text(conn.id.clone(), text.to_owned()));
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
