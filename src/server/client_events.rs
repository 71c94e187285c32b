//! The events that every client may send without the application doing anything for it: rooms, private messages and
//! entity subscriptions. They are decided here; where JavaScript has the socket, it carries them out.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, Value, json, value::RawValue};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    conn::{Client, Conn},
    connect::describe,
    core::Core,
    events::Event,
    namespace::{Member, Namespace},
    packet::{self, Packet},
    protocol::Verdict,
};
use crate::{
    access::{
        ClientRules, LookUp, LookUpAsker, RoomChange, Subscription, is_entity_id, is_internal, is_room_name,
        is_row_id, view_room,
    },
    transport::{
        outbox::Progress,
        payload::{Message, Parcel},
    },
};

/// Rooms that one socket may choose; every one is an entry in the memory of the server.
const MAX_ROOMS: usize = 100;
/// Requests of one connection that wait for one before them.
const MAX_WAITING: usize = 100;
/// Bytes of a request that waits. Twice what the largest private message takes.
const MAX_TEXT: usize = 64 * 1024;
/// UTF-16 units of a private message.
const MAX_MESSAGE: usize = 10_000;

const TOO_MANY: &str = "Too many requests at once";
const NO_PERMISSION: &str = "Permission denied: no access to this content type";

/// One of the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientEvent {
    /// `join-room`
    JoinRoom,
    /// `leave-room`
    LeaveRoom,
    /// `get-rooms`
    GetRooms,
    /// `private-message`
    PrivateMessage,
    /// `subscribe-entity`
    Subscribe,
    /// `unsubscribe-entity`
    Unsubscribe,
    /// `get-entity-subscriptions`
    GetSubscriptions,
}

impl ClientEvent {
    const ALL: [(&'static str, Self); 7] = [
        ("join-room", Self::JoinRoom),
        ("leave-room", Self::LeaveRoom),
        ("get-rooms", Self::GetRooms),
        ("private-message", Self::PrivateMessage),
        ("subscribe-entity", Self::Subscribe),
        ("unsubscribe-entity", Self::Unsubscribe),
        ("get-entity-subscriptions", Self::GetSubscriptions),
    ];

    /// The event of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, event)| *event)
    }

    /// Whether the event is about entities, whose content is sent in one namespace alone.
    pub fn is_of_content(self) -> bool {
        matches!(self, Self::Subscribe | Self::Unsubscribe | Self::GetSubscriptions)
    }
}

/// What a client asks.
#[derive(Debug)]
pub struct ClientRequest {
    /// The event.
    pub event: ClientEvent,
    /// Its first argument; `None`: there is none.
    pub payload: Option<Value>,
    /// Whether another node has a socket with the id that the request names as a room or recipient.
    pub is_elsewhere: bool,
}

impl ClientRequest {
    /// The same without what its answer does not need: it may wait for long.
    fn about_entity(self) -> Self {
        let field = |name: &str| self.payload.as_ref().and_then(|payload| payload.get(name)).cloned();
        let payload = Some(json!({ "uid": field("uid"), "id": field("id") }));
        Self { payload, ..self }
    }
}

/// What the answer to a request is, and what follows from it.
#[derive(Debug, Default, PartialEq)]
pub struct ClientAnswer {
    /// The acknowledgement.
    pub answer: Value,
    /// Rooms that were entered and left.
    pub rooms: RoomChange,
    /// A private message: to which socket, and its payload.
    pub message: Option<(String, Value)>,
}

/// A request that was looked at.
enum Step {
    Done(ClientAnswer),
    /// First somebody has to say which document has this id.
    LookUp {
        uid: Arc<str>,
        id: String,
        published: bool,
    },
}

/// Why a request is refused.
struct Refused(String);

type Result<T> = std::result::Result<T, Refused>;

impl<T: Into<String>> From<T> for Refused {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

/// Requests of a connection that wait for one that is being looked up.
#[derive(Debug, Default)]
pub struct Queue {
    packets: VecDeque<(Box<str>, OwnedSemaphorePermit)>,
}

impl Queue {
    /// What waited, in order.
    pub(super) fn take(&mut self) -> impl Iterator<Item = String> {
        std::mem::take(&mut self.packets).into_iter().map(|(text, _)| text.into())
    }
}

/// An answer without consequences.
fn said(answer: Value) -> ClientAnswer {
    ClientAnswer { answer, ..ClientAnswer::default() }
}

/// The acknowledgement of a refused request.
fn refusal(Refused(error): Refused) -> ClientAnswer {
    said(json!({ "success": false, "error": error }))
}

impl Core {
    /// An event of a client without JavaScript objects. `None`: it is not one of these.
    pub(super) fn on_client_event(
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
                self.events.push(&conn.lane, Event::Text(conn.id.clone(), text.into()));
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
            ClientEvent::JoinRoom => self.join_room(&rules, nsp, member, request),
            ClientEvent::LeaveRoom => leave_room(&rules, nsp, member, payload),
            ClientEvent::GetRooms => Ok(get_rooms(nsp, member)),
            ClientEvent::PrivateMessage => private_message(&rules, nsp, member, request),
            ClientEvent::GetSubscriptions => Ok(get_subscriptions(member)),
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

    fn join_room(
        &self,
        rules: &ClientRules,
        nsp: &Namespace,
        member: &Member,
        request: &ClientRequest,
    ) -> Result<ClientAnswer> {
        let room = room_name(request.payload.as_ref())?;
        let rooms = nsp.socket_rooms(&member.sid).unwrap_or_default();
        let answer = json!({ "success": true, "room": room });
        if rooms.iter().any(|known| **known == *room) {
            return Ok(said(answer));
        }
        if request.is_elsewhere || owner(rules, nsp, &member.sid, &room).is_some() {
            return Err("This room is reserved".into());
        }
        let standing = member.standing.lock().clone();
        let own = standing.map(|standing| standing.rooms).unwrap_or_default();
        if let Some(objection) = rules.objection(&room, &own) {
            return Err(objection.into());
        }
        let chosen = rooms.iter().filter(|known| {
            !own.contains(known) && ***known != *member.sid && owner(rules, nsp, &member.sid, known).is_none()
        });
        if chosen.count() >= MAX_ROOMS {
            return Err(format!("No more than {MAX_ROOMS} rooms may be joined").into());
        }
        let rooms = RoomChange { join: vec![room], leave: Vec::new() };
        change_rooms(nsp, member, &rooms);
        Ok(ClientAnswer { answer, rooms, message: None })
    }

    fn subscribe(&self, rules: &ClientRules, member: &Member, payload: Option<&Value>) -> Result<Step> {
        let (uid, id) = entity(rules, payload)?;
        if !rules.subscription_types.is_empty() && !rules.subscription_types.contains(&*uid) {
            return Err("Content type not allowed for entity subscriptions".into());
        }
        // Should the table be out of date, another one drops what it does not allow.
        if self.reader(member, &uid).is_none() {
            return Err(NO_PERMISSION.into());
        }
        let published = rules.published_only.contains(&*uid);
        Ok(Step::LookUp { uid, id, published })
    }

    fn unsubscribe(
        &self,
        rules: &ClientRules,
        nsp: &Namespace,
        member: &Member,
        payload: Option<&Value>,
    ) -> Result<Step> {
        let (uid, id) = entity(rules, payload)?;
        let known = member.subscriptions.lock().find(&uid, &id).cloned();
        match known {
            Some(subscription) => Ok(Step::Done(self.drop_subscription(nsp, member, &subscription, payload))),
            // It may be subscribed to under another id.
            None if is_row_id(&id) && !member.subscriptions.lock().list().is_empty() => {
                Ok(Step::LookUp { uid, id, published: false })
            }
            None => Ok(Step::Done(said(about(payload, &format!("{uid}:{id}"))))),
        }
    }

    /// Goes on with a request when the document of its entity is known.
    fn with_document(
        &self,
        nsp: &Namespace,
        member: &Arc<Member>,
        request: &ClientRequest,
        uid: Arc<str>,
        id: &str,
        document: Option<String>,
    ) -> ClientAnswer {
        let payload = request.payload.as_ref();
        if request.event == ClientEvent::Unsubscribe {
            let known = member.subscriptions.lock().find(&uid, document.as_deref().unwrap_or(id)).cloned();
            return match known {
                Some(subscription) => self.drop_subscription(nsp, member, &subscription, payload),
                None => said(about(payload, &format!("{uid}:{id}"))),
            };
        }
        self.subscribe_to(nsp, member, payload, uid, id, document).unwrap_or_else(refusal)
    }

    fn subscribe_to(
        &self,
        nsp: &Namespace,
        member: &Arc<Member>,
        payload: Option<&Value>,
        uid: Arc<str>,
        id: &str,
        document: Option<String>,
    ) -> Result<ClientAnswer> {
        let rules = self.access.rules();
        // Both may have changed meanwhile.
        entity(&rules, payload)?;
        let mut subscriptions = member.subscriptions.lock();
        // Under the lock: a review comes before all of this, or after it.
        let own = self.reader(member, &uid).ok_or(NO_PERMISSION)?;
        let document = match document {
            Some(document) => document,
            None if rules.verify => return Err("Entity not found".into()),
            None => id.to_owned(),
        };
        // Its end takes the lock, too: nothing is left behind of a socket that is gone.
        if nsp.get(&member.sid).is_none() {
            return Err("Socket not found".into());
        }
        if let Some(known) = subscriptions.find(&uid, &document) {
            return Ok(said(about(payload, &known.room())));
        }
        let max = rules.max_subscriptions;
        if subscriptions.list().len() >= max {
            return Err(format!("Maximum subscriptions ({max}) reached").into());
        }
        let view = view_room(&own, &uid, &document).into();
        let subscription = Subscription { uid, id: id.into(), document: document.into(), view };
        let answer = about(payload, &subscription.room());
        self.access.counts.change(&subscription.uid, 1);
        self.record_subscription("entity-subscribe", member, &subscription);
        let rooms = subscriptions.add(subscription);
        change_rooms(nsp, member, &rooms);
        Ok(ClientAnswer { answer, rooms, message: None })
    }

    fn drop_subscription(
        &self,
        nsp: &Namespace,
        member: &Member,
        subscription: &Subscription,
        payload: Option<&Value>,
    ) -> ClientAnswer {
        let mut subscriptions = member.subscriptions.lock();
        let removed = subscriptions.remove(&subscription.uid, &subscription.document);
        let Some((gone, rooms)) = removed else { return said(about(payload, &subscription.room())) };
        change_rooms(nsp, member, &rooms);
        drop(subscriptions);
        self.access.counts.change(&gone.uid, -1);
        self.record_subscription("entity-unsubscribe", member, &gone);
        ClientAnswer { answer: about(payload, &gone.room()), rooms, message: None }
    }

    /// Drops the subscription of a socket to an entity, by the id it was named by or by its document.
    pub fn unsubscribe_now(&self, nsp: &str, sid: &str, uid: &str, id: &str) -> ClientAnswer {
        let found = self.namespace(nsp).and_then(|nsp| Some((nsp.get(sid)?, nsp)));
        let Some((member, nsp)) = found else { return refusal("Socket not found".into()) };
        let payload = json!({ "uid": uid, "id": id });
        let known = match entity(&self.access.rules(), Some(&payload)) {
            Ok((uid, id)) => member.subscriptions.lock().find(&uid, &id).cloned(),
            Err(refused) => return refusal(refused),
        };
        match known {
            Some(subscription) => self.drop_subscription(&nsp, &member, &subscription, Some(&payload)),
            None => said(about(Some(&payload), &format!("{uid}:{id}"))),
        }
    }

    /// The room of the principal of a socket, if that may read a type.
    fn reader(&self, member: &Member, uid: &str) -> Option<Arc<str>> {
        let identity = member.identity()?;
        let table = self.access.table();
        let principal = table.as_ref()?.principal(&identity)?;
        principal.readable.contains(uid).then(|| principal.room.clone())?
    }

    fn record_subscription(&self, kind: &str, member: &Member, Subscription { uid, id, .. }: &Subscription) {
        if !self.access.rules().counted {
            return;
        }
        let identity = member.identity();
        let user = describe(identity.as_deref());
        let data = json!({ "socketId": &*member.sid, "uid": &**uid, "id": id, "user": user });
        self.monitor.record(kind, &data.to_string(), self.access.logs_events.load(Ordering::Relaxed));
    }

    /// A socket is somebody else, or what may be read has changed: its subscriptions follow.
    pub(super) fn review_subscriptions(&self, nsp: &Namespace, member: &Member) -> RoomChange {
        let mut subscriptions = member.subscriptions.lock();
        if subscriptions.list().is_empty() {
            return RoomChange::default();
        }
        let identity = member.identity();
        let table = self.access.table();
        let principal =
            identity.as_ref().and_then(|identity| table.as_ref().and_then(|table| table.principal(identity)));
        let own = principal.and_then(|principal| principal.room.as_deref());
        let may_read = |uid: &str| principal.is_some_and(|principal| principal.readable.contains(uid));
        let (dropped, change) = subscriptions.review(own, may_read);
        for gone in dropped {
            self.access.counts.change(&gone.uid, -1);
        }
        change_rooms(nsp, member, &change);
        change
    }

    /// A socket is gone.
    pub(super) fn forget_subscriptions(&self, member: &Member) {
        for gone in std::mem::take(&mut *member.subscriptions.lock()).list() {
            self.access.counts.change(&gone.uid, -1);
        }
    }
}

fn change_rooms(nsp: &Namespace, member: &Member, RoomChange { join, leave }: &RoomChange) {
    for room in leave {
        nsp.leave(&member.sid, room);
    }
    for room in join {
        nsp.join(&member.sid, room);
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

/// Whose room this is; `None`: it is anybody's.
pub fn owner(rules: &ClientRules, nsp: &Namespace, sid: &str, room: &str) -> Option<&'static str> {
    if room == sid {
        return None;
    }
    rules.owner(room).or_else(|| nsp.get(room).map(|_| "the socket of that id"))
}

fn room_name(payload: Option<&Value>) -> Result<String> {
    match payload {
        Some(Value::String(name)) if is_room_name(name) => Ok(name.clone()),
        _ => Err("Invalid room name: expected 1 to 128 letters, digits or any of _ . : @ / # + -".into()),
    }
}

fn leave_room(
    rules: &ClientRules,
    nsp: &Namespace,
    member: &Member,
    payload: Option<&Value>,
) -> Result<ClientAnswer> {
    let room = room_name(payload)?;
    if *room == *member.sid || owner(rules, nsp, &member.sid, &room).is_some() {
        return Err("This room is reserved".into());
    }
    let answer = json!({ "success": true, "room": room });
    let rooms = RoomChange { join: Vec::new(), leave: vec![room] };
    change_rooms(nsp, member, &rooms);
    Ok(ClientAnswer { answer, rooms, message: None })
}

fn get_rooms(nsp: &Namespace, member: &Member) -> ClientAnswer {
    let rooms = nsp.socket_rooms(&member.sid).unwrap_or_default();
    let shown = rooms.iter().filter(|room| ***room != *member.sid && !is_internal(room));
    let names: Vec<&str> = shown.map(|room| &**room).collect();
    said(json!({ "success": true, "rooms": names }))
}

fn get_subscriptions(member: &Member) -> ClientAnswer {
    let subscriptions = member.subscriptions.lock();
    let list: Vec<Value> = subscriptions
        .list()
        .iter()
        .map(|one| json!({ "uid": &*one.uid, "id": one.id, "room": one.room() }))
        .collect();
    said(json!({ "success": true, "subscriptions": list }))
}

fn private_message(
    rules: &ClientRules,
    nsp: &Namespace,
    member: &Member,
    request: &ClientRequest,
) -> Result<ClientAnswer> {
    if !rules.private_rooms {
        return Err("Private messages are disabled".into());
    }
    let Some(Value::Object(fields)) = &request.payload else {
        return Err("Invalid parameters: expected { to, message }".into());
    };
    let Some(Value::String(to)) = fields.get("to") else {
        return Err("Invalid recipient: expected a socket id".into());
    };
    let message = match fields.get("message") {
        Some(Value::String(text)) if (1..=MAX_MESSAGE).contains(&text.encode_utf16().count()) => text,
        _ => return Err(format!("Invalid message: expected text of 1 to {MAX_MESSAGE} characters").into()),
    };
    if !request.is_elsewhere && nsp.get(to).is_none() {
        return Err("Target socket not found".into());
    }
    let identity = member.identity();
    let name = identity.as_ref().filter(|identity| identity.parts.user.is_some());
    let name = name.and_then(|identity| identity.parts.name.as_deref());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64);
    let sent = json!({
        "from": &*member.sid,
        "fromUser": name.unwrap_or("anonymous"),
        "message": message,
        "timestamp": now,
    });
    let answer = json!({ "success": true });
    Ok(ClientAnswer { answer, rooms: RoomChange::default(), message: Some((to.clone(), sent)) })
}

/// The type and id of the entity that a request is about.
fn entity(rules: &ClientRules, payload: Option<&Value>) -> Result<(Arc<str>, String)> {
    let Some(Value::Object(fields)) = payload else {
        return Err("Invalid parameters: expected { uid, id }".into());
    };
    if !rules.subscriptions {
        return Err("Entity subscriptions are disabled".into());
    }
    let uid = match fields.get("uid") {
        Some(Value::String(uid)) => rules.types.get(&**uid).cloned(),
        _ => None,
    };
    let uid = uid.ok_or("Content type not found")?;
    Ok((uid, entity_id(fields)?))
}

fn entity_id(fields: &Map<String, Value>) -> Result<String> {
    /// The largest integer that JavaScript's numbers tell from its neighbours.
    const MAX_SAFE: f64 = 9_007_199_254_740_991.0;
    let text = match fields.get("id") {
        Some(Value::String(id)) => Some(id.clone()),
        Some(Value::Number(number)) => number
            .as_f64()
            .filter(|number| number.fract() == 0.0 && number.abs() <= MAX_SAFE)
            .map(|number| (number as i64).to_string()),
        _ => None,
    };
    text.filter(|id| is_entity_id(id))
        .ok_or_else(|| "Invalid entity id: expected a number or a documentId".into())
}

/// What an acknowledgement says of an entity, as the client named it.
fn about(payload: Option<&Value>, room: &str) -> Value {
    let field = |name: &str| payload.and_then(|payload| payload.get(name)).cloned().unwrap_or_default();
    json!({ "success": true, "room": room, "uid": field("uid"), "id": field("id") })
}
