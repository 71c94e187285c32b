//! Judges the events of clients before JavaScript reads them.

use std::sync::Arc;

use super::{
    conn::{Client, Conn},
    core::Core,
    events::Level,
    packet::{self, Packet},
    protocol::Verdict,
};
use crate::{
    security::{Refused, event_name, is_named_in},
    transport::request::Protocol,
};

/// Characters of an event's name in the log.
const LOGGED_NAME: usize = 60;

impl Core {
    /// Judges an event. `None`: it passes.
    pub(super) fn inspect(&self, conn: &Arc<Conn>, client: &mut Client, text: &str) -> Option<Verdict> {
        let rules = self.security.rules();
        if rules.inbound.is_empty() && client.event_names.is_empty() {
            return None;
        }
        // JavaScript ends connections that send what cannot be read. It must not read otherwise than the rules do.
        let Ok(packet) = packet::decode(text) else { return Some(Verdict::Nonsense) };
        let judged = rules
            .inbound
            .judge_size(text.len())
            .and_then(|()| rules.inbound.judge(&packet))
            .and_then(|()| judge_role(conn, client, &packet));
        let why = judged.err()?;
        client.attachments = packet.attachments;
        self.log(Level::Warn, "refused events", describe(conn, &packet, why));
        let answer = match packet.id {
            Some(id) => {
                let answer = serde_json::json!({ "success": false, "error": why.message() });
                packet::acknowledged(packet.nsp, id, &answer.to_string())
            }
            None => {
                let error = serde_json::json!({ "message": why.message() });
                packet::event(packet.nsp, "error", &error.to_string())
            }
        };
        Some(Verdict::Answer(self.answer(conn, answer)))
    }

    /// Whether an attachment, or a packet of a parser of the user's, is larger than the rules allow.
    pub(super) fn is_too_large(&self, bytes: usize) -> bool {
        self.security.rules().inbound.judge_size(bytes).is_err()
    }
}

/// The line for the log.
fn describe(conn: &Conn, packet: &Packet<'_>, why: Refused) -> String {
    let name: String = event_name(packet).unwrap_or_default().chars().take(LOGGED_NAME).collect();
    let (name, id, from) = (serde_json::json!(name), &conn.id, &conn.address.text);
    format!("event {name} of connection {id} from {from} was refused: {}", why.message())
}

fn judge_role(conn: &Conn, client: &Client, packet: &Packet<'_>) -> Result<(), Refused> {
    let own = client.event_names.iter().find(|(nsp, _)| **nsp == *packet.nsp);
    let allowed = match own {
        Some((_, names)) => is_named_in(packet, names),
        // Socket.IO parses the namespace of these clients as a URL, so that several names mean the same.
        None if conn.protocol == Protocol::V3 => {
            client.event_names.iter().all(|(_, names)| is_named_in(packet, names))
        }
        None => true,
    };
    if allowed { Ok(()) } else { Err(Refused::Role) }
}
