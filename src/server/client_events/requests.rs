//! Takes requests one after the other, asks for documents, and acknowledges.

use std::sync::Arc;

use serde_json::{Value, value::RawValue};

use super::{ClientAnswer, ClientEvent, ClientRequest, Step, entities, refusal, rooms, said};
use crate::{
    access::{LookUp, LookUpAsker},
    server::{
        conn::{Client, Conn},
        core::Core,
        namespace::{Member, Namespace},
        packet::{self, Packet},
        protocol::Verdict,
    },
    transport::{
        outbox::Progress,
        payload::{Message, Parcel},
    },
};

/// Requests of one connection that wait for one before them.
const MAX_WAITING: usize = 100;
/// Bytes of a request that waits. Twice what the largest private message takes.
const MAX_TEXT: usize = 64 * 1024;

const TOO_MANY: &str = "Too many requests at once";

impl Core {
    /// An event of a client without JavaScript objects. `None`: it is not one of these.
    pub(in crate::server) fn on_client_event(
        &self,
        conn: &Arc<Conn>,
        client: &mut Client,
        packet: &Packet<'_>,
        text: &str,
    ) -> Option<Verdict> {
        let guarded = self.access.guarded(packet.nsp)?;
        let (event, payload) = read(packet)?;
        if !self.access.is_enabled(event) || event.is_of_content() && !guarded.has_content {
            return None;
        }
        client.attachments = packet.attachments;
        if packet.attachments > 0 {
            return Some(self.acknowledge(
                conn,
                packet,
                &refusal("Binary data is not expected".into()).answer,
            ));
        }
        if let Some(queue) = &mut client.requests {
            let fits = queue.packets.len() < MAX_WAITING && text.len() <= MAX_TEXT;
            if let Some(room) = fits.then(|| self.room_to_wait(text)).flatten() {
                queue.packets.push_back((text.into(), room));
                return Some(Verdict::Done);
            }
            return Some(self.acknowledge(conn, packet, &refusal(TOO_MANY.into()).answer));
        }
        let (nsp, member) = client.sockets.iter().find(|(nsp, _)| *nsp.name == *packet.nsp)?.clone();
        let request = ClientRequest { event, payload, is_elsewhere: false };
        match self.step(&nsp, &member, &request) {
            Step::Done(answer) => {
                self.carry_out(&nsp, &answer);
                Some(self.acknowledge(conn, packet, &answer.answer))
            }
            Step::LookUp { uid, id, published } => {
                client.requests = Some(Box::default());
                let asker = LookUpAsker::Engine { ack: packet.id.map(Into::into) };
                let (of, member) = (Arc::downgrade(conn), Arc::downgrade(&member));
                let request = request.about_entity();
                let look_up = LookUp { conn: of, member, nsp, request, uid, id, published, asker };
                if self.look_up(look_up) {
                    return Some(Verdict::Done);
                }
                client.requests = None;
                Some(self.acknowledge(conn, packet, &refusal(TOO_MANY.into()).answer))
            }
        }
    }

    /// A request of a client whose socket JavaScript has, or of the application for any socket. `callback` gets the
    /// answer, and what JavaScript has to carry out; of sockets without objects that is done.
    pub fn client_event(
        &self,
        nsp: &str,
        sid: &str,
        request: ClientRequest,
        callback: Box<dyn FnOnce(ClientAnswer) + Send>,
    ) {
        let found = self.namespace(nsp).and_then(|nsp| Some((nsp.get(sid)?, nsp)));
        let Some((member, nsp)) = found else { return callback(refusal("Socket not found".into())) };
        match self.step(&nsp, &member, &request) {
            Step::Done(answer) => callback(self.carry_out_here(&nsp, &member, answer)),
            Step::LookUp { uid, id, published } => {
                let asker = LookUpAsker::Callback(callback);
                let (conn, member) = (Arc::downgrade(&member.conn), Arc::downgrade(&member));
                let request = request.about_entity();
                self.look_up(LookUp { conn, member, nsp, request, uid, id, published, asker });
            }
        }
    }

    /// False: too many wait.
    fn look_up(&self, look_up: LookUp) -> bool {
        match self.access.requests.look_up(look_up) {
            Ok(()) => {
                self.tell_access();
                true
            }
            Err(refused) => {
                if let LookUpAsker::Callback(callback) = refused.asker {
                    callback(refusal(TOO_MANY.into()));
                }
                false
            }
        }
    }

    /// Says which documents have the ids that were asked for, by the numbers of the questions. `Err`: that could not be
    /// found out.
    pub fn answer_look_ups(self: &Arc<Self>, answers: Vec<(u32, std::result::Result<Option<String>, ()>)>) {
        let mut answered = Vec::new();
        for (id, document) in answers {
            let Some(look_up) = self.access.requests.looked_up(id) else { continue };
            answered.extend(self.finish_look_up(look_up, document));
        }
        // Not on the thread of the caller: the requests that waited may be many.
        self.flush_later(answered, |core, conn| core.go_on(conn));
    }

    fn finish_look_up(
        &self,
        look_up: LookUp,
        document: std::result::Result<Option<String>, ()>,
    ) -> Option<(Arc<Conn>, Verdict)> {
        let LookUp { conn, member, nsp, request, uid, id, asker, .. } = look_up;
        let member = member.upgrade();
        let answer = match (&member, document) {
            (None, _) => refusal("Socket not found".into()),
            (Some(_), Err(())) => refusal("Internal error".into()),
            (Some(member), Ok(document)) => self.with_document(&nsp, member, &request, uid, &id, document),
        };
        match asker {
            LookUpAsker::Callback(callback) => {
                let answer = match &member {
                    Some(member) => self.carry_out_here(&nsp, member, answer),
                    None => answer,
                };
                callback(answer);
                None
            }
            LookUpAsker::Engine { ack } => {
                let conn = conn.upgrade()?;
                self.carry_out(&nsp, &answer);
                let verdict = match ack.filter(|_| member.is_some()) {
                    Some(ack) => Verdict::Answer(
                        self.answer(&conn, packet::acknowledged(&nsp.name, &ack, &answer.answer.to_string())),
                    ),
                    None => Verdict::Done,
                };
                Some((conn, verdict))
            }
        }
    }

    /// Goes on with the requests of a connection that waited behind one which is answered now, until one of them is
    /// looked up again.
    fn go_on(&self, conn: &Arc<Conn>) {
        let mut client = conn.client.lock();
        let Some(mut queue) = client.requests.take() else { return };
        let attachments = client.attachments;
        let mut answered = false;
        while client.requests.is_none()
            && let Some((text, room)) = queue.packets.pop_front()
        {
            drop(room);
            if client.attached {
                self.forward(conn, text.into());
            } else if let Ok(packet) = packet::decode(&text) {
                let verdict = self.on_client_event(conn, &mut client, &packet, &text);
                answered |= matches!(verdict, Some(Verdict::Answer(_)));
            }
        }
        if let Some(next) = &mut client.requests {
            next.packets = queue.packets;
        }
        client.attachments = attachments;
        drop(client);
        if answered {
            self.settle(conn, Verdict::Answer(Progress::Idle));
        }
    }

    fn acknowledge(&self, conn: &Arc<Conn>, packet: &Packet<'_>, answer: &Value) -> Verdict {
        match packet.id {
            Some(id) => {
                Verdict::Answer(self.answer(conn, packet::acknowledged(packet.nsp, id, &answer.to_string())))
            }
            None => Verdict::Done,
        }
    }

    /// Sends the private message of an answer.
    fn carry_out(&self, nsp: &Namespace, answer: &ClientAnswer) {
        if let Some((to, message)) = &answer.message {
            let text = packet::event(&nsp.name, "private-message", &message.to_string());
            let parcel = Parcel::new([Message::text(text)]);
            self.broadcast(&nsp.name, std::slice::from_ref(to), &[], parcel, false);
        }
    }

    /// The same, unless JavaScript has the socket: then the caller does it.
    fn carry_out_here(&self, nsp: &Namespace, member: &Member, answer: ClientAnswer) -> ClientAnswer {
        if member.conn.client.lock().attached {
            return answer;
        }
        self.carry_out(nsp, &answer);
        said(answer.answer)
    }

    fn step(&self, nsp: &Arc<Namespace>, member: &Arc<Member>, request: &ClientRequest) -> Step {
        let rules = self.access.rules();
        let payload = request.payload.as_ref();
        let done = match request.event {
            ClientEvent::JoinRoom => rooms::join(&rules, nsp, member, request),
            ClientEvent::LeaveRoom => rooms::leave(&rules, nsp, member, payload),
            ClientEvent::GetRooms => Ok(rooms::list(nsp, member)),
            ClientEvent::PrivateMessage => rooms::private_message(&rules, nsp, member, request),
            ClientEvent::GetSubscriptions => Ok(entities::list(member)),
            ClientEvent::Subscribe => match self.subscribe(&rules, member, payload) {
                Ok(step) => return step,
                Err(refused) => Err(refused),
            },
            ClientEvent::Unsubscribe => match self.unsubscribe(&rules, nsp, member, payload) {
                Ok(step) => return step,
                Err(refused) => Err(refused),
            },
        };
        Step::Done(done.unwrap_or_else(refusal))
    }
}

/// Which of the events a packet is, and its first argument.
fn read(packet: &Packet<'_>) -> Option<(ClientEvent, Option<Value>)> {
    let arguments: Vec<&RawValue> = serde_json::from_str(packet.data).ok()?;
    let name: String = serde_json::from_str(arguments.first()?.get()).ok()?;
    let event = ClientEvent::parse(&name)?;
    // Text that JSON allows and Unicode does not is no value that anything is called by.
    let payload = arguments.get(1).map(|value| serde_json::from_str(value.get()).unwrap_or_default());
    Some((event, payload))
}
